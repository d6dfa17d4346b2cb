package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/archive"
)

// finding is what the header of one file says.
type finding struct {
	format   string // "" for no image
	other    string // what a DICOM object without pixels is
	err      error
	dicom    *dicom.Description
	object   *dicom.File // kept while there are few
	single   *header     // of an image in one file
	mask     bool        // it is the mask of another file
	maskPath string      // its own mask, or ""
	next     int64       // where another object lies behind this one in the same file; 0 for nowhere
}

// keepObjects is how many DICOM headers are kept in memory; beyond it they are read again, study by study.
const keepObjects = 4096

// headers looks at every file, in parallel.
func (s *scanner) headers(ctx context.Context) error {
	s.found = make([]finding, len(s.files))
	keep := len(s.files) <= keepObjects
	err := each(ctx, len(s.files), func(n int) {
		s.found[n] = look(s.files[n], keep)
	})
	if err != nil {
		return err
	}
	for n := 0; n < len(s.found); n++ { // objects behind others in one file come last
		if err := ctx.Err(); err != nil {
			return err
		}
		if next := s.found[n].next; next > 0 {
			if more, ok := splitAt(&s.files[n], next); ok {
				s.files = append(s.files, more)
				s.found = append(s.found, look(more, keep))
				if object := s.found[n].object; object != nil {
					object.Path = s.files[n].path
				}
			}
		}
	}
	for n, f := range s.found {
		switch {
		case f.err != nil:
			s.fail(s.files[n], reason(f.err))
			s.found[n].format = ""
		case f.format == "":
			s.out.Ignored++
		}
	}
	return nil
}

func look(f file, keep bool) (out finding) {
	if f.err != nil {
		if f.dir || claimedByName(f.path) != "" {
			out.err = f.err
		}
		return out
	}
	format, err := Sniff(f.path)
	if err != nil {
		if format != "" {
			out.err = err
		}
		return out
	}
	claimed := format != ""
	if !claimed && maybeDICOM(f.path) {
		format = "dicom"
	}
	if claimed && empty(f.path) {
		return finding{err: errors.New("the file is empty")}
	}
	if format == "dicom" {
		return lookDICOM(f.path, claimed, keep)
	}
	if format == "tiff" && isPyramid(f.path) {
		format = "slide"
	}
	if row, ok := formatOf(format); ok && row.header != nil && (f.said || !row.named) {
		out.format = format
		out.single, out.err = row.header(f.path)
	}
	return out
}

// splitAt parts a file of several DICOM objects at the place of the second: f becomes the first, more is the rest.
func splitAt(f *file, at int64) (more file, ok bool) {
	path, start, end := f.path, int64(0), int64(-1)
	if outer, from, to, ok := archive.IsPart(path); ok {
		path, start, end = outer, from, to
	} else if whole, err := archive.Open(path); err == nil {
		end = whole.Size()
		whole.Close()
	}
	if at <= 0 || start+at >= end {
		return more, false
	}
	more = *f
	more.path = archive.Part(path, start+at, end)
	more.rel = fmt.Sprintf("%s#%d", strings.SplitN(f.rel, "#", 2)[0], start+at)
	f.path = archive.Part(path, start, start+at)
	return more, true
}

func empty(path string) bool {
	f, err := archive.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return f.Size() == 0
}

func lookDICOM(path string, claimed, keep bool) finding {
	object, err := dicom.OpenFile(path)
	if err != nil {
		if claimed || object != nil && object.HasPixels() {
			var format *dicom.FormatError
			if errors.As(err, &format) && format.Truncated {
				err = fmt.Errorf("the file is cut off: %w", err)
			}
			return finding{err: err}
		}
		return finding{}
	}
	for _, issue := range object.Issues {
		switch issue.Code {
		case "no-pixel-data":
			return finding{err: errors.New(issue.Text)}
		case "truncated-pixel-data":
			return finding{err: errors.New("the file is cut off: " + issue.Text)}
		}
	}
	if !object.HasPixels() {
		return finding{other: cmp.Or(object.Kind(), "object of a class that is not known")}
	}
	d := dicom.Describe(object)
	out := finding{format: "dicom", dicom: &d}
	if at, ok, err := object.Another(); err == nil && ok {
		out.next = at
	}
	if keep {
		out.object = object
	}
	return out
}
