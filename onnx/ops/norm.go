package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// softmaxOp is Softmax, or LogSoftmax where log is set. Before opset 13 the dimensions from axis on
// are one.
func softmaxOp(log bool) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		def := -1
		if n.Version < 13 {
			def = 1
		}
		ax := n.Int("axis", def)
		return func(c *Call) {
			x := c.in(0)
			out := c.Like(0)
			c.Out[0] = out
			if x.Len() == 0 {
				return
			}
			if x.Rank() == 0 {
				c.softmax(x, out, 1, 1, 1, log)
				return
			}
			a := axis(ax, x.Rank())
			outer, inner := product(x.Shape()[:a]), product(x.Shape()[a+1:])
			d := x.Shape()[a]
			if n.Version < 13 {
				d, inner = d*inner, 1
			}
			c.softmax(x, out, outer, d, inner, log)
		}
	}
}

func (c *Call) softmax(x, out *tensor.Tensor, outer, d, inner int, log bool) {
	switch {
	case x.DType() == tensor.Float32 && inner == 1:
		src, dst := x.Float32(), out.Float32()
		c.parallel(outer, grainOf(d*8), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				softmaxRow(dst[i*d:][:d], src[i*d:][:d], log)
			}
		})
	case x.DType() == tensor.Float32:
		c.softmaxPlanes(x.Float32(), out.Float32(), outer, d, inner, log)
	case x.DType() == tensor.Float64:
		softmaxLoop(x.Float64(), out.Float64(), outer, d, inner, log)
	default:
		dtypeError(x)
	}
}

func softmaxRow(dst, src []float32, log bool) {
	top := simd.MaxOf(src)
	if math.IsInf(float64(top), -1) { // all masked
		v := float32(math.NaN())
		for i := range dst {
			dst[i] = v
		}
		return
	}
	if log {
		sum := 0.0
		for _, v := range src {
			sum += math.Exp(float64(v - top))
		}
		simd.ScaleShift(dst, src, 1, -top) // the largest value first, which may be far from the logarithm
		simd.ScaleShift(dst, dst, 1, -float32(math.Log(sum)))
		return
	}
	simd.ScaleShift(dst, dst, 1/simd.ExpSum(dst, src, 1, -top), 0)
}

// softmaxPlanes works on blocks of the inner dimension, so that each plane is read in runs.
func (c *Call) softmaxPlanes(src, dst []float32, outer, d, inner int, log bool) {
	const block = 1024
	blocks := (inner + block - 1) / block
	c.parallel(outer*blocks, grainOf(min(inner, block)*d*8), func(lo, hi int) {
		top, sum := make([]float32, block), make([]float32, block)
		tmp := make([]float32, block)
		for job := lo; job < hi; job++ {
			o, i0 := job/blocks, job%blocks*block
			n := min(block, inner-i0)
			row := func(s []float32, k int) []float32 { return s[(o*d+k)*inner+i0:][:n] }
			copy(top[:n], row(src, 0))
			for k := 1; k < d; k++ {
				simd.Max(top[:n], top[:n], row(src, k))
			}
			clear(sum[:n])
			for k := range d {
				e := row(dst, k)
				if log {
					e = tmp[:n]
				}
				simd.Sub(e, row(src, k), top[:n])
				simd.Exp(e, e)
				simd.Add(sum[:n], sum[:n], e)
			}
			if log {
				for i := range n {
					sum[i] = float32(math.Log(float64(sum[i])))
				}
				for k := range d {
					simd.Sub(row(dst, k), row(src, k), top[:n])
					simd.Sub(row(dst, k), row(dst, k), sum[:n])
				}
				continue
			}
			for i := range n {
				sum[i] = 1 / sum[i]
			}
			for k := range d {
				simd.Mul(row(dst, k), row(dst, k), sum[:n])
			}
		}
	})
}

