// Package seg reads DICOM Segmentation and Label Map Segmentation objects (PS3.3 A.51, C.8.20) into masks.
package seg

import (
	"context"
	"math"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

const where = "dicom: segmentation"

// SOP classes that Read takes.
const (
	Class         = "1.2.840.10008.5.1.4.1.1.66.4"
	ClassLabelMap = "1.2.840.10008.5.1.4.1.1.66.7"
)

// Segment says what a label stands for.
type Segment struct {
	Number   int
	Label    string
	Category study.Concept
	Type     study.Concept
}

// Segmentation is a mask with what its labels stand for. Labels are segment numbers.
type Segmentation struct {
	Mask     *volume.Mask
	Segments []Segment
	Issues   []study.Issue
}

// Read puts all segments into one mask. The frames may leave slices out: those are empty. A fractional
// segment counts from half its maximum on. Where segments overlap, the later one is kept and an issue says so.
func Read(ctx context.Context, f *dicom.File) (*Segmentation, error) {
	class := f.String(tag.SOPClassUID)
	kind := f.String(tag.SegmentationType)
	if class != Class && class != ClassLabelMap {
		return nil, frame.Errorf(where, "SOPClassUID: want %s or %s, got %q", Class, ClassLabelMap, class)
	}
	if kind != "BINARY" && kind != "FRACTIONAL" && kind != "LABELMAP" {
		return nil, frame.Unsupportedf(where, "SegmentationType: want BINARY, FRACTIONAL or LABELMAP, got %q", kind)
	}
	out := &Segmentation{}
	names := []string{"background"}
	var err error
	if out.Segments, err = segments(f); err != nil {
		return nil, err
	}
	for _, item := range out.Segments {
		for len(names) <= item.Number {
			names = append(names, "")
		}
		names[item.Number] = item.Label
	}
	planes, err := f.Planes()
	if err != nil {
		return nil, err
	}
	g, index, err := grid(f, planes)
	if err != nil {
		return nil, err
	}
	if out.Mask, err = volume.NewMask(g, names...); err != nil {
		return nil, err
	}
	half := 1
	if kind == "FRACTIONAL" {
		n, err := top(f)
		if err != nil {
			return nil, err
		}
		half = (n + 1) / 2
	}
	info, err := f.FrameInfo()
	if err != nil {
		return nil, err
	}
	var of []int
	if kind != "LABELMAP" {
		if of, err = frameSegments(f, len(planes)); err != nil {
			return nil, err
		}
	}
	overlap := 0
	err = f.EachFrame(ctx, func(n int, raw []byte) error {
		if n >= len(planes) {
			return nil
		}
		segment := 0
		if of != nil {
			segment = of[n]
		}
		labels := out.Mask.Labels[index[n]*g.Size[0]*g.Size[1]:][:g.Size[0]*g.Size[1]]
		for i := range labels {
			v := int(raw[i*info.BytesPerSample()])
			if info.BytesPerSample() > 1 {
				v |= int(raw[i*info.BytesPerSample()+1]) << 8
			}
			switch {
			case kind == "LABELMAP":
				labels[i] = uint16(v)
			case v >= half:
				if labels[i] != 0 && labels[i] != uint16(segment) {
					overlap++
				}
				labels[i] = uint16(segment)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if overlap > 0 {
		out.Issues = append(out.Issues, study.Issue{Code: "overlapping-segments", Severity: study.Warning, Where: "segmentation", Text: "segments overlap; where they do, the later one is kept"})
	}
	return out, nil
}

// segments reads SegmentSequence.
func segments(f *dicom.File) ([]Segment, error) {
	var out []Segment
	for _, item := range f.Items(tag.SegmentSequence) {
		n, ok := item.Int(tag.SegmentNumber)
		if !ok || n < 0 || n > math.MaxUint16 {
			return nil, frame.Errorf(where, "SegmentNumber: want 0 to %d, got %d", math.MaxUint16, n)
		}
		out = append(out, Segment{Number: n, Label: item.String(tag.SegmentLabel),
			Category: concept(item.Item(tag.SegmentedPropertyCategoryCodeSequence)), Type: concept(item.Item(tag.SegmentedPropertyTypeCodeSequence))})
	}
	return out, nil
}

// frameSegments are the numbers of the segments that n frames belong to.
func frameSegments(f *dicom.File, n int) ([]int, error) {
	per := f.Items(tag.PerFrameFunctionalGroupsSequence)
	shared := f.Item(tag.SharedFunctionalGroupsSequence).Item(tag.SegmentIdentificationSequence)
	out := make([]int, n)
	for i := range out {
		v, ok := 0, false
		if i < len(per) {
			v, ok = per[i].Item(tag.SegmentIdentificationSequence).Int(tag.ReferencedSegmentNumber)
		}
		if !ok {
			v, ok = shared.Int(tag.ReferencedSegmentNumber)
		}
		if !ok || v < 1 || v > math.MaxUint16 {
			return nil, frame.Errorf(where, "frame %d: ReferencedSegmentNumber: want 1 to %d, got none", i, math.MaxUint16)
		}
		out[i] = v
	}
	return out, nil
}

// grid finds the even grid that holds all frames, and the slice of each.
func grid(f *dicom.File, planes []dicom.Plane) (volume.Geometry, []int, error) {
	first := planes[0]
	normal := [3]float64{first.Row[1]*first.Col[2] - first.Row[2]*first.Col[1], first.Row[2]*first.Col[0] - first.Row[0]*first.Col[2], first.Row[0]*first.Col[1] - first.Row[1]*first.Col[0]}
	dist := make([]float64, len(planes))
	for n, p := range planes {
		for i := range 3 {
			dist[n] += normal[i] * (p.Position[i] - first.Position[i])
			if math.Abs(p.Row[i]-first.Row[i]) > 1e-3 || math.Abs(p.Col[i]-first.Col[i]) > 1e-3 {
				return volume.Geometry{}, nil, frame.Unsupportedf(where, "frame %d: want all frames parallel, got another direction", n)
			}
		}
	}
	sorted := slices.Clone(dist)
	slices.Sort(sorted)
	step := 0.0
	for i := 1; i < len(sorted); i++ {
		if d := sorted[i] - sorted[i-1]; d > 1e-3 && (step == 0 || d < step) {
			step = d
		}
	}
	if s := first.SpacingBetween; s > 0 && (step == 0 || math.Abs(step/s-math.Round(step/s)) < 0.01 && math.Round(step/s) >= 1) {
		step = s
	}
	if step == 0 {
		step = first.Thickness
	}
	if step <= 0 {
		step = 1
	}
	index := make([]int, len(planes))
	low, last := sorted[0], 0
	at := 0
	for n, d := range dist {
		k := math.Round((d - low) / step)
		if math.Abs(d-low-k*step) > 0.05*step || k > 1<<16 {
			return volume.Geometry{}, nil, frame.Unsupportedf(where, "frame %d: want slices at steps of %.4g mm, got one off by %.3g mm", n, step, d-low-k*step)
		}
		index[n] = int(k)
		last = max(last, index[n])
		if d == low {
			at = n
		}
	}
	rows, _ := f.Int(tag.Rows)
	columns, _ := f.Int(tag.Columns)
	g := volume.Geometry{Size: [3]int{columns, rows, last + 1}, Origin: planes[at].Position, Axes: [3][3]float64{first.Row, first.Col, normal},
		Spacing: [3]float64{first.SpacingMM[1], first.SpacingMM[0], step}, Frame: f.String(tag.FrameOfReferenceUID)}
	return g, index, g.Validate()
}

func concept(e dicom.Elements) study.Concept {
	return study.Concept{Scheme: e.String(tag.CodingSchemeDesignator), Code: e.String(tag.CodeValue), Meaning: e.String(tag.CodeMeaning)}
}
