package pdf

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"image/png"

	"codeberg.org/go-pdf/fpdf"

	"github.com/caliper-imaging/caliper/report/internal/draw"
	"github.com/caliper-imaging/caliper/report/internal/view"
	"github.com/caliper-imaging/caliper/study"
)

const gutter = 4.0

func (p *paper) figures(f view.Figures) {
	across := 1
	for _, row := range f.Rows {
		across = max(across, len(row))
	}
	for _, row := range f.Rows {
		n := len(row)
		if !row[0].Pair {
			n = across
			if len(f.Rows) == 1 {
				n = len(row)
			}
		}
		p.figureRow(row, max(n, 1))
		if p.full {
			return
		}
	}
}

// figureRow sets pictures side by side with a line above and caption and legend below. What is left of
// the page is used where the pictures stay large enough in it.
func (p *paper) figureRow(row []view.Figure, across int) {
	const tagSize, noteSize, least = 8.0, 7.0, 58.0
	w := (width - gutter*float64(across-1)) / float64(across)
	most := 104.0
	if across == 1 {
		w, most = 120, 110
	}
	tags, notes := 1, 0
	captions := make([][]string, len(row))
	heads := make([][]string, len(row))
	for n, f := range row {
		heads[n] = p.wrap(f.Tag, w, tagSize, true)
		if len(heads[n]) > 2 {
			heads[n] = []string{heads[n][0], p.fit(heads[n][1]+" "+heads[n][2], w, tagSize, true)}
		}
		tags = max(tags, len(heads[n]))
		captions[n] = p.wrap(caption(f), w, noteSize, false)
		if len(captions[n]) > 8 {
			captions[n] = append(captions[n][:7], "…")
		}
		notes = max(notes, len(captions[n])+len(p.legendRows(f.Image, w)))
	}
	around := lineHeight(tagSize)*float64(tags) + 1 + 1.6 + lineHeight(noteSize)*float64(notes) + 3
	sizes := rowSizes(row, w, most)
	high := 0.0
	for _, s := range sizes {
		high = max(high, s[1])
	}
	if left := bottom - p.y - around; left < high {
		if left < min(least, high) {
			p.newPage()
			if p.full {
				return
			}
			left = bottom - p.y - around
		}
		sizes = rowSizes(row, w, min(most, left))
		high = 0
		for _, s := range sizes {
			high = max(high, s[1])
		}
	}
	start := p.y
	for n, f := range row {
		x := margin + float64(n)*(w+gutter)
		p.y = start
		p.lines(x, heads[n], tagSize, true, ink)
		y := start + lineHeight(tagSize)*float64(tags) + 1
		legend := p.picture(f, x, y, sizes[n][0], sizes[n][1])
		p.y = y + high + 1.6
		p.legend(legend, x, w)
		p.lines(x, captions[n], noteSize, false, muted)
	}
	p.y = start + around + high
}

func caption(f view.Figure) string {
	if f.Image == nil {
		return ""
	}
	return f.Image.Caption
}

// rowSizes fits each picture into w by h mm; those of a pair get one scale where both have one.
func rowSizes(row []view.Figure, w, h float64) [][2]float64 {
	out := make([][2]float64, len(row))
	for n, f := range row {
		out[n][0], out[n][1] = draw.Size(f.Image, w, h)
	}
	if len(row) == 2 && row[0].Pair && row[0].Image.PixelMM != nil && row[1].Image.PixelMM != nil {
		aw, ah := draw.Extent(row[0].Image)
		bw, bh := draw.Extent(row[1].Image)
		s := min(w/aw, h/ah, w/bw, h/bh)
		if min(aw, bw)*s > w/3 {
			out[0], out[1] = [2]float64{aw * s, ah * s}, [2]float64{bw * s, bh * s}
		}
	}
	return out
}

