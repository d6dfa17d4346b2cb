// Package jpeg2000 decodes JPEG 2000 codestreams, bare or in a JP2 file: ITU-T T.800 (ISO/IEC 15444-1), with the
// block coder of high throughput, ITU-T T.814 (ISO/IEC 15444-15), and transforms between components by matrices, ITU-T
// T.801 (ISO/IEC 15444-2).
package jpeg2000

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

const where = "dicom: jpeg 2000"

// Decode writes one frame. Where the stream ends too early, the error says so (FormatError with Truncated set), and the
// samples are what the packets before that give. The transforms between components that the codestream itself names are
// undone; samples keep the codestream's sign.
func Decode(dst, src []byte, info frame.Info) error {
	if err := info.CheckBuffers(where, dst); err != nil {
		return err
	}
	d := &decoder{info: info}
	if err := d.parse(codestream(src)); err != nil {
		return err
	}
	return d.reconstruct(dst)
}

type decoder struct {
	info      frame.Info
	size      *size
	main      *header
	tiles     map[int]*tile
	order     []int // tiles as they first come
	ppm       [][]byte
	ppmAt     int
	truncated error // the stream ends within a tile-part
}

// codestream finds the contiguous codestream in a JP2 file: T.800 annex I.
func codestream(b []byte) []byte {
	if len(b) >= 2 && binary.BigEndian.Uint16(b) == mSOC {
		return b
	}
	for at := b; len(at) >= 8; {
		n, kind, head := uint64(binary.BigEndian.Uint32(at)), string(at[4:8]), uint64(8)
		if n == 1 && len(at) >= 16 {
			n, head = binary.BigEndian.Uint64(at[8:]), 16
		}
		if kind == "jp2c" {
			if n == 0 || n > uint64(len(at)) {
				n = uint64(len(at))
			}
			return at[min(head, n):n]
		}
		if n < head || n > uint64(len(at)) {
			break
		}
		at = at[n:]
	}
	if i := bytes.Index(b, []byte{0xff, 0x4f, 0xff, 0x51}); i >= 0 {
		return b[i:]
	}
	return b
}

// parse reads the main header and all tile-parts.
func (d *decoder) parse(b []byte) error {
	if len(b) < 4 || binary.BigEndian.Uint16(b) != mSOC {
		return frame.Errorf(where, "want a codestream that starts with SOC, got %d bytes without it", len(b))
	}
	at := 2
	d.tiles = map[int]*tile{}
	for {
		marker, body, next, err := segmentAt(b, at)
		if err != nil {
			if len(d.tiles) > 0 { // no EOC behind the last tile-part
				d.truncated = err
				return nil
			}
			return err
		}
		switch {
		case marker == mSIZ && d.size == nil:
			if d.size, err = parseSize(body); err == nil {
				err = d.size.check(d.info)
			}
			if err != nil {
				return err
			}
			n := len(d.size.components)
			d.main = &header{coding: make([]coding, n), quant: make([]quantisation, n), roi: make([]int, n), ownCOC: make([]bool, n), ownQCC: make([]bool, n)}
		case d.size == nil:
			return frame.Errorf(where, "want SIZ behind SOC, got marker %#x", marker)
		case marker == mEOC:
			return nil
		case marker == mSOT:
			if next, err = d.tilePart(b, at, body); err != nil {
				return err
			}
		case marker == mPPM:
			if len(body) < 1 {
				return frame.Truncatedf(where, "PPM: want an index, got none")
			}
			d.ppm = append(d.ppm, body[1:])
		default:
			if err := d.main.segment(marker, body); err != nil {
				return err
			}
		}
		at = next
	}
}

// segmentAt reads the marker at a position and its segment.
func segmentAt(b []byte, at int) (marker int, body []byte, next int, err error) {
	if at+2 > len(b) {
		return 0, nil, at, frame.Truncatedf(where, "byte %d: want a marker, got the end", at)
	}
	marker = int(binary.BigEndian.Uint16(b[at:]))
	if marker < 0xff30 {
		return 0, nil, at, frame.Errorf(where, "byte %d: want a marker, got %#x", at, marker)
	}
	if marker == mSOC || marker == mSOD || marker == mEOC || marker == mEPH || marker <= 0xff3f {
		return marker, nil, at + 2, nil
	}
	if at+4 > len(b) {
		return 0, nil, at, frame.Truncatedf(where, "marker %#x: want a length, got the end", marker)
	}
	n := int(binary.BigEndian.Uint16(b[at+2:]))
	if n < 2 || at+2+n > len(b) {
		return 0, nil, at, frame.Truncatedf(where, "marker %#x: want %d bytes, got %d", marker, n, len(b)-at-2)
	}
	return marker, b[at+4 : at+2+n], at + 2 + n, nil
}

