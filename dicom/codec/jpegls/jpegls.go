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
	d := decoder{dst: dst, image: jpegstream.Image{Stream: s, Where: where, Process: "JPEG-LS", SOF: jpegstream.SOF55, Info: info}}
	return d.image.Run(d.scan, d.segment)
}

type decoder struct {
	image   jpegstream.Image
	dst     []byte
	preset  preset
	restart int
	tables  map[byte][]byte // mapping tables: entry width, then entries
}

// segment reads parameters and mapping tables.
func (d *decoder) segment(marker byte, body []byte) error {
	switch marker {
	case lse:
		return d.parseLSE(body)
	case jpegstream.DRI:
		d.restart = 0
		for _, b := range body {
			d.restart = d.restart<<8 | int(b)
		}
		if len(body) > 4 || d.restart < 0 {
			return frame.Errorf(where, "restart interval: want 2 to 4 bytes, got %d", len(body))
		}
	}
	return nil
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
	s, err := jpegstream.ParseScan(plain, d.image.Header)
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
	q, err := newParams(d.preset, d.image.Header.Precision, s.Ss)
	if err != nil {
		return err
	}
	w, h := d.image.Header.Width, d.image.Header.Height
	c := coder{params: q, model: q.newModel(), in: reader{data: d.image.Rest()}, width: w, runIndex: make([]int, n)}
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
		d.image.Done[at] = true
	}
	d.image.Skip(c.in.pos)
	return nil
}

// put writes one row of a component, through its mapping table where it has one.
func (d *decoder) put(row []int32, y, at int, table byte) error {
	samples, size := d.image.Info.Samples, d.image.Info.BytesPerSample()
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
