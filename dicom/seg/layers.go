package seg

import (
	"context"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/volume"
)

// maxLayers caps the bytes of all layers together.
const maxLayers = 1 << 33

// Layers are the segments each for itself: what a mask can't hold, because they overlap or are fractions.
type Layers struct {
	volume.Geometry
	Segments   []Segment
	Values     [][]byte // of each segment, 0 to Top
	Top        int      // 1, or MaximumFractionalValue
	Fractional string   // SegmentationFractionalType: PROBABILITY or OCCUPANCY, or ""
	Overlap    bool     // segments of a binary object share voxels
}

// ReadLayers reads a binary or fractional segmentation; a label map has no layers.
func ReadLayers(ctx context.Context, f *dicom.File) (*Layers, error) {
	kind := f.String(tag.SegmentationType)
	if f.String(tag.SOPClassUID) != Class || kind != "BINARY" && kind != "FRACTIONAL" {
		return nil, frame.Unsupportedf(where, "SegmentationType: want BINARY or FRACTIONAL, got %q", kind)
	}
	out := &Layers{Top: 1}
	var err error
	if out.Segments, err = segments(f); err != nil {
		return nil, err
	}
	if kind == "FRACTIONAL" {
		out.Fractional = f.String(tag.SegmentationFractionalType)
		if out.Top, err = top(f); err != nil {
			return nil, err
		}
	}
	planes, err := f.Planes()
	if err != nil {
		return nil, err
	}
	var index []int
	if out.Geometry, index, err = grid(f, planes); err != nil {
		return nil, err
	}
	info, err := f.FrameInfo()
	if err != nil {
		return nil, err
	}
	if info.Samples != 1 || info.BytesPerSample() != 1 {
		return nil, frame.Unsupportedf(where, "BitsAllocated: want 1 or 8, got %d", info.BitsAllocated)
	}
	if n := len(out.Segments); n == 0 || out.Voxels() > maxLayers/n {
		return nil, frame.Unsupportedf(where, "want 1 to %d segments of this size, got %d", maxLayers/out.Voxels(), n)
	}
	of := make([]int, len(planes)) // the layer of each frame
	numbers, err := frameSegments(f, len(planes))
	if err != nil {
		return nil, err
	}
	for n, number := range numbers {
		if of[n] = slices.IndexFunc(out.Segments, func(s Segment) bool { return s.Number == number }); of[n] < 0 {
			return nil, frame.Errorf(where, "frame %d: want a segment of SegmentSequence, got %d", n, number)
		}
	}
	out.Values = make([][]byte, len(out.Segments))
	plane := out.Size[0] * out.Size[1]
	err = f.EachFrame(ctx, func(n int, raw []byte) error {
		if n >= len(planes) {
			return nil
		}
		layer := &out.Values[of[n]]
		if *layer == nil {
			*layer = make([]byte, out.Voxels())
		}
		copy((*layer)[index[n]*plane:][:plane], raw)
		return nil
	})
	if err != nil {
		return nil, err
	}
	taken := make([]bool, out.Voxels())
	for n := range out.Values {
		if out.Values[n] == nil {
			out.Values[n] = make([]byte, out.Voxels())
		}
		for i, v := range out.Values[n] {
			if v > 0 {
				out.Overlap = out.Overlap || taken[i]
				taken[i] = true
			}
		}
	}
	return out, nil
}

// top is MaximumFractionalValue.
func top(f *dicom.File) (int, error) {
	n, ok := f.Int(tag.MaximumFractionalValue)
	if !ok || n < 1 || n > 255 {
		return 0, frame.Errorf(where, "MaximumFractionalValue: want 1 to 255, got %d", n)
	}
	return n, nil
}
