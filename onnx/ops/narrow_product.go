package ops

import (
	"math"
	"sync"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// narrowFactor is a constant right factor, k×n or transposed, for products below float32. In 8 bits each of its columns has a scale,
// and each row of the left factor one of its own, measured as it comes.
type narrowFactor struct {
	precision conv.Precision
	trans     bool
	mu        sync.Mutex
	packed    *simd.Factor
	scale     []float32
}

// narrowFactorOf is for input 1 of a node, nil where the product is to be in float32 or this processor gains nothing.
func narrowFactorOf(n *graph.Node, trans bool) *narrowFactor {
	precision := conv.Precision(n.Int(NodePrecision, int(conv.Float32)))
	t := n.Const(1)
	if precision == conv.Float32 || t == nil || t.DType() != tensor.Float32 || t.Rank() < 2 || product(t.Shape()[:t.Rank()-2]) != 1 {
		return nil
	}
	words := simd.Bfloat16
	if precision == conv.Int8 {
		words = simd.Bytes
	}
	k, cols := t.Shape()[t.Rank()-2], t.Shape()[t.Rank()-1]
	if !words.Native() || k < 32 || cols < 32 {
		return nil
	}
	return &narrowFactor{precision: precision, trans: trans}
}

// pack makes the packed form of y once.
func (f *narrowFactor) pack(c *Call, y *tensor.Tensor, k, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.packed != nil {
		return
	}
	b := y.Float32()
	at := func(i, j int) float32 { return b[i*n+j] }
	if f.trans {
		at = func(i, j int) float32 { return b[j*k+i] }
	}
	if f.precision == conv.BFloat16 {
		rounded := make([]float32, len(b))
		simd.RoundBfloat16(rounded, b)
		b = rounded
		f.packed = simd.PackFactor(simd.Bfloat16, k, n, func(i, j int) uint32 { return math.Float32bits(at(i, j)) >> 16 })
		c.unneeded(y)
		return
	}
	f.scale = make([]float32, n)
	for i := range k {
		for j := range n {
			f.scale[j] = max(f.scale[j], float32(math.Abs(float64(at(i, j)))))
		}
	}
	for j := range f.scale {
		f.scale[j] /= 127
	}
	f.packed = simd.PackFactor(simd.Bytes, k, n, func(i, j int) uint32 {
		if f.scale[j] == 0 {
			return 128
		}
		return uint32(128 + int32(math.RoundToEven(float64(at(i, j)/f.scale[j]))))
	})
	c.unneeded(y)
}

// multiply sets dst, m×n, to x·y. x is m rows of k.
func (f *narrowFactor) multiply(c *Call, dst, x []float32, y *tensor.Tensor, m, n, k int) {
	f.pack(c, y, k, n)
	width := f.packed.Width()
	left := simd.Borrow(m * width)
	defer left.Return()
	words := simd.Bits(left.F)
	if f.precision == conv.BFloat16 {
		c.parallel(m, 1, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				simd.RowBfloat16(words[r*width:][:width], x[r*k:][:k])
			}
		})
		f.packed.Multiply(dst, n, words, m, c.Threads)
		return
	}
	scale, sums := make([]float32, m), make([]int32, m)
	c.parallel(m, 1, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			scale[r], sums[r] = rowBytes(words[r*width:][:width], x[r*k:][:k])
		}
	})
	f.packed.Multiply(dst, n, words, m, c.Threads)
	c.parallel(m, 1, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			row := dst[r*n:][:n]
			// The factor's values lie 128 higher than they are.
			simd.Dequantise(row, simd.Ints(row), 128*sums[r], scale[r], f.scale)
		}
	})
}

// rowBytes packs a row as signed bytes, and returns their step and their sum.
func rowBytes(words []uint32, x []float32) (scale float32, sum int32) {
	lo, hi := simd.Range(x)
	if lo != lo {
		fail("8-bit products: the input has values that are not finite")
	}
	scale = max(-lo, hi) / 127
	clear(words)
	if scale == 0 {
		return 0, 0
	}
	var part [256]byte
	for at := 0; at < len(x); at += len(part) {
		n := min(len(part), len(x)-at)
		simd.FloatBytes(part[:n], x[at:at+n], scale, 0, -127, 127)
		for i, b := range part[:n] {
			sum += int32(int8(b))
			words[(at+i)/4] |= uint32(b) << (8 * ((at + i) % 4))
		}
	}
	return scale, sum
}
