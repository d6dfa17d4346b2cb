package jpeg2000

import "github.com/caliper-imaging/caliper/dicom/codec/frame"

// Code-block styles: T.800 table A.19.
const (
	styleBypass    = 1
	styleReset     = 2
	styleTermAll   = 4
	styleCausal    = 8
	stylePredTerm  = 16
	styleSegSymbol = 32
	styleHT        = 64 // T.814 table A.4, as the next
	styleMixed     = 128
)

// A flag word stands for four samples below each other. Bits 0 to 17 say which of the 3 × 6 samples
// in and around them are significant, row by row from the one above left; the others hold the signs
// of the column (chi), what has been refined (mu), and what this bit-plane has visited (pi).
const (
	sigNW, sigN, sigNE = 1 << 0, 1 << 1, 1 << 2
	sigW, sigThis      = 1 << 3, 1 << 4
	sigE               = 1 << 5
	sigSW, sigS, sigSE = 1 << 6, 1 << 7, 1 << 8
	neighbours         = sigNW | sigN | sigNE | sigW | sigE | sigSW | sigS | sigSE
	chi0               = 18
	chi1               = 19
	mu0                = 20
	pi0                = 21
	chi2               = 22
	chi5               = 31
	piThis             = 1 << pi0
	muThis             = 1 << mu0
	piAll              = 1<<pi0 | 1<<(pi0+3) | 1<<(pi0+6) | 1<<(pi0+9)
)

// zeroContexts gives the context of T.800 table D.1 by band kind (0 LL and LH, 1 HL, 2 HH) and neighbours.
var zeroContexts = func() (out [3][512]uint8) {
	for kind := range out {
		for n := range out[kind] {
			bit := func(mask int) int {
				if n&mask != 0 {
					return 1
				}
				return 0
			}
			h, v := bit(sigW)+bit(sigE), bit(sigN)+bit(sigS)
			d := bit(sigNW) + bit(sigNE) + bit(sigSW) + bit(sigSE)
			if kind == 1 {
				h, v = v, h
			}
			c := 0
			if kind == 2 {
				switch hv := h + v; {
				case d >= 3:
					c = 8
				case d == 2:
					c = 6 + min(hv, 1)
				case d == 1:
					c = 3 + min(hv, 2)
				default:
					c = min(hv, 2)
				}
			} else {
				switch {
				case h == 2:
					c = 8
				case h == 1 && v >= 1:
					c = 7
				case h == 1:
					c = 5 + min(d, 1)
				case v == 2:
					c = 4
				case v == 1:
					c = 3
				default:
					c = min(d, 2)
				}
			}
			out[kind][n] = uint8(ctxZero + c)
		}
	}
	return out
}()

// signContexts gives the context (low bits) and the flip (bit 7) of T.800 tables D.2 and D.3 by an
// index: the signs of W, E, N, S in bits 0, 2, 4, 6, their significance in 3, 5, 1, 7.
var signContexts = func() (out [256]uint8) {
	for i := range out {
		one := func(sig, chi int) int {
			if i&sig == 0 {
				return 0
			}
			if i&chi != 0 {
				return -1
			}
			return 1
		}
		h := max(-1, min(1, one(sigW, 1<<0)+one(sigE, 1<<2)))
		v := max(-1, min(1, one(sigN, 1<<4)+one(sigS, 1<<6)))
		flip := uint8(0)
		if h < 0 || h == 0 && v < 0 {
			h, v, flip = -h, -v, 0x80
		}
		c := 0
		if h == 1 {
			c = 3 + v
		} else {
			c = v
		}
		out[i] = uint8(ctxSign+c) | flip
	}
	return out
}()

// blockDecoder decodes code-blocks one after another, in memory of its own.
type blockDecoder struct {
	mq     mq
	raw    rawBits
	w, h   int
	stride int
	flags  []uint32
	data   []uint32 // w × h, magnitudes times two with half a step added; bit 31 is the sign
	buf    []byte
	zero   *[512]uint8
	causal bool
	ht     htDecoder
}

