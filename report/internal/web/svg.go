package web

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/report/internal/draw"
)

// measure estimates the width of words in a common sans serif; a browser picks its own font.
func measure(words string, sizeMM float64) float64 {
	w := 0.0
	for _, r := range words {
		switch {
		case strings.ContainsRune("iljtfrI.,:;|!'()[] ", r):
			w += 0.32
		case r >= 'A' && r <= 'Z' || r == 'm' || r == 'w' || r == '%':
			w += 0.74
		case r > 0x2e80:
			w += 1
		default:
			w += 0.57
		}
	}
	return w * sizeMM
}

func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

func hex(c draw.Colour) string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// drawing writes the elements of a drawing into an open svg. Ink follows the page's own colour where
// ink is true: plots, not overlays.
func (b *builder) drawing(d *draw.Drawing, ink bool) {
	colour := func(c draw.Colour) string {
		if ink && (c == draw.Black || c == draw.Grey) {
			return "currentColor"
		}
		return hex(c)
	}
	path := func(l draw.Line) string {
		var s strings.Builder
		for n, p := range l.Points {
			if n == 0 {
				s.WriteByte('M')
			} else {
				s.WriteByte('L')
			}
			s.WriteString(num(p[0]) + " " + num(p[1]))
		}
		if l.Closed {
			s.WriteByte('Z')
		}
		return s.String()
	}
	for _, l := range d.Lines {
		if l.Halo {
			b.tag("path", "", "d", path(l), "fill", "none", "stroke", "#000", "stroke-opacity", "0.55", "stroke-width", num(l.Width+0.5))
		}
	}
	for _, l := range d.Lines {
		dash := "none"
		if l.Dashed {
			dash = "1.4 0.9"
		}
		c := colour(l.Colour)
		if ink && l.Colour == draw.Pale {
			c = "var(--rule)"
		}
		b.tag("path", "", "d", path(l), "fill", "none", "stroke", c, "stroke-width", num(l.Width), "stroke-dasharray", dash)
	}
	for _, dot := range d.Dots {
		x, y, r := dot.X, dot.Y, dot.R
		switch dot.Shape {
		case "square":
			b.tag("rect", "", "x", num(x-r*0.85), "y", num(y-r*0.85), "width", num(1.7*r), "height", num(1.7*r), "fill", hex(dot.Colour))
		case "triangle":
			b.tag("path", "", "d", fmt.Sprintf("M%s %sL%s %sL%s %sZ", num(x), num(y-1.2*r), num(x+1.1*r), num(y+0.8*r), num(x-1.1*r), num(y+0.8*r)), "fill", hex(dot.Colour))
		case "cross":
			cross := fmt.Sprintf("M%s %sH%sM%s %sV%s", num(x-r), num(y), num(x+r), num(x), num(y-r), num(y+r))
			b.tag("path", "", "d", cross, "stroke", "#000", "stroke-width", "0.8")
			b.tag("path", "", "d", cross, "stroke", hex(dot.Colour), "stroke-width", "0.35")
		default:
			b.tag("circle", "", "cx", num(x), "cy", num(y), "r", num(r), "fill", hex(dot.Colour))
		}
	}
	for _, x := range d.Boxes {
		b.tag("rect", "", "x", num(x.X), "y", num(x.Y), "width", num(x.W), "height", num(x.H), "fill", hex(x.Colour), "fill-opacity", num(x.Opacity))
	}
	for _, t := range d.Texts {
		anchor := []string{"start", "middle", "end"}[t.Align+1]
		weight := "400"
		if t.Bold {
			weight = "700"
		}
		attrs := []string{"x", num(t.X), "y", num(t.Y), "font-size", num(t.SizeMM), "text-anchor", anchor, "font-weight", weight, "fill", colour(t.Colour)}
		if t.Up {
			attrs = append(attrs, "transform", fmt.Sprintf("rotate(-90 %s %s)", num(t.X), num(t.Y)))
		}
		b.tag("text", t.Words, attrs...)
	}
}
