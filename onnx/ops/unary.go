package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// mapFloat computes an elementwise function of floats: f32 on runs of float32, f64 on float64.
func (c *Call) mapFloat(f32 func(dst, x []float32), f64 func(float64) float64) {
	x := c.in(0)
	out := c.Like(0)
	switch x.DType() {
	case tensor.Float32:
		src, dst := x.Float32(), out.Float32()
		c.parallel(len(src), 1<<13, func(lo, hi int) { f32(dst[lo:hi], src[lo:hi]) })
	case tensor.Float64:
		dst := out.Float64()
		for i, v := range x.Float64() {
			dst[i] = f64(v)
		}
	default:
		dtypeError(x)
	}
	c.Out[0] = out
}

// floatOp is an elementwise function of floats that has no kernel of its own.
func floatOp(f func(float64) float64) func(*graph.Node) Kernel {
	return func(*graph.Node) Kernel {
		return func(c *Call) { c.mapFloat(looped(f), f) }
	}
}

func looped(f func(float64) float64) func(dst, x []float32) {
	return func(dst, x []float32) {
		for i, v := range x {
			dst[i] = float32(f(float64(v)))
		}
	}
}

// fastOp is one with a float32 kernel.
func fastOp(f32 func(dst, x []float32), f64 func(float64) float64) func(*graph.Node) Kernel {
	return func(*graph.Node) Kernel {
		return func(c *Call) { c.mapFloat(f32, f64) }
	}
}

func sigmoid(x float64) float64  { return 1 / (1 + math.Exp(-x)) }
func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// activationOf is the activation that a node computes, with kind None where it is not one.
func activationOf(n *graph.Node) conv.Activation {
	switch n.Op {
	case "Relu":
		return conv.Activation{Kind: conv.Relu}
	case "LeakyRelu":
		return conv.Activation{Kind: conv.LeakyRelu, A: n.Float("alpha", 0.01)}
	case "Sigmoid":
		return conv.Activation{Kind: conv.Sigmoid}
	case "Tanh":
		return conv.Activation{Kind: conv.Tanh}
	case "Elu":
		return conv.Activation{Kind: conv.Elu, A: n.Float("alpha", 1)}
	case "HardSigmoid":
		return conv.Activation{Kind: conv.HardSigmoid, A: n.Float("alpha", 0.2), B: n.Float("beta", 0.5)}
	case "HardSwish":
		return conv.Activation{Kind: conv.HardSwish}
	case "Gelu":
		if n.Str("approximate", "none") == "none" {
			return conv.Activation{Kind: conv.Gelu}
		}
	case "Swish":
		if n.Float("alpha", 1) == 1 {
			return conv.Activation{Kind: conv.Silu}
		}
	}
	return conv.Activation{}
}

// activationOp is an operator that the convolution kernels know as an activation.
func activationOp(f64 func(n *graph.Node) func(float64) float64) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		f := f64(n)
		act := activationOf(n)
		f32 := act.Apply
		if act.Kind == conv.None {
			f32 = looped(f)
		}
		return func(c *Call) {
			if n.Op == "Relu" && c.in(0).DType().IsInt() {
				c.mapInt(func(v int64) int64 { return max(v, 0) })
				return
			}
			c.mapFloat(f32, f)
		}
	}
}

// mapInt computes a function of integers of any width up to int64.
func (c *Call) mapInt(f func(int64) int64) {
	x := c.in(0)
	out := c.Like(0)
	switch x.DType() {
	case tensor.Int64:
		mapInts(out.Int64(), x.Int64(), f)
	case tensor.Int32:
		mapInts(out.Int32(), x.Int32(), f)
	case tensor.Int16:
		mapInts(tensor.Data[int16](out), tensor.Data[int16](x), f)
	case tensor.Int8:
		mapInts(tensor.Data[int8](out), tensor.Data[int8](x), f)
	case tensor.Uint64:
		mapInts(tensor.Data[uint64](out), tensor.Data[uint64](x), f)
	case tensor.Uint32:
		mapInts(tensor.Data[uint32](out), tensor.Data[uint32](x), f)
	case tensor.Uint16:
		mapInts(tensor.Data[uint16](out), tensor.Data[uint16](x), f)
	case tensor.Uint8:
		mapInts(out.Uint8(), x.Uint8(), f)
	default:
		dtypeError(x)
	}
	c.Out[0] = out
}

func mapInts[T integer](dst, src []T, f func(int64) int64) {
	for i, v := range src {
		dst[i] = T(f(int64(v)))
	}
}

// numberOp is an elementwise function of any number; unsigned integers are left alone where keep is
// set.
func numberOp(f func(float64) float64, i func(int64) int64, keep bool) func(*graph.Node) Kernel {
	return func(*graph.Node) Kernel {
		return func(c *Call) {
			switch dt := c.in(0).DType(); {
			case !dt.IsInt():
				c.mapFloat(looped(f), f)
			case keep && (dt == tensor.Uint8 || dt == tensor.Uint16 || dt == tensor.Uint32 || dt == tensor.Uint64):
				c.Out[0] = c.in(0)
			default:
				c.mapInt(i)
			}
		}
	}
}

func reluOp(*graph.Node) func(float64) float64 {
	return func(v float64) float64 {
		if v < 0 {
			return 0
		}
		return v
	}
}

func leakyOp(n *graph.Node) func(float64) float64 {
	a := float64(n.Float("alpha", 0.01))
	return func(v float64) float64 {
		if v < 0 {
			return a * v
		}
		return v
	}
}

