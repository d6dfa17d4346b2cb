package pdf

import (
	"strings"

	"github.com/caliper-imaging/caliper/report/internal/draw"
	"github.com/caliper-imaging/caliper/study"
)

// masthead is the head of the first page: title, use, priority and whose study it is.
func (p *paper) masthead() {
	const band = 23.0
	p.fill(0, 0, pageW, band, navy)
	p.text(margin, 9, "CALIPER", 7.5, true, header)
	p.text(margin, 17, p.fit(p.page.Title, width-72, 16, true), 16, true, draw.White)
	notice := "RESEARCH USE; NOT A MEDICAL DEVICE"
	p.f.SetDrawColor(int(header[0]), int(header[1]), int(header[2]))
	p.f.SetLineWidth(0.25)
	w := p.wide(notice, 7.5, true) + 6
	p.f.Rect(pageW-margin-w, 8.6, w, 7, "D")
	p.text(pageW-margin-w+3, 13.1, notice, 7.5, true, draw.White)
	p.y = band + 4.5
	p.priority()
	p.line(margin, p.y, pageW-margin, p.y, 0.2, rule)
	p.y += 1.6
	p.facts(p.page.Facts)
	p.y += 0.9
	p.line(margin, p.y, pageW-margin, p.y, 0.2, rule)
}

func (p *paper) priority() {
	s := swatch{muted, draw.White}
	words := "ROUTINE"
	switch {
	case p.page.Status == study.Failed:
		s, words = swatch{draw.Vermilion, draw.White}, "FAILED"
	case p.page.Status == study.Skipped:
		s, words = swatch{draw.Orange, draw.Black}, "SKIPPED"
	case p.page.Priority == study.Urgent:
		s, words = swatch{draw.Orange, draw.Black}, "! URGENT"
	case p.page.Priority == study.Critical:
		s, words = swatch{draw.Vermilion, draw.White}, "!! CRITICAL"
	}
	w := p.pill(margin, p.y, words, 10, s)
	lines := p.wrap(p.page.PriorityNote, width-w-5, 9.2, false)
	if len(lines) > 3 {
		lines = append(lines[:2], p.fit(strings.Join(lines[2:], " "), width-w-5, 9.2, false))
	}
	start := p.y
	p.y += 0.6
	p.lines(margin+w+4, lines, 9.2, false, ink)
	p.y = max(p.y, start+5.6) + 2.4
}

// facts are two columns of name and value; a value that is long gets the whole width.
func (p *paper) facts(list []study.Fact) {
	const size, gap, label = 8.4, 6.0, 25.0
	column := (width - gap) / 2
	h := lineHeight(size)
	for len(list) > 0 {
		room := func(n int) float64 {
			if n == 1 {
				return width - label
			}
			return column - label
		}
		n := min(2, len(list))
		for _, f := range list[:n] {
			if p.wide(f.Value, size, false) > 1.9*room(2) {
				n = 1
			}
		}
		cells := make([][]string, n)
		most := 1
		for c, f := range list[:n] {
			lines := p.wrap(f.Value, room(n), size, false)
			if len(lines) > 4 {
				lines = append(lines[:3], p.fit(lines[3]+lines[4], room(n), size, false))
			}
			cells[c] = lines
			most = max(most, len(lines))
		}
		p.need(h * float64(most))
		if p.full {
			return
		}
		start := p.y
		for c, f := range list[:n] {
			x := margin + float64(c)*(column+gap)
			p.y = start
			p.text(x, p.y+h*0.78, p.fit(f.Name, label-2, size-0.6, false), size-0.6, false, muted)
			p.lines(x+label, cells[c], size, false, ink)
		}
		p.y = start + h*float64(most) + 0.7
		list = list[n:]
	}
}
