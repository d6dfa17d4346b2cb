package compare

import (
	"math"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

type shift [3]float64

func (s shift) Map(p [3]float64) [3]float64 {
	return [3]float64{p[0] + s[0], p[1] + s[1], p[2] + s[2]}
}

func nodule(id string, x, y, mm float64) study.Finding {
	return study.Finding{
		ID: id, What: study.Concept{Scheme: "SCT", Code: "27925004", Meaning: "Nodule"},
		Region:   study.Region{CentreLPS: &[3]float64{x, y, 0}},
		Measures: []study.Measurement{{Key: "longest_diameter", Value: mm, Unit: "mm", Plane: "patient"}},
	}
}

func TestKindsOfChange(t *testing.T) {
	current := []study.Finding{nodule("a", 0, 0, 23), nodule("b", 100, 0, 12), nodule("c", 0, 100, 9), nodule("d", 200, 200, 8)}
	prior := []study.Finding{nodule("p1", 12, 3, 18), nodule("p2", 113, -2, 12.5), nodule("p3", 8, 104, 14), nodule("p4", -90, -90, 7)}
	got := Match(current, prior, shift{10, 0, 0}, Options{IntervalDays: 182, PriorStudy: "k"})
	want := []study.ChangeKind{study.Growing, study.Stable, study.Shrinking, study.New}
	for n, f := range got.Findings {
		if f.Change.Kind != want[n] {
			t.Errorf("%s: want %s, got %s (%s)", f.ID, want[n], f.Change.Kind, f.Change.Reason)
		}
	}
	if len(got.Resolved) != 1 || got.Resolved[0].ID != "p4" || got.Resolved[0].Change.Kind != study.Resolved {
		t.Errorf("want p4 resolved, got %+v", got.Resolved)
	}
	c := got.Findings[0].Change
	if c.PriorFinding != "p1" || math.Abs(*c.Percent-100*5/18.0) > 1e-9 {
		t.Errorf("want p1 and 27.8 %%, got %s and %v", c.PriorFinding, *c.Percent)
	}
	// 182·ln 2/(3·ln(23/18)) by hand
	if want := 182 * 0.6931471805599453 / (3 * 0.2451224580329851); math.Abs(*c.DoublingTimeDays-want) > 1e-6 {
		t.Errorf("doubling time: want %.3f days, got %.3f", want, *c.DoublingTimeDays)
	}
	if current[0].Change != nil {
		t.Error("the input was changed")
	}
}

func TestNoDatesNoDoublingTime(t *testing.T) {
	got := Match([]study.Finding{nodule("a", 0, 0, 23)}, []study.Finding{nodule("p", 0, 0, 18)}, shift{}, Options{})
	c := got.Findings[0].Change
	if c.Kind != study.Growing || c.DoublingTimeDays != nil || c.IntervalDays != nil {
		t.Errorf("want growing without times, got %+v", c)
	}
}

func TestNotComparable(t *testing.T) {
	now, before := nodule("a", 0, 0, 23), nodule("p", 0, 0, 18)
	for name, f := range map[string]func() Outcome{
		"refused": func() Outcome {
			return Match([]study.Finding{now}, []study.Finding{before}, shift{}, Options{Refused: "correlation of 0.10 is below 0.25"})
		},
		"no transform": func() Outcome { return Match([]study.Finding{now}, []study.Finding{before}, nil, Options{}) },
		"other unit": func() Outcome {
			px := nodule("p", 0, 0, 90)
			px.Measures[0].Unit = "{pixels}"
			return Match([]study.Finding{now}, []study.Finding{px}, shift{}, Options{})
		},
		"other plane": func() Outcome {
			det := nodule("p", 0, 0, 20)
			det.Measures[0].Plane = "detector"
			return Match([]study.Finding{now}, []study.Finding{det}, shift{}, Options{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := f().Findings[0].Change
			if c.Kind != study.NotComparable || c.Reason == "" || c.Percent != nil {
				t.Errorf("want not comparable with a reason, got %+v", c)
			}
		})
	}
}

func TestBoxesOnGridsArePlaced(t *testing.T) {
	g := volume.Identity([3]int{100, 100, 1}, [3]float64{2, 2, 1})
	a, b := nodule("a", 0, 0, 23), nodule("p", 0, 0, 22)
	a.Region = study.Region{Box: &[4]float64{10, 10, 20, 20}}
	b.Region = study.Region{Box: &[4]float64{15, 10, 25, 20}}
	got := Match([]study.Finding{a}, []study.Finding{b}, shift{10, 0, 0}, Options{Current: g, Prior: g})
	if c := got.Findings[0].Change; c.Kind != study.Stable || math.Abs(*c.MatchDistanceMM) > 1e-9 {
		t.Errorf("want stable at a distance of 0, got %+v", c)
	}
	got = Match([]study.Finding{a}, nil, shift{}, Options{})
	if c := got.Findings[0].Change; c.Kind != study.NotComparable || !strings.Contains(c.Reason, "position") {
		t.Errorf("want not comparable for want of a position, got %+v", c)
	}
}
