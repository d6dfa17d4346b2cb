package decide

import (
	"math"

	"github.com/caliper-imaging/caliper/study"
)

// fleischner2017 covers nodules found by chance on CT in adults of 35 years and more without known
// cancer or immunodeficiency, outside screening. Size is the mean of the long and the short axis,
// rounded to whole mm. It never applies to a radiograph.
var fleischner2017 = Guideline{
	Key:      "fleischner-2017",
	Title:    "Fleischner Society: Management of Incidental Pulmonary Nodules Detected on CT Images",
	Edition:  "2017",
	Citation: "MacMahon H, Naidich DP, Goo JM, et al. Radiology 2017;284(1):228-243. doi:10.1148/radiol.2017161659",
	Source:   "table as at radiopaedia.org, Fleischner Society pulmonary nodule recommendations (2017 revision)",
	Applies: func(f *study.Finding, c Context) bool {
		if c.Modality != "CT" || !IsNodule(f) || changeIs(f, study.Resolved) {
			return false
		}
		if c.AgeYears > 0 && c.AgeYears < 35 || c.Screening || c.KnownCancer || c.Immunodeficit {
			return false
		}
		_, ok := fleischnerSize(f)
		return ok
	},
	Rules: fleischnerRules(),
}

// fleischnerRow is one cell of the published table. Nodules: 1 single, 2 multiple, 0 either.
// Band: 0 below 6 mm, 1 for 6 to 8 mm, 2 above 8 mm, 3 for 6 mm and more. Risk: "" either.
type fleischnerRow struct {
	id, density string
	nodules     int
	risk        string
	band        int
	text        string
}

var fleischnerTable = []fleischnerRow{
	{"solid-single-low-under6", "solid", 1, "low", 0, "No routine follow-up."},
	{"solid-single-high-under6", "solid", 1, "high", 0, "Optional CT at 12 months."},
	{"solid-single-low-6to8", "solid", 1, "low", 1, "CT at 6 to 12 months, then consider CT at 18 to 24 months."},
	{"solid-single-high-6to8", "solid", 1, "high", 1, "CT at 6 to 12 months, then CT at 18 to 24 months."},
	{"solid-single-over8", "solid", 1, "", 2, "Consider CT at 3 months, PET/CT or tissue sampling."},
	{"solid-multiple-low-under6", "solid", 2, "low", 0, "No routine follow-up."},
	{"solid-multiple-high-under6", "solid", 2, "high", 0, "Optional CT at 12 months."},
	{"solid-multiple-low-6up", "solid", 2, "low", 3, "CT at 3 to 6 months, then consider CT at 18 to 24 months."},
	{"solid-multiple-high-6up", "solid", 2, "high", 3, "CT at 3 to 6 months, then CT at 18 to 24 months."},
	{"ground-glass-single-under6", "ground-glass", 1, "", 0, "No routine follow-up."},
	{"ground-glass-single-6up", "ground-glass", 1, "", 3, "CT at 6 to 12 months to confirm persistence, then CT every 2 years until 5 years."},
	{"part-solid-single-under6", "part-solid", 1, "", 0, "No routine follow-up."},
	{"part-solid-single-6up", "part-solid", 1, "", 3, "CT at 3 to 6 months to confirm persistence; if unchanged and the solid part remains below 6 mm, yearly CT for 5 years."},
	{"subsolid-multiple-under6", "subsolid", 2, "", 0, "CT at 3 to 6 months; if stable, consider CT at 2 and 4 years."},
	{"subsolid-multiple-6up", "subsolid", 2, "", 3, "CT at 3 to 6 months; further management by the most suspicious nodule."},
}

// fleischnerRules makes the rules of the table. Where the risk isn't known, advice for low and high
// risk stands together; where the density isn't known, the nodule is taken as solid and that is said.
func fleischnerRules() []Rule {
	var rules []Rule
	for _, row := range fleischnerTable {
		if row.risk == "high" { // stands with the row for low risk where the risk isn't known
			low := findRow(row.density, row.nodules, "low", row.band)
			rules = append(rules, Rule{
				ID: row.id + "-or-low", When: fleischnerWhen(row, "risk not known"), Urgency: study.Routine,
				Fits: func(f *study.Finding, c Context) bool { return c.Risk == "" && row.fits(f, c) },
				Text: "Low risk: " + low.text + " High risk: " + row.text,
			})
		}
		rules = append(rules, Rule{
			ID: row.id, When: fleischnerWhen(row, row.risk), Urgency: study.Routine, Text: row.text,
			Fits: func(f *study.Finding, c Context) bool {
				return (row.risk == "" || row.risk == c.Risk) && row.fits(f, c)
			},
		})
	}
	return rules
}

func findRow(density string, nodules int, risk string, band int) fleischnerRow {
	for _, row := range fleischnerTable {
		if row.density == density && row.nodules == nodules && row.risk == risk && row.band == band {
			return row
		}
	}
	return fleischnerRow{}
}

func fleischnerWhen(row fleischnerRow, risk string) string {
	band := [4]string{"below 6 mm", "6 to 8 mm", "above 8 mm", "6 mm or more"}[row.band]
	number := "single"
	if row.nodules == 2 {
		number = "multiple"
	}
	when := number + " " + row.density + " nodule " + band
	switch risk {
	case "":
	case "low", "high":
		when += ", " + risk + " risk"
	default:
		when += ", " + risk
	}
	if row.density == "solid" {
		when += " (taken as solid where the density is not known)"
	}
	return when
}

func (row fleischnerRow) fits(f *study.Finding, c Context) bool {
	size, _ := fleischnerSize(f)
	multiple := c.Nodules > 1
	if (row.nodules == 2) != multiple {
		return false
	}
	density := feature(f, "density")
	switch {
	case row.density == "subsolid":
		if density != "ground-glass" && density != "part-solid" {
			return false
		}
	case row.density == "solid":
		if density == "ground-glass" || density == "part-solid" {
			return false
		}
	case row.density != density:
		return false
	}
	switch row.band {
	case 0:
		return size < 6
	case 1:
		return size >= 6 && size <= 8
	case 2:
		return size > 8
	}
	return size >= 6
}

// fleischnerSize is the mean diameter rounded to whole mm.
func fleischnerSize(f *study.Finding) (float64, bool) {
	if m, ok := millimetres(f, "mean_diameter"); ok {
		return math.Round(m), true
	}
	long, ok1 := millimetres(f, "longest_diameter")
	short, ok2 := millimetres(f, "short_axis")
	if !ok1 || !ok2 {
		return 0, false
	}
	return math.Round((long + short) / 2), true
}
