package measure

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

func TestTableIsSortedUniqueAndDocumented(t *testing.T) {
	var keys []string
	for _, m := range Table() {
		keys = append(keys, m.Key)
		if m.Doc == "" || m.Title == "" || m.Compute == nil {
			t.Errorf("%s: want title, doc and compute", m.Key)
		}
	}
	if !slices.IsSorted(keys) {
		t.Errorf("keys are not sorted: %v", keys)
	}
	if len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Errorf("keys repeat: %v", keys)
	}
}

// oblique is a grid turned about two axes and flipped, as scanners make them.
func oblique(size int, spacing [3]float64) volume.Geometry {
	g := volume.Identity([3]int{size, size, size}, spacing)
	s, c := math.Sincos(0.3)
	g.Axes = [3][3]float64{{-c, -s, 0}, {s * c, -c * c, s}, {-s * s, s * c, c}}
	g.Origin = [3]float64{40, -20, 300}
	return g
}

func ellipsoid(t *testing.T, g volume.Geometry, radii [3]float64) *volume.Mask {
	t.Helper()
	m, err := volume.NewMask(g, "background", "lesion")
	if err != nil {
		t.Fatal(err)
	}
	mid := [3]float64{float64(g.Size[0]-1) / 2, float64(g.Size[1]-1) / 2, float64(g.Size[2]-1) / 2}
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				var sum float64
				for n, x := range [3]int{i, j, k} {
					d := (float64(x) - mid[n]) * g.Spacing[n] / radii[n]
					sum += d * d
				}
				if sum <= 1 {
					m.Labels[m.Offset(i, j, k)] = 1
				}
			}
		}
	}
	return m
}

func figures(t *testing.T, v *volume.Volume, m *volume.Mask, o Options) map[string]study.Measurement {
	t.Helper()
	got, err := Mask(context.Background(), v, m, o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]study.Measurement{}
	for _, x := range got {
		if x.Label != "lesion" {
			t.Errorf("%s: want label lesion, got %q", x.Key, x.Label)
		}
		out[x.Key] = x
	}
	return out
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: want %g within %g, got %g", what, want, tol, got)
	}
}

// A ball of 20 mm has 4π/3·10³ mm³ = 4.189 ml; the grid must not matter.
func TestBallOf20mm(t *testing.T) {
	for name, g := range map[string]volume.Geometry{
		"straight": volume.Identity([3]int{61, 61, 61}, [3]float64{0.5, 0.5, 0.5}),
		"oblique":  oblique(61, [3]float64{0.5, 0.5, 0.5}),
		"uneven":   oblique(51, [3]float64{0.45, 0.6, 0.9}),
	} {
		t.Run(name, func(t *testing.T) {
			f := figures(t, nil, ellipsoid(t, g, [3]float64{10, 10, 10}), Options{})
			near(t, "volume", f["volume"].Value, 4.189, 0.02)
			near(t, "longest", f["longest_diameter"].Value, 20, g.Spacing[1]+0.05)
			near(t, "short", f["short_axis"].Value, 20, g.Spacing[1]+0.05)
			near(t, "3-D", f["longest_diameter_3d"].Value, 20, g.Spacing[2]+0.05)
			if d := distance3(f["longest_diameter"].At[0], f["longest_diameter"].At[1]); math.Abs(d-f["longest_diameter"].Value) > 1e-9 {
				t.Errorf("the points of the longest diameter lie %g mm apart, the figure is %g", d, f["longest_diameter"].Value)
			}
			if d := distance3(f["short_axis"].At[0], f["short_axis"].At[1]); math.Abs(d-f["short_axis"].Value) > 1e-9 {
				t.Errorf("the points of the short axis lie %g mm apart, the figure is %g", d, f["short_axis"].Value)
			}
		})
	}
}

func TestEllipsoidAxes(t *testing.T) {
	g := volume.Identity([3]int{81, 61, 101}, [3]float64{0.5, 0.5, 0.5})
	f := figures(t, nil, ellipsoid(t, g, [3]float64{15, 8, 22}), Options{})
	near(t, "longest", f["longest_diameter"].Value, 30, 0.6)
	near(t, "short", f["short_axis"].Value, 16, 0.6)
	near(t, "3-D", f["longest_diameter_3d"].Value, 44, 0.6)
	near(t, "volume", f["volume"].Value, 4.0/3*math.Pi*15*8*22/1000, 0.05)
	near(t, "head to foot", f["extent_head_foot"].Value, 44, 0.6)
	near(t, "centroid", f["centroid_left"].Value, 20, 1e-6)
	if f["longest_diameter"].Plane != "axial" {
		t.Errorf("plane: want axial, got %q", f["longest_diameter"].Plane)
	}
}

func TestIntensities(t *testing.T) {
	g := volume.Identity([3]int{5, 1, 1}, [3]float64{1, 1, 1})
	v, _ := volume.New(g, 1, volume.HU)
	copy(v.Data, []float32{1, 2, 3, 4, 1000})
	m, _ := volume.NewMask(g, "", "lesion")
	copy(m.Labels, []uint16{1, 1, 1, 1, 0})
	f := figures(t, v, m, Options{})
	near(t, "mean", f["mean"].Value, 2.5, 1e-12)
	near(t, "sd", f["sd"].Value, math.Sqrt(1.25), 1e-12)
	near(t, "median", f["median"].Value, 2.5, 1e-12)
	near(t, "p90", f["p90"].Value, 3.7, 1e-12) // numpy.percentile([1,2,3,4], 90)
	if f["mean"].Unit != "[hnsf'U]" {
		t.Errorf("unit: want Hounsfield units, got %q", f["mean"].Unit)
	}
	v.Data[0] = float32(math.NaN())
	near(t, "mean without the NaN", figures(t, v, m, Options{})["mean"].Value, 3, 1e-12)
}

func TestOtherGridIsRefused(t *testing.T) {
	v, _ := volume.New(volume.Identity([3]int{4, 4, 4}, [3]float64{1, 1, 1}), 1, volume.HU)
	m, _ := volume.NewMask(volume.Identity([3]int{4, 4, 4}, [3]float64{1, 1, 1.2}))
	_, err := Mask(context.Background(), v, m, Options{})
	if err == nil || !strings.Contains(err.Error(), "mm apart") {
		t.Errorf("want an error that says what differs, got %v", err)
	}
}

func TestPixelsWhereSpacingIsUnknown(t *testing.T) {
	g := volume.Identity([3]int{61, 61, 1}, [3]float64{0.5, 0.5, 1})
	f := figures(t, nil, ellipsoid(t, g, [3]float64{10, 10, 10}), Options{NoSpacing: true})
	if u := f["longest_diameter"].Unit; u != "{pixels}" {
		t.Errorf("unit: want {pixels}, got %q", u)
	}
	near(t, "longest", f["longest_diameter"].Value, 41, 0.5)
	if _, ok := f["volume"]; ok {
		t.Error("a picture has no volume")
	}
}

func TestAsymmetryAndRates(t *testing.T) {
	a, ok := Asymmetry(3, 5)
	if !ok {
		t.Fatal("want an index")
	}
	near(t, "asymmetry", a.Value, -50, 1e-12)
	if _, ok := Asymmetry(0, 0); ok {
		t.Error("no index where both are 0")
	}
	p, ok := ChangePercentPerYear(200, 190, 365.25*2)
	if !ok {
		t.Fatal("want a rate")
	}
	near(t, "rate", p, -2.5, 1e-12)
}
