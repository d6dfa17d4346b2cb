// Package jpegstream reads what all Huffman-coded JPEG streams share: marker segments, frame and scan
// headers, Huffman tables and entropy-coded bits (ITU-T T.81 annexes B, C and F).
package jpegstream

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Markers of T.81 table B.1 and T.87.
const (
	SOF0  = 0xc0 // baseline
	SOF1  = 0xc1 // extended sequential
	SOF2  = 0xc2 // progressive
	SOF3  = 0xc3 // lossless
	DHT   = 0xc4
	DAC   = 0xcc // conditions of arithmetic coding
	SOF55 = 0xf7 // JPEG-LS
	RST0  = 0xd0
	RST7  = 0xd7
	SOI   = 0xd8
	EOI   = 0xd9
	SOS   = 0xda
	DQT   = 0xdb
	DNL   = 0xdc
	DRI   = 0xdd
	DHP   = 0xde // of a hierarchical image
	APP14 = 0xee
)

const where = "dicom: jpeg"

// Process names the process that a marker of frames announces (T.81 table B.1, T.87); "" for other markers.
func Process(marker byte) string {
	switch {
	case marker == SOF55:
		return "JPEG-LS"
	case marker == DHP:
		return "hierarchical process"
	case marker < SOF0 || marker > 0xcf || marker == DHT || marker == 0xc8 || marker == DAC:
		return ""
	}
	name := [4]string{"baseline process", "extended sequential process", "progressive process", "lossless process"}[marker&3]
	switch {
	case marker > 0xcc:
		return "hierarchical " + name + " with arithmetic coding"
	case marker > 0xc8:
		return name + " with arithmetic coding"
	case marker > DHT:
		return "hierarchical " + name
	}
	return name
}

// Stream walks the marker segments of one image.
type Stream struct {
	data []byte
	pos  int
}

// New starts behind the SOI marker, which may have padding before it.
func New(data []byte) (*Stream, error) {
	for i := 0; i+1 < len(data) && i < 64; i++ {
		if data[i] == 0xff && data[i+1] == SOI {
			return &Stream{data: data, pos: i + 2}, nil
		}
	}
	return nil, frame.Errorf(where, "want a stream that starts with SOI, got %d bytes without it", len(data))
}

// Next gives the next marker and its segment, which is empty for markers without one. Entropy-coded
// data that no one has read are passed over.
func (s *Stream) Next() (marker byte, body []byte, err error) {
	for {
		for s.pos < len(s.data) && s.data[s.pos] != 0xff {
			s.pos++
		}
		for s.pos < len(s.data) && s.data[s.pos] == 0xff {
			s.pos++
		}
		if s.pos >= len(s.data) {
			return 0, nil, frame.Truncatedf(where, "want a marker, got the end of the stream")
		}
		marker = s.data[s.pos]
		s.pos++
		switch {
		case marker == 0 || marker == 1 || marker >= RST0 && marker <= RST7:
			continue
		case marker == SOI || marker == EOI:
			return marker, nil, nil
		}
		if s.pos+2 > len(s.data) {
			return 0, nil, frame.Truncatedf(where, "marker %#x: want a length, got the end of the stream", marker)
		}
		n := int(binary.BigEndian.Uint16(s.data[s.pos:]))
		if n < 2 || s.pos+n > len(s.data) {
			return 0, nil, frame.Truncatedf(where, "marker %#x: want a segment of %d bytes, got %d", marker, n, len(s.data)-s.pos)
		}
		body = s.data[s.pos+2 : s.pos+n]
		s.pos += n
		return marker, body, nil
	}
}

// Rest is what follows the last segment: the entropy-coded data of a scan and all behind it.
func (s *Stream) Rest() []byte { return s.data[s.pos:] }

// Skip moves on by n bytes.
func (s *Stream) Skip(n int) { s.pos = min(s.pos+n, len(s.data)) }

// Component is one row of a frame header.
type Component struct {
	ID   byte
	H, V int // sampling factors
	TQ   int // quantisation table
}

// Header is a frame header: T.81 B.2.2.
type Header struct {
	Precision, Height, Width int
	Components               []Component
	MaxH, MaxV               int
}

// ParseHeader reads the segment of an SOF marker and holds it to what info says.
func ParseHeader(body []byte, info frame.Info) (*Header, error) {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) {
		return nil, frame.Truncatedf(where, "frame header: want %d bytes and more, got %d", 9, len(body))
	}
	h := &Header{Precision: int(body[0]), Height: int(binary.BigEndian.Uint16(body[1:])), Width: int(binary.BigEndian.Uint16(body[3:]))}
	n := int(body[5])
	if h.Height == 0 { // a DNL segment behind the first scan says it
		h.Height = info.Rows
	}
	if h.Width != info.Columns || h.Height != info.Rows {
		return nil, frame.Errorf(where, "frame header: want %d × %d pixels as the data set says, got %d × %d", info.Columns, info.Rows, h.Width, h.Height)
	}
	if n != info.Samples {
		return nil, frame.Errorf(where, "frame header: want %d components as the data set says, got %d", info.Samples, n)
	}
	if h.Precision < 2 || h.Precision > 8*info.BytesPerSample() {
		return nil, frame.Errorf(where, "frame header: want a precision within %d bits, got %d", 8*info.BytesPerSample(), h.Precision)
	}
	for i := range n {
		b := body[6+3*i:]
		c := Component{ID: b[0], H: int(b[1] >> 4), V: int(b[1] & 15), TQ: int(b[2])}
		if c.H < 1 || c.H > 4 || c.V < 1 || c.V > 4 {
			return nil, frame.Errorf(where, "frame header: component %d: want sampling factors 1 to 4, got %d and %d", i, c.H, c.V)
		}
		h.MaxH, h.MaxV = max(h.MaxH, c.H), max(h.MaxV, c.V)
		h.Components = append(h.Components, c)
	}
	return h, nil
}

// Scan is a scan header: T.81 B.2.3. Index points into the frame header's components.
type Scan struct {
	Index          []int
	DC, AC         []int // Huffman tables of each
	Ss, Se, Ah, Al int
}

// ParseScan reads the segment of an SOS marker.
func ParseScan(body []byte, h *Header) (*Scan, error) {
	if len(body) < 1 || len(body) < 4+2*int(body[0]) {
		return nil, frame.Truncatedf(where, "scan header: want %d bytes and more, got %d", 6, len(body))
	}
	n := int(body[0])
	if n < 1 || n > 4 {
		return nil, frame.Errorf(where, "scan header: want 1 to 4 components, got %d", n)
	}
	s := &Scan{}
	for i := range n {
		id, tables := body[1+2*i], body[2+2*i]
		at := -1
		for k, c := range h.Components {
			if c.ID == id {
				at = k
			}
		}
		for _, other := range s.Index {
			if other == at {
				at = -1
			}
		}
		if at < 0 || tables>>4 > 3 || tables&15 > 3 {
			return nil, frame.Errorf(where, "scan header: want components of the frame, each once, got %d", id)
		}
		s.Index = append(s.Index, at)
		s.DC, s.AC = append(s.DC, int(tables>>4)), append(s.AC, int(tables&15))
	}
	b := body[1+2*n:]
	s.Ss, s.Se, s.Ah, s.Al = int(b[0]), int(b[1]), int(b[2]>>4), int(b[2]&15)
	return s, nil
}
