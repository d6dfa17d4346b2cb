package nifti

import (
	"bytes"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

func TestScaledRoundTrip(t *testing.T) {
	raw := volume.Raw{Geometry: volume.Identity([3]int{2, 1, 1}, [3]float64{1, 2, 3}), DType: volume.Int16, Shape: []int{2, 1, 1, 2}, Bytes: []byte{1, 0, 2, 0, 3, 0, 0xff, 0xff}}
	var b bytes.Buffer
	if err := Encode(&b, &Scaled{Raw: raw, Slope: 0.5, Inter: -10, StepS: 2.5, Text: "TE=30", PhaseAxis: 2}); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if r.Slope != 0.5 || r.Inter != -10 || r.Frames != 2 {
		t.Errorf("want 0.5 × v − 10 in 2 frames, got %g, %g, %d", r.Slope, r.Inter, r.Frames)
	}
	head := b.Bytes()
	if head[123] != 10 || head[39] != 57 || string(head[148:153]) != "TE=30" {
		t.Errorf("want mm and seconds, phase along j and the text, got %d, %d, %q", head[123], head[39], head[148:153])
	}
	v, err := r.Next()
	if err != nil || v.Data[0] != -9.5 || v.Data[1] != -9 {
		t.Errorf("want -9.5 and -9, got %v, %v", v, err)
	}
}
