package slide

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/volume"
)

// Class is VL Whole Slide Microscopy Image Storage (PS3.4 annex B.5).
const Class = "1.2.840.10008.5.1.4.1.1.77.1.6"

// part is one object: a level, or tiles of one that is spread over several (a concatenation).
type part struct {
	file   *dicom.File
	level  Level
	count  int            // frames
	first  int            // frame of the whole level that is its frame 0
	at     map[[2]int]int // frame of each tile, of a sparse level; nil where all tiles follow one another
	open   sync.Once      // the pixels are opened with the first tile
	frames *dicom.Frames
	err    error
}

// objects are the parts of each level.
type objects struct {
	levels [][]*part
	all    []*part
}

// Close closes every object.
func (o *objects) Close() error {
	var err error
	for _, p := range o.all {
		p.open.Do(func() {})
		if p.frames != nil {
			err = errors.Join(err, p.frames.Close())
		}
	}
	return err
}

// openDICOM opens the levels of one slide. Labels and overviews among the files are left out.
func openDICOM(paths []string) (*Slide, error) {
	o := &objects{}
	s := &Slide{Format: "dicom", store: o}
	fail := func(err error) (*Slide, error) {
		o.Close()
		return nil, err
	}
	left := 0
	series := ""
	for _, path := range paths {
		f, err := dicom.OpenFile(path)
		if err != nil {
			return fail(err)
		}
		if class := f.String(tag.SOPClassUID); class != Class {
			return fail(volume.Unsupported("slide: want whole-slide microscopy (%s) or a TIFF pyramid, got class %s", Class, class))
		}
		if uid := f.String(tag.SeriesInstanceUID); series == "" {
			series, s.Vendor = uid, f.String(tag.Manufacturer)
		} else if uid != series {
			return fail(volume.Malformed("slide: want the levels of one slide, got objects of two series"))
		}
		if !isLevel(f) {
			left++
			continue
		}
		p := &part{file: f, count: f.NumFrames()}
		if err := p.describe(f); err != nil {
			return fail(err)
		}
		o.all = append(o.all, p)
		for _, issue := range f.Issues {
			s.Notes = append(s.Notes, issue.Text)
		}
	}
	if len(o.all) == 0 {
		return fail(volume.Unsupported("slide: want a level, got labels and overviews only"))
	}
	if left > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d objects that are no level (label, overview) are left out", left))
	}
	slices.SortStableFunc(o.all, func(a, b *part) int {
		return cmp.Or(cmp.Compare(b.level.Width, a.level.Width), cmp.Compare(b.level.Height, a.level.Height), cmp.Compare(a.first, b.first))
	})
	for _, p := range o.all {
		if n := len(s.Levels) - 1; n >= 0 && s.Levels[n].Width == p.level.Width && s.Levels[n].Height == p.level.Height {
			if s.Levels[n].TileWidth != p.level.TileWidth || s.Levels[n].TileHeight != p.level.TileHeight || s.Levels[n].Channels != p.level.Channels {
				return fail(volume.Unsupported("slide: want one size of tiles in a level, got several"))
			}
			o.levels[n] = append(o.levels[n], p)
			continue
		}
		p.level.Downsample = float64(o.all[0].level.Width) / float64(p.level.Width)
		s.Levels = append(s.Levels, p.level)
		o.levels = append(o.levels, []*part{p})
	}
	return s, nil
}

// isLevel tells a level from a label or an overview by ImageType value 3 (PS3.3 C.8.12.4.1.1).
func isLevel(f *dicom.File) bool {
	for _, word := range f.Strings(tag.ImageType) {
		switch strings.ToUpper(word) {
		case "LABEL", "OVERVIEW", "LOCALIZER":
			return false
		}
	}
	return true
}

