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
	if !info.Signed {
		clearHigh(b, size, info.BitsStored)
		return
	}
	switch size {
	case 1:
		for i, v := range b {
			b[i] = byte(int8(v<<shift) >> shift)
		}
	case 2:
		for i := 0; i+2 <= len(b); i += 2 {
			v := binary.LittleEndian.Uint16(b[i:]) << shift
			binary.LittleEndian.PutUint16(b[i:], uint16(int16(v)>>shift))
		}
	case 4:
		for i := 0; i+4 <= len(b); i += 4 {
			v := binary.LittleEndian.Uint32(b[i:]) << shift
			binary.LittleEndian.PutUint32(b[i:], uint32(int32(v)>>shift))
		}
	case 8:
		for i := 0; i+8 <= len(b); i += 8 {
			v := binary.LittleEndian.Uint64(b[i:]) << shift
			binary.LittleEndian.PutUint64(b[i:], uint64(int64(v)>>shift))
		}
	}
}

// clearHigh keeps the low bits of samples, eight bytes at a time.
func clearHigh(b []byte, size, bits int) {
	mask := uint64(1)<<bits - 1
	for have := 8 * size; have < 64; have *= 2 {
		mask |= mask << have
	}
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)&mask)
	}
	for i := range b {
		b[i] &= byte(mask >> (8 * i))
	}
}
