package jpeg2000

import "github.com/caliper-imaging/caliper/dicom/codec/frame"

// htDecoder decodes code-blocks of high throughput (ITU-T T.814, ISO/IEC 15444-15), one after another,
// in memory of its own. A quad is two by two samples, numbered down and then across.
type htDecoder struct {
	w, h   int
	across int         // quads across
	stride int         // of data, at least w
	data   []uint32    // magnitudes times two with half a step added; bit 31 is the sign
	buf    []byte      // the cleanup segment
	quads  []uint32    // by quad an entry of htTables and, from bit 16 on, the residual of its exponent
	row    int         // quads of a row in quads, with one before the first and two behind the last
	bits   []byte      // MagSgn bits, see unstuff
	bottom [2][]uint32 // see magnitudes
	sig    []uint8     // see refine
	fresh  []uint8
}

// decode decodes the segments of a code-block in a band of planes bit-planes.
func (b *htDecoder) decode(cb *codeBlock, planes, style int) error {
	b.w, b.h = cb.x1-cb.x0, cb.y1-cb.y0
	b.across = (b.w + 1) / 2
	b.stride = (b.w + 3) &^ 3
	b.data = resize(b.data, b.stride*((b.h+3)&^3))
	// Cleanup segments and those of both refinements alternate; each cleanup pass goes one plane deeper,
	// the first by as many more as there are placeholders before it. The last with data counts.
	set := -1
	for i := 0; i < len(cb.segments); i += 2 {
		if len(cb.segments[i].data) > 0 {
			set = i
		}
	}
	if set < 0 {
		clear(b.data)
		return nil
	}
	p := planes - 1 - cb.zeroPlanes - (cb.segments[0].passes-1)/3 - set/2
	if p < 0 {
		return frame.Errorf(where, "code-block: want passes of %d bit-planes, got more", planes)
	}
	if err := b.cleanup(cb.segments[set].data, uint(p), uint32(planes-p+1)); err != nil {
		return err
	}
	if set+1 < len(cb.segments) && p > 0 && len(cb.segments[set+1].data) > 0 {
		b.refine(&cb.segments[set+1], uint(p), style&styleCausal != 0)
	}
	return nil
}

