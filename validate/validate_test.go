package validate

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestGates(t *testing.T) {
	gates, err := ParseGates([]byte("gates:\n  - {gate: 'dice.mean>=0.9', reason: agreed}\n  - gate: hd95.max<5\n  - gate: auc>0.5\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := &Report{Task: "masks", Overall: Figures{"dice.mean": 0.9, "hd95.max": 5}}
	r.Check(gates)
	want := []bool{true, false, false}
	for n, g := range r.Gates {
		if g.Passed != want[n] {
			t.Errorf("%s: want %v, got %v", g.Gate, want[n], g.Passed)
		}
	}
	if r.Passed() || r.Gates[2].Value != nil || !strings.Contains(r.Gates[2].Note, "dice.mean") {
		t.Errorf("a figure that isn't there fails and lists what is: %+v", r.Gates[2])
	}
	var out bytes.Buffer
	if err := WriteJUnit(&out, r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `tests="3" failures="2"`) || !strings.Contains(out.String(), "got 5") {
		t.Errorf("junit: got %s", out.String())
	}
	for _, bad := range []string{"dice", "dice.mean>=x", ">=0.9", "dice.mean>=NaN", "dice.mean==1", "dice.mean=>1"} {
		if _, err := ParseGate(bad); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
	if _, err := ParseGates([]byte("gate: dice.mean>=0.9")); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("want an error of one line, got %v", err)
	}
}

func TestGroupsAndGap(t *testing.T) {
	var list []Score
	for n := range 40 {
		sex := []string{"F", "M"}[n%2]
		positive := n%4 < 2
		score := 0.2
		if positive && (sex == "F" || n%8 < 4) {
			score = 0.8
		}
		list = append(list, Score{Group: sex, Score: score, Positive: positive})
	}
	r, err := Scores(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := GroupScores(r, "sex", list); err != nil {
		t.Fatal(err)
	}
	// F: all positives score higher: 1. M: half of the positives tie with the negatives: 0.75.
	if len(r.Groups) != 2 || r.Groups[0].Value != "F" || math.Abs(r.Overall["gap.sex.auc"]-0.25) > 1e-12 {
		t.Errorf("want a gap of 0.25 between F and M, got %+v and %v", r.Groups, r.Overall["gap.sex.auc"])
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestHostileTexts(t *testing.T) {
	for _, text := range []string{"", "{}", `{"boxes":[{"label":"a","box":[1,2,3]}]}`, `{"boxes":[{"label":"a","box":[3,2,1,4]}]}`, `{"boxes":[{"box":[1,2,3,4]}]}`} {
		if _, err := ReadBoxes(strings.NewReader(text)); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
	if got, err := ReadBoxes(strings.NewReader(`{"boxes":[]}`)); err != nil || len(got) != 0 {
		t.Errorf("no box is fine, got %v", err)
	}
	for _, text := range []string{"", "<a/>", "<annotation><object><name>x</name><bndbox><xmin>5</xmin><xmax>4</xmax></bndbox></object></annotation>"} {
		if _, err := ReadPascalVOC(strings.NewReader(text)); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
	a, _ := ReadTable(strings.NewReader("id,score\n1,0.5\n"))
	b, _ := ReadTable(strings.NewReader("id,label\n1,1\n2,0\n"))
	if _, err := ReadScores(a, b); err == nil || !strings.Contains(err.Error(), `"2"`) {
		t.Errorf("want the missing id named, got %v", err)
	}
}

func FuzzTexts(f *testing.F) {
	f.Add([]byte(`{"boxes":[{"label":"a","score":0.5,"box":[1,2,3,4]}]}`))
	f.Add([]byte("id,score,label\n1,0.5,1\n"))
	f.Add([]byte("<annotation><object><name>x</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>9</ymax></bndbox></object></annotation>"))
	f.Add([]byte("gates:\n  - gate: dice.mean>=0.9\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if boxes, err := ReadBoxes(bytes.NewReader(data)); err == nil {
			if _, err := Boxes([]BoxCase{{Pred: boxes, Truth: boxes}}); err != nil {
				t.Error(err)
			}
		}
		_, _ = ReadPascalVOC(bytes.NewReader(data))
		_, _ = ParseGates(data)
		if table, err := ReadTable(bytes.NewReader(data)); err == nil {
			_, _ = ReadScores(table, nil)
		}
	})
}
