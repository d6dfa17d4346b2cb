package quality

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

func codes(issues []study.Issue) map[string]bool {
	out := map[string]bool{}
	for _, i := range issues {
		out[i.Code] = true
	}
	return out
}

func value(t *testing.T, measures []study.Measurement, key string) float64 {
	t.Helper()
	for _, m := range measures {
		if m.Key == key {
			return m.Value
		}
	}
	t.Fatalf("no %s among %v", key, measures)
	return 0
}

// chest draws two lungs as dark rectangles on a bright body, with noise.
func chest(rightWidth, leftWidth, cut int, noise float64) (*volume.Volume, *volume.Mask) {
	g := volume.Identity([3]int{400, 400, 1}, [3]float64{1, 1, 1})
	v, _ := volume.New(g, 1, volume.Arbitrary)
	m, _ := volume.NewMask(g, "", "right lung", "left lung")
	rng := rand.New(rand.NewPCG(1, 2))
	for y := range 400 {
		for x := range 400 {
			level := 200.0 + 0.1*float64(x)
			if x < 15 || x >= 385 {
				level = 20 // air beside the patient
			}
			if y >= 60-cut && y < 320-cut {
				switch {
				case x >= 180-rightWidth && x < 180:
					level, m.Labels[y*400+x] = 80, 1
				case x >= 220 && x < 220+leftWidth:
					level, m.Labels[y*400+x] = 80, 2
				}
			}
			v.Data[y*400+x] = float32(level + noise*rng.NormFloat64())
		}
	}
	return v, m
}

func TestRadiographs(t *testing.T) {
	c := Chest{1, 2}
	v, m := chest(110, 105, 0, 2)
	measures, issues := Radiograph(v, m, c)
	if len(issues) != 0 {
		t.Errorf("a good view: want no issue, got %v", issues)
	}
	if got := value(t, measures, "rotation_proxy"); math.Abs(got-5.0/215) > 1e-9 {
		t.Errorf("rotation: want %.4f, got %.4f", 5.0/215, got)
	}
	for name, c := range map[string]struct {
		v    func() (*volume.Volume, *volume.Mask)
		want string
	}{
		"rotated": {func() (*volume.Volume, *volume.Mask) { return chest(130, 70, 0, 2) }, "rotated"},
		"cut off": {func() (*volume.Volume, *volume.Mask) { return chest(110, 105, 60, 2) }, "lung-cut-off"},
		"noisy":   {func() (*volume.Volume, *volume.Mask) { return chest(110, 105, 0, 60) }, "noisy"},
		"negative": {func() (*volume.Volume, *volume.Mask) {
			v, m := chest(110, 105, 0, 2)
			for n := range v.Data {
				v.Data[n] = 255 - v.Data[n]
			}
			return v, m
		}, "inverted"},
		"clipped": {func() (*volume.Volume, *volume.Mask) {
			v, m := chest(110, 105, 0, 2)
			for n := range v.Data {
				v.Data[n] = min(v.Data[n], 205)
			}
			return v, m
		}, "clipped"},
		"no mask": {func() (*volume.Volume, *volume.Mask) { v, _ := chest(110, 105, 0, 2); return v, nil }, "no-lung-mask"},
	} {
		v, m := c.v()
		_, issues := Radiograph(v, m, Chest{1, 2})
		if !codes(issues)[c.want] || len(codes(issues)) > 1 {
			t.Errorf("%s: want the issue %s alone, got %v", name, c.want, issues)
		}
	}
}

func TestNoiseOfKnownSpread(t *testing.T) {
	g := volume.Identity([3]int{64, 64, 32}, [3]float64{1, 1, 1})
	v, _ := volume.New(g, 1, volume.HU)
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range v.Data {
		v.Data[n] = float32(40 + 12*rng.NormFloat64())
	}
	measures, issues := Volume(v, "CT")
	if got := value(t, measures, "noise"); math.Abs(got-12) > 0.4 {
		t.Errorf("noise: want 12 HU within 0.4, got %.2f", got)
	}
	if len(issues) != 0 {
		t.Errorf("want no issue, got %v", issues)
	}
	for n := range v.Data {
		v.Data[n] = float32(40 + 55*rng.NormFloat64())
	}
	v.Spacing[2] = 7
	if _, issues := Volume(v, "CT"); !codes(issues)["noisy"] || !codes(issues)["thick-slices"] {
		t.Errorf("want noisy and thick-slices, got %v", issues)
	}
}

func TestOneValue(t *testing.T) {
	v, _ := volume.New(volume.Identity([3]int{32, 32, 16}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	if _, issues := Volume(v, "MR"); len(issues) != 1 || issues[0].Severity != study.Refused {
		t.Errorf("want one refusal, got %v", issues)
	}
}
