package preprocess

import (
	"context"
	"fmt"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
)

// Row is one named step.
type Row struct {
	Name    string
	Doc     string
	Params  []Param
	inPlace bool // changes the values of the image that it is given
	run     func(ctx context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error)
}

// Table lists the steps, sorted by name.
func Table() []Row {
	return []Row{
		{Name: "affine", Doc: "multiply by scale, then add offset", inPlace: true, run: affine, Params: []Param{
			{Name: "scale", Default: "1", Doc: "factor"}, {Name: "offset", Default: "0", Doc: "summand"}}},
		{Name: "clip", Doc: "limit values to lo .. hi", inPlace: true, run: clip, Params: []Param{
			{Name: "lo", Doc: "lowest value"}, {Name: "hi", Doc: "highest value"}}},
		{Name: "conform", Doc: "turn to an orientation and resample to an isotropic spacing (linear), same field of view", run: conform, Params: []Param{
			{Name: "axes", Default: "LIA", Doc: "directions in which the array's first, second and third index grow, as nibabel's axis codes", kind: word},
			{Name: "spacing", Default: "1", Doc: "mm"}}},
		{Name: "crop", Doc: "cut out a box of voxels", run: cropBox, Params: []Param{
			{Name: "lo", Doc: "first voxel i/j/k", kind: wholes}, {Name: "hi", Doc: "one past the last voxel i/j/k", kind: wholes}}},
		{Name: "grey", Doc: "one channel from three by the luma of Rec. 601", run: grey},
		{Name: "invert", Doc: "turn bright and dark within the image's own range (MONOCHROME1)", inPlace: true, run: invert},
		{Name: "letterbox", Doc: "resize slices to fit width/height with the aspect kept, pad around", run: letterboxStep, Params: []Param{
			{Name: "size", Doc: "width/height in pixels", kind: wholes}, {Name: "pad", Default: "0", Doc: "value around"},
			{Name: "interp", Default: "auto", Doc: "auto, area, bilinear, triangle or nearest", kind: word}}},
		{Name: "max", Doc: "divide by the largest value", inPlace: true, run: divideMax},
		{Name: "minmax", Doc: "map the image's own range to lo .. hi; an image of one value becomes lo", inPlace: true, run: minmax, Params: []Param{
			{Name: "lo", Default: "0", Doc: "value of the smallest"}, {Name: "hi", Default: "1", Doc: "value of the largest"}}},
		{Name: "orient", Doc: "reorder and flip axes without resampling", run: orient, Params: []Param{
			{Name: "axes", Doc: "directions in which i, j and k grow, such as LPS", kind: word}}},
		{Name: "pad", Doc: "add voxels around", run: padBox, Params: []Param{
			{Name: "lo", Default: "0/0/0", Doc: "voxels before i/j/k", kind: wholes}, {Name: "hi", Default: "0/0/0", Doc: "voxels after i/j/k", kind: wholes},
			{Name: "value", Default: "0", Doc: "value of the new voxels"}}},
		{Name: "percentiles", Doc: "limit values to two percentiles of the image", inPlace: true, run: percentiles, Params: []Param{
			{Name: "lo", Default: "0.5", Doc: "percent"}, {Name: "hi", Default: "99.5", Doc: "percent"}}},
		{Name: "quantiles", Doc: "map two quantiles of the image to 0 and 1; refuses an image where they are equal", inPlace: true, run: quantiles, Params: []Param{
			{Name: "lo", Default: "0.05", Doc: "fraction"}, {Name: "hi", Default: "0.95", Doc: "fraction"},
			{Name: "clip", Default: "false", Doc: "limit to 0 .. 1", kind: flag}}},
		{Name: "resample", Doc: "resample to a spacing (linear), same field of view", run: resampleStep, Params: []Param{
			{Name: "spacing", Default: "1", Doc: "mm, one number or i/j/k", kind: numbers}}},
		{Name: "rescale", Doc: "map lo .. hi to 0 .. 1", inPlace: true, run: rescale, Params: []Param{
			{Name: "lo", Doc: "value that becomes 0"}, {Name: "hi", Doc: "value that becomes 1"},
			{Name: "clip", Default: "false", Doc: "limit to 0 .. 1", kind: flag}}},
		{Name: "resize", Doc: "resize slices to width/height", run: resizeStep, Params: []Param{
			{Name: "size", Doc: "width/height in pixels", kind: wholes},
			{Name: "interp", Default: "auto", Doc: "auto (area where it shrinks, else bilinear), area, bilinear, triangle or nearest", kind: word}}},
		{Name: "window", Doc: "DICOM linear window (PS3.3 C.11.2.1.2.1) to 0 .. 1", inPlace: true, run: windowStep, Params: []Param{
			{Name: "centre", Doc: "centre"}, {Name: "width", Doc: "width"}}},
		{Name: "zscore", Doc: "subtract the mean and divide by the standard deviation of all values", inPlace: true, run: zscore, Params: []Param{
			{Name: "foreground", Default: "false", Doc: "take mean and deviation over values above 0 only", kind: flag}}},
	}
}

func find(name string) (Row, error) {
	var names []string
	for _, r := range Table() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Row{}, fmt.Errorf("preprocess: unknown step %q, want one of %s", name, strings.Join(names, ", "))
}

// values parses the options over the defaults; an option without a default must be given.
func (r Row) values(options map[string]string) (map[string]value, error) {
	out := make(map[string]value, len(r.Params))
	for _, p := range r.Params {
		text, ok := options[p.Name]
		if !ok {
			if p.Default == "" {
				return nil, fmt.Errorf("preprocess: %s: option %s: want a value, got none", r.Name, p.Name)
			}
			text = p.Default
		}
		v, err := p.parse(text)
		if err != nil {
			return nil, fmt.Errorf("preprocess: %s: %w", r.Name, err)
		}
		out[p.Name] = v
	}
	for key := range options {
		if _, ok := out[key]; !ok {
			return nil, fmt.Errorf("preprocess: %s: unknown option %q, want one of %s", r.Name, key, r.paramNames())
		}
	}
	return out, nil
}

func (r Row) paramNames() string {
	if len(r.Params) == 0 {
		return "none"
	}
	names := make([]string, len(r.Params))
	for i, p := range r.Params {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
