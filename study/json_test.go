package study

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/volume"
)

func TestMarshalIsComplete(t *testing.T) {
	text, err := json.Marshal(&Result{Run: &Run{}})
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	for _, want := range []string{`"schema":1`, `"findings":[]`, `"steps":[]`, `"priority":"routine"`, `"reportStatus":"preliminary"`, Disclaimer} {
		if !strings.Contains(s, want) {
			t.Errorf("want %s in %s", want, s)
		}
	}
	if strings.Contains(s, "null") {
		t.Errorf("want no null in %s", s)
	}
	if at := strings.Index(s, `"run":`); at < 0 || strings.Contains(s[at:], `"disclaimer"`) {
		t.Error("want the block run last")
	}
	r := Result{Findings: []Finding{{ID: "F1"}}}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	if r.Steps != nil || r.Schema != 0 {
		t.Error("marshalling changed the result itself")
	}
}

// TestNamesAreLowerCamel holds each JSON name to its field: the first word in lower case, the rest as it is.
func TestNamesAreLowerCamel(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			walk(typ.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[typ] || typ == reflect.TypeFor[time.Time]() {
			return
		}
		seen[typ] = true
		for n := range typ.NumField() {
			f := typ.Field(n)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			if !strings.EqualFold(name, f.Name) || name == "" || name[0] < 'a' || name[0] > 'z' {
				t.Errorf("%s.%s: got the JSON name %q", typ.Name(), f.Name, name)
			}
			walk(f.Type)
		}
	}
	walk(reflect.TypeFor[Result]())
	walk(reflect.TypeFor[Study]())
	walk(reflect.TypeFor[WorklistEntry]())
	if len(seen) < 20 {
		t.Fatalf("want every type of the record seen, got %d", len(seen))
	}
}

func TestFinite(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	good := Result{Findings: []Finding{{Measures: []Measurement{{Value: 1}}}}, Run: &Run{StepSeconds: map[string]float64{"a": 1}}}
	if err := good.Finite(); err != nil {
		t.Error(err)
	}
	for want, r := range map[string]Result{
		"Findings[0].Measures[0].Value":            {Findings: []Finding{{Measures: []Measurement{{Value: nan}}}}},
		"Findings[0].Change.Percent":               {Findings: []Finding{{Change: &Change{Percent: &inf}}}},
		"Findings[0].Region.Outline[1][0]":         {Findings: []Finding{{Region: Region{Outline: [][2]float64{{1, 2}, {nan, 0}}}}}},
		"Measures[0].Interval[1]":                  {Measures: []Measurement{{Interval: &[2]float64{0, inf}}}},
		"KeyImages[0].Geometry.Spacing[2]":         badSpacing(nan),
		"Run.StepSeconds[a]":                       {Run: &Run{StepSeconds: map[string]float64{"a": nan}}},
		"KeyImages[0].Annotations[0].Points[0][1]": {KeyImages: []KeyImage{{Annotations: []Annotation{{Points: [][2]float64{{0, -inf}}}}}}},
	} {
		if err := r.Finite(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error at %s, got %v", want, err)
		}
	}
}

func TestWorklistOrder(t *testing.T) {
	list := []WorklistEntry{
		{Study: "e", Priority: Routine, Status: Failed}, {Study: "d", Priority: Routine, Status: Skipped},
		{Study: "c", PatientKey: "2", Priority: Routine, Status: Done}, {Study: "b", PatientKey: "1", Priority: Routine, Status: Done},
		{Study: "f", Priority: Urgent, Status: Done}, {Study: "g", Priority: Critical, Status: Done}, {Study: "a", PatientKey: "1", Priority: Routine, Status: Done},
	}
	SortWorklist(list)
	got := ""
	for _, e := range list {
		got += e.Study
	}
	if got != "gfabcde" {
		t.Errorf("want gfabcde, got %s", got)
	}
	r := Result{Study: Ref{Key: "k", PatientKey: "p", Modality: "CT"}, Recipe: "ct", Status: Failed, Error: "why"}
	if e := r.Entry("x/report.json"); e != (WorklistEntry{"k", "p", "CT", "ct", Routine, Failed, "x/report.json", "why"}) {
		t.Errorf("got %+v", e)
	}
}

func TestMeasureByKeyAndUnit(t *testing.T) {
	list := []Measurement{{Key: KeyLongestDiameter, Unit: "{pixels}", Value: 40}, {Key: KeyLongestDiameter, Unit: "mm", Value: 8}}
	if m := Measure(list, KeyLongestDiameter, "mm"); m == nil || m.Value != 8 {
		t.Errorf("got %+v", m)
	}
	if m := Measure(list, KeyLongestDiameter, ""); m == nil || m.Value != 40 {
		t.Errorf("got %+v", m)
	}
	if m := Measure(list, KeyVolume, ""); m != nil {
		t.Errorf("got %+v", m)
	}
}

func badSpacing(v float64) Result {
	g := volume.Identity([3]int{1, 1, 1}, [3]float64{1, 1, v})
	return Result{KeyImages: []KeyImage{{Geometry: &g}}}
}
