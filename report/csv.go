package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// column is one column of findings.csv.
type column struct {
	name  string
	value func(r *study.Result, f *study.Finding) string
}

// columns of findings.csv, in order. Figures are in the unit that the name ends in; a column is empty
// where the figure is not known.
func columns() []column {
	return []column{
		{"study", func(r *study.Result, _ *study.Finding) string { return r.Study.Key }},
		{"patient_key", func(r *study.Result, _ *study.Finding) string { return r.Study.PatientKey }},
		{"study_date", func(r *study.Result, _ *study.Finding) string { return dateOf(&r.Study) }},
		{"modality", func(r *study.Result, _ *study.Finding) string { return r.Study.Modality }},
		{"recipe", func(r *study.Result, _ *study.Finding) string { return r.Recipe }},
		{"status", func(r *study.Result, _ *study.Finding) string { return string(r.Status) }},
		{"finding", func(_ *study.Result, f *study.Finding) string { return f.ID }},
		{"what", func(_ *study.Result, f *study.Finding) string { return f.What.Meaning }},
		{"where", func(_ *study.Result, f *study.Finding) string { return siteOf(f) }},
		{"laterality", func(_ *study.Result, f *study.Finding) string { return string(f.Laterality) }},
		{"score", func(_ *study.Result, f *study.Finding) string { return decimal(f.Score) }},
		{"calibrated", func(_ *study.Result, f *study.Finding) string { return strconv.FormatBool(f.Calibrated) }},
		{"suspicion", func(_ *study.Result, f *study.Finding) string {
			if f.Suspicion == nil {
				return ""
			}
			return f.Suspicion.Level
		}},
		{"longest_diameter_mm", func(_ *study.Result, f *study.Finding) string {
			return figure(f.Measures, study.KeyLongestDiameter, "mm")
		}},
		{"longest_diameter_pixels", func(_ *study.Result, f *study.Finding) string {
			return figure(f.Measures, study.KeyLongestDiameter, "{pixels}")
		}},
		{"short_axis_mm", func(_ *study.Result, f *study.Finding) string { return figure(f.Measures, study.KeyShortAxis, "mm") }},
		{"volume_ml", func(_ *study.Result, f *study.Finding) string { return figure(f.Measures, study.KeyVolume, "ml") }},
		{"prior_longest_diameter_mm", func(_ *study.Result, f *study.Finding) string {
			if f.Change == nil {
				return ""
			}
			return figure(f.Change.PriorMeasures, study.KeyLongestDiameter, "mm")
		}},
		{"change", func(_ *study.Result, f *study.Finding) string {
			if f.Change == nil {
				return ""
			}
			return string(f.Change.Kind)
		}},
		{"change_percent", changeFigure(func(c *study.Change) *float64 { return c.Percent })},
		{"interval_days", changeFigure(func(c *study.Change) *float64 { return c.IntervalDays })},
		{"doubling_time_days", changeFigure(func(c *study.Change) *float64 { return c.DoublingTimeDays })},
		{"advice", func(_ *study.Result, f *study.Finding) string {
			var all []string
			for _, a := range f.Advice {
				all = append(all, a.Text+" ("+source(&a)+")")
			}
			return strings.Join(all, "; ")
		}},
		{"priority", func(r *study.Result, _ *study.Finding) string { return string(r.Entry("").Priority) }},
	}
}

// FindingsCSV writes findings of any number of studies, one line each, without holding them.
// Call Add for each result, then Flush.
type FindingsCSV struct {
	w       *csv.Writer
	columns []column
}

// NewFindingsCSV writes the head line. RFC 4180 with LF line ends; text that a spreadsheet would take
// for a formula gets an apostrophe in front.
func NewFindingsCSV(w io.Writer) *FindingsCSV {
	t := &FindingsCSV{w: csv.NewWriter(w), columns: columns()}
	var names []string
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	t.w.Write(names)
	return t
}

// Add writes a line for each finding of a result, those that have resolved among them.
func (t *FindingsCSV) Add(r *study.Result) {
	row := make([]string, len(t.columns))
	for n := range r.Findings {
		for c, col := range t.columns {
			row[c] = inert(col.value(r, &r.Findings[n]))
		}
		t.w.Write(row)
	}
}

// Flush writes what is buffered and returns the first error of any call.
func (t *FindingsCSV) Flush() error {
	t.w.Flush()
	return t.w.Error()
}

func writeCSV(w io.Writer, r *study.Result, _ Options) error {
	t := NewFindingsCSV(w)
	t.Add(r)
	return t.Flush()
}

// inert keeps a spreadsheet from evaluating text (OWASP, "CSV injection"). Numbers stay as they are.
func inert(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}

func figure(list []study.Measurement, key, unit string) string {
	if m := study.Measure(list, key, unit); m != nil {
		return decimal(m.Value)
	}
	return ""
}

func changeFigure(of func(*study.Change) *float64) func(*study.Result, *study.Finding) string {
	return func(_ *study.Result, f *study.Finding) string {
		if f.Change == nil || of(f.Change) == nil {
			return ""
		}
		return decimal(*of(f.Change))
	}
}

// decimal writes a figure to four decimals at most; nothing where it is not finite.
func decimal(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	s := strconv.FormatFloat(v, 'f', 4, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}
