package dicom

import (
	"context"
	"fmt"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/study"
)

// Trailing reads what lies behind the pixel data: the rest of the data set. It errs where the pixel
// data or what follows is cut, also where all pixels are whole, or where the object should have pixel data
// and has none; what could be read is given.
func (f *File) Trailing(ctx context.Context) (Elements, error) {
	if !f.HasPixels() {
		for _, issue := range f.Issues {
			if issue.Code == noPixelData {
				return nil, frame.Errorf(pkg, "%s", issue.Text)
			}
		}
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := f.r
	if r == nil {
		file, err := archive.Open(f.Path)
		if err != nil {
			return nil, fmt.Errorf("dicom: %w", err)
		}
		defer file.Close()
		r = file
	}
	src := &source{r: r, size: f.size, known: true}
	if f.enc.deflated {
		src = f.inflated(r)
	}
	pos := f.pixel.value
	if f.pixel.length != undefined {
		if err := src.has(pos, int64(f.pixel.length)); err != nil {
			return nil, within("pixel data", err)
		}
		pos += int64(f.pixel.length)
	} else {
		for {
			item, next, err := itemAt(src, pos)
			if err != nil {
				return nil, within("pixel data", err)
			}
			pos = next
			if item.length < 0 {
				break
			}
		}
	}
	p := parser{src: src, implicit: f.enc.implicit, order: f.enc.order, charset: newCharset(f.Strings(tag.SpecificCharacterSet))}
	out, _, err := p.dataset(pos, src.size, false, 0)
	return out, err
}

// CutBehind gives a warning for each file of the series that is cut behind its pixels, which are whole.
func (st *Stack) CutBehind(ctx context.Context) []study.Issue {
	var out []study.Issue
	var last *File
	for _, slices := range st.times {
		for _, s := range slices {
			f := s.file
			if f == last || f.pixel.length != undefined && !f.enc.deflated && f.pixel.value+int64(f.pixel.length) == f.size {
				continue
			}
			last = f
			if _, err := f.Trailing(ctx); isTruncated(err) {
				out = append(out, study.Issue{Code: "truncated-file", Severity: study.Warning, Where: "file", Text: "all pixels are whole, but the file is cut off: " + err.Error()})
			}
		}
	}
	return out
}
