package rle

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Encode packs one frame, laid out as codecs write it. Each row is packed by itself (PS3.5 G.3.1).
func Encode(src []byte, info frame.Info) ([]byte, error) {
	if err := info.CheckBuffers(where, src); err != nil {
		return nil, err
	}
	size := info.BytesPerSample()
	segments := size * info.Samples
	if segments > maxSegment || info.BitsAllocated == 1 {
		return nil, frame.Unsupportedf(where, "want at most %d bytes a pixel, got %d", maxSegment, segments)
	}
	out := make([]byte, headerSize, headerSize+len(src)/2)
	binary.LittleEndian.PutUint32(out, uint32(segments))
	row := make([]byte, info.Columns)
	for s := range segments {
		binary.LittleEndian.PutUint32(out[4+4*s:], uint32(len(out)))
		first := s/size*size + size - 1 - s%size
		for y := range info.Rows {
			for x := range row {
				row[x] = src[(y*info.Columns+x)*segments+first]
			}
			out = pack(out, row)
		}
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
	}
	return out, nil
}

// pack appends one row: runs of 3 and more are replicated, the rest is literal.
func pack(out, row []byte) []byte {
	run := func(at int) int {
		n := 1
		for at+n < len(row) && n < 128 && row[at+n] == row[at] {
			n++
		}
		return n
	}
	for at := 0; at < len(row); {
		if n := run(at); n >= 2 {
			out = append(out, byte(1-n), row[at])
			at += n
			continue
		}
		end := at + 1
		for end < len(row) && end-at < 128 && run(end) < 3 {
			end++
		}
		out = append(out, byte(end-at-1))
		out = append(out, row[at:end]...)
		at = end
	}
	return out
}
