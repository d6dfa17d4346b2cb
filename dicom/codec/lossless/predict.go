package lossless

import "github.com/caliper-imaging/caliper/dicom/codec/jpegstream"

const lookBits = 12

// differences decodes whole differences: code and further bits by one look-up where they are short.
type differences struct {
	look  [1 << lookBits]uint32 // difference<<8 | bits taken; 0 where the code is longer
	table *jpegstream.Huffman
}

func newDifferences(h *jpegstream.Huffman) *differences {
	d := &differences{table: h}
	var b [4]byte
	for i := range d.look {
		b[0], b[1] = byte(i>>4), byte(i<<4)
		// A 0xff byte would be read with its stuffing: leave those to the slow way.
		if b[0] == 0xff || b[1] == 0xff {
			continue
		}
		bits := jpegstream.NewBits(b[:])
		v, ok := bits.Symbol(h)
		if !ok || v > 15 {
			continue
		}
		diff := bits.Extend(int(v))
		if taken := 64 - bits.Left(); taken <= lookBits {
			d.look[i] = uint32(diff)<<8 | uint32(taken)
		}
	}
	return d
}

// scanReader decodes the rows of one scan. Samples are kept within 16 bits: T.81 H.1.2.1 counts modulo 2^16.
type scanReader struct {
	bits      *jpegstream.Bits
	codes     []*differences
	predictor int
}

// next reads one difference.
func (r *scanReader) next(d *differences) (int32, bool) {
	r.bits.Ensure()
	if e := d.look[r.bits.Peek(lookBits)]; e != 0 {
		r.bits.Drop(int(e & 0xff))
		return int32(e) >> 8, true
	}
	v, ok := r.bits.Symbol(d.table)
	switch {
	case !ok || v > 16:
		return 0, false
	case v == 16:
		return 1 << 15, true
	}
	return r.bits.Extend(int(v)), true
}

// left decodes a row of one component by predictor 1.
func (r *scanReader) left(row []int32, above int32) bool {
	pred, d := above, r.codes[0]
	for x := range row {
		diff, ok := r.next(d)
		if !ok {
			return false
		}
		pred = (pred + diff) & 0xffff
		row[x] = pred
	}
	return true
}

// firstRow decodes the first row of an interval: each sample from the one to its left.
func (r *scanReader) firstRow(row []int32, n int, first int32) bool {
	for at := range row {
		pred := first
		if at >= n {
			pred = row[at-n]
		}
		diff, ok := r.next(r.codes[at%n])
		if !ok {
			return false
		}
		row[at] = (pred + diff) & 0xffff
	}
	return true
}

// otherRow decodes a row by the scan's predictor: T.81 table H.1.
func (r *scanReader) otherRow(row, above []int32, n int) bool {
	for at := range row {
		pred := above[at]
		if at >= n {
			pred = predict(r.predictor, row[at-n], above[at], above[at-n])
		}
		diff, ok := r.next(r.codes[at%n])
		if !ok {
			return false
		}
		row[at] = (pred + diff) & 0xffff
	}
	return true
}

// predict is the prediction from the samples to the left (a), above (b) and above left (c).
func predict(predictor int, a, b, c int32) int32 {
	switch predictor {
	case 1:
		return a
	case 2:
		return b
	case 3:
		return c
	case 4:
		return a + b - c
	case 5:
		return a + (b-c)>>1
	case 6:
		return b + (a-c)>>1
	}
	return (a + b) >> 1
}