// cleanup decodes the cleanup pass of plane p, with exponents of at most limit: T.814 7.3.
func (b *htDecoder) cleanup(data []byte, p uint, limit uint32) error {
	n := len(data)
	if n < 2 {
		return frame.Errorf(where, "cleanup segment: want 2 bytes and more, got %d", n)
	}
	suffix := int(data[n-1])<<4 | int(data[n-2]&15)
	if suffix < 2 || suffix > n || suffix > 4079 {
		return frame.Errorf(where, "cleanup segment: want 2 to %d bytes in its second part, got %d", min(n, 4079), suffix)
	}
	// The twelve bits of that length count as ones from here on.
	b.buf = append(b.buf[:0], data...)
	b.buf[n-1] = 0xff
	b.buf[n-2] |= 0x0f
	down := (b.h + 1) / 2
	b.row = b.across + 3
	b.quads = resize(b.quads, b.row*down)
	b.patterns(b.buf[n-suffix:], down)
	return b.magnitudes(b.buf[:n-suffix], p, limit, down)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// patterns decodes the significance, the known bits and the residuals of all quads: T.814 7.3.4 to 7.3.6.
func (b *htDecoder) patterns(data []byte, down int) {
	t := htTables()
	events := mel{data: data}
	n := len(data)
	vlc := htBackward{data: data[:n-2], acc: uint64(data[n-2] >> 4), n: 4, last: data[n-2]}
	if vlc.acc&7 == 7 {
		vlc.acc, vlc.n = 7, 3
	}
	b.firstPatterns(t, &vlc, &events)
	for y := 1; y < down; y++ {
		above, here := b.quads[(y-1)*b.row:][:b.row], b.quads[y*b.row:][:b.row]
		here[0] = 0
		here[b.across+1], here[b.across+2] = 0, 0
		left := uint32(0)
		for q := 1; q <= b.across; q += 2 {
			if vlc.n < 38 {
				vlc.more()
			}
			bits := vlc.acc
			used := uint(0)
			a0, a1, a2, a3 := above[q-1], above[q], above[q+1], above[q+2]
			// The context: above left and above, left, above right. Bits 5, 6 and 7 of an entry are the
			// significance at the bottom left, top right and bottom right.
			c := (a0>>7|a1>>5)&1 | (left>>6|left>>7)&1<<1 | (a1>>7|a2>>5)&1<<2
			var e0, e1 uint32
			if c != 0 || events.event() {
				e0 = uint32(t.other[c<<7|uint32(bits&127)])
				bits >>= e0 & htLength
				used = uint(e0 & htLength)
			}
			if q < b.across {
				c = (a1>>7|a2>>5)&1 | (e0>>6|e0>>7)&1<<1 | (a2>>7|a3>>5)&1<<2
				if c != 0 || events.event() {
					e1 = uint32(t.other[c<<7|uint32(bits&127)])
					bits >>= e1 & htLength
					used += uint(e1 & htLength)
				}
			}
			left = e1
			if kind := e0>>3&1 | e1>>3&1<<1; kind != 0 {
				pair := t.pairs[kind<<6|uint32(bits&63)]
				if pair&0xff00 == 0 { // no suffixes
					bits >>= pair & 7
					used += uint(pair & 7)
					e0 |= pair & 0xff0000
					e1 |= pair >> 24 << 16
				} else {
					var u0, u1 uint32
					u0, u1, bits, used = residuals(pair, bits, used)
					e0 |= u0 << 16
					e1 |= u1 << 16
				}
			}
			here[q], here[q+1] = e0, e1
			vlc.acc, vlc.n = bits, vlc.n-used
		}
	}
}

// firstPatterns decodes the first row of quads.
func (b *htDecoder) firstPatterns(t *htLookup, vlc *htBackward, events *mel) {
	here := b.quads[:b.row]
	here[0] = 0
	here[b.across+1], here[b.across+2] = 0, 0
	context := func(left uint32) uint32 { return (left>>4|left>>5)&1 | left>>6&3<<1 }
	left := uint32(0)
	for q := 1; q <= b.across; q += 2 {
		if vlc.n < 38 {
			vlc.more()
		}
		bits := vlc.acc
		used := uint(0)
		var e0, e1 uint32
		if c := context(left); c != 0 || events.event() {
			e0 = uint32(t.first[c<<7|uint32(bits&127)])
			bits >>= e0 & htLength
			used = uint(e0 & htLength)
		}
		if q < b.across {
			if c := context(e0); c != 0 || events.event() {
				e1 = uint32(t.first[c<<7|uint32(bits&127)])
				bits >>= e1 & htLength
				used += uint(e1 & htLength)
			}
		}
		left = e1
		if kind := e0>>3&1 | e1>>3&1<<1; kind != 0 {
			if kind == htPairBoth {
				kind = htPairSmall
				if events.event() {
					kind = htPairLarge
				}
			}
			var u0, u1 uint32
			u0, u1, bits, used = residuals(t.pairs[kind<<6|uint32(bits&63)], bits, used)
			e0 |= u0 << 16
			e1 |= u1 << 16
		}
		here[q], here[q+1] = e0, e1
		vlc.acc, vlc.n = bits, vlc.n-used
	}
}

// residuals reads what follows the prefixes of a pair: both suffixes, then both extensions.
func residuals(pair uint32, bits uint64, used uint) (u0, u1 uint32, rest uint64, total uint) {
	n, n0, n1 := pair&255, pair>>8&15, pair>>12&15
	bits >>= n & 63
	s0 := uint32(bits) & (1<<n0 - 1)
	bits >>= n0 & 63
	s1 := uint32(bits) & (1<<n1 - 1)
	bits >>= n1 & 63
	used += uint(n + n0 + n1)
	u0, u1 = pair>>16&255+s0, pair>>24+s1
	if s0|s1 >= 28 {
		if s0 >= 28 {
			u0 += 4 * (uint32(bits) & 15)
			bits >>= 4
			used += 4
		}
		if s1 >= 28 {
			u1 += 4 * (uint32(bits) & 15)
			bits >>= 4
			used += 4
		}
	}
	return u0, u1, bits, used
}
