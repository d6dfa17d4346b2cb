package jpeg

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
)

// runs looks up codes of coefficients with the bits behind them: T.81 F.2.2.2. An entry holds the bits that
// it takes (0: a longer code) from bit 0, the run from bit 5, the size from bit 9 where its bits are still to
// come, and from bit 16 the coefficient where held says that it is there.
type runs struct {
	look  [1 << runBits]uint32
	table *jpegstream.Huffman
}

const (
	runBits = 10
	held    = 1 << 13
)

func newRuns(h *jpegstream.Huffman) *runs {
	r := &runs{table: h}
	for i := range r.look {
		symbol, length := h.Find(uint16(i) << (16 - runBits))
		if length == 0 || length > runBits {
			continue
		}
		size := int(symbol & 15)
		e := uint32(length) | uint32(symbol>>4)<<5 | uint32(size)<<9
		if size > 0 && length+size <= runBits {
			v := int32(i>>(runBits-length-size)) & (1<<size - 1)
			e = uint32(length+size) | uint32(symbol>>4)<<5 | held | uint32(extend(v, size))<<16
		}
		r.look[i] = e
	}
	return r
}

// extend is T.81 F.2.2.1.
func extend(v int32, size int) int32 {
	if v < 1<<(size-1) {
		v += -1<<size + 1
	}
	return v
}

// places is zigzag, with room for runs that go past the end.
var places = func() (p [80]uint8) {
	copy(p[:], zigzag[:])
	return p
}()

// sequential decodes a whole block into coefficients of natural order, which are zero before: T.81 F.2.2. only
// says that all but the first are zero.
func (r *scanReader) sequential(i int, c *[64]int16) (only bool, err error) {
	dc, ac := r.differences[i], r.runs[i]
	acc, n := r.bits.State()
	if n < 32 {
		acc, n = r.bits.Refill(acc, n)
	}
	switch e := dc.look[acc>>(64-runBits)]; {
	case e&(held|15<<5) == held:
		acc <<= e & 31
		n -= int(e & 31)
		r.pred[i] += int32(e) >> 16
	case e != 0 && e>>5 == 0: // no difference
		acc <<= e & 31
		n -= int(e & 31)
	default:
		r.bits.SetState(acc, n)
		if _, err := r.difference(i); err != nil {
			return false, err
		}
		acc, n = r.bits.State()
	}
	if r.pred[i] < -1<<16 || r.pred[i] > 1<<16 {
		return false, frame.Errorf(where, "entropy-coded data: want DC values of at most 16 bits, got %d", r.pred[i])
	}
	c[0] = int16(r.pred[i])
	k := 1
	for k < 64 {
		if n < 32 {
			acc, n = r.bits.Refill(acc, n)
		}
		e := ac.look[acc>>(64-runBits)]
		if e&31 == 0 {
			r.bits.SetState(acc, n)
			symbol, ok := r.bits.Symbol(ac.table)
			if !ok {
				return false, errCode
			}
			acc, n = r.bits.State()
			e = uint32(symbol>>4)<<5 | uint32(symbol&15)<<9
		}
		acc <<= e & 31
		n -= int(e & 31)
		run := int(e >> 5 & 15)
		if e&held != 0 {
			k += run
			c[places[k]] = int16(e >> 16)
			k++
			continue
		}
		size := int(e >> 9 & 15)
		if size == 0 {
			if run != 15 {
				break
			}
			k += 16
			continue
		}
		k += run
		v := int32(acc >> ((64 - size) & 63))
		acc <<= size & 63
		n -= size
		c[places[k]] = int16(extend(v, size))
		k++
	}
	r.bits.SetState(acc, n)
	if k > 64 {
		return false, frame.Errorf(where, "entropy-coded data: want 63 AC coefficients, got more")
	}
	return k == 1, nil
}

// put8 transforms a block into 8-bit samples.
func put8(dst []byte, stride int, c *[64]int16, q *[64]int32, only bool) {
	_ = dst[7*stride+7]
	if only { // all samples are alike
		v := (int32(c[0])*q[0]<<constBits + 1<<10) >> 11
		v = clamp((v<<constBits+1<<17)>>18+128, 255)
		for y := range 8 {
			binary.LittleEndian.PutUint64(dst[y*stride:], uint64(v)*0x0101010101010101)
		}
		return
	}
	if fast {
		idctFast(&dst[0], stride, &c[0], &q[0])
		return
	}
	idctPlain(dst, stride, c, q)
}

// idctPlain is the twin of idctFast.
func idctPlain(dst []byte, stride int, c *[64]int16, q *[64]int32) {
	var b [64]int32
	for k := range b {
		b[k] = int32(c[k]) * q[k]
	}
	idct(&b, 2, 128, 255)
	for y := range 8 {
		for x, v := range b[8*y:][:8] {
			dst[y*stride+x] = byte(v)
		}
	}
}

// put12 transforms a block into 12-bit samples.
func put12(dst []uint16, stride int, c *[64]int16, q *[64]int32) {
	var b [64]int32
	for k := range b {
		b[k] = int32(c[k]) * q[k]
	}
	idct(&b, 1, 2048, 4095)
	for y := range 8 {
		for x, v := range b[8*y:][:8] {
			dst[y*stride+x] = uint16(v)
		}
	}
}
