package dicom

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/study"
)

// SUVbw is the factor that turns the modality values of a PET image into standardised uptake by body
// weight, in g/ml: QIBA's vendor-neutral rule (Profile FDG-PET/CT, appendix G). ok is false where it can't
// be told; issues say why, or what was assumed.
func (f *File) SUVbw() (factor float64, issues []study.Issue, ok bool) {
	say := func(code string, severity study.Severity, format string, args ...any) {
		issues = append(issues, study.Issue{Code: code, Severity: severity, Where: "series", Text: fmt.Sprintf(format, args...)})
	}
	refuse := func(format string, args ...any) (float64, []study.Issue, bool) {
		say("suv-not-available", study.Warning, format, args...)
		return 0, issues, false
	}
	units := f.String(tag.Units)
	activity := 1.0 // to Bq/ml
	switch units {
	case "GML":
		if kind := f.String(tag.SUVType); kind != "" && kind != "BW" {
			return refuse("values are standardised by %s, not by body weight", kind)
		}
		return 1, issues, true
	case "BQML":
	case "CNTS":
		if v, ok := f.privateFloat(philipsPET, 0x7053, 0x00); ok && v > 0 {
			return v, issues, true
		}
		v, ok := f.privateFloat(philipsPET, 0x7053, 0x09)
		if !ok || v <= 0 {
			return refuse("Units are counts, and no private factor (7053,xx00 or xx09) turns them into activity")
		}
		activity = v
	default:
		return refuse("Units: want BQML, GML or CNTS, got %q", units)
	}
	corrected := strings.Join(f.Strings(tag.CorrectedImage), `\`)
	if !strings.Contains(corrected, "ATTN") {
		return refuse("the image is not corrected for attenuation")
	}
	weight, _ := f.Float(tag.PatientWeight)
	drug := f.Item(tag.RadiopharmaceuticalInformationSequence)
	dose, _ := drug.Float(tag.RadionuclideTotalDose)
	half, _ := drug.Float(tag.RadionuclideHalfLife)
	if weight <= 0 || dose <= 0 {
		return refuse("PatientWeight and RadionuclideTotalDose: want numbers over 0")
	}
	if dose < 1e5 {
		say("dose-in-mbq", study.Warning, "RadionuclideTotalDose is below 100 kBq; taken to be in MBq")
		dose *= 1e6
	}
	decayed := dose
	switch correction := f.String(tag.DecayCorrection); correction {
	case "ADMIN": // to the moment of injection
	case "START":
		if half <= 0 {
			return refuse("RadionuclideHalfLife: want a number over 0")
		}
		scan, found := f.decayReference()
		injected, also := injection(drug, scan)
		if !found || !also {
			return refuse("the times of injection and scan are not given")
		}
		elapsed := scan.Sub(injected).Seconds()
		if elapsed < 0 && elapsed > -24*3600 && drug.String(tag.RadiopharmaceuticalStartDateTime) == "" {
			elapsed += 24 * 3600
			say("injection-before-midnight", study.Note, "the injection is dated after the scan; taken to be of the day before")
		}
		if elapsed < 0 || elapsed > 12*half && elapsed > 24*3600 {
			return refuse("the injection lies %.0f s before the scan", elapsed)
		}
		decayed = dose * math.Exp2(-elapsed/half)
	default:
		return refuse("DecayCorrection: want START or ADMIN, got %q", correction)
	}
	return activity * weight * 1000 / decayed, issues, true
}

// decayReference is the moment to which the image is corrected for decay: that of the series or, where a
// later processing has set it anew, of the acquisition; GE tells it itself.
func (f *File) decayReference() (time.Time, bool) {
	if makerOf(f.Elements) == ge {
		if s := f.privateString(gePET, 0x0009, 0x0d); len(s) >= 8 {
			if day, ok := date(s[:8]); ok {
				return day.Add(clock(s[8:])), true
			}
		}
	}
	series, ok := moment(f.Elements, tag.SeriesDate, tag.SeriesTime)
	acquired, also := moment(f.Elements, tag.AcquisitionDate, tag.AcquisitionTime)
	if ok && (!also || !series.After(acquired)) {
		return series, true
	}
	return acquired, also
}

func moment(e Elements, day, hour tag.Tag) (time.Time, bool) {
	d, ok := date(e.String(day))
	if !ok || len(e.String(hour)) < 4 {
		return time.Time{}, false
	}
	return d.Add(clock(e.String(hour))), true
}

// injection is when the radiopharmaceutical was given; without a date it is of the scan's day.
func injection(drug Elements, scan time.Time) (time.Time, bool) {
	if s := drug.String(tag.RadiopharmaceuticalStartDateTime); len(s) >= 12 {
		if day, ok := date(s[:8]); ok {
			return day.Add(clock(s[8:])), true
		}
	}
	s := drug.String(tag.RadiopharmaceuticalStartTime)
	if len(s) < 4 {
		return time.Time{}, false
	}
	return scan.Truncate(24 * time.Hour).Add(clock(s)), true
}
