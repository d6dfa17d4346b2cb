package jpeg2000

import (
	"encoding/binary"
	"math/bits"
)

// mqRows is T.800 table C.2 by state × 2 + more probable symbol. A row holds Qe in its upper 16 bits, the
// rows that follow a less and a more probable symbol in bits 16 and 8, and the symbol in bit 0.
var mqRows = func() (out [128]uint64) {
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
		for mps := range uint64(2) {
			other := mps
			if r.swap {
				other ^= 1
			}
			out[2*i+int(mps)] = uint64(r.qe)<<48 | (2*uint64(r.nlps)+other)<<16 | (2*uint64(r.nmps)+mps)<<8 | mps
		}
	}
	return out
}()

// mqQe is where a row holds Qe.
const mqQe = 0xffff << 48

// mqContexts holds the row of each context; it has more places than there are contexts, so that an
// index of five bits needs no check.
type mqContexts [32]uint64

func (c *mqContexts) reset() {
	for i := range c {
		c[i] = mqRows[0]
	}
	c[ctxZero] = mqRows[2*4]
	c[ctxRun] = mqRows[2*3]
	c[ctxUni] = mqRows[2*46]
}

// Contexts of T.800 table D.7.
const (
	ctxZero = 0 // 0 to 8
	ctxSign = 9 // 9 to 13
	ctxMag  = 14
	ctxRun  = 17
	ctxUni  = 18
)

// mq is the arithmetic decoder of T.800 annex C. Its registers A and C stand in the upper 16 bits of a and
// c, and the bytes to come are added to c as far ahead as there is room. The data end with two bytes 0xff.
type mq struct {
	passes // of which a, c, ahead, the bits of c below C, and state are of use here
	data   []byte
	pos    int
}

// start begins a codeword segment: T.800 C.3.5.
func (m *mq) start(data []byte) {
	m.data, m.pos = data, 0
	m.a = 0x8000 << 48
	m.c, m.ahead = m.refill(uint64(data[0])<<55, -7)
}

// refill adds bytes to c until there is no room for one more: T.800 C.3.4. The one behind a byte 0xff
// has seven bits and its carry; behind the last come ones.
func (m *mq) refill(c uint64, ahead int) (uint64, int) {
	d, pos := m.data, m.pos
	if pos+5 <= len(d) && d[pos] != 0xff && ahead <= 16 {
		if v := binary.BigEndian.Uint32(d[pos+1:]); (^v-everyByte&(1<<32-1))&v&0x80808000 == 0 {
			m.pos = pos + 4
			return c + uint64(v)<<((16-ahead)&63), ahead + 32
		}
	}
	for ahead <= 40 {
		switch {
		case d[pos] != 0xff:
			pos++
			c += uint64(d[pos]) << ((40 - ahead) & 63)
			ahead += 8
		case d[pos+1] > 0x8f:
			c += 0xff << ((40 - ahead) & 63)
			ahead += 8
		default:
			pos++
			c += uint64(d[pos]) << ((41 - ahead) & 63)
			ahead += 7
		}
	}
	m.pos = pos
	return c, ahead
}

// decode gives one decision in a context: T.800 C.3.2 and C.3.3. There is no branch that depends on the
// decision: lower says that C lies in the lower part of the interval, which is Qe long, and less that
// the less probable symbol, to which the shorter part belongs, has come. The passes over a code-block
// repeat this with the registers in variables of their own.
func (m *mq) decode(cx uint8) uint32 {
	row := m.state[cx&31]
	q := row & mqQe
	a := m.a - q
	_, lower := bits.Sub64(m.c, q, 0)
	_, less := bits.Sub64(a, q, 0)
	less ^= lower
	a ^= (a ^ q) & -lower
	c := m.c - q&^-lower
	n := bits.LeadingZeros64(a)
	next := mqRows[row>>(8+8*less&63)&127]
	if n == 0 {
		next = row
	}
	m.state[cx&31] = next
	a <<= n & 63
	c <<= n & 63
	if m.ahead -= n; m.ahead < 0 {
		c, m.ahead = m.refill(c, m.ahead)
	}
	m.a, m.c = a, c
	return uint32((row ^ less) & 1)
}
