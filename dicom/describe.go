package dicom

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/study"
)

// Description is what one object says of its patient, study and series. PatientID and Issuer are
// identity: they serve to derive keys and must not be printed.
type Description struct {
	PatientID   string
	Issuer      string // IssuerOfPatientID
	Patient     study.Patient
	StudyUID    string
	When        time.Time // StudyDate and StudyTime, else the first of series, acquisition, content; zero where none is given
	SOPClass    string
	InstanceUID string
	Series      study.Series // without geometry and files
}

// Describe reads the description from a header.
func Describe(f *File) Description {
	d := Description{
		PatientID:   f.String(tag.PatientID),
		Issuer:      f.String(tag.IssuerOfPatientID),
		StudyUID:    f.String(tag.StudyInstanceUID),
		SOPClass:    f.String(tag.SOPClassUID),
		InstanceUID: f.String(tag.SOPInstanceUID),
		When:        when(f.Elements),
	}
	d.Patient = study.Patient{Sex: sex(f.String(tag.PatientSex)), AgeYears: age(f.Elements, d.When)}
	s := &d.Series
	s.UID = f.String(tag.SeriesInstanceUID)
	s.Modality = f.String(tag.Modality)
	s.BodyPart = strings.ToUpper(f.String(tag.BodyPartExamined))
	s.View = strings.ToUpper(f.String(tag.ViewPosition))
	s.Description = f.String(tag.SeriesDescription)
	s.Format = "dicom"
	s.Channels, s.Frames = 1, 1
	switch photometric := f.String(tag.PhotometricInterpretation); {
	case photometric == "PALETTE COLOR":
		s.Channels = 3
	default:
		if n, ok := f.Int(tag.SamplesPerPixel); ok && n == 3 {
			s.Channels = 3
		}
	}
	if f.Path != "" {
		s.Files = []string{f.Path}
	}
	s.Issues = append(s.Issues, f.Issues...)
	s.Acquisition = acquisition(f)
	return d
}

func acquisition(f *File) study.Acquisition {
	number := func(tags ...tag.Tag) float64 {
		for _, t := range tags {
			if v, ok := f.Float(t); ok {
				return v
			}
		}
		return 0
	}
	a := study.Acquisition{
		SliceThicknessMM:          number(tag.SliceThickness),
		KVP:                       number(tag.KVP),
		ContrastAgent:             f.Has(tag.ContrastBolusAgent) || len(f.Items(tag.ContrastBolusAgentSequence)) > 0,
		ConvolutionKernel:         strings.Join(f.Strings(tag.ConvolutionKernel), " "),
		MagneticFieldTesla:        number(tag.MagneticFieldStrength),
		SequenceName:              f.String(tag.SequenceName),
		EchoTimeMS:                number(tag.EchoTime),
		RepetitionTimeMS:          number(tag.RepetitionTime),
		FlipAngleDeg:              number(tag.FlipAngle),
		Manufacturer:              f.String(tag.Manufacturer),
		ModelName:                 f.String(tag.ManufacturerModelName),
		Monochrome1:               f.String(tag.PhotometricInterpretation) == "MONOCHROME1",
		BurnedInAnnotation:        f.String(tag.BurnedInAnnotation),
		LossyCompression:          f.String(tag.LossyImageCompression) == "01",
		PhotometricInterpretation: f.String(tag.PhotometricInterpretation),
	}
	shared := f.Item(tag.SharedFunctionalGroupsSequence)
	frames := f.Items(tag.PerFrameFunctionalGroupsSequence)
	macro := func(sequence, t tag.Tag) float64 {
		if v, ok := shared.Item(sequence).Float(t); ok {
			return v
		}
		if len(frames) > 0 {
			v, _ := frames[0].Item(sequence).Float(t)
			return v
		}
		return 0
	}
	if a.SliceThicknessMM == 0 {
		a.SliceThicknessMM = macro(tag.PixelMeasuresSequence, tag.SliceThickness)
	}
	if a.EchoTimeMS == 0 {
		a.EchoTimeMS = macro(tag.MREchoSequence, tag.EffectiveEchoTime)
	}
	if a.RepetitionTimeMS == 0 {
		a.RepetitionTimeMS = macro(tag.MRTimingAndRelatedParametersSequence, tag.RepetitionTime)
	}
	if a.FlipAngleDeg == 0 {
		a.FlipAngleDeg = macro(tag.MRTimingAndRelatedParametersSequence, tag.FlipAngle)
	}
	if a.KVP == 0 {
		a.KVP = macro(tag.CTXRayDetailsSequence, tag.KVP)
	}
	if a.ConvolutionKernel == "" {
		a.ConvolutionKernel = shared.Item(tag.CTReconstructionSequence).String(tag.ConvolutionKernel)
	}
	return a
}

func sex(s string) string {
	switch s = strings.ToUpper(s); s {
	case "M", "F", "O":
		return s
	}
	return ""
}

// age is PatientAge (AS), else from the birth date to the study.
func age(e Elements, at time.Time) float64 {
	if s := e.String(tag.PatientAge); len(s) >= 2 {
		if n, err := strconv.Atoi(s[:len(s)-1]); err == nil && n >= 0 {
			switch s[len(s)-1] {
			case 'Y', 'y':
				return float64(n)
			case 'M', 'm':
				return float64(n) / 12
			case 'W', 'w':
				return float64(n) * 7 / 365.25
			case 'D', 'd':
				return float64(n) / 365.25
			}
		}
	}
	born, ok := date(e.String(tag.PatientBirthDate))
	if !ok || at.IsZero() || at.Before(born) {
		return 0
	}
	return math.Floor(at.Sub(born).Hours()/24/365.25*100) / 100
}

// when is the moment of the study.
func when(e Elements) time.Time {
	for _, pair := range [][2]tag.Tag{
		{tag.StudyDate, tag.StudyTime}, {tag.SeriesDate, tag.SeriesTime},
		{tag.AcquisitionDate, tag.AcquisitionTime}, {tag.ContentDate, tag.ContentTime},
	} {
		if day, ok := date(e.String(pair[0])); ok {
			return day.Add(clock(e.String(pair[1])))
		}
	}
	at, _ := dateTime(e.String(tag.AcquisitionDateTime))
	return at
}

// dateTime reads a DT; its offset from UTC is left out.
func dateTime(s string) (time.Time, bool) {
	if len(s) < 8 {
		return time.Time{}, false
	}
	day, ok := date(s[:8])
	if !ok {
		return time.Time{}, false
	}
	return day.Add(clock(s[8:])), true
}

// date reads a DA, also in the form with dots of the ACR-NEMA standard.
func date(s string) (time.Time, bool) {
	t, err := time.Parse("20060102", strings.ReplaceAll(s, ".", ""))
	return t, err == nil
}

// clock reads a TM: HHMMSS.FFFFFF, cut off anywhere; 0 where it can't be read.
func clock(s string) time.Duration {
	s = strings.ReplaceAll(strings.TrimSpace(s), ":", "")
	var d time.Duration
	for _, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		if len(s) < 2 {
			return d
		}
		n, err := strconv.Atoi(s[:2])
		if err != nil || n < 0 || n > 60 {
			return d
		}
		d += time.Duration(n) * unit
		s = s[2:]
	}
	if len(s) > 1 && s[0] == '.' {
		if i := strings.IndexFunc(s[1:], func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
			s = s[:i+1]
		}
		if f, err := strconv.ParseFloat("0"+s, 64); err == nil {
			d += time.Duration(math.Round(f*1e6)) * time.Microsecond
		}
	}
	return d
}
