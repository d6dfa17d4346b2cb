package intake

import (
	"context"
	"fmt"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/rt"
	"github.com/caliper-imaging/caliper/dicom/seg"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// dicomMask reads a DICOM Segmentation; its labels are the segment numbers.
func dicomMask(path string) (*volume.Mask, error) {
	f, err := dicom.OpenFile(path)
	if err != nil {
		return nil, err
	}
	if f.String(tag.SOPClassUID) == rt.Class {
		return nil, volume.Unsupported("intake: mask: want the image that the structure set belongs to, got the structure set alone")
	}
	s, err := seg.Read(context.Background(), f)
	if err != nil {
		return nil, err
	}
	return s.Mask, nil
}

// structureSet fills the contours of an RT Structure Set on an image's grid; ok is false where the
// file is none. Labels count the structures from 1.
func structureSet(path string, g volume.Geometry) (m *volume.Mask, issues []study.Issue, ok bool, err error) {
	if name, err := Sniff(path); err != nil || name != "dicom" {
		return nil, nil, false, nil
	}
	f, err := dicom.OpenFile(path)
	if err != nil || f.String(tag.SOPClassUID) != rt.Class {
		return nil, nil, false, nil
	}
	structures, err := rt.Read(f)
	if err != nil {
		return nil, nil, true, err
	}
	for _, s := range structures {
		if g.Frame != "" && s.Frame != "" && s.Frame != g.Frame {
			return nil, nil, true, fmt.Errorf("intake: mask: structure %d: want the image's frame of reference, got another", s.Number)
		}
	}
	m, issues, err = rt.Mask(structures, g)
	return m, issues, true, err
}
