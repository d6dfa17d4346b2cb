package jpegls

import (
	"encoding/binary"
	"math/bits"
)

// coder decodes the samples of one scan: T.87 annex A. Rows have one sample of room on either side.
type coder struct {
	*params
	model      *model
	in         reader
	width      int
	above, row [][]int32
	runIndex   []int
}

// line decodes a row of component i. The regular mode (T.87 A.4 to A.6) is written out here, since
// nearly all samples go through it; the bits are kept in registers meanwhile.
func (c *coder) line(i int) {
	above, row := c.above[i][:c.width+2], c.row[i][:c.width+2]
	q, in, contexts := c.quant, &c.in, &c.model.regular
	mid, maxVal, scale, reset := int(c.maxVal), c.maxVal, c.scale, c.reset
	exact := c.near == 0 && c.span&(c.span-1) == 0 // the range is that of a mask
	long := uint(c.limit - c.qbpp - 1)
	acc, ready, pos := in.acc, uint(in.n), in.pos
	ra, rb, rc := row[0], above[1], above[0]
	q2 := int(q[int(rb-rc)+mid])
	for x := 1; x <= c.width; {
		rd := above[x+1]
		q1 := int(q[int(rd-rb)+mid])
		ctx := (q1*9+q2)*9 + int(q[int(rc-ra)+mid])
		if ctx == 0 {
			in.acc, in.n, in.pos = acc, int(ready), pos
			n := c.runLength(i, c.width-x+1)
			for range n {
				row[x] = ra
				x++
			}
			if x > c.width {
				return
			}
			rb = above[x]
			if d := ra - rb; d <= c.near && -d <= c.near {
				ra = c.interruption(1, ra, 1, i)
			} else {
				ra = c.interruption(0, rb, sign(rb-ra), i)
			}
			row[x] = ra
			c.runIndex[i] = max(0, c.runIndex[i]-1)
			x++
			rb, rc = above[x], rb
			q2 = int(q[int(rb-rc)+mid])
			acc, ready, pos = in.acc, uint(in.n), in.pos
			continue
		}
		turn := int32(ctx >> 63)
		m := &contexts[(ctx^int(turn)-int(turn))&511]
		k := uint(m.k) & 31
		px := predict(ra, rb, rc) + (int32(m.c) ^ turn) - turn
		if uint32(px) > uint32(maxVal) {
			px = max(0, min(px, maxVal))
		}
		if ready < 32 {
			w := uint64(0xff)
			if pos+8 <= len(in.data) && !in.last {
				w = binary.BigEndian.Uint64(in.data[pos:])
			}
			if (^w-0x0101010101010101)&w&0x8080808080808080 == 0 {
				// Bits of a byte that is not counted yet come again with it.
				acc |= w >> ready
				pos += int(64-ready) >> 3
				ready += (64 - ready) &^ 7
			} else {
				in.acc, in.n, in.pos = acc, int(ready), pos
				in.fill()
				acc, ready, pos = in.acc, uint(in.n), in.pos
			}
		}
		var v int32
		if zeros := uint(bits.LeadingZeros64(acc)); zeros+1+k <= ready && zeros < long {
			acc <<= (zeros + 1) & 63
			v = int32(zeros<<k | uint(acc>>1>>(63-k)))
			acc <<= k
			ready -= zeros + 1 + k
		} else {
			in.acc, in.n, in.pos = acc, int(ready), pos
			v = in.golomb(int32(k), c.limit, c.qbpp)
			acc, ready, pos = in.acc, uint(in.n), in.pos
		}
		err := v>>1 ^ -(v & 1)
		if k == 0 && scale == 1 && 2*m.b <= -m.n {
			err = ^err
		}
		// As context.update does it.
		a, b, n := m.a+max(err, -err), m.b+err*scale, m.n
		if n == reset {
			a >>= 1
			b >>= 1
			n >>= 1
		}
		n++
		low, high := (b+n-1)>>31, -b>>31
		m.a, m.n = a, n
		m.b = max(1-n, min(0, b+n&low-n&high))
		m.c = int16(max(-128, min(127, int32(m.c)+low-high)))
		if n<<k < a || n<<k>>1 >= a {
			m.k = uint16(golomb(n, a))
		}
		if exact {
			ra = (px + (err ^ turn) - turn) & maxVal
		} else {
			ra = c.rebuild(px, (err^turn)-turn)
		}
		row[x] = ra
		x++
		rc, rb, q2 = rb, rd, q1
	}
	in.acc, in.n, in.pos = acc, int(ready), pos
}

