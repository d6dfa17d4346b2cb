package jpegstream

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Bits reads entropy-coded bits: stuffed zeros are taken out, and at a marker zeros are fed, which
// Err then reports as missing data.
type Bits struct {
	data []byte
	pos  int
	acc  uint64 // the n bits not read yet, at the top
	n    int
	fed  int // bits fed behind the end
}

// NewBits reads from the start of data.
func NewBits(data []byte) *Bits { return &Bits{data: data} }

// Fill sees that at least 56 bits can be read.
func (b *Bits) Fill() {
	if b.pos+8 <= len(b.data) {
		// Eight bytes without 0xff go in at once.
		w := binary.BigEndian.Uint64(b.data[b.pos:])
		if (^w-0x0101010101010101)&w&0x8080808080808080 == 0 {
			take := (64 - b.n) >> 3
			b.acc |= w >> b.n
			// Bits of a partly taken byte are cut off again.
			b.n += take << 3
			b.pos += take
			if b.n < 64 {
				b.acc &= ^uint64(0) << (64 - b.n)
			}
			return
		}
	}
	for b.n <= 56 {
		var v byte
		switch {
		case b.pos >= len(b.data):
			b.fed += 8
		case b.data[b.pos] != 0xff:
			v = b.data[b.pos]
			b.pos++
		case b.pos+1 < len(b.data) && b.data[b.pos+1] == 0:
			v = 0xff
			b.pos += 2
		default: // a marker, or 0xff at the very end
			b.fed += 8
		}
		b.acc |= uint64(v) << (56 - b.n)
		b.n += 8
	}
}

// Take reads up to 16 bits.
func (b *Bits) Take(n int) int32 {
	if n == 0 {
		return 0
	}
	if b.n < n {
		b.Fill()
	}
	v := int32(b.acc >> (64 - n))
	b.acc <<= n
	b.n -= n
	return v
}

// Extend reads n bits as a signed difference: T.81 F.2.2.1.
func (b *Bits) Extend(n int) int32 {
	v := b.Take(n)
	if n > 0 && v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v
}

// Symbol reads one Huffman code; ok is false where there is none like it.
func (b *Bits) Symbol(h *Huffman) (v byte, ok bool) {
	if b.n < 16 {
		b.Fill()
	}
	if e := h.look[b.acc>>(64-lookBits)]; e != 0 {
		b.acc <<= e >> 8
		b.n -= int(e >> 8)
		return byte(e), true
	}
	for length := lookBits + 1; length <= 16; length++ {
		code := int32(b.acc >> (64 - length))
		if code <= h.maxCode[length] {
			b.acc <<= length
			b.n -= length
			return h.values[h.first[length]+code-h.minCode[length]], true
		}
	}
	return 0, false
}

// Err reports that more bits were read than there are.
func (b *Bits) Err() error {
	if b.fed > b.n {
		return frame.Truncatedf(where, "entropy-coded data: want more, got a marker or the end at byte %d", b.pos)
	}
	return nil
}

// Restart passes over the rest of the interval and the restart marker; ok is false where another
// marker or the end stands there.
func (b *Bits) Restart() bool {
	b.acc, b.n, b.fed = 0, 0, 0
	for b.pos+1 < len(b.data) {
		if b.data[b.pos] == 0xff {
			switch m := b.data[b.pos+1]; {
			case m >= RST0 && m <= RST7:
				b.pos += 2
				return true
			case m == 0xff:
				b.pos++
				continue
			case m != 0:
				return false
			}
		}
		b.pos++
	}
	return false
}

// Pos is how many bytes have been taken in.
func (b *Bits) Pos() int { return b.pos }

// Ensure sees that at least 48 bits can be peeked at.
func (b *Bits) Ensure() {
	if b.n < 48 {
		b.Fill()
	}
}

// Peek shows the next n bits (1 to 32), which Ensure must have made ready.
func (b *Bits) Peek(n int) uint32 { return uint32(b.acc >> (64 - n)) }

// Drop passes over n bits that were peeked at.
func (b *Bits) Drop(n int) {
	b.acc <<= n
	b.n -= n
}

// State gives the bits that are ready, at the top, and their number, to be read without b for a while.
func (b *Bits) State() (acc uint64, n int) { return b.acc, b.n }

// SetState gives b back what State and Refill gave.
func (b *Bits) SetState(acc uint64, n int) { b.acc, b.n = acc, n }

// Refill is Fill for bits that are not with b.
func (b *Bits) Refill(acc uint64, n int) (uint64, int) {
	b.acc, b.n = acc, n
	b.Fill()
	return b.acc, b.n
}

// Left is how many bits are ready.
func (b *Bits) Left() int { return b.n }
