package intake

import (
	"context"
	"errors"
	"os"

	"github.com/caliper-imaging/caliper/dicom"
)

// finding is what the header of one file says.
type finding struct {
	format   string // "" for no image
	err      error
	dicom    *dicom.Description
	object   *dicom.File // kept while there are few
	single   *header     // of an image in one file
	mask     bool        // it is the mask of another file
	maskPath string      // its own mask, or ""
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
	if info, err := os.Stat(f.path); err == nil && info.Size() == 0 && claimed {
		return finding{err: errors.New("the file is empty")}
	}
	if format == "dicom" {
		return lookDICOM(f.path, claimed, keep)
	}
	if row, ok := formatOf(format); ok && row.header != nil {
		out.format = format
		out.single, out.err = row.header(f.path)
	}
	return out
}

func lookDICOM(path string, claimed, keep bool) finding {
	object, err := dicom.OpenFile(path)
	if err != nil {
		if claimed || object != nil && object.HasPixels() {
			return finding{err: err}
		}
		return finding{}
	}
	for _, issue := range object.Issues {
		if issue.Code == "truncated-pixel-data" || issue.Code == "no-pixel-data" {
			return finding{err: errors.New("the file is cut off: " + issue.Text)}
		}
	}
	if !object.HasPixels() {
		return finding{} // a report, a plan, a DICOMDIR
	}
	d := dicom.Describe(object)
	out := finding{format: "dicom", dicom: &d}
	if keep {
		out.object = object
	}
	return out
}
