package inflate

import (
	"math/bits"
	"sync"
)

const (
	litBits  = 11 // symbols looked up at once
	distBits = 9
	maxBits  = 15
)

// An entry of a table says what the next bits mean. The low byte is how many bits the code takes. Literals
// have their number, 1 or 2, in bits 8 and 9 and their values from bit 16 on. Lengths and distances have the
// number of further bits in bits 10 to 13, and their base from bit 16 on. Bit 14 marks a link to a table of
// longer codes: its place from bit 16 on, its bits in bits 10 to 13. Bit 15 marks all else.
const (
	isLiteral = 3 << 8
	isLink    = 1 << 14
	isOther   = 1 << 15
	blockEnd  = isOther | 1<<16
	invalid   = isOther
)

// codes are the tables of a block.
type codes struct {
	lit   [2 << litBits]uint32 // with room for the links of any code of at most 15 bits
	dist  [2 << distBits]uint32
	first [286]uint8 // the lengths of literals
}

// lengthBase and distBase are the tables of RFC 1951 section 3.2.5: base and further bits of each code.
var (
	lengthBase = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthMore = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase   = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distMore   = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
	codeOrder  = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

func litEntry(symbol int) uint32 {
	switch {
	case symbol < 256:
		return 1<<8 | uint32(symbol)<<16
	case symbol == 256:
		return blockEnd
	case symbol-257 < len(lengthBase):
		return uint32(lengthMore[symbol-257])<<10 | uint32(lengthBase[symbol-257])<<16
	}
	return invalid
}

func distEntry(symbol int) uint32 {
	if symbol < len(distBase) {
		return uint32(distMore[symbol])<<10 | uint32(distBase[symbol])<<16
	}
	return invalid
}

func plainEntry(symbol int) uint32 { return uint32(symbol) << 16 }

// build makes a table of 1<<width entries, and links behind it for longer codes, from the lengths of codes:
// RFC 1951 section 3.2.2. It is false for lengths that are no complete code, other than a single one of 1 bit.
func build(table []uint32, width uint, lengths []uint8, entry func(symbol int) uint32) bool {
	var count [maxBits + 1]int
	for _, l := range lengths {
		count[l]++
	}
	count[0] = 0
	var next [maxBits + 2]uint32
	code, longest := uint32(0), uint(0)
	for l := uint(1); l <= maxBits; l++ {
		next[l] = code
		code += uint32(count[l])
		if code > 1<<l {
			return false
		}
		if count[l] > 0 {
			longest = l
		}
		code <<= 1
	}
	single := longest == 1 && count[1] == 1
	if longest > 0 && code != 1<<(maxBits+1) && !single {
		return false
	}
	if longest == 0 || single {
		for i := range table[:1<<width] {
			table[i] = invalid | 1
		}
	}
	free := uint32(1) << width // where the next linked table goes
	var order [maxBits + 2]int // of each length: its place in sorted, then the place behind it
	for l := 1; l <= maxBits; l++ {
		order[l+1] = order[l] + count[l]
	}
	var sorted [288]uint16
	for s, l := range lengths {
		if l > 0 {
			sorted[order[l]] = uint16(s)
			order[l]++
		}
	}
	n := 0
	link, linked, linkBits := uint32(0), uint32(1)<<31, uint(0)
	for l := uint(1); l <= longest; l++ {
		for range count[l] {
			symbol := int(sorted[n])
			n++
			reversed := uint32(bits.Reverse16(uint16(next[l]))) >> (16 - l)
			next[l]++
			e := entry(symbol)
			if l <= width {
				e |= uint32(l)
				for i := reversed; i < 1<<width; i += 1 << l {
					table[i] = e
				}
				continue
			}
			prefix := reversed & (1<<width - 1)
			if prefix != linked {
				// As many bits as the codes with this prefix need: they follow each other.
				linked, linkBits = prefix, l-width
				space := 1<<linkBits - (order[l] - n + 1)
				for space > 0 && width+linkBits < maxBits {
					linkBits++
					space = space<<1 - count[width+linkBits]
				}
				link = free
				free += 1 << linkBits
				if int(free) > len(table) {
					return false
				}
				table[prefix] = isLink | uint32(linkBits)<<10 | link<<16 | uint32(width)
			}
			e |= uint32(l - width)
			for i := reversed >> width; i < 1<<linkBits; i += 1 << (l - width) {
				table[link+i] = e
			}
		}
	}
	return true
}

// pair joins literals whose codes fit a look-up together.
func (c *codes) pair() {
	var single [1 << litBits]uint32
	copy(single[:], c.lit[:])
	for i, e := range single {
		if e&isLiteral == 0 {
			continue
		}
		used := e & 0xff
		second := single[i>>used]
		if both := used + second&0xff; second&isLiteral != 0 && both <= litBits {
			c.lit[i] = both | 2<<8 | e&0xff0000 | second<<8&0xff000000
		}
	}
}

// fixed gives the tables of RFC 1951 section 3.2.6.
var fixed = sync.OnceValue(func() *codes {
	c := &codes{}
	var l [288]uint8
	for i := range l {
		switch {
		case i < 144, i >= 280:
			l[i] = 8
		case i < 256:
			l[i] = 9
		default:
			l[i] = 7
		}
	}
	build(c.lit[:], litBits, l[:], litEntry)
	copy(c.first[:], l[:])
	c.pair()
	var d [32]uint8
	for i := range d {
		d[i] = 5
	}
	build(c.dist[:], distBits, d[:], distEntry)
	return c
})

// readCodes reads the codes of a dynamic block: RFC 1951 section 3.2.7.
func (r *Reader) readCodes() error {
	head, err := r.take(14)
	if err != nil {
		return err
	}
	lits, dists, lens := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if lits > 286 || dists > 30 {
		return ErrFormat
	}
	var lengths [286 + 30]uint8
	var of [19]uint8
	for _, at := range codeOrder[:lens] {
		v, err := r.take(3)
		if err != nil {
			return err
		}
		of[at] = uint8(v)
	}
	var table [1 << 7]uint32
	if !build(table[:], 7, of[:], plainEntry) {
		return ErrFormat
	}
	for n := 0; n < lits+dists; {
		r.need(7)
		e := table[r.acc&127]
		used := uint(e & 0xff)
		if used > r.bits {
			return r.short()
		}
		r.acc >>= used
		r.bits -= used
		if e&isOther != 0 {
			return ErrFormat
		}
		symbol := e >> 16
		if symbol < 16 {
			lengths[n] = uint8(symbol)
			n++
			continue
		}
		value, more, least := uint8(0), uint(7), 11
		switch symbol {
		case 16:
			if n == 0 {
				return ErrFormat
			}
			value, more, least = lengths[n-1], 2, 3
		case 17:
			more, least = 3, 3
		}
		v, err := r.take(more)
		if err != nil {
			return err
		}
		count := least + int(v)
		if n+count > lits+dists {
			return ErrFormat
		}
		for range count {
			lengths[n] = value
			n++
		}
	}
	c := &r.dynamic
	if !build(c.lit[:], litBits, lengths[:lits], litEntry) || !build(c.dist[:], distBits, lengths[lits:lits+dists], distEntry) {
		return ErrFormat
	}
	copy(c.first[:], lengths[:lits])
	c.pair()
	return nil
}

// need takes bytes in until n bits count, as far as the source has them.
func (r *Reader) need(n uint) {
	for r.bits < n {
		r.fill(1)
		if r.pos == r.end {
			return
		}
		r.acc |= uint64(r.in[r.pos]) << r.bits
		r.pos++
		r.bits += 8
	}
}
