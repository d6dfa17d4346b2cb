package lossless

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
)

// Encode codes one frame, laid out as codecs write it, by first-order prediction (selection value 1).
func Encode(src []byte, info frame.Info) ([]byte, error) { return EncodePredictor(src, info, 1) }

// EncodePredictor codes one frame by predictor 1 to 7 of T.81 table H.1, samples interleaved, with one
// Huffman table made for the frame.
func EncodePredictor(src []byte, info frame.Info, predictor int) ([]byte, error) {
	if err := info.CheckBuffers(where, src); err != nil {
		return nil, err
	}
	if info.BytesPerSample() > 2 || info.BitsAllocated == 1 || info.Columns > 65535 || info.Rows > 65535 || predictor < 1 || predictor > 7 {
		return nil, frame.Unsupportedf(where, "encode: want 8 or 16 bits, sides below 65536 and predictor 1 to 7, got %d bits and %d", info.BitsAllocated, predictor)
	}
	precision := max(2, info.BitsStored)
	diffs := differencesOf(src, info, precision, predictor)
	var count [256]int
	for _, d := range diffs {
		count[jpegstream.Category(d)]++
	}
	counts, values, code, size := jpegstream.Optimal(count)

	out := []byte{0xff, jpegstream.SOI}
	n := info.Samples
	body := []byte{byte(precision), byte(info.Rows >> 8), byte(info.Rows), byte(info.Columns >> 8), byte(info.Columns), byte(n)}
	for i := range n {
		body = append(body, byte(i+1), 0x11, 0)
	}
	out = jpegstream.Segment(out, jpegstream.SOF3, body...)
	out = jpegstream.Segment(out, jpegstream.DHT, append(append([]byte{0}, counts[:]...), values...)...)
	body = []byte{byte(n)}
	for i := range n {
		body = append(body, byte(i+1), 0)
	}
	out = jpegstream.Segment(out, jpegstream.SOS, append(body, byte(predictor), 0, 0)...)
	w := jpegstream.Writer{Out: out}
	for _, d := range diffs {
		c := jpegstream.Category(d)
		w.Put(uint32(code[c]), int(size[c]))
		if c > 0 && c < 16 {
			if d < 0 {
				d--
			}
			w.Put(uint32(d), c)
		}
	}
	w.Flush()
	return append(w.Out, 0xff, jpegstream.EOI), nil
}

// differencesOf gives the prediction errors, modulo 2^16, in coding order.
func differencesOf(src []byte, info frame.Info, precision, predictor int) []int32 {
	n, w, size := info.Samples, info.Columns, info.BytesPerSample()
	mask := int32(1)<<precision - 1
	at := func(i int) int32 {
		if size == 1 {
			return int32(src[i]) & mask
		}
		return int32(binary.LittleEndian.Uint16(src[2*i:])) & mask
	}
	out := make([]int32, info.Pixels()*n)
	row := w * n
	for i := range out {
		pred := int32(1) << (precision - 1)
		switch x, y := i%row/n, i/row; {
		case x > 0 && y > 0:
			pred = predict(predictor, at(i-n), at(i-row), at(i-row-n))
		case x > 0:
			pred = at(i - n)
		case y > 0:
			pred = at(i - row)
		}
		d := int32(int16(at(i) - pred))
		if d == -1<<15 {
			d = 1 << 15
		}
		out[i] = d
	}
	return out
}
