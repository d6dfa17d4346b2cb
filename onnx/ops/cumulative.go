package ops

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// cumulativeOp is CumSum, or CumProd where o multiplies.
func cumulativeOp(o *arithmetic, unit float64) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		exclusive, reverse := n.Int("exclusive", 0) != 0, n.Int("reverse", 0) != 0
		return func(c *Call) {
			x := c.in(0)
			a := axis(ints(c.in(1))[0], x.Rank())
			outer, d, inner := product(x.Shape()[:a]), x.Shape()[a], product(x.Shape()[a+1:])
			out := c.New(x.DType(), x.Shape()...)
			c.Out[0] = out
			one := c.cast(tensor.FromFloat64([]int{1}, []float64{unit}), x.DType(), true, "")
			serial := *c
			serial.Threads = 1
			bc := newBroadcast([]int{inner}, []int{inner})
			start := newBroadcast([]int{inner}, []int{1})
			run := func(t *tensor.Tensor, r, k int) *tensor.Tensor {
				at := (r*d + k) * inner
				return t.Slice(at, at+inner, inner)
			}
			if inner == 0 {
				return
			}
			for r := range outer {
				prev := -1
				for i := range d {
					k := i
					if reverse {
						k = d - 1 - i
					}
					switch {
					case prev < 0 && exclusive:
						fill(run(out, r, k), one)
					case prev < 0:
						// unit op x, so that the type's rounding is the same everywhere
						o.apply(&serial, start, run(out, r, k), run(x, r, k), one)
					case exclusive:
						o.apply(&serial, bc, run(out, r, k), run(out, r, prev), run(x, r, prev))
					default:
						o.apply(&serial, bc, run(out, r, k), run(out, r, prev), run(x, r, k))
					}
					prev = k
				}
			}
		}
	}
}

func triluOp(n *graph.Node) Kernel {
	upper := n.Int("upper", 1) != 0
	return func(c *Call) {
		x := c.in(0)
		if x.Rank() < 2 {
			fail("want a matrix, got %v", x)
		}
		k := 0
		if v := c.ints(1); len(v) > 0 {
			k = v[0]
		}
		h, w := x.Shape()[x.Rank()-2], x.Shape()[x.Rank()-1]
		out := c.Zeros(x.DType(), x.Shape()...)
		for r := range x.Len() / max(1, w) {
			i := r % max(1, h)
			lo, hi := min(max(i+k, 0), w), w
			if !upper {
				lo, hi = 0, min(max(i+k+1, 0), w)
			}
			c.copyRows(out, x, 1, hi-lo, 0, r*w+lo, 0, r*w+lo)
		}
		c.Out[0] = out
	}
}

func bitCastOp(n *graph.Node) Kernel {
	to := tensor.DType(n.Int("to", 0))
	return func(c *Call) {
		x := c.in(0)
		if to.Bits() == 0 || to.Bits() != x.DType().Bits() {
			fail("bits of %v as %v", x.DType(), to)
		}
		if to == tensor.Bool {
			c.Out[0] = c.cast(x.As(tensor.Uint8), tensor.Bool, true, "")
			return
		}
		out := x.As(to)
		if to.Bits() < 8 { // the sign lives in the upper bits of the byte
			out = c.cast(c.cast(x, tensor.Int64, true, ""), to, true, "")
		}
		c.Out[0] = out
	}
}

func preluOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x, slope := c.in(0), c.in(1)
		c.sameType(x, slope)
		if n.Version < 7 && slope.Len() > 1 && x.Rank() > 1 {
			shape := []int{slope.Len()}
			for range x.Rank() - 2 {
				shape = append(shape, 1)
			}
			slope = slope.View(shape...)
		}
		bc := newBroadcast(x.Shape(), slope.Shape())
		out := c.New(x.DType(), bc.shape...)
		o := &arithmetic{
			vec: func(dst, a, b []float32) {
				for i, v := range a {
					if v < 0 {
						v *= b[i]
					}
					dst[i] = v
				}
			},
			scalar: func(dst, a []float32, b float32) {
				for i, v := range a {
					if v < 0 {
						v *= b
					}
					dst[i] = v
				}
			},
			left: func(dst []float32, a float32, b []float32) {
				for i, s := range b {
					dst[i] = a
					if a < 0 {
						dst[i] = a * s
					}
				}
			},
			f32: func(a, b float32) float32 {
				if a < 0 {
					return a * b
				}
				return a
			},
			f64: func(a, b float64) float64 {
				if a < 0 {
					return a * b
				}
				return a
			},
			i64: func(a, b int64) int64 {
				if a < 0 {
					return a * b
				}
				return a
			},
			u64: func(a, _ uint64) uint64 { return a },
		}
		o.apply(c, bc, out, x, slope)
		c.Out[0] = out
	}
}

