package jpeg2000

// refine decodes the significance propagation and magnitude refinement passes of plane p − 1 that follow
// a cleanup pass of plane p: T.814 7.4 and 7.5.
func (b *htDecoder) refine(seg *segment, p uint, causal bool) {
	b.columns()
	b.propagate(seg.data, p, causal)
	if seg.passes > 1 {
		b.magRef(seg.data, p)
	}
}

// columns gathers the significance after the cleanup pass by stripes of four rows, one entry of sig a
// column, with one before the first and one behind the last.
func (b *htDecoder) columns() {
	stripes := (b.h + 3) / 4
	stride := b.w + 2
	b.sig = resize(b.sig, stride*(stripes+1))
	clear(b.sig)
	b.fresh = resize(b.fresh, stride)
	for y := range b.h {
		row := b.data[y*b.stride:][:b.w]
		out := b.sig[y/4*stride+1:][:b.w]
		for x, v := range row {
			if v != 0 {
				out[x] |= 1 << (y % 4)
			}
		}
	}
}

// propagate decodes the significance propagation pass: four columns of a stripe at a time, first which
// samples become significant, then their signs.
func (b *htDecoder) propagate(data []byte, p uint, causal bool) {
	stride := b.w + 2
	in := htForward{data: data}
	clear(b.fresh) // significance of the stripe above, new and old, by column
	for y := 0; y < b.h; y += 4 {
		rows := min(4, b.h-y)
		sig, next := b.sig[y/4*stride:][:stride], b.sig[(y/4+1)*stride:][:stride]
		// around is a column of six rows with the samples above and below the stripe.
		around := func(x int, above uint8) uint32 {
			v := uint32(sig[x])<<1 | uint32(above)>>3
			if !causal {
				v |= uint32(next[x]) & 1 << 5
			}
			return v
		}
		var left uint32
		old := b.fresh[1] // of the stripe above, before this one overwrites it
		for x0 := 1; x0 <= b.w; x0 += 4 {
			var found [4]uint32
			x1 := min(x0+4, b.w+1)
			any := uint32(0)
			for x := x0; x < x1; x++ {
				here := around(x, old)
				old = b.fresh[x+1]
				right := around(x+1, old)
				if left|here|right != 0 {
					before := here
					for r := range rows {
						if here>>(r+1)&1 != 0 || (left|right)>>r&7|here>>r&5 == 0 {
							continue
						}
						if in.n == 0 {
							in.more()
						}
						here |= uint32(in.acc&1) << (r + 1)
						in.acc >>= 1
						in.n--
					}
					found[x-x0] = (here &^ before) >> 1
					any |= found[x-x0]
				}
				b.fresh[x] = uint8(here >> 1 & 15)
				left = here
			}
			if any == 0 {
				continue
			}
			for i, f := range found {
				for r := range rows {
					if f>>r&1 == 0 {
						continue
					}
					if in.n == 0 {
						in.more()
					}
					b.data[(y+r)*b.stride+x0-1+i] = 3<<(p-1) | uint32(in.acc&1)<<31
					in.acc >>= 1
					in.n--
				}
			}
		}
	}
}

// magRef decodes the magnitude refinement pass: one bit for each sample that the cleanup pass found.
func (b *htDecoder) magRef(data []byte, p uint) {
	stride := b.w + 2
	in := htBackward{data: data, last: 0xff}
	step := uint32(1) << (p - 1)
	for y := 0; y < b.h; y += 4 {
		for x, f := range b.sig[y/4*stride+1:][:b.w] {
			for r := 0; f != 0; r, f = r+1, f>>1 {
				if f&1 == 0 {
					continue
				}
				if in.n == 0 {
					in.more()
				}
				// Half a step of plane p gives way to a bit and half a step of the plane below.
				b.data[(y+r)*b.stride+x] += (2*in.take(1) - 1) * step
			}
		}
	}
}