// decode decodes the segments of a code-block of bit-planes planes (with those of a region of interest).
func (b *blockDecoder) decode(cb *codeBlock, kind, planes, style int) error {
	b.w, b.h = cb.x1-cb.x0, cb.y1-cb.y0
	b.stride = b.w + 2
	n := b.stride * ((b.h+3)/4 + 2)
	if cap(b.flags) < n {
		b.flags = make([]uint32, n)
	}
	b.flags = b.flags[:n]
	clear(b.flags)
	if cap(b.data) < b.w*b.h {
		b.data = make([]uint32, b.w*b.h)
	}
	b.data = b.data[:b.w*b.h]
	clear(b.data)
	if planes > 30 {
		return frame.Unsupportedf(where, "code-block: want at most 30 bit-planes, got %d", planes)
	}
	b.zero, b.causal = &zeroContexts[kind], style&styleCausal != 0
	b.maskRows()
	b.mq.state.reset()
	plane, pass := planes, 2
	for _, seg := range cb.segments {
		b.buf = append(append(b.buf[:0], seg.data...), 0xff, 0xff)
		bypass := style&styleBypass != 0 && plane <= planes-4 && pass < 2
		if bypass {
			b.raw = rawBits{data: b.buf[:len(seg.data)]}
		} else {
			b.mq.start(b.buf)
		}
		for range seg.passes {
			if plane < 1 {
				return frame.Errorf(where, "code-block: want passes of %d bit-planes, got more", planes)
			}
			switch {
			case pass == 0 && bypass:
				b.significanceRaw(plane)
			case pass == 0 && fast:
				b.run(significanceFast, 3<<(plane-1))
			case pass == 0:
				b.significance(plane)
			case pass == 1 && bypass:
				b.refinementRaw(plane)
			case pass == 1 && fast:
				b.run(refinementFast, 1<<(plane-1))
			case pass == 1:
				b.refinement(plane)
			default:
				if fast {
					b.run(cleanupFast, 3<<(plane-1))
				} else {
					b.cleanup(plane)
				}
				b.maskRows()
				if style&styleSegSymbol != 0 {
					for range 4 {
						b.mq.decode(ctxUni)
					}
				}
			}
			if style&styleReset != 0 && !bypass {
				b.mq.state.reset()
			}
			if pass++; pass == 3 {
				pass = 0
				plane--
			}
		}
	}
	return nil
}

// maskRows marks the rows below the block, in a last stripe that is not full, as visited and
// significant for good, so that no pass takes them up.
func (b *blockDecoder) maskRows() {
	rest := b.h % 4
	if rest == 0 {
		return
	}
	mask := uint32(0)
	for row := rest; row < 4; row++ {
		mask |= piThis << (3 * row)
	}
	at := b.stride*(b.h/4+1) + 1
	for x := range b.w {
		b.flags[at+x] |= mask
	}
}

// setSignificant tells a sample's neighbours, and gives what is to be set in its own word f. The sample's
// row stands shift bits up.
func (b *blockDecoder) setSignificant(f, shift int, negative uint32) uint32 {
	b.flags[f-1] |= sigE << shift
	b.flags[f+1] |= sigW << shift
	if shift == 0 && !b.causal {
		n := f - b.stride
		b.flags[n] |= negative<<chi5 | 1<<16
		b.flags[n-1] |= 1 << 17
		b.flags[n+1] |= 1 << 15
	}
	if shift == 9 {
		s := f + b.stride
		b.flags[s] |= negative<<chi0 | sigN
		b.flags[s-1] |= sigNE
		b.flags[s+1] |= sigNW
	}
	return (negative<<chi1 | sigThis) << shift
}

// signIndex is the index into signContexts of a sample whose word is w.
func (b *blockDecoder) signIndex(f int, w uint32, shift int) uint32 {
	i := w >> shift & (sigN | sigW | sigE | sigS)
	i |= b.flags[f-1] >> (chi1 + shift) & 1
	i |= b.flags[f+1] >> (chi1 + shift) & 1 << 2
	above := chi0
	if shift > 0 {
		above = chi1 + shift - 3
	}
	i |= w >> above & 1 << 4
	return i | w>>(chi2+shift)&1<<6
}