// pixels decodes a row whose components are interleaved by sample: T.87 B.3 and annex A.7 with one
// run for all components.
func (c *coder) pixels() {
	q := c.quant
	n := len(c.row)
	var ctx [4]int
	for x := 1; x <= c.width; {
		run := true
		for i := range n {
			above, row := c.above[i], c.row[i]
			ra, rb, rc, rd := row[x-1], above[x], above[x-1], above[x+1]
			ctx[i] = (int(q[rd-rb+c.maxVal])*9+int(q[rb-rc+c.maxVal]))*9 + int(q[rc-ra+c.maxVal])
			run = run && ctx[i] == 0
		}
		if !run {
			for i := range n {
				above, row := c.above[i], c.row[i]
				row[x] = c.regular(ctx[i], predict(row[x-1], above[x], above[x-1]))
			}
			x++
			continue
		}
		for range c.runLength(0, c.width-x+1) {
			for i := range n {
				c.row[i][x] = c.row[i][x-1]
			}
			x++
		}
		if x > c.width {
			break
		}
		for i := range n {
			ra, rb := c.row[i][x-1], c.above[i][x]
			c.row[i][x] = c.interruption(0, rb, sign(rb-ra), 0)
		}
		c.runIndex[0] = max(0, c.runIndex[0]-1)
		x++
	}
}

func sign(v int32) int32 {
	if v < 0 {
		return -1
	}
	return 1
}

// predict is the median edge detector, the middle one of a, b and a + b - c: T.87 A.4.1. Which of them it is
// is a matter of chance in noise, so it does without branches.
func predict(a, b, c int32) int32 {
	d := a - b
	less := d & (d >> 31)
	low, span := b+less, d-2*less
	t := max0(b - c + a - low)
	return low + span - max0(span-t)
}

func max0(v int32) int32 { return v &^ (v >> 31) }

// regular decodes a sample in context ctx, which is negative where the sign is turned: T.87 A.4 to A.6.
func (c *coder) regular(ctx int, px int32) int32 {
	in := &c.in
	turn := int32(ctx >> 63)
	m := &c.model.regular[(ctx^int(turn)-int(turn))&511]
	k := uint(m.k) & 31
	if px += (int32(m.c) ^ turn) - turn; uint32(px) > uint32(c.maxVal) {
		px = max(0, min(px, c.maxVal))
	}
	if in.n < 32 {
		in.fill()
	}
	var v int32
	acc := in.acc
	if zeros := uint(bits.LeadingZeros64(acc)); zeros+1+k <= uint(in.n) && zeros < uint(c.limit-c.qbpp-1) {
		acc <<= (zeros + 1) & 63
		v = int32(zeros<<k | uint(acc>>1>>(63-k)))
		in.acc = acc << k
		in.n -= int(zeros + 1 + k)
	} else {
		v = in.golomb(int32(k), c.limit, c.qbpp)
	}
	err := v>>1 ^ -(v & 1)
	if k == 0 && c.near == 0 && 2*m.b <= -m.n {
		err = ^err
	}
	m.update(err, c.scale, c.reset)
	return c.rebuild(px, (err^turn)-turn)
}

// rebuild adds an error to the prediction, modulo the range: T.87 A.4.5 and A.8.
func (c *coder) rebuild(px, err int32) int32 {
	v := px + err*c.scale
	if uint32(v) <= uint32(c.maxVal) {
		return v
	}
	if v < -c.near {
		v += c.span * c.scale
	} else if v > c.maxVal+c.near {
		v -= c.span * c.scale
	}
	return max(0, min(v, c.maxVal))
}

// runLength decodes the length of a run, at most left: T.87 A.7.1.
func (c *coder) runLength(i, left int) int {
	in, n, index := &c.in, 0, c.runIndex[i]
	for {
		if in.n < 16 {
			in.fill()
		}
		if in.acc>>63 == 0 {
			break
		}
		in.acc <<= 1
		in.n--
		step := 1 << runLengths[index&31]
		if n+step > left {
			n = left
		} else {
			n += step
			index = min(31, index+1)
		}
		if n == left {
			c.runIndex[i] = index
			return n
		}
	}
	in.acc <<= 1 // the zero
	in.n--
	c.runIndex[i] = index
	return min(left, n+int(in.bits(int32(runLengths[index&31]))))
}

// interruption decodes the sample that ends a run: T.87 A.7.2.
func (c *coder) interruption(kind int32, px, turn int32, i int) int32 {
	m := &c.model.run[kind]
	k := golomb(m.n, m.a+kind*(m.n>>1))
	v := c.in.golomb(k, c.limit-int32(runLengths[c.runIndex[i]])-1, c.qbpp)
	t := v + kind
	err := (t + t&1) / 2
	if negative := k != 0 || 2*m.b >= m.n; negative == (t&1 == 1) {
		err = -err
	}
	if err < 0 {
		m.b++
	}
	m.a += (v + 1 - kind) >> 1
	if m.n == c.reset {
		m.a >>= 1
		m.n >>= 1
		m.b >>= 1
	}
	m.n++
	return c.rebuild(px, turn*err)
}
