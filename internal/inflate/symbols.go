package inflate

import "encoding/binary"

// symbols decompresses the block up to its end, or until out is full.
func (r *Reader) symbols() error {
	for r.wr < r.limit {
		r.fill(inSlack + 1)
		if r.end-r.pos > inSlack {
			if err := r.fast(); err != nil || r.state != inCodes {
				return err
			}
			continue
		}
		if err := r.slow(); err != nil || r.state != inCodes {
			return err
		}
	}
	return nil
}

// fast decompresses while neither in nor out come near their ends.
func (r *Reader) fast() error {
	lit, dist := &r.codes.lit, &r.codes.dist
	in, out := r.in[:r.end], r.out
	pos, wr, acc, n := r.pos, r.wr, r.acc, r.bits
	inEnd, outEnd := r.end-inSlack, r.limit
	var err error
loop:
	for pos < inEnd && wr < outEnd {
		acc |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e := lit[acc&(1<<litBits-1)]
		if e&isLiteral != 0 {
			binary.LittleEndian.PutUint16(out[wr:], uint16(e>>16))
			wr += int(e >> 8 & 3)
			acc >>= e & 63
			n -= uint(e & 0xff)
			e = lit[acc&(1<<litBits-1)]
			if e&isLiteral != 0 {
				binary.LittleEndian.PutUint16(out[wr:], uint16(e>>16))
				wr += int(e >> 8 & 3)
				acc >>= e & 63
				n -= uint(e & 0xff)
				e = lit[acc&(1<<litBits-1)]
				if e&isLiteral != 0 {
					binary.LittleEndian.PutUint16(out[wr:], uint16(e>>16))
					wr += int(e >> 8 & 3)
					acc >>= e & 63
					n -= uint(e & 0xff)
					continue
				}
			}
		}
		// At least 34 bits are left: enough for a length, not for its distance.
		if e&isLink != 0 {
			acc >>= e & 63
			n -= uint(e & 0xff)
			e = lit[(e>>16+uint32(acc)&(1<<(e>>10&15)-1))&(1<<(litBits+1)-1)]
			if e&isLiteral != 0 {
				out[wr] = byte(e >> 16)
				wr++
				acc >>= e & 63
				n -= uint(e & 0xff)
				continue
			}
		}
		acc >>= e & 63
		n -= uint(e & 0xff)
		if e&isOther != 0 {
			if e&^0xff == blockEnd {
				r.state = atBlock
			} else {
				err = ErrFormat
			}
			break loop
		}
		more := e >> 10 & 15
		length := int(e>>16) + int(acc&(1<<more-1))
		acc >>= more
		n -= uint(more)
		acc |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e = dist[acc&(1<<distBits-1)]
		if e&isLink != 0 {
			acc >>= e & 63
			n -= uint(e & 0xff)
			e = dist[(e>>16+uint32(acc)&(1<<(e>>10&15)-1))&(1<<(distBits+1)-1)]
		}
		acc >>= e & 63
		n -= uint(e & 0xff)
		more = e >> 10 & 15
		back := int(e>>16) + int(acc&(1<<more-1))
		acc >>= more
		n -= uint(more)
		if e&isOther != 0 || back > wr {
			err = ErrFormat
			break loop
		}
		from := wr - back
		switch {
		case length > 48:
			repeat(out[from:wr+length], back)
		case back >= 8:
			binary.LittleEndian.PutUint64(out[wr:], binary.LittleEndian.Uint64(out[from:]))
			for i := 8; i < length; i += 8 {
				binary.LittleEndian.PutUint64(out[wr+i:], binary.LittleEndian.Uint64(out[from+i:]))
			}
		default:
			repeat(out[from:wr+length], back)
		}
		wr += length
	}
	// Bits above n may hold parts of a byte that was not counted.
	r.pos, r.wr, r.acc, r.bits = pos, wr, acc&(1<<n-1), n
	return err
}

// repeat fills b with copies of its first n bytes.
func repeat(b []byte, n int) {
	if len(b) < n+16 {
		for i := n; i < len(b); i++ {
			b[i] = b[i-n]
		}
		return
	}
	for n < len(b) {
		n += copy(b[n:], b[:n])
	}
}

// slow decompresses one symbol near the end of the source.
func (r *Reader) slow() error {
	r.need(maxBits)
	e := r.lookup(r.codes.lit[:], litBits, true)
	if e == 0 {
		return r.short()
	}
	switch {
	case e&isLiteral != 0:
		r.out[r.wr] = byte(e >> 16)
		r.wr++
		return nil
	case e&isOther != 0 && e&^0xff == blockEnd:
		r.state = atBlock
		return nil
	case e&isOther != 0:
		return ErrFormat
	}
	more, err := r.take(uint(e >> 10 & 15))
	if err != nil {
		return err
	}
	length := int(e>>16) + int(more)
	r.need(maxBits)
	if e = r.lookup(r.codes.dist[:], distBits, false); e == 0 {
		return r.short()
	}
	if e&isOther != 0 {
		return ErrFormat
	}
	if more, err = r.take(uint(e >> 10 & 15)); err != nil {
		return err
	}
	back := int(e>>16) + int(more)
	if back > r.wr {
		return ErrFormat
	}
	for range length {
		r.out[r.wr] = r.out[r.wr-back]
		r.wr++
	}
	return nil
}

// lookup consumes one code; 0 where the source ends within it. Of a pair of literals it takes the first.
func (r *Reader) lookup(table []uint32, width uint, literals bool) uint32 {
	e := table[r.acc&(1<<width-1)]
	if literals && e&isLiteral == 2<<8 { // how long the first is stands with it alone
		first := uint32(byte(e >> 16))
		used := uint(r.codes.first[first])
		if used > r.bits {
			return 0
		}
		r.acc >>= used
		r.bits -= used
		return 1<<8 | first<<16
	}
	used := uint(e & 0xff)
	if e&isLink != 0 {
		e = table[e>>16+uint32(r.acc>>used)&(1<<(e>>10&15)-1)]
		used += uint(e & 0xff)
	}
	if used > r.bits {
		return 0
	}
	r.acc >>= used
	r.bits -= used
	return e
}
