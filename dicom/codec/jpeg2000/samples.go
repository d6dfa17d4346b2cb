package jpeg2000

import (
	"math"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// planes decodes the code-blocks of a tile and undoes the wavelet and component transforms.
func (t *tile) planes(blocks *blockDecoder) ([]plane, error) {
	out := make([]plane, len(t.components))
	for i := range t.components {
		tc := &t.components[i]
		p := &out[i]
		p.w, p.h = tc.x1-tc.x0, tc.y1-tc.y0
		if tc.coding.reversible {
			p.whole = make([]int32, p.w*p.h)
		} else {
			p.real = make([]float32, p.w*p.h)
		}
		for r := range tc.resolutions {
			res := &tc.resolutions[r]
			for _, pr := range res.precincts {
				if pr == nil {
					continue
				}
				for bi := range pr.bands {
					for k := range pr.bands[bi].blocks {
						cb := &pr.bands[bi].blocks[k]
						if len(cb.segments) == 0 {
							continue
						}
						if err := p.block(blocks, tc, &res.bands[bi], cb); err != nil {
							return nil, err
						}
					}
				}
			}
		}
		p.inverse(tc)
	}
	if t.header.transform {
		if err := untangle(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// block decodes one code-block into its place.
func (p *plane) block(b *blockDecoder, tc *tileComponent, bd *band, cb *codeBlock) error {
	planes := bd.planes + tc.roi - cb.zeroPlanes
	if planes < 1 {
		return frame.Errorf(where, "code-block: want bit-planes, got %d of which %d are empty", bd.planes+tc.roi, cb.zeroPlanes)
	}
	var data []uint32
	stride, w, h := 0, cb.x1-cb.x0, cb.y1-cb.y0
	if tc.coding.style&styleHT != 0 {
		if err := b.ht.decode(cb, bd.planes+tc.roi, tc.coding.style); err != nil {
			return err
		}
		data, stride = b.ht.data, b.ht.stride
	} else {
		if err := b.decode(cb, bd.kind, planes, tc.coding.style); err != nil {
			return err
		}
		data, stride = b.data, w
	}
	if tc.roi > 0 {
		for i, v := range data {
			if m := v &^ (1 << 31); m >= 1<<tc.roi {
				data[i] = m>>tc.roi | v&(1<<31)
			}
		}
	}
	at := (cb.y0-bd.y0+bd.offY)*p.w + cb.x0 - bd.x0 + bd.offX
	if p.whole != nil {
		for y := range h {
			row := p.whole[at+y*p.w:][:w]
			for x, v := range data[y*stride:][:w] {
				sign := int32(v) >> 31
				row[x] = (int32(v<<1>>2) ^ sign) - sign
			}
		}
		return nil
	}
	half := bd.step / 2
	for y := range h {
		row := p.real[at+y*p.w:][:w]
		for x, v := range data[y*stride:][:w] {
			row[x] = math.Float32frombits(math.Float32bits(float32(int32(v&^(1<<31)))*half) | v&(1<<31))
		}
	}
	return nil
}

// untangle undoes the transform of the first three components: T.800 annex G.
func untangle(p []plane) error {
	if len(p) < 3 || p[0].w != p[1].w || p[0].w != p[2].w || p[0].h != p[1].h || p[0].h != p[2].h ||
		(p[0].whole == nil) != (p[1].whole == nil) || (p[0].whole == nil) != (p[2].whole == nil) {
		return frame.Errorf(where, "component transform: want three components of one size and kind, got others")
	}
	if p[0].whole != nil {
		a, b, c := p[0].whole, p[1].whole, p[2].whole
		for i := range a {
			g := a[i] - (b[i]+c[i])>>2
			a[i], b[i], c[i] = c[i]+g, g, b[i]+g
		}
		return nil
	}
	a, b, c := p[0].real, p[1].real, p[2].real
	for i := range a {
		y, cb, cr := a[i], b[i], c[i]
		a[i], b[i], c[i] = y+1.402*cr, y-0.34413*cb-0.71414*cr, y+1.772*cb
	}
	return nil
}

// write rounds and shifts the samples of a tile and lays them out in the frame.
func (d *decoder) write(dst []byte, t *tile, planes []plane) {
	samples, size := d.info.Samples, d.info.BytesPerSample()
	for i, c := range d.size.components {
		p := &planes[i]
		lo, hi, shift := int64(0), int64(1)<<c.precision-1, int64(1)<<(c.precision-1)
		if c.signed {
			lo, hi, shift = -shift, shift-1, 0
		}
		tc := &t.components[i]
		for y := t.y0; y < t.y1; y++ {
			py := y/c.dy - tc.y0
			at := ((y-d.size.y0)*d.info.Columns + t.x0 - d.size.x0) * samples
			for x := t.x0; x < t.x1; x++ {
				px := x
				if c.dx > 1 {
					px /= c.dx
				}
				n := max(0, min(py, p.h-1))*p.w + max(0, min(px-tc.x0, p.w-1))
				v := int64(0)
				switch {
				case n >= p.w*p.h:
				case p.whole != nil:
					v = int64(p.whole[n])
				default:
					v = int64(math.RoundToEven(float64(p.real[n])))
				}
				v = max(lo, min(v+shift, hi))
				o := (at + i) * size
				switch size {
				case 1:
					dst[o] = byte(v)
				case 2:
					dst[o], dst[o+1] = byte(v), byte(v>>8)
				default:
					for k := range size {
						dst[o+k] = byte(v >> (8 * k))
					}
				}
				at += samples
			}
		}
	}
}
