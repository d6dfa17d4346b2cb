package resample

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

func newVolume(t testing.TB, g volume.Geometry, f func(i, j, k int) float64) *volume.Volume {
	t.Helper()
	v, err := volume.New(g, 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				v.Data[v.Offset(i, j, k)] = float32(f(i, j, k))
			}
		}
	}
	return v
}

func rotated(size [3]int, spacing, origin [3]float64, degrees float64) volume.Geometry {
	s, c := math.Sincos(degrees * math.Pi / 180)
	return volume.Geometry{Size: size, Origin: origin, Spacing: spacing, Axes: [3][3]float64{{c, s, 0}, {-s, c, 0}, {0, 0, 1}}}
}

type affine [4][4]float64

func (a affine) Map(p [3]float64) [3]float64 { return apply(a, p) }
func (a affine) Matrix() [4][4]float64       { return a }

// pointwise hides the matrix, so that the general path is taken.
type pointwise struct{ affine affine }

func (p pointwise) Map(q [3]float64) [3]float64 { return p.affine.Map(q) }

// The figures are SimpleITK's (testdata/make.py, version in figures.json).
func TestAgainstSimpleITK(t *testing.T) {
	b, err := os.ReadFile("testdata/figures.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Figures struct{ Nearest, Linear, Cubic []float64 }
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	v := newVolume(t, rotated([3]int{17, 13, 9}, [3]float64{1.5, 0.8, 2.5}, [3]float64{-10, 4, 30}, 25), func(i, j, k int) float64 {
		return 100*math.Sin(0.5*float64(i))*math.Cos(0.4*float64(j)) + 3*float64(k) + float64((7*i+5*j+3*k)%11)
	})
	target := volume.Identity([3]int{14, 15, 8}, [3]float64{1.3, 1.1, 2.9})
	target.Origin = [3]float64{-9, 3.5, 29.03}
	tf := affine{{1.02, 0.05, -0.03, 0.7}, {-0.04, 0.97, 0.1, -1.3}, {0.02, -0.08, 1.01, 0.4}, {0, 0, 0, 1}}
	for _, c := range []struct {
		interp Interp
		want   []float64
		tol    float64
	}{{Nearest, f.Figures.Nearest, 1e-3}, {Linear, f.Figures.Linear, 1e-3}, {Cubic, f.Figures.Cubic, 2e-3}} {
		for _, tf := range []Transform{tf, pointwise{tf}} {
			got, err := Volume(context.Background(), v, target, tf, c.interp, -1000)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.want) != len(got.Data) {
				t.Fatalf("%v: want %d values, got %d", c.interp, len(c.want), len(got.Data))
			}
			worst := 0.0
			for n, want := range c.want {
				worst = max(worst, math.Abs(want-float64(got.Data[n])))
			}
			if worst > c.tol {
				t.Errorf("%v %T: want SimpleITK's values within %g, got %g apart", c.interp, tf, c.tol, worst)
			}
		}
	}
}