func (p *paper) picture(f view.Figure, x, y, w, h float64) []draw.Legend {
	p.fill(x, y, w, h, draw.Black)
	if f.Empty != "" {
		p.fill(x, y, w, h, shade)
		lines := p.wrap(f.Empty, w-8, 8, false)
		for n, l := range lines[:min(len(lines), max(1, int(h/5)))] {
			p.text(x+4, y+8+float64(n)*4, l, 8, false, muted)
		}
		return nil
	}
	name, err := p.register(f.Image)
	if err != nil {
		p.f.SetError(err)
		return nil
	}
	p.f.ImageOptions(name, x, y, w, h, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	d, legend := draw.Overlay(f.Image, w, h, p.measure)
	p.f.ClipRect(x, y, w, h, false)
	p.drawing(d, x, y)
	p.f.ClipEnd()
	return legend
}

func (p *paper) register(k *study.KeyImage) (string, error) {
	if name, ok := p.images[k]; ok {
		return name, nil
	}
	name := fmt.Sprintf("image%d", len(p.images)+1)
	var out bytes.Buffer
	if err := png.Encode(&out, draw.Picture(k)); err != nil {
		return "", err
	}
	info := p.f.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "PNG"}, &out)
	if err := p.f.Error(); err != nil {
		return "", err
	}
	p.images[k] = name
	return name, order(info, len(p.images))
}

// order makes the place of an image in the file certain: fpdf sorts images by width and takes those of
// one width as its map gives them. The width gets a fraction, which the file does not show.
func order(info *fpdf.ImageInfoType, n int) error {
	packed, err := info.GobEncode()
	if err != nil {
		return err
	}
	var (
		data, smask, palette       []byte
		object, bits               int
		w, h, scale, dpi           float64
		space, filter, decodeParms string
		transparent                []int
	)
	fields := []any{&data, &smask, &object, &w, &h, &space, &palette, &bits, &filter, &decodeParms, &transparent, &scale, &dpi}
	in := gob.NewDecoder(bytes.NewReader(packed))
	for _, f := range fields {
		if err := in.Decode(f); err != nil {
			return err
		}
	}
	w += float64(n) / (1 << 20)
	var changed bytes.Buffer
	out := gob.NewEncoder(&changed)
	for _, f := range fields {
		if err := out.Encode(f); err != nil {
			return err
		}
	}
	return info.GobDecode(changed.Bytes())
}

// legendRows breaks a legend into rows of w mm; the entries themselves are found by drawing.
func (p *paper) legendRows(k *study.KeyImage, w float64) [][]draw.Legend {
	if k == nil || len(k.Pixels) == 0 {
		return nil
	}
	_, legend := draw.Overlay(k, 80, 80, p.measure)
	return p.breakLegend(legend, w)
}

func (p *paper) breakLegend(legend []draw.Legend, w float64) [][]draw.Legend {
	var rows [][]draw.Legend
	used := w + 1
	for _, l := range legend {
		wide := p.wide(l.Words, 7, false) + 9
		if used+wide > w {
			rows = append(rows, nil)
			used = 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], l)
		used += wide
	}
	return rows
}

func (p *paper) legend(legend []draw.Legend, x, w float64) {
	for _, row := range p.breakLegend(legend, w) {
		at := x
		for _, l := range row {
			y := p.y + lineHeight(7)*0.5
			p.line(at, y, at+4, y, 1.1, draw.Colour{60, 66, 74})
			p.line(at+0.2, y, at+3.8, y, 0.7, l.Colour)
			p.text(at+5, p.y+lineHeight(7)*0.76, p.fit(l.Words, w-6, 7, false), 7, false, muted)
			at += p.wide(l.Words, 7, false) + 9
		}
		p.y += lineHeight(7)
	}
}

func (p *paper) plot(b view.Plot) {
	const h = 40.0
	d := draw.Plot(b.Curve, 118, h, p.measure)
	if d == nil {
		return
	}
	title := p.fit(b.Curve.Title, width, 8.4, true)
	note := p.wrap(b.Caption, width, 7, false)
	p.need(h + lineHeight(8.4) + lineHeight(7)*float64(len(note)) + 4)
	if p.full {
		return
	}
	p.lines(margin, []string{title}, 8.4, true, ink)
	p.y += 0.6
	p.drawing(d, margin, p.y)
	p.y += h + 1
	p.lines(margin, note, 7, false, muted)
	p.y += 1.4
}
