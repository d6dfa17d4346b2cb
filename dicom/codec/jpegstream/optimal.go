package jpegstream

import "math/bits"

// Optimal makes the Huffman code of least length for symbols that occur count times: T.81 annex K.2.
// No code has more than 16 bits, and none is all ones. code and size are by symbol.
func Optimal(count [256]int) (counts [16]byte, values []byte, code [256]uint16, size [256]uint8) {
	freq := make([]int, 257)
	copy(freq, count[:])
	freq[256] = 1 // keeps the code of all ones free
	next := make([]int, 257)
	length := make([]int, 257)
	for i := range next {
		next[i] = -1
	}
	for {
		a, b := -1, -1
		for i, f := range freq {
			switch {
			case f == 0:
			case a < 0 || f <= freq[a]:
				a, b = i, a
			case b < 0 || f <= freq[b]:
				b = i
			}
		}
		if b < 0 {
			break
		}
		freq[a] += freq[b]
		freq[b] = 0
		for length[a]++; next[a] >= 0; length[a]++ {
			a = next[a]
		}
		next[a] = b
		for length[b]++; next[b] >= 0; length[b]++ {
			b = next[b]
		}
	}
	var n [258]int
	for _, l := range length {
		n[l]++
	}
	for i := len(n) - 1; i > 16; i-- {
		for n[i] > 0 {
			j := i - 2
			for n[j] == 0 {
				j--
			}
			n[i] -= 2
			n[i-1]++
			n[j+1] += 2
			n[j]--
		}
	}
	last := 16
	for n[last] == 0 {
		last--
	}
	n[last]-- // the code that is kept free
	for l := 1; l <= 256; l++ {
		for s := range 256 {
			if length[s] == l {
				values = append(values, byte(s))
			}
		}
	}
	next16, k := uint16(0), 0
	for l := 1; l <= 16; l++ {
		counts[l-1] = byte(n[l])
		for range n[l] {
			code[values[k]], size[values[k]] = next16, uint8(l)
			next16++
			k++
		}
		next16 <<= 1
	}
	return counts, values, code, size
}

// Writer writes entropy-coded bits, with a zero behind every byte 0xff.
type Writer struct {
	Out []byte
	acc uint64
	n   int
}

// Put appends the low n bits of v, at most 32.
func (w *Writer) Put(v uint32, n int) {
	w.acc = w.acc<<n | uint64(v)&(1<<n-1)
	for w.n += n; w.n >= 8; w.n -= 8 {
		b := byte(w.acc >> (w.n - 8))
		if w.Out = append(w.Out, b); b == 0xff {
			w.Out = append(w.Out, 0)
		}
	}
}

// Flush fills the last byte with ones.
func (w *Writer) Flush() {
	if w.n > 0 {
		w.Put(0xff, 8-w.n)
	}
}

// Category is the number of bits of a difference: T.81 table F.1 and H.2.
func Category(diff int32) int {
	return bits.Len32(uint32(max(diff, -diff)))
}

// Segment appends a marker segment.
func Segment(out []byte, marker byte, body ...byte) []byte {
	n := len(body) + 2
	return append(append(out, 0xff, marker, byte(n>>8), byte(n)), body...)
}
