package measure

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

// ballShadow draws the shadow of an ellipsoid (semi-axes a and b in pixels, turned by an angle) on a
// sloping, noisy ground: density is the length of the ray inside. Each pixel is a mean over 4×4 rays.
func ballShadow(seed uint64, cx, cy, a, b, turn, contrast, noise float64) *volume.Volume {
	v, _ := volume.New(volume.Identity([3]int{256, 256, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	rng := rand.New(rand.NewPCG(seed, 1))
	s, c := math.Sincos(turn)
	for j := range 256 {
		for i := range 256 {
			sum := 0.0
			for sub := range 16 {
				x := float64(i) + (float64(sub%4)+0.5)/4 - cx
				y := float64(j) + (float64(sub/4)+0.5)/4 - cy
				u, w := (x*c+y*s)/a, (y*c-x*s)/b
				if q := 1 - u*u - w*w; q > 0 {
					sum += contrast * math.Sqrt(q) / 16
				}
			}
			v.Data[j*256+i] = float32(1000 + 0.4*float64(i) - 0.3*float64(j) + sum + noise*rng.NormFloat64())
		}
	}
	return v
}

func TestNoduleDiameterOfEllipsoidShadows(t *testing.T) {
	var sum, worst float64
	n := 0
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 9))
		a := 8 + 14*rng.Float64()
		b := a * (0.75 + 0.25*rng.Float64())
		cx, cy := 120+10*rng.Float64(), 120+10*rng.Float64()
		v := ballShadow(seed, cx, cy, a, b, 3*rng.Float64(), 100, 8)
		off := func() float64 { return (rng.Float64() - 0.5) * 0.3 * a }
		size := a * (0.85 + 0.4*rng.Float64())
		ox, oy := off(), off()
		got, err := Nodule2D(context.Background(), v, [4]float64{cx + ox - size, cy + oy - size, cx + ox + size, cy + oy + size}, NoduleOptions{})
		if err != nil {
			t.Fatal(err)
		}
		e := got.Measures[0].Value - 2*a
		t.Logf("a %.1f b %.1f: long %.2f (%+.2f) short %.2f (%+.2f) rough %.3f", a, b, got.Measures[0].Value, e, got.Measures[1].Value, got.Measures[1].Value-2*b, got.Roughness)
		sum += math.Abs(e)
		worst = max(worst, math.Abs(e))
		n++
	}
	if mean := sum / float64(n); mean > 1.0 || worst > 2.5 {
		t.Errorf("longest diameter: want a mean error of at most 1.0 and none above 2.5 pixels, got %.2f and %.2f", mean, worst)
	}
}
