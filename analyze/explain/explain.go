// Package explain shows which part of an image a network's answer hangs on, by covering one part after
// the other (Zeiler and Fergus 2014, occlusion sensitivity).
package explain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/analyze/classify"
	"github.com/caliper-imaging/caliper/analyze/detect"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/resample"
)

// Options of Occlusion.
type Options struct {
	// Label is the class that is asked about; "" is the strongest one (classify), any (detect) or any
	// but the background (segment).
	Label string
	// Box limits a detector's answer to candidates that overlap it, in pixels of the image; nil is all.
	Box *[4]float64
	// Patch is the side of what is covered, in voxels of the network's input; 0 is an eighth of its
	// shortest side. Step is how far it moves; 0 is half the patch.
	Patch, Step int
	// MaxRuns refuses maps that would take more runs of the network; 0 is 4096.
	MaxRuns int
}

// Map is the answer of Occlusion. Drop is on the image's grid: by how much the score falls where a part
// is covered, averaged over the patches that cover a voxel; negative where covering raises it.
type Map struct {
	Drop  *volume.Volume
	Label string
	Score float64 // with nothing covered
	Runs  int
}

// Occlusion covers part after part of the network's input with the mean of the image and notes the drop
// of the score: of a class (classify), of the best candidate (detect), of the mean probability within the
// structure as first found (segment).
func Occlusion(ctx context.Context, net *models.Network, v *volume.Volume, o Options) (*Map, error) {
	card := &net.Card
	fail := func(err error) (*Map, error) { return nil, fmt.Errorf("explain: %s: %w", card.Name, err) }
	if o.Label != "" && !slices.Contains(card.Labels, o.Label) {
		return fail(fmt.Errorf("want one of the labels %q, got %q", card.Labels, o.Label))
	}
	p, err := card.Prepare(ctx, v)
	if err != nil {
		return nil, err
	}
	score, label, base, err := target(ctx, net, p, v.Geometry, o)
	if err != nil {
		return fail(err)
	}
	size := p.Image.Size
	shortest := size[0]
	for n := range card.Input.Dims {
		shortest = min(shortest, size[n])
	}
	patch := cmp.Or(o.Patch, max(1, shortest/8))
	step := cmp.Or(o.Step, max(1, patch/2))
	if patch < 1 || step < 1 {
		return fail(fmt.Errorf("want a patch and a step of 1 or more, got %d and %d", patch, step))
	}
	var starts [3][]int
	runs := 1
	for n := range 3 {
		starts[n] = []int{0}
		if n < card.Input.Dims {
			starts[n] = along(p.Lo[n], p.Hi[n], patch, step)
		}
		runs *= len(starts[n])
	}
	if limit := cmp.Or(o.MaxRuns, 4096); runs > limit {
		return fail(fmt.Errorf("want at most %d runs, got %d; take a larger patch or step", limit, runs))
	}
	sum := &volume.Volume{Geometry: p.Image.Geometry, Channels: 1, Unit: volume.Probability, Data: make([]float32, p.Image.Voxels())}
	covers := make([]float32, len(sum.Data))
	fill := mean(p)
	for _, k := range starts[2] {
		for _, j := range starts[1] {
			for _, i := range starts[0] {
				lo := [3]int{i, j, k}
				hi := [3]int{min(i+patch, p.Hi[0]), min(j+patch, p.Hi[1]), 1}
				if card.Input.Dims == 3 {
					hi[2] = min(k+patch, p.Hi[2])
				}
				covered := *p
				covered.Image = p.Image.Clone()
				for c := range covered.Image.Channels {
					data := covered.Image.Channel(c)
					each(p.Image.Geometry, lo, hi, func(at int) { data[at] = fill[c] })
				}
				s, err := score(ctx, &covered)
				if err != nil {
					return fail(err)
				}
				each(p.Image.Geometry, lo, hi, func(at int) {
					sum.Data[at] += float32(base - s)
					covers[at]++
				})
			}
		}
	}
	for at, n := range covers {
		if n > 0 {
			sum.Data[at] /= n
		}
	}
	shown, err := sum.Crop(p.Lo, p.Hi)
	if err != nil {
		return fail(err)
	}
	drop, err := resample.Volume(ctx, shown, v.Geometry, nil, resample.Linear, 0)
	if err != nil {
		return fail(err)
	}
	return &Map{Drop: drop, Label: label, Score: base, Runs: runs}, nil
}

func along(lo, hi, patch, step int) []int {
	out := []int{lo}
	for at := lo; at+patch < hi; {
		at = min(at+step, hi-patch)
		out = append(out, at)
	}
	return out
}

func each(g volume.Geometry, lo, hi [3]int, f func(at int)) {
	for k := lo[2]; k < hi[2]; k++ {
		for j := lo[1]; j < hi[1]; j++ {
			for i := lo[0]; i < hi[0]; i++ {
				f(g.Offset(i, j, k))
			}
		}
	}
}

// mean is that of each channel over what shows the image.
func mean(p *models.Prepared) []float32 {
	out := make([]float32, p.Image.Channels)
	for c := range out {
		data := p.Image.Channel(c)
		sum, n := 0.0, 0
		each(p.Image.Geometry, p.Lo, p.Hi, func(at int) {
			sum += float64(data[at])
			n++
		})
		out[c] = float32(sum / float64(max(n, 1)))
	}
	return out
}

type scoreFunc func(ctx context.Context, p *models.Prepared) (float64, error)

// target is the score that is watched, what it is of, and its value with nothing covered.
func target(ctx context.Context, net *models.Network, p *models.Prepared, g volume.Geometry, o Options) (f scoreFunc, label string, base float64, err error) {
	card := &net.Card
	label = o.Label
	switch card.Task {
	case models.Detect:
		f = func(ctx context.Context, p *models.Prepared) (float64, error) {
			return detect.Best(ctx, net, p, g, label, o.Box)
		}
	case models.Classify:
		raw, err := classify.Raw(ctx, net, p)
		if err != nil {
			return nil, "", 0, err
		}
		at := slices.Index(card.Labels, label)
		if at < 0 {
			at = slices.Index(raw, slices.Max(raw))
			label = card.Labels[at]
		}
		f = func(ctx context.Context, p *models.Prepared) (float64, error) {
			raw, err := classify.Raw(ctx, net, p)
			if err != nil {
				return 0, err
			}
			return raw[at], nil
		}
	case models.Segment:
		if f, err = within(ctx, net, p, label); err != nil {
			return nil, "", 0, err
		}
	default:
		return nil, "", 0, fmt.Errorf("want a model for segment, detect or classify, got %q", card.Task)
	}
	base, err = f(ctx, p)
	if err == nil && math.IsNaN(base) {
		err = fmt.Errorf("want a finite score, got NaN")
	}
	return f, label, base, err
}
