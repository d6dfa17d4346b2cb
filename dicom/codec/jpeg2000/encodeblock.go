package jpeg2000

import "math/bits"

// encodedBlock is a code-block in one codeword of all its passes.
type encodedBlock struct {
	data   []byte
	planes int
	passes int
}

// blockEncoder codes code-blocks; it keeps the same flags as the decoder.
type blockEncoder struct {
	flags    blockDecoder
	mq       mqEncoder
	mag      []uint32
	negative []bool
}

func (e *blockEncoder) encode(data []int32, stride, w, h, kind int) encodedBlock {
	b := &e.flags
	b.w, b.h, b.stride = w, h, w+2
	n := b.stride * ((h+3)/4 + 2)
	if cap(b.flags) < n {
		b.flags = make([]uint32, n)
	}
	b.flags = b.flags[:n]
	clear(b.flags)
	b.zero = &zeroContexts[kind]
	b.maskRows()
	if cap(e.mag) < w*h {
		e.mag, e.negative = make([]uint32, w*h), make([]bool, w*h)
	}
	e.mag, e.negative = e.mag[:w*h], e.negative[:w*h]
	var all uint32
	for y := range h {
		for x, v := range data[y*stride:][:w] {
			e.mag[y*w+x], e.negative[y*w+x] = uint32(max(v, -v)), v < 0
			all |= e.mag[y*w+x]
		}
	}
	out := encodedBlock{planes: bits.Len32(all)}
	if out.planes == 0 {
		return out
	}
	e.mq.start()
	for p := out.planes - 1; p >= 0; p-- {
		if p < out.planes-1 {
			e.significance(p)
			e.refinement(p)
			out.passes += 2
		}
		e.cleanup(p)
		out.passes++
	}
	out.data = e.mq.finish()
	return out
}

// sign codes the sign of a sample that has become significant, and tells its neighbours.
func (e *blockEncoder) sign(f, row, at int) {
	b := &e.flags
	negative := uint32(0)
	if e.negative[at] {
		negative = 1
	}
	c := signContexts[b.signIndex(f, b.flags[f], 3*row)]
	e.mq.encode(c&0x7f, negative^uint32(c>>7))
	b.flags[f] |= b.setSignificant(f, 3*row, negative)
}

func (e *blockEncoder) significance(p int) {
	b := &e.flags
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		for x := range b.w {
			for row := range 4 {
				w := b.flags[f+x] >> (3 * row)
				if w&(sigThis|piThis) != 0 || w&neighbours == 0 {
					continue
				}
				at := (y+row)*b.w + x
				bit := e.mag[at] >> p & 1
				e.mq.encode(b.zero[w&(neighbours|sigThis)], bit)
				if bit != 0 {
					e.sign(f+x, row, at)
				}
				b.flags[f+x] |= piThis << (3 * row)
			}
		}
	}
}

func (e *blockEncoder) refinement(p int) {
	b := &e.flags
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		for x := range b.w {
			for row := range 4 {
				w := b.flags[f+x] >> (3 * row)
				if w&(sigThis|piThis) != sigThis {
					continue
				}
				cx := uint8(ctxMag)
				switch {
				case w&muThis != 0:
					cx = ctxMag + 2
				case w&neighbours != 0:
					cx = ctxMag + 1
				}
				e.mq.encode(cx, e.mag[(y+row)*b.w+x]>>p&1)
				b.flags[f+x] |= muThis << (3 * row)
			}
		}
	}
}

func (e *blockEncoder) cleanup(p int) {
	b := &e.flags
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		for x := range b.w {
			row, known := 0, false
			if b.flags[f+x] == 0 {
				for row < 4 && e.mag[(y+row)*b.w+x]>>p&1 == 0 {
					row++
				}
				if row == 4 {
					e.mq.encode(ctxRun, 0)
					continue
				}
				e.mq.encode(ctxRun, 1)
				e.mq.encode(ctxUni, uint32(row>>1))
				e.mq.encode(ctxUni, uint32(row&1))
				known = true
			}
			for ; row < 4; row++ {
				w := b.flags[f+x] >> (3 * row)
				if w&(sigThis|piThis) != 0 {
					continue
				}
				at := (y+row)*b.w + x
				bit := e.mag[at] >> p & 1
				if !known {
					e.mq.encode(b.zero[w&(neighbours|sigThis)], bit)
				}
				known = false
				if bit != 0 {
					e.sign(f+x, row, at)
				}
			}
			b.flags[f+x] &^= piAll
		}
	}
	b.maskRows()
}
