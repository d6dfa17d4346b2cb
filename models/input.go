package models

import (
	"context"
	"errors"
	"fmt"

	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/preprocess"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/filter"
	"github.com/caliper-imaging/caliper/volume/morph"
	"github.com/caliper-imaging/caliper/volume/resample"
)

// Prepared is an image as a network's input. Image lies on the tensor's grid, so that its geometry maps
// results back to the patient and to the source; Lo and Hi bound the voxels that show the source, the
// rest is padding.
type Prepared struct {
	Image  *volume.Volume
	Lo, Hi [3]int
	dims   int
}

// Tensor is the image as [1, channels, H, W] or [1, channels, D, H, W]; it shares the memory.
func (p *Prepared) Tensor() *tensor.Tensor { return Tensor(p.Image, p.dims) }

// Tensor is an image as [1, channels, H, W] (dims 2) or [1, channels, D, H, W] (dims 3); it shares the memory.
func Tensor(v *volume.Volume, dims int) *tensor.Tensor {
	shape := []int{1, v.Channels, v.Size[1], v.Size[0]}
	if dims == 3 {
		shape = []int{1, v.Channels, v.Size[2], v.Size[1], v.Size[0]}
	}
	return tensor.FromFloat32(shape, v.Data)
}

// Prepare brings an image into the form that the card asks for: channels, normalisation over the whole
// grid, orientation, spacing, crop, size, padding. A 2-D network takes an image of one slice.
func (c *Card) Prepare(ctx context.Context, v *volume.Volume) (*Prepared, error) {
	in := c.Input
	fail := func(err error) (*Prepared, error) { return nil, fmt.Errorf("models: %s: input: %w", c.Name, err) }
	switch {
	case in.Dims == 2 && v.Size[2] != 1:
		return fail(fmt.Errorf("want an image of one slice, got %d", v.Size[2]))
	case in.Dims == 3 && v.Size[2] == 1:
		return fail(fmt.Errorf("want a 3-D image, got one slice"))
	case in.Dims != 2 && in.Dims != 3:
		return fail(fmt.Errorf("want a model that takes images, got one of task %s", c.Task))
	}
	if least := min(v.Size[0], v.Size[1]); least < in.MinSize {
		return fail(fmt.Errorf("want at least %d pixels a side, got %d × %d", in.MinSize, v.Size[0], v.Size[1]))
	}
	v, err := withChannels(v, min(in.Channels, v.Channels))
	if err != nil {
		return fail(err)
	}
	if v, err = preprocess.Apply(ctx, v, in.Normalise); err != nil {
		return fail(err)
	}
	if v, err = finite(v); err != nil {
		return fail(err)
	}
	if v, err = withChannels(v, in.Channels); err != nil {
		return fail(err)
	}
	if in.Dims == 3 {
		v, err = in.conform(ctx, v)
	} else if in.Crop != nil {
		v, err = cropTo(v, *in.Crop)
	}
	if err != nil {
		return fail(err)
	}
	p, err := in.fit(ctx, v)
	if err != nil {
		return fail(err)
	}
	if n := p.Image.Voxels(); in.Tile == nil && n > maxVoxels {
		return fail(fmt.Errorf("want at most %d voxels at once, got %v = %d; crop the image", maxVoxels, p.Image.Size, n))
	}
	return p, nil
}

// maxVoxels bounds what a network without tiles is given: twice a head of 256³.
const maxVoxels = 1 << 25

// maxRespaced bounds a grid that is resampled before it is cropped.
const maxRespaced = 1 << 28

// finite sets values that are no number or infinite to the smallest finite one.
func finite(v *volume.Volume) (*volume.Volume, error) {
	copied := false
	var lo float32
	for i, x := range v.Data {
		if x-x == 0 {
			continue
		}
		if !copied {
			var ok bool
			if lo, _, ok = v.Range(); !ok {
				return nil, errors.New("want finite values, got none")
			}
			v, copied = v.Clone(), true
		}
		v.Data[i] = lo
	}
	return v, nil
}

func (in Input) conform(ctx context.Context, v *volume.Volume) (*volume.Volume, error) {
	var steps []preprocess.Step
	if in.Axes != "" {
		steps = append(steps, preprocess.Step{Name: "orient", Options: map[string]string{"axes": preprocess.ArrayOrientation(in.Axes)}})
	}
	if in.SpacingMM > 0 {
		if n := fieldVoxels(v.Geometry, in.SpacingMM); n > maxRespaced {
			return nil, fmt.Errorf("want a field of view of at most %d voxels of %g mm, got about %.3g", maxRespaced, in.SpacingMM, n)
		}
		steps = append(steps, preprocess.Step{Name: "resample", Options: map[string]string{"spacing": fmt.Sprint(in.SpacingMM)}})
	}
	v, err := preprocess.Apply(ctx, v, steps)
	if err != nil || in.Crop == nil {
		return v, err
	}
	return cropTo(v, *in.Crop)
}

