package lossless

import (
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/codectest"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

var sample = frame.Info{Rows: 17, Columns: 33, Samples: 3, BitsAllocated: 16, BitsStored: 16, HighBit: 15}

func stream(t testing.TB) []byte {
	t.Helper()
	b, err := Encode(codectest.Patterns(sample)["noise"], sample)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	for predictor := 1; predictor <= 7; predictor++ {
		codectest.RoundTrip(t, func(src []byte, info frame.Info) ([]byte, error) { return EncodePredictor(src, info, predictor) }, Decode)
	}
}

func TestDamage(t *testing.T) { codectest.Damage(t, Decode, stream(t), sample) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, Decode, sample, stream(f)) }
