package register

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

// blobs is a smooth scene in LPS mm that can be looked at on any grid.
type blobs struct {
	at     [][3]float64
	radius []float64
	value  []float64
}

func newBlobs(seed uint64, n int, extent [3]float64) *blobs {
	rng := rand.New(rand.NewPCG(seed, 5))
	b := &blobs{}
	for range n {
		var p [3]float64
		for c := range 3 {
			p[c] = (rng.Float64() - 0.5) * extent[c]
		}
		b.at = append(b.at, p)
		b.radius = append(b.radius, 6+14*rng.Float64())
		b.value = append(b.value, 20+80*rng.Float64())
	}
	return b
}

func (b *blobs) value1(p [3]float64) float64 {
	sum := 0.0
	for n, c := range b.at {
		d := 0.0
		for k := range 3 {
			d += (p[k] - c[k]) * (p[k] - c[k])
		}
		if d < 16*b.radius[n]*b.radius[n] {
			sum += b.value[n] * math.Exp(-d/(2*b.radius[n]*b.radius[n]))
		}
	}
	return sum
}

// render looks at the scene through a transform from the grid's points to the scene's.
func (b *blobs) render(g volume.Geometry, t *Linear, curve func(float64) float64, noise float64, seed uint64) *volume.Volume {
	v, err := volume.New(g, 1, volume.Arbitrary)
	if err != nil {
		panic(err)
	}
	rng := rand.New(rand.NewPCG(seed, 77))
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				p := g.PointLPS([3]float64{float64(i), float64(j), float64(k)})
				v.Data[g.Offset(i, j, k)] = float32(curve(b.value1(t.Map(p))) + noise*rng.NormFloat64())
			}
		}
	}
	return v
}

func centred(size [3]int, spacing [3]float64) volume.Geometry {
	g := volume.Identity(size, spacing)
	for n := range 3 {
		g.Origin[n] = -float64(size[n]-1) / 2 * spacing[n]
	}
	return g
}

// meanError is the mean distance between two transforms over the grid's box, in mm.
func meanError(g volume.Geometry, a, b *Linear) float64 {
	sum, n := 0.0, 0.0
	for corner := range 27 {
		at := [3]float64{float64(corner % 3), float64(corner / 3 % 3), float64(corner / 9)}
		for c := range 3 {
			at[c] *= float64(g.Size[c]-1) / 2
		}
		p := g.PointLPS(at)
		x, y := a.Map(p), b.Map(p)
		sum += math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
		n++
	}
	return sum / n
}

func TestKnownRigidIsFound(t *testing.T) {
	scene := newBlobs(3, 40, [3]float64{110, 130, 110})
	fixed := scene.render(centred([3]int{64, 72, 60}, [3]float64{2.5, 2.5, 2.5}), Identity(Rigid3D), func(x float64) float64 { return x }, 1, 1)
	truth := &Linear{Kind: Rigid3D, A: rotation([3]float64{0.2, -0.15, 0.25}), Translation: [3]float64{14, -9, 11}}
	back, err := truth.Inverse()
	if err != nil {
		t.Fatal(err)
	}
	for name, curve := range map[string]func(float64) float64{
		"same contrast":  func(x float64) float64 { return x },
		"other contrast": func(x float64) float64 { return 300 * math.Exp(-x/60) },
	} {
		t.Run(name, func(t *testing.T) {
			moving := scene.render(centred([3]int{70, 70, 70}, [3]float64{2.4, 2.6, 2.5}), back, curve, 1, 2)
			r, err := Register(context.Background(), fixed, moving, Options{Preset: "rigid"})
			if err != nil {
				t.Fatal(err)
			}
			e := meanError(fixed.Geometry, r.Transform, truth)
			t.Logf("error %.4f mm, %d evaluations, %s", e, r.Iterations, r.Reason)
			if e > 0.1 || r.Verdict != Accepted {
				t.Errorf("want an error of at most 0.1 mm and an accepted verdict, got %.3f mm and %s (%s)", e, r.Verdict, r.Reason)
			}
		})
	}
}

func TestTransformRoundTrips(t *testing.T) {
	a := &Linear{Kind: Affine3D, A: [3][3]float64{{1.1, 0.1, 0}, {-0.05, 0.9, 0.02}, {0, 0.03, 1.05}}, Centre: [3]float64{4, 5, 6}, Translation: [3]float64{1, -2, 3}}
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var b Linear
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	if b != *a {
		t.Errorf("want %+v, got %+v", *a, b)
	}
	inv, err := a.Inverse()
	if err != nil {
		t.Fatal(err)
	}
	p := [3]float64{10, -20, 30}
	q := inv.Map(a.Map(p))
	for n := range 3 {
		if math.Abs(p[n]-q[n]) > 1e-10 {
			t.Errorf("want the inverse to lead back to %v, got %v", p, q)
		}
	}
	m := a.Matrix()
	x := a.Map(p)
	for r := range 3 {
		if y := m[r][0]*p[0] + m[r][1]*p[1] + m[r][2]*p[2] + m[r][3]; math.Abs(y-x[r]) > 1e-10 {
			t.Errorf("affine row %d: want %g, got %g", r, x[r], y)
		}
	}
	if err := json.Unmarshal([]byte(`{"type":"caliper.linear","frame":"RAS mm","direction":"fixed to moving","kind":"affine3d"}`), &b); err == nil {
		t.Error("want another frame to be refused")
	}
}

// The slope that the optimiser is given must be that of the score it is given.
func TestMetricSlopes(t *testing.T) {
	scene := newBlobs(7, 25, [3]float64{60, 60, 60})
	g := centred([3]int{32, 32, 32}, [3]float64{3, 3, 3})
	fixed := scene.render(g, Identity(Rigid3D), func(x float64) float64 { return x }, 0, 1)
	j := &job{preset: Presets()[0], fixed: fixed, moving: fixed, threads: 2}
	level, err := j.level(fixed.Data, fixed.Data, 3)
	if err != nil {
		t.Fatal(err)
	}
	from := &Linear{Kind: Affine3D, A: rotation([3]float64{0.05, 0.03, -0.04}), Translation: [3]float64{2, -1.3, 0.7}}
	for name, m := range map[string]metric{
		"mean squares": meanSquares{}, "correlation": correlation{1},
		"mutual information": newMutualInformation(level.fixed.values, level.moving.data, 32),
	} {
		s := j.space(level, from, Affine3D)
		p := make([]float64, 12)
		_, slope := j.evaluate(level, s, p, m)
		for n := range p {
			const h = 0.02
			q := make([]float64, 12)
			q[n] = h
			up, _ := j.evaluate(level, s, q, m)
			q[n] = -h
			down, _ := j.evaluate(level, s, q, m)
			want := (up - down) / (2 * h)
			if math.Abs(want-slope[n]) > 0.05*math.Abs(want)+0.05*norm(slope) {
				t.Errorf("%s, parameter %d: want a slope of %g, got %g", name, n, want, slope[n])
			}
		}
	}
}
