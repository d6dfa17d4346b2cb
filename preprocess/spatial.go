package preprocess

import (
	"context"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/resample"
)

// mostVoxels is the largest grid that a step makes.
const mostVoxels = 1 << 29

func orient(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	return v.Reorient(o["axes"].text)
}

// ArrayOrientation turns nibabel's axis codes of an array, first index first, into the code of this
// module's grids whose last index is the array's first: LIA becomes AIL. An array in C order then lies
// in memory as the grid does.
func ArrayOrientation(axes string) string {
	out := []byte(axes)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

func conform(ctx context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	w, err := v.Reorient(ArrayOrientation(o["axes"].text))
	if err != nil {
		return nil, err
	}
	return respace(ctx, w, o["spacing"].number())
}

func resampleStep(ctx context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	return respace(ctx, v, o["spacing"].list...)
}

// respace resamples linearly to a spacing in mm; an image that has it within a thousandth is returned as it is.
func respace(ctx context.Context, v *volume.Volume, spacing ...float64) (*volume.Volume, error) {
	if len(spacing) == 1 {
		spacing = []float64{spacing[0], spacing[0], spacing[0]}
	}
	if len(spacing) != 3 {
		return nil, fmt.Errorf("spacing: want one or three numbers, got %d", len(spacing))
	}
	same := true
	for n := range 3 {
		if !(spacing[n] > 0) {
			return nil, fmt.Errorf("spacing: want positive mm, got %g", spacing[n])
		}
		d := spacing[n]/v.Spacing[n] - 1
		same = same && d < 1e-3 && d > -1e-3
	}
	if same {
		return v, nil
	}
	voxels := float64(v.Channels)
	for n := range 3 {
		voxels *= max(1, float64(v.Size[n])*v.Spacing[n]/spacing[n])
	}
	if voxels > mostVoxels {
		return nil, fmt.Errorf("spacing: want a grid of at most %d values, got about %.3g", mostVoxels, voxels)
	}
	target := v.Respaced([3]float64{spacing[0], spacing[1], spacing[2]})
	if err := target.Validate(); err != nil {
		return nil, err
	}
	return resample.Volume(ctx, v, target, nil, resample.Linear, 0)
}

func cropBox(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	lo, hi, err := triples(o["lo"].list, o["hi"].list)
	if err != nil {
		return nil, err
	}
	return v.Crop(lo, hi)
}

func padBox(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	before, after, err := triples(o["lo"].list, o["hi"].list)
	if err != nil {
		return nil, err
	}
	var lo, hi [3]int
	voxels := float64(v.Channels)
	for n := range 3 {
		if before[n] < 0 || after[n] < 0 {
			return nil, fmt.Errorf("want 0 or more voxels, got %v and %v", before, after)
		}
		lo[n], hi[n] = -before[n], v.Size[n]+after[n]
		voxels *= float64(hi[n] - lo[n])
	}
	if voxels > mostVoxels {
		return nil, fmt.Errorf("want a grid of at most %d values, got about %.3g", mostVoxels, voxels)
	}
	return v.Window(lo, hi, float32(o["value"].number()))
}

func triples(a, b []float64) (lo, hi [3]int, err error) {
	if len(a) != 3 || len(b) != 3 {
		return lo, hi, fmt.Errorf("want three numbers i/j/k, got %d and %d", len(a), len(b))
	}
	for n := range 3 {
		if !(math.Abs(a[n]) <= 1<<30 && math.Abs(b[n]) <= 1<<30) {
			return lo, hi, fmt.Errorf("want numbers of voxels, got %g and %g", a[n], b[n])
		}
		lo[n], hi[n] = int(a[n]), int(b[n])
	}
	return lo, hi, nil
}

func resizeStep(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	w, h, err := pair(o["size"].list)
	if err != nil {
		return nil, err
	}
	return Resize(v, w, h, Interp(o["interp"].text))
}

func letterboxStep(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	w, h, err := pair(o["size"].list)
	if err != nil {
		return nil, err
	}
	out, _, err := Letterbox(v, w, h, Interp(o["interp"].text), float32(o["pad"].number()))
	return out, err
}

func pair(size []float64) (w, h int, err error) {
	if len(size) != 2 || size[0] < 1 || size[1] < 1 {
		return 0, 0, fmt.Errorf("size: want width/height of 1 or more, got %v", size)
	}
	return int(size[0]), int(size[1]), nil
}

// Grey is a copy with one channel: the luma of Rec. 601 where there are three, the image itself where there is one.
func Grey(v *volume.Volume) (*volume.Volume, error) {
	if v.Channels == 1 {
		return v, nil
	}
	if v.Channels != 3 {
		return nil, fmt.Errorf("preprocess: grey: want 1 or 3 channels, got %d", v.Channels)
	}
	out, err := volume.New(v.Geometry, 1, v.Unit)
	if err != nil {
		return nil, err
	}
	r, g, b := v.Channel(0), v.Channel(1), v.Channel(2)
	for i := range out.Data {
		out.Data[i] = float32(0.299*float64(r[i]) + 0.587*float64(g[i]) + 0.114*float64(b[i]))
	}
	return out, nil
}

func grey(_ context.Context, v *volume.Volume, _ map[string]value) (*volume.Volume, error) {
	return Grey(v)
}
