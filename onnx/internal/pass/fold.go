// Package pass rewrites graphs into ones that compute the same with less work.
package pass

import (
	"context"
	"errors"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// heap lends memory outside any arena, up to a limit in all.
type heap struct{ left int }

func (h *heap) Free(*tensor.Buffer) {}

var errHeap = errors.New("constant folding: too large")

func (h *heap) Alloc(n int) (*tensor.Buffer, error) {
	if h.left -= n; h.left < 0 {
		return nil, errHeap
	}
	return &tensor.Buffer{Bytes: tensor.New(tensor.Uint8, n).Bytes()}, nil
}

// foldGrowth bounds the size of a folded result beyond that of its inputs.
const foldGrowth = 1 << 20

// Fold computes the nodes whose inputs are all known, in at most limit bytes. A node that fails is
// left for the run, which may never reach it.
func Fold(ctx context.Context, g *graph.Graph, limit int) {
	fold(ctx, g, &heap{left: limit})
}

// costly names operators whose work may be far more than linear in their inputs and outputs; they are
// folded only where the inputs are small.
var costly = map[string]bool{"Attention": true, "AveragePool": true, "CausalConvWithState": true, "Col2Im": true,
	"Conv": true, "ConvInteger": true, "ConvTranspose": true, "DFT": true, "DeformConv": true, "Det": true,
	"Einsum": true, "FlexAttention": true, "GRU": true, "Gemm": true, "ImageDecoder": true, "LRN": true, "LSTM": true,
	"LinearAttention": true, "LpPool": true, "MatMul": true, "MatMulInteger": true, "MaxPool": true, "MaxRoiPool": true,
	"NonMaxSuppression": true, "QLinearConv": true, "QLinearMatMul": true, "RNN": true, "RoiAlign": true,
	"STFT": true, "TfIdfVectorizer": true, "TreeEnsemble": true, "MelWeightMatrix": true, "RegexFullMatch": true}

// maxCost is the product of the inputs' sizes up to which a costly operator is folded.
const maxCost = 1 << 20

func fold(ctx context.Context, g *graph.Graph, h *heap) {
	uses := usesOf(g)
	made := map[*graph.Value]bool{} // constants that this fold computed
	kept := g.Nodes[:0]
	for _, n := range g.Nodes {
		inner := false
		n.Bodies(func(_ string, b *graph.Graph) {
			inner = true
			fold(ctx, b, h)
		})
		if inner || !foldNode(ctx, n, h) {
			kept = append(kept, n)
			continue
		}
		// What only led to this result takes no memory any longer.
		for _, v := range n.In {
			if v == nil {
				continue
			}
			if uses[v]--; uses[v] == 0 && made[v] && v.Const != nil {
				h.left += v.Const.NumBytes()
				delete(made, v)
			}
		}
		for _, v := range n.Out {
			if v != nil {
				made[v] = true
			}
		}
	}
	clear(g.Nodes[len(kept):])
	g.Nodes = kept
}

// usesOf counts the places of a graph where each value is read; those that inner graphs and outputs read count for good.
func usesOf(g *graph.Graph) map[*graph.Value]int {
	uses := map[*graph.Value]int{}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			if v != nil {
				uses[v]++
			}
		}
		n.Bodies(func(_ string, b *graph.Graph) {
			for _, v := range b.Captures {
				uses[v]++
			}
		})
	}
	for _, v := range g.Outputs {
		uses[v]++
	}
	return uses
}

func foldNode(ctx context.Context, n *graph.Node, h *heap) bool {
	if shapeOf(n) {
		return true
	}
	op, err := ops.Find(n)
	if err != nil || op.Random {
		return false
	}
	c := &ops.Call{Ctx: ctx, Threads: 1, Mem: h, In: make([]*tensor.Tensor, len(n.In)), Out: make([]*tensor.Tensor, len(n.Out))}
	size, cost := 0, 1
	for i, v := range n.In {
		if v == nil {
			continue
		}
		if v.Const == nil {
			return false
		}
		c.In[i] = v.Const
		size += v.Const.NumBytes()
		cost = min(cost, maxCost) * max(1, v.Const.Len())
	}
	if costly[n.Op] && (cost > maxCost || n.Has("kernel_shape")) {
		return false
	}
	limited := &heap{left: min(h.left, 4*size+foldGrowth)}
	c.Mem = limited
	k, err := ops.Make(op, n)
	if err != nil || ops.Do(k, c) != nil {
		return false
	}
	for i, v := range n.Out {
		if v != nil && (c.Out[i] == nil || c.Out[i].DType() == tensor.Sequence || c.Out[i].DType() == tensor.None) {
			return false
		}
	}
	for i, v := range n.Out {
		if v != nil {
			setConst(v, c.Out[i].Detached())
			h.left -= c.Out[i].NumBytes()
		}
	}
	return true
}

func setConst(v *graph.Value, t *tensor.Tensor) {
	v.Const = t
	v.Type = graph.ConstType(t)
}

// shapeOf folds Shape and Size of a value whose dimensions are known at load.
func shapeOf(n *graph.Node) bool {
	if n.Domain != "" || n.Op != "Shape" && n.Op != "Size" || len(n.In) != 1 || n.In[0] == nil || len(n.Out) != 1 || n.Out[0] == nil {
		return false
	}
	t := n.In[0].Type
	if t.Kind != graph.TensorKind || !t.Ranked || n.In[0].Const != nil {
		return false
	}
	dims := make([]int64, len(t.Shape))
	count := int64(1)
	for i, d := range t.Shape {
		if d.Size < 0 {
			return false
		}
		dims[i] = int64(d.Size)
		count *= dims[i]
	}
	if n.Op == "Size" {
		setConst(n.Out[0], tensor.FromInt64(nil, []int64{count}))
		return true
	}
	clamp := func(i int) int {
		if i < 0 {
			i += len(dims)
		}
		return min(max(i, 0), len(dims))
	}
	lo, hi := clamp(n.Int("start", 0)), clamp(n.Int("end", len(dims)))
	dims = dims[lo:max(lo, hi)]
	setConst(n.Out[0], tensor.FromInt64([]int{len(dims)}, dims))
	return true
}
