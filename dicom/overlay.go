package dicom

import (
	"context"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Overlay is a bit-map over the image: PS3.3 C.9.2. Bits holds one byte, 0 or 1, a pixel, frame after frame.
type Overlay struct {
	Group         uint16 // 0x6000 to 0x601e
	Rows, Columns int
	Row, Column   int // of the image where it starts, from 1
	Frames        int
	Kind          string // G graphics, R region of interest
	Label         string
	Bits          []byte
}

// Overlays reads the overlay planes: those in OverlayData, and the old ones in the unused bits of the
// pixels.
func (f *File) Overlays(ctx context.Context) ([]Overlay, error) {
	var out []Overlay
	for g := uint16(0x6000); g <= 0x601e; g += 2 {
		at := func(element uint16) tag.Tag { return tag.Tag{Group: g, Element: element} }
		rows, ok := f.Int(at(0x0010))
		if !ok {
			continue
		}
		columns, _ := f.Int(at(0x0011))
		frames, ok := f.Int(at(0x0015))
		if !ok {
			frames = 1
		}
		if rows < 1 || columns < 1 || frames < 1 || rows > frame.MaxSide || columns > frame.MaxSide || frames > frame.MaxBytes/(rows*columns) {
			return nil, frame.Errorf(pkg, "overlay %04x: want rows, columns and frames of 1 and more within %d bits, got %d, %d and %d", g, frame.MaxBytes, rows, columns, frames)
		}
		o := Overlay{Group: g, Rows: rows, Columns: columns, Row: 1, Column: 1, Frames: frames, Kind: f.String(at(0x0040)), Label: f.String(at(0x1500))}
		if v := f.Ints(at(0x0050)); len(v) == 2 {
			o.Row, o.Column = v[0], v[1]
		}
		var err error
		if data := f.Bytes(at(0x3000)); len(data) > 0 {
			o.Bits, err = unpackBits(data, rows*columns*frames)
		} else {
			bit, _ := f.Int(at(0x0102))
			o.Bits, err = f.pixelBit(ctx, bit, rows*columns*frames)
		}
		if err != nil {
			return nil, within("overlay", err)
		}
		out = append(out, o)
	}
	return out, nil
}

func unpackBits(b []byte, n int) ([]byte, error) {
	if len(b) < (n+7)/8 {
		return nil, frame.Truncatedf(pkg, "OverlayData: want %d bits, got %d bytes", n, len(b))
	}
	out := make([]byte, n)
	for i := range out {
		out[i] = b[i>>3] >> (i & 7) & 1
	}
	return out, nil
}

// pixelBit takes one bit of every pixel, of those that are not part of its value.
func (f *File) pixelBit(ctx context.Context, bit, n int) ([]byte, error) {
	p, err := f.openPixels()
	if err != nil {
		return nil, err
	}
	defer p.close()
	size := p.info.Size()
	width := p.info.BytesPerSample()
	if bit < p.info.BitsStored || bit >= 8*width || p.info.Samples != 1 || n != p.info.Pixels()*p.frames {
		return nil, frame.Errorf(pkg, "OverlayBitPosition: want a free bit of %d and an overlay of the image's size, got %d", 8*width, bit)
	}
	if err := p.ready(p.frames - 1); err != nil {
		return nil, err
	}
	raw, out := make([]byte, size), make([]byte, 0, n)
	for k := range p.frames {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := p.decodeOpen(k, raw); err != nil {
			return nil, err
		}
		for i := range p.info.Pixels() {
			out = append(out, raw[i*width+bit/8]>>(bit%8)&1)
		}
	}
	return out, nil
}
