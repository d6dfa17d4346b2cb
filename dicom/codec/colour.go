package codec

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
)

// Colour says what colours the head of a JPEG or JPEG-LS stream of three components claims to hold:
// RGB where the components are named so, YBR_FULL where it is a JFIF file, else "". Encoders get it
// right more often than data sets do.
func Colour(head []byte) string {
	s, err := jpegstream.New(head)
	jfif := false
	for err == nil {
		var marker byte
		var body []byte
		marker, body, err = s.Next()
		switch {
		case err != nil:
		case marker == 0xe0 && len(body) >= 4 && string(body[:4]) == "JFIF":
			jfif = true
		case marker >= jpegstream.SOF0 && marker <= jpegstream.SOF3 || marker == jpegstream.SOF55:
			if len(body) >= 15 && body[5] == 3 {
				switch ids := binary.BigEndian.Uint32([]byte{0, body[6], body[9], body[12]}); ids {
				case 'R'<<16 | 'G'<<8 | 'B', 'r'<<16 | 'g'<<8 | 'b':
					return "RGB"
				}
			}
			if jfif {
				return "YBR_FULL"
			}
			return ""
		case marker == jpegstream.SOS:
			return ""
		}
	}
	return ""
}
