package view

import (
	"strings"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/study"
)

func TestValue(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{23.04, "mm", "23.0\u00a0mm"}, {4.1234, "ml", "4.12\u00a0ml"}, {231.44, "mL", "231.4\u00a0ml"}, {1234.6, "ml", "1235\u00a0ml"},
		{-812.4, "[hnsf'U]", "−812\u00a0HU"}, {0.4431, "1", "0.44"}, {172.5, "d", "172\u00a0days"}, {9, "deg", "9.0°"}, {0, "mm", "0.0\u00a0mm"},
		{0.0004, "mm", "< 0.1\u00a0mm"}, {-0.2, "[hnsf'U]", "> −1\u00a0HU"}, {-0.0004, "ml", "−0.00040\u00a0ml"}, {1e-30, "1", "< 0.000001"}, {2e20, "{voxels}", "2e+20\u00a0voxels"}, {41.5, "{pixels}", "41.5\u00a0px"},
	} {
		if got := Value(c.v, c.unit); got != c.want {
			t.Errorf("%g %s: want %q, got %q", c.v, c.unit, c.want, got)
		}
	}
	for v, want := range map[float64]string{27.84: "+27.8", -3.21: "−3.2", 0.01: "0.0", -0.01: "0.0"} {
		if got := Signed(v, 1); got != want {
			t.Errorf("%g: want %s, got %s", v, want, got)
		}
	}
}

func TestWords(t *testing.T) {
	for key, want := range map[string]string{
		"longest_diameter": "Longest diameter", "longestDiameter": "Longest diameter", "hu_mean": "HU mean", "areaMM2": "Area mm²",
		"cardiothoracic_ratio": "Cardiothoracic ratio", "p95": "95th percentile", "huP95": "HU p95", "clipped-fraction": "Clipped fraction", "": "",
	} {
		if got := words(key); got != want {
			t.Errorf("%q: want %q, got %q", key, want, got)
		}
	}
}

func TestClip(t *testing.T) {
	long := clip(strings.Repeat("é", 100_000))
	if n := len([]rune(long)); n != maxRunes+1 || !strings.HasSuffix(long, "…") {
		t.Errorf("want %d characters and a mark, got %d", maxRunes, n)
	}
	if got := clip("a\n\t b\xff"); got != "a b\ufffd" {
		t.Errorf("got %q", got)
	}
}

func ids(p *Page) string {
	var out []string
	for _, s := range p.Sections {
		out = append(out, s.ID)
	}
	return strings.Join(out, " ")
}

func TestNothingIsClaimedOfWhatWasNotDone(t *testing.T) {
	skipped := &study.Result{Status: study.Done, Steps: []study.Step{{Name: "nodules", Outcome: "skipped", Reason: "no model"}}}
	p := Of(skipped)
	if got := ids(p); got != "impression cautions provenance" {
		t.Errorf("skipped: got sections %s", got)
	}
	if c, ok := p.Sections[0].Blocks[0].(Callout); !ok || c.Tone != Warn {
		t.Errorf("skipped: want a warning, got %+v", p.Sections[0].Blocks)
	}
	looked := &study.Result{Status: study.Done, Steps: []study.Step{{Name: "nodules", Outcome: "done"}}}
	if got := ids(Of(looked)); got != "impression findings provenance" {
		t.Errorf("looked: got sections %s", got)
	}
	failed := &study.Result{Status: study.Failed, Error: "cut short"}
	if c, ok := Of(failed).Sections[0].Blocks[0].(Callout); !ok || c.Tone != Alarm || c.Lines[0] != "Cut short" {
		t.Errorf("failed: want an alarm with the reason, got %+v", Of(failed).Sections[0].Blocks)
	}
}

func TestAdviceIsToldOnce(t *testing.T) {
	a := study.Advice{Text: "Chest CT", Guideline: "G", Edition: "2023", Citation: "C", Rule: "R", Urgency: study.Urgent}
	r := &study.Result{Findings: []study.Finding{{ID: "F1", Advice: []study.Advice{a}}, {ID: "F2", Advice: []study.Advice{a}}}}
	list := advice(r)[0].(List)
	if len(list.Items) != 1 || list.Items[0].Text != "Urgent: Chest CT (for F1, F2)." || list.Items[0].Note != "G 2023. C. Rule applied: R" {
		t.Errorf("got %+v", list.Items)
	}
}

