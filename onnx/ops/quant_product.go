package ops

import (
	"sync"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// isByte tells whether a tensor is of 8-bit integers, and whether they are signed.
func isByte(t *tensor.Tensor) (signed, ok bool) {
	return t.DType() == tensor.Int8, t.DType() == tensor.Int8 || t.DType() == tensor.Uint8
}

// zeroOf is a zero point that is the same for all, 0 where there is none.
func zeroOf(t *tensor.Tensor) (zero int32, single bool) {
	if t == nil {
		return 0, true
	}
	signed, ok := isByte(t)
	if !ok || t.Len() < 1 {
		return 0, false
	}
	for _, b := range t.Bytes() {
		if b != t.Bytes()[0] {
			return 0, false
		}
	}
	if signed {
		return int32(int8(t.Bytes()[0])), true
	}
	return int32(t.Bytes()[0]), true
}

// intFactor keeps the packed form of a constant right factor of integers.
type intFactor struct {
	mu     sync.Mutex
	packed *simd.Factor
}

func intFactorOf(n *graph.Node, input int) *intFactor {
	if n.Const(input) == nil {
		return nil
	}
	return &intFactor{}
}

// packInts lays a k×n matrix of bytes out. Signed values are shifted by 128, so that all are unsigned.
func packInts(b []byte, k, n int, signed bool) *simd.Factor {
	var flip byte
	if signed {
		flip = 0x80
	}
	return simd.PackFactor(simd.Integers(), k, n, func(i, j int) uint32 { return uint32(b[i*n+j] ^ flip) })
}

// leftWords packs m rows of k bytes as signed values into words, and sums each row. Unsigned ones are shifted by −128.
func leftWords(a []byte, m, k, width int, signed bool) (words []uint32, sums []int32) {
	per := simd.Integers().PerWord()
	words, sums = make([]uint32, m*width), make([]int32, m)
	var flip byte
	if !signed {
		flip = 0x80
	}
	bits := 32 / per
	mask := uint32(1)<<bits - 1
	for r := range m {
		row, sum := words[r*width:][:width], int32(0)
		for i, v := range a[r*k:][:k] {
			s := int32(int8(v ^ flip))
			sum += s
			row[i/per] |= uint32(s) & mask << (bits * (i % per))
		}
		sums[r] = sum
	}
	return words, sums
}

// intMatMul is the product of 8-bit integers less their zero points, in int32; ok is false where it is not of the form that this
// computes: both of one zero point.
func (c *Call) intMatMul(x, y, xZero, yZero *tensor.Tensor, f *intFactor) (out *tensor.Tensor, ok bool) {
	xSigned, okX := isByte(x)
	ySigned, okY := isByte(y)
	zx, oneX := zeroOf(xZero)
	zy, oneY := zeroOf(yZero)
	if !okX || !okY || !oneX || !oneY {
		return nil, false
	}
	p := matMulShape(x, y)
	if product(p.shape) == 0 || p.k == 0 {
		return nil, false
	}
	if !xSigned {
		zx -= 128
	}
	if ySigned {
		zy += 128
	}
	out = c.New(tensor.Int32, p.shape...)
	jobs := p.pairs()
	m := p.m
	if y.Rank() <= 2 || product(y.Shape()[:y.Rank()-2]) == 1 {
		// One matrix on the right for all on the left is a single taller product.
		m, jobs = out.Len()/p.n, [][2]int{{0, 0}}
	} else {
		f = nil
	}
	for i, j := range jobs {
		var right *simd.Factor
		if f != nil {
			right = f.of(y, p.k, p.n, ySigned)
		} else {
			right = packInts(y.Bytes()[j[1]*p.k*p.n:], p.k, p.n, ySigned)
		}
		words, sums := leftWords(x.Bytes()[j[0]*m*p.k:], m, p.k, right.Width(), xSigned)
		dst := out.Int32()[i*m*p.n:][:m*p.n]
		right.Multiply(simd.FloatsOf(dst), p.n, words, m, c.Threads)
		c.parallel(m, 1, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				row := dst[r*p.n:][:p.n]
				common := int32(p.k)*zx*zy - zy*sums[r]
				for col := range row {
					row[col] += common - zx*right.Sums[col]
				}
			}
		})
	}
	return out, true
}

