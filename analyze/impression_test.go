package analyze

import (
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// The summary says what was measured, of the mask beside the image too, and what was not read.
func TestImpression(t *testing.T) {
	g := volume.Geometry{Size: [3]int{4, 4, 2}, Spacing: [3]float64{1, 1, 1}, Axes: [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}
	given, err := volume.NewMask(g)
	if err != nil {
		t.Fatal(err)
	}
	given.Labels[5] = 3
	length := study.Measurement{Key: study.KeyLongestDiameter, Value: 116.5, Unit: "mm", Label: "label 3"}
	heart := study.Measurement{Key: study.KeyCardiothoracicRatio, Value: 0.55, Unit: "1"}
	body := study.Measurement{Key: study.KeyVolume, Value: 1700, Unit: "ml", Label: "body"}
	for name, c := range map[string]struct {
		view     string
		given    *volume.Mask
		findings []study.Finding
		measures []study.Measurement
		want     string
	}{
		"nothing":   {want: "Nothing was measured beyond image quality."},
		"body":      {measures: []study.Measurement{body}, want: "No lesion was searched for; the figures are listed under measurements."},
		"mask":      {given: given, measures: []study.Measurement{length}, want: "Given mask, label 3, longest diameter 116.5 mm."},
		"AP":        {view: "AP", measures: []study.Measurement{heart}, want: "Cardiothoracic ratio 0.55; an AP film magnifies the heart."},
		"PA":        {view: "PA", measures: []study.Measurement{heart}, want: "Cardiothoracic ratio 0.55."},
		"view":      {measures: []study.Measurement{heart}, want: "Cardiothoracic ratio 0.55; the view is not known, and an AP film magnifies the heart."},
		"no longer": {findings: []study.Finding{{ID: "P1", What: study.Concept{Meaning: "Nodule"}, Site: "right upper zone", Measures: []study.Measurement{length}, Change: &study.Change{Kind: study.Resolved}}}, want: "P1: nodule candidate of the prior study, measured 116.5 mm there, right upper zone; no longer seen."},
	} {
		exam := &Exam{Series: study.Series{View: c.view}, Findings: c.findings, Measures: c.measures, Masks: map[string]*Labelled{}}
		if c.given != nil {
			exam.Masks["given"] = &Labelled{Mask: c.given}
		}
		k := &Case{Current: exam, Result: &study.Result{}}
		if err := impressionStep.run(t.Context(), k, nil); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(k.Result.Impression, " "); got != c.want {
			t.Errorf("%s: want %q, got %q", name, c.want, got)
		}
	}

	c := &Case{Result: &study.Result{}}
	c.noteUnread(study.Study{Series: []study.Series{{Modality: "CT", Frames: 3}, {Modality: "MR", BodyPart: "BRAIN"}, {Modality: "PT"}}}, 0)
	var texts []string
	for _, i := range c.Result.Issues {
		texts = append(texts, i.Text)
	}
	if got, want := strings.Join(texts, "|"), "one of 3 series was read; not the others: MR BRAIN, PT|the first of 3 frames or time points was read"; got != want {
		t.Errorf("want %q, got %q", want, got)
	}
}
