package pdf

import (
	"strings"
	"unicode"

	"github.com/caliper-imaging/caliper/report/internal/draw"
	"github.com/caliper-imaging/caliper/report/internal/view"
)

// clean keeps what the font can show; any other character becomes a box that says so.
func (p *paper) clean(s string) string {
	ok := true
	for _, r := range s {
		if !p.shows(r) {
			ok = false
			break
		}
	}
	if ok {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case p.shows(r):
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		default:
			b.WriteRune('□')
		}
	}
	return b.String()
}

func (p *paper) shows(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return true
	}
	ok, seen := p.known[r]
	if !seen {
		glyph, err := p.glyphs.GlyphIndex(&p.buf, r)
		ok = err == nil && glyph != 0 && r < 0xfff0 && !unicode.IsControl(r)
		p.known[r] = ok
	}
	return ok
}

func (p *paper) font(size float64, bold bool) {
	style := ""
	if bold {
		style = "B"
	}
	p.f.SetFont(family, style, size)
}

// wide is the width in mm of words in type of the given points.
func (p *paper) wide(words string, size float64, bold bool) float64 {
	p.font(size, bold)
	return p.f.GetStringWidth(p.clean(words))
}

func (p *paper) text(x, baseline float64, words string, size float64, bold bool, c draw.Colour) {
	p.font(size, bold)
	if p.placed != nil {
		p.placed(x, baseline, p.f.GetStringWidth(p.clean(words)), size, words)
	}
	p.f.SetTextColor(int(c[0]), int(c[1]), int(c[2]))
	p.f.Text(x, baseline, p.clean(words))
}

func (p *paper) right(x, baseline float64, words string, size float64, bold bool, c draw.Colour) {
	p.text(x-p.wide(words, size, bold), baseline, words, size, bold, c)
}

func (p *paper) line(x0, y0, x1, y1, w float64, c draw.Colour) {
	p.f.SetLineWidth(w)
	p.f.SetDrawColor(int(c[0]), int(c[1]), int(c[2]))
	p.f.Line(x0, y0, x1, y1)
}

func (p *paper) fill(x, y, w, h float64, c draw.Colour) {
	p.f.SetFillColor(int(c[0]), int(c[1]), int(c[2]))
	p.f.Rect(x, y, w, h, "F")
}

// fit cuts words to one line of w mm.
func (p *paper) fit(words string, w, size float64, bold bool) string {
	lines := p.wrap(words, w, size, bold)
	if len(lines) <= 1 {
		return words
	}
	cut := []rune(lines[0])
	for len(cut) > 1 && p.wide(string(cut)+"…", size, bold) > w {
		cut = cut[:len(cut)-1]
	}
	return string(cut) + "…"
}

