package volume

import (
	"math"
	"testing"
)

// Codes as nibabel 5.4.2 gives for the same matrices (its letters name the same ends).
func TestOrientationOfMatrices(t *testing.T) {
	for _, c := range []struct {
		ras  [3][3]float64 // columns are the directions of i, j, k in RAS
		want string
	}{
		{[3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, "RAS"},
		{[3][3]float64{{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}}, "LPS"},
		{[3][3]float64{{0, 0, -1}, {1, 0, 0}, {0, -1, 0}}, "AIL"},
		{[3][3]float64{{0.8, -0.6, 0}, {0.6, 0.8, 0}, {0, 0, 1}}, "RAS"},
		{[3][3]float64{{0, 0.8, 0.6}, {0, -0.6, 0.8}, {1, 0, 0}}, "SRA"},
	} {
		var a [4][4]float64
		for r := range 3 {
			for n := range 3 {
				a[r][n] = c.ras[r][n]
				if r < 2 {
					a[r][n] = -a[r][n]
				}
			}
		}
		a[3][3] = 1
		g, err := FromAffine([3]int{2, 3, 4}, a)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Orientation(); got != c.want {
			t.Errorf("%v: want %s, got %s", c.ras, c.want, got)
		}
	}
	for _, bad := range []string{"", "LP", "LLS", "LPX", "lps", "LPSA"} {
		if _, err := Identity([3]int{1, 1, 1}, [3]float64{1, 1, 1}).Reoriented(bad); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}

func TestCropAndWindow(t *testing.T) {
	g := Identity([3]int{5, 4, 3}, [3]float64{2, 3, 4})
	g.Origin = [3]float64{10, 20, 30}
	v, err := New(g, 2, HU)
	if err != nil {
		t.Fatal(err)
	}
	for n := range v.Data {
		v.Data[n] = float32(n)
	}
	c, err := v.Crop([3]int{1, 2, 0}, [3]int{4, 4, 2})
	if err != nil {
		t.Fatal(err)
	}
	if c.Origin != [3]float64{12, 26, 30} || c.Size != [3]int{3, 2, 2} || c.Unit != HU {
		t.Errorf("want the grid at 12 26 30 of size 3 2 2, got %+v", c.Geometry)
	}
	if want, got := v.Channel(1)[v.Offset(2, 3, 1)], c.Channel(1)[c.Offset(1, 1, 1)]; want != got {
		t.Errorf("want %g, got %g", want, got)
	}
	w, err := v.Window([3]int{-1, 0, 0}, [3]int{6, 4, 4}, -7)
	if err != nil {
		t.Fatal(err)
	}
	if w.At(0, 0, 0) != -7 || w.At(1, 0, 0) != 0 || w.At(6, 0, 0) != -7 || w.At(3, 1, 3) != -7 || w.Origin[0] != 8 {
		t.Errorf("want the outside filled, got %v at origin %v", w.Channel(0)[:7], w.Origin)
	}
	for _, box := range [][2][3]int{{{-1, 0, 0}, {2, 2, 2}}, {{0, 0, 0}, {6, 2, 2}}, {{2, 0, 0}, {2, 2, 2}}} {
		if _, err := v.Crop(box[0], box[1]); err == nil {
			t.Errorf("%v: want an error", box)
		}
	}
}

func TestBounds(t *testing.T) {
	m, err := NewMask(Identity([3]int{5, 4, 3}, [3]float64{1, 1, 1}))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := m.Bounds(nil); ok {
		t.Error("want no bounds of an empty mask")
	}
	m.Labels[m.Offset(1, 2, 0)], m.Labels[m.Offset(3, 1, 2)] = 2, 7
	lo, hi, ok := m.Bounds(nil)
	if !ok || lo != [3]int{1, 1, 0} || hi != [3]int{4, 3, 3} {
		t.Errorf("want 1 1 0 to 4 3 3, got %v to %v", lo, hi)
	}
	lo, hi, ok = m.Bounds(func(l uint16) bool { return l == 7 })
	if !ok || lo != [3]int{3, 1, 2} || hi != [3]int{4, 2, 3} {
		t.Errorf("want 3 1 2 to 4 2 3, got %v to %v", lo, hi)
	}
}

// The outer borders of the voxels stay when a grid is resized, the middle when it is respaced.
func TestFieldOfView(t *testing.T) {
	s, c := math.Sincos(0.4)
	g := Geometry{Size: [3]int{50, 40, 30}, Origin: [3]float64{1, 2, 3}, Spacing: [3]float64{0.7, 0.9, 3}, Axes: [3][3]float64{{c, s, 0}, {-s, c, 0}, {0, 0, 1}}}
	near := func(name string, p, q [3]float64) {
		t.Helper()
		if d := math.Sqrt(dist2(p, q)); d > 1e-9 {
			t.Errorf("%s: want %v, got %v", name, p, q)
		}
	}
	r := g.Resized([3]int{25, 80, 31})
	near("first border", g.PointLPS([3]float64{-0.5, -0.5, -0.5}), r.PointLPS([3]float64{-0.5, -0.5, -0.5}))
	near("last border", g.PointLPS([3]float64{49.5, 39.5, 29.5}), r.PointLPS([3]float64{24.5, 79.5, 30.5}))
	p := g.Respaced([3]float64{1, 1, 1})
	near("middle", g.CentreLPS(), p.CentreLPS())
	if p.Size != [3]int{35, 36, 90} {
		t.Errorf("want size 35 36 90, got %v", p.Size)
	}
	o := g.RespacedFromOrigin([3]float64{1, 1, 1})
	near("voxel 0", g.Origin, o.Origin)
	if o.Size != [3]int{36, 37, 88} {
		t.Errorf("want size 36 37 88, got %v", o.Size)
	}
}
