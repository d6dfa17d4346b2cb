package intake

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Open reads the first time point of a series that Scan has found. Values are in HU for CT, as stored for
// pictures; the geometry is the series'.
func Open(ctx context.Context, s study.Series) (*volume.Volume, error) {
	for v, err := range Frames(ctx, s) {
		return v, err
	}
	return nil, errors.New("intake: open: want at least one time point, got none")
}

// Frames reads the time points of a series one after the other; it ends after an error.
func Frames(ctx context.Context, s study.Series) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		if len(s.Files) == 0 {
			yield(nil, fmt.Errorf("intake: open: want a series with files, got none"))
			return
		}
		var frames iter.Seq2[*volume.Volume, error]
		row, _ := formatOf(s.Format)
		switch {
		case s.Format == "dicom":
			stack, err := restack(s)
			if err != nil {
				yield(nil, err)
				return
			}
			frames = stack.Volumes(ctx)
		case s.Format == "slide":
			frames = slideFrames(ctx, s.Files...)
		case row.frames != nil:
			frames = row.frames(ctx, s.Files[0])
		default:
			yield(nil, fmt.Errorf("intake: open: want a format of %s, got %q", readable(), s.Format))
			return
		}
		for v, err := range frames {
			if err == nil {
				err = settle(v, s)
			}
			if err != nil {
				v = nil
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// settle gives an image what only its series knows.
func settle(v *volume.Volume, s study.Series) error {
	if v.Size != s.Geometry.Size {
		return fmt.Errorf("intake: open: want size %v as when it was scanned, got %v", s.Geometry.Size, v.Size)
	}
	v.Geometry = s.Geometry
	if row, _ := formatOf(s.Format); s.Modality == "CT" && row.frames != nil && !row.picture && v.Channels == 1 {
		v.Unit = volume.HU
	}
	return nil
}

// restack reads the headers of a DICOM series again and finds the image that was meant.
func restack(s study.Series) (*dicom.Stack, error) {
	objects := make([]*dicom.File, 0, len(s.Files))
	for _, path := range s.Files {
		object, err := dicom.OpenFile(path)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	stacks := dicom.Stacks(objects)
	base, _, _ := strings.Cut(s.UID, "#")
	var match *dicom.Stack
	for n := range stacks {
		st := &stacks[n]
		uid, _, _ := strings.Cut(st.Series.UID, "#")
		if uid != base || st.Series.Geometry.Size != s.Geometry.Size || st.Series.Frames != s.Frames {
			continue
		}
		exact := st.Series.UID == s.UID
		if match == nil || exact || match.Series.UID != s.UID && len(stacks) > 1 && st.Series.Geometry.SameGrid(s.Geometry, 0) == nil {
			match = st
		}
	}
	if match == nil {
		return nil, fmt.Errorf("intake: open: want the series as it was scanned, got %d others in its files", len(stacks))
	}
	if match.Err != nil {
		return nil, match.Err
	}
	return match, nil
}

// OpenFile reads one image named on a command line: a file, or a folder that holds one image. A DICOM
// file is read for itself, not with the slices beside it.
func OpenFile(ctx context.Context, path string, o Options) (*volume.Volume, study.Series, error) {
	s, err := Describe(ctx, path, o)
	if err != nil {
		return nil, s, err
	}
	v, err := Open(ctx, s)
	return v, s, err
}

// Describe finds the one image that a file or folder holds. Scouts don't count beside other images, and
// masks belong to their image.
func Describe(ctx context.Context, path string, o Options) (study.Series, error) {
	found, err := Scan(ctx, []string{headerOf(path)}, o)
	if err != nil {
		return study.Series{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return study.Series{}, fmt.Errorf("intake: open: %w", err)
	}
	if len(found.Failures) > 0 && (len(found.Studies) == 0 || !info.IsDir()) {
		f := found.Failures[0]
		return study.Series{}, &volume.FormatError{Err: fmt.Errorf("intake: %s: %s", f.Path, f.Reason)}
	}
	var all, scouts []study.Series
	for _, st := range found.Studies {
		for _, s := range st.Series {
			if Localiser(s) {
				scouts = append(scouts, s)
			} else {
				all = append(all, s)
			}
		}
	}
	if len(all) == 0 {
		all = scouts
	}
	if len(all) != 1 {
		var list []string
		for n, s := range all {
			if n == 5 {
				list = append(list, "…")
				break
			}
			list = append(list, fmt.Sprintf("%s (%s, %d × %d × %d)", filepath.Base(s.Files[0]), s.Modality, s.Geometry.Size[0], s.Geometry.Size[1], s.Geometry.Size[2]))
		}
		return study.Series{}, fmt.Errorf("intake: open: want a file or folder with one image, got %d: %s", len(all), strings.Join(list, ", "))
	}
	return all[0], nil
}

// headerOf is the header of a pair whose voxels were named.
func headerOf(path string) string {
	for _, ending := range []string{".img", ".img.gz"} {
		if base, ok := strings.CutSuffix(path, ending); ok {
			for _, head := range []string{".hdr", ".hdr.gz"} {
				if archive.Exists(base + head) {
					return base + head
				}
			}
		}
	}
	return path
}

// Localiser says whether a series is a scout, which is not for measuring.
func Localiser(s study.Series) bool {
	for _, issue := range s.Issues {
		if issue.Code == "localiser" {
			return true
		}
	}
	return false
}

// OpenMask reads a label image of whole numbers: a DICOM Segmentation, NIfTI, MetaImage, NRRD, MGH, or a grey PNG.
func OpenMask(path string) (*volume.Mask, error) {
	name, err := Sniff(path)
	if err != nil {
		return nil, fmt.Errorf("intake: mask: %w", err)
	}
	if name == "dicom" {
		return dicomMask(path)
	}
	if row, ok := formatOf(name); ok && row.mask != nil {
		return row.mask(path)
	}
	can := []string{"dicom segmentation"}
	for _, row := range Formats() {
		if row.mask != nil {
			can = append(can, row.Name)
		}
	}
	if name == "" {
		name = "a file of no known format"
	}
	return nil, volume.Unsupported("intake: mask: want %s, got %s", strings.Join(can, ", "), name)
}

// OpenMaskOn reads a label image that must lie on the grid of an image; an RT Structure Set is filled on
// that grid. A picture has no place of its own:
// one of the image's size takes its grid.
func OpenMaskOn(path string, g volume.Geometry) (*volume.Mask, error) {
	if m, _, ok, err := structureSet(path, g); ok {
		return m, err
	}
	m, err := OpenMask(path)
	if err != nil {
		return nil, err
	}
	if name, err := Sniff(path); err == nil && m.Size == g.Size {
		if row, _ := formatOf(name); row.picture {
			m.Geometry = g
		}
	}
	if err := g.SameGrid(m.Geometry, 0.01*min(g.Spacing[0], g.Spacing[1], g.Spacing[2])); err != nil {
		return nil, fmt.Errorf("intake: mask: want the image's grid: %w", err)
	}
	return m, nil
}
