package jpeg2000

// headerWriter writes packet headers, with a zero bit behind every byte 0xff: T.800 B.10.1.
type headerWriter struct {
	out []byte
	cur byte
	n   int // bits in cur
	max int // bits that cur takes, 0 standing for 8
}

func (w *headerWriter) put(v, n int) {
	for i := n - 1; i >= 0; i-- {
		w.cur = w.cur<<1 | byte(v>>i&1)
		w.n++
		if w.n == w.room() {
			w.next()
		}
	}
}

func (w *headerWriter) room() int {
	if w.max == 0 {
		return 8
	}
	return w.max
}

func (w *headerWriter) next() {
	w.out = append(w.out, w.cur)
	w.max = 8
	if w.cur == 0xff {
		w.max = 7
	}
	w.cur, w.n = 0, 0
}

// finish fills the last byte; the header must not end with 0xff.
func (w *headerWriter) finish() []byte {
	for w.n > 0 {
		w.put(0, 1)
	}
	if len(w.out) > 0 && w.out[len(w.out)-1] == 0xff {
		w.out = append(w.out, 0)
	}
	return w.out
}

// passes codes their number: T.800 table B.4.
func (w *headerWriter) passes(n int) {
	switch {
	case n == 1:
		w.put(0, 1)
	case n == 2:
		w.put(2, 2)
	case n <= 5:
		w.put(3<<2+n-3, 4)
	case n <= 36:
		w.put(15<<5+n-6, 9)
	default:
		w.put(511<<7+n-37, 16)
	}
}

func (t *tagTree) set(x, y, v int) { t.levels[0].nodes[y*t.levels[0].w+x].value = v }

// settle gives the inner nodes the least value of those below.
func (t *tagTree) settle() {
	for l := 1; l < len(t.levels); l++ {
		below, level := &t.levels[l-1], &t.levels[l]
		for i := range level.nodes {
			level.nodes[i].value = 1 << 30
		}
		for i, n := range below.nodes {
			up := &level.nodes[i/below.w/2*level.w+i%below.w/2]
			up.value = min(up.value, n.value)
		}
	}
}

// encode writes whether the leaf's value is below the threshold, as decode reads it.
func (t *tagTree) encode(w *headerWriter, x, y, threshold int) {
	low := 0
	for l := len(t.levels) - 1; l >= 0; l-- {
		level := &t.levels[l]
		n := &level.nodes[(y>>l)*level.w+x>>l]
		n.low = max(n.low, low)
		for n.low < threshold && !n.known {
			if n.low >= n.value {
				w.put(1, 1)
				n.known = true
			} else {
				w.put(0, 1)
				n.low++
			}
		}
		low = n.low
	}
}

// mqEncoder is the arithmetic coder of T.800 C.2. out[0] stands before the first byte.
type mqEncoder struct {
	out   []byte
	a, c  uint32
	ct    uint32
	state mqContexts
}

func (m *mqEncoder) start() {
	m.state.reset()
	m.out, m.a, m.c, m.ct = append(m.out[:0], 0), 0x8000, 0, 12
}

func (m *mqEncoder) encode(cx uint8, bit uint32) {
	s := m.state[cx&31]
	qe := uint32(s >> 48)
	m.a -= qe
	if bit == uint32(s&1) {
		if m.a&0x8000 != 0 {
			m.c += qe
			return
		}
		if m.a < qe {
			m.a = qe
		} else {
			m.c += qe
		}
		m.state[cx&31] = mqRows[s>>8&127]
	} else {
		if m.a < qe {
			m.c += qe
		} else {
			m.a = qe
		}
		m.state[cx&31] = mqRows[s>>16&127]
	}
	for {
		m.a <<= 1
		m.c <<= 1
		if m.ct--; m.ct == 0 {
			m.byteOut()
		}
		if m.a&0x8000 != 0 {
			return
		}
	}
}

func (m *mqEncoder) byteOut() {
	last := &m.out[len(m.out)-1]
	if *last != 0xff && m.c&0x8000000 != 0 {
		*last++
		if *last == 0xff {
			m.c &= 0x7ffffff
		}
	}
	if *last == 0xff {
		m.out = append(m.out, byte(m.c>>20))
		m.c &= 0xfffff
		m.ct = 7
		return
	}
	m.out = append(m.out, byte(m.c>>19))
	m.c &= 0x7ffff
	m.ct = 8
}

// finish ends the codeword: T.800 C.2.9.
func (m *mqEncoder) finish() []byte {
	top := m.c + m.a
	m.c |= 0xffff
	if m.c >= top {
		m.c -= 0x8000
	}
	m.c <<= m.ct
	m.byteOut()
	m.c <<= m.ct
	m.byteOut()
	if n := len(m.out); m.out[n-1] == 0xff {
		m.out = m.out[:n-1]
	}
	return append([]byte(nil), m.out[1:]...)
}
