package jpegls

// coder decodes the samples of one scan: T.87 annex A. Rows have one sample of room on either side.
type coder struct {
	*params
	model      *model
	in         reader
	width      int
	above, row [][]int32
	runIndex   []int
}

// line decodes a row of component i.
func (c *coder) line(i int) {
	above, row := c.above[i], c.row[i]
	q, near := c.quant, c.near
	for x := 1; x <= c.width; {
		ra, rb, rc, rd := row[x-1], above[x], above[x-1], above[x+1]
		q1, q2, q3 := int(q[rd-rb+c.maxVal]), int(q[rb-rc+c.maxVal]), int(q[rc-ra+c.maxVal])
		ctx := (q1*9+q2)*9 + q3
		if ctx != 0 {
			row[x] = c.regular(ctx, predict(ra, rb, rc))
			x++
			continue
		}
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
			row[x] = c.interruption(1, ra, 1, i)
		} else {
			row[x] = c.interruption(0, rb, sign(rb-ra), i)
		}
		c.runIndex[i] = max(0, c.runIndex[i]-1)
		x++
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
