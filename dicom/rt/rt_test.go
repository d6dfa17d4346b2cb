package rt

import (
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// TestAgainstIBSI compares the tumour of IBSI's validation case with the masks that its authors made
// of the same contours: Dice, and volume.
func TestAgainstIBSI(t *testing.T) {
	for _, name := range []string{"CT", "MR_T1", "PET"} {
		root := "data/petctmr_sarcoma_STS_008/"
		want, err := nifti.ReadMask(golden.Shared(t, root+"nifti/STS_008/"+name+"_mask.nii.gz"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := dicom.OpenFile(golden.Shared(t, root+"dicom/STS_008/"+name+"/mask/RS.dcm"))
		if err != nil {
			t.Fatal(err)
		}
		structures, err := Read(f)
		if err != nil {
			t.Fatal(err)
		}
		got, issues, err := Mask(structures, want.Geometry)
		if err != nil {
			t.Fatal(err)
		}
		if len(issues) > 0 {
			t.Errorf("%s: want no issues, got %v", name, issues)
		}
		both, a, b := 0, 0, 0
		for i := range want.Labels {
			if want.Labels[i] != 0 {
				a++
			}
			if got.Labels[i] != 0 {
				b++
				if want.Labels[i] != 0 {
					both++
				}
			}
		}
		if dice := 2 * float64(both) / float64(a+b); a == 0 || dice < 0.995 {
			t.Errorf("%s: want Dice of at least 0.995, got %.4f (%d and %d voxels)", name, dice, a, b)
		}
	}
}

// TestHole fills a disc with a hole, off the slices by 0.3 of their distance.
func TestHole(t *testing.T) {
	circle := func(r float64) Contour {
		var c Contour
		for n := range 720 {
			a := float64(n) * math.Pi / 360
			c.PointsLPS = append(c.PointsLPS, [3]float64{30 + r*math.Cos(a), 30 + r*math.Sin(a), 3.9})
		}
		return c
	}
	s := Structure{Name: "ring", Contours: []Contour{circle(20), circle(8)}}
	g := volume.Identity([3]int{61, 61, 3}, [3]float64{1, 1, 3})
	inside := make([]bool, g.Voxels())
	if _, err := s.Fill(g, inside); err != nil {
		t.Fatal(err)
	}
	if _, issues, err := Mask([]Structure{s}, g); err != nil || len(issues) != 1 || issues[0].Code != "contours-between-slices" {
		t.Errorf("want to hear of contours between slices, got %v, %v", issues, err)
	}
	n := 0
	for i, in := range inside {
		x, y, k := float64(i%61)-30, float64(i/61%61)-30, i/61/61
		r := math.Hypot(x, y)
		if want := k == 1 && r < 20 && r > 8; want != in && math.Abs(r-20) > 0.01 && math.Abs(r-8) > 0.01 {
			t.Fatalf("voxel %g %g %d: want %v, got %v", x, y, k, want, in)
		}
		if in {
			n++
		}
	}
	if area := math.Pi * (400 - 64); math.Abs(float64(n)-area) > 0.02*area {
		t.Errorf("want %.0f voxels within 2 %%, got %d", area, n)
	}
}

// TestKeyhole: a ring drawn as one contour, whose inner circle is reached by a channel of no width; an
// island in the hole; and a contour of type XOR, which cuts the island.
func TestKeyhole(t *testing.T) {
	digits := func(x float64) float64 { return math.Round(x*1e4) / 1e4 } // as files have them
	ring := func(r float64, turns int) (out [][3]float64) {
		for n := range 361 {
			a := float64(turns*n) * math.Pi / 180
			out = append(out, [3]float64{digits(40 + r*math.Cos(a)), digits(40 + r*math.Sin(a)), 0})
		}
		return out
	}
	s := Structure{Contours: []Contour{{append(ring(30, 1), ring(20, -1)...)}, {ring(10, 1)}, {ring(5, -1)}}}
	g := volume.Identity([3]int{81, 81, 1}, [3]float64{1, 1, 1})
	inside := make([]bool, g.Voxels())
	if _, err := s.Fill(g, inside); err != nil {
		t.Fatal(err)
	}
	for i, in := range inside {
		r := math.Hypot(float64(i%81)-40, float64(i/81)-40)
		want := r < 30 && r > 20 || r < 10 && r > 5
		near := false
		for _, edge := range []float64{5, 10, 20, 30} {
			near = near || math.Abs(r-edge) < 0.5
		}
		if !near && in != want {
			t.Fatalf("at radius %g: want %v, got %v", r, want, in)
		}
	}
}
