package jpeg2000

import (
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/codectest"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

var sample = frame.Info{Rows: 17, Columns: 33, Samples: 3, BitsAllocated: 16, BitsStored: 12, HighBit: 11}

func stream(t testing.TB) []byte {
	t.Helper()
	b, err := Encode(codectest.Patterns(sample)["smooth"], sample)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) { codectest.RoundTrip(t, Encode, Decode) }

func TestDamage(t *testing.T) { codectest.Damage(t, Decode, stream(t), sample) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, Decode, sample, stream(f)) }

// TestWavelets undoes on a constant what the standard's synthesis must give: both filters keep one, whose
// low-pass band is that constant and whose high-pass bands are 0.
func TestWavelets(t *testing.T) {
	for w := 1; w <= 9; w++ {
		for odd := range 2 {
			if w == 1 && odd == 1 {
				continue // a single high-pass sample
			}
			low := (w + 1 - odd) / 2
			whole, float := make([]int32, w), make([]float32, w)
			for i := range low {
				whole[i], float[i] = 100, 100
				if w > 1 {
					float[i] *= kappa
				}
			}
			row53(whole, make([]int32, w), odd)
			row97(float, make([]float32, w), odd)
			for i := range w {
				if whole[i] != 100 || float[i] < 99.99 || float[i] > 100.01 {
					t.Errorf("width %d from %d: want 100, got %d and %g", w, odd, whole[i], float[i])
				}
			}
		}
	}
}