func softmaxLoop(src, dst []float64, outer, d, inner int, log bool) {
	for o := range outer {
		for i := range inner {
			at := o*d*inner + i
			top := math.Inf(-1)
			for k := range d {
				top = math.Max(top, src[at+k*inner])
			}
			sum := 0.0
			for k := range d {
				sum += math.Exp(src[at+k*inner] - top)
			}
			for k := range d {
				v := src[at+k*inner] - top
				if log {
					dst[at+k*inner] = v - math.Log(sum)
				} else {
					dst[at+k*inner] = math.Exp(v) / sum
				}
			}
		}
	}
}

// moments are the mean and variance of a run. It is read once where its beginning tells the mean well enough.
func moments(x []float32) (mean, variance float64) {
	const block = 4096
	n := float64(len(x))
	first := x[:min(len(x), block)]
	about := simd.Sum(first) / float32(len(first))
	for again := range 2 {
		sum, squares := 0.0, 0.0
		for rest := x; len(rest) > 0; {
			k := min(len(rest), block)
			s, q := simd.MomentsFrom(rest[:k], about)
			sum, squares = sum+float64(s), squares+float64(q)
			rest = rest[k:]
		}
		d := sum / n
		mean, variance = float64(about)+d, squares/n-d*d
		if again > 0 || d*d <= 4*variance {
			break
		}
		about = float32(mean)
	}
	return mean, math.Max(0, variance)
}

func instanceNormOp(n *graph.Node) Kernel {
	eps := float64(n.Float("epsilon", 1e-5))
	act := fusedActivation(n)
	return func(c *Call) {
		x, scale, bias := c.in(0), c.in(1), c.in(2)
		if x.Rank() < 2 || scale.Len() != x.Shape()[1] || bias.Len() != x.Shape()[1] {
			fail("scale %v and bias %v do not fit %v", scale, bias, x)
		}
		planes := x.Shape()[0] * x.Shape()[1]
		c.Out[0] = c.normGroups(x, planes, eps, func(i int) (float64, float64) {
			k := i % x.Shape()[1]
			return at64(scale, k), at64(bias, k)
		}, act)
	}
}

// at64 is element i of a float tensor.
func at64(t *tensor.Tensor, i int) float64 {
	if t.DType() == tensor.Float64 {
		return t.Float64()[i]
	}
	return float64(t.Float32()[i])
}

// normGroups brings each of n equal runs to mean 0 and variance 1, then scales and shifts run i by
// affine(i).
func (c *Call) normGroups(x *tensor.Tensor, n int, eps float64, affine func(i int) (float64, float64), act conv.Activation) *tensor.Tensor {
	out := c.Like(0)
	if x.Len() == 0 {
		return out
	}
	run := x.Len() / n
	if x.DType() == tensor.Float64 {
		src, dst := x.Float64(), out.Float64()
		for i := range n {
			s, d := src[i*run:][:run], dst[i*run:][:run]
			m, v := moments64(s)
			g, b := affine(i)
			for k := range s {
				d[k] = (s[k]-m)/math.Sqrt(v+eps)*g + b
			}
		}
		return out
	}
	src, dst := x.Float32(), out.Float32()
	stream := out != x && x.NumBytes() >= largeResult
	c.parallel(n, grainOf(run), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s, d := src[i*run:][:run], dst[i*run:][:run]
			m, v := moments(s)
			g, b := affine(i)
			a := g / math.Sqrt(v+eps)
			affineRun(d, s, float32(a), float32(b-m*a), act, stream)
		}
		simd.EndStreams()
	})
	return out
}

// affineRun sets dst to the activation of x·a + b, past the caches where stream is set.
func affineRun(dst, x []float32, a, b float32, act conv.Activation, stream bool) {
	inf := float32(math.Inf(1))
	switch act.Kind {
	case conv.None:
		simd.AffineClamp(dst, x, a, b, -inf, inf, stream)
	case conv.Relu:
		simd.AffineClamp(dst, x, a, b, 0, inf, stream)
	case conv.Clip:
		simd.AffineClamp(dst, x, a, b, act.A, act.B, stream)
	case conv.LeakyRelu:
		simd.AffineLeaky(dst, x, a, b, act.A, stream)
	default:
		for len(dst) > 0 { // in parts that stay in the nearest cache
			n := min(len(dst), 2048)
			simd.AffineClamp(dst[:n], x, a, b, -inf, inf, false)
			act.Apply(dst[:n], dst[:n])
			dst, x = dst[n:], x[n:]
		}
	}
}

