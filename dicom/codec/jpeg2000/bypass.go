package jpeg2000

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
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		for x := range b.w {
			for row := range 4 {
				w := b.flags[f+x] >> (3 * row)
				if w&(sigThis|piThis) != 0 || w&neighbours == 0 {
					continue
				}
				if b.raw.bit() != 0 {
					negative := b.raw.bit()
					b.put((y+row)*b.w+x, negative, plane)
					b.setSignificant(f+x, row, negative)
				}
				b.flags[f+x] |= piThis << (3 * row)
			}
		}
	}
}

func (b *blockDecoder) refinementRaw(plane int) {
	half := int32(1) << (plane - 1)
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		for x := range b.w {
			for row := range 4 {
				w := b.flags[f+x] >> (3 * row)
				if w&(sigThis|piThis) != sigThis {
					continue
				}
				b.refine((y+row)*b.w+x, b.raw.bit(), half)
				b.flags[f+x] |= muThis << (3 * row)
			}
		}
	}
}
