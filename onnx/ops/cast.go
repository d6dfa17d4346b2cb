package ops

import (
	"math"
	"sync"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

var smallValues = sync.OnceValue(func() map[tensor.DType]*[256]float32 {
	m := map[tensor.DType]*[256]float32{}
	for _, dt := range []tensor.DType{tensor.Float8E4M3FN, tensor.Float8E4M3FNUZ, tensor.Float8E5M2,
		tensor.Float8E5M2FNUZ, tensor.Float4E2M1, tensor.Float8E8M0} {
		m[dt] = tensor.SmallValues(dt)
	}
	return m
})

// widen is a tensor of small floats as float32; any other tensor is returned as it is.
func (c *Call) widen(t *tensor.Tensor) *tensor.Tensor {
	if t == nil || !t.DType().IsSmallFloat() {
		return t
	}
	out := c.New(tensor.Float32, t.Shape()...)
	dst := out.Float32()
	switch t.DType() {
	case tensor.Float16:
		for i, v := range tensor.Data[uint16](t) {
			dst[i] = tensor.Float16Value(v)
		}
	case tensor.BFloat16:
		for i, v := range tensor.Data[uint16](t) {
			dst[i] = tensor.BFloat16Value(v)
		}
	default:
		table := smallValues()[t.DType()]
		for i, v := range tensor.Data[uint8](t) {
			dst[i] = table[v]
		}
	}
	return out
}

// narrow rounds float32 to a small floating-point type.
func (c *Call) narrow(t *tensor.Tensor, dt tensor.DType, saturate bool, mode string) *tensor.Tensor {
	out := c.New(dt, t.Shape()...)
	src := t.Float32()
	switch dt {
	case tensor.Float16:
		dst := tensor.Data[uint16](out)
		for i, v := range src {
			dst[i] = tensor.Float16Code(v)
		}
	case tensor.BFloat16:
		dst := tensor.Data[uint16](out)
		for i, v := range src {
			dst[i] = tensor.BFloat16Code(v)
		}
	default:
		dst := tensor.Data[uint8](out)
		r := newRounder(dt, saturate, mode)
		for i, v := range src {
			dst[i] = r.code(v)
		}
	}
	return out
}

// widened runs a float32 kernel on small floats.
func widened(k Kernel) Kernel {
	return func(c *Call) {
		dt := tensor.None
		for _, t := range c.In {
			if t != nil && t.DType().IsSmallFloat() {
				dt = t.DType()
				break
			}
		}
		if dt == tensor.None {
			k(c)
			return
		}
		in := c.In
		c.In = make([]*tensor.Tensor, len(in))
		for i, t := range in {
			c.In[i] = c.widen(t)
		}
		dies := c.Dies
		c.Dies = nil
		k(c)
		c.In, c.Dies = in, dies
		for i, t := range c.Out {
			if t != nil && t.DType() == tensor.Float32 {
				c.Out[i] = c.narrow(t, dt, true, "")
			}
		}
	}
}

// rounder finds the code of a small floating-point type for a float32.
type rounder struct {
	dt       tensor.DType
	saturate bool
	mode     string // of Float8E8M0: up, down, nearest
	pos      []float32
	inf, nan uint8
	hasInf   bool
	sign     uint8
	negZero  bool
}

func newRounder(dt tensor.DType, saturate bool, mode string) *rounder {
	r := &rounder{dt: dt, saturate: saturate, mode: mode, sign: 0x80, negZero: true}
	table := smallValues()[dt]
	n := 128
	if dt == tensor.Float4E2M1 {
		n, r.sign = 8, 8
	}
	for i := range n {
		v := table[i]
		if math.IsInf(float64(v), 1) {
			r.inf, r.hasInf = uint8(i), true
		}
		if math.IsInf(float64(v), 0) || v != v {
			break
		}
		r.pos = append(r.pos, v)
	}
	switch dt {
	case tensor.Float8E4M3FN, tensor.Float8E5M2:
		r.nan = 0x7f
	case tensor.Float8E4M3FNUZ, tensor.Float8E5M2FNUZ:
		r.nan, r.negZero = 0x80, false
	}
	return r
}

func (r *rounder) code(f float32) uint8 {
	if r.dt == tensor.Float8E8M0 {
		return r.exponent(f)
	}
	if f != f {
		if r.dt == tensor.Float4E2M1 {
			return 0
		}
		if r.dt == tensor.Float8E4M3FN || r.dt == tensor.Float8E5M2 {
			return r.nan | uint8(math.Float32bits(f)>>24)&0x80
		}
		return r.nan
	}
	sign := uint8(0)
	if math.Signbit(float64(f)) {
		sign, f = r.sign, -f
	}
	last := len(r.pos) - 1
	top := r.pos[last]
	limit := top + (top-r.pos[last-1])/2
	if f > top && (f >= limit || math.IsInf(float64(f), 1)) {
		switch {
		case r.saturate || r.dt == tensor.Float4E2M1:
			return sign | uint8(last)
		case r.hasInf:
			return sign | r.inf
		case r.negZero:
			return sign | r.nan
		}
		return r.nan
	}
	lo, hi := 0, last
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if r.pos[mid] <= f {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	if lo < last {
		below, above := f-r.pos[lo], r.pos[lo+1]-f
		if above < below || above == below && lo&1 == 1 {
			lo++
		}
	}
	if lo == 0 && !r.negZero {
		return 0
	}
	return sign | uint8(lo)
}

// exponent rounds to a power of two.
func (r *rounder) exponent(f float32) uint8 {
	if f != f || math.IsInf(float64(f), 0) && !r.saturate {
		return 255
	}
	f = float32(math.Abs(float64(f)))
	if math.IsInf(float64(f), 0) {
		return 254
	}
	if f == 0 {
		return 0
	}
	frac, e := math.Frexp(float64(f)) // f = frac·2^e, frac in [½, 1)
	e--
	m := frac*2 - 1
	switch r.mode {
	case "down":
	case "nearest":
		if m >= 0.5 {
			e++
		}
	default: // up
		if m > 0 {
			e++
		}
	}
	code := e + 127
	switch {
	case code < 0:
		return 0
	case code > 254 && r.saturate:
		return 254
	case code > 254:
		return 255
	}
	return uint8(code)
}

func castOp(n *graph.Node) Kernel {
	to := tensor.DType(n.Int("to", 0))
	if s := n.Str("to", ""); n.Version < 6 && s != "" {
		to = map[string]tensor.DType{"FLOAT": tensor.Float32, "DOUBLE": tensor.Float64, "INT64": tensor.Int64,
			"INT32": tensor.Int32, "BOOL": tensor.Bool, "UINT8": tensor.Uint8, "INT8": tensor.Int8,
			"FLOAT16": tensor.Float16, "UINT16": tensor.Uint16, "INT16": tensor.Int16,
			"UINT32": tensor.Uint32, "UINT64": tensor.Uint64, "STRING": tensor.String}[s]
	}
	if !to.Known() {
		fail("to: type %d is not one of ONNX", n.Int("to", 0))
	}
	saturate, mode := n.Int("saturate", 1) != 0, n.Str("round_mode", "up")
	return func(c *Call) { c.Out[0] = c.cast(c.in(0), to, saturate, mode) }
}

func castLikeOp(n *graph.Node) Kernel {
	saturate, mode := n.Int("saturate", 1) != 0, n.Str("round_mode", "up")
	return func(c *Call) { c.Out[0] = c.cast(c.in(0), c.in(1).DType(), saturate, mode) }
}
