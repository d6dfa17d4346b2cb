package dicom

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/suyashkumar/dicom/pkg/tag"
)

var iterations = regexp.MustCompile(`i([0-9]+)s([0-9]+)|([0-9]+)i([0-9]+)s`)

// pet puts the fields of positron emission tomography. Doses are in MBq, times in s.
func (s *Sidecar) pet(st *Stack, l lookup) {
	drug := l.data.Item(tag.RadiopharmaceuticalInformationSequence)
	number := func(t tag.Tag) float64 { v, _ := drug.Float(t); return v }
	nuclide := drug.Item(tag.RadionuclideCodeSequence)
	s.text("TracerRadionuclide", nuclide.String(tag.CodeMeaning))
	name := drug.String(tag.Radiopharmaceutical)
	if name == "" {
		name = drug.Item(tag.RadiopharmaceuticalCodeSequence).String(tag.CodeMeaning)
	}
	s.text("Radiopharmaceutical", name)
	s.positive("RadionuclidePositronFraction", number(tag.RadionuclidePositronFraction))
	if dose := number(tag.RadionuclideTotalDose); dose > 0 {
		if dose > 1e4 {
			dose /= 1e6 // given in Bq
		}
		s.Set("InjectedRadioactivity", exact(dose))
		s.Set("InjectedRadioactivityUnits", "MBq")
	}
	if l.maker == ge {
		s.positive("InjectedVolume", l.privateNum(gePET, 0x0009, 0x3a))
		s.positive("ReconFilterSize", l.privateNum(gePET, 0x0009, 0x8f))
	}
	s.positive("RadionuclideHalfLife", number(tag.RadionuclideHalfLife))
	s.positive("DoseCalibrationFactor", l.num(tag.DoseCalibrationFactor))
	s.text("ConvolutionKernel", l.str(tag.ConvolutionKernel))
	s.text("Units", l.str(tag.Units))
	if st.Series.Modality == "PT" {
		if factor, _, ok := st.times[0][0].file.SUVbw(); ok {
			s.Set("SUVbwFactor", exact(factor))
		}
	}
	s.text("DecayCorrection", l.str(tag.DecayCorrection))
	s.text("AttenuationCorrectionMethod", l.str(tag.AttenuationCorrectionMethod))
	method := l.str(tag.ReconstructionMethod)
	s.text("ReconstructionMethod", method)
	if m := iterations.FindStringSubmatch(method); m != nil {
		i, n := m[1]+m[3], m[2]+m[4]
		iter, _ := strconv.ParseFloat(i, 64)
		sub, _ := strconv.ParseFloat(n, 64)
		s.Set("ReconMethodParameterLabels", []string{"subsets", "iterations"})
		s.Set("ReconMethodParameterValues", []float64{sub, iter})
	}
	s.positive("ScatterFraction", l.num(tag.ScatterFractionFactor))
	var starts, durations, references, decays []float64
	begin := 0.0
	for t, point := range st.times {
		h := lookup{frameHeader: point[0].head}
		at := clock(h.data.String(tag.AcquisitionTime)).Seconds()
		if t == 0 {
			begin = at
		}
		if at < begin {
			at += 24 * 3600 // past midnight
		}
		starts = append(starts, at-begin)
		durations = append(durations, h.num(tag.ActualFrameDuration)/1000)
		references = append(references, h.num(tag.FrameReferenceTime)/1000)
		decays = append(decays, h.num(tag.DecayFactor))
	}
	if decays[0] > 0 {
		s.Set("DecayFactor", decays)
	}
	s.Set("FrameTimesStart", starts)
	if durations[0] > 0 {
		s.Set("FrameDuration", durations)
	}
	if len(references) > 1 {
		s.Set("FrameReferenceTime", references)
	}
	if text := l.data.String(tag.AcquisitionTime); len(text) >= 6 {
		d := int(clock(text).Seconds())
		s.Set("TimeZero", fmt.Sprintf("%02d:%02d:%02d", d/3600, d/60%60, d%60))
	}
}
