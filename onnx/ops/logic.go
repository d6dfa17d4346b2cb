package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// comparison is one of the ordering operators; eq says what equal operands give.
type comparison int

const (
	equal comparison = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// compareRun sets dst to the comparison of a and b, each advancing by its step.
func compareRun[T number](k comparison, dst []bool, a, b []T, stepA, stepB int) {
	i, j := 0, 0
	switch k {
	case equal:
		for x := range dst {
			dst[x] = a[i] == b[j]
			i, j = i+stepA, j+stepB
		}
	case less:
		for x := range dst {
			dst[x] = a[i] < b[j]
			i, j = i+stepA, j+stepB
		}
	case lessOrEqual:
		for x := range dst {
			dst[x] = a[i] <= b[j]
			i, j = i+stepA, j+stepB
		}
	case greater:
		for x := range dst {
			dst[x] = a[i] > b[j]
			i, j = i+stepA, j+stepB
		}
	default:
		for x := range dst {
			dst[x] = a[i] >= b[j]
			i, j = i+stepA, j+stepB
		}
	}
}

func compare[T number](c *Call, k comparison, bc *broadcast, out, x, y *tensor.Tensor) {
	dst, a, b := out.Bool(), tensor.Cells[T](x), tensor.Cells[T](y)
	bc.each(c, func(off, n int, at, step []int) {
		if n > 0 {
			compareRun(k, dst[off:off+n], a[at[0]:], b[at[1]:], step[0], step[1])
		}
	})
}

func compareOp(k comparison) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		return func(c *Call) {
			x, y := c.in(0), c.in(1)
			y = legacyShape(n, x, y)
			dt := c.sameType(x, y)
			bc := newBroadcast(x.Shape(), y.Shape())
			out := c.New(tensor.Bool, bc.shape...)
			c.Out[0] = out
			switch dt {
			case tensor.Float32:
				compare[float32](c, k, bc, out, x, y)
			case tensor.Float64:
				compare[float64](c, k, bc, out, x, y)
			case tensor.Int64:
				compare[int64](c, k, bc, out, x, y)
			case tensor.Int32:
				compare[int32](c, k, bc, out, x, y)
			case tensor.Int16:
				compare[int16](c, k, bc, out, x, y)
			case tensor.Int8:
				compare[int8](c, k, bc, out, x, y)
			case tensor.Uint64:
				compare[uint64](c, k, bc, out, x, y)
			case tensor.Uint32:
				compare[uint32](c, k, bc, out, x, y)
			case tensor.Uint16:
				compare[uint16](c, k, bc, out, x, y)
			case tensor.Uint8, tensor.Bool:
				compare[uint8](c, k, bc, out, x, y)
			case tensor.String:
				zip(c, bc, out, x, y, func(a, b string) bool { return a == b })
			default:
				dtypeError(x)
			}
		}
	}
}

func logicOp(f func(a, b bool) bool) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		return func(c *Call) {
			x, y := c.in(0), c.in(1)
			y = legacyShape(n, x, y)
			bc := newBroadcast(x.Shape(), y.Shape())
			x.Bool()
			y.Bool()
			out := c.New(tensor.Bool, bc.shape...)
			zip(c, bc, out, x, y, f)
			c.Out[0] = out
		}
	}
}

func notOp(*graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		out := c.New(tensor.Bool, x.Shape()...)
		dst := out.Bool()
		for i, v := range x.Bool() {
			dst[i] = !v
		}
		c.Out[0] = out
	}
}

// bitOp is a bitwise operator on integers of any width.
func bitOp(f func(a, b uint64) uint64) func(*graph.Node) Kernel {
	return func(*graph.Node) Kernel {
		return func(c *Call) {
			x, y := c.in(0), c.in(1)
			dt := c.sameType(x, y)
			if !dt.IsInt() {
				dtypeError(x)
			}
			bc := newBroadcast(x.Shape(), y.Shape())
			out := c.New(dt, bc.shape...)
			c.Out[0] = out
			switch dt.Size() {
			case 1:
				zip(c, bc, out, x, y, viaUint[uint8](f))
			case 2:
				zip(c, bc, out, x, y, viaUint[uint16](f))
			case 4:
				zip(c, bc, out, x, y, viaUint[uint32](f))
			default:
				zip(c, bc, out, x, y, f)
			}
		}
	}
}

func bitNotOp(n *graph.Node) Kernel {
	return func(c *Call) { c.mapInt(func(v int64) int64 { return ^v }) }
}

func bitShiftOp(n *graph.Node) Kernel {
	left := n.Str("direction", "") == "LEFT"
	signed := func(dt tensor.DType) bool {
		return dt == tensor.Int8 || dt == tensor.Int16 || dt == tensor.Int32 || dt == tensor.Int64
	}
	return func(c *Call) {
		if left {
			bitOp(func(a, b uint64) uint64 { return a << b })(n)(c)
			return
		}
		if !signed(c.in(0).DType()) {
			bitOp(func(a, b uint64) uint64 { return a >> b })(n)(c)
			return
		}
		x, y := c.in(0), c.in(1)
		dt := c.sameType(x, y)
		bc := newBroadcast(x.Shape(), y.Shape())
		out := c.New(dt, bc.shape...)
		arith := &arithmetic{i64: func(a, b int64) int64 { return a >> uint64(b) }}
		arith.apply(c, bc, out, x, y)
		c.Out[0] = out
	}
}

