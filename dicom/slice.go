package dicom

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// slice is one frame with what its place in a series follows from.
type slice struct {
	file  *File
	frame int
	head  frameHeader

	rows, columns int
	tile          [2]int // where a mosaic's slice lies in its frame, columns first
	part          int    // number of a mosaic's slice, from 1

	placed    bool // pos, row and col are known
	pos       [3]float64
	row, col  [3]float64 // unit directions in which columns and rows count up
	spacingMM [2]float64 // between rows, between columns; 0 where unknown
	thickness float64
	between   float64 // SpacingBetweenSlices

	instance, acquisition, temporal int
	dims                            []int // DimensionIndexValues
	trigger, bvalue                 float64
	clock                           string // AcquisitionDateTime, or date and time
	uid                             string
	dist                            float64 // along the normal
}

// slicesOf lists the frames of an object.
func slicesOf(f *File) []slice {
	heads := f.frameHeaders()
	out := make([]slice, len(heads))
	for n, h := range heads {
		out[n] = newSlice(f, n, h)
	}
	if len(out) == 1 && isMosaic(f) {
		if tiles, ok := mosaic(out[0]); ok {
			return tiles
		}
		out[0].placed = false
	}
	spread(f, out)
	return out
}

func newSlice(f *File, n int, h frameHeader) slice {
	s := slice{file: f, frame: n, head: h, uid: f.String(tag.SOPInstanceUID)}
	s.rows, _ = h.data.Int(tag.Rows)
	s.columns, _ = h.data.Int(tag.Columns)
	pos := h.floats(tag.PlanePositionSequence, tag.ImagePositionPatient)
	dir := h.floats(tag.PlaneOrientationSequence, tag.ImageOrientationPatient)
	if pos == nil && dir == nil {
		// Enhanced ultrasound has a frame of reference of its own volume (PS3.3 C.7.6.21.1); nuclear medicine
		// places its volume by the detector.
		pos = h.floats(tag.PlanePositionVolumeSequence, tag.ImagePositionVolume)
		dir = h.floats(tag.PlaneOrientationVolumeSequence, tag.ImageOrientationVolume)
		if detector := h.data.Item(tag.DetectorInformationSequence); detector != nil && pos == nil {
			pos, dir = detector.Floats(tag.ImagePositionPatient), detector.Floats(tag.ImageOrientationPatient)
		}
	}
	if len(pos) == 3 && len(dir) == 6 {
		s.pos = [3]float64(pos)
		row, rowOK := unit([3]float64(dir[:3]))
		col, colOK := unit([3]float64(dir[3:]))
		if d := dot(row, col); rowOK && colOK && math.Abs(d) < 0.05 {
			// Written with few digits, the directions are not quite square: make them so.
			for i := range 3 {
				col[i] -= d * row[i]
			}
			s.row = row
			s.col, s.placed = unit(col)
		}
	}
	if v := h.floats(tag.PixelMeasuresSequence, tag.PixelSpacing); len(v) == 2 && v[0] > 0 && v[1] > 0 {
		s.spacingMM = [2]float64{v[0], v[1]}
	}
	s.thickness, _ = h.float(tag.PixelMeasuresSequence, tag.SliceThickness)
	s.between, _ = h.float(tag.PixelMeasuresSequence, tag.SpacingBetweenSlices)
	s.instance, _ = h.data.Int(tag.InstanceNumber)
	s.acquisition, _ = h.data.Int(tag.AcquisitionNumber)
	content := h.macro(tag.FrameContentSequence)
	s.temporal, _ = h.data.Int(tag.TemporalPositionIdentifier)
	if v, ok := content.Int(tag.TemporalPositionIndex); ok {
		s.temporal = v
	}
	if v, ok := content.Int(tag.FrameAcquisitionNumber); ok {
		s.acquisition = v
	}
	s.dims = content.Ints(tag.DimensionIndexValues)
	s.trigger, _ = h.float(tag.CardiacSynchronizationSequence, tag.NominalCardiacTriggerDelayTime)
	if v, ok := h.data.Float(tag.TriggerTime); ok && s.trigger == 0 {
		s.trigger = v
	}
	s.bvalue, _ = h.float(tag.MRDiffusionSequence, tag.DiffusionBValue)
	s.clock = content.String(tag.FrameAcquisitionDateTime)
	if s.clock == "" {
		s.clock = h.data.String(tag.AcquisitionDateTime)
	}
	if s.clock == "" {
		s.clock = h.data.String(tag.AcquisitionDate) + h.data.String(tag.AcquisitionTime)
	}
	return s
}

