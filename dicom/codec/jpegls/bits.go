package jpegls

import (
	"encoding/binary"
	"math/bits"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// reader reads entropy-coded bits: behind a byte 0xff the next holds 7 bits (T.87 A.1). At a marker
// zeros are fed, which err then reports.
type reader struct {
	data []byte
	pos  int
	acc  uint64
	n    int
	fed  int
	last bool // the byte before was 0xff
}

func (r *reader) fill() {
	if !r.last && r.pos+8 <= len(r.data) {
		w := binary.BigEndian.Uint64(r.data[r.pos:])
		if (^w-0x0101010101010101)&w&0x8080808080808080 == 0 {
			take := (64 - r.n) >> 3
			r.acc |= w >> r.n
			r.n += take << 3
			r.pos += take
			return
		}
	}
	for r.n <= 56 {
		width := 8
		if r.last {
			width = 7
		}
		var v byte
		switch {
		case r.pos >= len(r.data), r.last && r.data[r.pos] >= 0x80, r.data[r.pos] == 0xff && (r.pos+1 >= len(r.data) || r.data[r.pos+1] >= 0x80):
			r.fed += width
			r.last = false
		default:
			v = r.data[r.pos]
			r.pos++
			r.last = v == 0xff
		}
		r.acc |= uint64(v) << (64 - width - r.n)
		r.n += width
	}
}

func (r *reader) bits(n int32) int32 {
	if n == 0 {
		return 0
	}
	if r.n < int(n) {
		r.fill()
	}
	v := int32(r.acc >> (64 - n))
	r.acc <<= n
	r.n -= int(n)
	return v
}

// golomb decodes a value with parameter k, of at most limit bits: T.87 A.5.3.
func (r *reader) golomb(k, limit, qbpp int32) int32 {
	if r.n < 48 {
		r.fill()
	}
	zeros := int32(bits.LeadingZeros64(r.acc))
	if zeros+1+k <= int32(r.n) && zeros < limit-qbpp-1 {
		r.acc <<= zeros + 1
		v := zeros<<k | int32(r.acc>>(63-k)>>1)
		r.acc <<= k
		r.n -= int(zeros + 1 + k)
		return v
	}
	// Long codes, bit by bit.
	zeros = 0
	for r.bits(1) == 0 {
		if zeros++; zeros > limit {
			return 0 // fed zeros; err will say so
		}
	}
	if zeros < limit-qbpp-1 {
		return zeros<<k | r.bits(k)
	}
	return r.bits(qbpp) + 1
}

func (r *reader) err() error {
	if r.fed > r.n {
		return frame.Truncatedf(where, "entropy-coded data: want more, got a marker or the end at byte %d", r.pos)
	}
	return nil
}

// restart goes behind the next restart marker.
func (r *reader) restart() bool {
	r.acc, r.n, r.fed, r.last = 0, 0, 0, false
	for ; r.pos+1 < len(r.data); r.pos++ {
		if m := r.data[r.pos+1]; r.data[r.pos] == 0xff && m >= 0x80 && m != 0xff {
			if m < 0xd0 || m > 0xd7 {
				return false
			}
			r.pos += 2
			return true
		}
	}
	return false
}