// tilePart reads one tile-part, whose SOT marker lies at start: T.800 A.4.
func (d *decoder) tilePart(b []byte, start int, sot []byte) (next int, err error) {
	if len(sot) < 8 {
		return 0, frame.Truncatedf(where, "SOT: want 8 bytes, got %d", len(sot))
	}
	index, length := int(binary.BigEndian.Uint16(sot)), int(binary.BigEndian.Uint32(sot[2:]))
	if index >= d.size.tilesX*d.size.tilesY {
		return 0, frame.Errorf(where, "SOT: want a tile of %d, got %d", d.size.tilesX*d.size.tilesY, index)
	}
	end := start + length
	if length == 0 {
		end = len(b)
		if bytes.HasSuffix(b, []byte{0xff, 0xd9}) {
			end -= 2
		}
	}
	if end > len(b) {
		d.truncated = frame.Truncatedf(where, "tile %d: want %d bytes, got %d", index, length, len(b)-start)
		end = len(b)
	}
	t := d.tiles[index]
	if t == nil {
		t = &tile{header: d.main.clone(), index: index}
		d.tiles[index] = t
		d.order = append(d.order, index)
	}
	at := start + 2 + 2 + len(sot)
	fresh := true
	for {
		marker, body, after, err := segmentAt(b[:end], at)
		if err != nil {
			return 0, err
		}
		at = after
		if marker == mSOD {
			break
		}
		if marker == mPPT {
			if len(body) < 1 {
				return 0, frame.Truncatedf(where, "PPT: want an index, got none")
			}
			t.packed, t.hasPacked = append(t.packed, body[1:]...), true
			continue
		}
		if marker == mPOC && fresh {
			t.header.orders, fresh = nil, false
		}
		if err := t.header.segment(marker, body); err != nil {
			return 0, err
		}
	}
	if d.ppm != nil {
		if err := d.takePacked(t); err != nil {
			return 0, err
		}
	}
	if t.body == nil {
		t.body = b[at:end:end]
	} else {
		t.body = append(t.body, b[at:end]...)
	}
	return end, nil
}

// takePacked gives a tile-part its packet headers of the PPM segments: T.800 A.7.4.
func (d *decoder) takePacked(t *tile) error {
	if len(d.ppm) > 1 {
		d.ppm = [][]byte{bytes.Join(d.ppm, nil)}
	}
	all := d.ppm[0]
	if d.ppmAt+4 > len(all) {
		return frame.Truncatedf(where, "PPM: want headers of one more tile-part, got none")
	}
	n := int(binary.BigEndian.Uint32(all[d.ppmAt:]))
	if n > len(all)-d.ppmAt-4 {
		return frame.Truncatedf(where, "PPM: want %d bytes, got %d", n, len(all)-d.ppmAt-4)
	}
	t.packed, t.hasPacked = append(t.packed, all[d.ppmAt+4:][:n]...), true
	d.ppmAt += 4 + n
	return nil
}

// reconstruct decodes all tiles and writes the frame.
func (d *decoder) reconstruct(dst []byte) error {
	if d.main == nil {
		return frame.Errorf(where, "want SIZ, got none")
	}
	var short error
	if n := d.size.tilesX * d.size.tilesY; len(d.tiles) < n {
		if short = d.truncated; short == nil {
			short = frame.Truncatedf(where, "want %d tiles, got %d", n, len(d.tiles))
		}
	}
	m := memories.Get().(*memory)
	defer memories.Put(m)
	for len(m.blocks) < max(1, d.info.Workers) {
		m.blocks = append(m.blocks, blockDecoder{})
	}
	m.blocks = m.blocks[:max(1, d.info.Workers)]
	for _, index := range d.order {
		t := d.tiles[index]
		for i := range t.header.coding {
			if t.header.coding[i].xcb == 0 || t.header.layers == 0 {
				return frame.Errorf(where, "want COD and QCD, got none")
			}
			if t.header.coding[i].style&(styleHT|styleMixed) == styleHT|styleMixed {
				return frame.Unsupportedf(where, "code-blocks: want either T.800 or T.814, got both mixed")
			}
		}
		if err := t.build(d.size); err != nil {
			return err
		}
		if err := t.packets(); err != nil {
			// A tile that ends between packets has fewer layers than announced, which is no fault,
			// unless the stream itself breaks off.
			var f *frame.FormatError
			switch {
			case !errors.As(err, &f) || !f.Truncated:
				return err
			case !errors.Is(err, errEnd) || d.truncated != nil:
				short = cmp.Or(short, err)
			}
		}
		planes, err := t.planes(m)
		if err != nil {
			return err
		}
		if err := d.write(dst, t, planes); err != nil {
			return err
		}
		d.tiles[index] = nil
	}
	return short
}
