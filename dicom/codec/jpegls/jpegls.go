// Package jpegls decodes JPEG-LS, lossless and near-lossless: ITU-T T.87 (ISO/IEC 14495-1).
package jpegls

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
)

const where = "dicom: jpeg-ls"

const lse = 0xf8

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
	preset  preset
	restart int
	tables  map[byte][]byte // mapping tables: entry width, then entries
	done    [frame.MaxSamples]bool
}

func (d *decoder) run() error {
	for {
		marker, body, err := d.stream.Next()
		if err != nil {
			return err
		}
		switch {
		case marker == jpegstream.SOF55:
			if d.header != nil {
				return frame.Errorf(where, "want one frame header, got another")
			}
			d.header, err = d.parseHeader(body)
		case marker == lse:
			err = d.parseLSE(body)
		case marker == jpegstream.DRI:
			for _, b := range body {
				d.restart = d.restart<<8 | int(b)
			}
			if len(body) > 4 || d.restart < 0 {
				return frame.Errorf(where, "restart interval: want 2 to 4 bytes, got %d", len(body))
			}
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return frame.Unsupportedf(where, "process of marker %#x: want JPEG-LS", marker)
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

// parseLSE reads preset parameters and mapping tables: T.87 C.2.4.1.
func (d *decoder) parseLSE(body []byte) (err error) {
	if len(body) == 0 {
		return frame.Truncatedf(where, "LSE segment: want 1 byte and more, got none")
	}
	switch body[0] {
	case 1:
		d.preset, err = parsePreset(body)
		return err
	case 2, 3:
		if len(body) < 3 || body[2] < 1 || body[2] > 2 {
			return frame.Errorf(where, "mapping table: want entries of 1 or 2 bytes, got another width")
		}
		if d.tables == nil {
			d.tables = map[byte][]byte{}
		}
		id := body[1]
		if body[0] == 2 || d.tables[id] == nil {
			d.tables[id] = []byte{body[2]}
		}
		d.tables[id] = append(d.tables[id], body[3:]...)
		return nil
	}
	return frame.Unsupportedf(where, "LSE segment of type %d: want 1, 2 or 3", body[0])
}

// scan decodes one scan: its components line by line, or all of a pixel together.
func (d *decoder) scan(body []byte) error {
	if d.header == nil {
		return frame.Errorf(where, "scan: want a frame header before it, got none")
	}
	// The table selectors of T.81 are mapping tables here; read them apart.
	if len(body) == 0 {
		return frame.Truncatedf(where, "scan header: want 6 bytes and more, got none")
	}
	plain := append([]byte(nil), body...)
	var maps []byte
	if n := int(body[0]); len(body) >= 4+2*n {
		for i := range n {
			maps = append(maps, body[2+2*i])
			plain[2+2*i] = 0
		}
	}
	s, err := jpegstream.ParseScan(plain, d.header)
	if err != nil {
		return err
	}
	interleave, n := s.Se, len(s.Index)
	if interleave > 2 || interleave == 0 && n > 1 {
		return frame.Errorf(where, "scan: want interleave 0 to 2 that suits %d components, got %d", n, interleave)
	}
	if s.Al != 0 {
		return frame.Unsupportedf(where, "scan: want no point transform, got %d", s.Al)
	}
	q, err := newParams(d.preset, d.header.Precision, s.Ss)
	if err != nil {
		return err
	}
	w, h := d.header.Width, d.header.Height
	c := coder{params: q, model: q.newModel(), in: reader{data: d.stream.Rest()}, width: w, runIndex: make([]int, n)}
	for range n {
		c.above, c.row = append(c.above, make([]int32, w+2)), append(c.row, make([]int32, w+2))
	}
	for y := range h {
		if d.restart > 0 && y > 0 && y%d.restart == 0 {
			if err := c.in.err(); err != nil {
				return err
			}
			if !c.in.restart() {
				return frame.Truncatedf(where, "want a restart marker, got another marker or the end")
			}
			c.model = q.newModel()
			clear(c.runIndex)
			for i := range n {
				clear(c.above[i])
				clear(c.row[i])
			}
		}
		for i := range n {
			above, row := c.above[i], c.row[i]
			above[w+1] = above[w]
			row[0] = above[1]
		}
		if interleave == 2 && n > 1 {
			c.pixels()
		} else {
			for i := range n {
				c.line(i)
			}
		}
		if err := c.in.err(); err != nil {
			return err
		}
		for i, at := range s.Index {
			if err := d.put(c.row[i][1:w+1], y, at, maps[i]); err != nil {
				return err
			}
			c.above[i], c.row[i] = c.row[i], c.above[i]
		}
	}
	for _, at := range s.Index {
		d.done[at] = true
	}
	d.stream.Skip(c.in.pos)
	return nil
}

// put writes one row of a component, through its mapping table where it has one.
func (d *decoder) put(row []int32, y, at int, table byte) error {
	samples, size := d.info.Samples, d.info.BytesPerSample()
	out := d.dst[y*len(row)*samples*size:][:len(row)*samples*size]
	if table != 0 {
		t, ok := d.tables[table]
		if !ok {
			return frame.Errorf(where, "scan: want mapping table %d, got none", table)
		}
		wide := int(t[0])
		for x, v := range row {
			k := 1 + int(v)*wide
			if k+wide > len(t) || wide > size {
				return frame.Errorf(where, "mapping table %d: want an entry for %d, got none", table, v)
			}
			if wide == 1 {
				row[x] = int32(t[k])
			} else {
				row[x] = int32(binary.BigEndian.Uint16(t[k:]))
			}
		}
	}
	switch {
	case size == 1 && samples == 1:
		for x, v := range row {
			out[x] = byte(v)
		}
	case size == 2 && samples == 1:
		for x, v := range row {
			binary.LittleEndian.PutUint16(out[2*x:], uint16(v))
		}
	default:
		for x, v := range row {
			p := out[(x*samples+at)*size:][:size]
			clear(p)
			p[0] = byte(v)
			if size > 1 {
				p[1] = byte(v >> 8)
			}
		}
	}
	return nil
}