func (f *intFactor) of(y *tensor.Tensor, k, n int, signed bool) *simd.Factor {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.packed == nil {
		f.packed = packInts(y.Bytes(), k, n, signed)
	}
	return f.packed
}

// intConv is a convolution of 8-bit integers.
type intConv struct {
	w      window
	group  int
	packs  *cached[*conv.Integer]
	floats *cached[*conv.Packed] // of a weight of one channel a group
}

func intConvOf(n *graph.Node, weight int) *intConv {
	k := &intConv{w: windowOf(n), group: n.Int("group", 1)}
	if n.Const(weight) != nil {
		k.packs, k.floats = &cached[*conv.Integer]{}, &cached[*conv.Packed]{}
	}
	return k
}

// sums computes Σ (x − zero)·(w − zero) in int32, less one offset an output channel; ok is false where the operands are not of the
// form that this computes.
func (k *intConv) sums(c *Call, x, w, xZero, wZero *tensor.Tensor) (out *tensor.Tensor, offset []int32, p *conv.Params, ok bool) {
	signed, okX := isByte(x)
	_, okW := isByte(w)
	zero, one := zeroOf(xZero)
	if !okX || !okW || !one {
		return nil, nil, nil, false
	}
	p, shape := convParams(&k.w, x, w, k.group)
	if product(shape) == 0 || p.Check() != nil || !conv.IntegerFits(p) {
		return nil, nil, nil, false
	}
	if p.InC == p.Group && size3(p.Kernel) < 1<<24/(256*256) {
		out = c.New(tensor.Int32, shape...)
		k.depthwise(c, out.Int32(), x, w, wZero, signed, zero, p)
		return out, make([]int32, p.OutC), p, true
	}
	pack := func() *conv.Integer { return conv.PackInteger(c.centred(w, wZero, 0).Int32(), p) }
	var packed *conv.Integer
	if k.packs != nil {
		packed = k.packs.get(p, pack)
	} else {
		packed = pack()
	}
	out = c.New(tensor.Int32, shape...)
	return out, packed.Forward(out.Int32(), x.Bytes(), signed, zero, p, c.Threads), p, true
}

// depthwise computes sums of one channel a group in float32, which holds them exactly.
func (k *intConv) depthwise(c *Call, dst []int32, x, w, wZero *tensor.Tensor, signed bool, zero int32, p *conv.Params) {
	pack := func() *conv.Packed {
		centred := c.centred(w, wZero, 0).Int32()
		weight := make([]float32, len(centred))
		for i, v := range centred {
			weight[i] = float32(v)
		}
		return conv.PackDirect(weight, p)
	}
	var packed *conv.Packed
	if k.floats != nil {
		packed = k.floats.get(p, pack)
	} else {
		packed = pack()
	}
	var table [256]float32
	for i := range table {
		v := int32(i)
		if signed {
			v = int32(int8(i))
		}
		table[i] = float32(v - zero)
	}
	src := c.New(tensor.Float32, x.Shape()...).Float32()
	c.parallel(len(src), 1<<14, func(lo, hi int) {
		for i, b := range x.Bytes()[lo:hi] {
			src[lo+i] = table[b]
		}
	})
	sums := c.New(tensor.Float32, len(dst)).Float32()
	packed.Forward(sums, src, nil, p, conv.Activation{}, c.Threads)
	c.parallel(len(dst), 1<<14, func(lo, hi int) {
		for i, v := range sums[lo:hi] {
			dst[lo+i] = int32(v)
		}
	})
}

