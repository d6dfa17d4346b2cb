package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// column is one column of a table whose lines are Ts of a result.
type column[T any] struct {
	name  string
	value func(r *study.Result, x *T) string
}

// columns of findings.csv, in order. Figures are in the unit that the name ends in; a column is empty
// where the figure is not known.
func findingColumns() []column[study.Finding] {
	return []column[study.Finding]{
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
		{"longest_diameter_mm", present(study.KeyLongestDiameter, "mm")},
		{"longest_diameter_pixels", present(study.KeyLongestDiameter, "{pixels}")},
		{"short_axis_mm", present(study.KeyShortAxis, "mm")},
		{"volume_ml", present(study.KeyVolume, "ml")},
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

// present is a figure of a finding on the current image; one that is resolved has none there.
func present(key, unit string) func(*study.Result, *study.Finding) string {
	return func(_ *study.Result, f *study.Finding) string {
		if f.Change != nil && f.Change.Kind == study.Resolved {
			return ""
		}
		return figure(f.Measures, key, unit)
	}
}

// measureColumns of measures.csv: one line a figure of the study as a whole.
func measureColumns() []column[study.Measurement] {
	of := func(v *float64) string {
		if v == nil {
			return ""
		}
		return decimal(*v)
	}
	return []column[study.Measurement]{
		{"study", func(r *study.Result, _ *study.Measurement) string { return r.Study.Key }},
		{"patient_key", func(r *study.Result, _ *study.Measurement) string { return r.Study.PatientKey }},
		{"study_date", func(r *study.Result, _ *study.Measurement) string { return dateOf(&r.Study) }},
		{"modality", func(r *study.Result, _ *study.Measurement) string { return r.Study.Modality }},
		{"recipe", func(r *study.Result, _ *study.Measurement) string { return r.Recipe }},
		{"measure", func(_ *study.Result, m *study.Measurement) string { return m.Key }},
		{"structure", func(_ *study.Result, m *study.Measurement) string { return m.Label }},
		{"laterality", func(_ *study.Result, m *study.Measurement) string { return string(m.Side) }},
		{"value", func(_ *study.Result, m *study.Measurement) string { return decimal(m.Value) }},
		{"unit", func(_ *study.Result, m *study.Measurement) string { return m.Unit }},
		{"prior_value", func(_ *study.Result, m *study.Measurement) string { return of(m.Prior) }},
		{"change_percent", func(_ *study.Result, m *study.Measurement) string { return of(m.ChangePercent) }},
		{"change_percent_per_year", func(_ *study.Result, m *study.Measurement) string { return of(m.ChangePercentPerYear) }},
		{"plane", func(_ *study.Result, m *study.Measurement) string { return m.Plane }},
		{"method", func(_ *study.Result, m *study.Measurement) string { return m.Method }},
	}
}

// Table writes a CSV over any number of studies without holding them. Call Add for each result, then
// Flush. RFC 4180 with LF line ends; text that a spreadsheet would take for a formula gets an apostrophe
// in front.
type Table struct {
	w    *csv.Writer
	rows func(r *study.Result, put func([]string))
}

// NewFindingsCSV writes the head line of findings.csv: a line for each finding, resolved ones among them.
func NewFindingsCSV(w io.Writer) *Table {
	return newTable(w, findingColumns(), func(r *study.Result) []study.Finding { return r.Findings })
}

// NewMeasuresCSV writes the head line of measures.csv: a line for each figure of a study as a whole.
func NewMeasuresCSV(w io.Writer) *Table {
	return newTable(w, measureColumns(), func(r *study.Result) []study.Measurement { return r.Measures })
}

func newTable[T any](w io.Writer, columns []column[T], lines func(*study.Result) []T) *Table {
	row := make([]string, len(columns))
	t := &Table{w: csv.NewWriter(w)}
	t.rows = func(r *study.Result, put func([]string)) {
		list := lines(r)
		for n := range list {
			for c, col := range columns {
				row[c] = inert(col.value(r, &list[n]))
			}
			put(row)
		}
	}
	for c, col := range columns {
		row[c] = col.name
	}
	_ = t.w.Write(row) // the writer keeps its first error for Flush
	return t
}

// Add writes the lines of a result.
func (t *Table) Add(r *study.Result) {
	t.rows(r, func(row []string) { _ = t.w.Write(row) })
}

// Flush writes what is buffered and returns the first error of any call.
func (t *Table) Flush() error {
	t.w.Flush()
	if err := t.w.Error(); err != nil {
		return fmt.Errorf("report: csv: %w", err)
	}
	return nil
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
	if v, err := strconv.ParseFloat(s, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
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

// decimal writes a figure to seven significant digits, without an exponent where that stays short;
// nothing where it is not finite.
func decimal(v float64) string {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 7, 64), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	if abs := math.Abs(short); abs != 0 && (abs < 1e-6 || abs >= 1e15) {
		return strconv.FormatFloat(short, 'g', -1, 64)
	}
	s := strconv.FormatFloat(short, 'f', -1, 64)
	if s == "-0" {
		return "0"
	}
	return s
}