func moments64(x []float64) (mean, variance float64) {
	mean = mean64(x)
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(x))
}

func batchNormOp(n *graph.Node) Kernel {
	eps := float64(n.Float("epsilon", 1e-5))
	momentum := float64(n.Float("momentum", 0.9))
	act := fusedActivation(n)
	training := n.Int("training_mode", 0) != 0 || n.Version < 7 && n.Int("is_test", 0) == 0 && len(n.Out) > 1
	return func(c *Call) {
		x := c.in(0)
		if x.Rank() < 2 {
			fail("want batch and channels, got %v", x)
		}
		ch := x.Shape()[1]
		var p [4][]float64
		for i := range 4 {
			t := c.in(i + 1)
			if t.Len() != ch {
				fail("parameter %d: want %d values, got %v", i+1, ch, t)
			}
			p[i] = c.cast(t, tensor.Float64, true, "").Float64()
		}
		inner := product(x.Shape()[2:])
		mean, variance := p[2], p[3]
		if training {
			mean, variance = c.batchMoments(x, ch, inner)
			for k, t := range [][2][]float64{{p[2], mean}, {p[3], variance}} {
				run := c.New(tensor.Float64, ch)
				for i := range ch {
					run.Float64()[i] = t[0][i]*momentum + t[1][i]*(1-momentum)
				}
				if k+1 < len(c.Out) {
					c.Out[k+1] = c.cast(run, c.in(3).DType(), true, "")
				}
			}
			for k := 3; k < len(c.Out); k++ {
				c.Out[k] = c.cast(tensor.FromFloat64([]int{ch}, [][]float64{mean, variance}[k-3]), x.DType(), true, "")
			}
		}
		if x.DType() == tensor.Float64 {
			out := c.New(tensor.Float64, x.Shape()...)
			for i, v := range x.Float64() {
				k := i / inner % ch
				out.Float64()[i] = (v-mean[k])/math.Sqrt(variance[k]+eps)*p[0][k] + p[1][k]
			}
			c.Out[0] = out
			return
		}
		out := c.Like(0)
		c.Out[0] = out
		src, dst := x.Float32(), out.Float32()
		c.parallel(x.Shape()[0]*ch, grainOf(inner), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				k := i % ch
				a := p[0][k] / math.Sqrt(variance[k]+eps)
				d := dst[i*inner:][:inner]
				affineRun(d, src[i*inner:][:inner], float32(a), float32(p[1][k]-mean[k]*a), act, false)
			}
		})
	}
}

// batchMoments are each channel's mean and variance over batch and space.
func (c *Call) batchMoments(x *tensor.Tensor, ch, inner int) (mean, variance []float64) {
	wide := c.cast(x, tensor.Float64, true, "").Float64()
	mean, variance = make([]float64, ch), make([]float64, ch)
	n := float64(len(wide) / max(1, ch))
	for i, v := range wide {
		mean[i/inner%ch] += v / n
	}
	for i, v := range wide {
		d := v - mean[i/inner%ch]
		variance[i/inner%ch] += d * d / n
	}
	return mean, variance
}

