package jpeg

import "encoding/binary"

// sample is one of 8 or 12 bits.
type sample interface{ uint8 | uint16 }

// write brings every component to full size and lays the frame out.
func (d *decoder) write(dst []byte) {
	w, h, n := d.header.Width, d.header.Height, len(d.planes)
	size := d.info.BytesPerSample()
	if d.header.Precision == 8 && size == 1 {
		d.writeBytes(dst)
		return
	}
	row := make([]uint16, w+d.header.MaxH*8)
	for i := range d.planes {
		p := &d.planes[i]
		words := p.words
		if words == nil {
			words = make([]uint16, len(p.bytes))
			for k, v := range p.bytes {
				words[k] = uint16(v)
			}
		}
		rows := upsampler(p, words, d.header.MaxH, d.header.MaxV, w)
		for y := range h {
			at := (y*w*n + i) * size
			for _, v := range rows(row, y)[:w] {
				if size == 1 {
					dst[at] = byte(v)
				} else {
					binary.LittleEndian.PutUint16(dst[at:], v)
					clear(dst[at+2 : at+size])
				}
				at += n * size
			}
		}
	}
}

// writeBytes is write for frames of bytes.
func (d *decoder) writeBytes(dst []byte) {
	w, n := d.header.Width, len(d.planes)
	rows := make([]func(out []uint8, y int) []uint8, n)
	room := make([][]uint8, n)
	lines := make([][]uint8, n)
	for i := range d.planes {
		p := &d.planes[i]
		rows[i], room[i] = upsampler(p, p.bytes, d.header.MaxH, d.header.MaxV, w), make([]uint8, w+d.header.MaxH*8)
	}
	for y := range d.header.Height {
		out := dst[y*w*n:][:w*n]
		for i := range rows {
			lines[i] = rows[i](room[i], y)[:w]
		}
		switch n {
		case 1:
			copy(out, lines[0])
		case 3:
			interleave(out, lines[0], lines[1], lines[2])
		default:
			for i, line := range lines {
				for x, v := range line {
					out[x*n+i] = v
				}
			}
		}
	}
}

// interleave makes pixels of three rows.
func interleave(out, a, b, c []uint8) {
	done := 0
	if fast && len(a) >= 16 {
		done = len(a) &^ 15
		_, _ = b[done-1], c[done-1]
		interleaveFast(&out[0], &a[0], &b[0], &c[0], done)
	}
	interleavePlain(out[3*done:], a[done:], b[done:], c[done:])
}

func interleavePlain(out, a, b, c []uint8) {
	for x := range a {
		out[3*x], out[3*x+1], out[3*x+2] = a[x], b[x], c[x]
	}
}

// line is row y of samples of the component, held to those that exist.
func line[T sample](p *plane, samples []T, y int) []T {
	y = max(0, min(y, p.height-1))
	return samples[y*8*p.blocksX:][:p.width]
}

// upsampler gives a function that makes row y at full width, in out or in memory of its own. The
// factors 2 × 1, 1 × 2 and 2 × 2 use triangle filters with the rounding of libjpeg; others repeat samples.
func upsampler[T sample](p *plane, samples []T, maxH, maxV, width int) func(out []T, y int) []T {
	fx, fy := maxH/p.h, maxV/p.v
	exact := fx*p.h == maxH && fy*p.v == maxV
	smooth := p.width > 2
	row := func(y int) []T { return line(p, samples, y) }
	doubled := doublePlain[T]
	if f, ok := any(doubleBytes).(func(out, near, far []T)); ok && fast {
		doubled = f
	}
	switch {
	case exact && fx == 1 && fy == 1:
		return func(_ []T, y int) []T { return row(y) }
	case exact && fx == 2 && fy == 1 && smooth:
		return func(out []T, y int) []T {
			doubled(out, row(y), nil)
			return out
		}
	case exact && fx == 1 && fy == 2:
		return func(out []T, y int) []T {
			near, far, bias := row(y/2), row(y/2-1), uint32(1)
			if y%2 == 1 {
				far, bias = row(y/2+1), 2
			}
			for x := range near {
				out[x] = T((3*uint32(near[x]) + uint32(far[x]) + bias) >> 2)
			}
			return out
		}
	case exact && fx == 2 && fy == 2 && smooth:
		return func(out []T, y int) []T {
			far := y/2 - 1
			if y%2 == 1 {
				far = y/2 + 1
			}
			doubled(out, row(y/2), row(far))
			return out
		}
	}
	return func(out []T, y int) []T {
		in := row(y * p.v / maxV)
		for x := range width {
			out[x] = in[min(x*p.h/maxH, len(in)-1)]
		}
		return out
	}
}

// doublePlain doubles a row: each sample lies a quarter off the centre of two of the original. With far the
// row lies a quarter off near too. out has room for twice as many.
func doublePlain[T sample](out, near, far []T) { doubleRange(out, near, far, 0, len(near)) }

func doubleRange[T sample](out, near, far []T, from, to int) {
	n := len(near)
	if far == nil {
		for x := from; x < to; x++ {
			this := 3 * uint32(near[x])
			out[2*x] = T((this + uint32(near[max(0, x-1)]) + 1) >> 2)
			out[2*x+1] = T((this + uint32(near[min(n-1, x+1)]) + 2) >> 2)
		}
		return
	}
	sum := func(x int) uint32 {
		x = max(0, min(x, n-1))
		return 3*uint32(near[x]) + uint32(far[x])
	}
	for x := from; x < to; x++ {
		this := 3 * sum(x)
		out[2*x], out[2*x+1] = T((this+sum(x-1)+8)>>4), T((this+sum(x+1)+7)>>4)
	}
}

// doubleBytes is doublePlain by the kernels but for both ends.
func doubleBytes(out, near, far []uint8) {
	inner := max(0, len(near)-2) &^ 15
	if inner > 0 {
		_ = out[2*inner+1]
		if far == nil {
			widenRowFast(&out[2], &near[1], &near[1], inner)
		} else {
			_ = far[inner+1]
			doubleRowFast(&out[2], &near[1], &far[1], inner)
		}
	}
	doubleRange(out, near, far, 0, 1)
	doubleRange(out, near, far, 1+inner, len(near))
}