// fieldVoxels is about how many voxels of a spacing in mm the field of view takes.
func fieldVoxels(g volume.Geometry, spacingMM float64) float64 {
	n := 1.0
	for k := range 3 {
		n *= max(1, float64(g.Size[k])*g.Spacing[k]/spacingMM)
	}
	return n
}

// fit gives the image the size of the tensor.
func (in Input) fit(ctx context.Context, v *volume.Volume) (*Prepared, error) {
	p := &Prepared{Image: v, Hi: v.Size, dims: in.Dims}
	var err error
	switch {
	case len(in.Size) == 3:
		size := [3]int{in.Size[2], in.Size[1], in.Size[0]}
		if in.Interp == preprocess.Bilinear {
			p.Image, err = resample.Volume(ctx, v, v.Resized(size), nil, resample.Linear, 0)
		} else {
			p.Image, err = resample.Area(ctx, v, size)
		}
		p.Hi = size
	case len(in.Size) == 2 && in.Resize == Stretch:
		p.Image, err = preprocess.Resize(v, in.Size[1], in.Size[0], in.Interp)
		p.Hi = [3]int{in.Size[1], in.Size[0], 1}
	case len(in.Size) == 2:
		var fit preprocess.Fit
		p.Image, fit, err = preprocess.Letterbox(v, in.Size[1], in.Size[0], in.Interp, float32(in.Pad))
		p.Lo = [3]int{int(fit.Offset[0]), int(fit.Offset[1]), 0}
		p.Hi = [3]int{p.Lo[0] + fit.Inner[0], p.Lo[1] + fit.Inner[1], 1}
	case in.ShortSide > 0:
		scale := float64(in.ShortSide) / float64(min(v.Size[0], v.Size[1]))
		w, h := int(float64(v.Size[0])*scale+0.5), int(float64(v.Size[1])*scale+0.5)
		if w > 1<<14 || h > 1<<14 {
			return nil, fmt.Errorf("want an aspect that gives at most %d pixels, got %d × %d", 1<<14, w, h)
		}
		p.Image, err = preprocess.Resize(v, w, h, in.Interp)
		p.Hi = [3]int{w, h, 1}
	}
	if err != nil || in.Multiple < 2 {
		return p, err
	}
	hi := p.Image.Size
	for n := range in.Dims {
		hi[n] = (hi[n] + in.Multiple - 1) / in.Multiple * in.Multiple
	}
	if hi != p.Image.Size {
		p.Image, err = p.Image.Window([3]int{}, hi, float32(in.Pad))
	}
	return p, err
}

func withChannels(v *volume.Volume, channels int) (*volume.Volume, error) {
	if v.Channels == channels {
		return v, nil
	}
	if channels == 1 {
		return preprocess.Grey(v)
	}
	if v.Channels != 1 {
		return nil, fmt.Errorf("want %d channels, got %d", channels, v.Channels)
	}
	out, err := volume.New(v.Geometry, channels, v.Unit)
	if err != nil {
		return nil, err
	}
	for c := range channels {
		copy(out.Channel(c), v.Data)
	}
	return out, nil
}

// cropTo cuts out the box of what the crop names, with its margin; where nothing stands out the image
// stays whole.
func cropTo(v *volume.Volume, c Crop) (*volume.Volume, error) {
	bright, err := foreground(v, c.Of)
	if err != nil || bright == nil {
		return v, err
	}
	m := volume.Mask{Geometry: v.Geometry, Labels: make([]uint16, len(bright))}
	for i, on := range bright {
		if on {
			m.Labels[i] = 1
		}
	}
	lo, hi, ok := m.Bounds(nil)
	if !ok {
		return v, nil
	}
	for n := range 3 {
		lo[n], hi[n] = max(lo[n]-c.Margin, 0), min(hi[n]+c.Margin, v.Size[n])
	}
	if lo == [3]int{} && hi == v.Size {
		return v, nil
	}
	return v.Crop(lo, hi)
}

// foreground is nil where nothing stands out.
func foreground(v *volume.Volume, of string) ([]bool, error) {
	lo, hi, ok := v.Range()
	if !ok || lo == hi {
		return nil, nil
	}
	level := lo
	switch of {
	case "head": // half way to Otsu's threshold: scalp and neck stay
		t, ok := filter.Otsu(v.Channel(0))
		if !ok {
			return nil, nil
		}
		level = lo + (t-lo)/2
	case "field":
		level = lo + (hi-lo)/12
	}
	bright := make([]bool, v.Voxels())
	for c := range v.Channels {
		for i, x := range v.Channel(c) {
			bright[i] = bright[i] || x > level
		}
	}
	if of == "nonzero" {
		return bright, nil
	}
	return morph.Largest(bright, v.Size, 6)
}