// spread places the frames of a classic multi-frame object that gives one position for all: nuclear
// medicine by SpacingBetweenSlices along the normal, RT dose by GridFrameOffsetVector.
func spread(f *File, s []slice) {
	if len(s) < 2 || !s[0].placed || f.Has(tag.PerFrameFunctionalGroupsSequence) {
		return
	}
	normal := cross(s[0].row, s[0].col)
	offsets := f.Floats(tag.GridFrameOffsetVector)
	pointer, _ := f.Int(tag.FrameIncrementPointer)
	switch {
	case len(offsets) >= len(s):
		for n := range s {
			d := offsets[n]
			if offsets[0] != 0 { // the absolute form, along the patient's z
				d = (offsets[n] - offsets[0]) * math.Copysign(1, normal[2])
			}
			for i := range 3 {
				s[n].pos[i] += d * normal[i]
			}
		}
	case len(f.Ints(tag.SliceVector)) == len(s) && s[0].step() > 0 && tomographic(f):
		// Frames are numbered along the slices, and may repeat them in time (PS3.3 C.8.4.8).
		vectors := timeVectors(f, len(s))
		for n, k := range f.Ints(tag.SliceVector) {
			for i := range 3 {
				s[n].pos[i] += float64(k-1) * s[0].step() * normal[i]
			}
			s[n].dims = vectors[n]
		}
	case s[0].between != 0 && (pointer == 0x00540080 || pointer == 0 || pointer == 0x00201041):
		for n := range s {
			for i := range 3 {
				s[n].pos[i] += float64(n) * s[0].between * normal[i]
			}
		}
	default:
		for n := range s {
			s[n].placed = false
		}
	}
}

// step is the distance between slices of one object.
func (s *slice) step() float64 {
	if s.between != 0 {
		return math.Abs(s.between)
	}
	return s.thickness
}

// tomographic says whether a nuclear medicine object holds reconstructed slices.
func tomographic(f *File) bool {
	types := f.Strings(tag.ImageType)
	return len(types) > 2 && (types[2] == "RECON TOMO" || types[2] == "RECON GATED TOMO" || types[2] == "DYNAMIC")
}

// timeVectors numbers n frames along the dimensions of nuclear medicine that are not space, slowest last.
func timeVectors(f *File, n int) [][]int {
	out := make([][]int, n)
	for _, t := range []tag.Tag{tag.TimeSliceVector, tag.TimeSlotVector, tag.RRIntervalVector, tag.PhaseVector, tag.RotationVector, tag.DetectorVector, tag.EnergyWindowVector} {
		if v := f.Ints(t); len(v) == n {
			for i := range out {
				out[i] = append(out[i], v[i])
			}
		}
	}
	return out
}

// groupKey holds what all slices of one volume have in common, but for their direction.
func (s *slice) groupKey() string {
	h := s.head
	imageType := h.strings(tag.MRImageFrameTypeSequence, tag.FrameType)
	if item := h.macro(tag.CTImageFrameTypeSequence); item != nil {
		imageType = item.Strings(tag.FrameType)
	}
	if imageType == nil {
		imageType = h.data.Strings(tag.ImageType)
	}
	echo := ""
	if v, ok := h.macro(tag.MREchoSequence).Float(tag.EffectiveEchoTime); ok {
		echo = strconv.FormatFloat(v, 'g', 6, 64)
	} else if v, ok := h.data.Float(tag.EchoTime); ok {
		echo = strconv.FormatFloat(v, 'g', 6, 64)
	}
	number := func(t tag.Tag) string { v, _ := h.data.Int(t); return strconv.Itoa(v) }
	timing, component := "", ""
	if h.data.String(tag.Modality) == "MR" {
		component = h.complexComponent()
		if coil := h.data.privateString(siemensMR, 0x0051, 0x0f); coil != "" {
			component += "/" + coil // images of single coils
		}
		if name := h.data.privateString(geAcquisition, 0x0019, 0x9c); strings.Contains(name, "b0map") {
			// The map in Hz, then as many images of its magnitude.
			if n, ok := h.data.privateFloat(geRelation, 0x0021, 0x4f); ok && n > 0 {
				timing = strconv.FormatBool(float64(s.instance) <= n)
			}
		}
		for _, t := range []tag.Tag{tag.RepetitionTime, tag.FlipAngle} {
			v, _ := h.float(tag.MRTimingAndRelatedParametersSequence, t)
			timing += strconv.FormatFloat(v, 'g', 4, 64) + "/"
		}
	}
	parts := []string{
		h.data.String(tag.StudyInstanceUID), h.data.String(tag.SeriesInstanceUID), number(tag.SeriesNumber), h.data.String(tag.Modality), strings.Join(imageType, `\`),
		component, timing, echo, number(tag.EchoNumbers), number(tag.Rows), number(tag.Columns), number(tag.SamplesPerPixel),
		strconv.FormatFloat(s.spacingMM[0], 'g', 4, 64), strconv.FormatFloat(s.spacingMM[1], 'g', 4, 64),
	}
	return strings.Join(parts, "|")
}

// isLocaliser says whether the image type marks a scout.
func (s *slice) isLocaliser() bool {
	return slices.Contains(s.head.data.Strings(tag.ImageType), "LOCALIZER")
}

func unit(v [3]float64) ([3]float64, bool) {
	n := math.Sqrt(dot(v, v))
	if !(n > 0.5 && n < 2) {
		return v, false
	}
	return [3]float64{v[0] / n, v[1] / n, v[2] / n}, true
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func cross(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}
