package jpeg2000

import (
	"encoding/binary"
	"math/bits"
)

const (
	everyByte = 0x0101010101010101
	topBits   = 0x8080808080808080
)

// htForward reads the SigProp bits of T.814 7.1.5: bytes from the first on, lowest
// bit first, a byte behind 0xff holding seven. Behind the end come zeros.
type htForward struct {
	data []byte
	pos  int
	acc  uint64
	n    uint // bits in acc; those above are 0
	full bool // the last byte was 0xff
}

// more brings n to 56 and more.
func (r *htForward) more() {
	if !r.full && r.pos+8 <= len(r.data) {
		v := binary.LittleEndian.Uint64(r.data[r.pos:])
		if (^v-everyByte)&v&topBits == 0 { // no byte 0xff
			k := (63 - r.n) >> 3
			r.acc |= v << (r.n & 63)
			r.pos += int(k)
			r.n += k << 3
			r.acc &= 1<<(r.n&63) - 1
			return
		}
	}
	for r.n <= 55 {
		b := byte(0)
		if r.pos < len(r.data) {
			b = r.data[r.pos]
			r.pos++
		}
		r.acc |= uint64(b) << r.n
		r.n += 8
		if r.full {
			r.n--
			r.acc &= 1<<r.n - 1
		}
		r.full = b == 0xff
	}
}

// htBackward reads the VLC and MagRef bits of T.814 7.1.4 and 7.1.6: bytes from the last on, lowest bit
// first; one whose low seven bits are 1, behind one above 0x8f, holds seven. Behind the end come zeros.
type htBackward struct {
	data []byte // what is still to be read
	acc  uint64
	n    uint
	last byte
}

// more brings n to 56 and more.
func (r *htBackward) more() {
	if at := len(r.data) - 8; at >= 0 {
		v := bits.ReverseBytes64(binary.LittleEndian.Uint64(r.data[at:]))
		if (v&^topBits+everyByte)&topBits == 0 { // no byte whose low seven bits are 1
			k := (63 - r.n) >> 3
			r.acc |= v << (r.n & 63)
			r.n += k << 3
			r.acc &= 1<<(r.n&63) - 1
			r.data = r.data[:len(r.data)-int(k)]
			r.last = byte(v >> ((k<<3 - 8) & 63))
			return
		}
	}
	for r.n <= 55 {
		b := byte(0)
		if at := len(r.data) - 1; at >= 0 {
			b = r.data[at]
			r.data = r.data[:at]
		}
		r.acc |= uint64(b) << r.n
		r.n += 8
		if r.last > 0x8f && b&0x7f == 0x7f {
			r.n--
			r.acc &= 1<<r.n - 1
		}
		r.last = b
	}
}

// take consumes bits.
func (r *htBackward) take(k uint) uint32 {
	v := r.acc & (1<<k - 1)
	r.acc >>= k
	r.n -= k
	return uint32(v)
}

// melExponents are the exponents of the run lengths by state: T.814 table 2.
var melExponents = [13]uint8{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5}

// mel reads the events of T.814 7.1.3 and 7.3.3: bits highest first, a byte behind 0xff holding seven.
// Behind the end come ones.
type mel struct {
	data  []byte
	pos   int
	cur   byte
	n     uint
	state uint8
	zeros int  // events 0 to come
	one   bool // and then one event 1
}

func (m *mel) bit() int {
	if m.n == 0 {
		m.n = 8
		if m.cur == 0xff {
			m.n = 7
		}
		m.cur = 0xff
		if m.pos < len(m.data) {
			m.cur = m.data[m.pos]
			m.pos++
		}
	}
	m.n--
	return int(m.cur>>m.n) & 1
}

// event gives the next one.
func (m *mel) event() bool {
	if m.zeros > 0 {
		m.zeros--
		return false
	}
	return m.next()
}

// next gives the next event where no run of zeros is under way.
func (m *mel) next() bool {
	if m.one {
		m.one = false
		return true
	}
	e := melExponents[m.state]
	if m.bit() == 1 {
		m.zeros = 1<<e - 1
		m.state = min(m.state+1, 12)
		return false
	}
	for range e {
		m.zeros = m.zeros<<1 | m.bit()
	}
	m.one = true
	m.state = max(m.state, 1) - 1
	return m.event()
}
