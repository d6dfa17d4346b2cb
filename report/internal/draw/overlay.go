package draw

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

const (
	labelMM    = 2.5 // type on images
	markerMM   = 3.8 // the side's letter
	maxLabels  = 24
	maxNamed   = 6 // outlines with a label of their own; of more only the number is told
	maxMarks   = 400
	maxPoints  = 20000
	scaleBarMM = 22.0 // longest scale bar on paper
)

// Legend is a colour and what it stands for.
type Legend struct {
	Colour Colour
	Words  string
}

// roles gives each role of an annotation its colour and its words.
var roles = []struct {
	role   string
	colour Colour
	words  string
}{
	{"finding", Yellow, "finding"},
	{"prior", Orange, "finding in the prior"},
	{"lung-right", Sky, "right lung field"},
	{"lung-left", Green, "left lung field"},
	{"heart", Purple, "heart"},
	{"measurement", White, "measurement"},
	{"marker", White, ""},
	{"structure", Orange, "structure"},
}

func roleColour(role string) (Colour, string) {
	for _, r := range roles {
		if r.role == role {
			return r.colour, r.words
		}
	}
	if role == "" {
		return Yellow, ""
	}
	cycle := []Colour{Sky, Orange, Green, Purple, Vermilion, Blue}
	sum := 0
	for _, c := range []byte(role) {
		sum += int(c)
	}
	return cycle[sum%len(cycle)], strings.ReplaceAll(role, "-", " ")
}

// Size is how large a key image may be drawn within w by h mm without distortion.
func Size(k *study.KeyImage, w, h float64) (float64, float64) {
	iw, ih := Extent(k)
	s := math.Min(w/iw, h/ih)
	return iw * s, ih * s
}

// Extent is the image's size in mm, or in pixels where its spacing isn't known.
func Extent(k *study.KeyImage) (float64, float64) {
	w, h := math.Max(1, float64(k.Width)), math.Max(1, float64(k.Height))
	if scaled(k) {
		return w * k.PixelMM[0], h * k.PixelMM[1]
	}
	return w, h
}

// scaled reports whether the spacing of the rendering is known and sane.
func scaled(k *study.KeyImage) bool {
	sane := func(mm float64) bool { return mm > 1e-5 && mm < 1e4 }
	return k.PixelMM != nil && sane(k.PixelMM[0]) && sane(k.PixelMM[1])
}

// Overlay draws the annotations of a key image over a picture of w by h mm, with labels that do not
// cover one another and a scale bar where the spacing is known.
func Overlay(k *study.KeyImage, w, h float64, measure Measure) (*Drawing, []Legend) {
	d := &Drawing{W: w, H: h}
	sx, sy := w/math.Max(1, float64(k.Width)), h/math.Max(1, float64(k.Height))
	l := labeller{d: d, measure: measure}
	l.scaleBar(k)
	var legend []Legend
	seen := map[string]bool{}
	var labels []label
	for n, a := range k.Annotations {
		if n == maxMarks {
			break
		}
		points := place(a.Points, sx, sy)
		if len(points) == 0 {
			continue
		}
		colour, words := roleColour(a.Role)
		if a.Role == "structure" && a.Text != "" {
			colour, _ = roleColour("of " + a.Text)
			words = ""
		}
		if words != "" && !seen[words] {
			seen[words] = true
			legend = append(legend, Legend{colour, words})
		}
		anchor := mark(d, a.Kind, points, colour)
		if a.Text == "" {
			continue
		}
		lo, hi := bounds(points)
		x := label{at: anchor, words: a.Text, colour: colour, bare: a.Role == "marker", outline: a.Kind == "outline", area: (hi[0] - lo[0]) * (hi[1] - lo[1])}
		same := slices.IndexFunc(labels, func(l label) bool { return l.outline && x.outline && l.words == x.words })
		switch {
		case same < 0:
			labels = append(labels, x)
		case x.area > labels[same].area:
			labels[same] = x
		}
	}
	outlines := 0
	for _, x := range labels {
		if x.outline {
			outlines++
		}
	}
	for n, x := range labels {
		if n == maxLabels {
			break
		}
		if outlines <= maxNamed || !x.outline {
			l.put(x)
		}
	}
	if outlines > maxNamed {
		legend = append(legend, Legend{White, fmt.Sprintf("%d structures outlined, named in the table", outlines)})
	}
	return d, legend
}

