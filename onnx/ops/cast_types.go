package ops

import (
	"math"
	"strconv"

	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// cast converts between any two element types by the rules of Cast: floats to integers towards zero,
// integers by their low bits, numbers to bool as not equal to zero.
func (c *Call) cast(t *tensor.Tensor, to tensor.DType, saturate bool, mode string) *tensor.Tensor {
	from := t.DType()
	switch {
	case from == to:
		return t
	case from == tensor.String:
		return c.fromStrings(t, to, saturate, mode)
	case to == tensor.String:
		return c.toStrings(t)
	case from.IsSmallFloat():
		return c.cast(c.widen(t), to, saturate, mode)
	case to.IsSmallFloat():
		return c.narrow(c.cast(t, tensor.Float32, true, ""), to, saturate, mode)
	}
	out := c.New(to, t.Shape()...)
	switch from {
	case tensor.Float32:
		castFloat(c, t.Float32(), out)
	case tensor.Float64:
		castFloat(c, t.Float64(), out)
	case tensor.Int64:
		castInt(t.Int64(), out)
	case tensor.Int32:
		castInt(t.Int32(), out)
	case tensor.Int16:
		castInt(tensor.Data[int16](t), out)
	case tensor.Int8, tensor.Int4, tensor.Int2:
		castInt(tensor.Data[int8](t), out)
	case tensor.Uint64:
		castInt(tensor.Data[uint64](t), out)
	case tensor.Uint32:
		castInt(tensor.Data[uint32](t), out)
	case tensor.Uint16:
		castInt(tensor.Data[uint16](t), out)
	case tensor.Uint8, tensor.Bool, tensor.Uint4, tensor.Uint2:
		castInt(tensor.Data[uint8](t), out)
	default:
		dtypeError(t)
	}
	return out
}

func castFloat[F float32 | float64](c *Call, src []F, out *tensor.Tensor) {
	switch out.DType() {
	case tensor.Float32:
		convertTo(src, out.Float32())
	case tensor.Float64:
		convertTo(src, out.Float64())
	case tensor.Bool:
		dst := out.Bool()
		for i, v := range src {
			dst[i] = v != 0
		}
	case tensor.Uint64:
		dst := tensor.Data[uint64](out)
		for i, v := range src {
			if v >= 1<<63 {
				dst[i] = uint64(v)
			} else {
				dst[i] = uint64(int64(v))
			}
		}
	default:
		// through int64, whose low bits a narrower type keeps
		wide := make([]int64, len(src))
		for i, v := range src {
			wide[i] = floatToInt(float64(v))
		}
		castInt(wide, out)
	}
}

func floatToInt(v float64) int64 {
	switch {
	case v != v:
		return math.MinInt64
	case v >= 1<<63:
		return math.MaxInt64
	case v < -1<<63:
		return math.MinInt64
	}
	return int64(v)
}

type number interface {
	~float32 | ~float64 | integer
}

type integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func convertTo[S, D number](src []S, dst []D) {
	for i, v := range src {
		dst[i] = D(v)
	}
}

func castInt[I integer](src []I, out *tensor.Tensor) {
	switch out.DType() {
	case tensor.Float32:
		convertTo(src, out.Float32())
	case tensor.Float64:
		convertTo(src, out.Float64())
	case tensor.Int64:
		convertTo(src, out.Int64())
	case tensor.Int32:
		convertTo(src, out.Int32())
	case tensor.Int16:
		convertTo(src, tensor.Data[int16](out))
	case tensor.Int8:
		convertTo(src, tensor.Data[int8](out))
	case tensor.Uint64:
		convertTo(src, tensor.Data[uint64](out))
	case tensor.Uint32:
		convertTo(src, tensor.Data[uint32](out))
	case tensor.Uint16:
		convertTo(src, tensor.Data[uint16](out))
	case tensor.Uint8:
		convertTo(src, out.Uint8())
	case tensor.Int4, tensor.Int2, tensor.Uint4, tensor.Uint2:
		bits := out.DType().Bits()
		signed := out.DType() == tensor.Int4 || out.DType() == tensor.Int2
		dst := tensor.Data[uint8](out)
		mask := byte(1<<bits - 1)
		for i, v := range src {
			b := byte(v) & mask
			if signed && b>>(bits-1) != 0 {
				b |= ^mask
			}
			dst[i] = b
		}
	case tensor.Bool:
		dst := out.Bool()
		for i, v := range src {
			dst[i] = v != 0
		}
	default:
		fail("cast to %v", out.DType())
	}
}

func (c *Call) fromStrings(t *tensor.Tensor, to tensor.DType, saturate bool, mode string) *tensor.Tensor {
	src := t.Strings()
	if to.IsInt() || to == tensor.Bool {
		wide := c.New(tensor.Int64, t.Shape()...)
		dst := wide.Int64()
		for i, s := range src {
			v, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				f, ferr := strconv.ParseFloat(s, 64)
				if ferr != nil {
					fail("element %d is not a number", i)
				}
				v = floatToInt(f)
			}
			dst[i] = v
		}
		return c.cast(wide, to, saturate, mode)
	}
	wide := c.New(tensor.Float64, t.Shape()...)
	dst := wide.Float64()
	for i, s := range src {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil && !math.IsInf(f, 0) {
			fail("element %d is not a number", i)
		}
		dst[i] = f
	}
	return c.cast(wide, to, saturate, mode)
}

func (c *Call) toStrings(t *tensor.Tensor) *tensor.Tensor {
	out := make([]string, t.Len())
	switch {
	case t.DType() == tensor.Bool:
		for i, v := range t.Bool() {
			out[i] = "False"
			if v {
				out[i] = "True"
			}
		}
	case t.DType() == tensor.Uint64:
		for i, v := range tensor.Data[uint64](t) {
			out[i] = strconv.FormatUint(v, 10)
		}
	case t.DType().IsInt():
		for i, v := range c.cast(t, tensor.Int64, true, "").Int64() {
			out[i] = strconv.FormatInt(v, 10)
		}
	case t.DType() == tensor.Float64:
		for i, v := range t.Float64() {
			out[i] = floatText(v, 64)
		}
	default:
		for i, v := range c.cast(t, tensor.Float32, true, "").Float32() {
			out[i] = floatText(float64(v), 32)
		}
	}
	return tensor.FromStrings(t.Shape(), out)
}

// floatText writes a float as NumPy does, which the operator's cases expect.
func floatText(v float64, bits int) string {
	switch {
	case v != v:
		return "NaN"
	case math.IsInf(v, 1):
		return "INF"
	case math.IsInf(v, -1):
		return "-INF"
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}
