package jpeg2000

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/codectest"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// The colour transform of T.800 G.3, there and back, as a matrix.
var (
	there = [9]float64{0.299, 0.587, 0.114, -0.168736, -0.331264, 0.5, 0.5, -0.418688, -0.081312}
	back  = [9]float64{1, 0, 1.402, 1, -0.344136, -0.714136, 1, 1.772, 0}
)

// multiStream codes a picture's components, each sixteen times as fine and turned by a matrix, without loss, and tells how to
// undo that in segments laid out as OpenJPEG 2.5.0 writes them.
func multiStream(t testing.TB, rgb []byte, info frame.Info) []byte {
	t.Helper()
	turned := make([]byte, 2*len(rgb))
	for i := 0; i < len(rgb); i += 3 {
		for j := range 3 {
			v := 0.0
			for k := range 3 {
				v += 16 * there[3*j+k] * (float64(rgb[i+k]) - 128)
			}
			binary.LittleEndian.PutUint16(turned[2*(i+j):], uint16(int16(math.Round(v))))
		}
	}
	info.BitsAllocated, info.BitsStored, info.HighBit, info.Signed = 16, 14, 13, true
	b, err := Encode(turned, info)
	if err != nil {
		t.Fatal(err)
	}
	be := binary.BigEndian
	matrix := []byte{0, 0, 0x09, 1, 0, 0} // decorrelation array 1 of float32
	for _, v := range back {
		matrix = be.AppendUint32(matrix, math.Float32bits(float32(v/16)))
	}
	offsets := []byte{0, 0, 0x02, 2, 0, 0, 0, 128, 0, 128, 0, 128} // offset array 2 of 16 bits
	var extra []byte
	extra = marker(extra, mCBD, []byte{0x80, 3, 7})
	extra = marker(extra, mMCT, matrix)
	extra = marker(extra, mMCT, offsets)
	extra = marker(extra, mMCC, []byte{0, 0, 3, 0, 0, 0, 1, 1, 0, 3, 0, 1, 2, 0, 3, 0, 1, 2, 0, 2, 1})
	extra = marker(extra, mMCO, []byte{1, 3})
	be.PutUint16(b[6:], 0x8100)
	cod, sot := bytes.Index(b, []byte{0xff, 0x52}), bytes.Index(b, []byte{0xff, 0x90})
	b[cod+8] = 2
	return append(append(append([]byte(nil), b[:sot]...), extra...), b[sot:]...)
}

var multiInfo = frame.Info{Rows: 29, Columns: 41, Samples: 3, BitsAllocated: 8, BitsStored: 8, HighBit: 7}

func TestMulti(t *testing.T) {
	for name, rgb := range codectest.Patterns(multiInfo) {
		dst := make([]byte, len(rgb))
		if err := Decode(dst, multiStream(t, rgb, multiInfo), multiInfo); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, v := range rgb {
			if d := int(v) - int(dst[i]); d > 1 || d < -1 {
				t.Fatalf("%s: sample %d: want %d, got %d", name, i, v, dst[i])
			}
		}
	}
}

func TestMultiDamage(t *testing.T) {
	codectest.Damage(t, Decode, multiStream(t, codectest.Patterns(multiInfo)["smooth"], multiInfo), multiInfo)
}

func FuzzMulti(f *testing.F) {
	codectest.Fuzz(f, Decode, multiInfo, multiStream(f, codectest.Patterns(multiInfo)["smooth"], multiInfo))
}