func layerNormOp(n *graph.Node) Kernel {
	eps := float64(n.Float("epsilon", 1e-5))
	return func(c *Call) {
		x, scale, bias := c.in(0), c.in(1), c.opt(2)
		a := axis(n.Int("axis", -1), x.Rank())
		outer, d := product(x.Shape()[:a]), product(x.Shape()[a:])
		stat := append([]int{}, x.Shape()...)
		for i := a; i < len(stat); i++ {
			stat[i] = 1
		}
		var means, devs *tensor.Tensor
		means, devs = c.New(tensor.Float32, stat...), c.New(tensor.Float32, stat...)
		out := c.New(x.DType(), x.Shape()...)
		c.Out[0] = out
		if x.DType() == tensor.Float64 {
			sc, bi := c.spreadTo(scale, x.Shape()[a:]).Float64(), []float64(nil)
			if bias != nil {
				bi = c.spreadTo(bias, x.Shape()[a:]).Float64()
			}
			for o := range outer {
				s := x.Float64()[o*d:][:d]
				m, v := moments64(s)
				r := 1 / math.Sqrt(v+eps)
				means.Float32()[o], devs.Float32()[o] = float32(m), float32(r)
				for k := range s {
					y := (s[k] - m) * r * sc[k]
					if bi != nil {
						y += bi[k]
					}
					out.Float64()[o*d+k] = y
				}
			}
		} else if x.Len() > 0 {
			sc, bi := c.spreadTo(scale, x.Shape()[a:]).Float32(), []float32(nil)
			if bias != nil {
				bi = c.spreadTo(bias, x.Shape()[a:]).Float32()
			}
			src, dst, ms, ds := x.Float32(), out.Float32(), means.Float32(), devs.Float32()
			c.parallel(outer, grainOf(d*4), func(lo, hi int) {
				for o := lo; o < hi; o++ {
					s, y := src[o*d:][:d], dst[o*d:][:d]
					m, v := moments(s)
					r := 1 / math.Sqrt(v+eps)
					ms[o], ds[o] = float32(m), float32(r)
					if math.Abs(m*r) > 16 { // the mean first, whose product would be rounded
						simd.ScaleShift(y, s, 1, float32(-m))
						simd.ScaleShift(y, y, float32(r), 0)
					} else {
						simd.ScaleShift(y, s, float32(r), float32(-m*r))
					}
					simd.Mul(y, y, sc)
					if bi != nil {
						simd.Add(y, y, bi)
					}
				}
			})
		}
		for i, t := range []*tensor.Tensor{means, devs} {
			if i+1 < len(c.Out) {
				c.Out[i+1] = t
			}
		}
	}
}

// spreadTo broadcasts t to shape.
func (c *Call) spreadTo(t *tensor.Tensor, shape []int) *tensor.Tensor {
	if product(shape) == t.Len() {
		return t
	}
	bc := newBroadcast(t.Shape(), shape)
	if !equalShape(bc.shape, shape) {
		fail("%v cannot be broadcast to %v", t, shape)
	}
	out := c.New(t.DType(), shape...)
	c.move(t, out, bc.size, bc.step[0], 0)
	return out
}

func groupNormOp(n *graph.Node) Kernel {
	eps := float64(n.Float("epsilon", 1e-5))
	groups := n.Int("num_groups", 1)
	return func(c *Call) {
		x, scale, bias := c.in(0), c.in(1), c.in(2)
		if x.Rank() < 2 || groups < 1 || x.Shape()[1]%groups != 0 {
			fail("%v does not split into %d groups of channels", x, groups)
		}
		ch, inner := x.Shape()[1], product(x.Shape()[2:])
		per := groups
		if n.Version >= 21 {
			per = ch
		}
		if scale.Len() != per || bias.Len() != per {
			fail("scale and bias: want %d values, got %v and %v", per, scale, bias)
		}
		norm := c.normGroups(x, x.Shape()[0]*groups, eps, func(int) (float64, float64) { return 1, 0 }, conv.Activation{})
		for i := range x.Shape()[0] * ch {
			k := i % ch
			if per == groups {
				k = k / (ch / groups)
			}
			if norm.DType() == tensor.Float32 {
				r := norm.Float32()[i*inner:][:inner]
				simd.ScaleShift(r, r, float32(at64(scale, k)), float32(at64(bias, k)))
				continue
			}
			for q, v := range norm.Float64()[i*inner:][:inner] {
				norm.Float64()[i*inner+q] = v*at64(scale, k) + at64(bias, k)
			}
		}
		c.Out[0] = norm
	}
}
