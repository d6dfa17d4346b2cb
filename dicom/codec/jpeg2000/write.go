package jpeg2000

import (
	"encoding/binary"
	"math"
)

// write rounds and shifts the samples of a tile and lays them out in the frame.
func (d *decoder) write(dst []byte, t *tile, planes []plane) {
	for i, c := range d.size.components {
		p, tc := &planes[i], &t.components[i]
		if p.w == 0 || p.h == 0 {
			continue
		}
		line := make([]int32, max(p.w, t.x1-t.x0))
		for y := t.y0; y < t.y1; y++ {
			row := max(0, min(y/c.dy-tc.y0, p.h-1)) * p.w
			out := line[:p.w]
			if p.whole != nil {
				shifted(out, p.whole[row:][:p.w], c)
			} else {
				rounded(out, p.real[row:][:p.w], c)
			}
			if c.dx > 1 {
				out = line[:t.x1-t.x0]
				for x := t.x1 - 1; x >= t.x0; x-- { // places only move to the right
					out[x-t.x0] = line[max(0, min(x/c.dx-tc.x0, p.w-1))]
				}
			}
			d.lay(dst, ((y-d.size.y0)*d.info.Columns+t.x0-d.size.x0)*d.info.Samples+i, out)
		}
	}
}

// limits gives what a component's samples are shifted by, and their range then.
func (c component) limits() (shift, lo, hi int64) {
	half := int64(1) << (c.precision - 1)
	if c.signed {
		return 0, -half, half - 1
	}
	return half, 0, 2*half - 1
}

// shifted undoes the shift of T.800 G.1.2 and keeps samples within their range. One of 32 bits without a sign
// wraps into the 32 bits that there are.
func shifted(dst, src []int32, c component) {
	shift, lo, hi := c.limits()
	if c.precision > 24 {
		for i, v := range src {
			dst[i] = int32(max(lo, min(int64(v)+shift, hi)))
		}
		return
	}
	s, l, h := int32(shift), int32(lo-shift), int32(hi-shift)
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = max(l, min(v, h)) + s
	}
}

// rounded does the same for float32, to the nearest whole number, halves to even.
func rounded(dst []int32, src []float32, c component) {
	shift, lo, hi := c.limits()
	if c.precision > 20 {
		for i, v := range src {
			dst[i] = int32(int64(max(float64(lo), min(math.RoundToEven(float64(v))+float64(shift), float64(hi)))))
		}
		return
	}
	// Where 2²³ · 1.5 is added, the last bit of the mantissa stands for 1.
	const far = 3 << 22
	s, l, h := int32(shift)-int32(math.Float32bits(far)), float32(lo-shift), float32(hi-shift)
	dst = dst[:len(src)]
	for i, v := range src {
		if !(v > l) {
			v = l
		} else if v > h {
			v = h
		}
		dst[i] = int32(math.Float32bits(v+far)) + s
	}
}

// lay writes one component's samples of a row, of which the first is sample number at of the frame.
func (d *decoder) lay(dst []byte, at int, line []int32) {
	samples, size := d.info.Samples, d.info.BytesPerSample()
	dst = dst[at*size:]
	switch {
	case size == 1 && samples == 1:
		dst = dst[:len(line)]
		for i, v := range line {
			dst[i] = byte(v)
		}
	case size == 1:
		o := 0
		for _, v := range line {
			dst[o] = byte(v)
			o += samples
		}
	case size == 2 && samples == 1:
		dst = dst[:2*len(line)]
		for i, v := range line {
			binary.LittleEndian.PutUint16(dst[2*i:], uint16(v))
		}
	default:
		o := 0
		for _, v := range line {
			for k := range size {
				dst[o+k] = byte(int64(v) >> (8 * k))
			}
			o += samples * size
		}
	}
}