func whereOp(*graph.Node) Kernel {
	return func(c *Call) {
		cond, x, y := c.in(0), c.in(1), c.in(2)
		c.sameType(x, y)
		cond.Bool()
		bc := newBroadcast(cond.Shape(), x.Shape(), y.Shape())
		out := c.New(x.DType(), bc.shape...)
		c.Out[0] = out
		onCells(x.DType(),
			func() { whereCells[uint8](c, bc, out, cond, x, y) }, func() { whereCells[uint16](c, bc, out, cond, x, y) },
			func() { whereCells[uint32](c, bc, out, cond, x, y) }, func() { whereCells[uint64](c, bc, out, cond, x, y) },
			func() { whereCells[complex128](c, bc, out, cond, x, y) }, func() { whereCells[string](c, bc, out, cond, x, y) })
	}
}

func whereCells[T any](c *Call, bc *broadcast, out, cond, x, y *tensor.Tensor) {
	dst, q, a, b := tensor.Cells[T](out), cond.Bool(), tensor.Cells[T](x), tensor.Cells[T](y)
	bc.each(c, func(off, n int, at, step []int) {
		h, i, j := at[0], at[1], at[2]
		for k := off; k < off+n; k++ {
			if q[h] {
				dst[k] = a[i]
			} else {
				dst[k] = b[j]
			}
			h += step[0]
			i += step[1]
			j += step[2]
		}
	})
}

// testOp asks something of each float.
func testOp(f func(n *graph.Node) func(float64) bool) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		g := f(n)
		return func(c *Call) {
			x := c.cast(c.in(0), tensor.Float64, true, "")
			out := c.New(tensor.Bool, x.Shape()...)
			dst := out.Bool()
			for i, v := range x.Float64() {
				dst[i] = g(v)
			}
			c.Out[0] = out
		}
	}
}

func isInf(n *graph.Node) func(float64) bool {
	neg, pos := n.Int("detect_negative", 1) != 0, n.Int("detect_positive", 1) != 0
	return func(v float64) bool { return pos && math.IsInf(v, 1) || neg && math.IsInf(v, -1) }
}

func isNaN(*graph.Node) func(float64) bool { return math.IsNaN }

// modOp: the sign follows the divisor, or with fmod the dividend.
func modOp(n *graph.Node) Kernel {
	fmod := n.Int("fmod", 0) != 0
	floorMod := func(a, b float64) float64 {
		r := math.Mod(a, b)
		if r != 0 && (r < 0) != (b < 0) {
			r += b
		}
		return r
	}
	o := &arithmetic{
		f64: floorMod,
		i64: func(a, b int64) int64 {
			r := a % b
			if r != 0 && (r < 0) != (b < 0) {
				r += b
			}
			return r
		},
		u64: func(a, b uint64) uint64 { return a % b },
	}
	if fmod {
		o.f64 = math.Mod
		o.i64 = func(a, b int64) int64 { return a % b }
	}
	o.f32 = func(a, b float32) float32 { return float32(o.f64(float64(a), float64(b))) }
	o.vec = func(dst, a, b []float32) {
		for i := range dst {
			dst[i] = o.f32(a[i], b[i])
		}
	}
	return arithmeticOp(o)(n)
}

// powOp: the result has the base's type, the exponent any.
func powOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x, y := c.in(0), c.in(1)
		y = legacyShape(n, x, y)
		bc := newBroadcast(x.Shape(), y.Shape())
		if x.DType() == tensor.Float32 && y.Len() == 1 && y.DType().IsFloat() {
			e := c.cast(y, tensor.Float64, true, "").Float64()[0]
			if f := powRun(e); f != nil && equalShape(bc.shape, x.Shape()) {
				c.mapFloat(f, nil)
				return
			}
		}
		if x.DType().IsInt() && y.DType().IsInt() {
			out := c.New(tensor.Int64, bc.shape...)
			zip(c, bc, out, c.cast(x, tensor.Int64, true, ""), c.cast(y, tensor.Int64, true, ""), powInt)
			c.Out[0] = c.cast(out, x.DType(), true, "")
			return
		}
		out := c.New(tensor.Float64, bc.shape...)
		zip(c, bc, out, c.cast(x, tensor.Float64, true, ""), c.cast(y, tensor.Float64, true, ""), math.Pow)
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

func powRun(e float64) func(dst, x []float32) {
	switch e {
	case 2:
		return func(dst, x []float32) {
			for i, v := range x {
				dst[i] = v * v
			}
		}
	case 3:
		return func(dst, x []float32) {
			for i, v := range x {
				dst[i] = v * v * v
			}
		}
	case 0.5:
		return simd.Sqrt
	}
	return nil
}

func powInt(a, b int64) int64 {
	if b < 0 {
		switch a {
		case 1:
			return 1
		case -1:
			return 1 - 2*(b&1)
		}
		return 0
	}
	r := int64(1)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			r *= a
		}
		a *= a
	}
	return r
}