// place maps pixels to mm, and drops what is not finite and points that would fall together.
func place(points [][2]float64, sx, sy float64) [][2]float64 {
	var out [][2]float64
	for n, p := range points {
		q := [2]float64{p[0] * sx, p[1] * sy}
		if math.IsNaN(q[0]+q[1]) || math.Abs(q[0]) > 1e4 || math.Abs(q[1]) > 1e4 {
			continue
		}
		if len(points) > 8 && len(out) > 0 && n < len(points)-1 && math.Hypot(q[0]-out[len(out)-1][0], q[1]-out[len(out)-1][1]) < 0.12 {
			continue
		}
		if out = append(out, q); len(out) == maxPoints {
			break
		}
	}
	return out
}

// mark draws one annotation and says where its label belongs.
func mark(d *Drawing, kind string, p [][2]float64, colour Colour) [2]float64 {
	const thin = 0.3
	switch kind {
	case "outline":
		d.Lines = append(d.Lines, Line{Points: p, Closed: true, Width: thin, Colour: colour, Halo: true})
		return topRight(p)
	case "box":
		lo, hi := bounds(p)
		corners := [][2]float64{lo, {hi[0], lo[1]}, hi, {lo[0], hi[1]}}
		d.Lines = append(d.Lines, Line{Points: corners, Closed: true, Width: thin, Colour: colour, Halo: true, Dashed: true})
		return [2]float64{hi[0], lo[1]}
	case "caliper":
		for n := 0; n+1 < len(p); n += 2 {
			caliper(d, p[n], p[n+1], colour)
		}
		if len(p) > 1 && p[1][0] > p[0][0] {
			return p[1]
		}
		return p[0]
	case "text":
		return p[0]
	}
	for _, q := range p {
		d.Dots = append(d.Dots, Dot{q[0], q[1], 0.9, "cross", colour})
	}
	return p[0]
}

// caliper is a line with a short bar across each end.
func caliper(d *Drawing, a, b [2]float64, colour Colour) {
	const bar = 1.0
	line := func(p, q [2]float64) {
		d.Lines = append(d.Lines, Line{Points: [][2]float64{p, q}, Width: 0.3, Colour: colour, Halo: true})
	}
	line(a, b)
	dx, dy := b[0]-a[0], b[1]-a[1]
	length := math.Hypot(dx, dy)
	if length == 0 {
		return
	}
	nx, ny := -dy/length*bar, dx/length*bar
	for _, p := range [][2]float64{a, b} {
		line([2]float64{p[0] - nx, p[1] - ny}, [2]float64{p[0] + nx, p[1] + ny})
	}
}

func bounds(p [][2]float64) (lo, hi [2]float64) {
	lo, hi = p[0], p[0]
	for _, q := range p {
		for n := range 2 {
			lo[n], hi[n] = math.Min(lo[n], q[n]), math.Max(hi[n], q[n])
		}
	}
	return lo, hi
}

func topRight(p [][2]float64) [2]float64 {
	best := p[0]
	for _, q := range p {
		if q[0]-q[1] > best[0]-best[1] {
			best = q
		}
	}
	return best
}

type label struct {
	at     [2]float64
	words  string
	colour Colour
	bare   bool // centred on its point, without a background

	outline bool // of several outlines with the same words only the largest is labelled
	area    float64
}

type labeller struct {
	d       *Drawing
	measure Measure
	taken   []Box
}

