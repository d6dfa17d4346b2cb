package jpeg2000

import "math/bits"

// Rows of a flag word stand three bits apart; everyRow has the lowest bit of each.
const everyRow = 1 | 1<<3 | 1<<6 | 1<<9

// near says for each row of a word whether any sample around it is significant.
func near(w uint32) uint32 {
	t := w | w>>1 | w>>2
	return (t | t>>6 | w>>3 | w>>5) & everyRow
}

// significance is the significance propagation pass: T.800 D.3.1. Here and in the next passes stands what
// mq.decode does, with its registers in variables.
func (b *blockDecoder) significance(plane int) {
	m, state, zero := &b.mq, &b.mq.state, b.zero
	a, c, ahead := m.a, m.c, m.ahead
	value := uint32(3) << (plane - 1)
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		here := b.flags[f:][:b.w]
		for x, word := range here {
			if word == 0 {
				continue
			}
			open := near(word) &^ (word>>4 | word>>21)
			for open != 0 {
				shift := bits.TrailingZeros32(open)
				open &= open - 1
				cx := zero[word>>shift&(neighbours|sigThis)]
				row := state[cx&31]
				q := row & mqQe
				a -= q
				_, borrow := bits.Sub64(c, q, 0)
				lower := -borrow
				_, borrow = bits.Sub64(a, q, 0)
				less := -borrow ^ lower
				c -= q &^ lower
				a ^= (a ^ q) & lower
				n := bits.LeadingZeros64(a)
				next := mqRows[row>>((8+8&less)&63)&127]
				if n == 0 {
					next = row
				}
				state[cx&31] = next
				a <<= n & 63
				c <<= n & 63
				if ahead -= n; ahead < 0 {
					c, ahead = m.refill(c, ahead)
				}
				word |= piThis << shift
				if (row^less)&1 == 0 {
					continue
				}
				var negative uint32
				a, c, ahead, negative = b.sign(f+x, word, shift, a, c, ahead)
				word |= b.setSignificant(f+x, shift, negative)
				b.data[(y+shift/3)*b.w+x] = value | negative<<31
				open |= 8 << shift & everyRow &^ (word>>4 | word>>21)
			}
			here[x] = word
		}
	}
	m.a, m.c, m.ahead = a, c, ahead
}

// refinement is the magnitude refinement pass: T.800 D.3.3.
func (b *blockDecoder) refinement(plane int) {
	m, state := &b.mq, &b.mq.state
	a, c, ahead := m.a, m.c, m.ahead
	half := uint32(1) << (plane - 1)
	for y := 0; y < b.h; y += 4 {
		here := b.flags[b.stride*(y/4+1)+1:][:b.w]
		data := b.data[y*b.w:]
		for x, word := range here {
			open := word >> 4 &^ (word >> 21) & everyRow
			if open == 0 {
				continue
			}
			around := near(word)
			here[x] = word | open<<mu0
			for open != 0 {
				shift := bits.TrailingZeros32(open)
				open &= open - 1
				mu := word >> (mu0 + shift) & 1
				cx := ctxMag + mu<<1 + around>>shift&^mu&1
				row := state[cx&31]
				q := row & mqQe
				a -= q
				_, borrow := bits.Sub64(c, q, 0)
				lower := -borrow
				_, borrow = bits.Sub64(a, q, 0)
				less := -borrow ^ lower
				c -= q &^ lower
				a ^= (a ^ q) & lower
				n := bits.LeadingZeros64(a)
				next := mqRows[row>>((8+8&less)&63)&127]
				if n == 0 {
					next = row
				}
				state[cx&31] = next
				a <<= n & 63
				c <<= n & 63
				if ahead -= n; ahead < 0 {
					c, ahead = m.refill(c, ahead)
				}
				bit := uint32(row^less) & 1
				data[shift/3*b.w+x] += (2*bit - 1) * half
			}
		}
	}
	m.a, m.c, m.ahead = a, c, ahead
}

// cleanup is the cleanup pass: T.800 D.3.4.
func (b *blockDecoder) cleanup(plane int) {
	m, state, zero := &b.mq, &b.mq.state, b.zero
	a, c, ahead := m.a, m.c, m.ahead
	value := uint32(3) << (plane - 1)
	for y := 0; y < b.h; y += 4 {
		f := b.stride*(y/4+1) + 1
		here := b.flags[f:][:b.w]
		for x, word := range here {
			open := everyRow &^ (word>>4 | word>>21)
			known := false
			if word == 0 {
				m.a, m.c, m.ahead = a, c, ahead
				run := m.decode(ctxRun)
				if run != 0 {
					run = m.decode(ctxUni) << 1
					run |= m.decode(ctxUni)
					open = open >> (3 * run) << (3 * run)
					known = true
				}
				a, c, ahead = m.a, m.c, m.ahead
				if !known {
					continue
				}
			}
			for open != 0 {
				shift := bits.TrailingZeros32(open)
				open &= open - 1
				if !known {
					cx := zero[word>>shift&(neighbours|sigThis)]
					row := state[cx&31]
					q := row & mqQe
					a -= q
					_, borrow := bits.Sub64(c, q, 0)
					lower := -borrow
					_, borrow = bits.Sub64(a, q, 0)
					less := -borrow ^ lower
					c -= q &^ lower
					a ^= (a ^ q) & lower
					n := bits.LeadingZeros64(a)
					next := mqRows[row>>((8+8&less)&63)&127]
					if n == 0 {
						next = row
					}
					state[cx&31] = next
					a <<= n & 63
					c <<= n & 63
					if ahead -= n; ahead < 0 {
						c, ahead = m.refill(c, ahead)
					}
					if (row^less)&1 == 0 {
						continue
					}
				}
				known = false
				var negative uint32
				a, c, ahead, negative = b.sign(f+x, word, shift, a, c, ahead)
				word |= b.setSignificant(f+x, shift, negative)
				b.data[(y+shift/3)*b.w+x] = value | negative<<31
			}
			here[x] = word &^ piAll
		}
	}
	m.a, m.c, m.ahead = a, c, ahead
}

// sign decodes the sign of a sample that has become significant; word is that of its column.
func (b *blockDecoder) sign(f int, word uint32, shift int, a, c uint64, ahead int) (uint64, uint64, int, uint32) {
	m, state := &b.mq, &b.mq.state
	context := signContexts[b.signIndex(f, word, shift)]
	cx := context & 31
	row := state[cx&31]
	q := row & mqQe
	a -= q
	_, borrow := bits.Sub64(c, q, 0)
	lower := -borrow
	_, borrow = bits.Sub64(a, q, 0)
	less := -borrow ^ lower
	c -= q &^ lower
	a ^= (a ^ q) & lower
	n := bits.LeadingZeros64(a)
	next := mqRows[row>>((8+8&less)&63)&127]
	if n == 0 {
		next = row
	}
	state[cx&31] = next
	a <<= n & 63
	c <<= n & 63
	if ahead -= n; ahead < 0 {
		c, ahead = m.refill(c, ahead)
	}
	return a, c, ahead, uint32(row^less)&1 ^ uint32(context>>7)
}
