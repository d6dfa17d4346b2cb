package ops

import (
	"math"
	"unsafe"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// reduction folds groups of elements: start, then step for each, then end with the count.
type reduction struct {
	start     float64
	step      func(acc, v float64) float64
	end       func(acc float64, n int) float64
	fast      func(x []float32) float32                  // of one run
	rows      func(dst, src []float32, off []int, n int) // of n rows, element by element
	i64       func(acc, v int64) int64
	istart    int64
	axesInput int // the opset from which axes are an input
}

func keep(acc float64, _ int) float64 { return acc }

func reduceOp(r *reduction) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		keepDims := n.Int("keepdims", 1) != 0
		return func(c *Call) {
			x := c.in(0)
			axes := axesOf(c, n, r.axesInput, 1)
			if len(axes) == 0 && n.Int("noop_with_empty_axes", 0) != 0 {
				c.Out[0] = c.reduceNothing(r, x)
				return
			}
			on, shape := reducedAxes(x.Shape(), axes, keepDims)
			c.Out[0] = c.reduce(r, x, on, shape)
		}
	}
}

// reduceNothing applies what a reduction does to a group of one.
func (c *Call) reduceNothing(r *reduction, x *tensor.Tensor) *tensor.Tensor {
	if x.DType() == tensor.Bool {
		return x
	}
	on := make([]bool, x.Rank())
	return c.reduce(r, x, on, x.Shape())
}

// reducedAxes marks the axes that go (all where none are named) and gives the shape that stays.
func reducedAxes(shape, axes []int, keepDims bool) ([]bool, []int) {
	on := make([]bool, len(shape))
	for _, a := range axes {
		on[axis(a, len(shape))] = true
	}
	out := []int{}
	for i, d := range shape {
		if len(axes) == 0 {
			on[i] = true
		}
		switch {
		case !on[i]:
			out = append(out, d)
		case keepDims:
			out = append(out, 1)
		}
	}
	return on, out
}

func (c *Call) reduce(r *reduction, x *tensor.Tensor, on []bool, shape []int) *tensor.Tensor {
	dt := x.DType()
	if dt == tensor.Bool { // ReduceMax and ReduceMin take them as 0 and 1
		return c.cast(c.reduce(r, x.As(tensor.Uint8), on, shape), tensor.Bool, true, "")
	}
	out := c.New(dt, shape...)
	g := groupsOf(x.Shape(), on)
	switch dt {
	case tensor.Float32:
		reduceFloat(c, r, g, x.Float32(), out.Float32())
	case tensor.Float64:
		reduceFloat(c, r, g, x.Float64(), out.Float64())
	case tensor.Int64:
		reduceInt(c, r, g, x.Int64(), out.Int64())
	case tensor.Int32:
		reduceInt(c, r, g, x.Int32(), out.Int32())
	case tensor.Int8:
		reduceInt(c, r, g, tensor.Data[int8](x), tensor.Data[int8](out))
	case tensor.Uint8:
		reduceInt(c, r, g, x.Uint8(), out.Uint8())
	case tensor.Uint32:
		reduceInt(c, r, g, tensor.Data[uint32](x), tensor.Data[uint32](out))
	case tensor.Uint64:
		reduceInt(c, r, g, tensor.Data[uint64](x), tensor.Data[uint64](out))
	default:
		dtypeError(x)
	}
	return out
}

// groups walks the elements of each reduced group.
type groups struct {
	outSize, outStep []int // kept dimensions, merged
	inSize, inStep   []int // reduced dimensions, merged
	outer, n         int
}

func groupsOf(shape []int, on []bool) *groups {
	g := &groups{outer: 1, n: 1}
	st := strides(shape)
	add := func(size, step *[]int, d, s int) {
		if k := len(*size) - 1; k >= 0 && (*step)[k] == s*d {
			(*size)[k] *= d
			(*step)[k] = s
			return
		}
		*size, *step = append(*size, d), append(*step, s)
	}
	for i, d := range shape {
		if on[i] {
			g.n *= d
			if d != 1 {
				add(&g.inSize, &g.inStep, d, st[i])
			}
		} else {
			g.outer *= d
			if d != 1 {
				add(&g.outSize, &g.outStep, d, st[i])
			}
		}
	}
	return g
}

// base is the first element of group o.
func (g *groups) base(o int) int {
	at := 0
	for i := len(g.outSize) - 1; i >= 0; i-- {
		at += o % g.outSize[i] * g.outStep[i]
		o /= g.outSize[i]
	}
	return at
}