// put finds a free place near the label's point. A label for which there is none is left out.
func (l *labeller) put(x label) {
	words := shorten(x.words, l.d.W-2, labelMM, l.measure)
	w, h := l.measure(words, labelMM)+1.2, labelMM+0.8
	if x.bare {
		words = shorten(x.words, min(l.d.W/3, 20), markerMM, l.measure)
		half := l.measure(words, markerMM) * 0.56
		x.at[0] = math.Max(half, math.Min(l.d.W-half, x.at[0]))
		x.at[1] = math.Max(2, math.Min(l.d.H-2, x.at[1]))
		l.d.Texts = append(l.d.Texts, Text{X: x.at[0], Y: x.at[1] + 1.3, SizeMM: markerMM, Words: words, Bold: true, Colour: x.colour})
		return
	}
	for ring := 1.2; ring < 26; ring += 2 {
		for _, dir := range [][2]float64{{0.7, -0.7}, {-0.7, -0.7}, {0.7, 0.7}, {-0.7, 0.7}, {1, 0}, {-1, 0}, {0, -1}, {0, 1}} {
			b := Box{X: x.at[0] + ring*dir[0], Y: x.at[1] + ring*dir[1] - h/2, W: w, H: h, Opacity: 0.62}
			switch {
			case dir[0] < 0:
				b.X -= w
			case dir[0] == 0:
				b.X -= w / 2
			}
			if !l.free(b) {
				continue
			}
			if ring > 4 {
				near := [2]float64{math.Max(b.X, math.Min(b.X+w, x.at[0])), math.Max(b.Y, math.Min(b.Y+h, x.at[1]))}
				l.d.Lines = append(l.d.Lines, Line{Points: [][2]float64{x.at, near}, Width: 0.15, Colour: x.colour})
			}
			l.taken = append(l.taken, b)
			l.d.Boxes = append(l.d.Boxes, b)
			l.d.Texts = append(l.d.Texts, Text{X: b.X + 0.6, Y: b.Y + h - 1, SizeMM: labelMM, Words: words, Align: -1, Colour: x.colour})
			return
		}
	}
}

func (l *labeller) free(b Box) bool {
	const edge = 0.4
	if b.X < edge || b.Y < edge || b.X+b.W > l.d.W-edge || b.Y+b.H > l.d.H-edge {
		return false
	}
	for _, t := range l.taken {
		if b.X < t.X+t.W && t.X < b.X+b.W && b.Y < t.Y+t.H && t.Y < b.Y+b.H {
			return false
		}
	}
	return true
}

// scaleBar draws a round number of mm at the lower left, or says that the scale is not known.
func (l *labeller) scaleBar(k *study.KeyImage) {
	d := l.d
	words, length := "no scale: pixel spacing not known", 0.0
	if iw, _ := Extent(k); scaled(k) && d.W > 0 {
		scale := d.W / iw
		round := 0.0
		for _, mm := range []float64{1, 2, 5, 10, 20, 50, 100, 200, 500} {
			if mm*scale <= math.Min(scaleBarMM, d.W/3) {
				round = mm
			}
		}
		if round == 0 {
			return
		}
		words, length = fmt.Sprintf("%g mm", round), round*scale
		if round >= 10 {
			words = fmt.Sprintf("%g cm", round/10)
		}
	}
	size := labelMM - 0.2
	words = shorten(words, d.W-3, size, l.measure)
	w := math.Max(length, l.measure(words, size)) + 1.6
	b := Box{X: 1.2, Y: d.H - 5.4, W: w, H: 4.4, Opacity: 0.62}
	if length == 0 {
		b.Y, b.H = d.H-4.2, 3.2
	}
	l.taken = append(l.taken, b)
	d.Boxes = append(d.Boxes, b)
	d.Texts = append(d.Texts, Text{X: b.X + 0.8, Y: b.Y + 2.3, SizeMM: size, Words: words, Align: -1, Colour: White})
	if length > 0 {
		y := b.Y + b.H - 0.9
		d.Boxes = append(d.Boxes, Box{X: b.X + 0.8, Y: y - 0.25, W: length, H: 0.5, Colour: White, Opacity: 1})
	}
}

// shorten cuts words to a width.
func shorten(words string, width, size float64, measure Measure) string {
	if measure(words, size) <= width {
		return words
	}
	runes := []rune(words)
	if len(runes) > 200 {
		runes = runes[:200]
	}
	for len(runes) > 1 && measure(string(runes)+"…", size) > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
