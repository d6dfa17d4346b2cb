package jpegstream

import "github.com/caliper-imaging/caliper/dicom/codec/frame"

const lookBits = 9

// Huffman is one decoding table: T.81 annex C and F.2.2.3.
type Huffman struct {
	look    [1 << lookBits]uint16 // length<<8 | value of codes of up to lookBits
	minCode [17]int32
	maxCode [18]int32 // -1 where there is no code of this length
	first   [17]int32 // index of the first value of this length
	values  []byte
}

// Tables holds the tables that DHT segments define: by class (0 DC, 1 AC) and destination.
type Tables [2][4]*Huffman

// Parse reads a DHT segment.
func (t *Tables) Parse(body []byte) error {
	for len(body) > 0 {
		if len(body) < 17 {
			return frame.Truncatedf(where, "Huffman table: want 17 bytes and more, got %d", len(body))
		}
		class, to := body[0]>>4, body[0]&15
		if class > 1 || to > 3 {
			return frame.Errorf(where, "Huffman table: want class 0 or 1 and destination 0 to 3, got %d and %d", class, to)
		}
		n := 0
		for _, c := range body[1:17] {
			n += int(c)
		}
		if n > 256 || len(body) < 17+n {
			return frame.Truncatedf(where, "Huffman table: want %d values, got %d bytes", n, len(body)-17)
		}
		h, err := NewHuffman([16]byte(body[1:17]), body[17:17+n])
		if err != nil {
			return err
		}
		t[class][to] = h
		body = body[17+n:]
	}
	return nil
}

// NewHuffman builds a table from the number of codes of each length and their values.
func NewHuffman(counts [16]byte, values []byte) (*Huffman, error) {
	h := &Huffman{values: values}
	code, k := int32(0), int32(0)
	for length := 1; length <= 16; length++ {
		n := int32(counts[length-1])
		h.first[length], h.minCode[length], h.maxCode[length] = k, code, -1
		if code+n > 1<<length {
			return nil, frame.Errorf(where, "Huffman table: want codes that fit %d bits, got too many", length)
		}
		if n > 0 {
			h.maxCode[length] = code + n - 1
		}
		if length <= lookBits {
			for i := range n {
				pad := lookBits - length
				base := (code + i) << pad
				for j := range int32(1) << pad {
					h.look[base+j] = uint16(length)<<8 | uint16(values[k+i])
				}
			}
		}
		code, k = (code+n)<<1, k+n
	}
	return h, nil
}

// Find gives the value of the code with which 16 bits begin, and its length; 0 where there is none.
func (h *Huffman) Find(bits uint16) (value byte, length int) {
	if e := h.look[bits>>(16-lookBits)]; e != 0 {
		return byte(e), int(e >> 8)
	}
	for length := lookBits + 1; length <= 16; length++ {
		if code := int32(bits >> (16 - length)); code <= h.maxCode[length] {
			return h.values[h.first[length]+code-h.minCode[length]], length
		}
	}
	return 0, 0
}
