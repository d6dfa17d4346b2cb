package intake

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// A pyramid is one series with its levels; a region of a level is read with its spacing.
func TestSlides(t *testing.T) {
	dir := t.TempDir()
	b, err := os.ReadFile("../dicom/slide/testdata/ycc22.svs")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "slide.svs")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	packFolder(t, dir, filepath.Join(dir, "slide.zip"), true)
	for _, in := range []string{path, filepath.Join(dir, "slide.zip"), golden.Shared(t, "data/wsi_dicom_cptac/911f6cbd-a1ad-4e95-bdf5-4e4ea52d9977.dcm")} {
		s, err := Describe(t.Context(), in, Options{})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if s.Format != "slide" || len(s.Levels) == 0 || s.Levels[0].Width != s.Geometry.Size[0] || s.Frames != 1 || s.Channels != 3 || s.Levels[0].MicronsPerPixel[0] != s.Geometry.Spacing[0]*1000 {
			t.Errorf("%s: want a slide with its levels, got %+v", in, s)
			continue
		}
		last := len(s.Levels) - 1
		whole, err := Region(t.Context(), s, last, image.Rectangle{})
		if err != nil || whole.Size[0] != s.Levels[last].Width || whole.Validate() != nil {
			t.Errorf("%s: want the whole of level %d, got %v", in, last, err)
			continue
		}
		part, err := Region(t.Context(), s, last, image.Rect(3, 2, 8, 6))
		if err != nil || part.Size != [3]int{5, 4, 1} || part.Bytes[0] != whole.Bytes[(2*whole.Size[0]+3)*3] || part.Origin[0] != 3*part.Spacing[0] {
			t.Errorf("%s: want a part of level %d, got %v", in, last, err)
		}
		if _, err := Region(t.Context(), s, last+1, image.Rectangle{}); err == nil {
			t.Errorf("%s: want an error for a level that is not there", in)
		}
		v, err := Open(t.Context(), s)
		if err != nil || v.Channels != 3 || v.Size != s.Geometry.Size {
			t.Errorf("%s: want the finest level as an image, got %v", in, err)
		}
	}
}
