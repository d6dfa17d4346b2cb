package draw

import (
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/study"
)

func measure(words string, size float64) float64 { return 0.5 * size * float64(len([]rune(words))) }

func TestOverlayMapsPixelsToPaper(t *testing.T) {
	k := &study.KeyImage{Width: 200, Height: 100, Annotations: []study.Annotation{
		{Kind: "caliper", Role: "finding", Points: [][2]float64{{20, 50}, {120, 50}}, Text: "10 mm"},
		{Kind: "outline", Role: "heart", Points: [][2]float64{{0, 0}, {200, 0}, {200, 100}}},
		{Kind: "point", Points: [][2]float64{{100, 50}}},
		{Kind: "box", Points: [][2]float64{{30, 40}, {10, 20}}},
		{Kind: "outline", Points: [][2]float64{{math.NaN(), 0}}},
	}}
	d, legend := Overlay(k, 80, 40, measure)
	if got := d.Lines[0].Points; got[0] != [2]float64{8, 20} || got[1] != [2]float64{48, 20} {
		t.Errorf("caliper: got %v", got)
	}
	if tick := d.Lines[1].Points; math.Abs(tick[0][0]-8) > 1e-9 || math.Abs(tick[1][1]-tick[0][1]) != 2 {
		t.Errorf("caliper: want a bar of 2 mm across its end, got %v", tick)
	}
	if last := d.Lines[3]; !last.Closed || last.Points[2] != [2]float64{80, 40} || last.Colour != Purple {
		t.Errorf("outline: got %+v", last)
	}
	if box := d.Lines[4]; !box.Closed || box.Points[0] != [2]float64{4, 8} || box.Points[2] != [2]float64{12, 16} {
		t.Errorf("box: got %+v", box)
	}
	if len(d.Dots) != 1 || d.Dots[0].X != 40 || len(d.Lines) != 5 {
		t.Errorf("got %d dots and %d lines", len(d.Dots), len(d.Lines))
	}
	if len(legend) != 2 || legend[0].Words != "finding" || legend[1].Words != "heart" {
		t.Errorf("got legend %v", legend)
	}
}

func TestScaleBar(t *testing.T) {
	k := &study.KeyImage{Width: 500, Height: 500, PixelMM: &[2]float64{0.5, 0.5}}
	d, _ := Overlay(k, 100, 100, measure)
	bar := d.Boxes[len(d.Boxes)-1]
	if d.Texts[0].Words != "5 cm" || math.Abs(bar.W-20) > 1e-9 {
		t.Errorf("250 mm on 100 mm of paper: want a bar of 20 mm for 5 cm, got %q, %.2f mm", d.Texts[0].Words, bar.W)
	}
	for name, mm := range map[string]*[2]float64{"unknown": nil, "zero": {0, 1}, "absurd": {1e200, 1}} {
		k.PixelMM = mm
		if d, _ := Overlay(k, 100, 100, measure); d.Texts[0].Words != "no scale: pixel spacing not known" {
			t.Errorf("%s: got %q", name, d.Texts[0].Words)
		}
	}
}

func TestLabelsKeepClear(t *testing.T) {
	k := &study.KeyImage{Width: 100, Height: 100}
	for n := range 60 {
		k.Annotations = append(k.Annotations, study.Annotation{Kind: "point", Points: [][2]float64{{50 + float64(n%7), 50 + float64(n%5)}}, Text: "a label"})
	}
	k.Annotations = append(k.Annotations, study.Annotation{Kind: "text", Role: "marker", Points: [][2]float64{{-5, 300}}, Text: "R"})
	d, _ := Overlay(k, 80, 80, measure)
	if len(d.Boxes) < 10 {
		t.Errorf("want labels set, got %d", len(d.Boxes))
	}
	for i, a := range d.Boxes {
		if a.X < 0 || a.Y < 0 || a.X+a.W > 80 || a.Y+a.H > 80 {
			t.Errorf("label %d leaves the picture: %+v", i, a)
		}
		for _, b := range d.Boxes[i+1:] {
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("labels overlap: %+v, %+v", a, b)
			}
		}
	}
}

func TestSizeKeepsProportions(t *testing.T) {
	k := &study.KeyImage{Width: 100, Height: 50, PixelMM: &[2]float64{1, 4}}
	if w, h := Size(k, 90, 90); math.Abs(w-45) > 1e-9 || math.Abs(h-90) > 1e-9 {
		t.Errorf("want 45 by 90 mm for pixels four times as high as wide, got %.1f by %.1f", w, h)
	}
}

func TestPlot(t *testing.T) {
	c := &study.Curve{XLabel: "days", YLabel: "mm", Series: []study.CurveSeries{{Name: "F1", X: []float64{0, 183}, Y: []float64{18, 23}}}}
	d := Plot(c, 118, 40, measure)
	if len(d.Dots) != 2 || d.Dots[0].X >= d.Dots[1].X || d.Dots[0].Y <= d.Dots[1].Y {
		t.Errorf("want two points that rise to the right, got %+v", d.Dots)
	}
	hostile := []study.Curve{
		{}, {Series: []study.CurveSeries{{X: []float64{1}, Y: nil}}},
		{Series: []study.CurveSeries{{X: []float64{1}, Y: []float64{5}}}},
		{Series: []study.CurveSeries{{X: []float64{0, math.Inf(1), 1e300, math.NaN()}, Y: []float64{0, 1, 2, 3}}}},
		{Series: []study.CurveSeries{{X: []float64{1e14, 1e14}, Y: []float64{-1e-12, 1e-12}}}},
		{Series: []study.CurveSeries{{X: []float64{-5, 5}, Y: []float64{-1e14, 1e14}}, {Name: "b", X: []float64{1}, Y: []float64{0}}}},
	}
	for n := range hostile {
		d := Plot(&hostile[n], 118, 40, measure)
		if (n < 2) != (d == nil) {
			t.Errorf("curve %d: got %v", n, d)
			continue
		}
		if d == nil {
			continue
		}
		for _, dot := range d.Dots {
			if !(dot.X >= 0 && dot.X <= 118 && dot.Y >= 0 && dot.Y <= 40) {
				t.Errorf("curve %d: point at %.1f, %.1f", n, dot.X, dot.Y)
			}
		}
		for _, x := range d.Texts {
			if math.IsNaN(x.X + x.Y) {
				t.Errorf("curve %d: %q at no place", n, x.Words)
			}
		}
	}
}
