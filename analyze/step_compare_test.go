package analyze

import (
	"testing"

	"github.com/caliper-imaging/caliper/analyze/compare"
	"github.com/caliper-imaging/caliper/study"
)

type still struct{}

func (still) Map(p [3]float64) [3]float64 { return p }

func at(id string, x, mm float64) study.Finding {
	return study.Finding{ID: id, What: nodule, Region: study.Region{CentreLPS: &[3]float64{x, 0, 0}},
		Measures: []study.Measurement{{Key: study.KeyLongestDiameter, Value: mm, Unit: "mm"}}}
}

// TestWeakMatches: what only the operating point hides in the other study is neither new nor resolved;
// what is not there at all is.
func TestWeakMatches(t *testing.T) {
	c := &Case{
		Current: &Exam{Findings: []study.Finding{at("N1", 0, 20), at("N2", 100, 12)}, Weak: []study.Finding{at("N3", 201, 15), at("N4", 400, 9)}},
		Prior:   &Exam{Findings: []study.Finding{at("P1", 200, 10), at("P2", 300, 9)}, Weak: []study.Finding{at("P3", 2, 15)}, Prior: true},
		Result:  &study.Result{},
	}
	o := compare.Options{IntervalDays: 100}
	got := compare.Match(c.Current.Findings, c.Prior.Findings, still{}, o)
	c.weakMatches(&got, still{}, o)
	want := map[string]study.ChangeKind{"N1": study.Growing, "N2": study.New, "N3": study.Growing}
	for _, f := range got.Findings {
		if f.Change == nil || f.Change.Kind != want[f.ID] {
			t.Errorf("%s: want %q, got %+v", f.ID, want[f.ID], f.Change)
		}
		delete(want, f.ID)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	if len(got.Resolved) != 1 || got.Resolved[0].ID != "P2" || got.Resolved[0].Change.Kind != study.Resolved {
		t.Errorf("resolved: want P2 alone, got %+v", got.Resolved)
	}
	if n := len(c.Prior.Findings); n != 3 {
		t.Errorf("prior findings to draw: want P3 added, got %d", n)
	}
}
