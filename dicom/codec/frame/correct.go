package frame

import "encoding/binary"

// Correct clears the bits above BitsStored of unsigned samples and spreads the sign of signed ones
// (PS3.5 section 8.1.1 leaves those bits open). b holds samples as codecs write them.
func Correct(b []byte, info Info) {
	size := info.BytesPerSample()
	shift := 8*size - info.BitsStored
	if shift <= 0 || info.Float || info.BitsAllocated == 1 {
		return
	}
	switch size {
	case 1:
		for i, v := range b {
			if info.Signed {
				b[i] = byte(int8(v<<shift) >> shift)
			} else {
				b[i] = v << shift >> shift
			}
		}
	case 2:
		for i := 0; i+2 <= len(b); i += 2 {
			v := binary.LittleEndian.Uint16(b[i:]) << shift
			if info.Signed {
				v = uint16(int16(v) >> shift)
			} else {
				v >>= shift
			}
			binary.LittleEndian.PutUint16(b[i:], v)
		}
	case 4:
		for i := 0; i+4 <= len(b); i += 4 {
			v := binary.LittleEndian.Uint32(b[i:]) << shift
			if info.Signed {
				v = uint32(int32(v) >> shift)
			} else {
				v >>= shift
			}
			binary.LittleEndian.PutUint32(b[i:], v)
		}
	case 8:
		for i := 0; i+8 <= len(b); i += 8 {
			v := binary.LittleEndian.Uint64(b[i:]) << shift
			if info.Signed {
				v = uint64(int64(v) >> shift)
			} else {
				v >>= shift
			}
			binary.LittleEndian.PutUint64(b[i:], v)
		}
	}
}
