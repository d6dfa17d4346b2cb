package ops

import (
	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func matMulOp(n *graph.Node) Kernel {
	f, narrow := factorOf(n), narrowFactorOf(n, false)
	return func(c *Call) {
		x, y := c.in(0), c.in(1)
		if narrow != nil && x.DType() == tensor.Float32 && x.Len() > 0 {
			p := matMulShape(x, y)
			out := c.New(tensor.Float32, p.shape...)
			narrow.multiply(c, out.Float32(), x.Float32(), y, out.Len()/p.n, p.n, p.k)
			c.Out[0] = out
			return
		}
		c.Out[0] = c.matMulBy(x, y, f)
	}
}

// product2 is the shapes of a batched matrix product.
type product2 struct {
	m, k, n int
	batch   *broadcast // over the leading dimensions, in matrices
	shape   []int
}

func matMulShape(x, y *tensor.Tensor) product2 {
	xs, ys := x.Shape(), y.Shape()
	if len(xs) == 0 || len(ys) == 0 {
		fail("matrix product of a scalar")
	}
	rowVec, colVec := len(xs) == 1, len(ys) == 1
	if rowVec {
		xs = []int{1, xs[0]}
	}
	if colVec {
		ys = []int{ys[0], 1}
	}
	p := product2{m: xs[len(xs)-2], k: xs[len(xs)-1], n: ys[len(ys)-1]}
	if ys[len(ys)-2] != p.k {
		fail("matrix product of %v and %v", x, y)
	}
	p.batch = newBroadcast(xs[:len(xs)-2], ys[:len(ys)-2])
	p.shape = append([]int{}, p.batch.shape...)
	if !rowVec {
		p.shape = append(p.shape, p.m)
	}
	if !colVec {
		p.shape = append(p.shape, p.n)
	}
	return p
}

// matMul is NumPy's matmul.
func (c *Call) matMul(x, y *tensor.Tensor) *tensor.Tensor { return c.matMulBy(x, y, nil) }

// matMulBy is matMul with the packed form of y, nil where there is none.
func (c *Call) matMulBy(x, y *tensor.Tensor, f *packedFactor) *tensor.Tensor {
	c.sameType(x, y)
	p := matMulShape(x, y)
	switch x.DType() {
	case tensor.Float32:
		return c.matMul32(p, x, y, f)
	case tensor.Float64:
		return matMulLoop[float64](c, p, x, y)
	case tensor.Int32:
		return matMulLoop[int32](c, p, x, y)
	case tensor.Int64:
		return matMulLoop[int64](c, p, x, y)
	case tensor.Uint32:
		return matMulLoop[uint32](c, p, x, y)
	case tensor.Uint64:
		return matMulLoop[uint64](c, p, x, y)
	}
	dtypeError(x)
	return nil
}

func (c *Call) matMul32(p product2, x, y *tensor.Tensor, f *packedFactor) *tensor.Tensor {
	out := c.New(tensor.Float32, p.shape...)
	if out.Len() == 0 {
		return out
	}
	a, b, dst := x.Float32(), y.Float32(), out.Float32()
	if p.k == 0 {
		clear(dst)
		return out
	}
	// one matrix on the right for all on the left is a single taller product
	if y.Rank() <= 2 || product(y.Shape()[:y.Rank()-2]) == 1 {
		m := len(dst) / p.n
		if b := f.of(c, y, false, m, p.n, p.k); b != nil {
			simd.SgemmPacked(false, m, 1, a, p.k, b, 0, dst, p.n, c.Threads)
			return out
		}
		simd.Sgemm(false, false, m, p.n, p.k, 1, a, p.k, b, p.n, 0, dst, p.n, c.Threads)
		return out
	}
	jobs := p.pairs()
	inner, outer := c.Threads, 1
	if len(jobs) >= c.Threads {
		inner, outer = 1, c.Threads
	}
	d := *c
	d.Threads = outer
	d.parallel(len(jobs), 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			simd.Sgemm(false, false, p.m, p.n, p.k, 1, a[jobs[i][0]*p.m*p.k:], p.k, b[jobs[i][1]*p.k*p.n:], p.n, 0, dst[i*p.m*p.n:], p.n, inner)
		}
	})
	return out
}

