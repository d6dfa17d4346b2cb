// Package pdf sets a report on A4 pages: PDF 1.7 (ISO 32000-1) by fpdf, with embedded Liberation Sans.
package pdf

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"

	"github.com/caliper-imaging/caliper/report/internal/draw"
	"github.com/caliper-imaging/caliper/report/internal/view"
)

// Page measures in mm.
const (
	pageW, pageH = 210.0, 297.0
	margin       = 16.0
	width        = pageW - 2*margin
	top          = 20.0
	bottom       = pageH - 17.0
	family       = "liberation"
	ptMM         = 25.4 / 72
)

// maxPages bounds a report; what follows is in report.json.
const maxPages = 120

var (
	ink    = draw.Colour{28, 34, 42}
	muted  = draw.Colour{92, 101, 112}
	navy   = draw.Colour{20, 48, 74}
	rule   = draw.Colour{198, 205, 213}
	shade  = draw.Colour{240, 243, 246}
	header = draw.Colour{205, 219, 232}
)

// paper is a document under construction; y is where the next thing goes.
type paper struct {
	f      *fpdf.Fpdf
	page   *view.Page
	y      float64
	full   bool // maxPages is reached: nothing more is set
	glyphs *sfnt.Font
	buf    sfnt.Buffer
	known  map[rune]bool
	images map[any]string
	placed func(x, baseline, width, size float64, words string) // sees every text that is set, in tests
}

// Write sets a report. The bytes depend on the page alone.
func Write(w io.Writer, page *view.Page) error {
	p, err := newPaper(page)
	if err != nil {
		return err
	}
	p.set()
	if err := p.f.Output(w); err != nil {
		return fmt.Errorf("report: pdf: %w", err)
	}
	return nil
}

// set lays the whole report onto pages.
func (p *paper) set() {
	p.f.AddPage()
	p.masthead()
	for _, s := range p.page.Sections {
		p.section(s)
	}
	p.runningHeads()
}

func newPaper(page *view.Page) (*paper, error) {
	glyphs, err := sfnt.Parse(liberationsansregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("report: pdf: font: %w", err)
	}
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(page.Date.UTC())
	f.SetModificationDate(page.Date.UTC())
	f.SetProducer("caliper", true)
	f.SetCreator(strings.TrimSpace("caliper "+page.Version), true)
	f.SetLang("en")
	f.SetMargins(margin, top, margin)
	f.SetAutoPageBreak(false, 0)
	f.SetCellMargin(0)
	f.AddUTF8FontFromBytes(family, "", liberationsansregular.TTF)
	f.AddUTF8FontFromBytes(family, "B", liberationsansbold.TTF)
	p := &paper{f: f, page: page, glyphs: glyphs, known: map[rune]bool{}, images: map[any]string{}}
	f.SetTitle(p.clean(page.Title+", study "+page.Key), true)
	f.SetSubject(p.clean(page.Disclaimer), true)
	return p, f.Error()
}

// newPage starts a page below the running head.
func (p *paper) newPage() {
	if p.f.PageCount() >= maxPages {
		p.full = true
		return
	}
	p.f.AddPage()
	p.y = top
}

// need starts a new page where less than h mm are left on this one.
func (p *paper) need(h float64) {
	if p.y+h > bottom {
		p.newPage()
	}
}

// runningHeads go onto every page once their number is known.
func (p *paper) runningHeads() {
	pages := p.f.PageCount()
	for n := 1; n <= pages; n++ {
		p.f.SetPage(n)
		if n > 1 {
			p.text(margin, 12, p.fit(p.page.Line, width-62, 7.5, false), 7.5, false, muted)
			p.right(pageW-margin, 12, "RESEARCH USE; NOT A MEDICAL DEVICE", 6.5, true, muted)
			p.line(margin, 14.2, pageW-margin, 14.2, 0.2, rule)
		}
		p.line(margin, pageH-13, pageW-margin, pageH-13, 0.2, rule)
		foot := fmt.Sprintf("page %d of %d", n, pages)
		if p.page.Version != "" {
			foot = p.fit("caliper "+p.page.Version, 40, 6.5, false) + " · " + foot
		}
		if p.full && n == pages {
			foot = "cut here, the rest is in report.json · " + foot
		}
		p.right(pageW-margin, pageH-9, foot, 6.5, false, muted)
		p.text(margin, pageH-9, p.fit(p.page.Disclaimer, width-p.wide(foot, 6.5, false)-6, 6.5, false), 6.5, false, muted)
	}
}

func (p *paper) section(s view.Section) {
	least := 24.0
	switch b := s.Blocks[0].(type) {
	case view.Figures:
		least = 92
	case view.Table:
		least = 12 + tableNeeds(b)
	}
	p.need(least)
	if p.full {
		return
	}
	p.y += 2.2
	p.f.Bookmark(s.Title, 0, p.y)
	p.text(margin, p.y+4, strings.ToUpper(s.Title), 8.5, true, navy)
	p.y += 5.6
	p.line(margin, p.y, pageW-margin, p.y, 0.35, navy)
	p.y += 2
	for _, b := range s.Blocks {
		if p.full {
			return
		}
		p.block(b)
	}
	p.y += 0.4
}

func (p *paper) block(b view.Block) {
	switch b := b.(type) {
	case view.Facts:
		p.facts(b.List)
		p.y += 1.5
	case view.Paragraph:
		colour := ink
		if b.Muted {
			colour = muted
		}
		p.paragraph(margin, width, b.Text, 8.8, colour)
		p.y += 1.2
	case view.Subhead:
		p.subhead(b)
	case view.List:
		p.list(b)
	case view.Callout:
		p.callout(b)
	case view.Table:
		p.table(b)
	case view.Figures:
		p.figures(b)
	case view.Plot:
		p.plot(b)
	default:
		panic(fmt.Sprintf("pdf: no way to set a %T", b))
	}
}
