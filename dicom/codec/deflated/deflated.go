// Package deflated decodes frames that are deflated one by one: PS3.5 annex A.4.15 (Deflated Image
// Frame Compression).
package deflated

import (
	"bytes"
	"io"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/native"
	"github.com/caliper-imaging/caliper/internal/inflate"
)

const where = "dicom: deflated frame"

// Decode inflates one frame; what lies behind it in the stream is ignored.
func Decode(dst, src []byte, info frame.Info) error {
	if err := info.CheckBuffers(where, dst); err != nil {
		return err
	}
	plain := make([]byte, (native.Bits(info)+7)/8)
	if n, err := io.ReadFull(inflate.NewReader(bytes.NewReader(src)), plain); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return frame.Truncatedf(where, "want %d bytes, got %d", len(plain), n)
		}
		return frame.Errorf(where, "want a deflate stream, got %v", err)
	}
	return native.Decode(dst, plain, info)
}
