package pass

import (
	"slices"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// rewriter is a graph with an index of who makes and who uses each value.
type rewriter struct {
	g     *graph.Graph
	maker map[*graph.Value]*graph.Node
	users map[*graph.Value][]*graph.Node
	kept  map[*graph.Value]bool // outputs and values that inner graphs use
	dead  map[*graph.Node]bool
}

func newRewriter(g *graph.Graph) *rewriter {
	r := &rewriter{g: g, maker: map[*graph.Value]*graph.Node{}, users: map[*graph.Value][]*graph.Node{},
		kept: map[*graph.Value]bool{}, dead: map[*graph.Node]bool{}}
	for _, v := range g.Outputs {
		r.kept[v] = true
	}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			if v != nil {
				r.users[v] = append(r.users[v], n)
			}
		}
		for _, v := range n.Out {
			if v != nil {
				r.maker[v] = n
			}
		}
		n.Bodies(func(_ string, b *graph.Graph) {
			for _, v := range b.Captures {
				r.kept[v] = true
			}
		})
	}
	return r
}

// sole is the only node that uses v, nil where there are others or v is an output.
func (r *rewriter) sole(v *graph.Value) *graph.Node {
	if r.kept[v] || len(r.users[v]) != 1 {
		return nil
	}
	return r.users[v][0]
}

// remove takes a node out of the index; sweep takes the removed ones out of the graph.
func (r *rewriter) remove(n *graph.Node) {
	r.dead[n] = true
	for _, v := range n.In {
		if v == nil {
			continue
		}
		if i := slices.Index(r.users[v], n); i >= 0 {
			r.users[v] = slices.Delete(slices.Clone(r.users[v]), i, i+1)
		}
	}
	for _, v := range n.Out {
		if v != nil && r.maker[v] == n {
			delete(r.maker, v)
		}
	}
}

// setOut makes n the maker of v in place of its first output.
func (r *rewriter) setOut(n *graph.Node, v *graph.Value) {
	delete(r.maker, n.Out[0])
	n.Out[0] = v
	r.maker[v] = n
}

// addIn sets input i of n.
func (r *rewriter) addIn(n *graph.Node, i int, v *graph.Value) {
	for len(n.In) <= i {
		n.In = append(n.In, nil)
	}
	n.In[i] = v
	if v.Const == nil {
		r.users[v] = append(r.users[v], n)
	}
}

func (r *rewriter) sweep() {
	kept := r.g.Nodes[:0]
	for _, n := range r.g.Nodes {
		if !r.dead[n] {
			kept = append(kept, n)
		}
	}
	clear(r.g.Nodes[len(kept):])
	r.g.Nodes = kept
}

// newConst is a value that is known.
func (r *rewriter) newConst(name string, t *tensor.Tensor) *graph.Value {
	return &graph.Value{Name: name, Const: t, Type: graph.ConstType(t), Owner: r.g}
}

// scalar is the one float of a constant.
func scalar(v *graph.Value) (float64, bool) {
	if v == nil || v.Const == nil || v.Const.Len() != 1 || v.Const.Rank() > 4 {
		return 0, false
	}
	switch v.Const.DType() {
	case tensor.Float32:
		return float64(v.Const.Float32()[0]), true
	case tensor.Float64:
		return v.Const.Float64()[0], true
	}
	return 0, false
}

// floatConst is a float32 constant, nil where v is none.
func floatConst(v *graph.Value) *tensor.Tensor {
	if v == nil || v.Const == nil || v.Const.DType() != tensor.Float32 {
		return nil
	}
	return v.Const
}
