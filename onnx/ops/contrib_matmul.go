package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// fusedMatMulOp is alpha·op(A)·op(B), whose factors may be transposed (com.microsoft.FusedMatMul).
func fusedMatMulOp(n *graph.Node) Kernel {
	alpha := float64(n.Float("alpha", 1))
	return func(c *Call) {
		turn := func(t *tensor.Tensor, trans, batch bool) *tensor.Tensor {
			r := t.Rank()
			if r < 2 || !trans && !batch {
				return t
			}
			perm := make([]int, r)
			for i := range perm {
				perm[i] = i
			}
			if batch { // the first dimension of the matrix comes before the batches
				copy(perm, perm[1:r-1])
				perm[r-2] = 0
			}
			if trans {
				perm[r-1], perm[r-2] = perm[r-2], perm[r-1]
			}
			return c.permute(t, perm)
		}
		x := turn(c.in(0), n.Int("transA", 0) != 0, n.Int("transBatchA", 0) != 0)
		y := turn(c.in(1), n.Int("transB", 0) != 0, n.Int("transBatchB", 0) != 0)
		out := c.matMul(x, y)
		if alpha != 1 {
			scaled(out, alpha)
		}
		c.Out[0] = out
	}
}

// inverseOp inverts the matrices of the last two dimensions by Gauss and Jordan with pivots.
func inverseOp(*graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		n := sideOf(x)
		src := c.cast(x, tensor.Float64, true, "").Float64()
		out := make([]float64, len(src))
		for m := range len(src) / max(1, n*n) {
			invert(append([]float64{}, src[m*n*n:][:n*n]...), out[m*n*n:][:n*n], n)
		}
		c.Out[0] = c.cast(tensor.FromFloat64(x.Shape(), out), x.DType(), true, "")
	}
}

// invert sets inv to the inverse of a, which it destroys; a singular matrix gives no finite numbers.
func invert(a, inv []float64, n int) {
	for i := range n {
		inv[i*n+i] = 1
	}
	for k := range n {
		p := k
		for i := k; i < n; i++ {
			if math.Abs(a[i*n+k]) > math.Abs(a[p*n+k]) {
				p = i
			}
		}
		for j := range n {
			a[k*n+j], a[p*n+j] = a[p*n+j], a[k*n+j]
			inv[k*n+j], inv[p*n+j] = inv[p*n+j], inv[k*n+j]
		}
		d := 1 / a[k*n+k]
		for j := range n {
			a[k*n+j] *= d
			inv[k*n+j] *= d
		}
		for i := range n {
			f := a[i*n+k]
			if i == k || f == 0 {
				continue
			}
			for j := range n {
				a[i*n+j] -= f * a[k*n+j]
				inv[i*n+j] -= f * inv[k*n+j]
			}
		}
	}
}

// matMulNBitsOp is a product with a factor of 2, 4 or 8 bits in blocks along the inner dimension (com.microsoft.MatMulNBits): B is
// [n, blocks, bytes] with the lowest bits first, scales [n·blocks], zero points packed by row or floats.
func matMulNBitsOp(n *graph.Node) Kernel {
	k, cols, bits, block := n.Int("K", 0), n.Int("N", 0), n.Int("bits", 4), n.Int("block_size", 32)
	if k < 1 || cols < 1 || block < 1 || bits != 2 && bits != 4 && bits != 8 || k > 1<<24 || cols > 1<<24 || block > 1<<24 {
		fail("K %d, N %d, bits %d and block_size %d are not valid", k, cols, bits, block)
	}
	blocks := (k + block - 1) / block
	return func(c *Call) {
		if c.opt(4) != nil && c.in(4).Len() > 0 {
			fail("g_idx is not supported")
		}
		b, scales := c.in(1), c.float32In(2)
		per := 8 / bits
		blob := (block*bits + 7) / 8
		if b.DType() != tensor.Uint8 || b.Len() != cols*blocks*blob || scales == nil || scales.Len() != cols*blocks {
			fail("B %v and scales %v do not fit", b, scales)
		}
		zero := func(j, g int) float32 { return float32(int(1) << (bits - 1)) }
		if z := c.opt(3); z != nil {
			switch {
			case z.DType() == tensor.Uint8 && z.Len() == cols*((blocks*bits+7)/8):
				row := (blocks*bits + 7) / 8
				raw := z.Uint8()
				zero = func(j, g int) float32 {
					return float32(raw[j*row+g/per] >> (g % per * bits) & byte(1<<bits-1))
				}
			case z.DType().IsFloat() && z.Len() == cols*blocks:
				f := c.float32In(3).Float32()
				zero = func(j, g int) float32 { return f[j*blocks+g] }
			default:
				fail("zero points %v do not fit", z)
			}
		}
		w := c.New(tensor.Float32, cols, k)
		dst, raw, sc := w.Float32(), b.Uint8(), scales.Float32()
		c.parallel(cols, grainOf(k), func(lo, hi int) {
			for j := lo; j < hi; j++ {
				for p := range k {
					g := p / block
					q := raw[(j*blocks+g)*blob+p%block/per] >> (p % block % per * bits) & byte(1<<bits-1)
					dst[j*k+p] = (float32(q) - zero(j, g)) * sc[j*blocks+g]
				}
			}
		})
		x := c.float32In(0)
		out := c.matMul(x, c.permute(w, []int{1, 0}))
		if bias := c.float32In(5); bias != nil {
			sum := c.New(tensor.Float32, out.Shape()...)
			adding.apply(c, newBroadcast(out.Shape(), bias.Shape()), sum, out, bias)
			out = sum
		}
		c.setOut(0, out, c.in(0))
	}
}
