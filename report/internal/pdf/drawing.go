package pdf

import (
	"codeberg.org/go-pdf/fpdf"

	"github.com/caliper-imaging/caliper/report/internal/draw"
)

func (p *paper) measure(words string, sizeMM float64) float64 {
	return p.wide(words, sizeMM/ptMM, false)
}

// drawing paints lines, dots, boxes and words with their origin at x, y.
func (p *paper) drawing(d *draw.Drawing, x, y float64) {
	p.f.SetLineJoinStyle("round")
	p.f.SetLineCapStyle("round")
	for _, l := range d.Lines {
		if l.Halo {
			p.f.SetAlpha(0.55, "Normal")
			p.stroke(l, x, y, l.Width+0.5, draw.Black)
			p.f.SetAlpha(1, "Normal")
		}
	}
	for _, l := range d.Lines {
		if l.Dashed {
			p.f.SetDashPattern([]float64{1.4, 0.9}, 0)
		}
		p.stroke(l, x, y, l.Width, l.Colour)
		if l.Dashed {
			p.f.SetDashPattern(nil, 0)
		}
	}
	for _, dot := range d.Dots {
		p.dot(dot, x, y)
	}
	for _, b := range d.Boxes {
		p.f.SetAlpha(b.Opacity, "Normal")
		p.fill(x+b.X, y+b.Y, b.W, b.H, b.Colour)
		p.f.SetAlpha(1, "Normal")
	}
	for _, t := range d.Texts {
		size := t.SizeMM / ptMM
		wide := p.wide(t.Words, size, t.Bold)
		tx, ty := x+t.X, y+t.Y
		if t.Up {
			p.f.TransformBegin()
			p.f.TransformRotate(90, tx, ty)
		}
		p.text(tx-wide*float64(t.Align+1)/2, ty, t.Words, size, t.Bold, t.Colour)
		if t.Up {
			p.f.TransformEnd()
		}
	}
	p.f.SetLineCapStyle("butt")
	p.f.SetLineJoinStyle("miter")
}

func (p *paper) stroke(l draw.Line, x, y, w float64, c draw.Colour) {
	if len(l.Points) < 2 {
		return
	}
	p.f.SetLineWidth(w)
	p.f.SetDrawColor(int(c[0]), int(c[1]), int(c[2]))
	for n, q := range l.Points {
		if n == 0 {
			p.f.MoveTo(x+q[0], y+q[1])
		} else {
			p.f.LineTo(x+q[0], y+q[1])
		}
	}
	if l.Closed {
		p.f.ClosePath()
	}
	p.f.DrawPath("D")
}

func (p *paper) dot(d draw.Dot, x, y float64) {
	cx, cy, r := x+d.X, y+d.Y, d.R
	p.f.SetFillColor(int(d.Colour[0]), int(d.Colour[1]), int(d.Colour[2]))
	switch d.Shape {
	case "square":
		p.f.Rect(cx-r*0.85, cy-r*0.85, 1.7*r, 1.7*r, "F")
	case "triangle":
		p.f.Polygon([]fpdf.PointType{{X: cx, Y: cy - 1.2*r}, {X: cx + 1.1*r, Y: cy + 0.8*r}, {X: cx - 1.1*r, Y: cy + 0.8*r}}, "F")
	case "cross":
		for _, w := range []float64{0.8, 0.35} {
			c := d.Colour
			if w > 0.5 {
				c = draw.Black
			}
			p.line(cx-r, cy, cx+r, cy, w, c)
			p.line(cx, cy-r, cx, cy+r, w, c)
		}
	default:
		p.f.Circle(cx, cy, r, "F")
	}
}
