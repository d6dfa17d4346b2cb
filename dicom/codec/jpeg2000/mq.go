package jpeg2000

import "math/bits"

// mqState is one row of T.800 table C.2, doubled for the two senses of the more probable symbol.
type mqState struct {
	qe         uint32
	mps        uint32
	nmps, nlps *mqState
}

var mqStates = func() *[94]mqState {
	out := new([94]mqState)
	rows := [47]struct {
		qe         uint32
		nmps, nlps uint8
		swap       bool
	}{
		{0x5601, 1, 1, true}, {0x3401, 2, 6, false}, {0x1801, 3, 9, false}, {0x0ac1, 4, 12, false}, {0x0521, 5, 29, false}, {0x0221, 38, 33, false},
		{0x5601, 7, 6, true}, {0x5401, 8, 14, false}, {0x4801, 9, 14, false}, {0x3801, 10, 14, false}, {0x3001, 11, 17, false}, {0x2401, 12, 18, false},
		{0x1c01, 13, 20, false}, {0x1601, 29, 21, false}, {0x5601, 15, 14, true}, {0x5401, 16, 14, false}, {0x5101, 17, 15, false}, {0x4801, 18, 16, false},
		{0x3801, 19, 17, false}, {0x3401, 20, 18, false}, {0x3001, 21, 19, false}, {0x2801, 22, 19, false}, {0x2401, 23, 20, false}, {0x2201, 24, 21, false},
		{0x1c01, 25, 22, false}, {0x1801, 26, 23, false}, {0x1601, 27, 24, false}, {0x1401, 28, 25, false}, {0x1201, 29, 26, false}, {0x1101, 30, 27, false},
		{0x0ac1, 31, 28, false}, {0x09c1, 32, 29, false}, {0x08a1, 33, 30, false}, {0x0521, 34, 31, false}, {0x0441, 35, 32, false}, {0x02a1, 36, 33, false},
		{0x0221, 37, 34, false}, {0x0141, 38, 35, false}, {0x0111, 39, 36, false}, {0x0085, 40, 37, false}, {0x0049, 41, 38, false}, {0x0025, 42, 39, false},
		{0x0015, 43, 40, false}, {0x0009, 44, 41, false}, {0x0005, 45, 42, false}, {0x0001, 45, 43, false}, {0x5601, 46, 46, false},
	}
	for i, r := range rows {
		for mps := range uint8(2) {
			other := mps
			if r.swap {
				other ^= 1
			}
			out[2*i+int(mps)] = mqState{r.qe, uint32(mps), &out[2*r.nmps+mps], &out[2*r.nlps+other]}
		}
	}
	return out
}()

// mqContexts holds the state of each context; it has more places than there are contexts, so that an
// index of five bits needs no check.
type mqContexts [32]*mqState

func (c *mqContexts) reset() {
	for i := range c {
		c[i] = &mqStates[0]
	}
	c[ctxZero] = &mqStates[2*4]
	c[ctxRun] = &mqStates[2*3]
	c[ctxUni] = &mqStates[2*46]
}

// Contexts of T.800 table D.7.
const (
	ctxZero = 0 // 0 to 8
	ctxSign = 9 // 9 to 13
	ctxMag  = 14
	ctxRun  = 17
	ctxUni  = 18
)

// mq is the arithmetic decoder of T.800 annex C. Its data end with two bytes 0xff.
type mq struct {
	data  []byte
	pos   int
	a, c  uint32
	ct    uint32
	state mqContexts
}

// start begins a codeword segment: T.800 C.3.5.
func (m *mq) start(data []byte) {
	m.data, m.pos = data, 0
	m.c = uint32(data[0]) << 16
	m.byteIn()
	m.c <<= 7
	m.ct -= 7
	m.a = 0x8000
}

func (m *mq) byteIn() {
	if m.data[m.pos] == 0xff {
		if next := m.data[m.pos+1]; next > 0x8f {
			m.c += 0xff00
			m.ct = 8
		} else {
			m.pos++
			m.c += uint32(next) << 9
			m.ct = 7
		}
		return
	}
	m.pos++
	m.c += uint32(m.data[m.pos]) << 8
	m.ct = 8
}

// decode gives one decision in a context: T.800 C.3.2.
func (m *mq) decode(cx uint8) uint32 {
	s := m.state[cx&31]
	m.a -= s.qe
	if m.c>>16 < s.qe {
		return m.less(cx, s)
	}
	m.c -= s.qe << 16
	if m.a&0x8000 != 0 {
		return s.mps
	}
	return m.more(cx, s)
}

func (m *mq) less(cx uint8, s *mqState) uint32 {
	d := s.mps
	if m.a < s.qe {
		m.state[cx&31] = s.nmps
	} else {
		d ^= 1
		m.state[cx&31] = s.nlps
	}
	m.a = s.qe
	m.renorm()
	return d
}

func (m *mq) more(cx uint8, s *mqState) uint32 {
	d := s.mps
	if m.a < s.qe {
		d ^= 1
		m.state[cx&31] = s.nlps
	} else {
		m.state[cx&31] = s.nmps
	}
	m.renorm()
	return d
}

// renorm brings the interval back to 0x8000 and more: T.800 C.3.3.
func (m *mq) renorm() {
	n := uint32(bits.LeadingZeros16(uint16(m.a)))
	for n > m.ct {
		m.a <<= m.ct
		m.c <<= m.ct
		n -= m.ct
		m.byteIn()
	}
	m.a <<= n
	m.c <<= n
	m.ct -= n
}
