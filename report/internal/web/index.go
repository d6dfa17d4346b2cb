package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/report/internal/draw"
	"github.com/caliper-imaging/caliper/report/internal/view"
	"github.com/caliper-imaging/caliper/study"
)

//go:embed index.js
var script string

// Row is a study on the worklist. Result is nil where there is none; Thumb, where not nil, has pixels;
// Files are the reports to link to, as paths relative to the page.
type Row struct {
	Entry  study.WorklistEntry
	Result *study.Result
	Thumb  *study.KeyImage
	Files  []string
}

// Counts are the figures above the worklist.
type Counts struct{ Studies, Critical, Urgent, Failed, Skipped int }

// CountsOf counts a worklist.
func CountsOf(entries []study.WorklistEntry) Counts {
	c := Counts{Studies: len(entries)}
	for _, e := range entries {
		switch {
		case e.Status == study.Failed:
			c.Failed++
		case e.Status == study.Skipped:
			c.Skipped++
		case e.Priority == study.Critical:
			c.Critical++
		case e.Priority == study.Urgent:
			c.Urgent++
		}
	}
	return c
}

var columns = []struct{ title, kind string }{
	{"Priority", "number"}, {"Image", ""}, {"Study", "text"}, {"Patient", "text"}, {"Date", "text"}, {"Examination", "text"},
	{"Recipe", "text"}, {"Findings", "number"}, {"What is said", ""}, {"Report", ""},
}

// WriteIndex writes the worklist; rows come one at a time from next, which returns nil at the end.
func WriteIndex(w io.Writer, c Counts, next func() (*Row, error)) error {
	b := &builder{w: w}
	sum := sha256.Sum256([]byte(script))
	b.head("Caliper worklist", "; script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", "worklist")
	b.open("header", "class", "mast wide")
	b.tag("p", "Caliper", "class", "brand")
	b.tag("h1", "Worklist")
	b.tag("p", "Research use; not a medical device", "class", "notice")
	b.end("header")
	b.open("main", "class", "wide")
	b.open("ul", "class", "counts")
	for _, x := range []struct {
		n    int
		what string
	}{{c.Studies, "studies"}, {c.Critical, "critical"}, {c.Urgent, "urgent"}, {c.Failed, "failed"}, {c.Skipped, "skipped"}} {
		b.open("li")
		b.tag("b", strconv.Itoa(x.n))
		b.raw(escape(x.what))
		b.end("li")
	}
	b.end("ul")
	b.raw(`<div class="tools"><label>Search <input type="search" id="search" autocomplete="off"></label>` +
		`<label>Show <select id="show"><option value="">all</option><option>critical</option><option>urgent</option><option>routine</option><option>failed</option><option>skipped</option></select></label>` +
		`<span id="shown" role="status" class="muted"></span></div>`)
	b.raw(`<div class="scroll" tabindex="0"><table class="list" id="list"><caption class="sr">Studies, the most pressing first</caption><thead><tr>`)
	for _, col := range columns {
		b.open("th", "scope", "col")
		if col.kind == "" {
			b.raw(escape(col.title))
		} else {
			b.tag("button", col.title, "type", "button", "data-kind", col.kind)
		}
		b.end("th")
	}
	b.raw("</tr></thead><tbody>\n")
	var failures []study.WorklistEntry
	for {
		row, err := next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		if row.Entry.Status == study.Failed && len(failures) < 1000 {
			failures = append(failures, row.Entry)
		}
		b.row(row)
	}
	b.raw("</tbody></table></div>")
	if len(failures) > 0 {
		b.tag("h2", "Failures", "id", "failures")
		b.open("ul")
		for _, e := range failures {
			b.open("li")
			b.tag("strong", e.Study)
			b.raw(escape(": " + orNothing(e.Error, "no reason was given")))
			b.end("li")
		}
		b.end("ul")
	}
	b.end("main")
	b.raw("<script>" + script + "</script>")
	return b.foot(study.Disclaimer, "")
}

