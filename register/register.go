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
	Iterations int // evaluations of the metric
}

// pair is one level of the two pyramids.
type pair struct {
	fixed     *samples
	moving    *field
	spacingMM float64
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
	return j.run(ctx)
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
