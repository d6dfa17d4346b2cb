// Package lossless decodes and encodes the lossless process of JPEG with Huffman coding: ITU-T T.81
// annex H, all predictors.
package lossless

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
)

const where = "dicom: jpeg lossless"

// Decode writes one frame.
func Decode(dst, src []byte, info frame.Info) error {
	if err := info.CheckBuffers(where, dst); err != nil {
		return err
	}
	s, err := jpegstream.New(src)
	if err != nil {
		return err
	}
	d := decoder{dst: dst, image: jpegstream.Image{Stream: s, Where: where, Process: "the lossless one with Huffman coding", SOF: jpegstream.SOF3, Info: info}}
	return d.image.Run(d.scan, d.segment)
}

type decoder struct {
	image   jpegstream.Image
	dst     []byte
	tables  jpegstream.Tables
	restart int
}

// segment reads Huffman tables and the restart interval.
func (d *decoder) segment(marker byte, body []byte) error {
	switch marker {
	case jpegstream.DHT:
		return d.tables.Parse(body)
	case jpegstream.DRI:
		if len(body) < 2 {
			return frame.Truncatedf(where, "restart interval: want 2 bytes, got %d", len(body))
		}
		d.restart = int(binary.BigEndian.Uint16(body))
	}
	return nil
}

// scan decodes the components of one scan row by row.
func (d *decoder) scan(body []byte) error {
	s, err := jpegstream.ParseScan(body, d.image.Header)
	if err != nil {
		return err
	}
	if s.Ss < 1 || s.Ss > 7 || s.Al >= d.image.Header.Precision {
		return frame.Errorf(where, "scan: want predictor 1 to 7 and a point transform within %d bits, got %d and %d", d.image.Header.Precision, s.Ss, s.Al)
	}
	n := len(s.Index)
	r := scanReader{bits: jpegstream.NewBits(d.image.Rest()), predictor: s.Ss}
	for i := range s.Index {
		h := d.tables[0][s.DC[i]]
		if h == nil {
			return frame.Errorf(where, "scan: want Huffman table %d, got none", s.DC[i])
		}
		r.codes = append(r.codes, newDifferences(h))
	}
	w, rows := d.image.Header.Width, d.image.Header.Height
	if d.restart%w != 0 {
		return frame.Errorf(where, "restart interval: want whole rows of %d, got %d", w, d.restart)
	}
	first := int32(1) << (d.image.Header.Precision - s.Al - 1)
	above, row := make([]int32, w*n), make([]int32, w*n)
	for y := range rows {
		fresh := y == 0
		if d.restart > 0 && y > 0 && y*w%d.restart == 0 {
			if err := r.bits.Err(); err != nil {
				return err
			}
			if !r.bits.Restart() {
				return frame.Truncatedf(where, "want a restart marker, got another marker or the end")
			}
			fresh = true
		}
		var ok bool
		switch {
		case n == 1 && !fresh && s.Ss == 1:
			ok = r.left(row, above[0])
		case fresh:
			ok = r.firstRow(row, n, first)
		default:
			ok = r.otherRow(row, above, n)
		}
		if !ok {
			return frame.Errorf(where, "row %d: want a code of the table, got none", y)
		}
		if err := r.bits.Err(); err != nil {
			return err
		}
		d.put(row, y, s)
		above, row = row, above
	}
	for _, at := range s.Index {
		d.image.Done[at] = true
	}
	d.image.Skip(r.bits.Pos())
	return nil
}

// put writes the samples of one row.
func (d *decoder) put(row []int32, y int, s *jpegstream.Scan) {
	samples, size, n := d.image.Info.Samples, d.image.Info.BytesPerSample(), len(s.Index)
	out := d.dst[y*d.image.Header.Width*samples*size:][:d.image.Header.Width*samples*size]
	if samples == 1 && size == 2 {
		for x, v := range row {
			binary.LittleEndian.PutUint16(out[2*x:], uint16(v<<s.Al))
		}
		return
	}
	for i, at := range s.Index {
		for x := range d.image.Header.Width {
			v := uint16(row[x*n+i] << s.Al)
			p := out[(x*samples+at)*size:]
			p[0] = byte(v)
			if size > 1 {
				p[1] = byte(v >> 8)
				clear(p[2:size])
			}
		}
	}
}
