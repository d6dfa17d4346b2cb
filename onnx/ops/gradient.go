package ops

import (
	"fmt"
	"slices"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// surroundings is the attribute under which BindGradients keeps the graph that a Gradient node differentiates.
const surroundings = "caliper.surroundings"

// BindGradients gives each Gradient node of g (ai.onnx.preview.training) a copy of the part of g that leads from its inputs to
// its y.
func BindGradients(g *graph.Graph) error {
	for _, n := range g.Nodes {
		if n.Op != "Gradient" || n.Domain != "ai.onnx.preview.training" {
			continue
		}
		if err := bindGradient(g, n); err != nil {
			return fmt.Errorf("node %q (Gradient): %w", n.Name, err)
		}
	}
	return nil
}

func bindGradient(g *graph.Graph, n *graph.Node) error {
	names := func(attr string) []string {
		if a := n.Attrs[attr]; a != nil {
			return a.Strings
		}
		return nil
	}
	inputs := append(slices.Clone(names("xs")), names("zs")...)
	if len(inputs) != len(n.In) {
		return fmt.Errorf("xs and zs name %d values, but there are %d inputs", len(inputs), len(n.In))
	}
	byName := map[string]*graph.Value{}
	for _, v := range g.Inputs {
		byName[v.Name] = v
	}
	for _, m := range g.Nodes {
		for _, v := range append(slices.Clone(m.In), m.Out...) {
			if v != nil && byName[v.Name] == nil {
				byName[v.Name] = v
			}
		}
	}
	copies := map[*graph.Value]*graph.Value{}
	part := &graph.Graph{Name: "gradient"}
	for _, name := range inputs {
		v := byName[name]
		if v == nil || copies[v] != nil {
			return fmt.Errorf("value %q of xs and zs is not in the graph, or there twice", name)
		}
		copies[v] = &graph.Value{Name: name}
		part.Inputs = append(part.Inputs, copies[v])
	}
	y := byName[n.Str("y", "")]
	if y == nil {
		return fmt.Errorf("y names no value of the graph: %q", n.Str("y", ""))
	}
	maker := map[*graph.Value]*graph.Node{}
	for _, m := range g.Nodes {
		for _, v := range m.Out {
			maker[v] = m
		}
	}
	used := map[*graph.Node]bool{}
	for open := []*graph.Value{y}; len(open) > 0; {
		v := open[len(open)-1]
		open = open[:len(open)-1]
		if v == nil || copies[v] != nil || v.Const != nil {
			continue
		}
		m := maker[v]
		if m == nil || m == n {
			return fmt.Errorf("y depends on %q, which xs and zs don't name", v.Name)
		}
		if !used[m] {
			used[m] = true
			open = append(open, m.In...)
		}
	}
	copied := func(list []*graph.Value) []*graph.Value {
		out := make([]*graph.Value, len(list))
		for i, v := range list {
			switch {
			case v == nil:
			case v.Const != nil:
				out[i] = &graph.Value{Name: v.Name, Const: v.Const}
			default:
				if copies[v] == nil {
					copies[v] = &graph.Value{Name: v.Name}
				}
				out[i] = copies[v]
			}
		}
		return out
	}
	for _, m := range g.Nodes {
		if used[m] {
			own := *m
			own.In, own.Out = copied(m.In), copied(m.Out)
			part.Nodes = append(part.Nodes, &own)
		}
	}
	part.Outputs = []*graph.Value{copies[y]}
	if copies[y] == nil {
		return fmt.Errorf("y is a constant")
	}
	n.Attrs[surroundings] = &graph.Attr{G: part}
	return nil
}

// gradientOp stands in the table; Make takes gradientKernel where BindGradients has been.
func gradientOp(*graph.Node) Kernel {
	fail("the graph around the node is not at hand")
	return nil
}

// gradientKernel is the gradient of the sum of y with respect to each of xs.
func gradientKernel(n *graph.Node) Kernel {
	a := n.Attrs[surroundings]
	xs := len(n.Attrs["xs"].Strings)
	return func(c *Call) {
		t, err := Record(c.Ctx, a.G, c.In, TapeOptions{Threads: c.Threads, Decode: c.Decode})
		check(err)
		y := a.G.Outputs[0]
		v := t.Value(y)
		if v == nil || v.DType() != tensor.Float32 && v.DType() != tensor.Float64 {
			fail("y: want float32 or float64, got %v", v)
		}
		ones := tensor.New(v.DType(), v.Shape()...)
		for i := range ones.Len() {
			if v.DType() == tensor.Float64 {
				ones.Float64()[i] = 1
			} else {
				ones.Float32()[i] = 1
			}
		}
		d, err := t.Gradients(map[*graph.Value]*tensor.Tensor{y: ones}, a.G.Inputs[:xs])
		check(err)
		copy(c.Out, d)
	}
}
