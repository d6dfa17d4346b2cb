package decide

import (
	"slices"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/study"
)

func nodule(mm float64, kind study.ChangeKind, density string) *study.Finding {
	f := &study.Finding{
		What: study.Concept{Scheme: "SCT", Code: "27925004", Meaning: "Nodule"}, Site: "right upper zone",
		Measures: []study.Measurement{{Key: "longest_diameter", Value: mm, Unit: "mm"}, {Key: "mean_diameter", Value: mm, Unit: "mm"}},
	}
	if kind != "" {
		f.Change = &study.Change{Kind: kind}
	}
	if density != "" {
		f.Features = []study.Feature{{Name: "density", Value: density}}
	}
	return f
}

func TestTableIsSortedAndCited(t *testing.T) {
	var keys []string
	for _, g := range Table() {
		keys = append(keys, g.Key)
		if g.Citation == "" || g.Edition == "" || g.Source == "" || len(g.Rules) == 0 {
			t.Errorf("%s: want citation, edition, source and rules", g.Key)
		}
		seen := map[string]bool{}
		for _, r := range g.Rules {
			if seen[r.ID] || r.Text == "" || r.When == "" {
				t.Errorf("%s: rule %q: want one of each with text and condition", g.Key, r.ID)
			}
			seen[r.ID] = true
		}
	}
	if !slices.IsSorted(keys) {
		t.Errorf("not sorted: %v", keys)
	}
}

func TestRadiographNoduleGetsChestCT(t *testing.T) {
	for _, c := range []struct {
		f    *study.Finding
		ctx  Context
		rule string
	}{
		{nodule(23, study.Growing, ""), Context{Modality: "DX", AgeYears: 61}, "growing"},
		{nodule(23, study.New, ""), Context{Modality: "DX"}, "indeterminate"},
		{nodule(12, "", ""), Context{Modality: "CR", AgeYears: 35}, "indeterminate"},
		{nodule(12, "", ""), Context{Modality: "CR", AgeYears: 34.9}, "under-35"},
		{nodule(12, study.Stable, ""), Context{Modality: "CR"}, "indeterminate"},
	} {
		got := Advise(c.f, c.ctx)
		if len(got) != 1 || !strings.HasPrefix(got[0].Rule, c.rule+":") || !strings.Contains(got[0].Text, "CT of the chest without intravenous contrast") {
			t.Errorf("%s: want chest CT by rule %s alone, got %+v", c.rule, c.rule, got)
		}
		if strings.Contains(got[0].Guideline, "Fleischner") {
			t.Error("Fleischner applies to CT only")
		}
	}
	days := 800.0
	f := nodule(12, study.Stable, "")
	f.Change.IntervalDays = &days
	if got := Advise(f, Context{Modality: "DX"}); !strings.HasPrefix(got[0].Rule, "stable-two-years") {
		t.Errorf("want the rule for two years, got %s", got[0].Rule)
	}
}

