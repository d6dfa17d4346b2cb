package intake

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// Stored reads all of a series in the smallest type that loses nothing: what a conversion writes. It is a
// *volume.Mask where the file marks itself as labels; else a *volume.Raw: of an unscaled NIfTI file its own
// type, of a picture 8 or 16 bits, of the other formats their own type, of DICOM the values of the modality as integers where they are whole,
// else float32. Shape: frame (where there are several), k (left out for a picture), j, i, colour sample.
func Stored(ctx context.Context, s study.Series) (any, error) {
	if s.Format == "nifti" && len(s.Files) > 0 {
		h, err := nifti.ReadHeader(s.Files[0])
		if err != nil {
			return nil, err
		}
		colour := h.Type == nifti.RGB24 || h.Type == nifti.RGBA32
		switch {
		case h.Label() && h.Frames == 1 && h.Channels == 1:
			return nifti.ReadMask(s.Files[0])
		case !h.Scaled() && (h.Channels == 1 || colour):
			return nifti.ReadRaw(s.Files[0])
		}
	}
	if s.Format == "slide" {
		return slideStored(ctx, s.Files...)
	}
	if row, _ := formatOf(s.Format); row.stored != nil && len(s.Files) > 0 {
		raw, err := row.stored(s.Files[0])
		if err != nil {
			return nil, err
		}
		if raw != nil {
			if raw.Size != s.Geometry.Size {
				return nil, fmt.Errorf("intake: stored: want size %v as when it was scanned, got %v", s.Geometry.Size, raw.Size)
			}
			raw.Geometry = s.Geometry
			return raw, nil
		}
	}
	values := s.Geometry.Voxels() * s.Channels
	if s.Frames > 1 && s.Frames > volume.MaxVoxels/values {
		return nil, volume.Unsupported("intake: stored: want at most %d values, got %d frames of %d", volume.MaxVoxels, s.Frames, values)
	}
	var data []float32
	frames, channels := 0, s.Channels
	for v, err := range Frames(ctx, s) {
		if err != nil {
			return nil, err
		}
		if frames > 0 && v.Channels != channels {
			return nil, fmt.Errorf("intake: stored: want %d channels in every frame, got %d", channels, v.Channels)
		}
		channels = v.Channels
		data = append(data, v.Data...)
		frames++
	}
	raw := &volume.Raw{Geometry: s.Geometry, DType: smallest(data), Channels: channels}
	if frames > 1 {
		raw.Shape = append(raw.Shape, frames)
	}
	if row, _ := formatOf(s.Format); !row.picture {
		raw.Shape = append(raw.Shape, s.Geometry.Size[2])
	}
	raw.Shape = append(raw.Shape, s.Geometry.Size[1], s.Geometry.Size[0])
	if channels > 1 {
		raw.Shape = append(raw.Shape, channels)
	}
	raw.Bytes = pack(data, raw.DType, s.Geometry.Voxels(), channels)
	return raw, nil
}

// smallest is the type that holds every value exactly.
func smallest(data []float32) volume.DType {
	lo, hi := 0.0, 0.0
	for _, x := range data {
		f := float64(x)
		if f != math.Trunc(f) || math.Abs(f) > 1<<24 || f == 0 && math.Signbit(f) {
			return volume.Float32
		}
		lo, hi = min(lo, f), max(hi, f)
	}
	switch {
	case lo >= 0 && hi <= math.MaxUint8:
		return volume.Uint8
	case lo >= math.MinInt16 && hi <= math.MaxInt16:
		return volume.Int16
	case lo >= 0 && hi <= math.MaxUint16:
		return volume.Uint16
	}
	return volume.Int32
}

// pack turns planar channels into interleaved samples of a type.
func pack(data []float32, d volume.DType, voxels, channels int) []byte {
	size := d.Size()
	out := make([]byte, len(data)*size)
	frame := voxels * channels
	for n, x := range data {
		at := n
		if channels > 1 {
			within := n % frame
			at = n - within + within%voxels*channels + within/voxels
		}
		b := out[at*size:]
		switch d {
		case volume.Uint8:
			b[0] = uint8(x)
		case volume.Int16:
			binary.LittleEndian.PutUint16(b, uint16(int16(x)))
		case volume.Uint16:
			binary.LittleEndian.PutUint16(b, uint16(x))
		case volume.Int32:
			binary.LittleEndian.PutUint32(b, uint32(int32(x)))
		default:
			binary.LittleEndian.PutUint32(b, math.Float32bits(x))
		}
	}
	return out
}
