package ops

import (
	"sync"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// packedFactor keeps the packed form of a constant right factor, made when a product first gains from it.
type packedFactor struct {
	mu     sync.Mutex
	packed *simd.PackedB
}

// factorOf is for input 1 of n, nil where that is no constant float32 matrix.
func factorOf(n *graph.Node) *packedFactor {
	t := n.Const(1)
	if t == nil || t.DType() != tensor.Float32 || t.Len() == 0 || t.Rank() < 2 || product(t.Shape()[:t.Rank()-2]) != 1 {
		return nil
	}
	return &packedFactor{}
}

// of is y, k×n or transposed, in packed form; nil where a product of m rows does not gain from it. The pages of y may leave
// memory: the packed form is read from then on.
func (f *packedFactor) of(c *Call, y *tensor.Tensor, trans bool, m, n, k int) *simd.PackedB {
	if f == nil || !simd.PackPays(trans, m) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.packed == nil {
		ld := n
		if trans {
			ld = k
		}
		f.packed = simd.PackB(trans, n, k, y.Float32(), ld, c.Threads)
		c.unneeded(y)
	}
	return f.packed
}

// unneeded tells that a constant is not expected to be read again.
func (c *Call) unneeded(t *tensor.Tensor) {
	if c.Unneeded != nil {
		c.Unneeded(t.Bytes())
	}
}