// Every cell and boundary of the 2017 table (MacMahon et al., Radiology 2017;284:228, table).
func TestFleischnerTable(t *testing.T) {
	for _, c := range []struct {
		mm      float64
		density string
		n       int
		risk    string
		want    string
	}{
		{5.4, "solid", 1, "low", "No routine follow-up."},
		{5.4, "solid", 1, "high", "Optional CT at 12 months."},
		{5.5, "solid", 1, "low", "CT at 6 to 12 months, then consider"}, // rounds to 6
		{8.4, "solid", 1, "high", "CT at 6 to 12 months, then CT at 18"},
		{8.5, "solid", 1, "low", "Consider CT at 3 months"},
		{30, "", 1, "high", "Consider CT at 3 months"},
		{5, "solid", 3, "low", "No routine"},
		{5, "solid", 3, "high", "Optional"},
		{7, "solid", 3, "low", "CT at 3 to 6 months, then consider"},
		{12, "solid", 3, "high", "CT at 3 to 6 months, then CT at 18"},
		{5, "ground-glass", 1, "low", "No routine"},
		{6, "ground-glass", 1, "", "CT at 6 to 12 months to confirm"},
		{5, "part-solid", 1, "", "No routine"},
		{9, "part-solid", 1, "high", "CT at 3 to 6 months to confirm"},
		{5, "ground-glass", 2, "low", "CT at 3 to 6 months; if stable"},
		{8, "part-solid", 2, "low", "CT at 3 to 6 months; further"},
		{7, "solid", 1, "", "Low risk: CT at 6 to 12 months, then consider CT at 18 to 24 months. High risk: CT at 6 to 12 months, then CT"},
	} {
		got := Advise(nodule(c.mm, "", c.density), Context{Modality: "CT", AgeYears: 60, Nodules: c.n, Risk: c.risk})
		if len(got) != 1 || !strings.HasPrefix(got[0].Text, c.want) {
			t.Errorf("%g mm %s, %d nodules, %q risk: want %q, got %+v", c.mm, c.density, c.n, c.risk, c.want, got)
		}
	}
	for name, ctx := range map[string]Context{
		"young": {Modality: "CT", AgeYears: 34}, "screening": {Modality: "CT", Screening: true},
		"cancer": {Modality: "CT", KnownCancer: true}, "immune": {Modality: "CT", Immunodeficit: true},
	} {
		if got := Advise(nodule(9, "", ""), ctx); len(got) != 0 {
			t.Errorf("%s: the guideline does not apply, got %+v", name, got)
		}
	}
}

func TestDefaultPolicy(t *testing.T) {
	p := DefaultPolicy()
	r := &study.Result{Findings: []study.Finding{*nodule(12, study.Stable, ""), *nodule(23, study.Growing, "")}}
	if got, why := p.Priority(r); got != study.Urgent || !strings.Contains(why, "growing") {
		t.Errorf("want urgent for a growing nodule, got %s (%s)", got, why)
	}
	r.Findings = r.Findings[:1]
	if got, why := p.Priority(r); got != study.Routine || why == "" {
		t.Errorf("want routine with a reason, got %s (%s)", got, why)
	}
}

func TestPolicyOfASite(t *testing.T) {
	p, err := ParsePolicy([]byte(`
name: north
rules:
  - {id: mass, priority: critical, reason: a mass, when: {finding: nodule, min_diameter_mm: 30}}
  - {id: big-heart, priority: urgent, when: {measure: cardiothoracic_ratio, above: 0.6}}
`))
	if err != nil {
		t.Fatal(err)
	}
	r := &study.Result{Measures: []study.Measurement{{Key: "cardiothoracic_ratio", Value: 0.61}}}
	if got, _ := p.Priority(r); got != study.Urgent {
		t.Errorf("want urgent, got %s", got)
	}
	r.Findings = []study.Finding{*nodule(31, "", "")}
	if got, why := p.Priority(r); got != study.Critical || !strings.Contains(why, "a mass") {
		t.Errorf("want critical, got %s (%s)", got, why)
	}
}

func TestPolicyErrorsSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"name: x": "rules",
		"nmae: x": "nmae",
		"rules: [{id: a, priority: soon, when: {finding: nodule}}]":                       "priority: want routine, urgent or critical",
		"rules: [{id: a, priority: urgent, when: {change: [bigger]}}]":                    "change: want new",
		"rules: [{id: a, priority: urgent, when: {}}]":                                    "at least one condition",
		"rules: [{id: a, priority: urgent, when: {measure: x}}]":                          "above or below",
		"rules: [{priority: urgent, when: {finding: nodule}}]":                            "id",
		"rules: [{id: a, priority: urgent, when: {finding: nodule, min_diameter_mm: x}}]": "",
		"rules: {": "",
	} {
		_, err := ParsePolicy([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want an error with %q, got %v", text, want, err)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: want one line, got %q", text, err)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(defaultPolicy)
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParsePolicy(data); err == nil {
			p.Priority(&study.Result{})
		}
	})
}
