package pass

import (
	"slices"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// attention finds softmax(q·kᵀ·scale + mask)·v, with the transposes and the cutting of a packed projection around it, and makes one
// node of it that reads and writes the tensors as they lie.
func (r *rewriter) attention(n *graph.Node) {
	if n.Op != "Softmax" || n.Version < 13 && n.Int("axis", 1) < 2 {
		return
	}
	after := r.sole(n.Out[0])
	if after == nil || after.Domain != "" || after.Op != "MatMul" || len(after.In) != 2 || after.In[0] != n.Out[0] {
		return
	}
	scale, mask := 1.0, (*graph.Value)(nil)
	x := n.In[0]
	score := r.maker[x]
	if add := score; add != nil && add.Op == "Add" && add.Domain == "" && add.Version >= 7 && r.sole(x) == n {
		for i, v := range add.In {
			if m, _ := r.unscaled(v); m != nil && m.Op == "MatMul" && r.sole(v) == add {
				x, mask = v, add.In[1-i]
				break
			}
		}
		if mask == nil {
			return
		}
		n = add
	}
	if r.sole(x) != n {
		return
	}
	score, scale = r.unscaled(x)
	if score == nil || score.Op != "MatMul" || score.Domain != "" || len(score.In) != 2 {
		return
	}
	rank := 0
	views := [3]view{}
	for i, v := range []*graph.Value{score.In[0], score.In[1], after.In[1]} {
		w, ok := r.viewOf(v, i < 2)
		if !ok {
			return
		}
		scale *= w.scale
		if len(w.perm) > 0 {
			if rank != 0 && rank != len(w.perm) {
				return
			}
			rank = len(w.perm)
		}
		views[i] = w
	}
	// Rows of the last dimension alone are weighed; it must be told from the others.
	soft := r.maker[after.In[0]]
	if a := soft.Int("axis", -1); a != -1 && (rank == 0 || a != rank-1 && a != -1) {
		return
	}
	if rank == 0 {
		rank = r.rankOf(views[0].from, 0)
	}
	if rank < 2 || rank > 4 {
		return
	}
	for _, w := range views {
		if w.perm == nil && r.rankOf(w.from, 0) != rank {
			return
		}
	}
	if r.dtypeOf(score.In[0], 0) != tensor.Float32 || mask != nil && r.dtypeOf(mask, 0) != tensor.Float32 {
		return
	}
	// The keys are the right factor's columns.
	k := &views[1]
	if k.perm == nil {
		k.perm = count(rank)
	}
	k.perm = slices.Clone(k.perm)
	k.perm[rank-1], k.perm[rank-2] = k.perm[rank-2], k.perm[rank-1]

	attrs := map[string]*graph.Attr{"scale": {Type: pb.AttrFloat, F: float32(scale)}}
	in := make([]*graph.Value, 3, 4)
	for i, name := range []string{"q", "k", "v"} {
		w := views[i]
		in[i] = w.from
		if w.perm != nil {
			attrs[name+"_perm"] = intList(w.perm...)
		}
		if w.drop >= 0 {
			attrs[name+"_index"] = intList(w.drop, w.index)
		}
	}
	in = append(in, mask)
	for _, w := range views {
		in = append(in, w.factors...)
	}
	out := after.Out[0]
	last := after
	if t := r.sole(out); t != nil && t.Op == "Transpose" && t.Domain == "" && rank == 4 && slices.Equal(t.Ints("perm"), []int{0, 2, 1, 3}) {
		attrs["out_swap"] = &graph.Attr{Type: pb.AttrInt, I: 1}
		last, out = t, t.Out[0]
	}
	if last != after {
		r.remove(after)
	}
	r.remove(last)
	r.dead[last] = false
	last.Op, last.Domain, last.Version, last.Attrs, last.In = "Attention", ops.FusedDomain, 1, attrs, in
	for _, v := range in {
		if v == nil {
			continue
		}
		r.users[v] = append(r.users[v], last)
	}
	r.maker[out] = last
	r.unused()
}

func count(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func intList(list ...int) *graph.Attr {
	a := &graph.Attr{Type: pb.AttrInts}
	for _, i := range list {
		a.Ints = append(a.Ints, int64(i))
	}
	return a
}

// unscaled is the node behind v, past products with and quotients by numbers, and the number that they multiply it with.
func (r *rewriter) unscaled(v *graph.Value) (*graph.Node, float64) {
	n := r.maker[v]
	if n == nil || n.Domain != "" || len(n.In) != 2 || n.Version < 7 || r.sole(v) == nil {
		return n, 1
	}
	for i, x := range n.In {
		k, ok := scalar(x)
		if !ok || x.Const.Rank() > 2 || r.maker[n.In[1-i]] == nil || n.In[1-i].Const != nil || r.sole(n.In[1-i]) != n {
			continue
		}
		switch {
		case n.Op == "Mul":
			return r.maker[n.In[1-i]], k
		case n.Op == "Div" && i == 1 && k != 0:
			return r.maker[n.In[0]], 1 / k
		}
	}
	return n, 1
}

// view is a tensor seen through transposes and, where drop is not negative, at one index of an axis.
type view struct {
	from        *graph.Value
	perm        []int // nil where there is no transpose
	drop, index int
	scale       float64
	factors     []*graph.Value // single numbers that it is multiplied with besides
}

// viewOf looks behind v as far as nodes only move elements or, where scaled is set, multiply them with a number.
func (r *rewriter) viewOf(v *graph.Value, scaled bool) (view, bool) {
	w := view{from: v, drop: -1, scale: 1}
	for range 8 {
		if v == nil || v.Const != nil {
			break
		}
		n := r.maker[v]
		if n == nil || n.Domain != "" {
			break
		}
		switch n.Op {
		case "Mul", "Div":
			if !scaled || n.Version < 7 || len(n.In) != 2 || w.drop >= 0 {
				return w, true
			}
			if i := slices.IndexFunc(n.In, func(f *graph.Value) bool { return r.isNumber(f, 0) }); i >= 0 && n.Op == "Mul" && n.In[i].Const == nil {
				if k, ok := r.numberOf(n.In[i], 0); ok {
					w.scale *= k
				} else {
					w.factors = append(w.factors, n.In[i])
				}
				v = n.In[1-i]
				break
			}
			i := 0
			k, ok := scalar(n.In[1])
			if !ok && n.Op == "Mul" {
				i = 1
				k, ok = scalar(n.In[0])
			}
			if !ok || k == 0 || n.In[1-i].Const.Rank() > 1 {
				return w, true
			}
			if n.Op == "Div" {
				k = 1 / k
			}
			w.scale *= k
			v = n.In[i]
		case "Transpose":
			t := n.Ints("perm")
			if !w.through(t) {
				return w, true
			}
			v = n.In[0]
		case "Squeeze", "Gather":
			z, a, i := r.taken(n)
			if z == nil || w.drop >= 0 || w.perm == nil && r.rankOf(v, 0) == 0 {
				return w, true
			}
			if w.perm == nil {
				w.perm = count(r.rankOf(v, 0))
			}
			w.perm = slices.Clone(w.perm)
			for k := range w.perm {
				if w.perm[k] >= a {
					w.perm[k]++
				}
			}
			w.drop, w.index = a, i
			v = z
		default:
			w.from = v
			return w, len(w.perm) == 0 || len(w.perm) >= 2 && len(w.perm) <= 4
		}
		w.from = v
	}
	return w, len(w.perm) == 0 || len(w.perm) >= 2 && len(w.perm) <= 4
}

// through puts a transpose by t in front, false where it does not fit.
func (w *view) through(t []int) bool {
	axes := len(w.perm)
	if w.drop >= 0 {
		axes++
	}
	if t == nil || axes > 0 && axes != len(t) || w.perm == nil && len(t) > 4 {
		return false
	}
	if w.perm == nil {
		w.perm = count(len(t))
	}
	perm := make([]int, len(w.perm))
	for i, p := range w.perm {
		perm[i] = t[p]
	}
	w.perm = perm
	if w.drop >= 0 {
		w.drop = t[w.drop]
	}
	return true
}

// unused removes the nodes of which nothing is used any more.
func (r *rewriter) unused() {
	for i := len(r.g.Nodes) - 1; i >= 0; i-- {
		n := r.g.Nodes[i]
		used := r.dead[n]
		for _, v := range n.Out {
			used = used || v != nil && (r.kept[v] || len(r.users[v]) > 0)
		}
		if !used {
			r.remove(n)
		}
	}
}