func eluOp(n *graph.Node) func(float64) float64 {
	a := float64(n.Float("alpha", 1))
	return func(v float64) float64 {
		if v < 0 {
			return a * math.Expm1(v)
		}
		return v
	}
}

func hardSigmoidOp(n *graph.Node) func(float64) float64 {
	a, b := float64(n.Float("alpha", 0.2)), float64(n.Float("beta", 0.5))
	return func(v float64) float64 { return math.Max(0, math.Min(1, a*v+b)) }
}

func hardSwishOp(*graph.Node) func(float64) float64 {
	return func(v float64) float64 { return v * math.Max(0, math.Min(1, v/6+0.5)) }
}

func geluOp(n *graph.Node) func(float64) float64 {
	if n.Str("approximate", "none") == "tanh" {
		return func(x float64) float64 {
			return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		}
	}
	return func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }
}

func swishOp(n *graph.Node) func(float64) float64 {
	a := float64(n.Float("alpha", 1))
	return func(x float64) float64 { return x * sigmoid(a*x) }
}

func plain(f func(float64) float64) func(*graph.Node) func(float64) float64 {
	return func(*graph.Node) func(float64) float64 { return f }
}

func celuOp(n *graph.Node) Kernel {
	a := float64(n.Float("alpha", 1))
	f := func(v float64) float64 { return math.Max(0, v) + math.Min(0, a*math.Expm1(v/a)) }
	return func(c *Call) { c.mapFloat(looped(f), f) }
}

func seluOp(n *graph.Node) Kernel {
	a := float64(n.Float("alpha", 1.67326319217681884765625))
	g := float64(n.Float("gamma", 1.05070102214813232421875))
	f := func(v float64) float64 {
		if v > 0 {
			return g * v
		}
		return g * a * math.Expm1(v)
	}
	return func(c *Call) { c.mapFloat(looped(f), f) }
}

func thresholdedReluOp(n *graph.Node) Kernel {
	a := float64(n.Float("alpha", 1))
	f := func(v float64) float64 {
		if v > a {
			return v
		}
		return 0
	}
	return func(c *Call) { c.mapFloat(looped(f), f) }
}

func shrinkOp(n *graph.Node) Kernel {
	bias, lambd := float64(n.Float("bias", 0)), float64(n.Float("lambd", 0.5))
	f := func(v float64) float64 {
		switch {
		case v < -lambd:
			return v + bias
		case v > lambd:
			return v - bias
		}
		return 0
	}
	return func(c *Call) {
		if c.in(0).DType().IsInt() {
			c.mapInt(func(v int64) int64 { return int64(f(float64(v))) })
			return
		}
		c.mapFloat(looped(f), f)
	}
}

func mish(x float64) float64 { return x * math.Tanh(softplus(x)) }

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v
}

func negRun(dst, x []float32) {
	for i, v := range x {
		dst[i] = -v
	}
}

func negOp(*graph.Node) Kernel {
	return func(c *Call) {
		if c.in(0).DType().IsInt() {
			c.mapInt(func(v int64) int64 { return -v })
			return
		}
		c.mapFloat(negRun, func(v float64) float64 { return -v })
	}
}

func absOp(*graph.Node) Kernel {
	return func(c *Call) {
		switch dt := c.in(0).DType(); {
		case dt == tensor.Uint64:
			c.Out[0] = c.in(0)
		case dt.IsInt():
			c.mapInt(func(v int64) int64 {
				if v < 0 {
					return -v
				}
				return v
			})
		default:
			c.mapFloat(simd.Abs, math.Abs)
		}
	}
}

// clipOp: bounds are attributes before opset 11, inputs from then on.
func clipOp(n *graph.Node) Kernel {
	if n.Version < 11 {
		lo, hi := n.Float("min", -math.MaxFloat32), n.Float("max", math.MaxFloat32)
		return func(c *Call) {
			c.mapFloat(func(dst, x []float32) { simd.Clamp(dst, x, lo, hi) },
				func(v float64) float64 { return math.Min(math.Max(v, float64(lo)), float64(hi)) })
		}
	}
	return func(c *Call) {
		x, lo, hi := c.in(0), c.opt(1), c.opt(2)
		if x.DType() == tensor.Float32 {
			l, h := float32(math.Inf(-1)), float32(math.Inf(1))
			if lo != nil {
				l = lo.Float32()[0]
			}
			if hi != nil {
				h = hi.Float32()[0]
			}
			c.mapFloat(func(dst, x []float32) { simd.Clamp(dst, x, l, h) }, nil)
			return
		}
		out := x
		for i, b := range []*tensor.Tensor{lo, hi} {
			if b == nil {
				continue
			}
			o := maximum
			if i == 1 {
				o = minimum
			}
			dst := c.New(x.DType(), x.Shape()...)
			o.apply(c, newBroadcast(x.Shape(), nil), dst, out, b.View())
			out = dst
		}
		c.Out[0] = out
	}
}

var (
	erfOp  = fastOp(simd.Erf, math.Erf)
	expOp  = fastOp(simd.Exp, math.Exp)
	signOp = numberOp(sign, func(v int64) int64 {
		switch {
		case v > 0:
			return 1
		case v < 0:
			return -1
		}
		return 0
	}, false)
	globalMaxPoolOp = globalPoolOp(simd.MaxOf, max64)
)
