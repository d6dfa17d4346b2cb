package onnxgo

import (
	"errors"
	"strings"
	"testing"

	"github.com/owulveryck/onnx-go"
	"gonum.org/v1/gonum/graph/topo"
	"gorgonia.org/tensor"
)

// build makes c = a·b, d = c+c by the calls that the decoder makes.
func build(t *testing.T) (g *Graph, a, b, c, d *Node) {
	t.Helper()
	g = NewGraph()
	node := func(name string) *Node {
		n := g.NewNode().(*Node)
		n.SetName(name)
		g.AddNode(n)
		return n
	}
	a, b, c, d = node("a"), node("b"), node("c"), node("d")
	if err := b.SetTensor(tensor.New(tensor.WithShape(2), tensor.WithBacking([]float32{3, 4}))); err != nil {
		t.Fatal(err)
	}
	apply := func(name string, out *Node, in ...*Node) {
		for i, n := range in {
			g.SetWeightedEdge(g.NewWeightedEdge(out, n, float64(i)))
		}
		if err := g.ApplyOperation(onnx.Operation{Name: name}, out); err != nil {
			t.Fatal(err)
		}
	}
	apply("Mul", c, a, b)
	apply("Add", d, c, c)
	return g, a, b, c, d
}

func TestRun(t *testing.T) {
	g, a, b, c, d := build(t)
	if err := g.Run(); err == nil || !strings.Contains(err.Error(), `value "a" is neither made nor set`) {
		t.Errorf("without an input: %v", err)
	}
	set := func(n *Node, v ...float32) {
		if err := n.SetTensor(tensor.New(tensor.WithShape(2), tensor.WithBacking(v))); err != nil {
			t.Fatal(err)
		}
	}
	values := func(n *Node) []float32 { return n.GetTensor().Data().([]float32) }
	for _, x := range []struct{ a, want float32 }{{1, 6}, {10, 60}} {
		set(a, x.a, 0)
		if err := g.Run(); err != nil {
			t.Fatal(err)
		}
		if got := values(d); got[0] != x.want {
			t.Errorf("want %v, got %v", x.want, got)
		}
	}
	if got := values(c); got[0] != 30 { // in the middle, on demand
		t.Errorf("want 30, got %v", got)
	}
	set(b, 5, 5) // a weight is replaced
	if err := g.Run(); err != nil {
		t.Fatal(err)
	}
	if got := values(c); got[0] != 50 {
		t.Errorf("want 50, got %v", got)
	}
}

func TestQueries(t *testing.T) {
	g, a, b, c, d := build(t)
	if n := g.Nodes().Len(); n != 4 || a.ID() != 0 || d.ID() != 3 {
		t.Errorf("want nodes 0 to 3, got %d from %d to %d", n, a.ID(), d.ID())
	}
	if w, ok := g.Weight(c.ID(), b.ID()); !ok || w != 1 {
		t.Errorf("want weight 1, got %v %v", w, ok)
	}
	if !g.HasEdgeBetween(a.ID(), c.ID()) || g.HasEdgeFromTo(a.ID(), c.ID()) || g.From(c.ID()).Len() != 2 || g.To(c.ID()).Len() != 1 {
		t.Error("edges differ from what was set")
	}
	if g.Node(4) != nil || g.Edge(0, 3) != nil {
		t.Error("want nil for what is not there")
	}
	order, err := topo.Sort(g)
	if err != nil || order[0].ID() != d.ID() {
		t.Errorf("want the last value first, got %v %v", order, err)
	}
}

func TestErrors(t *testing.T) {
	g, a, _, _, d := build(t)
	if err := g.ApplyOperation(onnx.Operation{Name: "Add"}); err == nil {
		t.Error("an operation without outputs is taken")
	}
	if err := g.ApplyOperation(onnx.Operation{Name: "Add"}, d); err == nil {
		t.Error("a value is made twice")
	}
	e := g.NewNode().(*Node)
	e.SetName("e")
	g.AddNode(e)
	g.SetWeightedEdge(g.NewWeightedEdge(e, a, 0))
	if err := g.ApplyOperation(onnx.Operation{Name: "Nonesuch"}, e); err != nil {
		t.Fatal(err)
	}
	if err := a.SetTensor(tensor.New(tensor.WithShape(2), tensor.WithBacking([]float32{1, 2}))); err != nil {
		t.Fatal(err)
	}
	var missing *onnx.ErrNotImplemented
	if err := g.Run(); !errors.As(err, &missing) || missing.Operator != "Nonesuch" {
		t.Errorf("want that Nonesuch is not implemented, got %v", err)
	}
}