func oneHotOp(n *graph.Node) Kernel {
	return func(c *Call) {
		idx := c.cast(c.in(0), tensor.Int64, true, "").Int64()
		depth := ints(c.cast(c.in(1), tensor.Int64, true, ""))[0]
		values := c.in(2)
		if values.Len() != 2 || depth < 0 {
			fail("values: want 2, got %v; depth %d", values, depth)
		}
		in := c.in(0).Shape()
		a := axis(n.Int("axis", -1), len(in)+1)
		shape := append(append(append([]int{}, in[:a]...), depth), in[a:]...)
		out := c.New(values.DType(), shape...)
		fill(out, values.Slice(0, 1, 1))
		inner := product(in[a:])
		for i, v := range idx {
			if v < 0 {
				v += int64(depth)
			}
			if v < 0 || v >= int64(depth) {
				continue
			}
			at := (i/inner*depth+int(v))*inner + i%inner
			c.copyRows(out, values, 1, 1, 0, at, 0, 1)
		}
		c.Out[0] = out
	}
}

func hardmaxOp(n *graph.Node) Kernel {
	def := -1
	if n.Version < 13 {
		def = 1
	}
	return func(c *Call) {
		x := c.in(0)
		a := axis(n.Int("axis", def), x.Rank())
		outer, d, inner := product(x.Shape()[:a]), x.Shape()[a], product(x.Shape()[a+1:])
		if n.Version < 13 {
			d, inner = d*inner, 1
		}
		wide := c.cast(x, tensor.Float64, true, "").Float64()
		out := c.Zeros(tensor.Float64, x.Shape()...)
		for o := range outer {
			for i := range inner {
				best := 0
				for k := 1; k < d; k++ {
					if wide[(o*d+k)*inner+i] > wide[(o*d+best)*inner+i] {
						best = k
					}
				}
				if d > 0 {
					out.Float64()[(o*d+best)*inner+i] = 1
				}
			}
		}
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

func compressOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x, cond := c.in(0), c.in(1).Bool()
		if !n.Has("axis") {
			x = x.View(x.Len())
		}
		a := axis(n.Int("axis", 0), x.Rank())
		var pick []int64
		for i, v := range cond {
			if v && i < x.Shape()[a] {
				pick = append(pick, int64(i))
			}
		}
		c.Out[0] = c.take(x, pick, a)
	}
}

// take picks slices along an axis.
func (c *Call) take(x *tensor.Tensor, idx []int64, a int) *tensor.Tensor {
	shape := append([]int{}, x.Shape()...)
	outer, d, inner := product(shape[:a]), shape[a], product(shape[a+1:])
	shape[a] = len(idx)
	out := c.New(x.DType(), shape...)
	for k, i := range idx {
		c.copyRows(out, x, outer, inner, len(idx)*inner, k*inner, d*inner, index(int(i), d)*inner)
	}
	return out
}

func eyeLikeOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		if x.Rank() != 2 {
			fail("want a matrix, got %v", x)
		}
		dt := x.DType()
		if n.Has("dtype") {
			dt = tensor.DType(n.Int("dtype", 0))
		}
		out := c.Zeros(tensor.Float32, x.Shape()...)
		k := n.Int("k", 0)
		for i := range x.Shape()[0] {
			if j := i + k; j >= 0 && j < x.Shape()[1] {
				out.Float32()[i*x.Shape()[1]+j] = 1
			}
		}
		c.Out[0] = c.cast(out, dt, true, "")
	}
}

