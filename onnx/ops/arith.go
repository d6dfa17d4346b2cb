package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// arithmetic is one of Add, Sub, Mul, Div, Max, Min over every type of number.
type arithmetic struct {
	vec    func(dst, a, b []float32)                   // both advance
	scalar func(dst, a []float32, b float32)           // the second stays
	left   func(dst []float32, a float32, b []float32) // the first stays
	f64    func(a, b float64) float64
	f32    func(a, b float32) float32
	i64    func(a, b int64) int64
	u64    func(a, b uint64) uint64
}

var adding = &arithmetic{
	vec:    simd.Add,
	scalar: func(dst, a []float32, b float32) { affine(dst, a, 1, b) },
	f64:    func(a, b float64) float64 { return a + b },
	f32:    func(a, b float32) float32 { return a + b },
	i64:    func(a, b int64) int64 { return a + b },
	u64:    func(a, b uint64) uint64 { return a + b },
}

var subtracting = &arithmetic{
	vec:    simd.Sub,
	scalar: func(dst, a []float32, b float32) { affine(dst, a, 1, -b) },
	left:   func(dst []float32, a float32, b []float32) { affine(dst, b, -1, a) },
	f64:    func(a, b float64) float64 { return a - b },
	f32:    func(a, b float32) float32 { return a - b },
	i64:    func(a, b int64) int64 { return a - b },
	u64:    func(a, b uint64) uint64 { return a - b },
}

var multiplying = &arithmetic{
	vec:    simd.Mul,
	scalar: func(dst, a []float32, b float32) { affine(dst, a, b, 0) },
	f64:    func(a, b float64) float64 { return a * b },
	f32:    func(a, b float32) float32 { return a * b },
	i64:    func(a, b int64) int64 { return a * b },
	u64:    func(a, b uint64) uint64 { return a * b },
}

var dividing = &arithmetic{
	vec:    simd.Div,
	scalar: func(dst, a []float32, b float32) { repeated(b, dst, a, func(d, x, y []float32) { simd.Div(d, x, y) }) },
	left: func(dst []float32, a float32, b []float32) {
		repeated(a, dst, b, func(d, x, y []float32) { simd.Div(d, y, x) })
	},
	f64: func(a, b float64) float64 { return a / b },
	f32: func(a, b float32) float32 { return a / b },
	i64: func(a, b int64) int64 { return a / b },
	u64: func(a, b uint64) uint64 { return a / b },
}

var maximum = &arithmetic{
	vec:    simd.Max,
	scalar: func(dst, a []float32, b float32) { repeated(b, dst, a, simd.Max) },
	f64:    math.Max,
	f32:    func(a, b float32) float32 { return max(a, b) },
	i64:    func(a, b int64) int64 { return max(a, b) },
	u64:    func(a, b uint64) uint64 { return max(a, b) },
}

var minimum = &arithmetic{
	vec:    simd.Min,
	scalar: func(dst, a []float32, b float32) { repeated(b, dst, a, simd.Min) },
	f64:    math.Min,
	f32:    func(a, b float32) float32 { return min(a, b) },
	i64:    func(a, b int64) int64 { return min(a, b) },
	u64:    func(a, b uint64) uint64 { return min(a, b) },
}

// affine sets dst = x·a + b, also where rows are short.
func affine(dst, x []float32, a, b float32) {
	simd.AffineClamp(dst, x, a, b, float32(math.Inf(-1)), float32(math.Inf(1)), false)
}

// repeated computes f over x and as many copies of k, a part at a time.
func repeated(k float32, dst, x []float32, f func(dst, x, k []float32)) {
	all := make([]float32, min(len(dst), 512))
	for i := range all {
		all[i] = k
	}
	for len(dst) > 0 {
		n := min(len(dst), len(all))
		f(dst[:n], x[:n], all[:n])
		dst, x = dst[n:], x[n:]
	}
}