// A ball of 20 mm has 4.19 ml, however the grid that it is sampled on lies, and after every way through.
func TestSphereKeepsItsVolume(t *testing.T) {
	ctx := context.Background()
	const want = 4.0 / 3 * math.Pi * 10 * 10 * 10 / 1000
	ball := func(g volume.Geometry) *volume.Volume {
		c := g.CentreLPS()
		v, err := volume.New(g, 1, volume.Arbitrary)
		if err != nil {
			t.Fatal(err)
		}
		for n := range v.Data {
			p := g.PointLPS([3]float64{float64(n % g.Size[0]), float64(n / g.Size[0] % g.Size[1]), float64(n / (g.Size[0] * g.Size[1]))})
			r := math.Sqrt((p[0]-c[0])*(p[0]-c[0]) + (p[1]-c[1])*(p[1]-c[1]) + (p[2]-c[2])*(p[2]-c[2]))
			v.Data[n] = float32(min(max(0.5+(10-r)/1.2, 0), 1)) // a border of 1.2 mm, half inside at 10 mm
		}
		return v
	}
	ml := func(v *volume.Volume) float64 {
		n := 0
		for _, x := range v.Data {
			if x >= 0.5 {
				n++
			}
		}
		return float64(n) * v.VoxelMM3() / 1000
	}
	check := func(name string, v *volume.Volume) {
		t.Helper()
		if got := ml(v); math.Abs(got-want) > 0.02*want {
			t.Errorf("%s: want %.3f ml within 2 %%, got %.3f", name, want, got)
		}
	}
	v := ball(rotated([3]int{60, 50, 40}, [3]float64{0.6, 0.7, 0.9}, [3]float64{30, -80, 12}, 0))
	check("made", v)
	check("oblique", ball(rotated([3]int{60, 50, 40}, [3]float64{0.6, 0.7, 0.9}, [3]float64{30, -80, 12}, 33)))
	for _, code := range []string{"RAS", "SPL", "AIR"} {
		r, err := v.Reorient(code)
		if err != nil {
			t.Fatal(err)
		}
		check(code, r)
	}
	path := filepath.Join(t.TempDir(), "ball.nii.gz")
	if err := nifti.Write(path, v); err != nil {
		t.Fatal(err)
	}
	back, err := nifti.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	check("gzipped", back)
	oblique := rotated([3]int{50, 50, 60}, [3]float64{0.8, 0.8, 0.6}, [3]float64{0, 0, 0}, 41)
	middle, centre := oblique.CentreLPS(), v.CentreLPS()
	for n := range 3 {
		oblique.Origin[n] += centre[n] - middle[n]
	}
	for _, interp := range []Interp{Linear, Nearest, Cubic} {
		for _, target := range []volume.Geometry{v.Respaced([3]float64{1, 1, 1}), v.Resized([3]int{45, 47, 43}), v.RespacedFromOrigin([3]float64{0.5, 1.1, 0.8}), oblique} {
			r, err := Volume(ctx, v, target, nil, interp, 0)
			if err != nil {
				t.Fatal(err)
			}
			check(interp.String(), r)
		}
	}
	a, err := Area(ctx, v, [3]int{33, 31, 29})
	if err != nil {
		t.Fatal(err)
	}
	check("area", a)
	m, err := volume.NewMask(v.Geometry)
	if err != nil {
		t.Fatal(err)
	}
	for n, x := range v.Data {
		if x >= 0.5 {
			m.Labels[n] = 3
		}
	}
	r, err := Mask(ctx, m, oblique, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.VolumeML(3); math.Abs(got-want) > 0.02*want {
		t.Errorf("mask: want %.3f ml within 2 %%, got %.3f", want, got)
	}
}

// A linear function of position is reproduced by linear and cubic interpolation, and by area means.
func TestLinearFunction(t *testing.T) {
	ctx := context.Background()
	g := rotated([3]int{20, 18, 16}, [3]float64{1.5, 0.8, 2.5}, [3]float64{-10, 4, 30}, 25)
	f := func(p [3]float64) float64 { return 2*p[0] - 3*p[1] + 0.5*p[2] + 7 }
	v := newVolume(t, g, func(i, j, k int) float64 { return f(g.PointLPS([3]float64{float64(i), float64(j), float64(k)})) })
	inner := g.Cropped([3]int{4, 4, 4}, [3]int{15, 13, 11}).Respaced([3]float64{1.1, 1.3, 0.9})
	for _, interp := range []Interp{Linear, Cubic} {
		tol := 1e-4
		if interp == Cubic {
			tol = 0.3 // the mirrored border reaches in, less by a factor 3.7 a voxel
		}
		out, err := Volume(ctx, v, inner, nil, interp, 0)
		if err != nil {
			t.Fatal(err)
		}
		for n, x := range out.Data {
			p := inner.PointLPS([3]float64{float64(n % inner.Size[0]), float64(n / inner.Size[0] % inner.Size[1]), float64(n / (inner.Size[0] * inner.Size[1]))})
			if math.Abs(float64(x)-f(p)) > tol {
				t.Fatalf("%v: at %v want %g, got %g", interp, p, f(p), x)
			}
		}
	}
	out, err := Area(ctx, v, [3]int{7, 18, 5})
	if err != nil {
		t.Fatal(err)
	}
	p := out.PointLPS([3]float64{3, 9, 2})
	if got := float64(out.At(3, 9, 2)); math.Abs(got-f(p)) > 1e-3 {
		t.Errorf("area: at %v want %g, got %g", p, f(p), got)
	}
}

func TestArea(t *testing.T) {
	v := newVolume(t, volume.Identity([3]int{4, 4, 1}, [3]float64{1, 1, 1}), func(i, j, _ int) float64 { return float64(i + 4*j) })
	out, err := Area(context.Background(), v, [3]int{2, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []float32{2.5, 4.5, 10.5, 12.5} {
		if out.Data[n] != want {
			t.Errorf("want means 2.5 4.5 10.5 12.5, got %v", out.Data)
			break
		}
	}
	if out.Spacing != [3]float64{2, 2, 1} || out.Origin != [3]float64{0.5, 0.5, 0} {
		t.Errorf("want the field of view kept, got spacing %v, origin %v", out.Spacing, out.Origin)
	}
	out, err = Area(context.Background(), v, [3]int{3, 4, 1})
	if err != nil {
		t.Fatal(err)
	}
	// thirds of four: 0 and a third of 1; the rest of 1 and 2; a third of 2 and 3
	for n, want := range []float64{0.25, 1.5, 2.75} {
		if math.Abs(float64(out.Data[n])-want) > 1e-6 {
			t.Errorf("want 0.25 1.5 2.75, got %v", out.Data[:3])
			break
		}
	}
}

func TestBordersAndFill(t *testing.T) {
	v := newVolume(t, volume.Identity([3]int{3, 1, 1}, [3]float64{1, 1, 1}), func(i, _, _ int) float64 { return float64(i + 1) })
	target := volume.Identity([3]int{9, 1, 1}, [3]float64{0.5, 1, 1})
	target.Origin[0] = -1
	want := map[Interp][]float32{
		Linear:  {-9, 1, 1, 1.5, 2, 2.5, 3, 3, -9},
		Nearest: {-9, 1, 1, 2, 2, 3, 3, 3, -9},
	}
	for _, interp := range []Interp{Linear, Nearest} {
		out, err := Volume(context.Background(), v, target, nil, interp, -9)
		if err != nil {
			t.Fatal(err)
		}
		for n, w := range want[interp] {
			if out.Data[n] != w {
				t.Errorf("%v: want %v, got %v", interp, want[interp], out.Data)
				break
			}
		}
	}
}

// A straight row gives the same bits as its voxels one by one, in the middle and at the border, in space
// and in a plane, with a NaN beside.
func TestStraightRows(t *testing.T) {
	for _, size := range [][3]int{{17, 13, 9}, {17, 13, 1}, {2, 2, 2}, {1, 1, 5}, {1, 9, 1}} {
		v := newVolume(t, rotated(size, [3]float64{1.5, 0.8, 2.5}, [3]float64{-10, 4, 30}, 25), func(i, j, k int) float64 {
			if i == 3 && j == 4 {
				return math.NaN()
			}
			return 100*math.Sin(0.5*float64(i))*math.Cos(0.4*float64(j)) + 3*float64(k)
		})
		for _, target := range []volume.Geometry{v.Geometry, v.Resized([3]int{31, 7, size[2]}), rotated([3]int{40, 40, 3}, [3]float64{0.7, 0.7, 0.3}, [3]float64{-15, -5, 29.9}, 60)} {
			for _, tf := range []affine{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}, {{1.02, 0.05, 0, 0.7}, {-0.04, 0.97, 0, -1.3}, {0, 0, 1, 0}, {0, 0, 0, 1}}} {
				straight, err := Volume(context.Background(), v, target, tf, Linear, -7)
				if err != nil {
					t.Fatal(err)
				}
				toIndex := mul(invert(v.Affine()), mul(tf, target.Affine()))
				for n, got := range straight.Data {
					i, r := n%target.Size[0], n/target.Size[0]
					j, k := float64(r%target.Size[1]), float64(r/target.Size[1])
					var p path
					for m := range 3 {
						p.start[m], p.step[m] = toIndex[m][1]*j+toIndex[m][2]*k+toIndex[m][3], toIndex[m][0]
					}
					if want := linearAt(v.Data, size, p.index(i), -7); math.Float32bits(want) != math.Float32bits(got) && (want == want || got == got) {
						t.Fatalf("size %v, voxel %d: want %g, got %g", size, n, want, got)
					}
				}
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	v := newVolume(t, volume.Identity([3]int{8, 8, 8}, [3]float64{1, 1, 1}), func(i, j, k int) float64 { return 0 })
	for _, interp := range []Interp{Linear, Nearest, Cubic} {
		if _, err := Volume(ctx, v, v.Geometry, nil, interp, 0); err == nil {
			t.Errorf("%v: want the context's error, got none", interp)
		}
	}
}
