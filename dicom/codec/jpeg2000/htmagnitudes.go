package jpeg2000

import (
	"encoding/binary"
	"math/bits"
	"runtime"
	"unsafe"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// longExponent is what the exponents of a code-block may come to where the kernel decodes it: four samples then fit in
// 128 bits.
const longExponent = 24

// quadRows is what decodes rows of quads. Its kernel's generator, internal/simd/_gen/quads.go, knows the places of the
// fields, which are eight bytes each. Places that run past the end are numbers.
type quadRows struct {
	quads       uintptr // the first, as htDecoder has them
	above       uintptr // bottom samples of the row above as 2μ − 1 (0 is none), that left of the first quad first
	below       uintptr // where those of this row go, from the first quad on
	top, bottom uintptr // where the samples go
	bits        uintptr
	at          int // in bits
	pairs       int // in a row
	plane       int
	most        int // the highest exponent
	rows        int
	step        int // bytes to the next rows of samples
	quadStep    int // and of quads
	end         int // of the bits that are not ones
}

// magnitudes decodes the samples of all quads: T.814 7.3.7 and 7.3.8.
func (b *htDecoder) magnitudes(data []byte, p uint, limit uint32, down int) error {
	wide := 2*b.across + 6
	above, below := resize(b.bottom[0], wide), resize(b.bottom[1], wide)
	b.bottom = [2][]uint32{above, below}
	clear(above)
	clear(below)
	end := b.unstuff(data, b.across*16+64)
	if fast {
		place := func(p unsafe.Pointer) uintptr { return uintptr(p) }
		r := quadRows{quads: place(unsafe.Pointer(&b.quads[1])), above: place(unsafe.Pointer(&above[0])), below: place(unsafe.Pointer(&below[1])),
			top: place(unsafe.Pointer(&b.data[0])), bottom: place(unsafe.Pointer(&b.data[b.stride])), bits: place(unsafe.Pointer(&b.bits[0])),
			pairs: (b.across + 1) / 2, plane: int(p), rows: down, step: 8 * b.stride, quadStep: 4 * b.row, end: end}
		quadsFast(&r)
		runtime.KeepAlive(b)
		if r.most <= min(int(limit), longExponent) {
			return nil
		}
		clear(above)
		clear(below)
	}
	at := 0
	for y := range down {
		quads := b.quads[y*b.row+1:][:b.across]
		top, bottom := b.data[2*y*b.stride:][:b.stride], b.data[(2*y+1)*b.stride:][:b.stride]
		at = min(at, end) // all bits behind are ones
		for q, e := range quads {
			rho := e >> htRho & 15
			exponent := uint32(1) + e>>16
			if rho&(rho-1) != 0 {
				near := above[2*q] | above[2*q+1] | above[2*q+2] | above[2*q+3]
				exponent += uint32(max(bits.Len32(near), 2) - 2)
			}
			if rho != 0 && exponent > limit {
				return frame.Errorf(where, "cleanup segment: want exponents of at most %d, got %d", limit, exponent)
			}
			var out, mark [4]uint32
			for i := range out {
				if rho>>i&1 == 0 {
					continue
				}
				// A sample takes the exponent's bits but the one that is known; bit 0 is the sign.
				m := exponent - e>>(htKnown+i)&1
				v := uint32(binary.LittleEndian.Uint64(b.bits[at>>3:])>>(at&7)) & (1<<m - 1)
				at += int(m)
				v |= e >> (htOne + i) & 1 << m
				mark[i] = v | 1
				out[i] = (v|1+2)<<p | v<<31
			}
			*(*[2]uint32)(top[2*q:]) = [2]uint32{out[0], out[2]}
			*(*[2]uint32)(bottom[2*q:]) = [2]uint32{out[1], out[3]}
			*(*[2]uint32)(below[2*q+1:]) = [2]uint32{mark[1], mark[3]}
		}
		above, below = below, above
	}
	return nil
}

// unstuff lays the MagSgn bits out without the bits stuffed in behind bytes 0xff: T.814 7.1.2. Ones follow, more
// bytes of them. It gives the number of bits.
func (b *htDecoder) unstuff(data []byte, more int) int {
	b.bits = resize(b.bits, len(data)+more+8)
	out := b.bits
	var acc uint64
	n, o, full := uint(0), 0, uint(0) // n bits wait in acc
	for i := 0; i < len(data); {
		if full == 0 && i+8 <= len(data) {
			v := binary.LittleEndian.Uint64(data[i:])
			if (^v-everyByte)&v&topBits == 0 { // no byte 0xff
				binary.LittleEndian.PutUint64(out[o:], acc|v<<(n&63))
				acc = v >> (64 - n) // n is at most 7
				i, o = i+8, o+8
				continue
			}
		}
		v := data[i]
		i++
		acc |= uint64(v) << n
		n += 8 - full
		full = 0
		if v == 0xff {
			full = 1
		}
		if n >= 8 {
			out[o] = byte(acc)
			acc >>= 8
			n -= 8
			o++
		}
	}
	end := 8*o + int(n)
	out[o] = byte(acc) | 0xff<<n
	for i := range out[o+1:] {
		out[o+1+i] = 0xff
	}
	return end
}
