// Package native lays uncompressed pixel data out as frame.Info says: PS3.5 section 8.1 and annex A.
package native

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

const where = "dicom: native"

// Bits is the number of bits that one frame takes in the source; frames of single bits follow each
// other without padding.
func Bits(info frame.Info) int64 {
	if info.Photometric == "YBR_FULL_422" && info.Samples == 3 {
		return int64(info.Pixels()) * 2 * int64(info.BitsAllocated)
	}
	return int64(info.Pixels()) * int64(info.Samples) * int64(info.BitsAllocated)
}

// Decode writes one frame. A frame of single bits starts at the lowest bit of src.
func Decode(dst, src []byte, info frame.Info) error { return DecodeAt(dst, src, 0, info) }

// DecodeAt writes one frame that starts shift (0 to 7) bits into src.
func DecodeAt(dst, src []byte, shift int, info frame.Info) error {
	if err := info.CheckBuffers(where, dst); err != nil {
		return err
	}
	if need := (int64(shift) + Bits(info) + 7) / 8; int64(len(src)) < need {
		return frame.Truncatedf(where, "frame: want %d bytes, got %d", need, len(src))
	}
	switch {
	case info.BitsAllocated == 1:
		unpack(dst, src, shift)
		return nil
	case info.Photometric == "YBR_FULL_422" && info.Samples == 3:
		if info.BitsAllocated != 8 {
			return frame.Unsupportedf(where, "YBR_FULL_422: want 8 bits, got %d", info.BitsAllocated)
		}
		if info.Columns%2 != 0 {
			return frame.Errorf(where, "YBR_FULL_422: want an even number of columns, got %d", info.Columns)
		}
		upsample422(dst, src)
		return nil
	case info.Planar && info.Samples > 1:
		interleave(dst, src, info)
	default:
		copy(dst, src)
	}
	if info.BigEndian {
		littleEndian(dst, info.BytesPerSample())
	}
	return nil
}

// unpack gives each bit a byte, the lowest bit first (PS3.5 section 8.1.1).
func unpack(dst, src []byte, shift int) {
	for i := range dst {
		at := i + shift
		dst[i] = src[at>>3] >> (at & 7) & 1
	}
}

// upsample422 repeats the colour of each pair of pixels (PS3.3 C.7.6.3.1.2).
func upsample422(dst, src []byte) {
	for len(dst) >= 6 {
		y0, y1, cb, cr := src[0], src[1], src[2], src[3]
		dst[0], dst[1], dst[2] = y0, cb, cr
		dst[3], dst[4], dst[5] = y1, cb, cr
		dst, src = dst[6:], src[4:]
	}
}

func interleave(dst, src []byte, info frame.Info) {
	n, size, samples := info.Pixels(), info.BytesPerSample(), info.Samples
	for s := range samples {
		plane := src[s*n*size:]
		for i := range n {
			copy(dst[(i*samples+s)*size:][:size], plane[i*size:])
		}
	}
}

func littleEndian(b []byte, size int) {
	switch size {
	case 2:
		for i := 0; i+2 <= len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	case 4:
		for i := 0; i+4 <= len(b); i += 4 {
			binary.LittleEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
		}
	case 8:
		for i := 0; i+8 <= len(b); i += 8 {
			binary.LittleEndian.PutUint64(b[i:], binary.BigEndian.Uint64(b[i:]))
		}
	}
}
