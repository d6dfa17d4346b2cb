package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"io"
	"strings"

	"github.com/caliper-imaging/caliper/report/internal/draw"
	"github.com/caliper-imaging/caliper/report/internal/view"
	"github.com/caliper-imaging/caliper/study"
)

// WriteReport writes one study's report.
func WriteReport(w io.Writer, p *view.Page) error {
	b := &builder{w: w}
	b.head(p.Title+", study "+p.Key, "", "report")
	b.open("header", "class", "mast")
	b.tag("p", "Caliper", "class", "brand")
	b.tag("h1", p.Title)
	b.tag("p", "Research use; not a medical device", "class", "notice")
	b.end("header")
	b.open("main")
	b.open("p", "class", "priority")
	class, words := badge(p.Status, p.Priority)
	b.tag("span", words, "class", "badge "+class)
	b.tag("span", " "+p.PriorityNote)
	b.end("p")
	b.facts(p.Facts, "facts ruled")
	for _, s := range p.Sections {
		b.open("section", "aria-labelledby", s.ID)
		b.tag("h2", s.Title, "id", s.ID)
		for _, x := range s.Blocks {
			b.block(x)
		}
		b.end("section")
	}
	b.end("main")
	return b.foot(p.Disclaimer, p.Version)
}

func (b *builder) facts(list []study.Fact, class string) {
	b.open("dl", "class", class)
	for _, f := range list {
		b.open("div")
		b.tag("dt", f.Name)
		b.tag("dd", f.Value)
		b.end("div")
	}
	b.end("dl")
}

// badge is the class and the words of a study's standing: never told by colour alone.
func badge(s study.Status, p study.Priority) (class, words string) {
	switch {
	case s == study.Failed:
		return "alarm", "Failed"
	case s == study.Skipped:
		return "warn", "Skipped"
	case p == study.Critical:
		return "alarm", "!! Critical"
	case p == study.Urgent:
		return "warn", "! Urgent"
	}
	return "plain", "Routine"
}

func (b *builder) block(x view.Block) {
	switch x := x.(type) {
	case view.Facts:
		b.facts(x.List, "facts")
	case view.Paragraph:
		class := "text"
		if x.Muted {
			class = "muted"
		}
		b.tag("p", x.Text, "class", class)
	case view.Subhead:
		b.open("h3")
		b.raw(escape(x.Text))
		if x.Badge != "" {
			b.raw(" ")
			b.tag("span", x.Badge, "class", "badge "+string(x.Tone))
		}
		b.end("h3")
	case view.List:
		b.open("ul")
		for _, item := range x.Items {
			b.open("li")
			b.raw(escape(item.Text))
			if item.Note != "" {
				b.tag("small", item.Note)
			}
			b.end("li")
		}
		b.end("ul")
	case view.Callout:
		b.open("div", "class", "callout "+string(x.Tone), "role", "note")
		b.tag("strong", x.Title)
		for _, l := range x.Lines {
			b.tag("p", l)
		}
		b.end("div")
	case view.Table:
		b.table(x)
	case view.Figures:
		for _, row := range x.Rows {
			b.open("div", "class", "figures")
			for _, f := range row {
				b.figure(f)
			}
			b.end("div")
		}
	case view.Plot:
		b.plot(x)
	default:
		panic(fmt.Sprintf("web: no way to write a %T", x))
	}
}

func (b *builder) table(t view.Table) {
	b.raw(`<div class="scroll" tabindex="0"><table><thead><tr>`)
	align := func(n int) []string {
		if t.Columns[n].Right {
			return []string{"class", "num"}
		}
		return nil
	}
	for n, c := range t.Columns {
		b.tag("th", c.Title, append(align(n), "scope", "col")...)
	}
	b.raw("</tr></thead><tbody>")
	for _, row := range t.Rows {
		b.open("tr")
		if len(row) == 1 {
			b.tag("th", row[0], "colspan", fmt.Sprint(len(t.Columns)), "scope", "rowgroup")
		} else {
			for n, cell := range row {
				b.tag("td", cell, align(n)...)
			}
		}
		b.end("tr")
	}
	b.raw("</tbody></table></div>")
	for n, note := range t.Notes {
		if len(t.Notes) > 1 {
			note = fmt.Sprintf("%d  %s", n+1, note)
		}
		b.tag("p", note, "class", "note")
	}
}

func (b *builder) figure(f view.Figure) {
	b.open("figure")
	b.tag("figcaption", f.Tag, "class", "tag")
	if f.Empty != "" {
		b.tag("p", f.Empty, "class", "missing")
		b.end("figure")
		return
	}
	data, err := pngOf(f.Image)
	if err != nil && b.err == nil {
		b.err = err
	}
	w, h := draw.Size(f.Image, 90, 110)
	d, legend := draw.Overlay(f.Image, w, h, measure)
	b.picture(d, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(data), f.Tag+". "+f.Image.Caption)
	if len(legend) > 0 {
		b.open("p", "class", "legend")
		for _, l := range legend {
			b.open("span")
			b.tag("i", "", "style", "background:"+hex(l.Colour))
			b.raw(escape(l.Words))
			b.end("span")
		}
		b.end("p")
	}
	if f.Image.Caption != "" {
		b.tag("p", f.Image.Caption, "class", "note")
	}
	b.end("figure")
}

// picture is an image with its overlay as one svg.
func (b *builder) picture(d *draw.Drawing, href, label string) {
	b.open("svg", "viewBox", "0 0 "+num(d.W)+" "+num(d.H), "role", "img", "aria-label", strings.TrimSpace(label), "class", "pic")
	b.open("image", "href", href, "width", num(d.W), "height", num(d.H), "preserveAspectRatio", "none")
	b.end("image")
	b.drawing(d, false)
	b.end("svg")
}

func (b *builder) plot(x view.Plot) {
	d := draw.Plot(x.Curve, 118, 46, measure)
	if d == nil {
		return
	}
	b.open("figure", "class", "plot")
	b.tag("figcaption", x.Curve.Title, "class", "tag")
	b.open("svg", "viewBox", "0 0 118 46", "role", "img", "aria-label", x.Curve.Title)
	b.drawing(d, true)
	b.end("svg")
	if x.Caption != "" {
		b.tag("p", x.Caption, "class", "note")
	}
	b.end("figure")
}

func pngOf(k *study.KeyImage) ([]byte, error) {
	var out bytes.Buffer
	if err := png.Encode(&out, draw.Picture(k)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