// runs calls f for each run of n elements, step apart, of the group that begins at base.
func (g *groups) runs(base int, f func(at, n, step int)) {
	if g.n == 0 {
		return
	}
	last := len(g.inSize) - 1
	if last < 0 {
		f(base, 1, 1)
		return
	}
	for o := range product(g.inSize[:last]) {
		at, rem := base, o
		for i := last - 1; i >= 0; i-- {
			at += rem % g.inSize[i] * g.inStep[i]
			rem /= g.inSize[i]
		}
		f(at, g.inSize[last], g.inStep[last])
	}
}

func reduceFloat[T float32 | float64](c *Call, r *reduction, g *groups, x, out []T) {
	f32, _ := any(x).([]float32)
	if last := len(g.outSize) - 1; r.rows != nil && f32 != nil && len(g.inSize) == 1 && last >= 0 && g.outStep[last] == 1 && g.outSize[last] >= 8 && g.n > 0 && g.n <= 4096 {
		c.reduceRows(r, g, f32, any(out).([]float32))
		return
	}
	c.parallel(g.outer, grainOf(g.n), func(lo, hi int) {
		for o := lo; o < hi; o++ {
			acc := r.start
			if r.fast != nil && f32 != nil && len(g.inSize) == 1 && g.inStep[0] == 1 && g.n > 0 {
				at := g.base(o)
				acc = float64(r.fast(f32[at : at+g.n]))
			} else {
				g.runs(g.base(o), func(at, n, step int) {
					for range n {
						acc = r.step(acc, float64(x[at]))
						at += step
					}
				})
			}
			out[o] = T(r.end(acc, g.n))
		}
	})
}

// reduceRows folds whole rows of the innermost dimension, a part at a time that stays in the nearest cache.
func (c *Call) reduceRows(r *reduction, g *groups, x, out []float32) {
	n := g.outSize[len(g.outSize)-1]
	const part = 1024
	parts := (n + part - 1) / part
	off := make([]int, g.n)
	for i := range off {
		off[i] = i * g.inStep[0]
	}
	c.parallel(g.outer/n*parts, grainOf(g.n*min(n, part)), func(lo, hi int) {
		for job := lo; job < hi; job++ {
			from := job/parts*n + job%parts*part
			r.rows(out[from:from+min(part, n-job%parts*part)], x[g.base(from):], off, g.n)
		}
	})
}

// sumRows adds rows in blocks, so that sums of many keep their precision.
func sumRows(dst, src []float32, off []int) {
	const block = 64
	ones := make([]float32, block)
	for i := range ones {
		ones[i] = 1
	}
	simd.Mix(dst, src, off[:min(block, len(off))], ones, false)
	if len(off) <= block {
		return
	}
	more := make([]float32, len(dst))
	for off = off[block:]; len(off) > 0; off = off[min(block, len(off)):] {
		simd.Mix(more, src, off[:min(block, len(off))], ones, false)
		simd.Add(dst, dst, more)
	}
}

func reduceInt[T integer](c *Call, r *reduction, g *groups, x, out []T) {
	for o := range g.outer {
		if r.i64 != nil {
			acc := r.istart
			g.runs(g.base(o), func(at, n, step int) {
				for range n {
					acc = r.i64(acc, int64(x[at]))
					at += step
				}
			})
			if g.n == 0 { // the least or greatest of the type
				out[o] = emptyReduce[T](r.istart)
				continue
			}
			out[o] = T(acc)
			continue
		}
		acc := r.start
		g.runs(g.base(o), func(at, n, step int) {
			for range n {
				acc = r.step(acc, float64(x[at]))
				at += step
			}
		})
		v := r.end(acc, g.n)
		out[o] = T(floatToInt(v))
	}
}

// emptyReduce is the identity start in the type T: its least value for a maximum, its greatest for a
// minimum.
func emptyReduce[T integer](start int64) T {
	if start != math.MinInt64 && start != math.MaxInt64 {
		return T(start)
	}
	var zero T
	unsigned := zero-1 > zero
	bits := 8 * int(unsafe.Sizeof(zero))
	least, greatest := int64(math.MinInt64)>>(64-bits), int64(math.MaxInt64)>>(64-bits)
	if unsigned {
		least, greatest = 0, -1
	}
	if start == math.MinInt64 {
		return T(least)
	}
	return T(greatest)
}

