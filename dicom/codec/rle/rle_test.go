package rle

import (
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/codectest"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

var sample = frame.Info{Rows: 17, Columns: 33, Samples: 1, BitsAllocated: 16, BitsStored: 16, HighBit: 15}

func stream(t testing.TB) []byte {
	t.Helper()
	b, err := Encode(codectest.Patterns(sample)["noise"], sample)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) { codectest.RoundTrip(t, Encode, Decode) }

func TestDamage(t *testing.T) { codectest.Damage(t, Decode, stream(t), sample) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, Decode, sample, stream(f)) }

// TestPackBits is the worked example of Apple's PackBits (TIFF 6.0 section 9).
func TestPackBits(t *testing.T) {
	src := []byte{0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa}
	want := []byte{0xaa, 0xaa, 0xaa, 0x80, 0, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0, 0x2a, 0x22, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa}
	got := make([]byte, len(want))
	if n := segment(got, 1, len(want), src); n != len(want) || string(got) != string(want) {
		t.Errorf("want %v, got %d bytes %v", want, n, got)
	}
}