func (b *builder) row(r *Row) {
	e := r.Entry
	standing := string(e.Priority)
	if e.Status == study.Failed || e.Status == study.Skipped {
		standing = string(e.Status)
	}
	b.open("tr", "class", standing, "data-standing", standing)
	class, words := badge(e.Status, e.Priority)
	rank := e.Priority.Rank()
	if e.Status != study.Done {
		rank = -1
	}
	b.open("td", "data-sort", strconv.Itoa(rank))
	b.tag("span", words, "class", "badge "+class)
	b.end("td")
	b.open("td", "class", "thumb")
	b.thumb(r.Thumb)
	b.end("td")
	b.tag("td", e.Study, "class", "key")
	b.tag("td", e.PatientKey, "class", "key")
	date, exam, findings, said := "", e.Modality, 0, e.Error
	if r.Result != nil {
		date = view.Day(r.Result.Study.When)
		exam = strings.TrimSpace(strings.Join([]string{e.Modality, r.Result.Study.BodyPart, r.Result.Study.View}, " "))
		findings = len(r.Result.Findings)
		if e.Status == study.Done {
			said = sayingOf(r.Result)
		}
	}
	b.tag("td", date, "class", "date")
	b.tag("td", exam)
	b.tag("td", cut(e.Recipe, 40), "class", "word")
	b.tag("td", strconv.Itoa(findings), "class", "num", "data-sort", strconv.Itoa(findings))
	b.tag("td", cut(said, 400), "class", "said")
	b.open("td", "class", "links")
	for _, file := range r.Files {
		kind := strings.ToUpper(strings.TrimPrefix(path.Ext(file), "."))
		b.tag("a", kind, "href", link(file), "aria-label", kind+" report of "+e.Study)
	}
	b.end("td")
	b.end("tr")
	b.raw("\n")
}

// sayingOf is the first line of a result's impression, or how much there is in it.
func sayingOf(r *study.Result) string {
	if len(r.Impression) > 0 {
		return r.Impression[0]
	}
	left := 0
	for _, s := range r.Steps {
		if s.Outcome != "done" {
			left++
		}
	}
	said := fmt.Sprintf("%d measurements", len(r.Measures))
	if left > 0 {
		said += fmt.Sprintf(", %d steps not done", left)
	}
	return said
}

// link escapes each part of a relative path.
func link(p string) string {
	parts := strings.Split(p, "/")
	for n := range parts {
		parts[n] = url.PathEscape(parts[n])
	}
	return "./" + strings.Join(parts, "/")
}

func orNothing(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

const thumbPixels = 128

// thumb is a small picture with the outlines of its annotations, without words.
func (b *builder) thumb(k *study.KeyImage) {
	if k == nil {
		return
	}
	w, h := draw.Size(k, 36, 36)
	small := shrink(k, max(1, int(w/36*thumbPixels)), max(1, int(h/36*thumbPixels)))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: 70}); err != nil && b.err == nil {
		b.err = err
	}
	d, _ := draw.Overlay(k, w, h, measure)
	lines := d.Lines[:0:0]
	for _, l := range d.Lines {
		if l.Closed && len(lines) < 40 {
			l.Width = 0.5
			lines = append(lines, l)
		}
	}
	b.picture(&draw.Drawing{W: w, H: h, Lines: lines}, "data:image/jpeg;base64,"+base64.StdEncoding.EncodeToString(out.Bytes()), fmt.Sprintf("Key image: %s", k.Title))
}

// shrink averages the pixels that fall into each of the smaller picture's; it never enlarges.
func shrink(k *study.KeyImage, w, h int) image.Image {
	w, h = min(w, k.Width), min(h, k.Height)
	small := study.KeyImage{Width: w, Height: h, Samples: k.Samples, Pixels: make([]byte, w*h*k.Samples)}
	for y := range h {
		y0, y1 := y*k.Height/h, max(y*k.Height/h+1, (y+1)*k.Height/h)
		for x := range w {
			x0, x1 := x*k.Width/w, max(x*k.Width/w+1, (x+1)*k.Width/w)
			for s := range k.Samples {
				sum := 0
				for j := y0; j < y1; j++ {
					for i := x0; i < x1; i++ {
						sum += int(k.Pixels[(j*k.Width+i)*k.Samples+s])
					}
				}
				n := (y1 - y0) * (x1 - x0)
				small.Pixels[(y*w+x)*k.Samples+s] = byte((sum + n/2) / n)
			}
		}
	}
	return draw.Picture(&small)
}