// wrap breaks words into lines of w mm at spaces, and inside a word only where it is longer than a line.
func (p *paper) wrap(words string, w, size float64, bold bool) []string {
	p.font(size, bold)
	var lines []string
	line := ""
	space := p.f.GetStringWidth(" ")
	used := 0.0
	for _, word := range strings.FieldsFunc(p.clean(words), func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
		ww := p.f.GetStringWidth(word)
		if line != "" && used+space+ww <= w {
			line += " " + word
			used += space + ww
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for ww > w {
			head, rest := p.split(word, w)
			lines = append(lines, head)
			word, ww = rest, p.f.GetStringWidth(rest)
		}
		line, used = word, ww
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// split takes from a word as many characters as fit w mm, at least one; it prefers to end after a mark
// at which paths and identifiers may be broken.
func (p *paper) split(word string, w float64) (head, rest string) {
	runes := []rune(word)
	used, n := 0.0, 0
	for n < len(runes) {
		used += p.f.GetStringWidth(string(runes[n]))
		if used > w {
			break
		}
		n++
	}
	n = max(1, n)
	for k := n; k > n/2 && n < len(runes); k-- {
		if strings.ContainsRune("/-_.,;:", runes[k-1]) {
			n = k
			break
		}
	}
	return string(runes[:n]), string(runes[n:])
}

const leading = 1.32

func lineHeight(size float64) float64 { return size * ptMM * leading }

// paragraph sets wrapped text from the current place, over page breaks.
func (p *paper) paragraph(x, w float64, words string, size float64, c draw.Colour) {
	p.lines(x, p.wrap(words, w, size, false), size, false, c)
}

func (p *paper) lines(x float64, lines []string, size float64, bold bool, c draw.Colour) {
	h := lineHeight(size)
	for n, l := range lines {
		if n == 0 && len(lines) > 1 && len(lines) <= 3 {
			p.need(h * float64(len(lines)))
		}
		p.need(h)
		if p.full {
			return
		}
		p.text(x, p.y+h*0.78, l, size, bold, c)
		p.y += h
	}
}

func (p *paper) list(l view.List) {
	const size, note, indent = 9.2, 7.4, 4.0
	for _, item := range l.Items {
		lines := p.wrap(item.Text, width-indent, size, false)
		notes := p.wrap(item.Note, width-indent, note, false)
		p.need(lineHeight(size)*float64(min(3, len(lines))) + lineHeight(note)*float64(min(2, len(notes))))
		if p.full {
			return
		}
		p.f.SetFillColor(int(navy[0]), int(navy[1]), int(navy[2]))
		p.f.Circle(margin+1.2, p.y+lineHeight(size)*0.52, 0.6, "F")
		p.lines(margin+indent, lines, size, false, ink)
		p.lines(margin+indent, notes, note, false, muted)
		p.y += 0.9
	}
	p.y += 0.6
}

func (p *paper) subhead(s view.Subhead) {
	p.need(24)
	if p.full {
		return
	}
	p.y += 1.5
	badge := 0.0
	if s.Badge != "" {
		badge = p.wide(s.Badge, 7.5, true) + 6
	}
	lines := p.wrap(s.Text, width-badge-2, 9.6, true)
	if len(lines) > 3 {
		lines = append(lines[:2], p.fit(lines[2]+" "+lines[3], width-badge-4, 9.6, true))
	}
	if s.Badge != "" && len(lines) > 0 {
		x := margin + p.wide(lines[0], 9.6, true) + 3
		p.pill(x, p.y+0.2, s.Badge, 7.5, tone(s.Tone))
	}
	p.lines(margin, lines, 9.6, true, ink)
	p.y += 0.8
}

// swatch is a ground and the colour of type that can be read on it.
type swatch struct{ ground, words draw.Colour }

func tone(t view.Tone) swatch {
	switch t {
	case view.Alarm:
		return swatch{draw.Vermilion, draw.White}
	case view.Warn:
		return swatch{draw.Orange, draw.Black}
	case view.Good:
		return swatch{draw.Blue, draw.White}
	}
	return swatch{muted, draw.White}
}

// pill is a word on a rounded ground; it returns its width.
func (p *paper) pill(x, y float64, words string, size float64, s swatch) float64 {
	w, h := p.wide(words, size, true)+4, size*ptMM*1.5
	p.f.SetFillColor(int(s.ground[0]), int(s.ground[1]), int(s.ground[2]))
	p.f.RoundedRect(x, y, w, h, h/2.6, "1234", "F")
	p.text(x+2, y+h*0.745, words, size, true, s.words)
	return w
}

func (p *paper) callout(c view.Callout) {
	const pad, size = 3.5, 9.2
	var body []string
	for _, l := range c.Lines {
		body = append(body, p.wrap(l, width-2*pad-2, size, false)...)
	}
	if len(body) > 40 {
		body = append(body[:39], "…")
	}
	h := 2*pad + lineHeight(10.5) + lineHeight(size)*float64(len(body))
	p.need(h + 2)
	if p.full {
		return
	}
	s := tone(c.Tone)
	p.fill(margin, p.y, width, h, shade)
	p.fill(margin, p.y, 1.6, h, s.ground)
	p.text(margin+pad+1.5, p.y+pad+3.2, c.Title, 10.5, true, ink)
	end := p.y + h
	p.y += pad + lineHeight(10.5)
	p.lines(margin+pad+1.5, body, size, false, ink)
	p.y = end + 2
}