var (
	reduceSum = &reduction{step: func(a, v float64) float64 { return a + v }, end: keep, fast: func(x []float32) float32 { return float32(sum64(x)) }, i64: func(a, v int64) int64 { return a + v }, axesInput: 13,
		rows: func(dst, src []float32, off []int, _ int) { sumRows(dst, src, off) }}
	reduceMean = &reduction{step: func(a, v float64) float64 { return a + v }, end: func(a float64, n int) float64 { return a / float64(n) }, fast: func(x []float32) float32 { return float32(sum64(x)) }, axesInput: 18,
		rows: func(dst, src []float32, off []int, n int) {
			sumRows(dst, src, off)
			simd.ScaleShift(dst, dst, 1/float32(n), 0)
		}}
	reduceMax  = &reduction{start: math.Inf(-1), step: math.Max, end: keep, fast: simd.MaxOf, rows: func(dst, src []float32, off []int, _ int) { simd.MaxOfRows(dst, src, off) }, i64: func(a, v int64) int64 { return max(a, v) }, istart: math.MinInt64, axesInput: 18}
	reduceMin  = &reduction{start: math.Inf(1), step: math.Min, end: keep, i64: func(a, v int64) int64 { return min(a, v) }, istart: math.MaxInt64, axesInput: 18}
	reduceProd = &reduction{start: 1, step: func(a, v float64) float64 { return a * v }, end: keep, i64: func(a, v int64) int64 { return a * v }, istart: 1, axesInput: 18}
	reduceL1   = &reduction{step: func(a, v float64) float64 { return a + math.Abs(v) }, end: keep, axesInput: 18}
	reduceL2   = &reduction{step: func(a, v float64) float64 { return a + v*v }, end: func(a float64, _ int) float64 { return math.Sqrt(a) }, axesInput: 18}
	reduceSq   = &reduction{step: func(a, v float64) float64 { return a + v*v }, end: keep, axesInput: 18}
	reduceLog  = &reduction{step: func(a, v float64) float64 { return a + v }, end: func(a float64, _ int) float64 { return math.Log(a) }, axesInput: 18}
)

// reduceLogSumExpOp subtracts the maximum first, so that large values do not overflow.
func reduceLogSumExpOp(n *graph.Node) Kernel {
	keepDims := n.Int("keepdims", 1) != 0
	return func(c *Call) {
		x := c.in(0)
		axes := axesOf(c, n, 18, 1)
		on, shape := reducedAxes(x.Shape(), axes, keepDims)
		if len(axes) == 0 && n.Int("noop_with_empty_axes", 0) != 0 {
			on, shape = make([]bool, x.Rank()), x.Shape()
		}
		wide := c.cast(x, tensor.Float64, true, "")
		out := c.New(tensor.Float64, shape...)
		g := groupsOf(x.Shape(), on)
		src := wide.Float64()
		for o := range g.outer {
			top := math.Inf(-1)
			g.runs(g.base(o), func(at, n, step int) {
				for range n {
					top = math.Max(top, src[at])
					at += step
				}
			})
			shift := top
			if math.IsInf(top, 0) || top != top {
				shift = 0
			}
			sum := 0.0
			g.runs(g.base(o), func(at, n, step int) {
				for range n {
					sum += math.Exp(src[at] - shift)
					at += step
				}
			})
			out.Float64()[o] = math.Log(sum) + shift
		}
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

// argOp is ArgMax, or ArgMin where min is set.
func argOp(least bool) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		keepDims, last := n.Int("keepdims", 1) != 0, n.Int("select_last_index", 0) != 0
		return func(c *Call) {
			x := c.in(0)
			a := axis(n.Int("axis", 0), x.Rank())
			on, shape := reducedAxes(x.Shape(), []int{a}, keepDims)
			out := c.New(tensor.Int64, shape...)
			g := groupsOf(x.Shape(), on)
			if g.n == 0 && g.outer > 0 {
				fail("nothing to choose from in %v", x)
			}
			switch x.DType() {
			case tensor.Float32:
				argExtreme(c, g, x.Float32(), out.Int64(), least, last)
			case tensor.Float64:
				argExtreme(c, g, x.Float64(), out.Int64(), least, last)
			case tensor.Int64:
				argExtreme(c, g, x.Int64(), out.Int64(), least, last)
			case tensor.Uint64:
				argExtreme(c, g, tensor.Data[uint64](x), out.Int64(), least, last)
			default:
				argExtreme(c, g, c.cast(x, tensor.Int64, true, "").Int64(), out.Int64(), least, last)
			}
			c.Out[0] = out
		}
	}
}

func argExtreme[T number](c *Call, g *groups, x []T, out []int64, least, last bool) {
	c.parallel(g.outer, grainOf(g.n), func(lo, hi int) {
		for o := lo; o < hi; o++ {
			best, k := int64(0), int64(0)
			var top T
			g.runs(g.base(o), func(at, n, step int) {
				for range n {
					v := x[at]
					better := v > top
					if least {
						better = v < top
					}
					if k == 0 || better || last && v == top {
						best, top = k, v
					}
					k++
					at += step
				}
			})
			out[o] = best
		}
	})
}
