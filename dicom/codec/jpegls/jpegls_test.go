package jpegls

import (
	"encoding/binary"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/codectest"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

var sample = frame.Info{Rows: 17, Columns: 33, Samples: 3, BitsAllocated: 16, BitsStored: 12, HighBit: 11}

func stream(t testing.TB) []byte {
	t.Helper()
	b, err := Encode(codectest.Patterns(sample)["noise"], sample)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	for interleave := range 3 {
		codectest.RoundTrip(t, func(src []byte, info frame.Info) ([]byte, error) { return EncodeNear(src, info, 0, interleave) }, Decode)
	}
}

// TestNear sees that no sample is off by more than NEAR.
func TestNear(t *testing.T) {
	for _, near := range []int{1, 3, 20} {
		for interleave := range 3 {
			for _, info := range codectest.Frames() {
				for name, src := range codectest.Patterns(info) {
					b, err := EncodeNear(src, info, near, interleave)
					if err != nil {
						t.Fatal(err)
					}
					dst := make([]byte, info.Size())
					if err := Decode(dst, b, info); err != nil {
						t.Fatalf("%s %v: %v", name, info, err)
					}
					for i := 0; i < len(src); i += info.BytesPerSample() {
						want, got := int(src[i]), int(dst[i])
						if info.BytesPerSample() == 2 {
							want, got = int(binary.LittleEndian.Uint16(src[i:])), int(binary.LittleEndian.Uint16(dst[i:]))
						}
						if d := got - want; d > near || -d > near {
							t.Fatalf("%s %v, NEAR %d, interleave %d: sample %d: want %d, got %d", name, info, near, interleave, i, want, got)
						}
					}
				}
			}
		}
	}
}

// TestExample decodes the example of T.87 annex H.3: 4 × 4 samples of 8 bits.
func TestExample(t *testing.T) {
	src := []byte{0xff, 0xd8, 0xff, 0xf7, 0x00, 0x0b, 0x08, 0x00, 0x04, 0x00, 0x04, 0x01, 0x01, 0x11, 0x00, 0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00,
		0xc0, 0x00, 0x00, 0x6c, 0x80, 0x20, 0x8e, 0x01, 0xc0, 0x00, 0x00, 0x57, 0x40, 0x00, 0x00, 0x6e, 0xe6, 0x00, 0x00, 0x01, 0xbc, 0x18, 0x00, 0x00, 0x05, 0xd8, 0x00, 0x00, 0x91, 0x60, 0xff, 0xd9}
	want := []byte{0, 0, 90, 74, 68, 50, 43, 205, 64, 145, 145, 145, 100, 145, 145, 145}
	info := frame.Info{Rows: 4, Columns: 4, Samples: 1, BitsAllocated: 8, BitsStored: 8, HighBit: 7}
	got := make([]byte, 16)
	if err := Decode(got, src, info); err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("want %v, got %v", want, got)
	}
}

func TestDamage(t *testing.T) { codectest.Damage(t, Decode, stream(t), sample) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, Decode, sample, stream(f)) }

// TestPeers holds the decoder to what others decode.
func TestPeers(t *testing.T) { codectest.Peers(t, Decode) }

// TestGradients holds the table of gradients to T.87 A.3.3, also where thresholds fall together.
func TestGradients(t *testing.T) {
	for _, c := range []struct {
		p               preset
		precision, near int
	}{{preset{}, 2, 0}, {preset{}, 8, 0}, {preset{}, 8, 3}, {preset{}, 12, 0}, {preset{}, 16, 255}, {preset{t1: 9, t2: 9, t3: 9}, 8, 0}, {preset{maxVal: 100, t1: 1, t2: 1, t3: 100}, 8, 0}} {
		q, err := newParams(c.p, c.precision, c.near)
		if err != nil {
			t.Fatal(err)
		}
		for d := -q.maxVal; d <= q.maxVal; d++ {
			want := int8(0)
			switch m := max(d, -d); {
			case m >= q.t3:
				want = 4
			case m >= q.t2:
				want = 3
			case m >= q.t1:
				want = 2
			case m > q.near:
				want = 1
			}
			if d < 0 {
				want = -want
			}
			if got := q.quant[d+q.maxVal]; got != want {
				t.Fatalf("%+v, %d bits, NEAR %d: gradient %d: want %d, got %d", c.p, c.precision, c.near, d, want, got)
			}
		}
	}
}
