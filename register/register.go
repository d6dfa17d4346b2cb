package register

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/caliper-imaging/caliper/volume"
)

// Options of Register. The zero value is the preset rigid on all threads.
type Options struct {
	Preset     string       // a row of Presets; "" is rigid
	FixedMask  *volume.Mask // places that count; any label other than 0
	MovingMask *volume.Mask
	Initial    *Linear // start instead of the search for one
	Threads    int     // 0: as many as the machine has; the outcome doesn't depend on it
}

// Verdict says whether a registration can be relied on.
type Verdict string

// Verdicts.
const (
	Accepted Verdict = "accepted"
	Refused  Verdict = "refused"
)

// Result of a registration. Transform is there even where the verdict is Refused; Reason says why.
type Result struct {
	Transform  *Linear
	Preset     string
	Metric     string  // what was maximised last
	Before     float64 // metric with nothing moved (0 where the images do not overlap)
	After      float64
	Overlap    float64 // part of the fixed samples that land inside the moving image
	Inverted   bool    // one image is the negative of the other
	Verdict    Verdict
	Reason     string
	ShiftMM    float64 // displacement at the centre
	Rotation   float64 // degrees
	Scale      [3]float64
	Iterations int      // evaluations of the metric
	BothWaysMM *float64 // mean distance between the search from fixed to moving and the one back; nil where not done
}

// pair is one level of the two pyramids.
type pair struct {
	fixed     *samples
	moving    *field
	spacingMM float64
	inside    func([3]float64) bool // places of the moving image that count; nil: all
}

// Register finds the transform that maps points of fixed to points of moving. Both are images of one
// channel; values that are not finite count as background.
func Register(ctx context.Context, fixed, moving *volume.Volume, o Options) (*Result, error) {
	preset, err := findPreset(o.Preset)
	if err != nil {
		return nil, err
	}
	if err := check(fixed, moving, preset, o); err != nil {
		return nil, err
	}
	threads := o.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	j := &job{preset: preset, o: o, threads: threads, fixed: fixed, moving: moving}
	got, err := j.run(ctx)
	if err != nil || !preset.BothWays || o.Initial != nil {
		return got, err
	}
	return j.bothWays(ctx, got)
}

// bothWays searches from moving to fixed as well. Where that leads elsewhere, the better of both is
// kept, and refused where the other is nearly as good.
func (j *job) bothWays(ctx context.Context, there *Result) (*Result, error) {
	o := j.o
	o.FixedMask, o.MovingMask = j.o.MovingMask, j.o.FixedMask
	back, err := (&job{preset: j.preset, o: o, threads: j.threads, rough: true, fixed: j.moving, moving: j.fixed}).run(ctx)
	if err != nil {
		return nil, err
	}
	inverse, err := back.Transform.Inverse()
	if err != nil {
		return there, nil
	}
	apart := meanDistance(j.fixed.Geometry, there.Transform, inverse)
	there.BothWaysMM = &apart
	extent := max(float64(j.fixed.Size[0])*j.fixed.Spacing[0], float64(j.fixed.Size[1])*j.fixed.Spacing[1])
	if apart <= maxApart*extent {
		return there, nil
	}
	j.o.Initial = inverse
	other, err := j.run(ctx)
	if err != nil {
		return nil, err
	}
	best, second := there, other
	if other.After > there.After {
		best, second = other, there
	}
	best.BothWaysMM = &apart
	if meanDistance(j.fixed.Geometry, best.Transform, second.Transform) > maxApart*extent && best.After-second.After < clearLead {
		reason := fmt.Sprintf("two alignments that lie %.0f mm apart fit about as well (%.2f and %.2f)", apart, best.After, second.After)
		if best.Verdict == Refused {
			reason = best.Reason + "; " + reason
		}
		best.Verdict, best.Reason = Refused, reason
	}
	return best, nil
}

const (
	maxApart  = 0.05 // of the image's longer side: by how much both ways may differ
	clearLead = 0.08 // of the correlation: by how much the better of two alignments must lead
)

// meanDistance is how far two transforms take the inner part of a slice apart, in mm.
func meanDistance(g volume.Geometry, a, b *Linear) float64 {
	sum := 0.0
	for n := range 25 {
		var at [3]float64
		for c, part := range [2]int{n % 5, n / 5} {
			at[c] = float64(g.Size[c]) * (0.2 + 0.15*float64(part))
		}
		p := g.PointLPS(at)
		x, y := a.Map(p), b.Map(p)
		sum += math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
	}
	return sum / 25
}

func check(fixed, moving *volume.Volume, p Preset, o Options) error {
	for _, in := range []struct {
		name string
		v    *volume.Volume
		m    *volume.Mask
	}{{"fixed", fixed, o.FixedMask}, {"moving", moving, o.MovingMask}} {
		if err := in.v.Validate(); err != nil {
			return fmt.Errorf("register: %s: %w", in.name, err)
		}
		if in.v.Channels != 1 || len(in.v.Data) != in.v.Voxels() {
			return fmt.Errorf("register: %s: want one channel, got %d", in.name, in.v.Channels)
		}
		lo, hi, ok := in.v.Range()
		if !ok || lo == hi {
			return fmt.Errorf("register: %s: want an image with contrast, got one of a single value", in.name)
		}
		if p.Planar != (in.v.Size[2] == 1) {
			return fmt.Errorf("register: %s: preset %s wants %s, got %d slices", in.name, p.Name, map[bool]string{true: "one slice", false: "more than one slice"}[p.Planar], in.v.Size[2])
		}
		for n := range 3 {
			if in.v.Size[n] < 8 && !(p.Planar && n == 2) {
				return fmt.Errorf("register: %s: want at least 8 voxels along each index, got %v", in.name, in.v.Size)
			}
		}
		if in.m != nil && in.m.Geometry.SameGrid(in.v.Geometry, 1e-2*min(in.v.Spacing[0], in.v.Spacing[1], in.v.Spacing[2])) != nil {
			return fmt.Errorf("register: %s: want its mask on its grid, got another", in.name)
		}
	}
	if p.Planar {
		a, b := cross3(fixed.Axes[0], fixed.Axes[1]), cross3(moving.Axes[0], moving.Axes[1])
		if c := math.Abs(a[0]*b[0] + a[1]*b[1] + a[2]*b[2]); c < 0.996 {
			return fmt.Errorf("register: preset %s: want two slices in one plane, got planes %.0f degrees apart", p.Name, math.Acos(min(c, 1))*180/math.Pi)
		}
	}
	return nil
}
