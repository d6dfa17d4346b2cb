package draw

import (
	"math"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

const (
	plotType   = 2.6
	maxSeries  = 6
	maxSamples = 4000
)

// Plot draws a curve with axes, ticks, markers and, for more than one series, a legend. It returns nil
// where there is no finite point.
func Plot(c *study.Curve, w, h float64, measure Measure) *Drawing {
	series := finiteSeries(c)
	if len(series) == 0 {
		return nil
	}
	d := &Drawing{W: w, H: h}
	x0, x1, y0, y1 := span(series)
	dense := len(series) == 1 && len(series[0].X) > 12
	xt := ticks(x0, x1, 6)
	if !dense && y0 > 0 && y0 < (y1-y0)*6 {
		y0 = 0
	}
	yt := ticks(y0, y1, 5)
	if !dense {
		y0, y1 = math.Min(y0, yt[0]), math.Max(y1, yt[len(yt)-1])
	}
	pad := (x1 - x0) * 0.04
	x0, x1 = x0-pad, x1+pad
	left := 8.0
	for _, t := range yt {
		left = math.Max(left, measure(tickText(t, yt), plotType)+6)
	}
	top, right, bottom := 3.0, 4.0, 9.5
	if len(series) > 1 {
		top = 6.5
	}
	px := func(x float64) float64 { return left + (x-x0)/(x1-x0)*(w-left-right) }
	py := func(y float64) float64 { return h - bottom - (y-y0)/(y1-y0)*(h-top-bottom) }
	for _, t := range yt {
		d.Lines = append(d.Lines, Line{Points: [][2]float64{{left, py(t)}, {w - right, py(t)}}, Width: 0.1, Colour: Pale})
		d.Texts = append(d.Texts, Text{X: left - 1.2, Y: py(t) + plotType*0.33, SizeMM: plotType, Words: tickText(t, yt), Align: 1, Colour: Grey})
	}
	for _, t := range xt {
		if t < x0 || t > x1 {
			continue
		}
		d.Lines = append(d.Lines, Line{Points: [][2]float64{{px(t), h - bottom}, {px(t), h - bottom + 0.9}}, Width: 0.2, Colour: Grey})
		d.Texts = append(d.Texts, Text{X: px(t), Y: h - bottom + 3.7, SizeMM: plotType, Words: tickText(t, xt), Colour: Grey})
	}
	d.Lines = append(d.Lines, Line{Points: [][2]float64{{left, top}, {left, h - bottom}, {w - right, h - bottom}}, Width: 0.2, Colour: Grey})
	d.Texts = append(d.Texts,
		Text{X: (left + w - right) / 2, Y: h - 1.2, SizeMM: plotType, Words: shorten(c.XLabel, w-left-right, plotType, measure), Colour: Grey},
		Text{X: 2.6, Y: (top + h - bottom) / 2, SizeMM: plotType, Words: shorten(c.YLabel, h-top-bottom, plotType, measure), Up: true, Colour: Grey})
	shapes := []string{"circle", "square", "triangle"}
	colours := []Colour{Blue, Vermilion, Green, Purple, Orange, Sky}
	legendX := left + 1
	for n, s := range series {
		colour, shape := colours[n%len(colours)], shapes[n%len(shapes)]
		var points [][2]float64
		for m := range s.X {
			points = append(points, [2]float64{px(s.X[m]), py(s.Y[m])})
		}
		if len(points) > 1 {
			d.Lines = append(d.Lines, Line{Points: points, Width: 0.45, Colour: colour})
		}
		if len(points) <= 40 {
			for _, p := range points {
				d.Dots = append(d.Dots, Dot{p[0], p[1], 1, shape, colour})
			}
		}
		if len(series) == 1 && len(points) <= 8 {
			valueLabels(d, s, points, measure)
		}
		if len(series) > 1 {
			words := shorten(s.Name, 40, plotType, measure)
			if wide := measure(words, plotType) + 8; legendX+wide <= w-right {
				d.Dots = append(d.Dots, Dot{legendX + 1, 2.4, 1, shape, colour})
				d.Texts = append(d.Texts, Text{X: legendX + 3, Y: 3.3, SizeMM: plotType, Words: words, Align: -1, Colour: Black})
				legendX += wide
			}
		}
	}
	return d
}

// valueLabels writes each figure above its point, where it covers no other.
func valueLabels(d *Drawing, s study.CurveSeries, points [][2]float64, measure Measure) {
	last := math.Inf(-1)
	for m, p := range points {
		words := strconv.FormatFloat(s.Y[m], 'f', 1, 64)
		if math.Abs(s.Y[m]) >= 1e5 || math.Abs(s.Y[m]) < 0.1 {
			words = strconv.FormatFloat(s.Y[m], 'g', 3, 64)
		}
		half := measure(words, plotType) / 2
		x := math.Min(p[0], d.W-half-0.5)
		if x-half < last {
			continue
		}
		y := p[1] - 1.8
		if y < plotType {
			y = p[1] + 4.2
		}
		d.Texts = append(d.Texts, Text{X: x, Y: y, SizeMM: plotType, Words: words, Bold: true, Colour: Black})
		last = x + half + 0.5
	}
}

func finiteSeries(c *study.Curve) []study.CurveSeries {
	var out []study.CurveSeries
	for _, s := range c.Series {
		keep := study.CurveSeries{Name: s.Name}
		for n := range min(len(s.X), len(s.Y), maxSamples) {
			if x, y := s.X[n], s.Y[n]; !math.IsNaN(x+y) && math.Abs(x) < 1e15 && math.Abs(y) < 1e15 {
				keep.X, keep.Y = append(keep.X, x), append(keep.Y, y)
			}
		}
		if len(keep.X) > 0 && len(out) < maxSeries {
			out = append(out, keep)
		}
	}
	return out
}

// span is the range of all series, never of no width.
func span(series []study.CurveSeries) (x0, x1, y0, y1 float64) {
	x0, x1, y0, y1 = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, s := range series {
		for n := range s.X {
			x0, x1 = math.Min(x0, s.X[n]), math.Max(x1, s.X[n])
			y0, y1 = math.Min(y0, s.Y[n]), math.Max(y1, s.Y[n])
		}
	}
	widen := func(a, b float64) (float64, float64) {
		if least := math.Max(1e-9, 1e-9*math.Max(math.Abs(a), math.Abs(b))); b-a < least {
			half := math.Max(0.5, math.Abs(a)*0.1)
			return a - half, b + half
		}
		return a, b
	}
	x0, x1 = widen(x0, x1)
	y0, y1 = widen(y0, y1)
	return x0, x1, y0, y1
}

// ticks are round numbers from at or below lo to at or above hi, about n of them.
func ticks(lo, hi float64, n int) []float64 {
	raw := (hi - lo) / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, f := range []float64{1, 2, 5} {
		if f*power >= raw {
			step = f * power
			break
		}
	}
	first, last := math.Floor(lo/step+1e-9), math.Ceil(hi/step-1e-9)
	var out []float64
	for k := first; k <= last && len(out) < 20; k++ {
		out = append(out, k*step)
	}
	return out
}

func tickText(v float64, all []float64) string {
	decimals := 0
	if len(all) > 1 {
		if step := all[1] - all[0]; step < 1 {
			decimals = min(8, int(math.Ceil(-math.Log10(step)-1e-9)))
		}
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if math.Abs(v) >= 1e7 {
		s = strconv.FormatFloat(v, 'g', 3, 64)
	}
	if strings.Trim(s, "-0.") == "" {
		return "0"
	}
	return strings.Replace(s, "-", "−", 1)
}
