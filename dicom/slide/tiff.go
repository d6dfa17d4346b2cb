package slide

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/tiff"
)

// claims says whether a file is a TIFF and not a DICOM file whose preamble is that of one (PS3.10 section 7.1).
func claims(path string) bool {
	f, err := archive.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 132)
	n, _ := f.ReadAt(head, 0)
	return tiff.Claims(head[:n]) && string(head[128:]) != "DICM"
}

// pages are the levels of a TIFF pyramid.
type pages struct {
	file  *tiff.File
	pages []*tiff.Page
}

func (p *pages) Close() error { return p.file.Close() }

// openTIFF takes the tiled pages of the first one's proportions as levels.
func openTIFF(path string, o tiff.Options) (*Slide, error) {
	f, err := tiff.Open(path, o)
	if err != nil {
		return nil, err
	}
	p := &pages{file: f}
	first := f.Pages[0]
	for _, page := range f.Pages {
		if page.Tiled && !page.Mask && levelOf(page, first) && page.Samples == first.Samples {
			p.pages = append(p.pages, page)
		}
	}
	fail := func(err error) (*Slide, error) {
		f.Close()
		return nil, err
	}
	if !first.Tiled {
		return fail(volume.Unsupported("slide: tiff: want a first page in tiles"))
	}
	if first.DType != volume.Uint8 || first.Bits != 8 || first.Samples != 1 && first.Samples != 3 || first.Photometric == tiff.Palette {
		return fail(volume.Unsupported("slide: tiff: want 1 or 3 samples of 8 bits, got %d of %s", first.Samples, first.DType))
	}
	slices.SortStableFunc(p.pages, func(a, b *tiff.Page) int { return b.Width - a.Width })
	s := &Slide{Format: "tiff", store: p, Cut: f.Cut()}
	mpp := micronsOf(first)
	if strings.HasPrefix(first.Description, "Aperio") {
		s.Vendor = "Aperio"
	}
	for _, page := range p.pages {
		down := float64(p.pages[0].Width) / float64(page.Width)
		if page.Height > page.Width { // the longer side is rounded less
			down = float64(p.pages[0].Height) / float64(page.Height)
		}
		l := Level{Width: page.Width, Height: page.Height, TileWidth: page.ChunkWidth, TileHeight: page.ChunkHeight, Downsample: down, Channels: page.Samples}
		l.SpacingMM = [2]float64{mpp[0] / 1000 * down, mpp[1] / 1000 * down}
		s.Levels = append(s.Levels, l)
	}
	if left := len(f.Pages) - len(p.pages); left > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d pages that are no level (label, overview, thumbnail) are left out", left))
	}
	return s, nil
}

// levelOf says whether a page has the proportions of the first, as a smaller version has up to whole pixels.
func levelOf(page, first *tiff.Page) bool {
	if page.Width > first.Width {
		return false
	}
	down := float64(first.Width) / float64(page.Width)
	return math.Abs(float64(first.Height)/down-float64(page.Height)) <= 1+0.01*float64(page.Height)
}

// micronsOf is the size of a pixel of a page in µm: Aperio's MPP, OME's physical size, or the resolution in
// pixels per cm or inch.
func micronsOf(p *tiff.Page) (mpp [2]float64) {
	if _, rest, ok := strings.Cut(p.Description, "|MPP = "); ok && strings.HasPrefix(p.Description, "Aperio") {
		text, _, _ := strings.Cut(rest, "|")
		if x, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && x > 0 && !math.IsInf(x, 0) {
			return [2]float64{x, x}
		}
	}
	if x, y, ok := tiff.OMESpacing(p.Description); ok {
		return [2]float64{x * 1000, y * 1000}
	}
	unit := map[int]float64{2: 25_400, 3: 10_000}[p.ResUnit]
	if p.XRes > 1 && p.YRes > 1 && unit > 0 {
		mpp = [2]float64{unit / p.XRes, unit / p.YRes}
	}
	return mpp
}

func (p *pages) tile(ctx context.Context, level, column, row int, dst []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	page := p.pages[level]
	across, down := page.Grid()
	n := row*across + column
	if !page.Planar {
		b, err := p.file.ReadChunk(page, n)
		copy(dst, b)
		return b != nil, err
	}
	held := false
	for c := range page.Samples {
		b, err := p.file.ReadChunk(page, c*across*down+n)
		if err != nil {
			return false, err
		}
		held = held || b != nil
		for at, x := range b {
			dst[at*page.Samples+c] = x
		}
	}
	return held, nil
}
