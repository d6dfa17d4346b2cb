// Package rle decodes RLE Lossless: PS3.5 annex G.
package rle

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

const (
	where      = "dicom: rle"
	headerSize = 64
	maxSegment = 15
)

// Decode writes one frame: a segment for each byte of each sample, the highest byte first.
func Decode(dst, src []byte, info frame.Info) error {
	if err := info.CheckBuffers(where, dst); err != nil {
		return err
	}
	if info.BitsAllocated == 1 {
		return bits(dst, src)
	}
	if len(src) < headerSize {
		return frame.Truncatedf(where, "header: want %d bytes, got %d", headerSize, len(src))
	}
	size := info.BytesPerSample()
	segments := int(binary.LittleEndian.Uint32(src))
	if want := size * info.Samples; segments != want || want > maxSegment {
		return frame.Errorf(where, "segments: want %d, got %d", size*info.Samples, segments)
	}
	stride := size * info.Samples
	for s := range segments {
		start := int64(binary.LittleEndian.Uint32(src[4+4*s:]))
		end := int64(len(src))
		if s+1 < segments {
			end = int64(binary.LittleEndian.Uint32(src[8+4*s:]))
		}
		if start < headerSize || start > int64(len(src)) || end < start {
			return frame.Errorf(where, "segment %d: want an offset within %d bytes, got %d to %d", s, len(src), start, end)
		}
		end = min(end, int64(len(src)))
		// Segment s holds byte size-1-s%size of sample s/size of every pixel.
		first := s/size*size + size - 1 - s%size
		if n := segment(dst[first:], stride, info.Pixels(), src[start:end]); n < info.Pixels() {
			return frame.Truncatedf(where, "segment %d: want %d bytes, got %d", s, info.Pixels(), n)
		}
	}
	return nil
}

// segment unpacks n bytes to every stride-th place of dst (PackBits) and gives how many there were.
func segment(dst []byte, stride, n int, src []byte) int {
	done, at := 0, 0
	for len(src) > 0 && done < n {
		head := int8(src[0])
		src = src[1:]
		switch {
		case head >= 0:
			count := min(int(head)+1, len(src), n-done)
			for _, b := range src[:count] {
				dst[at] = b
				at += stride
			}
			done += count
			src = src[min(int(head)+1, len(src)):]
		case head != -128:
			if len(src) == 0 {
				return done
			}
			b := src[0]
			src = src[1:]
			count := min(1-int(head), n-done)
			for range count {
				dst[at] = b
				at += stride
			}
			done += count
		}
	}
	return done
}

// bits writes a frame of single bits: one segment of packed bytes.
func bits(dst, src []byte) error {
	if len(src) < headerSize || binary.LittleEndian.Uint32(src) != 1 {
		return frame.Errorf(where, "segments: want 1 for single bits, got another number")
	}
	start := int64(binary.LittleEndian.Uint32(src[4:]))
	if start < headerSize || start > int64(len(src)) {
		return frame.Errorf(where, "segment 0: want an offset within %d bytes, got %d", len(src), start)
	}
	need := (len(dst) + 7) / 8
	b := make([]byte, need)
	if n := segment(b, 1, need, src[start:]); n < need {
		return frame.Truncatedf(where, "segment 0: want %d bytes, got %d", need, n)
	}
	for i := range dst {
		dst[i] = b[i>>3] >> (i & 7) & 1
	}
	return nil
}
