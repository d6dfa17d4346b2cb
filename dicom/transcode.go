package dicom

import (
	"context"
	"encoding/binary"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Transcode writes the object to path in another transfer syntax: Explicit VR Little Endian, or one
// that codec.Table has an encoder for. The stored values stay; where the decoder has changed how
// colour is held, PhotometricInterpretation follows. Elements behind the pixel data are left out.
func (f *File) Transcode(ctx context.Context, path, uid string) error {
	row, ok := codec.Find(uid)
	if !ok || uid != ExplicitLittle && row.Encode == nil {
		return frame.Unsupportedf(pkg, "transfer syntax %s: can't be written", uid)
	}
	raw, err := f.RawArray(ctx)
	if err != nil {
		return err
	}
	p, err := f.openPixels()
	if err != nil {
		return err
	}
	info, frames := p.info, p.frames
	p.close()
	if info.Float && uid != ExplicitLittle {
		return frame.Unsupportedf(pkg, "transfer syntax %s: want whole numbers, got Float Pixel Data", uid)
	}
	info.Planar, info.BigEndian = false, false
	value := sk.PixelDataInfo{IntentionallyUnprocessed: true}
	vr := "OW"
	switch {
	case uid != ExplicitLittle:
		vr = "OB"
		value.IsEncapsulated = true
		if value.UnprocessedValueData, err = encapsulate(ctx, raw.Bytes, info, frames, row); err != nil {
			return err
		}
	case info.BitsAllocated == 1:
		value.UnprocessedValueData = packBits(raw.Bytes)
	default:
		value.UnprocessedValueData = raw.Bytes
	}
	var out Elements
	for _, el := range f.Elements {
		switch el.Tag {
		case f.pixel.tag, tag.ExtendedOffsetTable, tag.ExtendedOffsetTableLengths:
		default:
			out = append(out, el)
		}
	}
	v, err := sk.NewValue(value)
	if err != nil {
		return within("pixel data", err)
	}
	if f.pixel.tag != tag.PixelData {
		vr = map[bool]string{true: "OD", false: "OF"}[f.pixel.tag == tag.DoubleFloatPixelData]
	}
	out.place(&sk.Element{Tag: f.pixel.tag, ValueRepresentation: tag.GetVRKind(f.pixel.tag, vr), RawValueRepresentation: vr, Value: v})
	if info.Samples > 1 {
		if err := out.Set(tag.PlanarConfiguration, "US", 0); err != nil {
			return err
		}
		colour := info.Photometric
		switch colour {
		case "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420":
			colour = "YBR_FULL"
		case "YBR_RCT", "YBR_ICT":
			colour = "RGB"
		}
		if err := out.Set(tag.PhotometricInterpretation, "CS", colour); err != nil {
			return err
		}
	}
	return writeFile(path, out, uid)
}

// encapsulate encodes each frame into one fragment, behind a Basic Offset Table.
func encapsulate(ctx context.Context, raw []byte, info frame.Info, frames int, row codec.Codec) ([]byte, error) {
	size := info.Size()
	var table, body []byte
	for n := range frames {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := row.Encode(raw[n*size:][:size], info)
		if err != nil {
			return nil, err
		}
		table = binary.LittleEndian.AppendUint32(table, uint32(len(body)))
		if len(b)%2 == 1 {
			b = append(b, 0)
		}
		body = appendItem(body, b)
		if uint64(len(body)) > undefined-1<<20 {
			return nil, frame.Unsupportedf(pkg, "pixel data: want fewer than 4 GiB encoded, got more")
		}
	}
	return append(appendItem(nil, table), body...), nil
}

func appendItem(out, b []byte) []byte {
	out = append(out, 0xfe, 0xff, 0x00, 0xe0)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(b)))
	return append(out, b...)
}

func packBits(b []byte) []byte {
	out := make([]byte, (len(b)+7)/8)
	for i, v := range b {
		out[i>>3] |= v & 1 << (i & 7)
	}
	return out
}
