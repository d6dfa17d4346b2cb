package dicom

import (
	"fmt"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// siemens puts what only Siemens' protocol tells.
func (s *Sidecar) siemens(l lookup, e *encoding2D) {
	p := l.protocol
	coil := l.privateText(siemensMR, 0x0051, 0x0f)
	if coil == "" {
		coil = l.str(tag.ReceiveCoilName)
	}
	if p == nil {
		elements := l.privateText(siemensFrame, 0x0021, 0x4f)
		s.text("ReceiveCoilActiveElements", elements)
		if name := l.str(tag.ReceiveCoilName); name != elements {
			s.text("CoilString", name)
		}
		if lines := float64(e.steps); l.str(tag.MRAcquisitionType) != "3D" && e.train > 1 && lines > e.train {
			if e.acceleration > 1 {
				lines /= e.acceleration
			}
			if f := e.train / lines; f < 1 {
				s.Set("PartialFourier", f)
			}
		}
		return
	}
	if p.number("sKSpace.ucPhasePartialFourier") > 0 {
		part, ok := map[float64]float64{1: 0.5, 2: 0.625, 4: 0.75, 8: 0.875}[p.number("sKSpace.ucPhasePartialFourier")]
		if !ok {
			part = 1
		}
		s.Set("PartialFourier", part)
	}
	s.positive("Interpolation2D", p.number("sKSpace.uc2DInterpolation"))
	s.positive("BaseResolution", p.number("sKSpace.lBaseResolution"))
	shims := []float64{
		p.first("sGRADSPEC.asGPAData[0].lOffsetX", "sGRADSPEC.lOffsetX"), p.first("sGRADSPEC.asGPAData[0].lOffsetY", "sGRADSPEC.lOffsetY"),
		p.first("sGRADSPEC.asGPAData[0].lOffsetZ", "sGRADSPEC.lOffsetZ"),
	}
	for i := range 5 {
		shims = append(shims, p.number(fmt.Sprintf("sGRADSPEC.alShimCurrent[%d]", i)))
	}
	if shims[0] != 0 {
		s.Set("ShimSetting", shims)
	}
	s.positive("DelayTime", p.number("lDelayTimeInTR")/1e6)
	s.positive("TxRefAmp", p.number("sTXSPEC.asNucleusInfo[0].flReferenceAmplitude"))
	s.positive("PhaseResolution", p.number("sKSpace.dPhaseResolution"))
	e.oversampling = p.number("sKSpace.dPhaseOversamplingForDialog")
	s.positive("PhaseOversampling", e.oversampling)
	s.positive("VendorReportedEchoSpacing", p.number("sFastImaging.lEchoSpacing")/1e6)
	s.text("ReceiveCoilName", firstText(p, "sCoilElementID.tCoilID", "sCoilSelectMeas.aRxCoilSelectData[0].asList[0].sCoilElementID.tCoilID", "asCoilSelectMeas[0].asList[0].sCoilElementID.tCoilID"))
	elements := p["sCoilSelectMeas.sCoilStringForConversion"]
	s.text("ReceiveCoilActiveElements", elements)
	if coil != elements {
		s.text("CoilString", coil)
	}
	s.text("PulseSequenceDetails", p["tSequenceFileName"])
	s.siemensLabelling(p)
	if first, second := p.number("alTE[0]"), p.number("alTE[1]"); l.complexComponent() == "PHASE" && first > 0 && second > 0 {
		s.Set("EchoTime1", first/1e6) // of a map of phase differences
		s.Set("EchoTime2", second/1e6)
	}
	s.positive("RefLinesPE", p.number("sPat.lRefLinesPE"))
	switch p.number("ucCoilCombineMode") {
	case 1:
		s.Set("CoilCombinationMethod", "Sum of Squares")
	case 2:
		s.Set("CoilCombinationMethod", "Adaptive Combine")
	}
	s.text("ConsistencyInfo", firstText(p, "sProtConsistencyInfo.tMeasuredBaselineString", "sProtConsistencyInfo.tBaselineString", "sProtConsistencyInfo.ulConvFromVersion"))
	if v := p.number("sPat.lAccelFactPE"); v > 0 {
		e.acceleration = v
		switch p.number("sPat.ucPATMode") {
		case 1:
			s.Set("MatrixCoilMode", "SENSE")
		case 2:
			s.Set("MatrixCoilMode", "GRAPPA")
		}
	}
	if v := p.number("sPat.lAccelFact3D"); v > 0 {
		e.through = v
	}
	if e.lines == 0 {
		e.lines = int(p.number("sKSpace.lPhaseEncodingLines"))
	}
}

// siemensLabelling puts the times of Siemens' own sequences of arterial spin labelling.
func (s *Sidecar) siemensLabelling(p protocol) {
	seconds := func(name, field string) { s.positive(name, p.number(field)/1e6) }
	switch name := p["tSequenceFileName"]; {
	case strings.Contains(name, "ep2d_pasl"), strings.Contains(name, "tgse_pasl"):
		s.Set("ArterialSpinLabelingType", "PASL")
		kind := "PICORE"
		if strings.Contains(name, "tgse") {
			kind = "FAIR QII"
		}
		s.Set("PASLType", kind)
		seconds("BolusDuration", "alTI[0]")
		seconds("InversionTime", "alTI[2]")
	case strings.Contains(name, "ep2d_pcasl"), strings.Contains(name, "tgse_pcasl"):
		s.Set("ArterialSpinLabelingType", "PCASL")
	case strings.Contains(name, "ep2d_asl"):
		seconds("LabelingDuration", "sAsl.ulLabelingDuration")
		seconds("PostLabelingDelay", "sAsl.sPostLabelingDelay[0]")
	}
}

func firstText(p protocol, names ...string) string {
	for _, name := range names {
		if v := p[name]; v != "" {
			return v
		}
	}
	return ""
}

// ge puts what GE's private elements tell.
func (s *Sidecar) ge(l lookup) {
	switch l.polarity() {
	case 1:
		s.Set("PhaseEncodingPolarityGE", "Unflipped")
	case 0:
		s.Set("PhaseEncodingPolarityGE", "Flipped")
	}
	if x := l.private(geParameters, 0x0043, 0x02); x != nil {
		s.Set("ShimSetting", []float64{x[0], l.privateNum(geParameters, 0x0043, 0x03), l.privateNum(geParameters, 0x0043, 0x04)})
	}
	s.text("PrescanReuseString", l.privateText(geParameters, 0x0043, 0x95))
	if strings.Contains(l.privateText(geAcquisition, 0x0019, 0x9c), "epi2") {
		s.positive("NumberOfDiffusionDirectionGE", l.privateNum(geAcquisition, 0x0019, 0xe0))
		s.positive("NumberOfDiffusionT2GE", l.privateNum(geAcquisition, 0x0019, 0xdf))
		s.positive("TensorFileNumberGE", l.privateNum(geAcquisition, 0x0019, 0xb2))
	}
	label := l.privateText(geParameters, 0x0043, 0xa3) + l.privateText(geParameters, 0x0043, 0xa4)
	switch {
	case strings.Contains(label, "PSEUDOCONTINUOUS") || strings.Contains(label, "3D pulsed continuous"):
		s.Set("ArterialSpinLabelingType", "PCASL")
	case strings.Contains(label, "CONTINUOUS") || strings.Contains(label, "3D continuous"):
		s.Set("ArterialSpinLabelingType", "CASL")
	}
	if v := l.privateNum(geParameters, 0x0043, 0xa5); v > 0 {
		s.Set("LabelingDuration", v/1000)
		s.positive("PostLabelingDelay", l.num(tag.InversionTime)/1000)
	}
	if v := l.privateNum(geImage, 0x0027, 0x62); v > 1 {
		s.Set("NumberOfExcitations", v)
	}
}
