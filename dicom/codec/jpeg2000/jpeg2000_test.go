package jpeg2000

import (
	"bytes"
	"encoding/binary"
	"errors"
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

// TestWorkers holds a frame that several goroutines decode to what one decodes.
func TestWorkers(t *testing.T) {
	info := frame.Info{Rows: 300, Columns: 200, Samples: 3, BitsAllocated: 8, BitsStored: 8}
	b, err := Encode(codectest.Patterns(info)["noise"], info)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for workers := range 5 {
		info.Workers = workers
		dst := make([]byte, info.Size())
		if err := Decode(dst, b, info); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = dst
		}
		if !bytes.Equal(dst, want) {
			t.Errorf("%d workers: want what one decodes, got other values", workers)
		}
		if err := Decode(make([]byte, len(dst)), b[:len(b)*3/4], info); err == nil {
			t.Errorf("%d workers: cut: want an error, got none", workers)
		}
	}
}

// TestMemory holds a frame whose packets end early, or leave components out, to what it is in fresh memory.
func TestMemory(t *testing.T) {
	info := frame.Info{Rows: 64, Columns: 64, Samples: 1, BitsAllocated: 8, BitsStored: 8}
	empty, err := Encode(codectest.Patterns(info)["flat"], info)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(empty, []byte{0xff, 0x93})
	empty = append(empty[:at+2:at+2], 0, 0xff, 0xd9) // a single packet, which holds nothing
	binary.BigEndian.PutUint32(empty[at-6:], uint32(12+2+1))
	noise, err := Encode(codectest.Patterns(info)["noise"], info)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, info.Size())
	for range 3 {
		if err := Decode(dst, noise, info); err != nil {
			t.Fatal(err)
		}
		if err := Decode(dst, empty, info); err != nil {
			t.Fatal(err)
		}
		for i, v := range dst {
			if v != 128 {
				t.Fatalf("sample %d: want 128, got %d", i, v)
			}
		}
	}
}

// TestCut wants from a stream cut in its last packet an error, and a picture that is nearly whole.
func TestCut(t *testing.T) {
	dst := make([]byte, sample.Size())
	b := stream(t)
	var f *frame.FormatError
	if err := Decode(dst, b[:len(b)-9], sample); !errors.As(err, &f) || !f.Truncated {
		t.Fatalf("want an error of a stream that ends too early, got %v", err)
	}
	want := codectest.Patterns(sample)["smooth"]
	for i := 0; i < len(dst); i += 2 * sample.Samples { // the first component's packets were whole but for the finest
		d := int(binary.LittleEndian.Uint16(dst[i:])) - int(binary.LittleEndian.Uint16(want[i:]))
		if max(d, -d) > 400 {
			t.Fatalf("byte %d: want about %d, got %d off", i, binary.LittleEndian.Uint16(want[i:]), d)
		}
	}
}
