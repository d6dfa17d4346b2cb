package web

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/report/internal/view"
	"github.com/caliper-imaging/caliper/study"
)

const hostile = "\"><script>alert(1)</script>' onload='x' \x00\x01\xff javascript:"

func hostileResult() *study.Result {
	px := []byte{1, 2, 3, 4}
	return &study.Result{
		Status: study.Done, Priority: study.Priority(hostile), PriorityReason: hostile, Recipe: hostile,
		Study:      study.Ref{Key: hostile, PatientKey: hostile, Modality: hostile, BodyPart: hostile},
		Impression: []string{hostile}, Limits: []string{hostile},
		Findings:  []study.Finding{{ID: hostile, Site: hostile, Change: &study.Change{Kind: study.ChangeKind(hostile), Reason: hostile}}},
		Measures:  []study.Measurement{{Key: hostile, Label: hostile, Unit: hostile, Method: hostile, Value: 1}},
		KeyImages: []study.KeyImage{{ID: hostile, Title: hostile, Caption: hostile, Width: 2, Height: 2, Samples: 1, Pixels: px, Annotations: []study.Annotation{{Kind: "text", Points: [][2]float64{{1, 1}}, Text: hostile, Role: hostile}}}},
		Curves:    []study.Curve{{ID: hostile, Title: hostile, XLabel: hostile, YLabel: hostile, Series: []study.CurveSeries{{Name: hostile, X: []float64{1}, Y: []float64{1}}}}},
	}
}

func TestHostileTextStaysText(t *testing.T) {
	var page, index bytes.Buffer
	if err := WriteReport(&page, view.Of(hostileResult())); err != nil {
		t.Fatal(err)
	}
	r := hostileResult()
	rows := []*Row{{Entry: r.Entry("a b/" + hostile + "/report.json"), Result: r, Thumb: &r.KeyImages[0], Files: []string{"a b/" + hostile + "/report.pdf"}}, nil}
	next := func() (*Row, error) {
		row := rows[0]
		rows = rows[1:]
		return row, nil
	}
	if err := WriteIndex(&index, Counts{}, next); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"report": page.String(), "index": index.String()} {
		if strings.Contains(text, "<script>alert") || strings.Contains(text, "onload='") || strings.ContainsAny(text, "\x00\x01") {
			t.Errorf("%s: text became markup", name)
		}
		if strings.Contains(text, `href="javascript`) {
			t.Errorf("%s: text became an address", name)
		}
		balanced(t, name, text)
	}
}

// balanced reads a page as XML would, with HTML's elements that have no end.
func balanced(t *testing.T, name, text string) {
	t.Helper()
	if cut := strings.Index(text, "<script>(function"); cut >= 0 {
		text = text[:cut] + text[strings.Index(text, "</script>")+len("</script>"):]
	}
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "<!doctype html>")))
	d.Strict = false
	d.AutoClose = []string{"meta", "input"}
	d.Entity = xml.HTMLEntity
	var open []string
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch x := tok.(type) {
		case xml.StartElement:
			if x.Name.Local != "meta" && x.Name.Local != "input" {
				open = append(open, x.Name.Local)
			}
		case xml.EndElement:
			if x.Name.Local == "meta" || x.Name.Local == "input" {
				continue
			}
			if len(open) == 0 || open[len(open)-1] != x.Name.Local {
				t.Fatalf("%s: </%s> ends %v", name, x.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) != 0 {
		t.Errorf("%s: not ended: %v", name, open)
	}
}

func TestShrinkAverages(t *testing.T) {
	k := &study.KeyImage{Width: 4, Height: 2, Samples: 1, Pixels: []byte{0, 10, 100, 200, 20, 30, 100, 200}}
	small := shrink(k, 2, 1)
	for x, want := range []uint32{15, 150} {
		if got, _, _, _ := small.At(x, 0).RGBA(); got>>8 != want {
			t.Errorf("pixel %d: want %d, got %d", x, want, got>>8)
		}
	}
	if b := shrink(k, 100, 100).Bounds(); b.Dx() != 4 || b.Dy() != 2 {
		t.Errorf("want no enlargement, got %v", b)
	}
}

func TestLinkStaysRelative(t *testing.T) {
	for in, want := range map[string]string{
		"studies/ab/report.pdf": "./studies/ab/report.pdf", "a b/#?/x": "./a%20b/%23%3F/x", "javascript:alert(1)/report.pdf": "./javascript:alert%281%29/report.pdf",
	} {
		if got := link(in); got != want {
			t.Errorf("%s: want %s, got %s", in, want, got)
		}
	}
}
