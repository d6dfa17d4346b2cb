package jpeg2000

import "math/bits"

// rawBits reads the segments that selective arithmetic coding bypass leaves uncoded: T.800 D.6.
type rawBits struct {
	data []byte
	pos  int
	c    uint32
	ct   uint32
}

func (r *rawBits) bit() uint32 {
	if r.ct == 0 {
		r.ct = 8
		if r.c == 0xff {
			r.ct = 7
		}
		r.c = 0xff
		if r.pos < len(r.data) {
			r.c = uint32(r.data[r.pos])
			r.pos++
		}
	}
	r.ct--
	return r.c >> r.ct & 1
}

func (b *blockDecoder) significanceRaw(plane int) {
	value := uint32(3) << (plane - 1)
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		for x := range b.w {
			word := b.flags[f+x]
			open := near(word) &^ (word>>4 | word>>21)
			for open != 0 {
				shift := bits.TrailingZeros32(open)
				open &= open - 1
				word |= piThis << shift
				if b.raw.bit() == 0 {
					continue
				}
				negative := b.raw.bit()
				word |= b.setSignificant(f+x, shift, negative)
				b.data[(y+shift/3)*b.w+x] = value | negative<<31
				open |= 8 << shift & everyRow &^ (word>>4 | word>>21)
			}
			b.flags[f+x] = word
		}
	}
}

func (b *blockDecoder) refinementRaw(plane int) {
	half := uint32(1) << (plane - 1)
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		for x := range b.w {
			word := b.flags[f+x]
			open := word >> 4 &^ (word >> 21) & everyRow
			b.flags[f+x] = word | open<<mu0
			for ; open != 0; open &= open - 1 {
				b.data[(y+bits.TrailingZeros32(open)/3)*b.w+x] += (2*b.raw.bit() - 1) * half
			}
		}
	}
}
