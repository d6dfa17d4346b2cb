package analyze

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/caliper-imaging/caliper/analyze/compare"
	"github.com/caliper-imaging/caliper/analyze/decide"
	"github.com/caliper-imaging/caliper/measure"
	"github.com/caliper-imaging/caliper/study"
)

var compareStep = stepRow{
	Name: "compare",
	Doc:  "matches the findings with those of the prior: growth, doubling time, new and resolved ones",
	run: func(_ context.Context, c *Case, _ map[string]string) error {
		if c.Prior == nil {
			c.number()
			return nil
		}
		o := compare.Options{Current: c.Current.Image.Geometry, Prior: c.Prior.Image.Geometry,
			PriorStudy: c.Prior.Study.Key, Refused: c.Refusal}
		if days, ok := c.IntervalDays(); ok {
			o.IntervalDays = days
		}
		var mapper compare.Mapper
		if c.ToPrior != nil {
			mapper = c.ToPrior.Transform
		}
		got := compare.Match(c.Current.Findings, c.Prior.Findings, mapper, o)
		c.weakMatches(&got, mapper, o)
		c.Current.Findings = append(got.Findings, got.Resolved...)
		for n := range c.Current.Findings {
			f := &c.Current.Findings[n]
			if f.Change != nil && f.Change.Kind != study.Resolved {
				s := suspicion(f)
				f.Suspicion = &s
			}
		}
		for _, issue := range got.Issues {
			c.note(issue.Code, issue.Severity, issue.Where, issue.Text)
		}
		c.number()
		c.trends()
		return nil
	},
}

// number ranks the current findings and names them in that order; resolved ones keep the name that they
// have in the prior study.
func (c *Case) number() {
	rankFindings(c.Current.Findings)
	for n := range c.Current.Findings {
		if f := &c.Current.Findings[n]; !resolved(f) {
			f.ID = fmt.Sprintf("N%d", n+1)
		}
	}
}

// weakToleranceMM is how far a candidate below the operating point may lie from the place of a finding in
// the other study: nearer than a match of two findings, since there are many such candidates.
const weakToleranceMM = 8

// weakMatches looks again at what is new or resolved: a finding may be seen in the other study as well,
// by a candidate below the operating point. Then it is compared with that, and is neither.
func (c *Case) weakMatches(got *compare.Outcome, mapper compare.Mapper, o compare.Options) {
	o.ToleranceMM = weakToleranceMM
	if mapper == nil || o.Refused != "" {
		return
	}
	for n := range got.Findings {
		f := &got.Findings[n]
		if f.Change == nil || f.Change.Kind != study.New {
			continue
		}
		again := compare.Match([]study.Finding{*f}, c.Prior.Weak, mapper, o).Findings[0]
		if again.Change != nil && again.Change.PriorFinding != "" {
			again.Change.Reason += "; in the prior study it lies below the model's operating point"
			*f = again
			c.keepWeak(c.Prior, again.Change.PriorFinding)
		}
	}
	var gone []study.Finding
	for _, r := range got.Resolved {
		r.Change = nil
		gone = append(gone, r)
	}
	still := compare.Match(c.Current.Weak, gone, mapper, o)
	for _, f := range still.Findings {
		if f.Change != nil && f.Change.PriorFinding != "" {
			f.Change.Reason += "; in the current study it lies below the model's operating point"
			got.Findings = append(got.Findings, f)
		}
	}
	got.Resolved = still.Resolved
}

// keepWeak makes a weak candidate one of the exam's findings, so that it is drawn.
func (c *Case) keepWeak(e *Exam, id string) {
	for _, f := range e.Weak {
		if f.ID == id {
			e.Findings = append(e.Findings, f)
		}
	}
}

// suspicion scores a finding by what is known of it so far.
func suspicion(f *study.Finding) study.Suspicion {
	in := measure.SuspicionInput{Change: f.Change, UpperZone: upper(f.Site)}
	if m := study.Measure(f.Measures, study.KeyLongestDiameter, "mm"); m != nil {
		in.DiameterMM = m.Value
	}
	for _, feature := range f.Features {
		switch feature.Name {
		case "margin":
			in.Margin = feature.Value
		case "density":
			in.Density = feature.Value
		}
	}
	return measure.Suspicion(in)
}

// trends adds a curve of the diameter of each finding that was measured in both studies.
func (c *Case) trends() {
	days, dated := c.IntervalDays()
	for _, f := range c.Current.Findings {
		if f.Change == nil || f.Change.PriorFinding == "" || f.Change.Kind == study.Resolved {
			continue
		}
		now := study.Measure(f.Measures, study.KeyLongestDiameter, "")
		before := study.Measure(f.Change.PriorMeasures, study.KeyLongestDiameter, "")
		if now == nil || before == nil || now.Unit != before.Unit {
			continue
		}
		curve := study.Curve{ID: "trend-" + f.ID, Title: "Longest diameter of " + f.ID, XLabel: "study in order", YLabel: now.Unit}
		x := []float64{0, 1}
		if dated {
			curve.XLabel = "days since the prior"
			x[1] = days
		}
		curve.Series = []study.CurveSeries{{Name: f.ID, X: x, Y: []float64{before.Value, now.Value}}}
		c.Result.Curves = append(c.Result.Curves, curve)
	}
}

var adviseStep = stepRow{
	Name: "advise",
	Doc:  "adds what published guidelines suggest for each finding",
	run: func(_ context.Context, c *Case, _ map[string]string) error {
		context := decide.Context{Modality: c.Current.Series.Modality, AgeYears: c.Current.Study.Patient.AgeYears, HasPrior: c.Prior != nil}
		for n := range c.Current.Findings {
			f := &c.Current.Findings[n]
			if decide.IsNodule(f) && (f.Change == nil || f.Change.Kind != study.Resolved) {
				context.Nodules++
			}
		}
		for n := range c.Current.Findings {
			f := &c.Current.Findings[n]
			f.Advice = append(f.Advice, decide.Advise(f, context)...)
		}
		return nil
	},
}

// rankFindings puts the most suspicious first; resolved ones come last.
func rankFindings(list []study.Finding) {
	sort.SliceStable(list, func(a, b int) bool {
		x, y := &list[a], &list[b]
		if rx, ry := resolved(x), resolved(y); rx != ry {
			return ry
		}
		return suspicionOf(x) > suspicionOf(y)
	})
}

func resolved(f *study.Finding) bool { return f.Change != nil && f.Change.Kind == study.Resolved }

func suspicionOf(f *study.Finding) float64 {
	if f.Suspicion == nil {
		return 0
	}
	return f.Suspicion.Score
}

// upper says whether a site is in the upper zone of a lung.
func upper(site string) bool { return strings.Contains(site, "upper zone") }
