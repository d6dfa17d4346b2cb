package frame

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestCorrect compares with PS3.5 section 8.1.1 bit by bit: bits above BitsStored are 0, or the sign.
func TestCorrect(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, allocated := range []int{8, 16, 32, 64} {
		for stored := 1; stored <= allocated; stored++ {
			for _, signed := range []bool{false, true} {
				info := Info{BitsAllocated: allocated, BitsStored: stored, Signed: signed}
				size := allocated / 8
				b := make([]byte, size*13)
				for i := range b {
					b[i] = byte(r.Uint32())
				}
				want := bytes.Clone(b)
				for at := 0; at < len(want); at += size {
					sample := want[at : at+size]
					bit := func(k int) byte { return sample[k/8] >> (k % 8) & 1 }
					for k := stored; k < allocated; k++ {
						v := byte(0)
						if signed {
							v = bit(stored - 1)
						}
						sample[k/8] = sample[k/8]&^(1<<(k%8)) | v<<(k%8)
					}
				}
				if Correct(b, info); !bytes.Equal(b, want) {
					t.Errorf("%d of %d bits, signed %v: want %x, got %x", stored, allocated, signed, want, b)
				}
			}
		}
	}
}
