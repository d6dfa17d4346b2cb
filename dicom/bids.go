package dicom

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/volume"
)

// Sidecar gathers what BIDS wants to know of the series; image is the grid that its NIfTI file has.
func (st *Stack) Sidecar(image volume.Geometry) *Sidecar {
	s := &Sidecar{}
	if len(st.times) == 0 {
		return s
	}
	first := slices.MinFunc(st.times[0], byTime)
	l := lookup{frameHeader: first.head, maker: makerOf(first.head.data)}
	if l.maker == otherMaker && strings.HasPrefix(l.str(tag.SoftwareVersions), "syngo MR XA") {
		l.maker = siemens
	}
	mr := st.Series.Modality == "MR"
	if l.maker == siemens && mr {
		l.protocol = first.file.siemensProtocol()
	}
	s.general(l, st.Series.Modality)
	s.imageType(l)
	s.positive("SeriesNumber", l.num(tag.SeriesNumber))
	s.text("AcquisitionTime", acquisitionTime(l, first))
	s.positive("AcquisitionNumber", l.num(tag.AcquisitionNumber))
	s.text("ImageComments", l.str(tag.ImageComments))
	if !st.projection && st.Series.Modality != "CT" { // where it may vary
		s.positive("SliceThickness", first.thickness)
		s.positive("SpacingBetweenSlices", first.between)
	}
	switch {
	case mr:
		s.mr(st, l, image)
	case st.Series.Modality == "PT" || st.Series.Modality == "NM":
		s.pet(st, l)
	case st.Series.Modality == "CT" || st.projection:
		s.positive("ExposureTime", l.num(tag.ExposureTime)/1000)
		s.positive("XRayTubeCurrent", l.num(tag.XRayTubeCurrent))
		s.positive("XRayExposure", l.num(tag.Exposure))
		s.text("ConvolutionKernel", l.str(tag.ConvolutionKernel))
	}
	if times := st.FrameTimes(); times != nil && s.StepS == 0 {
		s.Set("FrameTimesStart", times)
		s.StepS = (times[len(times)-1] - times[0]) / float64(len(times)-1)
	}
	if first.placed {
		dir := first.head.floats(tag.PlaneOrientationSequence, tag.ImageOrientationPatient)
		s.list("ImageOrientationPatientDICOM", dir)
	}
	if mr {
		if l.maker == siemens {
			s.text("ImageOrientationText", l.privateText(siemensMR, 0x0051, 0x0e))
		}
		switch l.phaseLine() {
		case 'C':
			s.Set("InPlanePhaseEncodingDirectionDICOM", "COL")
			s.PhaseAxis = 2
		case 'R':
			s.Set("InPlanePhaseEncodingDirectionDICOM", "ROW")
			s.PhaseAxis = 1
		}
		s.Gradients = st.gradients(l)
	}
	if mr {
		s.Text = fmt.Sprintf("TE=%.2g", l.echoTime())
		if d, ok := timeOfDay(l, first); ok {
			s.Text += fmt.Sprintf(";Time=%02d%02d%09.6f", d/time.Hour, d/time.Minute%60, (d % time.Minute).Seconds())
		}
	}
	return s
}

// general says who made the image, and with what.
func (s *Sidecar) general(l lookup, modality string) {
	s.text("Modality", modality)
	s.positive("MagneticFieldStrength", l.num(tag.MagneticFieldStrength))
	frequency := l.num(tag.ImagingFrequency)
	if v := l.num(tag.TransmitterFrequency); v > 0 {
		frequency = v
	}
	if frequency > 0 && frequency < 9e6 {
		s.Set("ImagingFrequency", exact(frequency))
	}
	maker := l.maker.String()
	if maker == "" {
		maker = l.str(tag.Manufacturer)
	}
	s.text("Manufacturer", maker)
	s.text("ManufacturersModelName", l.str(tag.ManufacturerModelName))
	s.text("InstitutionName", l.str(tag.InstitutionName))
	s.text("InstitutionalDepartmentName", l.str(tag.InstitutionalDepartmentName))
	s.text("InstitutionAddress", l.str(tag.InstitutionAddress))
	s.text("DeviceSerialNumber", l.str(tag.DeviceSerialNumber))
	s.text("StationName", l.str(tag.StationName))
	s.text("BodyPart", l.str(tag.BodyPartExamined))
	s.text("PatientPosition", l.str(tag.PatientPosition))
	s.text("ProcedureStepDescription", l.str(tag.PerformedProcedureStepDescription))
	s.text("SoftwareVersions", l.str(tag.SoftwareVersions))
	kind := l.str(tag.MRAcquisitionType)
	if kind == "2D" || kind == "3D" {
		s.Set("MRAcquisitionType", kind)
	}
	s.text("StudyDescription", l.str(tag.StudyDescription))
	s.text("SeriesDescription", l.str(tag.SeriesDescription))
	protocol := l.str(tag.ProtocolName)
	if protocol == "" {
		protocol = l.str(tag.SeriesDescription)
	}
	s.text("ProtocolName", protocol)
	private := func(low byte) string {
		if l.maker != siemens {
			return ""
		}
		return l.privateText(siemensShared, 0x0021, low)
	}
	either := func(name string, t tag.Tag, low byte) {
		v := l.str(t)
		if v == "" {
			v = private(low)
		}
		s.text(name, v)
	}
	either("ScanningSequence", tag.ScanningSequence, 0x5a)
	either("SequenceVariant", tag.SequenceVariant, 0x5b)
	either("ScanOptions", tag.ScanOptions, 0x5c)
	name := l.str(tag.SequenceName)
	if name == "" {
		name = l.str(tag.PulseSequenceName)
	}
	s.text("SequenceName", name)
	if l.maker == ge {
		s.text("PulseSequenceName", l.privateText(geAcquisition, 0x0019, 0x9c))
		s.text("InternalPulseSequenceName", l.privateText(geAcquisition, 0x0019, 0x9e))
	}
}

