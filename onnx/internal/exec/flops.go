package exec

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// FLOPs is the arithmetic of a product by its definition, two operations for each multiplication with its addition, whatever the
// algorithm; 0 for operators that are no convolutions or products of matrices.
func FLOPs(n *graph.Node, in, out []*tensor.Tensor) int64 {
	at := func(i int) *tensor.Tensor {
		if i < len(in) {
			return in[i]
		}
		return nil
	}
	if len(out) == 0 || out[0] == nil || out[0].DType() == tensor.Sequence {
		return 0
	}
	results := int64(out[0].Len())
	switch n.Op {
	case "Conv", "FusedConv", "ConvInteger":
		return perWeight(at(1), results)
	case "QLinearConv":
		return perWeight(at(3), results)
	case "ConvTranspose":
		if x := at(0); x != nil {
			return perWeight(at(1), int64(x.Len()))
		}
	case "Gemm", "FusedGemm":
		if a := at(0); a != nil && a.Rank() == 2 {
			return 2 * results * int64(a.Shape()[1-min(1, n.Int("transA", 0))])
		}
	case "MatMul", "MatMulInteger", "FusedMatMul":
		if a := at(0); a != nil && a.Rank() > 0 {
			k := a.Shape()[a.Rank()-1]
			if n.Int("transA", 0) != 0 && a.Rank() > 1 {
				k = a.Shape()[a.Rank()-2]
			}
			return 2 * results * int64(k)
		}
	case "QLinearMatMul":
		if a := at(0); a != nil && a.Rank() > 0 {
			return 2 * results * int64(a.Shape()[a.Rank()-1])
		}
	case "Attention", "MultiHeadAttention":
		// q·k and the weights by v: about the same, where keys and values are as wide.
		if k := at(1); k != nil && k.Rank() > 1 {
			return 4 * results * int64(k.Shape()[k.Rank()-2])
		}
	}
	return 0
}

// perWeight is two operations for each of count elements and weight of the channel that it meets.
func perWeight(w *tensor.Tensor, count int64) int64 {
	if w == nil || w.Rank() < 1 || w.Shape()[0] == 0 {
		return 0
	}
	return 2 * count * int64(w.Len()/w.Shape()[0])
}