// describe settles size, spacing and the order of tiles: PS3.3 C.8.12.4, C.7.6.17.3 and C.8.12.6.1.
func (p *part) describe(f *dicom.File) error {
	info, err := f.FrameInfo()
	if err != nil {
		return err
	}
	if info.BitsAllocated != 8 || info.Samples != 1 && info.Samples != 3 || info.Photometric == "PALETTE COLOR" {
		return volume.Unsupported("slide: want 1 or 3 samples of 8 bits, got %d of %d", info.Samples, info.BitsAllocated)
	}
	width, ok1 := f.Int(tag.TotalPixelMatrixColumns)
	height, ok2 := f.Int(tag.TotalPixelMatrixRows)
	if !ok1 || !ok2 || width < 1 || height < 1 || width > 1<<31 || height > 1<<31 {
		return volume.Malformed("slide: TotalPixelMatrixColumns and Rows: want sizes of 1 or more, got %d and %d", width, height)
	}
	p.level = Level{Width: width, Height: height, TileWidth: info.Columns, TileHeight: info.Rows, Channels: info.Samples}
	if spacing := f.Item(tag.SharedFunctionalGroupsSequence).Item(tag.PixelMeasuresSequence).Floats(tag.PixelSpacing); len(spacing) == 2 && spacing[0] > 0 && spacing[1] > 0 {
		p.level.SpacingMM = [2]float64{spacing[1], spacing[0]}
	} else {
		w, ok1 := f.Float(tag.ImagedVolumeWidth)
		h, ok2 := f.Float(tag.ImagedVolumeHeight)
		if ok1 && ok2 && w > 0 && h > 0 {
			p.level.SpacingMM = [2]float64{w / float64(width), h / float64(height)}
		}
	}
	p.first, _ = f.Int(tag.ConcatenationFrameOffsetNumber)
	if p.first < 0 {
		return volume.Malformed("slide: ConcatenationFrameOffsetNumber: want 0 or more, got %d", p.first)
	}
	groups := f.Items(tag.PerFrameFunctionalGroupsSequence)
	if f.String(tag.DimensionOrganizationType) == "TILED_FULL" || len(groups) == 0 {
		return nil
	}
	p.at = make(map[[2]int]int, len(groups))
	for n, g := range groups {
		place := g.Item(tag.PlanePositionSlideSequence)
		x, ok1 := place.Int(tag.ColumnPositionInTotalImagePixelMatrix)
		y, ok2 := place.Int(tag.RowPositionInTotalImagePixelMatrix)
		if !ok1 || !ok2 {
			return volume.Malformed("slide: frame %d: want its position in the total pixel matrix, got none", n)
		}
		if (x-1)%p.level.TileWidth != 0 || (y-1)%p.level.TileHeight != 0 || x < 1 || y < 1 {
			return volume.Unsupported("slide: frame %d: want tiles side by side, got one at column %d, row %d", n, x, y)
		}
		key := [2]int{(x - 1) / p.level.TileWidth, (y - 1) / p.level.TileHeight}
		if _, twice := p.at[key]; !twice { // further focal planes and optical paths come behind the first
			p.at[key] = n
		}
	}
	return nil
}

// frame is where a tile lies in an object; ok is false where that has none.
func (p *part) frame(column, row int) (n int, ok bool) {
	if p.at != nil {
		n, ok = p.at[[2]int{column, row}]
		return n, ok && n < p.count
	}
	columns, _ := p.level.Grid()
	n = row*columns + column - p.first
	return n, n >= 0 && n < p.count
}

func (o *objects) tile(ctx context.Context, level, column, row int, dst []byte) (bool, error) {
	for _, p := range o.levels[level] {
		n, ok := p.frame(column, row)
		if !ok {
			continue
		}
		p.open.Do(func() { p.frames, p.err = p.file.OpenFrames() })
		if p.err != nil {
			return false, p.err
		}
		photometric, err := p.frames.Read(ctx, n, dst)
		if err != nil {
			return false, err
		}
		if p.level.Channels == 3 && (photometric == "YBR_FULL" || photometric == "YBR_FULL_422") {
			toRGB(dst)
		}
		return true, nil
	}
	return false, nil
}