// exact is a number with all its digits.
type exact float64

func (e exact) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.10g", float64(e)), nil
}

// imageType is that of the object, with the component of the complex signal at its end.
func (s *Sidecar) imageType(l lookup) {
	types := slices.Clone(l.data.Strings(tag.ImageType))
	if types == nil {
		return
	}
	component := l.complexComponent()
	if l.maker == philips && l.isFieldMap() {
		component = "FIELDMAPHZ"
		s.Set("Units", "Hz")
	}
	if component != "" && !slices.Contains(types, component) {
		types = append(types, component)
	}
	s.Set("ImageType", types)
	text := types
	if l.maker == siemens {
		if v := l.privateText(siemensFrame, 0x0021, 0x75); v != "" {
			text = strings.Split(v, `\`)
			s.Set("ImageTypeText", text)
		}
	}
	switch {
	case slices.Contains(text, "DIS2D") || slices.Contains(text, "DIS3D"):
		s.Set("NonlinearGradientCorrection", true)
	case slices.Contains(text, "ND"):
		s.Set("NonlinearGradientCorrection", false)
	}
	for _, t := range types {
		if strings.Contains(t, "DERIVED") || t == "ADC" || t == "TRACEW" || t == "TRACE" || t == "FA" {
			s.Set("RawImage", false)
			break
		}
	}
}

// isFieldMap says whether Philips' image is a map of the field in Hz.
func (l lookup) isFieldMap() bool {
	for _, e := range l.privateSets() {
		for _, t := range append(e.Strings(tag.ImageType), e.Item(tag.MRImageFrameTypeSequence).Strings(tag.FrameType)...) {
			if t == "FIELD_MAP" || strings.Contains(t, "B0") && strings.Contains(t, "MAP") {
				return true
			}
		}
	}
	return false
}

// acquisitionTime is the time of day of an acquisition as hh:mm:ss.ffffff, to 10 µs as dcm2niix has it; ""
// where it is not known.
func acquisitionTime(l lookup, first slice) string {
	d, ok := timeOfDay(l, first)
	if !ok {
		return ""
	}
	seconds := (d % time.Minute).Seconds()
	return fmt.Sprintf("%02d:%02d:%09.6f", d/time.Hour, d/time.Minute%60, math.Round(seconds*1e5)/1e5)
}

// timeOfDay is when an acquisition began.
func timeOfDay(l lookup, first slice) (d time.Duration, ok bool) {
	text := first.head.data.String(tag.AcquisitionTime)
	if text == "" {
		for _, t := range []tag.Tag{tag.AcquisitionDateTime, tag.FrameAcquisitionDateTime} {
			if v := l.data.String(t); len(v) > 8 {
				text = v[8:]
				break
			}
		}
	}
	if len(text) < 6 {
		return 0, false
	}
	return clock(text), true
}

// phaseLine is 'R' or 'C' for phase encoding along rows or columns, 0 where unknown.
func (l lookup) phaseLine() byte {
	if v := l.str(tag.InPlanePhaseEncodingDirection); v != "" && (v[0] == 'R' || v[0] == 'C') {
		return v[0]
	}
	return 0
}

// echoTime is in ms.
func (l lookup) echoTime() float64 {
	if v, ok := l.macro(tag.MREchoSequence).Float(tag.EffectiveEchoTime); ok {
		return v
	}
	return l.num(tag.EchoTime)
}
