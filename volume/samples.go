package volume

import (
	"encoding/binary"
	"math"
)

// Samples turns stored values into numbers: dst[n] is the n-th value of src. src must hold as many values
// as dst has room for.
func Samples(dst []float32, src []byte, d DType, bigEndian bool) {
	var o binary.ByteOrder = binary.LittleEndian
	if bigEndian {
		o = binary.BigEndian
	}
	for n := range dst {
		switch d {
		case Bool, Uint8:
			dst[n] = float32(src[n])
		case Int8:
			dst[n] = float32(int8(src[n]))
		case Uint16:
			dst[n] = float32(o.Uint16(src[2*n:]))
		case Int16:
			dst[n] = float32(int16(o.Uint16(src[2*n:])))
		case Uint32:
			dst[n] = float32(o.Uint32(src[4*n:]))
		case Int32:
			dst[n] = float32(int32(o.Uint32(src[4*n:])))
		case Uint64:
			dst[n] = float32(o.Uint64(src[8*n:]))
		case Int64:
			dst[n] = float32(int64(o.Uint64(src[8*n:])))
		case Float32:
			dst[n] = math.Float32frombits(o.Uint32(src[4*n:]))
		case Float64:
			dst[n] = float32(math.Float64frombits(o.Uint64(src[8*n:])))
		}
	}
}
