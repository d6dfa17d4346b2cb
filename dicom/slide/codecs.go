// Package slide reads whole-slide images as streams of tiles: DICOM VL Whole Slide Microscopy (PS3.3 A.32.8,
// TILED_FULL and TILED_SPARSE) and tiled TIFF pyramids such as Aperio's SVS. Memory is that of the tiles asked for.
package slide

import (
	"bytes"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpeg"
	"github.com/caliper-imaging/caliper/dicom/codec/jpeg2000"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/tiff"
)

// Codecs are the decoders of JPEG and JPEG 2000 for TIFF files.
func Codecs() map[tiff.Compression]tiff.Codec {
	return map[tiff.Compression]tiff.Codec{tiff.JPEG: decodeJPEG, tiff.AperioYCC: decodeJPEG2000, tiff.AperioRGB: decodeJPEG2000, tiff.JPEG2000: decodeJPEG2000}
}

func infoOf(c tiff.Chunk) frame.Info {
	return frame.Info{Rows: c.Height, Columns: c.Width, Samples: c.Samples, BitsAllocated: 8, BitsStored: 8, HighBit: 7}
}

// decodeJPEG joins the tables of the page with the stream of a tile: TIFF Technical Note 2.
func decodeJPEG(dst, src []byte, c tiff.Chunk) error {
	if tables := bytes.TrimSuffix(c.Tables, []byte{0xff, 0xd9}); len(tables) > 2 && len(src) > 2 {
		src = append(append(make([]byte, 0, len(tables)+len(src)), tables...), src[2:]...)
	}
	if err := jpeg.Decode(dst, src, infoOf(c)); err != nil {
		return volume.Malformed("tiff: %w", err)
	}
	if c.Photometric == tiff.YCbCr && c.Samples == 3 {
		toRGB(dst)
	}
	return nil
}

func decodeJPEG2000(dst, src []byte, c tiff.Chunk) error {
	if err := jpeg2000.Decode(dst, src, infoOf(c)); err != nil {
		return volume.Malformed("tiff: %w", err)
	}
	if c.Samples == 3 && (c.Compression == tiff.AperioYCC || c.Photometric == tiff.YCbCr && c.Compression == tiff.JPEG2000) {
		toRGB(dst)
	}
	return nil
}

// toRGB turns pixels of JFIF's YCbCr into RGB, rounded as libjpeg does.
func toRGB(b []byte) {
	const half = 1 << 15
	for at := 0; at+2 < len(b); at += 3 {
		y, cb, cr := int32(b[at]), int32(b[at+1])-128, int32(b[at+2])-128
		b[at] = clamp(y + (91881*cr+half)>>16)
		b[at+1] = clamp(y + (-22554*cb-46802*cr+half)>>16)
		b[at+2] = clamp(y + (116130*cb+half)>>16)
	}
}

func clamp(x int32) byte { return byte(min(max(x, 0), 255)) }
