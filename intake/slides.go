package intake

import (
	"context"
	"fmt"
	"image"
	"iter"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/slide"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// wholeSlide caps the pixels of a slide that is read as one image.
const wholeSlide = 1 << 26

// slideHeader describes a TIFF pyramid.
func slideHeader(path string) (*header, error) {
	s, err := slide.Open(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	h := &header{frames: 1, levels: levelsOf(s), spaced: s.Levels[0].SpacingMM[0] > 0}
	h.Geometry, h.channels = slideGeometry(s.Levels[0])
	h.issues = slideIssues(s)
	return h, nil
}

func slideIssues(s *slide.Slide) []study.Issue {
	var out []study.Issue
	if s.Cut != nil {
		out = append(out, study.Issue{Code: "truncated-file", Severity: study.Warning, Where: "series", Text: "the file has ended too early: " + s.Cut.Error()})
	}
	for _, note := range s.Notes {
		out = append(out, study.Issue{Code: "slide", Severity: study.Note, Where: "series", Text: note})
	}
	return out
}

func levelsOf(s *slide.Slide) []study.Level {
	var out []study.Level
	for _, l := range s.Levels {
		out = append(out, study.Level{Width: l.Width, Height: l.Height, TileWidth: l.TileWidth, TileHeight: l.TileHeight, MicronsPerPixel: [2]float64{l.SpacingMM[0] * 1000, l.SpacingMM[1] * 1000}})
	}
	return out
}

func slideGeometry(l slide.Level) (volume.Geometry, int) {
	g := volume.Identity([3]int{l.Width, l.Height, 1}, [3]float64{1, 1, 1})
	if l.SpacingMM[0] > 0 && l.SpacingMM[1] > 0 {
		g.Spacing[0], g.Spacing[1] = l.SpacingMM[0], l.SpacingMM[1]
	}
	return g, l.Channels
}

// isPyramid says whether a TIFF is a slide: its name ends in .svs, or its pages in tiles are two levels and more.
func isPyramid(path string) bool {
	s, err := slide.Open(path)
	if err != nil {
		return false
	}
	defer s.Close()
	return len(s.Levels) > 1 || strings.HasSuffix(strings.ToLower(path), ".svs")
}

// Region reads a rectangle of a level of a slide: pixels of the level; an empty one is the whole level.
func Region(ctx context.Context, s study.Series, level int, r image.Rectangle) (*volume.Raw, error) {
	if s.Format != "slide" {
		return nil, volume.Unsupported("intake: region: want a whole-slide image, got %s", s.Format)
	}
	open, err := slide.Open(s.Files...)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	if level < 0 || level >= len(open.Levels) {
		return nil, fmt.Errorf("intake: region: want level 0 to %d, got %d", len(open.Levels)-1, level)
	}
	l := open.Levels[level]
	if r.Empty() {
		r = image.Rect(0, 0, l.Width, l.Height)
	}
	t, err := open.ReadRegion(ctx, level, r)
	if err != nil {
		return nil, err
	}
	return t.Raw(l), nil
}

// slideStored reads the finest level of a slide that is small.
func slideStored(ctx context.Context, files ...string) (*volume.Raw, error) {
	open, err := slide.Open(files...)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	l := open.Levels[0]
	if l.Width > wholeSlide/l.Height {
		return nil, volume.Unsupported("intake: slide: %d × %d pixels are too many for one image: say which level and region", l.Width, l.Height)
	}
	t, err := open.ReadRegion(ctx, 0, image.Rect(0, 0, l.Width, l.Height))
	if err != nil {
		return nil, err
	}
	return t.Raw(l), nil
}

func slideFrames(ctx context.Context, files ...string) iter.Seq2[*volume.Volume, error] {
	return rawFrames(ctx, func() (*volume.Raw, error) { return slideStored(ctx, files...) })
}

func slideFile(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return slideFrames(ctx, path)
}

// slides takes the whole-slide objects out of those of a study, a series for each slide.
func (s *scanner) slides(objects []*dicom.File) (rest []*dicom.File, out []study.Series) {
	series := map[string][]*dicom.File{}
	var order []string
	for _, o := range objects {
		if o.String(tag.SOPClassUID) != slide.Class {
			rest = append(rest, o)
			continue
		}
		uid := o.String(tag.SeriesInstanceUID)
		if series[uid] == nil {
			order = append(order, uid)
		}
		series[uid] = append(series[uid], o)
	}
	slices.Sort(order)
	for _, uid := range order {
		first := series[uid][0]
		x := study.Series{UID: uid, Modality: first.String(tag.Modality), BodyPart: strings.ToUpper(first.String(tag.BodyPartExamined)), Description: first.String(tag.SeriesDescription), Format: "slide", Frames: 1}
		x.Acquisition.Manufacturer, x.Acquisition.ModelName = first.String(tag.Manufacturer), first.String(tag.ManufacturerModelName)
		x.Acquisition.LossyCompression = first.String(tag.LossyImageCompression) == "01"
		for _, o := range series[uid] {
			x.Files = append(x.Files, o.Path)
		}
		slices.Sort(x.Files)
		open, err := slide.Open(x.Files...)
		if err != nil { // labels alone, or a kind that is not done
			rest = append(rest, series[uid]...)
			continue
		}
		x.Levels = levelsOf(open)
		x.Geometry, x.Channels = slideGeometry(open.Levels[0])
		x.Acquisition.SpacingSource = "none"
		if open.Levels[0].SpacingMM[0] > 0 {
			x.Acquisition.SpacingSource = "header"
		}
		x.Issues = slideIssues(open)
		open.Close()
		out = append(out, x)
	}
	return rest, out
}
