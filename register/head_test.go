package register

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/filter"
	"github.com/caliper-imaging/caliper/volume/nifti"
	"github.com/caliper-imaging/caliper/volume/resample"
)

// readHead is a real head without detail finer than the grids that the tests put it on.
func readHead(t *testing.T) *volume.Volume {
	t.Helper()
	head, err := nifti.Read(golden.Shared(t, "data/brain_t1_brainchop/t1_crop.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	head, err = filter.Gaussian(context.Background(), head, [3]float64{1, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// moved looks at an image through the inverse of truth, on another grid and with noise: truth then
// maps points of the image to points of the result.
func moved(t *testing.T, head *volume.Volume, truth *Linear, curve func(float64) float64) *volume.Volume {
	t.Helper()
	truth.Centre = gridCentre(head.Geometry)
	back, err := truth.Inverse()
	if err != nil {
		t.Fatal(err)
	}
	moving, err := resample.Volume(context.Background(), head, coarser(head.Geometry, 2.1, 20), back, resample.Cubic, 0)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	_, top, _ := head.Range()
	for n, x := range moving.Data {
		moving.Data[n] = float32(curve(float64(x/top))*1000 + 5*rng.NormFloat64())
	}
	return moving
}

// coarser is a grid over the same place with a margin, in mm.
func coarser(g volume.Geometry, spacing, margin float64) volume.Geometry {
	out := g
	var shift [3]float64
	for n := range 3 {
		out.Size[n] = int((float64(g.Size[n])*g.Spacing[n] + 2*margin) / spacing)
		out.Spacing[n] = spacing
		shift[n] = -margin / g.Spacing[n]
	}
	out.Origin = g.PointLPS(shift)
	return out
}

func straight(x float64) float64 { return x }

func otherContrast(x float64) float64 { // cerebrospinal fluid bright, as on T2
	if x < 0.02 {
		return max(x, 0)
	}
	return math.Exp(-2.2 * x)
}

// Peers reach 0.02 to 0.04 mm on such pairs (reference/imaging-facts.md).
func TestKnownTransformsOfAHead(t *testing.T) {
	golden.Long(t)
	head := readHead(t)
	fixed, err := resample.Volume(context.Background(), head, coarser(head.Geometry, 2, 0), nil, resample.Cubic, 0)
	if err != nil {
		t.Fatal(err)
	}
	rigid := func() *Linear {
		return &Linear{Kind: Rigid3D, A: rotation([3]float64{0.18, -0.12, 0.22}), Translation: [3]float64{12, -15, 9}}
	}
	affine := func() *Linear {
		a := rigid()
		a.Kind = Affine3D
		a.A = product3(a.A, [3][3]float64{{1.08, 0.04, -0.02}, {0.01, 0.94, 0.05}, {0, -0.03, 1.05}})
		return a
	}
	for _, c := range []struct {
		name, preset string
		truth        *Linear
		curve        func(float64) float64
		limit        float64
	}{
		{"rigid", "rigid", rigid(), straight, 0.1},
		{"rigid, other contrast", "rigid", rigid(), otherContrast, 0.1},
		{"affine", "affine", affine(), straight, 0.1},
	} {
		t.Run(c.name, func(t *testing.T) {
			moving := moved(t, head, c.truth, c.curve)
			before := meanError(fixed.Geometry, Identity(Rigid3D), c.truth)
			began := time.Now()
			r, err := Register(context.Background(), fixed, moving, Options{Preset: c.preset})
			if err != nil {
				t.Fatal(err)
			}
			e := meanError(fixed.Geometry, r.Transform, c.truth)
			t.Logf("%.1f mm before, %.4f after; %.1f s, %d evaluations; %s", before, e, time.Since(began).Seconds(), r.Iterations, r.Reason)
			if e > c.limit || r.Verdict != Accepted {
				t.Errorf("want at most %g mm and accepted, got %.3f and %s: %s", c.limit, e, r.Verdict, r.Reason)
			}
		})
	}
}

// The brains of the task are already aligned by their makers: an affine transform must not lose that.
func TestBrainPairKeepsItsOverlap(t *testing.T) {
	read := func(name string) *volume.Volume {
		v, err := nifti.Read(golden.Shared(t, "data/registration/brain_def/"+name))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	fixed, moving := read("fixed.nii.gz"), read("moving.nii.gz")
	r, err := Register(context.Background(), fixed, moving, Options{Preset: "brain"})
	if err != nil {
		t.Fatal(err)
	}
	segF, err := nifti.ReadMask(golden.Shared(t, "data/registration/brain_def/seg_fixed.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	segM, err := nifti.ReadMask(golden.Shared(t, "data/registration/brain_def/seg_moving.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	var labels [][2]uint16 // in fixed and moving, the same
	data, err := os.ReadFile(golden.Shared(t, "data/registration/brain_def/labels.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &labels); err != nil {
		t.Fatal(err)
	}
	before, err := resample.Mask(context.Background(), segM, segF.Geometry, nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := resample.Mask(context.Background(), segM, segF.Geometry, r.Transform)
	if err != nil {
		t.Fatal(err)
	}
	a, b := meanDice(segF, before, labels), meanDice(segF, after, labels)
	t.Logf("Dice %.3f before, %.3f after; %s", a, b, r.Reason)
	if b < a-0.01 || r.Verdict != Accepted {
		t.Errorf("want a Dice of at least %.3f, got %.3f (%s)", a-0.01, b, r.Reason)
	}
}

func meanDice(a, b *volume.Mask, labels [][2]uint16) float64 {
	sum, n := 0.0, 0.0
	for _, pair := range labels {
		l := pair[0]
		both, either := 0, 0
		for at := range a.Labels {
			x, y := a.Labels[at] == l, b.Labels[at] == l
			if x {
				either++
			}
			if y {
				either++
			}
			if x && y {
				both++
			}
		}
		sum += 2 * float64(both) / float64(either)
		n++
	}
	return sum / n
}
