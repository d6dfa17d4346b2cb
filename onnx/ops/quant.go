package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// intRange is the values of an integer type that quantisation aims at.
func intRange(dt tensor.DType) (lo, hi float64, ok bool) {
	switch dt {
	case tensor.Uint8:
		return 0, 255, true
	case tensor.Int8:
		return -128, 127, true
	case tensor.Uint16:
		return 0, 65535, true
	case tensor.Int16:
		return -32768, 32767, true
	case tensor.Int32:
		return math.MinInt32, math.MaxInt32, true
	case tensor.Uint4:
		return 0, 15, true
	case tensor.Int4:
		return -8, 7, true
	case tensor.Uint2:
		return 0, 3, true
	case tensor.Int2:
		return -2, 1, true
	}
	return 0, 0, false
}

// perAxis spreads a scale or zero point over a shape: one value, one along the axis, or one a block of
// the axis. The result is read by element.
func perAxis(t *tensor.Tensor, shape []int, ax, block int) func(i int) int {
	if t == nil || t.Len() == 1 {
		return func(int) int { return 0 }
	}
	a := axis(ax, len(shape))
	inner := product(shape[a+1:])
	d := shape[a]
	if block > 0 {
		if t.Rank() != len(shape) {
			fail("blocked scale %v does not fit %v", t, shape)
		}
		k := t.Shape()[a]
		if k*block < d || product(t.Shape()[:a]) != product(shape[:a]) || product(t.Shape()[a+1:]) != inner {
			fail("blocked scale %v does not fit %v", t, shape)
		}
		return func(i int) int { return (i/(inner*d)*k+i/inner%d/block)*inner + i%inner }
	}
	if t.Len() != d {
		fail("scale %v does not fit axis %d of %v", t, a, shape)
	}
	return func(i int) int { return i / inner % d }
}

func quantizeOp(n *graph.Node) Kernel {
	ax, block := n.Int("axis", 1), n.Int("block_size", 0)
	saturate := n.Int("saturate", 1) != 0
	return func(c *Call) {
		x, scale, zero := c.in(0), c.in(1), c.opt(2)
		to := tensor.Uint8
		if zero != nil {
			to = zero.DType()
		} else if n.Int("output_dtype", 0) != 0 {
			to = tensor.DType(n.Int("output_dtype", 0))
		}
		xs, ss := c.cast(x, tensor.Float32, true, "").Float32(), c.cast(scale, tensor.Float32, true, "").Float32()
		at := perAxis(scale, x.Shape(), ax, block)
		precision := tensor.DType(n.Int("precision", 0))
		if precision == tensor.None {
			precision = x.DType()
			if precision.IsInt() {
				precision = scale.DType()
			}
		}
		if c.quantiseBytes(x, scale, zero, to, precision) {
			return
		}
		ratio := c.New(tensor.Float32, x.Shape()...)
		for i, v := range xs {
			ratio.Float32()[i] = v / ss[at(i)]
		}
		if precision.IsSmallFloat() {
			ratio = stepwise{c, precision}.round(ratio)
		}
		lo, hi, isInt := intRange(to)
		if !isInt {
			c.Out[0] = c.cast(ratio, to, saturate, "")
			return
		}
		var zs []int64
		if zero != nil {
			zs = c.cast(zero, tensor.Int64, true, "").Int64()
		}
		zat := perAxis(zero, x.Shape(), ax, block)
		out := c.New(tensor.Int64, x.Shape()...)
		for i, v := range ratio.Float32() {
			q := math.RoundToEven(float64(v))
			if zs != nil {
				q += float64(zs[zat(i)])
			}
			out.Int64()[i] = int64(math.Min(math.Max(q, lo), hi))
		}
		c.Out[0] = c.cast(out, to, true, "")
	}
}

