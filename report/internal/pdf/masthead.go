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
	p.facts()
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

// facts are two columns of name and value.
func (p *paper) facts() {
	const size, gap, label = 8.4, 6.0, 25.0
	column := (width - gap) / 2
	p.line(margin, p.y, pageW-margin, p.y, 0.2, rule)
	p.y += 1.6
	for n := 0; n < len(p.page.Facts); n += 2 {
		start, end := p.y, p.y
		for c, f := range p.page.Facts[n:min(n+2, len(p.page.Facts))] {
			x := margin + float64(c)*(column+gap)
			room := column - label
			if n+1 == len(p.page.Facts) {
				room = width - label
			}
			lines := p.wrap(f.Value, room, size, false)
			if len(lines) > 4 {
				lines = append(lines[:3], p.fit(lines[3]+lines[4], room, size, false))
			}
			p.y = start
			p.text(x, p.y+lineHeight(size)*0.78, f.Name, size-0.6, false, muted)
			p.lines(x+label, lines, size, false, ink)
			end = max(end, p.y)
		}
		p.y = max(end, start+lineHeight(size)) + 0.7
	}
	p.y += 0.9
	p.line(margin, p.y, pageW-margin, p.y, 0.2, rule)
}