func TestFiguresArePaired(t *testing.T) {
	image := func(id, finding string, prior bool) study.KeyImage {
		return study.KeyImage{ID: id, Title: map[bool]string{false: "Current: " + id, true: "Prior: " + id}[prior], Finding: finding, Prior: prior, Width: 1, Height: 1, Samples: 1, Pixels: []byte{0}}
	}
	when := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	r := &study.Result{Study: study.Ref{When: &when}, Prior: &study.Ref{}, KeyImages: []study.KeyImage{
		image("a", "", false), image("a0", "", true), image("f2", "F2", false), image("f1", "F1", false), image("f10", "F1", true), image("lost", "F9", true)}}
	var got []string
	for _, row := range figures(r)[0].(Figures).Rows {
		var names []string
		for _, f := range row {
			names = append(names, f.Image.ID)
		}
		got = append(got, strings.Join(names, "+"))
	}
	if s := strings.Join(got, " "); s != "a+a0 f1+f10 f2+lost" {
		t.Errorf("got rows %s", s)
	}
	if tag := figures(r)[0].(Figures).Rows[0][0].Tag; tag != "Current · 2024-01-02 · a" {
		t.Errorf("got tag %q", tag)
	}
}

func TestMeasuresTable(t *testing.T) {
	was := 4.0
	list := []study.Measurement{
		{Key: "volume", Label: "Left-Hippocampus", Value: 3.9, Unit: "ml", Method: "voxels", Prior: &was},
		{Key: "volume", Label: "Hippocampus", Side: study.Right, Value: 4.1, Unit: "ml", Method: "voxels"},
	}
	table := figuresTable(list, true)
	var titles []string
	for _, c := range table.Columns {
		titles = append(titles, c.Title)
	}
	if got := strings.Join(titles, "|"); got != "Structure|Volume|Prior|Change" {
		t.Errorf("got columns %s", got)
	}
	if got := strings.Join(table.Rows[0], "|") + " " + strings.Join(table.Rows[1], "|"); got != "Left Hippocampus|3.90\u00a0ml|4.00\u00a0ml|−2.5\u00a0% Hippocampus, right|4.10\u00a0ml|–|–" {
		t.Errorf("got rows %s", got)
	}
	if len(table.Notes) != 1 || table.Notes[0] != "Voxels" {
		t.Errorf("got notes %v", table.Notes)
	}
	r := &study.Result{Measures: []study.Measurement{{Key: "voxels"}, {Key: "centroid_x"}}}
	if measurements(r) != nil {
		t.Error("want figures for scripts left out of print")
	}
}

func TestStructuresWithSidesShareALine(t *testing.T) {
	was, year := 4.0, -1.25
	var list []study.Measurement
	for _, label := range []string{"Hippocampus", "Amygdala", "Caudate"} {
		list = append(list,
			study.Measurement{Key: "volume", Label: label, Value: 7.9, Unit: "ml", Method: "total"},
			study.Measurement{Key: "volume", Label: label, Side: study.Left, Value: 3.9, Unit: "ml", Method: "by side", Prior: &was, ChangePercentPerYear: &year},
			study.Measurement{Key: "volume", Label: label, Side: study.Right, Value: 4, Unit: "ml", Method: "by side"},
			study.Measurement{Key: "asymmetry", Label: label, Value: -2.53, Unit: "%"})
	}
	list = append(list, study.Measurement{Key: "volume", Label: "Brain-Stem", Value: 18, Unit: "ml"}, study.Measurement{Key: "mean", Label: "Caudate", Value: 1})
	table, rest := sidesTable(list)
	if table == nil || len(table.Rows) != 4 || len(rest) != 1 || rest[0].Key != "mean" {
		t.Fatalf("got %+v and %v", table, rest)
	}
	var titles []string
	for _, c := range table.Columns {
		titles = append(titles, c.Title)
	}
	if got := strings.Join(titles, "|"); got != "Structure|Left, ml|Prior|Right, ml|Total, ml|Asym.|Left %/year" {
		t.Errorf("got columns %s", got)
	}
	if got := strings.Join(table.Rows[0], "|"); got != "Hippocampus|3.90|4.00|4.00|7.90|−2.5\u00a0%|−1.2" {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(table.Rows[3], "|"); got != "Brain Stem|–|–|–|18.00|–|–" {
		t.Errorf("got %s", got)
	}
	if table, rest := sidesTable(list[:8]); table != nil || len(rest) != 8 {
		t.Error("want two structures left as they are")
	}
}