// apply computes the operator on two inputs whose shapes are already in bc.
func (o *arithmetic) apply(c *Call, bc *broadcast, out, x, y *tensor.Tensor) {
	switch x.DType() {
	case tensor.Float32:
		o.float32s(c, bc, out, x, y)
	case tensor.Float64:
		zip(c, bc, out, x, y, o.f64)
	case tensor.Int64:
		zip(c, bc, out, x, y, o.i64)
	case tensor.Int32:
		zip(c, bc, out, x, y, viaInt[int32](o.i64))
	case tensor.Int16:
		zip(c, bc, out, x, y, viaInt[int16](o.i64))
	case tensor.Int8:
		zip(c, bc, out, x, y, viaInt[int8](o.i64))
	case tensor.Uint64:
		zip(c, bc, out, x, y, o.u64)
	case tensor.Uint32:
		zip(c, bc, out, x, y, viaUint[uint32](o.u64))
	case tensor.Uint16:
		zip(c, bc, out, x, y, viaUint[uint16](o.u64))
	case tensor.Uint8:
		zip(c, bc, out, x, y, viaUint[uint8](o.u64))
	default:
		dtypeError(x)
	}
}

func viaInt[T integer](f func(a, b int64) int64) func(a, b T) T {
	return func(a, b T) T { return T(f(int64(a), int64(b))) }
}

func viaUint[T integer](f func(a, b uint64) uint64) func(a, b T) T {
	return func(a, b T) T { return T(f(uint64(a), uint64(b))) }
}

func (o *arithmetic) float32s(c *Call, bc *broadcast, out, x, y *tensor.Tensor) {
	dst, a, b := out.Float32(), x.Float32(), y.Float32()
	bc.each(c, func(off, n int, at, step []int) {
		d := dst[off : off+n]
		i, j := at[0], at[1]
		switch {
		case step[0] == 1 && step[1] == 1:
			o.vec(d, a[i:i+n], b[j:j+n])
		case step[0] == 1 && o.scalar != nil:
			o.scalar(d, a[i:i+n], b[j])
		case step[1] == 1 && step[0] == 0 && o.left != nil:
			o.left(d, a[i], b[j:j+n])
		case step[1] == 1 && step[0] == 0 && o.scalar != nil && o.left == nil:
			o.scalar(d, b[j:j+n], a[i]) // commutes
		default:
			for k := range d {
				d[k] = o.f32(a[i], b[j])
				i += step[0]
				j += step[1]
			}
		}
	})
}

// legacyShape gives the second input the shape that opsets before 7 mean by axis and broadcast.
func legacyShape(n *graph.Node, x, y *tensor.Tensor) *tensor.Tensor {
	if n.Version >= 7 || !n.Has("axis") || n.Int("broadcast", 0) == 0 {
		return y
	}
	a := axis(n.Int("axis", 0), x.Rank())
	shape := append([]int{}, y.Shape()...)
	for a+len(shape) < x.Rank() {
		shape = append(shape, 1)
	}
	return y.View(shape...)
}

func arithmeticOp(o *arithmetic) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		return func(c *Call) {
			x, y := c.in(0), c.in(1)
			y = legacyShape(n, x, y)
			dt := c.sameType(x, y)
			bc := newBroadcast(x.Shape(), y.Shape())
			out := c.binaryOut(bc, dt)
			o.apply(c, bc, out, x, y)
			c.Out[0] = asShape(out, bc.shape)
		}
	}
}

func asShape(t *tensor.Tensor, shape []int) *tensor.Tensor {
	if equalShape(t.Shape(), shape) {
		return t
	}
	return t.View(shape...)
}

// variadicOp folds any number of inputs, dividing by their number where mean is set.
func variadicOp(o *arithmetic, mean bool) func(*graph.Node) Kernel {
	return func(*graph.Node) Kernel {
		return func(c *Call) {
			acc := c.in(0)
			for i := 1; i < len(c.In); i++ {
				y := c.in(i)
				c.sameType(acc, y)
				bc := newBroadcast(acc.Shape(), y.Shape())
				out := acc
				if i == 1 || !equalShape(acc.Shape(), bc.shape) {
					out = c.New(acc.DType(), bc.shape...)
				}
				o.apply(c, bc, out, acc, y)
				acc = out
			}
			if mean && len(c.In) > 1 {
				k := c.cast(tensor.FromInt64(nil, []int64{int64(len(c.In))}), acc.DType(), true, "")
				dividing.apply(c, newBroadcast(acc.Shape(), nil), acc, acc, k)
			}
			c.Out[0] = acc
		}
	}
}
