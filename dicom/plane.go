package dicom

import (
	"math"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// plane lays out frames that have no place in the patient: each frame is a picture of one slice, and
// several frames follow each other in time. The origin is the centre of the first pixel; the axes
// follow PatientOrientation where it names whole directions, else they are those of the grid.
func (st *Stack) plane(all []slice) {
	for i := range all {
		st.times = append(st.times, all[i:i+1])
	}
	first := all[0]
	g := volume.Identity([3]int{first.columns, first.rows, 1}, [3]float64{1, 1, 1})
	a := &st.Series.Acquisition
	spacing := st.planeSpacing(first)
	g.Spacing = [3]float64{spacing[1], spacing[0], 1}
	if first.thickness > 0 && !st.projection {
		g.Spacing[2] = first.thickness
	}
	if a.SpacingSource == "none" {
		st.issue("no-spacing", study.Warning, "no pixel spacing is given; lengths are in pixels")
	}
	if axes, ok := orientationAxes(first.head.data.Strings(tag.PatientOrientation)); ok {
		g.Axes = axes
	} else if st.projection {
		st.issue("no-patient-orientation", study.Note, "PatientOrientation does not name the directions of rows and columns")
	}
	if a.Monochrome1 {
		st.issue("monochrome1-inverted", study.Note, "MONOCHROME1: values are turned round so that bright stands for dense")
	}
	g.Frame = first.head.data.String(tag.FrameOfReferenceUID)
	st.Series.Geometry = g
}

// planeSpacing finds the distance between rows and between columns, and says where it is from and in
// which plane it holds: PS3.3 10.7.1.
func (st *Stack) planeSpacing(s slice) [2]float64 {
	a := &st.Series.Acquisition
	data := s.head.data
	pair := func(t tag.Tag) ([2]float64, bool) {
		v := data.Floats(t)
		if len(v) != 2 || !(v[0] > 0 && v[1] > 0) {
			return [2]float64{}, false
		}
		return [2]float64{v[0], v[1]}, true
	}
	imager, hasImager := pair(tag.ImagerPixelSpacing)
	if v := s.head.macro(tag.FramePixelDataPropertiesSequence).Floats(tag.ImagerPixelSpacing); len(v) == 2 && v[0] > 0 && v[1] > 0 {
		imager, hasImager = [2]float64(v), true // enhanced XA and XRF (PS3.3 C.8.19.6)
	}
	pixel, hasPixel := s.spacingMM, s.spacingMM[0] > 0
	object := s.head.macro(tag.ProjectionPixelCalibrationSequence).Floats(tag.ObjectPixelSpacingInCenterOfBeam)
	hasObject := len(object) == 2 && object[0] > 0 && object[1] > 0
	if !st.projection {
		switch {
		case hasPixel:
			a.SpacingSource = "PixelSpacing"
			return pixel
		case hasImager:
			a.SpacingSource = "ImagerPixelSpacing"
			return imager
		}
		if v, ok := pair(tag.NominalScannedPixelSpacing); ok {
			a.SpacingSource, a.Plane = "NominalScannedPixelSpacing", "detector"
			return v
		}
		if v, ok := regionSpacing(data); ok {
			a.SpacingSource = "UltrasoundRegions"
			return v
		}
		a.SpacingSource = "none"
		return [2]float64{1, 1}
	}
	a.MagnificationFactor, _ = data.Float(tag.EstimatedRadiographicMagnificationFactor)
	if a.MagnificationFactor < 1 || a.MagnificationFactor > 20 {
		a.MagnificationFactor = 0
		detector, _ := data.Float(tag.DistanceSourceToDetector)
		patient, _ := data.Float(tag.DistanceSourceToPatient)
		if hasImager && patient > 0 && detector > patient && detector/patient < 20 {
			a.MagnificationFactor = detector / patient
			st.issue("magnification-from-distances", study.Note, "the magnification is that of DistanceSourceToDetector and DistanceSourceToPatient")
		}
	}
	calibrated := hasPixel && (data.Has(tag.PixelSpacingCalibrationType) || hasImager && !near(pixel, imager))
	switch {
	case hasObject:
		a.SpacingSource, a.Plane = "ObjectPixelSpacingInCenterOfBeam", "patient"
		return [2]float64(object)
	case calibrated:
		a.SpacingSource, a.Plane = "PixelSpacing", "patient"
		return pixel
	case hasImager && a.MagnificationFactor >= 1:
		a.SpacingSource, a.Plane = "ImagerPixelSpacing", "patient"
		return [2]float64{imager[0] / a.MagnificationFactor, imager[1] / a.MagnificationFactor}
	case hasImager:
		a.SpacingSource, a.Plane = "ImagerPixelSpacing", "detector"
		return imager
	case hasPixel:
		a.SpacingSource, a.Plane = "PixelSpacing", "detector"
		st.issue("uncalibrated-pixel-spacing", study.Note, "PixelSpacing without ImagerPixelSpacing or a calibration: taken to hold at the detector")
		return pixel
	}
	if v, ok := pair(tag.NominalScannedPixelSpacing); ok {
		a.SpacingSource, a.Plane = "NominalScannedPixelSpacing", "detector"
		return v
	}
	a.SpacingSource = "none"
	return [2]float64{1, 1}
}

func near(a, b [2]float64) bool {
	return math.Abs(a[0]-b[0]) <= 1e-3*b[0] && math.Abs(a[1]-b[1]) <= 1e-3*b[1]
}

// orientationAxes turns PatientOrientation (PS3.3 C.7.6.1.1.1) into axes by its first letters.
func orientationAxes(v []string) (axes [3][3]float64, ok bool) {
	if len(v) != 2 {
		return axes, false
	}
	for n := range 2 {
		switch letter := strings.ToUpper(v[n] + " ")[0]; letter {
		case 'L':
			axes[n] = [3]float64{1, 0, 0}
		case 'R':
			axes[n] = [3]float64{-1, 0, 0}
		case 'P':
			axes[n] = [3]float64{0, 1, 0}
		case 'A':
			axes[n] = [3]float64{0, -1, 0}
		case 'H':
			axes[n] = [3]float64{0, 0, 1}
		case 'F':
			axes[n] = [3]float64{0, 0, -1}
		default:
			return axes, false
		}
	}
	axes[2] = cross(axes[0], axes[1])
	return axes, dot(axes[0], axes[1]) == 0
}

// regionSpacing is the spacing of an ultrasound picture whose two-dimensional regions all have the
// same one, in cm: PS3.3 C.8.5.5.
func regionSpacing(data Elements) ([2]float64, bool) {
	var out [2]float64
	found := false
	for _, item := range data.Items(tag.SequenceOfUltrasoundRegions) {
		format, _ := item.Int(tag.RegionSpatialFormat)
		if format != 1 { // not two-dimensional
			continue
		}
		ux, _ := item.Int(tag.PhysicalUnitsXDirection)
		uy, _ := item.Int(tag.PhysicalUnitsYDirection)
		dx, _ := item.Float(tag.PhysicalDeltaX)
		dy, _ := item.Float(tag.PhysicalDeltaY)
		v := [2]float64{10 * math.Abs(dy), 10 * math.Abs(dx)}
		if ux != 3 || uy != 3 || !(v[0] > 0 && v[1] > 0) || found && !near(v, out) {
			return out, false
		}
		out, found = v, true
	}
	return out, found
}