func dequantizeOp(n *graph.Node) Kernel {
	ax, block := n.Int("axis", 1), n.Int("block_size", 0)
	return func(c *Call) {
		x, scale, zero := c.in(0), c.in(1), c.opt(2)
		to := scale.DType()
		if d := n.Int("output_dtype", 0); d != 0 {
			to = tensor.DType(d)
		}
		if c.dequantiseBytes(x, scale, zero, to, ax, block) {
			return
		}
		xs, ss := c.cast(x, tensor.Float64, true, "").Float64(), c.cast(scale, tensor.Float64, true, "").Float64()
		var zs []float64
		if zero != nil {
			zs = c.cast(zero, tensor.Float64, true, "").Float64()
		}
		at, zat := perAxis(scale, x.Shape(), ax, block), perAxis(zero, x.Shape(), ax, block)
		out := c.New(tensor.Float32, x.Shape()...)
		for i, v := range xs {
			if zs != nil {
				v -= zs[zat(i)]
			}
			out.Float32()[i] = float32(v * ss[at(i)])
		}
		c.Out[0] = c.cast(out, to, true, "")
	}
}

func dynamicQuantizeOp(*graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		lo, hi := float32(0), float32(0)
		if x.Len() > 0 {
			in, _ := conv.RangeOf(x.Float32(), c.Threads)
			lo, hi = min(lo, in.Lo), max(hi, in.Hi)
		}
		scale := float32(1) / 255
		if hi != lo {
			scale = (hi - lo) / 255
		}
		zero := float32(math.RoundToEven(float64(min(max(-lo/scale, 0), 255))))
		out := c.New(tensor.Uint8, x.Shape()...)
		c.parallel(x.Len(), 1<<14, func(lo, hi int) {
			simd.FloatBytes(out.Bytes()[lo:hi], x.Float32()[lo:hi], scale, int32(zero), 0, 255)
		})
		c.Out[0] = out
		if len(c.Out) > 1 {
			c.Out[1] = tensor.FromFloat32(nil, []float32{scale})
		}
		if len(c.Out) > 2 {
			c.Out[2] = tensor.FromUint8(nil, []uint8{uint8(zero)})
		}
	}
}

// centred is integers less their zero point, which is one value or one along the given axis.
func (c *Call) centred(x, zero *tensor.Tensor, ax int) *tensor.Tensor {
	out := c.cast(x, tensor.Int32, true, "")
	if zero == nil {
		return out
	}
	out = c.copyOf(out)
	zs := c.cast(zero, tensor.Int32, true, "").Int32()
	if zero.Len() == 1 {
		for i := range out.Int32() {
			out.Int32()[i] -= zs[0]
		}
		return out
	}
	if zero.Rank() > 1 { // by row of each matrix
		bc := newBroadcast(x.Shape(), zero.Shape())
		subtracting.apply(c, bc, out, out, c.cast(zero, tensor.Int32, true, ""))
		return out
	}
	at := perAxis(zero, x.Shape(), ax, 0)
	for i := range out.Int32() {
		out.Int32()[i] -= zs[at(i)]
	}
	return out
}

func matMulIntegerOp(n *graph.Node) Kernel {
	f := intFactorOf(n, 1)
	return func(c *Call) {
		if out, ok := c.intMatMul(c.in(0), c.in(1), c.opt(2), c.opt(3), f); ok {
			c.Out[0] = out
			return
		}
		a := c.centred(c.in(0), c.opt(2), -2)
		b := c.centred(c.in(1), c.opt(3), -1)
		c.Out[0] = c.matMul(a, b)
	}
}

func convIntegerOp(n *graph.Node) Kernel {
	k := intConvOf(n, 1)
	return func(c *Call) {
		if out, offset, p, ok := k.sums(c, c.in(0), c.in(1), c.opt(2), c.opt(3)); ok {
			voxels := size3(p.Out)
			for i := range out.Int32() {
				out.Int32()[i] += offset[i/voxels%p.OutC]
			}
			c.Out[0] = out
			return
		}
		x, weight := c.centred(c.in(0), c.opt(2), 1), c.centred(c.in(1), c.opt(3), 0)
		p, shape := convParams(&k.w, x, weight, k.group)
		out := c.Zeros(tensor.Int32, shape...)
		convLoop(out.Int32(), x.Int32(), weight.Int32(), p)
		c.Out[0] = out
	}
}

