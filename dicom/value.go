package dicom

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	sk "github.com/suyashkumar/dicom"
)

// decodeValue turns the bytes of a value into the form that suyashkumar/dicom gives its VR. b may be
// kept only for kindBytes.
func decodeValue(b []byte, info vrInfo, order binary.ByteOrder, cs *charset) (sk.Value, error) {
	switch info.kind {
	case kindTrimmed:
		parts := strings.Split(trimRight(string(b)), `\`)
		for i := range parts {
			parts[i] = strings.Trim(parts[i], " \x00")
		}
		return sk.NewValue(parts)
	case kindText:
		return sk.NewValue(cs.split(b, info.name))
	case kindTextOne:
		if info.charset {
			return sk.NewValue([]string{trimRight(cs.decode(b))})
		}
		return sk.NewValue([]string{trimRight(string(b))})
	case kindBytes:
		if order == binary.BigEndian && info.word > 1 {
			swap(b, info.word)
		}
		return sk.NewValue(b)
	case kindFloat32:
		out := make([]float64, len(b)/4)
		for i := range out {
			out[i] = float64(math.Float32frombits(order.Uint32(b[4*i:])))
		}
		return sk.NewValue(out)
	case kindFloat64:
		out := make([]float64, len(b)/8)
		for i := range out {
			out[i] = math.Float64frombits(order.Uint64(b[8*i:]))
		}
		return sk.NewValue(out)
	}
	return sk.NewValue(ints(b, info.kind, order))
}

// ints reads whole numbers; a tag is group<<16 | element.
func ints(b []byte, k kind, order binary.ByteOrder) []int {
	size := 2
	switch k {
	case kindUint32, kindInt32, kindTag:
		size = 4
	case kindUint64, kindInt64:
		size = 8
	}
	out := make([]int, len(b)/size)
	for i := range out {
		at := b[i*size:]
		switch k {
		case kindUint16:
			out[i] = int(order.Uint16(at))
		case kindInt16:
			out[i] = int(int16(order.Uint16(at)))
		case kindUint32:
			out[i] = int(order.Uint32(at))
		case kindInt32:
			out[i] = int(int32(order.Uint32(at)))
		case kindTag:
			out[i] = int(order.Uint16(at))<<16 | int(order.Uint16(at[2:]))
		default:
			out[i] = int(order.Uint64(at))
		}
	}
	return out
}

// swap reverses the bytes of each whole word.
func swap(b []byte, word int) {
	for i := 0; i+word <= len(b); i += word {
		slices.Reverse(b[i : i+word])
	}
}

func trimRight(s string) string { return strings.TrimRight(s, " \x00") }
