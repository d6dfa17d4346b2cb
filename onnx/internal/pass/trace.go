package pass

import (
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// isNumber tells that v is surely one float of at most one dimension, as exporters compute scales from a size.
func (r *rewriter) isNumber(v *graph.Value, depth int) bool {
	if v == nil || depth > 8 {
		return false
	}
	if v.Const != nil {
		return v.Const.Len() == 1 && v.Const.Rank() <= 1
	}
	n := r.maker[v]
	if n == nil || n.Domain != "" {
		return false
	}
	switch n.Op {
	case "Sqrt", "Cast":
		return r.isNumber(n.In[0], depth+1)
	case "Div", "Mul":
		return n.Version >= 7 && r.isNumber(n.In[0], depth+1) && r.isNumber(n.In[1], depth+1)
	case "Slice":
		shape := r.maker[n.In[0]]
		if shape == nil || shape.Op != "Shape" || shape.Has("start") || shape.Has("end") || n.Version < 10 {
			return false
		}
		var at [2]int64
		for i := range at {
			c := n.Const(i + 1)
			if c == nil || c.DType() != tensor.Int64 || c.Len() != 1 {
				return false
			}
			at[i] = c.Int64()[0]
		}
		return at[0] == -1 && at[1] > 1<<20 && len(n.In) < 5
	}
	return false
}

// numberOf is the value of what isNumber holds for, where it follows from sizes that the graph states.
func (r *rewriter) numberOf(v *graph.Value, depth int) (float64, bool) {
	if k, ok := scalar(v); ok {
		return k, true
	}
	n := r.maker[v]
	if n == nil || depth > 8 {
		return 0, false
	}
	a, ok := 0.0, false
	switch n.Op {
	case "Slice":
		d := r.lengthOf(r.maker[n.In[0]].In[0], 0, 0)
		return float64(d), d > 0
	case "Cast":
		if to := tensor.DType(n.Int("to", 0)); to != tensor.Float32 && to != tensor.Float64 {
			return 0, false
		}
		return r.numberOf(n.In[0], depth+1)
	case "Sqrt", "Div", "Mul":
		if a, ok = r.numberOf(n.In[0], depth+1); !ok {
			return 0, false
		}
	}
	switch n.Op {
	case "Sqrt":
		return math.Sqrt(a), true
	case "Div", "Mul":
		b, ok := r.numberOf(n.In[1], depth+1)
		if n.Op == "Div" {
			b = 1 / b
		}
		return a * b, ok
	}
	return 0, false
}

// lengthOf is the length of the dimension that is the k-th from the last of v, where the graph states it, else 0.
func (r *rewriter) lengthOf(v *graph.Value, k, depth int) int {
	switch {
	case v == nil || depth > 16:
		return 0
	case v.Const != nil:
		if v.Const.Rank() > k {
			return v.Const.Shape()[v.Const.Rank()-1-k]
		}
		return 0
	case v.Type.Ranked && len(v.Type.Shape) > k:
		return max(0, v.Type.Shape[len(v.Type.Shape)-1-k].Size)
	}
	n := r.maker[v]
	if n == nil || n.Domain != "" {
		return 0
	}
	switch n.Op {
	case "Transpose":
		if p := n.Ints("perm"); len(p) > k {
			return r.lengthOf(n.In[0], len(p)-1-p[len(p)-1-k], depth+1)
		}
	case "Reshape":
		if c := n.Const(1); c != nil && c.DType() == tensor.Int64 && c.Len() > k {
			return int(max(0, c.Int64()[c.Len()-1-k]))
		}
	case "Gather", "Squeeze":
		if z, a, _ := r.taken(n); z != nil {
			if rank := r.rankOf(z, 0); rank > 0 {
				if rank-1-a <= k {
					k++
				}
				return r.lengthOf(z, k, depth+1)
			}
		}
	case "Identity", "Softmax", "LayerNormalization", "Relu":
		return r.lengthOf(n.In[0], k, depth+1)
	}
	return 0
}

// taken is what n takes one index of, with axis and index: a Gather of one, or the Squeeze of one of Split's outputs of size 1.
func (r *rewriter) taken(n *graph.Node) (*graph.Value, int, int) {
	if n.Op == "Gather" {
		i := n.In[1].Const
		if a := n.Int("axis", 0); i != nil && i.Rank() == 0 && i.DType() == tensor.Int64 && i.Int64()[0] >= 0 && a >= 0 {
			return n.In[0], a, int(i.Int64()[0])
		}
		return nil, 0, 0
	}
	axes := n.Ints("axes")
	if n.Version >= 13 {
		if len(n.In) < 2 || n.In[1] == nil || n.In[1].Const == nil || n.In[1].Const.DType() != tensor.Int64 {
			return nil, 0, 0
		}
		for _, a := range n.In[1].Const.Int64() {
			axes = append(axes, int(a))
		}
	}
	s := r.maker[n.In[0]]
	if s == nil || s.Op != "Split" || s.Domain != "" || len(axes) != 1 || axes[0] < 0 || axes[0] != s.Int("axis", 0) {
		return nil, 0, 0
	}
	parts := s.Ints("split")
	if s.Version >= 13 {
		if len(s.In) < 2 || s.In[1] == nil || s.In[1].Const == nil || s.In[1].Const.DType() != tensor.Int64 {
			return nil, 0, 0
		}
		for _, p := range s.In[1].Const.Int64() {
			parts = append(parts, int(p))
		}
	}
	i := slices.Index(s.Out, n.In[0])
	if len(parts) != len(s.Out) || i < 0 {
		return nil, 0, 0
	}
	for _, p := range parts {
		if p != 1 {
			return nil, 0, 0
		}
	}
	return s.In[0], axes[0], i
}

// rankOf is the number of dimensions of v where the graph tells, else 0.
func (r *rewriter) rankOf(v *graph.Value, depth int) int {
	switch {
	case v == nil || depth > 16:
		return 0
	case v.Const != nil:
		return v.Const.Rank()
	case v.Type.Ranked:
		return len(v.Type.Shape)
	}
	n := r.maker[v]
	if n == nil {
		return 0
	}
	switch n.Op {
	case "Transpose":
		if p := n.Ints("perm"); p != nil {
			return len(p)
		}
		return r.rankOf(n.In[0], depth+1)
	case "Reshape":
		if len(n.In) > 1 && n.In[1] != nil && n.In[1].Const != nil {
			return n.In[1].Const.Len()
		}
	case "Mul", "Div", "Add", "Sub":
		if len(n.In) != 2 {
			return 0
		}
		a, b := r.rankOf(n.In[0], depth+1), r.rankOf(n.In[1], depth+1)
		if a > 0 && b > 0 || n.In[0].Const != nil && n.In[0].Const.Rank() == 0 || n.In[1].Const != nil && n.In[1].Const.Rank() == 0 {
			return max(a, b)
		}
	case "Conv":
		if n.HasIn(1) && n.In[1].Const != nil {
			return n.In[1].Const.Rank()
		}
	case "Identity", "Split", "Relu", "Softmax", "LayerNormalization", "Cast":
		return r.rankOf(n.In[0], depth+1)
	case "Squeeze":
		if n.Version >= 13 && len(n.In) > 1 && n.In[1] != nil && n.In[1].Const != nil {
			if k := r.rankOf(n.In[0], depth+1); k > 0 {
				return k - n.In[1].Const.Len()
			}
		}
	case "Gather":
		if k := r.rankOf(n.In[0], depth+1); k > 0 && n.In[1] != nil && n.In[1].Const != nil {
			return k - 1 + n.In[1].Const.Rank()
		}
	}
	return 0
}

// dtypeOf is the element type of v where the graph tells, else None.
func (r *rewriter) dtypeOf(v *graph.Value, depth int) tensor.DType {
	switch {
	case v == nil || depth > 24:
		return tensor.None
	case v.Const != nil:
		return v.Const.DType()
	case v.Type.DType != tensor.None:
		return v.Type.DType
	case v.Declared.DType != tensor.None:
		return v.Declared.DType
	}
	n := r.maker[v]
	if n == nil || n.Domain != "" {
		return tensor.None
	}
	switch n.Op {
	case "Cast":
		return tensor.DType(n.Int("to", 0))
	case "Transpose", "Reshape", "Split", "Squeeze", "Unsqueeze", "Gather", "Slice", "Identity", "Flatten", "Expand":
		return r.dtypeOf(n.In[0], depth+1)
	case "MatMul", "Add", "Mul", "Sub", "Div", "Gemm", "LayerNormalization", "Concat", "Softmax", "Conv", "Gelu", "Relu":
		for _, i := range []int{1, 0} {
			if i < len(n.In) {
				if d := r.dtypeOf(n.In[i], depth+1); d != tensor.None {
					return d
				}
			}
		}
	}
	return tensor.None
}
