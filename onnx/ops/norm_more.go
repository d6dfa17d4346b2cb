package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// inFloat64 computes a float operator in float64 and rounds to the input's type.
func inFloat64(c *Call, f func(x, out *tensor.Tensor)) {
	x := c.in(0)
	wide := c.cast(x, tensor.Float64, true, "")
	out := c.New(tensor.Float64, x.Shape()...)
	f(wide, out)
	c.Out[0] = c.cast(out, x.DType(), true, "")
}

func lpNormalizationOp(n *graph.Node) Kernel {
	p := n.Int("p", 2)
	return func(c *Call) {
		inFloat64(c, func(x, out *tensor.Tensor) {
			a := axis(n.Int("axis", -1), x.Rank())
			on := make([]bool, x.Rank())
			on[a] = true
			g := groupsOf(x.Shape(), on)
			for o := range g.outer {
				sum := 0.0
				g.runs(g.base(o), func(at, n, step int) {
					for i := range n {
						v := math.Abs(x.Float64()[at+i*step])
						if p == 2 {
							v *= v
						}
						sum += v
					}
				})
				if p == 2 {
					sum = math.Sqrt(sum)
				}
				g.runs(g.base(o), func(at, n, step int) {
					for i := range n {
						v := 0.0
						if sum != 0 {
							v = x.Float64()[at+i*step] / sum
						}
						out.Float64()[at+i*step] = v
					}
				})
			}
		})
	}
}

func rmsNormOp(n *graph.Node) Kernel {
	eps := float64(n.Float("epsilon", 1e-5))
	return func(c *Call) {
		scale := c.cast(c.in(1), tensor.Float64, true, "")
		inFloat64(c, func(x, out *tensor.Tensor) {
			a := axis(n.Int("axis", -1), x.Rank())
			d := product(x.Shape()[a:])
			sc := c.spreadTo(scale, x.Shape()[a:]).Float64()
			for o := range product(x.Shape()[:a]) {
				s := x.Float64()[o*d:][:d]
				sum := 0.0
				for _, v := range s {
					sum += v * v
				}
				r := 1 / math.Sqrt(sum/float64(d)+eps)
				for i, v := range s {
					out.Float64()[o*d+i] = v * r * sc[i]
				}
			}
		})
	}
}

func meanVarianceOp(n *graph.Node) Kernel {
	axes := n.Ints("axes")
	if axes == nil {
		axes = []int{0, 2, 3}
	}
	return func(c *Call) {
		inFloat64(c, func(x, out *tensor.Tensor) {
			on := make([]bool, x.Rank())
			for _, a := range axes {
				on[axis(a, x.Rank())] = true
			}
			g := groupsOf(x.Shape(), on)
			for o := range g.outer {
				sum, sq := 0.0, 0.0
				g.runs(g.base(o), func(at, n, step int) {
					for i := range n {
						sum += x.Float64()[at+i*step]
					}
				})
				mean := sum / float64(g.n)
				g.runs(g.base(o), func(at, n, step int) {
					for i := range n {
						v := x.Float64()[at+i*step] - mean
						sq += v * v
					}
				})
				sd := math.Sqrt(sq/float64(g.n)) + 1e-9
				g.runs(g.base(o), func(at, n, step int) {
					for i := range n {
						out.Float64()[at+i*step] = (x.Float64()[at+i*step] - mean) / sd
					}
				})
			}
		})
	}
}

func lrnOp(n *graph.Node) Kernel {
	alpha, beta, bias := float64(n.Float("alpha", 1e-4)), float64(n.Float("beta", 0.75)), float64(n.Float("bias", 1))
	size := n.Int("size", 1)
	return func(c *Call) {
		inFloat64(c, func(x, out *tensor.Tensor) {
			if x.Rank() < 2 || size < 1 {
				fail("want batch and channels, got %v", x)
			}
			ch, inner := x.Shape()[1], product(x.Shape()[2:])
			before, after := (size-1)/2, size/2
			for i := range out.Float64() {
				k := i / inner % ch
				sum := 0.0
				for q := max(0, k-before); q <= min(ch-1, k+after); q++ {
					v := x.Float64()[i+(q-k)*inner]
					sum += v * v
				}
				out.Float64()[i] = x.Float64()[i] / math.Pow(bias+alpha/float64(size)*sum, beta)
			}
		})
	}
}

func swiGLUOp(n *graph.Node) Kernel {
	alpha := float64(n.Float("alpha", 1))
	return func(c *Call) {
		if !equalShape(c.in(0).Shape(), c.in(1).Shape()) {
			fail("inputs %v and %v differ", c.in(0), c.in(1))
		}
		b := c.cast(c.in(1), tensor.Float64, true, "").Float64()
		inFloat64(c, func(x, out *tensor.Tensor) {
			for i, v := range x.Float64() {
				out.Float64()[i] = v * sigmoid(alpha*v) * b[i]
			}
		})
	}
}

// sideOf is the side of the square matrices in the last two dimensions.
func sideOf(x *tensor.Tensor) int {
	r := x.Rank()
	if r < 2 || x.Shape()[r-1] != x.Shape()[r-2] {
		fail("want square matrices, got %v", x)
	}
	return x.Shape()[r-1]
}

func detOp(*graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		n, r := sideOf(x), x.Rank()
		wide := c.cast(x, tensor.Float64, true, "").Float64()
		out := c.New(tensor.Float64, x.Shape()[:r-2]...)
		for i := range out.Len() {
			m := append([]float64{}, wide[i*n*n:][:n*n]...)
			out.Float64()[i] = determinant(m, n)
		}
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

// determinant eliminates with the largest pivot of each column; m is overwritten.
func determinant(m []float64, n int) float64 {
	det := 1.0
	for k := range n {
		p := k
		for i := k + 1; i < n; i++ {
			if math.Abs(m[i*n+k]) > math.Abs(m[p*n+k]) {
				p = i
			}
		}
		if m[p*n+k] == 0 {
			return 0
		}
		if p != k {
			det = -det
			for j := range n {
				m[k*n+j], m[p*n+j] = m[p*n+j], m[k*n+j]
			}
		}
		det *= m[k*n+k]
		for i := k + 1; i < n; i++ {
			f := m[i*n+k] / m[k*n+k]
			for j := k; j < n; j++ {
				m[i*n+j] -= f * m[k*n+j]
			}
		}
	}
	return det
}

// windowOp is one of the cosine windows: Hann, Hamming, Blackman.
func windowOp(coef ...float64) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		periodic := n.Int("periodic", 1) != 0
		dt := tensor.DType(n.Int("output_datatype", 1))
		return func(c *Call) {
			size := ints(c.in(0))[0]
			out := c.New(tensor.Float64, max(0, size))
			m := float64(size)
			if !periodic {
				m--
			}
			for i := range out.Float64() {
				v := 0.0
				for k, a := range coef {
					v += a * math.Cos(2*math.Pi*float64(k)*float64(i)/m)
				}
				out.Float64()[i] = v
			}
			c.Out[0] = c.cast(out, dt, true, "")
		}
	}
}
