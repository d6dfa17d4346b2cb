// Package codec decodes one frame of pixels by transfer syntax (PS3.5 annex A). It needs no DICOM
// file: frame.Info says how the frame is laid out.
package codec

import (
	"github.com/caliper-imaging/caliper/dicom/codec/deflated"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpeg"
	"github.com/caliper-imaging/caliper/dicom/codec/jpeg2000"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegls"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
	"github.com/caliper-imaging/caliper/dicom/codec/lossless"
	"github.com/caliper-imaging/caliper/dicom/codec/native"
	"github.com/caliper-imaging/caliper/dicom/codec/rle"
)

// Codec is one row: a transfer syntax and what decodes it. Decode is nil where the transfer syntax is
// known but not done.
type Codec struct {
	UID    string
	Name   string
	Lossy  bool
	Native bool // the pixel data are not in fragments
	Decode func(dst, src []byte, info frame.Info) error
	Encode func(src []byte, info frame.Info) ([]byte, error) // nil where frames can't be written
}

// Table lists the transfer syntaxes by UID, each part as a number.
func Table() []Codec {
	return []Codec{
		{UID: "1.2.840.10008.1.2", Name: "Implicit VR Little Endian", Native: true, Decode: native.Decode},
		{UID: "1.2.840.10008.1.2.1", Name: "Explicit VR Little Endian", Native: true, Decode: native.Decode},
		{UID: "1.2.840.10008.1.2.1.98", Name: "Encapsulated Uncompressed Explicit VR Little Endian", Decode: native.Decode},
		{UID: "1.2.840.10008.1.2.1.99", Name: "Deflated Explicit VR Little Endian", Native: true, Decode: native.Decode},
		{UID: "1.2.840.10008.1.2.2", Name: "Explicit VR Big Endian", Native: true, Decode: native.Decode},
		{UID: "1.2.840.10008.1.2.4.50", Name: "JPEG Baseline", Lossy: true, Decode: jpeg.Decode},
		{UID: "1.2.840.10008.1.2.4.51", Name: "JPEG Extended", Lossy: true, Decode: jpeg.Decode},
		{UID: "1.2.840.10008.1.2.4.53", Name: "JPEG Spectral Selection", Lossy: true, Decode: jpeg.Decode},
		{UID: "1.2.840.10008.1.2.4.55", Name: "JPEG Full Progression", Lossy: true, Decode: jpeg.Decode},
		{UID: "1.2.840.10008.1.2.4.57", Name: "JPEG Lossless, Non-Hierarchical", Decode: lossless.Decode},
		{UID: "1.2.840.10008.1.2.4.70", Name: "JPEG Lossless, Non-Hierarchical, First-Order Prediction", Decode: lossless.Decode, Encode: lossless.Encode},
		{UID: "1.2.840.10008.1.2.4.80", Name: "JPEG-LS Lossless", Decode: jpegls.Decode, Encode: jpegls.Encode},
		{UID: "1.2.840.10008.1.2.4.81", Name: "JPEG-LS Near-Lossless", Lossy: true, Decode: jpegls.Decode},
		{UID: "1.2.840.10008.1.2.4.90", Name: "JPEG 2000 Lossless Only", Decode: jpeg2000.Decode, Encode: jpeg2000.Encode},
		{UID: "1.2.840.10008.1.2.4.91", Name: "JPEG 2000", Lossy: true, Decode: jpeg2000.Decode},
		{UID: "1.2.840.10008.1.2.4.92", Name: "JPEG 2000 Part 2 Multi-component Lossless Only", Decode: jpeg2000.Decode},
		{UID: "1.2.840.10008.1.2.4.93", Name: "JPEG 2000 Part 2 Multi-component", Lossy: true, Decode: jpeg2000.Decode},
		{UID: "1.2.840.10008.1.2.4.94", Name: "JPIP Referenced", Native: true},
		{UID: "1.2.840.10008.1.2.4.95", Name: "JPIP Referenced Deflate", Native: true},
		{UID: "1.2.840.10008.1.2.4.100", Name: "MPEG2 Main Profile Main Level", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.101", Name: "MPEG2 Main Profile High Level", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.102", Name: "MPEG-4 AVC High Profile", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.103", Name: "MPEG-4 AVC BD-compatible High Profile", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.104", Name: "MPEG-4 AVC High Profile for 2D Video", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.105", Name: "MPEG-4 AVC High Profile for 3D Video", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.106", Name: "MPEG-4 AVC Stereo High Profile", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.107", Name: "HEVC Main Profile", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.108", Name: "HEVC Main 10 Profile", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.110", Name: "JPEG XL Lossless"},
		{UID: "1.2.840.10008.1.2.4.111", Name: "JPEG XL JPEG Recompression", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.112", Name: "JPEG XL", Lossy: true},
		{UID: "1.2.840.10008.1.2.4.201", Name: "High-Throughput JPEG 2000 Lossless Only", Decode: jpeg2000.Decode},
		{UID: "1.2.840.10008.1.2.4.202", Name: "High-Throughput JPEG 2000 with RPCL Options Lossless Only", Decode: jpeg2000.Decode},
		{UID: "1.2.840.10008.1.2.4.203", Name: "High-Throughput JPEG 2000", Lossy: true, Decode: jpeg2000.Decode},
		{UID: "1.2.840.10008.1.2.5", Name: "RLE Lossless", Decode: rle.Decode, Encode: rle.Encode},
		{UID: "1.2.840.10008.1.2.8.1", Name: "Deflated Image Frame Compression", Decode: deflated.Decode},
	}
}

// Find gives the row of a transfer syntax.
func Find(uid string) (Codec, bool) {
	for _, c := range Table() {
		if c.UID == uid {
			return c, true
		}
	}
	return Codec{}, false
}

// Decode writes one frame of a transfer syntax to dst, which must hold info.Size() bytes.
func Decode(uid string, dst, src []byte, info frame.Info) error {
	c, ok := Find(uid)
	if !ok {
		return frame.Unsupportedf("dicom", "transfer syntax %s: not known", uid)
	}
	if c.Decode == nil {
		return frame.Unsupportedf("dicom", "transfer syntax %s (%s): its pixels can't be decoded", uid, c.Name)
	}
	return c.Decode(dst, src, info)
}

// Sniff gives the transfer syntax whose codec reads a stream, by the stream itself; "" where it has
// no mark. It serves where a file's transfer syntax is wrong.
func Sniff(src []byte) string {
	switch {
	case len(src) < 12:
		return ""
	case src[0] == 0xff && src[1] == 0x4f && src[2] == 0xff, string(src[4:8]) == "jP  ":
		return "1.2.840.10008.1.2.4.90"
	case src[0] != 0xff || src[1] != jpegstream.SOI:
		return ""
	}
	s, err := jpegstream.New(src)
	for err == nil {
		var marker byte
		switch marker, _, err = s.Next(); {
		case err != nil:
		case marker == jpegstream.SOF3:
			return "1.2.840.10008.1.2.4.57"
		case marker == jpegstream.SOF55:
			return "1.2.840.10008.1.2.4.80"
		case marker >= jpegstream.SOF0 && marker <= jpegstream.SOF2:
			return "1.2.840.10008.1.2.4.50"
		case marker == jpegstream.SOS:
			return ""
		}
	}
	return ""
}
