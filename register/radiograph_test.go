package register

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/raster"
	"github.com/caliper-imaging/caliper/volume/resample"
)

func readChest(t *testing.T, name string) *volume.Volume {
	t.Helper()
	v, err := raster.Read(golden.Shared(t, "data/cxr_nih_longitudinal/"+name))
	if err != nil {
		t.Fatal(err)
	}
	v.Data, v.Channels = v.Channel(0), 1
	v.Spacing = [3]float64{0.35, 0.35, 1}
	v.Geometry, v.Data = shrink(v.Geometry, v.Data, [3]int{2, 2, 1})
	return v
}

// A real radiograph, turned, scaled, sheared, seen through another exposure, with noise and a white
// marker: the transform that made it must come back.
func TestRadiographOfKnownPose(t *testing.T) {
	fixed := readChest(t, "00000001_000-Cardiomegaly.png")
	truth := &Linear{
		Kind: Affine2D, A: [3][3]float64{{1.05, 0.09, 0}, {-0.12, 0.97, 0}, {0, 0, 1}},
		Centre: gridCentre(fixed.Geometry), Translation: [3]float64{14, -11, 0},
	}
	back, err := truth.Inverse()
	if err != nil {
		t.Fatal(err)
	}
	for name, curve := range map[string]func(float64) float64{
		"brighter": func(x float64) float64 { return 40 + 200*math.Pow(x, 0.6) },
		"negative": func(x float64) float64 { return 230 - 190*x*x },
	} {
		t.Run(name, func(t *testing.T) {
			moving, err := resample.Volume(context.Background(), fixed, fixed.Geometry, back, resample.Linear, 0)
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(5, 6))
			for n, x := range moving.Data {
				moving.Data[n] = float32(curve(float64(x)/255) + 3*rng.NormFloat64())
				if i, j := n%moving.Size[0], n/moving.Size[0]; i > 30 && i < 70 && j > 30 && j < 60 {
					moving.Data[n] = 255
				}
			}
			r, err := Register(context.Background(), fixed, moving, Options{Preset: "radiograph"})
			if err != nil {
				t.Fatal(err)
			}
			e := meanError(fixed.Geometry, r.Transform, truth)
			t.Logf("error %.3f mm; %s", e, r.Reason)
			if e > 1.5 || r.Verdict != Accepted || r.Inverted != (name == "negative") {
				t.Errorf("want at most 1.5 mm and accepted, got %.3f and %s: %s (inverted %v)", e, r.Verdict, r.Reason, r.Inverted)
			}
		})
	}
}

// Two visits of one patient: the search there and the one back must agree.
func TestRadiographsOfOnePatientAgree(t *testing.T) {
	a, b := readChest(t, "00000001_000-Cardiomegaly.png"), readChest(t, "00000001_001-Cardiomegaly-Emphysema.png")
	r, err := Register(context.Background(), a, b, Options{Preset: "radiograph"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != Accepted || r.BothWaysMM == nil || *r.BothWaysMM > 8 {
		t.Fatalf("want an accepted transform that agrees both ways within 8 mm, got %s (%s), %v", r.Verdict, r.Reason, r.BothWaysMM)
	}
	t.Logf("%.1f mm apart; %s", *r.BothWaysMM, r.Reason)
}

func TestWhatIsNoPairIsRefused(t *testing.T) {
	fixed := readChest(t, "00000001_000-Cardiomegaly.png")
	noise, err := volume.New(fixed.Geometry, 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(8, 9))
	for n := range noise.Data {
		noise.Data[n] = float32(rng.NormFloat64())
	}
	r, err := Register(context.Background(), fixed, noise, Options{Preset: "radiograph"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != Refused || !strings.Contains(r.Reason, "correlation") {
		t.Errorf("want a refusal for want of correlation, got %s: %s", r.Verdict, r.Reason)
	}
	flat, _ := volume.New(fixed.Geometry, 1, volume.Arbitrary)
	if _, err := Register(context.Background(), fixed, flat, Options{Preset: "radiograph"}); err == nil {
		t.Error("want an error for an image of one value")
	}
	if _, err := Register(context.Background(), fixed, noise, Options{Preset: "rigid"}); err == nil {
		t.Error("want an error for a slice with a preset for volumes")
	}
	if _, err := Register(context.Background(), fixed, noise, Options{Preset: "magic"}); err == nil || !strings.Contains(err.Error(), "radiograph") {
		t.Errorf("want the presets listed, got %v", err)
	}
}

func TestThreadsDoNotMatter(t *testing.T) {
	scene := newBlobs(11, 20, [3]float64{60, 60, 60})
	g := centred([3]int{32, 32, 32}, [3]float64{2.5, 2.5, 2.5})
	fixed := scene.render(g, Identity(Rigid3D), straight, 1, 1)
	moving := scene.render(g, &Linear{Kind: Rigid3D, A: rotation([3]float64{0.1, 0, -0.1}), Translation: [3]float64{4, 3, -5}}, straight, 1, 2)
	var first *Linear
	for _, threads := range []int{1, 3} {
		r, err := Register(context.Background(), fixed, moving, Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = r.Transform
		}
		if !reflect.DeepEqual(first, r.Transform) {
			t.Errorf("%d threads: want %+v, got %+v", threads, first, r.Transform)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Register(ctx, fixed, moving, Options{}); err == nil {
		t.Error("want an error after cancellation")
	}
}

// What moves by itself in one image must not pull the rest along where a mask leaves it out.
func TestMaskLeavesOutWhatMovedAlone(t *testing.T) {
	scene := newBlobs(21, 30, [3]float64{80, 80, 80})
	g := centred([3]int{40, 40, 40}, [3]float64{2.5, 2.5, 2.5})
	truth := &Linear{Kind: Rigid3D, A: rotation([3]float64{0, 0.05, 0.1}), Translation: [3]float64{3, -4, 2}}
	back, err := truth.Inverse()
	if err != nil {
		t.Fatal(err)
	}
	fixed, moving := scene.render(g, Identity(Rigid3D), straight, 0.5, 1), scene.render(g, back, straight, 0.5, 2)
	mask, err := volume.NewMask(g)
	if err != nil {
		t.Fatal(err)
	}
	for n := range fixed.Data {
		i, j := n%40, n/40%40
		d, e := math.Hypot(float64(i)-12, float64(j)-12), math.Hypot(float64(i)-20, float64(j)-12)
		if d < 6 {
			fixed.Data[n] += 1500
		}
		if e < 6 {
			moving.Data[n] += 1500
		}
		if d > 9 {
			mask.Labels[n] = 1
		}
	}
	movingMask := mask.Clone()
	for n := range movingMask.Labels {
		movingMask.Labels[n] = 1
		if math.Hypot(float64(n%40)-20, float64(n/40%40)-12) < 9 {
			movingMask.Labels[n] = 0
		}
	}
	r, err := Register(context.Background(), fixed, moving, Options{FixedMask: mask, MovingMask: movingMask})
	if err != nil {
		t.Fatal(err)
	}
	if e := meanError(g, r.Transform, truth); e > 0.3 {
		t.Errorf("want at most 0.3 mm with the masks, got %.3f", e)
	}
}
