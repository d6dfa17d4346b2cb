package onnxgo

import (
	"context"
	"fmt"
	"slices"

	"github.com/owulveryck/onnx-go"
	gonum "gonum.org/v1/gonum/graph"

	engine "github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
)

// plan is the session of the graph as it stands, with the nodes that its inputs and outputs belong to.
type plan struct {
	session *engine.Session
	in, out []*Node
}

// take finds an operation's inputs among the edges set before it: the decoder sets them once for each output.
func (g *Graph) take(o onnx.Operation, ns []gonum.Node) (operation, error) {
	op := operation{Operation: o}
	where := func(what string) error { return fmt.Errorf("onnxgo: operation %s: %s", o.Name, what) }
	if len(ns) == 0 {
		return op, where("want an output, got none")
	}
	for _, n := range ns {
		own, ok := n.(*Node)
		if !ok || own.g != g {
			return op, where("an output is no node of this graph")
		}
		if own.made && own.name != "" {
			return op, where(fmt.Sprintf("value %q is made twice", own.name))
		}
		own.made = own.name != ""
		op.out = append(op.out, own)
	}
	edges := slices.Clone(g.pending[:len(g.pending)/len(ns)])
	g.pending = g.pending[:0]
	slices.SortStableFunc(edges, func(a, b edge) int { return int(a.weight) - int(b.weight) })
	for _, e := range edges {
		in, ok := e.to.(*Node)
		if !ok || in.g != g {
			return op, where("an input is no node of this graph")
		}
		if in.name == "" {
			in = nil
		}
		op.in = append(op.in, in)
	}
	if len(op.in) == 1 && op.in[0] != nil && op.in[0].value == nil && !op.in[0].made && sourceless[o.Name] {
		op.in = nil // a stand-in of the decoder's for operators without inputs
	}
	return op, nil
}

// sourceless are the operators that have no inputs.
var sourceless = map[string]bool{"Constant": true, "RandomNormal": true, "RandomUniform": true, "SequenceEmpty": true, "Optional": true}

// Run computes the values that nothing is made of, and those that were asked for before. An operator or a type that the engine
// does not have is an *onnx.ErrNotImplemented.
func (g *Graph) Run() error { return g.RunContext(context.Background()) }

// RunContext is Run, which ends between operators when ctx does.
func (g *Graph) RunContext(ctx context.Context) error {
	if g.plan == nil {
		if err := g.build(); err != nil {
			return err
		}
	}
	in := make(map[string]*engine.Tensor, len(g.plan.in))
	for _, n := range g.plan.in {
		t, err := toEngine(n.value)
		if err == nil {
			t, err = conform(t, n.declared)
		}
		if err != nil {
			return fmt.Errorf("onnxgo: value %q: %w", n.name, err)
		}
		in[valueName(n)] = t
	}
	out, err := g.plan.session.Run(ctx, in)
	if err != nil {
		return err
	}
	for _, op := range g.ops {
		for _, n := range op.out {
			n.stale = n.made
		}
	}
	for _, n := range g.plan.out {
		if n.value, err = fromEngine(out[valueName(n)]); err != nil {
			return fmt.Errorf("onnxgo: value %q: %w", n.name, err)
		}
		n.stale = false
	}
	return nil
}

func valueName(n *Node) string { return fmt.Sprintf("%d %s", n.id, n.name) }

// build makes the session of all operations.
func (g *Graph) build() error {
	opset := g.Opset
	if opset == 0 {
		opset = DefaultOpset
	}
	p := &plan{}
	body := &graph.Graph{}
	vals := map[*Node]*graph.Value{}
	size := 0
	value := func(n *Node) (*graph.Value, error) {
		if n == nil || vals[n] != nil {
			return vals[n], nil
		}
		v := &graph.Value{Name: valueName(n), Owner: body}
		vals[n] = v
		if n.made {
			return v, nil
		}
		if n.value == nil {
			return nil, fmt.Errorf("onnxgo: value %q is neither made nor set", n.name)
		}
		t, err := toEngine(n.value)
		if err != nil {
			return nil, fmt.Errorf("onnxgo: value %q: %w", n.name, err)
		}
		if n.fixed {
			v.Const, v.Type = t, graph.ConstType(t)
			size += t.NumBytes()
			return v, nil
		}
		p.in = append(p.in, n)
		body.Inputs = append(body.Inputs, v)
		return v, nil
	}
	nodes := make([]*graph.Node, len(g.ops))
	for i, op := range g.ops {
		attrs, err := attributes(op.Operation)
		if err != nil {
			return err
		}
		n := &graph.Node{Name: fmt.Sprintf("%d", i), Op: op.Name, Version: max(opset, least(op)), Attrs: attrs}
		for _, in := range op.in {
			v, err := value(in)
			if err != nil {
				return err
			}
			n.In = append(n.In, v)
		}
		for _, out := range op.out {
			if out.name == "" {
				n.Out = append(n.Out, nil)
				continue
			}
			v, err := value(out)
			if err != nil {
				return err
			}
			n.Out = append(n.Out, v)
			if len(g.into[out.id]) == 0 || slices.Contains(g.wanted, out.id) {
				p.out = append(p.out, out)
				body.Outputs = append(body.Outputs, v)
			}
		}
		nodes[i] = n
	}
	var err error
	if body.Nodes, err = ordered(nodes); err != nil {
		return err
	}
	p.session, err = engine.FromGraph(&graph.Model{Opsets: map[string]int{"": opset}, Graph: body}, size, g.Options)
	if err != nil {
		return notImplemented(err)
	}
	g.plan = p
	return nil
}

// ordered puts nodes behind those whose values they use.
func ordered(nodes []*graph.Node) ([]*graph.Node, error) {
	maker := map[*graph.Value]int{}
	for i, n := range nodes {
		for _, v := range n.Out {
			if v != nil {
				maker[v] = i
			}
		}
	}
	open := make([]int, len(nodes))
	users := make([][]int, len(nodes))
	for i, n := range nodes {
		for _, v := range n.In {
			if m, ok := maker[v]; ok && v != nil {
				open[i]++
				users[m] = append(users[m], i)
			}
		}
	}
	var queue []int
	for i := range nodes {
		if open[i] == 0 {
			queue = append(queue, i)
		}
	}
	var out []*graph.Node
	for ; len(queue) > 0; queue = queue[1:] {
		out = append(out, nodes[queue[0]])
		for _, u := range users[queue[0]] {
			if open[u]--; open[u] == 0 {
				queue = append(queue, u)
			}
		}
	}
	if len(out) < len(nodes) {
		return nil, fmt.Errorf("onnxgo: the graph has a cycle through %d of its %d operations", len(nodes)-len(out), len(nodes))
	}
	return out, nil
}
