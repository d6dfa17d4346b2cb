package phantom

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// Write writes dir/study (the DICOM files of the study and of its prior), dir/truth.json and
// dir/truth_labels.nii.gz. dir is made where it is missing and must be empty.
func (p *Phantom) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("phantom: %w", err)
	}
	if entries, err := os.ReadDir(dir); err != nil {
		return fmt.Errorf("phantom: %w", err)
	} else if len(entries) > 0 {
		return fmt.Errorf("phantom: output %s: want an empty folder, got one with %d entries", dir, len(entries))
	}
	if err := p.writeStudy(dir); err != nil {
		return err
	}
	if err := nifti.Write(filepath.Join(dir, "truth_labels.nii.gz"), p.Labels); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, "truth.json"), p.Truth)
}

// writeStudy writes the DICOM files under dir.
func (p *Phantom) writeStudy(dir string) error {
	for _, e := range p.exams {
		folder := filepath.Join(dir, filepath.FromSlash(e.name))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("phantom: %w", err)
		}
		for i := range e.images {
			data, err := e.images[i].Elements()
			if err != nil {
				return fmt.Errorf("phantom: %w", err)
			}
			if err := dicom.WriteFile(filepath.Join(folder, fmt.Sprintf("im%04d.dcm", i+1)), data); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeJSON(path string, value any) error {
	b, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("phantom: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("phantom: %w", err)
	}
	return nil
}

// slices3D makes the DICOM slices of a volume whose k axis goes through them.
func slices3D(kind string, seed uint64, when time.Time, v *volume.Volume, h habit) exam {
	root := "caliper phantom " + kind + " " + strconv.FormatUint(seed, 10) + " " + when.Format(time.DateOnly)
	base := person(kind, seed, h)
	base.StudyUID, base.SeriesUID, base.FrameOfReferenceUID = dicom.UID(root), dicom.UID(root+" series"), dicom.UID(root+" frame")
	base.When = when
	base.SeriesNumber = 1
	base.Rows, base.Columns, base.BitsStored = v.Size[1], v.Size[0], 16
	base.PixelSpacingMM = [2]float64{v.Spacing[1], v.Spacing[0]}
	base.SliceThicknessMM, base.SliceSpacingMM = v.Spacing[2], v.Spacing[2]
	a := v.Axes
	base.Orientation = &[6]float64{a[0][0], a[0][1], a[0][2], a[1][0], a[1][1], a[1][2]}
	base.ImageType = []string{"DERIVED", "PRIMARY", "AXIAL"}
	if v.Unit == volume.HU {
		slope, intercept := 1.0, 0.0
		base.Class, base.Modality, base.BodyPart = dicom.ClassCT, "CT", "CHEST"
		base.Signed, base.RescaleSlope, base.RescaleIntercept, base.RescaleType = true, &slope, &intercept, "HU"
		base.KVP, base.Kernel = 120, "STANDARD"
		base.WindowCentre, base.WindowWidth = 40, 400
	} else {
		base.Class, base.Modality, base.BodyPart = dicom.ClassMR, "MR", "BRAIN"
		base.FieldTesla, base.EchoTimeMS, base.RepetitionTimeMS, base.FlipDeg = 3, 3, 2300, 9
		base.Protocol, base.ImageType[2] = "T1 MPRAGE", "OTHER"
		base.WindowCentre, base.WindowWidth = 90, 200
	}
	base.StudyDescription, base.SeriesDescription = "Phantom "+kind, "Phantom "+kind
	e := exam{name: "study/" + when.Format("20060102")}
	plane := v.Size[0] * v.Size[1]
	for k := range v.Size[2] {
		im := base
		im.InstanceUID, im.InstanceNumber = dicom.UID(root+" image "+strconv.Itoa(k)), k+1
		at := v.PointLPS([3]float64{0, 0, float64(k)})
		im.PositionMM = &at
		im.Pixels = make([]uint16, plane)
		for i, x := range v.Data[k*plane : (k+1)*plane] {
			im.Pixels[i] = uint16(int16(x))
		}
		e.images = append(e.images, im)
	}
	return e
}