// requantize scales sums to a quantised type: y = sum·scale/yScale + yZero, where scale holds one value
// or one along the axis.
func (c *Call) requantize(sum *tensor.Tensor, scale []float32, ax int, yScale, yZero *tensor.Tensor) *tensor.Tensor {
	dt := yZero.DType()
	lo, hi, ok := intRange(dt)
	if !ok || yScale.Len() == 0 || yZero.Len() == 0 {
		fail("zero point %v is not of a quantised type", yZero)
	}
	ys := c.cast(yScale, tensor.Float32, true, "").Float32()[0]
	zero := float64(c.cast(yZero, tensor.Int64, true, "").Int64()[0])
	at := func(int) int { return 0 }
	if len(scale) > 1 {
		at = perAxis(tensor.FromFloat32([]int{len(scale)}, scale), sum.Shape(), ax, 0)
	}
	out := c.New(tensor.Int64, sum.Shape()...)
	for i, v := range sum.Int32() {
		q := math.RoundToEven(float64(float32(v)*(scale[at(i)]/ys))) + zero
		out.Int64()[i] = int64(math.Min(math.Max(q, lo), hi))
	}
	return c.cast(out, dt, true, "")
}

// scales is the product of two scales, the second perhaps along an axis.
func (c *Call) scales(a, b *tensor.Tensor) []float32 {
	x, y := c.cast(a, tensor.Float32, true, "").Float32(), c.cast(b, tensor.Float32, true, "").Float32()
	if len(x) == 0 || len(y) == 0 {
		fail("scale is empty")
	}
	out := make([]float32, max(len(x), len(y)))
	for i := range out {
		out[i] = x[i%len(x)] * y[i%len(y)]
	}
	return out
}

func qLinearMatMulOp(n *graph.Node) Kernel {
	f := intFactorOf(n, 3)
	return func(c *Call) {
		scale := c.scales(c.in(1), c.in(4))
		sum, ok := c.intMatMul(c.in(0), c.in(3), c.in(2), c.in(5), f)
		if ok && len(scale) == 1 {
			if out, ok := c.requantised(sum, nil, scale, sum.Len(), c.in(6), c.in(7)); ok {
				c.Out[0] = out
				return
			}
		}
		if !ok {
			a := c.centred(c.in(0), c.in(2), -2)
			b := c.centred(c.in(3), c.in(5), -1)
			sum = c.matMul(a, b)
		}
		c.Out[0] = c.requantize(sum, scale, -1, c.in(6), c.in(7))
	}
}

func qLinearConvOp(n *graph.Node) Kernel {
	k := intConvOf(n, 3)
	return func(c *Call) {
		scale := c.scales(c.in(1), c.in(4))
		bias := c.opt(8)
		if out, offset, p, ok := k.sums(c, c.in(0), c.in(3), c.in(2), c.in(5)); ok && (len(scale) == 1 || len(scale) == p.OutC) {
			if bias != nil {
				if bias.Len() != p.OutC {
					fail("bias: want %d values, got %v", p.OutC, bias)
				}
				for o := range offset {
					offset[o] += bias.Int32()[o]
				}
			}
			if y, ok := c.requantised(out, offset, scale, size3(p.Out), c.in(6), c.in(7)); ok {
				c.Out[0] = y
				return
			}
		}
		x, weight := c.centred(c.in(0), c.in(2), 1), c.centred(c.in(3), c.in(5), 0)
		p, shape := convParams(&k.w, x, weight, k.group)
		out := c.Zeros(tensor.Int32, shape...)
		if bias != nil {
			no := size3(p.Out)
			for i := range out.Int32() {
				out.Int32()[i] = bias.Int32()[i/no%p.OutC]
			}
		}
		convLoop(out.Int32(), x.Int32(), weight.Int32(), p)
		c.Out[0] = c.requantize(out, scale, 1, c.in(6), c.in(7))
	}
}
