// Package segment gives every voxel of an image a label: by a network under its card, or by classical
// methods for CT. Labels are always on the grid of the image that was given.
package segment

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/resample"
)

// Options of Run.
type Options struct {
	Raw bool // leave out the card's post-processing
}

// Run labels an image with a network of task segment. The value of a voxel is the label's number in
// the card, whose names go into the mask. A 2-D network labels a stack slice by slice.
//
// Scores of 2-D networks are brought back to the image's grid linearly before the decision. Labels of
// 3-D networks are brought back by the vote of the eight voxels around, weighted linearly, which is
// exact where the grids coincide.
func Run(ctx context.Context, net *models.Network, v *volume.Volume, o Options) (*volume.Mask, error) {
	card := &net.Card
	if card.Task != models.Segment {
		return nil, fmt.Errorf("segment: %s: want a model for task segment, got one for %q", card.Name, card.Task)
	}
	if err := v.Validate(); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	out, err := volume.NewMask(v.Geometry, card.Labels...)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	if card.Input.Dims == 3 || v.Size[2] == 1 {
		if err := one(ctx, net, v, out.Labels); err != nil {
			return nil, err
		}
	} else {
		n := v.Size[0] * v.Size[1]
		for k := range v.Size[2] {
			slice, err := v.Crop([3]int{0, 0, k}, [3]int{v.Size[0], v.Size[1], k + 1})
			if err != nil {
				return nil, fmt.Errorf("segment: %w", err)
			}
			if err := one(ctx, net, slice, out.Labels[k*n:(k+1)*n]); err != nil {
				return nil, fmt.Errorf("slice %d: %w", k, err)
			}
		}
	}
	if o.Raw {
		return out, nil
	}
	return out, post(out, card.Output.Largest, card.Output.FillHoles)
}

// one labels what the network takes at once.
func one(ctx context.Context, net *models.Network, v *volume.Volume, labels []uint16) error {
	card := &net.Card
	p, err := card.Prepare(ctx, v)
	if err != nil {
		return err
	}
	scores, err := infer(ctx, net, p)
	if err != nil {
		return err
	}
	switch {
	case card.Output.Decode == models.Threshold:
		return scores.threshold(ctx, card, v.Geometry, labels)
	case card.Input.Dims == 2:
		return scores.argmaxLinear(ctx, card, v.Geometry, labels)
	default:
		return scores.argmaxVote(ctx, card, v.Geometry, labels)
	}
}

// scores is the output of a network on its own grid, cut to what shows the image.
type scores struct {
	*volume.Volume
	lo, hi [3]int
}

func newScores(card *models.Card, p *models.Prepared, t *tensor.Tensor) (*scores, error) {
	dims, shape := card.Input.Dims, t.Shape()
	if len(shape) != dims+2 || shape[0] != 1 {
		return nil, fmt.Errorf("segment: %s: output: want shape [1, classes and %d sizes], got %v", card.Name, dims, shape)
	}
	size := [3]int{1, 1, 1}
	for n := range dims {
		size[n] = shape[len(shape)-1-n]
		if size[n] < 1 {
			return nil, fmt.Errorf("segment: %s: output: want sizes of 1 or more, got %v", card.Name, shape)
		}
	}
	s := &scores{lo: p.Lo, hi: p.Hi}
	g := p.Image.Geometry
	if size != g.Size { // a coarser or finer map over the same field
		for n := range 3 {
			f := float64(size[n]) / float64(g.Size[n])
			s.lo[n] = min(int(math.Floor(float64(p.Lo[n])*f+1e-9)), size[n]-1)
			s.hi[n] = min(max(int(math.Ceil(float64(p.Hi[n])*f-1e-9)), s.lo[n]+1), size[n])
		}
		g = g.Resized(size)
	}
	s.Volume = &volume.Volume{Geometry: g, Channels: shape[1], Data: t.Float32()}
	return s, nil
}

// channel is one channel cut to the image, on its own grid.
func (s *scores) channel(c int) (*volume.Volume, error) {
	one := &volume.Volume{Geometry: s.Geometry, Channels: 1, Data: s.Channel(c)}
	if s.lo == [3]int{} && s.hi == s.Size {
		return one, nil
	}
	return one.Crop(s.lo, s.hi)
}

func (s *scores) classes(card *models.Card) error {
	if s.Channels != len(card.Labels) {
		return fmt.Errorf("segment: %s: output: want %d classes as the card has labels, got %d", card.Name, len(card.Labels), s.Channels)
	}
	return nil
}

func (s *scores) threshold(ctx context.Context, card *models.Card, target volume.Geometry, labels []uint16) error {
	if c := card.Output.Channel; c < 0 || c >= s.Channels {
		return fmt.Errorf("segment: %s: output: want channel %d, got %d channels", card.Name, c, s.Channels)
	}
	s.Data = slices.Clone(s.Data)
	card.Output.Activation.Activate(s.Data, s.Channels)
	one, err := s.channel(card.Output.Channel)
	if err != nil {
		return err
	}
	back, err := resample.Volume(ctx, one, target, nil, resample.Linear, float32(math.NaN()))
	if err != nil {
		return err
	}
	level := float32(card.Output.OperatingPoint)
	for i, x := range back.Data {
		if x > level && !card.Output.Invert || x < level && card.Output.Invert {
			labels[i] = 1
		}
	}
	return nil
}

// argmaxLinear brings channel after channel to the target, so that only two of them are held.
func (s *scores) argmaxLinear(ctx context.Context, card *models.Card, target volume.Geometry, labels []uint16) error {
	if err := s.classes(card); err != nil {
		return err
	}
	var best []float32
	for c := range s.Channels {
		one, err := s.channel(c)
		if err != nil {
			return err
		}
		back, err := resample.Volume(ctx, one, target, nil, resample.Linear, float32(math.NaN()))
		if err != nil {
			return err
		}
		if best == nil {
			best = back.Data
			continue
		}
		for i, x := range back.Data {
			if x > best[i] {
				best[i], labels[i] = x, uint16(c)
			}
		}
	}
	return nil
}

func (s *scores) argmaxVote(ctx context.Context, card *models.Card, target volume.Geometry, labels []uint16) error {
	if err := s.classes(card); err != nil {
		return err
	}
	n := s.Voxels()
	m := &volume.Mask{Geometry: s.Geometry, Labels: make([]uint16, n)}
	best := append([]float32(nil), s.Channel(0)...)
	for c := 1; c < s.Channels; c++ {
		for i, x := range s.Channel(c) {
			if x > best[i] {
				best[i], m.Labels[i] = x, uint16(c)
			}
		}
	}
	s.Volume, best = nil, nil
	cut, err := m.Crop(s.lo, s.hi)
	if err != nil {
		return err
	}
	return vote(ctx, cut, target, labels)
}