func depthToSpaceOp(n *graph.Node) Kernel {
	b := n.Int("blocksize", 1)
	crd := n.Str("mode", "DCR") == "CRD"
	return func(c *Call) {
		x := c.in(0)
		s := x.Shape()
		if len(s) != 4 || b < 1 || s[1]%(b*b) != 0 {
			fail("%v does not split into blocks of %d", x, b)
		}
		ch := s[1] / (b * b)
		if crd {
			v := x.View(s[0], ch, b, b, s[2], s[3])
			c.Out[0] = c.permute(v, []int{0, 1, 4, 2, 5, 3}).View(s[0], ch, s[2]*b, s[3]*b)
			return
		}
		v := x.View(s[0], b, b, ch, s[2], s[3])
		c.Out[0] = c.permute(v, []int{0, 3, 4, 1, 5, 2}).View(s[0], ch, s[2]*b, s[3]*b)
	}
}

func spaceToDepthOp(n *graph.Node) Kernel {
	b := n.Int("blocksize", 1)
	crd := n.Str("mode", "DCR") == "CRD"
	return func(c *Call) {
		x := c.in(0)
		s := x.Shape()
		if len(s) != 4 || b < 1 || s[2]%b != 0 || s[3]%b != 0 {
			fail("%v does not split into blocks of %d", x, b)
		}
		v := x.View(s[0], s[1], s[2]/b, b, s[3]/b, b)
		perm := []int{0, 3, 5, 1, 2, 4}
		if crd {
			perm = []int{0, 1, 3, 5, 2, 4}
		}
		c.Out[0] = c.permute(v, perm).View(s[0], s[1]*b*b, s[2]/b, s[3]/b)
	}
}

func reverseSequenceOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x, lens := c.in(0), c.ints(1)
		ba, ta := n.Int("batch_axis", 1), n.Int("time_axis", 0)
		if x.Rank() < 2 || ba+ta != 1 || len(lens) != x.Shape()[ba] {
			fail("sequence lengths do not fit %v", x)
		}
		out := c.New(x.DType(), x.Shape()...)
		d1, inner := x.Shape()[1], product(x.Shape()[2:])
		for b, l := range lens {
			if l < 0 || l > x.Shape()[ta] {
				fail("sequence length %d is out of range", l)
			}
			for t := range x.Shape()[ta] {
				from := t
				if t < l {
					from = l - 1 - t
				}
				at := func(t int) int {
					if ta == 0 {
						return (t*d1 + b) * inner
					}
					return (b*d1 + t) * inner
				}
				c.copyRows(out, x, 1, inner, 0, at(t), 0, at(from))
			}
		}
		c.Out[0] = out
	}
}

func centerCropPadOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x, want := c.in(0), c.ints(1)
		axes := n.Ints("axes")
		if axes == nil {
			for i := range x.Rank() {
				axes = append(axes, i)
			}
		}
		if len(want) != len(axes) {
			fail("shape: want %d values, got %d", len(axes), len(want))
		}
		lo, hi := make([]int, x.Rank()), make([]int, x.Rank())
		for i, a := range axes {
			a = axis(a, x.Rank())
			d := want[i] - x.Shape()[a]
			if want[i] < 0 {
				fail("shape %v is not valid", want)
			}
			if d >= 0 {
				lo[a] = d / 2
			} else {
				lo[a] = -(-d / 2)
			}
			hi[a] = d - lo[a]
		}
		c.Out[0] = c.pad(x, lo, hi, "constant", nil)
	}
}

func tensorScatterOp(n *graph.Node) Kernel {
	circular := n.Str("mode", "linear") == "circular"
	return func(c *Call) {
		past, up := c.in(0), c.in(1)
		a := axis(n.Int("axis", -2), past.Rank())
		at := c.ints(2)
		if up.Rank() != past.Rank() || a == 0 || up.DType() != past.DType() {
			fail("update %v does not fit %v", up, past)
		}
		for i, d := range up.Shape() {
			if i != a && d != past.Shape()[i] || d > past.Shape()[i] {
				fail("update %v does not fit %v", up, past)
			}
		}
		out := c.New(past.DType(), past.Shape()...)
		copy(out.Bytes(), past.Bytes())
		outer, inner := product(past.Shape()[:a]), product(past.Shape()[a+1:])
		d, k := past.Shape()[a], up.Shape()[a]
		perBatch := outer / max(1, past.Shape()[0])
		for o := range outer {
			from := 0
			if at != nil {
				from = at[o/perBatch]
			}
			for q := range k {
				to := from + q
				if circular {
					to = ((to % d) + d) % d
				}
				c.copyRows(out, up, 1, inner, 0, (o*d+index(to, d))*inner, 0, (o*k+q)*inner)
			}
		}
		c.Out[0] = out
	}
}
