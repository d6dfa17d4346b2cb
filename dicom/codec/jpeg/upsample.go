package jpeg

import "encoding/binary"

// write brings every component to full size and lays the frame out.
func (d *decoder) write(dst []byte) {
	w, h, samples := d.header.Width, d.header.Height, len(d.planes)
	row := make([]uint16, w+d.header.MaxH*8)
	size := d.info.BytesPerSample()
	for i := range d.planes {
		p := &d.planes[i]
		rows := upsampler(p, d.header.MaxH, d.header.MaxV, w)
		for y := range h {
			line := rows(row, y)
			at := (y*w*samples + i) * size
			for x := range w {
				switch size {
				case 1:
					dst[at] = byte(line[x])
				case 2:
					binary.LittleEndian.PutUint16(dst[at:], line[x])
				default:
					for k := range size {
						dst[at+k] = 0
					}
					binary.LittleEndian.PutUint16(dst[at:], line[x])
				}
				at += samples * size
			}
		}
	}
}

// line is a row of samples of the component, held to those that exist.
func (p *plane) line(y int) []uint16 {
	y = max(0, min(y, p.height-1))
	return p.samples[y*8*p.blocksX:][:p.width]
}

// upsampler gives a function that makes row y at full width, in out or in memory of its own. The
// factors 2 × 1, 1 × 2 and 2 × 2 use triangle filters with the rounding of libjpeg; others repeat samples.
func upsampler(p *plane, maxH, maxV, width int) func(out []uint16, y int) []uint16 {
	fx, fy := maxH/p.h, maxV/p.v
	exact := fx*p.h == maxH && fy*p.v == maxV
	smooth := p.width > 2
	switch {
	case exact && fx == 1 && fy == 1:
		return func(_ []uint16, y int) []uint16 { return p.line(y) }
	case exact && fx == 2 && fy == 1 && smooth:
		return func(out []uint16, y int) []uint16 { return wide(out, p.line(y), width) }
	case exact && fx == 1 && fy == 2:
		return func(out []uint16, y int) []uint16 {
			near, far, bias := p.line(y/2), p.line(y/2-1), uint32(1)
			if y%2 == 1 {
				far, bias = p.line(y/2+1), 2
			}
			for x := range near {
				out[x] = uint16((3*uint32(near[x]) + uint32(far[x]) + bias) >> 2)
			}
			return out
		}
	case exact && fx == 2 && fy == 2 && smooth:
		sums := make([]uint32, p.width)
		return func(out []uint16, y int) []uint16 {
			near, far := p.line(y/2), p.line(y/2-1)
			if y%2 == 1 {
				far = p.line(y/2 + 1)
			}
			for x := range sums {
				sums[x] = 3*uint32(near[x]) + uint32(far[x])
			}
			n := len(sums)
			for x, this := range sums {
				last, next := sums[max(0, x-1)], sums[min(n-1, x+1)]
				left, right := (3*this+last+8)>>4, (3*this+next+7)>>4
				if 2*x < width {
					out[2*x] = uint16(left)
				}
				if 2*x+1 < width {
					out[2*x+1] = uint16(right)
				}
			}
			return out
		}
	}
	return func(out []uint16, y int) []uint16 {
		line := p.line(y * p.v / maxV)
		for x := range width {
			out[x] = line[min(x*p.h/maxH, len(line)-1)]
		}
		return out
	}
}

// wide doubles a row: each sample lies a quarter off the centre of two of the original.
func wide(out, in []uint16, width int) []uint16 {
	n := len(in)
	for x, v := range in {
		this := 3 * uint32(v)
		left, right := (this+uint32(in[max(0, x-1)])+1)>>2, (this+uint32(in[min(n-1, x+1)])+2)>>2
		if 2*x < width {
			out[2*x] = uint16(left)
		}
		if 2*x+1 < width {
			out[2*x+1] = uint16(right)
		}
	}
	return out
}
