package seg

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/volume"
)

// TestHighdicom compares objects that highdicom 0.28.2 wrote with the volumes that it reads from them: one
// tilted grid of five slices, of which one is empty, with three segments.
func TestHighdicom(t *testing.T) {
	var want map[string]struct {
		Shape  []int
		Affine [4][4]float64 // of indices k, j, i to LPS
		Values []int
	}
	b, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"binary", "labelmap", "overlap", "fractional"} {
		w := want[name]
		f, err := dicom.OpenFile("testdata/" + name + ".dcm")
		if err != nil {
			t.Fatal(err)
		}
		var g volume.Geometry
		var value func(at int) []int
		if name == "binary" || name == "labelmap" {
			s, err := Read(context.Background(), f)
			if err != nil {
				t.Fatal(err)
			}
			g, value = s.Mask.Geometry, func(at int) []int { return []int{int(s.Mask.Labels[at])} }
			if len(s.Segments) < 3 || s.Segments[len(s.Segments)-1].Label != "part 3" {
				t.Errorf("%s: segments: got %+v", name, s.Segments)
			}
		} else {
			s, err := ReadLayers(context.Background(), f)
			if err != nil {
				t.Fatal(err)
			}
			if s.Overlap != (name == "overlap") || s.Top != map[string]int{"overlap": 1, "fractional": 200}[name] {
				t.Errorf("%s: got overlap %v, top %d", name, s.Overlap, s.Top)
			}
			g, value = s.Geometry, func(at int) []int {
				return []int{int(s.Values[0][at]), int(s.Values[1][at]), int(s.Values[2][at])}
			}
		}
		parts := len(w.Values) / (w.Shape[0] * w.Shape[1] * w.Shape[2])
		seen := 0
		for n := 0; n < len(w.Values); n += parts {
			at := n / parts
			i, j, k := at%w.Shape[2], at/w.Shape[2]%w.Shape[1], at/w.Shape[2]/w.Shape[1]
			var p [3]float64
			for r := range 3 {
				p[r] = w.Affine[r][0]*float64(k) + w.Affine[r][1]*float64(j) + w.Affine[r][2]*float64(i) + w.Affine[r][3]
			}
			index := g.IndexOf(p)
			var whole [3]int
			for r := range 3 {
				if math.Abs(index[r]-math.Round(index[r])) > 1e-4 {
					t.Fatalf("%s: voxel %d lies at %v of the grid", name, at, index)
				}
				whole[r] = int(math.Round(index[r]))
				if whole[r] < 0 || whole[r] >= g.Size[r] {
					t.Fatalf("%s: voxel %d lies at %v, outside of %v", name, at, whole, g.Size)
				}
			}
			got := value(whole[0] + g.Size[0]*(whole[1]+g.Size[1]*whole[2]))
			for c := range parts {
				if got[c] != w.Values[n+c] {
					t.Fatalf("%s: voxel %v: want %v, got %v", name, whole, w.Values[n:n+parts], got)
				}
				seen += got[c]
			}
		}
		if seen == 0 {
			t.Errorf("%s: nothing but background", name)
		}
	}
}
