package jpeg2000

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/internal/simd/wavelet"
)

// write undoes the transform between components, rounds and shifts the samples of a tile, and lays them out in the
// frame.
func (d *decoder) write(dst []byte, t *tile, p []plane) error {
	if t.header.transform {
		if len(p) < 3 || p[0].w != p[1].w || p[0].w != p[2].w || p[0].h != p[1].h || p[0].h != p[2].h ||
			(p[0].whole == nil) != (p[1].whole == nil) || (p[0].whole == nil) != (p[2].whole == nil) {
			return frame.Errorf(where, "component transform: want three components of one size and kind, got others")
		}
	}
	components := d.size.components
	if t.header.matrices {
		m := t.header.multi
		if m == nil || len(m.stages) == 0 || len(m.depths) == 0 {
			return frame.Errorf(multiWhere, "want MCO and CBD, got none")
		}
		if err := m.apply(p); err != nil {
			return err
		}
		components = make([]component, len(p))
		for i, c := range d.size.components {
			components[i] = m.depths[i]
			components[i].dx, components[i].dy, components[i].unshifted = c.dx, c.dy, true
		}
	}
	if err := within(components, d.info); err != nil {
		return err
	}
	w := t.x1 - t.x0
	lines := make([][]int32, len(p))
	for i := range lines {
		lines[i] = make([]int32, max(w, p[i].w))
	}
	done := -1 // rows whose components are by themselves
	for y := t.y0; y < t.y1; y++ {
		if t.header.transform {
			done = t.apart(p, y, d.size, done)
		}
		for i, c := range components {
			p, tc, line := &p[i], &t.components[i], lines[i]
			if p.w == 0 || p.h == 0 {
				continue
			}
			row := max(0, min(y/c.dy-tc.y0, p.h-1)) * p.w
			if p.whole != nil {
				shifted(line[:p.w], p.whole[row:][:p.w], c)
			} else {
				rounded(line[:p.w], p.real[row:][:p.w], c)
			}
			if c.dx > 1 {
				for x := t.x1 - 1; x >= t.x0; x-- { // samples only move to the right
					line[x-t.x0] = line[max(0, min(x/c.dx-tc.x0, p.w-1))]
				}
			}
		}
		d.lay(dst, ((y-d.size.y0)*d.info.Columns+t.x0-d.size.x0)*d.info.Samples, lines, w)
	}
	return nil
}

// apart undoes the transform of the first three components (T.800 annex G) in the row that holds line y of the
// picture, where that is behind row done. It gives that row.
func (t *tile) apart(p []plane, y int, s *size, done int) int {
	w := p[0].w
	row := max(0, min(y/s.components[0].dy-t.components[0].y0, p[0].h-1))
	if row == done || w == 0 || p[0].h == 0 {
		return done
	}
	at := row * w
	if p[0].whole != nil {
		wavelet.Reversible(p[0].whole[at:][:w], p[1].whole[at:][:w], p[2].whole[at:][:w])
	} else {
		wavelet.Irreversible(p[0].real[at:][:w], p[1].real[at:][:w], p[2].real[at:][:w])
	}
	return row
}

// limits gives what a component's samples are shifted by, and their range then.
func (c component) limits() (shift, lo, hi int64) {
	half := int64(1) << (c.precision - 1)
	switch {
	case c.signed:
		return 0, -half, half - 1
	case c.unshifted:
		return 0, 0, 2*half - 1
	}
	return half, 0, 2*half - 1
}

// shifted undoes the shift of T.800 G.1.2 and keeps samples within their range.
func shifted(dst, src []int32, c component) {
	shift, lo, hi := c.limits()
	if c.precision <= 24 {
		wavelet.Within(dst, src, int32(lo-shift), int32(hi-shift), int32(shift))
		return
	}
	for i, v := range src {
		dst[i] = int32(max(lo, min(int64(v)+shift, hi)))
	}
}

// rounded does the same for float32, to the nearest whole number, halves to even.
func rounded(dst []int32, src []float32, c component) {
	shift, lo, hi := c.limits()
	if c.precision <= 24 {
		wavelet.Nearest(dst, src, float32(lo-shift), float32(hi-shift), int32(shift))
		return
	}
	for i, v := range src {
		dst[i] = int32(int64(max(float64(lo), min(math.RoundToEven(float64(v))+float64(shift), float64(hi)))))
	}
}

// lay writes w pixels of a row, of which the first starts at sample number at of the frame.
func (d *decoder) lay(dst []byte, at int, lines [][]int32, w int) {
	samples, size := d.info.Samples, d.info.BytesPerSample()
	dst = dst[at*size:][:w*samples*size]
	switch {
	case size == 1 && samples == 3:
		wavelet.Pixels(dst, lines[0][:w], lines[1], lines[2])
	case size == 2 && samples == 1 && littleEndian && uintptr(unsafe.Pointer(&dst[0]))%2 == 0:
		wavelet.Narrow(unsafe.Slice((*uint16)(unsafe.Pointer(&dst[0])), w), lines[0][:w])
	default:
		for s, line := range lines {
			for i, v := range line[:w] {
				for k := range size {
					dst[(i*samples+s)*size+k] = byte(int64(v) >> (8 * k))
				}
			}
		}
	}
}

// littleEndian says whether words in memory are as they are in a frame.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1
