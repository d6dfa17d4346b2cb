package dicom

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/volume"
)

// mr puts the fields of magnetic resonance.
func (s *Sidecar) mr(st *Stack, l lookup, image volume.Geometry) {
	if l.maker == philips {
		s.philipsScale(l)
	}
	s.positive("SAR", l.num(tag.SAR))
	s.list("TablePosition", l.tablePosition())
	if v := l.num(tag.NumberOfAverages); v > 1 {
		s.Set("NumberOfAverages", v)
	}
	if v := st.Series.Acquisition.EchoNumber; v > 0 {
		s.Set("EchoNumber", v)
	} else if v := l.echoNumber(); v > 0 {
		s.Set("EchoNumber", v)
	}
	s.positive("EchoTime", l.echoTime()/1000)
	tr := l.num(tag.RepetitionTime) / 1000
	timing, tr := st.sliceTiming(l, tr)
	s.StepS = tr
	s.positive("RepetitionTime", tr)
	switch l.str(tag.MagnetizationTransfer) {
	case "NONE":
		s.Set("MTState", false)
	case "ON_RESONANCE", "OFF_RESONANCE":
		s.Set("MTState", true)
	default:
		if l.number("sPrepPulses.ucMTC") == 1 {
			s.Set("MTState", true)
		}
	}
	s.spoiling(l)
	inversion := l.num(tag.InversionTime)
	if v := l.floats(tag.InversionTimes); len(v) > 0 && inversion == 0 {
		inversion = v[0]
	}
	s.positive("InversionTime", inversion/1000)
	s.positive("FlipAngle", l.num(tag.FlipAngle))
	if l.str(tag.VariableFlipAngleFlag) == "Y" {
		s.Set("VariableFlipAngleFlag", true)
	}
	e := l.encoding(image)
	switch l.maker {
	case siemens:
		s.siemens(l, &e)
	case ge:
		s.text("CoilString", l.str(tag.ReceiveCoilName))
		s.ge(l)
	case philips, toshiba, canon, hitachi:
		s.text("CoilString", l.str(tag.ReceiveCoilName))
	case uih:
		s.text("CoilString", l.str(tag.ReceiveCoilName))
		s.text("PhaseEncodingDirectionDisplayed", l.privateText(uihCreator, 0x0065, 0x05))
	}
	multiband := multibandOf(l)
	if n := together(timing); multiband == 1 && n > 1 && l.maker == siemens {
		multiband = n
	}
	if multiband > 1 {
		s.Set("MultibandAccelerationFactor", multiband)
	}
	kind, _ := s.Field("ScanningSequence").(string)
	s.text("PulseSequenceType", pulseSequence(strings.Split(kind, `\`), multiband))
	s.encode(l, e)
	s.phase(l)
	s.list("SliceTiming", timing)
}

// pulseSequence names the kind of sequence that ScanningSequence tells: echo-planar, spin or gradient echo.
func pulseSequence(kinds []string, multiband int) string {
	echo := "Gradient Echo"
	if slices.Contains(kinds, "SE") {
		echo = "Spin Echo"
	}
	switch {
	case slices.Contains(kinds, "EP") && multiband > 1:
		return "Multiband " + echo + " EPI"
	case slices.Contains(kinds, "EP"):
		return echo + " EPI"
	case slices.Equal(kinds, []string{"SE"}) || slices.Equal(kinds, []string{"GR"}):
		return echo
	}
	return ""
}

// together counts the slices that are excited with the first.
func together(timing []float64) int {
	n := 0
	for _, t := range timing {
		if t == 0 {
			n++
		}
	}
	if n == len(timing) {
		return 0
	}
	return n
}

// philipsScale tells both scales of Philips: that for display, and that which is the same throughout an
// examination.
func (s *Sidecar) philipsScale(l lookup) {
	scale := l.philipsScale()
	if rw := l.macro(tag.RealWorldValueMappingSequence); rw != nil {
		if v, ok := rw.Float(tag.RealWorldValueSlope); ok && v > 0 && v < 1e38 {
			s.Set("PhilipsRWVSlope", v)
			inter, _ := rw.Float(tag.RealWorldValueIntercept)
			s.Set("PhilipsRWVIntercept", inter)
		}
	}
	if scale > 0 {
		s.Set("PhilipsRescaleSlope", l.num(tag.RescaleSlope))
		s.Set("PhilipsRescaleIntercept", l.num(tag.RescaleIntercept))
		s.Set("PhilipsScaleSlope", scale)
		s.Set("UsePhilipsFloatNotDisplayScaling", 1)
	}
}

func (l lookup) tablePosition() []float64 {
	switch l.maker {
	case siemens:
		v := l.private(siemensMR, 0x0019, 0x14)
		if v == nil {
			v = l.private(siemensShared, 0x0021, 0x05)
		}
		if len(v) == 3 {
			return []float64{v[0], v[1], -v[2]}
		}
	case philips:
		for _, e := range l.privateSets() {
			if t, ok := e.Private(philipsImaging, 0x2001, 0x5f); ok {
				if v, ok := e.Item(t).privateFloat(philipsMR5, 0x2005, 0x3c); ok {
					return []float64{0, 0, -v}
				}
			}
		}
	case ge:
		if v := strings.Split(l.privateText(geParameters, 0x0043, 0xb2), `\`); len(v) > 2 {
			if z, err := strconv.ParseFloat(strings.TrimSpace(v[2]), 64); err == nil {
				return []float64{0, 0, z - l.privateNum(geAcquisition, 0x0019, 0x7f)}
			}
		}
	}
	return nil
}

// echoNumber is given where a series has several echoes, else 0.
func (l lookup) echoNumber() int {
	n := int(l.num(tag.EchoNumbers))
	if n > 1 {
		return n
	}
	if v, ok := l.data.privateFloat(philipsImaging, 0x2001, 0x14); ok && v > 1 {
		return n
	}
	return 0
}

func (s *Sidecar) spoiling(l lookup) {
	kind := l.str(tag.Spoiling)
	switch {
	case strings.Contains(kind, "RF") && strings.Contains(kind, "GRADIENT"):
		s.Set("SpoilingState", true)
		s.Set("SpoilingType", "COMBINED")
	case strings.Contains(kind, "RF"):
		s.Set("SpoilingState", true)
		s.Set("SpoilingType", "RF")
	case strings.Contains(kind, "GRADIENT"):
		s.Set("SpoilingState", true)
		s.Set("SpoilingType", "GRADIENT")
	case strings.Contains(kind, "NONE"):
		s.Set("SpoilingState", false)
	case slices.Contains(strings.Split(l.str(tag.SequenceVariant), `\`), "SP"):
		s.Set("SpoilingState", true)
	}
}

// encoding is how the plane was sampled.
type encoding2D struct {
	lines        int // acquired along phase
	recon        int // of the image along phase
	steps        int
	bandwidth    float64 // of a pixel along phase, Hz
	acceleration float64 // in plane
	through      float64
	oversampling float64
	train        float64
}

func (l lookup) encoding(image volume.Geometry) encoding2D {
	var e encoding2D
	if v := l.one(tag.AcquisitionMatrix).Ints(tag.AcquisitionMatrix); len(v) == 4 {
		e.lines = max(v[2], v[3])
		if v[2] > 0 {
			e.lines = v[2]
		}
	}
	e.steps = int(l.num(tag.NumberOfPhaseEncodingSteps))
	if v := int(l.num(tag.MRAcquisitionPhaseEncodingStepsInPlane)); v > 0 {
		e.steps = v
	}
	e.train = l.num(tag.EchoTrainLength)
	switch l.maker {
	case siemens:
		text := l.privateText(siemensMR, 0x0051, 0x11)
		if text == "" {
			text = l.privateText(siemensShared, 0x0021, 0x09)
		}
		if p, ok := strings.CutPrefix(text, "p"); ok {
			p, _, _ = strings.Cut(p, "s")
			e.acceleration, _ = strconv.ParseFloat(strings.TrimSpace(p), 64)
		}
		if v := l.privateNum(siemensMR, 0x0019, 0x28); v > 0 {
			e.bandwidth = v
		} else if v := l.privateNum(siemensFrame, 0x0021, 0x53); v > 0 {
			e.bandwidth = v
		} else if t, ok := l.data.Private(csaCreator, 0x0029, 0x10); ok {
			if v := parseCSA(l.data.Bytes(t)).floats("BandwidthPerPixelPhaseEncode"); len(v) > 0 {
				e.bandwidth = v[0]
			}
		}
	case ge:
		if v := l.private(geParameters, 0x0043, 0x83); len(v) > 0 && v[0] > 0 {
			e.acceleration = 1 / v[0]
			if len(v) > 1 && v[1] > 0 {
				e.through = 1 / v[1]
			}
		}
	case philips:
		if v := l.privateNum(philipsImaging, 0x2001, 0x13); v > 1 && e.train <= 1 {
			e.train = v
		}
	case uih:
		if _, v, ok := strings.Cut(l.privateText(uihCreator, 0x0065, 0x0d), ":"); ok { // "F:2S"
			e.acceleration, _ = strconv.ParseFloat(strings.TrimRight(v, "S "), 64)
		}
	}
	if v := l.num(tag.ParallelReductionFactorInPlane); v > e.acceleration {
		e.acceleration = v
	}
	if v := l.num(tag.ParallelReductionFactorOutOfPlane); e.through == 0 {
		e.through = v
	}
	e.recon = e.lines
	switch {
	case image.Size[0] == image.Size[1] || l.phaseLine() == 'C':
		e.recon = image.Size[1]
	case l.phaseLine() == 'R':
		e.recon = image.Size[0]
	}
	return e
}

// encode puts the fields of sampling and of the time that it takes.
func (s *Sidecar) encode(l lookup, e encoding2D) {
	s.positive("PercentPhaseFOV", l.num(tag.PercentPhaseFieldOfView))
	s.positive("PercentSampling", l.num(tag.PercentSampling))
	if e.train > 1 {
		s.Set("EchoTrainLength", e.train)
	}
	if v := l.str(tag.PartialFourierDirection); v != "" && l.str(tag.PartialFourier) != "NO" {
		s.Set("PartialFourierDirection", v)
	}
	partial := l.str(tag.PartialFourier) == "YES" || l.maker == philips && l.privateText(philipsImaging, 0x2001, 0x19) == "Y" ||
		strings.Contains(l.str(tag.ScanOptions), "PFF")
	if e.steps > 0 && partial && l.maker == philips {
		s.Set("PartialFourierEnabled", "YES")
		s.Set("PhaseEncodingStepsNoPartialFourier", e.steps)
	} else if e.steps > 0 {
		s.Set("PhaseEncodingSteps", e.steps)
	}
	s.positive("FrequencyEncodingSteps", l.num(tag.MRAcquisitionFrequencyEncodingSteps))
	s.positive("PhaseEncodingStepsOutOfPlane", l.num(tag.MRAcquisitionPhaseEncodingStepsOutOfPlane))
	lines := e.lines
	if lines == 0 {
		lines = e.steps
	}
	s.positive("AcquisitionMatrixPE", float64(lines))
	s.positive("ReconMatrixPE", float64(e.recon))
	s.positive("BandwidthPerPixelPhaseEncode", e.bandwidth)
	technique := l.str(tag.ParallelAcquisitionTechnique)
	compressed := 0.0
	if l.maker == philips && strings.Contains(technique, "CSENSE") {
		compressed, e.acceleration, technique = e.acceleration, 1, ""
	}
	s.positive("ParallelReductionFactorInPlane", e.acceleration)
	s.text("ParallelAcquisitionTechnique", technique)
	s.positive("ParallelReductionFactorOutOfPlane", e.through)
	switch l.maker {
	case ge:
		first, _, _ := strings.Cut(l.privateText(geParameters, 0x0043, 0xb7), `\`)
		compressed, _ = strconv.ParseFloat(strings.TrimSpace(first), 64)
		if text := l.privateText(geParameters, 0x0043, 0xca); text != "" {
			s.Set("DeepLearning", true)
			s.Set("DeepLearningDetails", text)
		}
	case siemens:
		if v := l.number("sPat.dTotalAccelFact"); l.number("sPat.ucPATMode") == 256 && v > e.acceleration*math.Max(1, e.through) {
			compressed = v
		}
		kinds := append(l.data.Strings(tag.ImageType), strings.Split(l.privateText(siemensFrame, 0x0021, 0x75), `\`)...)
		if slices.ContainsFunc(kinds, func(k string) bool { return k == "DRB" || k == "DRG" || k == "DRS" }) {
			s.Set("DeepLearning", true)
			s.text("DeepLearningDetails", l.privateText(siemensFrame, 0x0021, 0x76))
		}
	}
	if compressed > 1 {
		s.Set("CompressedSensingFactor", compressed)
	}
	recon := float64(e.recon)
	spacing := 0.0
	if e.bandwidth > 0 && recon > 0 {
		spacing = 1 / (e.bandwidth * recon)
	}
	if shift := l.privateNum(philipsImaging, 0x2001, 0x22); l.maker == philips && shift > 0 {
		s.Set("WaterFatShift", shift)
		frequency, _ := s.Field("ImagingFrequency").(exact)
		if spacing == 0 && frequency > 0 && e.train > 0 && recon > 1 {
			// 3.4 ppm between water and fat.
			total := shift / (float64(frequency) * 3.4 * (e.train + 1)) * e.train
			s.positive("EstimatedEffectiveEchoSpacing", total/(recon-1))
			s.positive("EstimatedTotalReadoutTime", total)
		}
	}
	if us := l.privateNum(geParameters, 0x0043, 0x2c); l.maker == ge && us > 0 && recon > 1 && e.acceleration > 0 && lines > 1 {
		round := 2.0
		if partial {
			round = 4
		}
		acquired := math.Ceil(float64(lines)/e.acceleration/round) * round
		spacing = (acquired - 1) * us * 1e-6 / float64(lines-1)
	}
	s.positive("EffectiveEchoSpacing", spacing)
	if e.bandwidth > 0 && recon > 0 {
		factor := 1 + e.oversampling
		if e.acceleration > 1 {
			factor /= e.acceleration
		}
		s.positive("DerivedVendorReportedEchoSpacing", 1/(e.bandwidth*factor*recon))
	}
	duration := l.num(tag.AcquisitionDuration)
	if v := l.privateNum(geAcquisition, 0x0019, 0x5a); l.maker == ge && v > 0 {
		duration = v / 1e6
	}
	switch {
	case l.maker == uih && spacing == 0:
		s.positive("TotalReadoutTime", duration/1000)
	default:
		s.positive("AcquisitionDuration", duration)
		s.positive("TotalReadoutTime", spacing*(recon-1))
	}
	s.positive("NumberOfKSpaceTrajectories", l.num(tag.NumberOfKSpaceTrajectories))
	s.positive("PixelBandwidth", l.num(tag.PixelBandwidth))
	if l.maker == siemens {
		dwell := l.privateNum(siemensMR, 0x0019, 0x18)
		if dwell == 0 {
			dwell = l.privateNum(siemensFrame, 0x0021, 0x42)
		}
		s.positive("DwellTime", dwell*1e-9)
	}
}

// phase puts the axis of phase encoding, with its direction where that is known. DICOM counts rows
// downwards, the NIfTI image upwards.
func (s *Sidecar) phase(l lookup) {
	line := l.phaseLine()
	train, _ := s.Field("EchoTrainLength").(float64)
	if line == 0 || l.str(tag.MRAcquisitionType) == "3D" && train <= 1 {
		return
	}
	axis := map[byte]string{'C': "j", 'R': "i"}[line]
	positive := l.polarity()
	switch {
	case positive < 0:
		s.Set("PhaseEncodingAxis", axis)
	case (positive == 1) == (line == 'C'):
		s.Set("PhaseEncodingDirection", axis+"-")
	default:
		s.Set("PhaseEncodingDirection", axis)
	}
}

// polarity is 1 where phase encoding runs as rows or columns count up, 0 against it, -1 where unknown.
func (l lookup) polarity() int {
	known := func(v []float64) int {
		if len(v) > 0 && (v[0] == 0 || v[0] == 1) {
			return int(v[0])
		}
		return -1
	}
	switch l.maker {
	case siemens:
		if t, ok := l.data.Private(csaCreator, 0x0029, 0x10); ok {
			if v := parseCSA(l.data.Bytes(t)).floats("PhaseEncodingDirectionPositive"); v != nil {
				return known(v)
			}
		}
		return known(l.private(siemensFrame, 0x0021, 0x1c))
	case uih:
		if v := known(l.private(uihCreator, 0x0065, 0x58)); v >= 0 {
			return 1 - v
		}
	case ge:
		switch v := l.str(tag.RectilinearPhaseEncodeReordering); {
		case strings.HasPrefix(v, "L"):
			return 0
		case strings.HasPrefix(v, "R"):
			return 1
		}
		if t, ok := l.data.privateTag(geParameters, 0x0043, 0x2a, 0x10); ok {
			return gePolarity(l.data.Bytes(t))
		}
	}
	return -1
}
