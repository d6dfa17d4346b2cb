package jpegls

import "math/bits"

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
// nearly all samples go through it.
func (c *coder) line(i int) {
	above, row := c.above[i][:c.width+2], c.row[i][:c.width+2]
	q, maxVal, near, in := c.quant, c.maxVal, c.near, &c.in
	contexts := &c.model.regular
	long := c.limit - c.qbpp - 1
	ra, rb, rc := row[0], above[1], above[0]
	q2 := int(q[rb-rc+maxVal])
	for x := 1; x <= c.width; {
		rd := above[x+1]
		q1 := int(q[rd-rb+maxVal])
		ctx := (q1*9+q2)*9 + int(q[rc-ra+maxVal])
		if ctx == 0 {
			n := c.runLength(i, c.width-x+1)
			for range n {
				row[x] = ra
				x++
			}
			if x > c.width {
				break
			}
			rb = above[x]
			if d := ra - rb; d <= near && -d <= near {
				ra = c.interruption(1, ra, 1, i)
			} else {
				ra = c.interruption(0, rb, sign(rb-ra), i)
			}
			row[x] = ra
			c.runIndex[i] = max(0, c.runIndex[i]-1)
			x++
			rb, rc = above[x], rb
			q2 = int(q[rb-rc+maxVal])
			continue
		}
		turn := int32(ctx >> 63)
		m := &contexts[(ctx^int(turn))-int(turn)]
		px := max(0, min(predict(ra, rb, rc)+(m.c^turn)-turn, maxVal))
		k := golomb(m.n, m.a)
		if in.n < 48 {
			in.fill()
		}
		var v int32
		if zeros := int32(bits.LeadingZeros64(in.acc)); zeros+1+k <= int32(in.n) && zeros < long {
			acc := in.acc << (zeros + 1)
			v = zeros<<k | int32(acc>>(63-k)>>1)
			in.acc = acc << k
			in.n -= int(zeros + 1 + k)
		} else {
			v = in.golomb(k, c.limit, c.qbpp)
		}
		err := v>>1 ^ -(v & 1)
		if k == 0 && near == 0 && 2*m.b <= -m.n {
			err = ^err
		}
		m.update(err, c.scale, c.reset)
		ra = c.rebuild(px, (err^turn)-turn)
		row[x] = ra
		x++
		rc, rb, q2 = rb, rd, q1
	}
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

// predict is the median edge detector: T.87 A.4.1.
func predict(a, b, c int32) int32 {
	lo, hi := min(a, b), max(a, b)
	switch {
	case c >= hi:
		return lo
	case c <= lo:
		return hi
	}
	return a + b - c
}

// regular decodes a sample in context ctx, which is negative where the sign is turned: T.87 A.4 to A.6.
func (c *coder) regular(ctx int, px int32) int32 {
	turn := int32(1)
	if ctx < 0 {
		turn, ctx = -1, -ctx
	}
	m := &c.model.regular[ctx]
	px = max(0, min(px+turn*m.c, c.maxVal))
	k := golomb(m.n, m.a)
	v := c.in.golomb(k, c.limit, c.qbpp)
	err := v>>1 ^ -(v & 1)
	if k == 0 && c.near == 0 && 2*m.b <= -m.n {
		err = ^err
	}
	m.update(err, c.scale, c.reset)
	return c.rebuild(px, turn*err)
}

// rebuild adds an error to the prediction, modulo the range: T.87 A.4.5 and A.8.
func (c *coder) rebuild(px, err int32) int32 {
	v := px + err*c.scale
	if v < -c.near {
		v += c.span * c.scale
	} else if v > c.maxVal+c.near {
		v -= c.span * c.scale
	}
	return max(0, min(v, c.maxVal))
}

// runLength decodes the length of a run, at most left: T.87 A.7.1.
func (c *coder) runLength(i, left int) int {
	n := 0
	for c.in.bits(1) == 1 {
		step := 1 << runLengths[c.runIndex[i]]
		if n+step <= left {
			n += step
			c.runIndex[i] = min(31, c.runIndex[i]+1)
		} else {
			return left
		}
		if n == left {
			return n
		}
	}
	return min(left, n+int(c.in.bits(int32(runLengths[c.runIndex[i]]))))
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
