package pdf

import (
	"fmt"

	"github.com/caliper-imaging/caliper/report/internal/view"
)

const (
	cellSize = 8.0
	headSize = 7.2
	cellPad  = 1.2 // left and right of a column's text
	rowPad   = 0.75

	keepTogether = 60.0 // a table lower than this is not broken
)

// table sets rows with wrapped cells. The titles are repeated on each page, and a row that is higher
// than a page goes on over it.
func (p *paper) table(t view.Table) {
	if len(t.Columns) == 0 {
		return
	}
	widths := p.columnWidths(t)
	total := 0.0
	for _, w := range widths {
		total += w
	}
	p.need(tableNeeds(t))
	h := lineHeight(cellSize)
	p.tableHead(t, widths, total)
	first := ""
	for _, row := range t.Rows {
		if p.full {
			return
		}
		if row[0] != "" {
			first = row[0]
		}
		cells := make([][]string, len(row))
		most := 1
		for n, words := range row {
			w := total
			if len(row) > 1 {
				w = widths[n]
			}
			cells[n] = p.wrap(words, w-2*cellPad, cellSize, len(row) == 1)
			most = max(most, len(cells[n]))
		}
		for from := 0; from < most; {
			fits := int((bottom - p.y - 2*rowPad) / h)
			page := int((bottom - top - lineHeight(headSize) - 4 - 2*rowPad) / h)
			if fits < most-from && (most-from <= page || fits < 3) {
				p.newPage()
				if p.full {
					return
				}
				p.tableHead(t, widths, total)
				fits = page
				if row[0] == "" && from == 0 {
					cells[0] = p.wrap(first, widths[0]-2*cellPad, cellSize, false)
					most = max(most, len(cells[0]))
				}
			}
			to := min(most, from+fits)
			p.rowPart(t, cells, widths, from, to)
			p.line(margin, p.y, margin+total, p.y, 0.1, rule)
			from = to
		}
	}
	p.y += 1
	for n, note := range t.Notes {
		if len(t.Notes) > 1 {
			note = fmt.Sprintf("%d  %s", n+1, note)
		}
		p.paragraph(margin+cellPad, width-2*cellPad, note, 7, muted)
	}
	p.y += 1.8
}

// tableNeeds is the height below which a table starts on a new page: its own where it is short, with rows
// of one line, else that of its head and a few rows.
func tableNeeds(t view.Table) float64 {
	whole := 6 + (lineHeight(cellSize)+2*rowPad)*float64(len(t.Rows)) + lineHeight(7)*float64(len(t.Notes))
	if whole < keepTogether {
		return max(18, whole)
	}
	return 24
}

func (p *paper) tableHead(t view.Table, widths []float64, total float64) {
	if p.full {
		return
	}
	h := lineHeight(headSize) + 1.8
	p.fill(margin, p.y, total, h, shade)
	x := margin
	for n, c := range t.Columns {
		words := p.fit(c.Title, widths[n]-2*cellPad, headSize, true)
		if c.Right {
			p.right(x+widths[n]-cellPad, p.y+h*0.66, words, headSize, true, muted)
		} else {
			p.text(x+cellPad, p.y+h*0.66, words, headSize, true, muted)
		}
		x += widths[n]
	}
	p.y += h
	p.line(margin, p.y, margin+total, p.y, 0.2, muted)
}

func (p *paper) rowPart(t view.Table, cells [][]string, widths []float64, from, to int) {
	h := lineHeight(cellSize)
	x := margin
	for n, lines := range cells {
		for k := from; k < min(to, len(lines)); k++ {
			baseline := p.y + rowPad + h*float64(k-from) + h*0.78
			if t.Columns[n].Right && len(cells) > 1 {
				p.right(x+widths[n]-cellPad, baseline, lines[k], cellSize, false, ink)
			} else {
				p.text(x+cellPad, baseline, lines[k], cellSize, len(cells) == 1, ink)
			}
		}
		x += widths[n]
	}
	p.y += h*float64(to-from) + 2*rowPad
}

// columnWidths gives each column what its longest cell asks for. Where that is more than the page has,
// columns within their share keep what they need, and the others share the rest by weight.
func (p *paper) columnWidths(t view.Table) []float64 {
	natural := make([]float64, len(t.Columns))
	sum, weights := 0.0, 0.0
	for n, c := range t.Columns {
		natural[n] = p.wide(c.Title, headSize, true)
		for _, row := range t.Rows {
			if len(row) > 1 {
				natural[n] = max(natural[n], p.wide(row[n], cellSize, false))
			}
		}
		natural[n] += 2*cellPad + 0.3
		sum += natural[n]
		weights += c.Weight
	}
	if sum <= width {
		extra := min((width-sum)/float64(len(natural)), 9)
		for n := range natural {
			natural[n] += extra
		}
		return natural
	}
	out := make([]float64, len(natural))
	rest := width
	for settled := true; settled; {
		settled = false
		for n, c := range t.Columns {
			if out[n] == 0 && natural[n] <= rest*c.Weight/weights {
				out[n] = natural[n]
				rest -= natural[n]
				weights -= c.Weight
				settled = true
			}
		}
	}
	for n, c := range t.Columns {
		if out[n] == 0 {
			out[n] = rest * c.Weight / weights
		}
	}
	return out
}