// pairs lists which matrix of the left meets which of the right, in the order of the output.
func (p *product2) pairs() [][2]int {
	jobs := make([][2]int, product(p.batch.size))
	serial := &Call{Threads: 1}
	p.batch.each(serial, func(off, n int, at, step []int) {
		for k := range n {
			jobs[off+k] = [2]int{at[0] + k*step[0], at[1] + k*step[1]}
		}
	})
	if product(p.shape) == 0 {
		return nil
	}
	return jobs
}

func matMulLoop[T number](c *Call, p product2, x, y *tensor.Tensor) *tensor.Tensor {
	out := c.Zeros(x.DType(), p.shape...)
	a, b, dst := tensor.Cells[T](x), tensor.Cells[T](y), tensor.Cells[T](out)
	for i, j := range p.pairs() {
		matrixProduct(dst[i*p.m*p.n:][:p.m*p.n], a[j[0]*p.m*p.k:], b[j[1]*p.k*p.n:], p.m, p.n, p.k)
	}
	return out
}

// matrixProduct adds a·b to dst.
func matrixProduct[T, A number](dst []A, a, b []T, m, n, k int) {
	for i := range m {
		row := dst[i*n:][:n]
		for q := range k {
			v := A(a[i*k+q])
			for j, w := range b[q*n:][:n] {
				row[j] += v * A(w)
			}
		}
	}
}

func gemmOp(n *graph.Node) Kernel {
	alpha, beta := n.Float("alpha", 1), n.Float("beta", 1)
	transA, transB := n.Int("transA", 0) != 0, n.Int("transB", 0) != 0
	f := factorOf(n)
	var narrow *narrowFactor
	if alpha == 1 && beta == 1 && !transA {
		narrow = narrowFactorOf(n, transB)
	}
	return func(c *Call) {
		x, y, bias := c.in(0), c.in(1), c.opt(2)
		if x.Rank() != 2 || y.Rank() != 2 {
			fail("want two matrices, got %v and %v", x, y)
		}
		m, k := x.Shape()[0], x.Shape()[1]
		if transA {
			m, k = k, m
		}
		k2, cols := y.Shape()[0], y.Shape()[1]
		if transB {
			k2, cols = cols, k2
		}
		if k != k2 {
			fail("product of %v and %v", x, y)
		}
		c.sameType(x, y)
		out := c.New(x.DType(), m, cols)
		c.Out[0] = out
		if bias != nil {
			bc := newBroadcast(bias.Shape(), []int{m, cols})
			if !equalShape(bc.shape, out.Shape()) {
				fail("bias %v does not fit %v", bias, out)
			}
			c.move(bias, out, bc.size, bc.step[0], 0)
		} else {
			clear(out.Bytes())
		}
		if x.DType() == tensor.Float32 {
			if out.Len() == 0 {
				return
			}
			if narrow != nil {
				sum := c.New(tensor.Float32, m, cols)
				narrow.multiply(c, sum.Float32(), x.Float32(), y, m, cols, k)
				simd.Add(out.Float32(), out.Float32(), sum.Float32())
				return
			}
			if b := f.of(c, y, transB, m, cols, k); b != nil {
				simd.SgemmPacked(transA, m, alpha, x.Float32(), max(1, x.Shape()[1]), b, beta, out.Float32(), cols, c.Threads)
			} else {
				simd.Sgemm(transA, transB, m, cols, k, alpha, x.Float32(), max(1, x.Shape()[1]), y.Float32(), max(1, y.Shape()[1]), beta, out.Float32(), cols, c.Threads)
			}
			return
		}
		if transA {
			x = c.permute(x, []int{1, 0})
		}
		if transB {
			y = c.permute(y, []int{1, 0})
		}
		switch x.DType() {
		case tensor.Float64:
			gemmLoop(out.Float64(), x.Float64(), y.Float64(), m, cols, k, float64(alpha), float64(beta))
		case tensor.Int32:
			gemmLoop(out.Int32(), x.Int32(), y.Int32(), m, cols, k, float64(alpha), float64(beta))
		case tensor.Int64:
			gemmLoop(out.Int64(), x.Int64(), y.Int64(), m, cols, k, float64(alpha), float64(beta))
		default:
			dtypeError(x)
		}
	}
}

func gemmLoop[T number](dst, a, b []T, m, n, k int, alpha, beta float64) {
	acc := make([]T, len(dst))
	matrixProduct(acc, a, b, m, n, k)
	for i, v := range acc {
		dst[i] = T(alpha*float64(v) + beta*float64(dst[i]))
	}
}