// requantised scales int32 sums to 8 bits, y = (sum + offset)·scale/yScale + yZero, where scale and offset hold one value or one a
// channel of runs that are inner long; ok is false where the target is not 8 bits wide.
func (c *Call) requantised(sum *tensor.Tensor, offset []int32, scale []float32, inner int, yScale, yZero *tensor.Tensor) (out *tensor.Tensor, ok bool) {
	zero, single := zeroOf(yZero)
	if !single || yZero == nil || yScale.DType() != tensor.Float32 || yScale.Len() != 1 || inner == 0 {
		return nil, false
	}
	lo, hi, _ := intRange(yZero.DType())
	ys := yScale.Float32()[0]
	out = c.New(yZero.DType(), sum.Shape()...)
	runs := sum.Len() / inner
	c.parallel(runs, max(1, 4096/inner), func(from, to int) {
		for i := from; i < to; i++ {
			var off int32
			if len(offset) > 0 {
				off = offset[i%len(offset)]
			}
			simd.Requantise(out.Bytes()[i*inner:][:inner], sum.Int32()[i*inner:][:inner], off, scale[i%len(scale)]/ys, zero, int32(lo), int32(hi))
		}
	})
	return out, true
}

// quantiseBytes is QuantizeLinear to 8 bits by one scale in float32; it tells whether it did it.
func (c *Call) quantiseBytes(x, scale, zero *tensor.Tensor, to, precision tensor.DType) bool {
	if x.DType() != tensor.Float32 || scale.DType() != tensor.Float32 || scale.Len() != 1 || precision != tensor.Float32 {
		return false
	}
	if to != tensor.Uint8 && to != tensor.Int8 {
		return false
	}
	z, single := zeroOf(zero)
	if !single || !(scale.Float32()[0] > 0) {
		return false
	}
	lo, hi, _ := intRange(to)
	out := c.New(to, x.Shape()...)
	c.parallel(x.Len(), 1<<14, func(from, until int) {
		simd.FloatBytes(out.Bytes()[from:until], x.Float32()[from:until], scale.Float32()[0], z, int32(lo), int32(hi))
	})
	c.Out[0] = out
	return true
}

// dequantiseBytes is DequantizeLinear from 8 bits to float32 by one scale, or one along an axis; it tells whether it did it.
func (c *Call) dequantiseBytes(x, scale, zero *tensor.Tensor, to tensor.DType, ax, block int) bool {
	signed, ok := isByte(x)
	z, single := zeroOf(zero)
	if !ok || !single || to != tensor.Float32 || scale.DType() != tensor.Float32 || block != 0 || x.Len() == 0 {
		return false
	}
	inner := x.Len()
	if scale.Len() != 1 {
		a := axis(ax, x.Rank())
		if scale.Len() != x.Shape()[a] {
			return false
		}
		inner = product(x.Shape()[a+1:])
	}
	out := c.New(to, x.Shape()...)
	value := func(b byte, s float32) float32 {
		v := int32(b)
		if signed {
			v = int32(int8(b))
		}
		return float32(float64(v-z) * float64(s))
	}
	scales, src, dst := scale.Float32(), x.Bytes(), out.Float32()
	if inner < 256 {
		c.parallel(x.Len()/inner, 1<<14/inner, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				s := scales[r%len(scales)]
				for i := r * inner; i < (r+1)*inner; i++ {
					dst[i] = value(src[i], s)
				}
			}
		})
		c.Out[0] = out
		return true
	}
	for r := range x.Len() / inner {
		var table [256]float32
		for i := range table {
			table[i] = value(byte(i), scales[r%len(scales)])
		}
		c.parallel(inner, 1<<14, func(lo, hi int) {
			for i := r*inner + lo; i < r*inner+hi; i++ {
				dst[i] = table[src[i]]
			}
		})
	}
	c.Out[0] = out
	return true
}
