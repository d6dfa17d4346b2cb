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
	d := decoder{info: info, stream: s, dst: dst}
	return d.run()
}

type decoder struct {
	info    frame.Info
	stream  *jpegstream.Stream
	dst     []byte
	header  *jpegstream.Header
	tables  jpegstream.Tables
	restart int
	done    [frame.MaxSamples]bool
}

func (d *decoder) run() error {
	for {
		marker, body, err := d.stream.Next()
		if err != nil {
			return err
		}
		switch {
		case marker == jpegstream.DHT:
			err = d.tables.Parse(body)
		case marker == jpegstream.DRI:
			if len(body) < 2 {
				return frame.Truncatedf(where, "restart interval: want 2 bytes, got %d", len(body))
			}
			d.restart = int(binary.BigEndian.Uint16(body))
		case marker == jpegstream.SOF3:
			if d.header != nil {
				return frame.Errorf(where, "want one frame header, got another")
			}
			d.header, err = d.parseHeader(body)
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc8 && marker != 0xcc || marker == jpegstream.SOF55:
			return frame.Unsupportedf(where, "process of marker %#x: want the lossless one with Huffman coding", marker)
		case marker == jpegstream.SOS:
			if err = d.scan(body); err == nil && d.complete() {
				return nil
			}
		case marker == jpegstream.EOI:
			return frame.Truncatedf(where, "want scans of all components, got the end of the image")
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) complete() bool {
	for i := range d.header.Components {
		if !d.done[i] {
			return false
		}
	}
	return true
}

func (d *decoder) parseHeader(body []byte) (*jpegstream.Header, error) {
	h, err := jpegstream.ParseHeader(body, d.info)
	if err != nil {
		return nil, err
	}
	if h.Precision > 16 {
		return nil, frame.Errorf(where, "precision: want at most 16 bits, got %d", h.Precision)
	}
	for i, c := range h.Components {
		if c.H != h.MaxH || c.V != h.MaxV {
			return nil, frame.Unsupportedf(where, "component %d: want all of one size, got a subsampled one", i)
		}
	}
	return h, nil
}

// scan decodes the components of one scan row by row.
func (d *decoder) scan(body []byte) error {
	if d.header == nil {
		return frame.Errorf(where, "scan: want a frame header before it, got none")
	}
	s, err := jpegstream.ParseScan(body, d.header)
	if err != nil {
		return err
	}
	if s.Ss < 1 || s.Ss > 7 || s.Al >= d.header.Precision {
		return frame.Errorf(where, "scan: want predictor 1 to 7 and a point transform within %d bits, got %d and %d", d.header.Precision, s.Ss, s.Al)
	}
	n := len(s.Index)
	r := scanReader{bits: jpegstream.NewBits(d.stream.Rest()), predictor: s.Ss}
	for i := range s.Index {
		h := d.tables[0][s.DC[i]]
		if h == nil {
			return frame.Errorf(where, "scan: want Huffman table %d, got none", s.DC[i])
		}
		r.codes = append(r.codes, newDifferences(h))
	}
	w, rows := d.header.Width, d.header.Height
	if d.restart%w != 0 {
		return frame.Errorf(where, "restart interval: want whole rows of %d, got %d", w, d.restart)
	}
	first := int32(1) << (d.header.Precision - s.Al - 1)
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
		d.done[at] = true
	}
	d.stream.Skip(r.bits.Pos())
	return nil
}

// put writes the samples of one row.
func (d *decoder) put(row []int32, y int, s *jpegstream.Scan) {
	samples, size, n := d.info.Samples, d.info.BytesPerSample(), len(s.Index)
	out := d.dst[y*d.header.Width*samples*size:][:d.header.Width*samples*size]
	if samples == 1 && size == 2 {
		for x, v := range row {
			binary.LittleEndian.PutUint16(out[2*x:], uint16(v<<s.Al))
		}
		return
	}
	for i, at := range s.Index {
		for x := range d.header.Width {
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
