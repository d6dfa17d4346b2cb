package intake

import (
	"context"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/seg"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// segmented reads a DICOM Segmentation for a NIfTI file: one volume of labels or, where segments are
// fractions or overlap, a volume for each segment. image is nil where the object is of another kind.
func segmented(ctx context.Context, f *dicom.File) (image *nifti.Scaled, segments []seg.Segment, issues []study.Issue, err error) {
	class, kind := f.String(tag.SOPClassUID), f.String(tag.SegmentationType)
	if class != seg.Class && class != seg.ClassLabelMap {
		return nil, nil, nil, nil
	}
	if kind == "BINARY" || kind == "FRACTIONAL" {
		layers, err := seg.ReadLayers(ctx, f)
		if err != nil {
			return nil, nil, nil, err
		}
		if layers.Overlap || kind == "FRACTIONAL" {
			raw := volume.Raw{Geometry: layers.Geometry, DType: volume.Uint8}
			if len(layers.Values) > 1 {
				raw.Shape = append(raw.Shape, len(layers.Values))
			}
			raw.Shape = append(raw.Shape, layers.Size[2], layers.Size[1], layers.Size[0])
			for _, v := range layers.Values {
				raw.Bytes = append(raw.Bytes, v...)
			}
			code, text := "fractional-segments", "segments are fractions: each has a volume of its own, from 0 to 1"
			if kind == "BINARY" {
				code, text = "overlapping-segments", "segments overlap: each has a volume of its own"
			}
			issues = append(issues, study.Issue{Code: code, Severity: study.Warning, Where: "series", Text: text})
			return &nifti.Scaled{Raw: raw, Slope: 1 / float64(layers.Top)}, layers.Segments, issues, nil
		}
	}
	s, err := seg.Read(ctx, f)
	if err != nil {
		return nil, nil, nil, err
	}
	raw := volume.Raw{Geometry: s.Mask.Geometry, DType: volume.Uint8, Shape: []int{s.Mask.Size[2], s.Mask.Size[1], s.Mask.Size[0]}}
	top := uint16(0)
	for _, v := range s.Mask.Labels {
		top = max(top, v)
	}
	if top > 255 {
		raw.DType = volume.Uint16
	}
	for _, v := range s.Mask.Labels {
		raw.Bytes = append(raw.Bytes, byte(v))
		if top > 255 {
			raw.Bytes = append(raw.Bytes, byte(v>>8))
		}
	}
	return &nifti.Scaled{Raw: raw, Slope: 1}, s.Segments, s.Issues, nil
}

// ConvertMask reads a label image or an RT Structure Set onto the grid of a series, laid out as Convert lays
// out the series itself where that is DICOM. Labels of a structure set count its structures from 1.
func ConvertMask(path string, s study.Series) (*volume.Mask, []study.Issue, error) {
	m, issues, ok, err := structureSet(path, s.Geometry)
	if !ok {
		m, err = OpenMaskOn(path, s.Geometry)
	}
	if err != nil || s.Format != "dicom" {
		return m, issues, err
	}
	stack, err := restack(s)
	if err != nil {
		return nil, nil, err
	}
	if stack.Turnable() && s.Channels == 1 {
		m, err = m.Reorient("RAS")
		return m, issues, err
	}
	code := []byte(m.Orientation())
	opposite := map[byte]byte{'L': 'R', 'R': 'L', 'P': 'A', 'A': 'P', 'S': 'I', 'I': 'S'}
	code[1] = opposite[code[1]]
	if stack.Descending() {
		code[2] = opposite[code[2]]
	}
	m, err = m.Reorient(string(code))
	return m, issues, err
}
