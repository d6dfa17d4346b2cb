package slide

import (
	"bytes"
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/golden"
)

func sums(b []byte) (sum, mark float64) {
	for n, x := range b {
		sum += float64(x)
		mark += float64(x) * float64(n%97+1)
	}
	return sum, mark
}

// whole reads a level by its region, and by its tiles, which must agree.
func whole(t *testing.T, s *Slide, level int) []byte {
	t.Helper()
	l := s.Levels[level]
	r, err := s.ReadRegion(t.Context(), level, image.Rect(0, 0, l.Width, l.Height))
	if err != nil {
		t.Fatal(err)
	}
	laid := make([]byte, len(r.Pix))
	for tile, err := range s.Tiles(t.Context(), level) {
		if err != nil {
			t.Fatal(err)
		}
		w := tile.Rect.Dx() * tile.Channels
		for y := range tile.Rect.Dy() {
			copy(laid[((tile.Rect.Min.Y+y)*l.Width+tile.Rect.Min.X)*tile.Channels:], tile.Pix[y*w:(y+1)*w])
		}
	}
	if !bytes.Equal(laid, r.Pix) {
		t.Errorf("level %d: want the same pixels by tiles and by region", level)
	}
	return r.Pix
}

// TestPyramids compares with what tifffile decodes (testdata/make.py; its version is in cases.json).
func TestPyramids(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Cases []struct {
			Name      string
			Level     int
			Size      [2]int
			Sum, Mark float64
		}
	}
	if err := json.Unmarshal(text, &f); err != nil || len(f.Cases) != 12 {
		t.Fatalf("want the cases of make.py, got %d, %v", len(f.Cases), err)
	}
	for _, c := range f.Cases {
		s, err := Open(filepath.Join("testdata", c.Name))
		if err != nil {
			t.Fatal(err)
		}
		l := s.Levels[c.Level]
		down := float64(int(1) << c.Level)
		if len(s.Levels) != 3 || l.Width != c.Size[0] || l.Height != c.Size[1] || math.Abs(l.SpacingMM[0]-0.499e-3*down) > 1e-9 || l.Downsample != down || s.Vendor != "Aperio" || len(s.Notes) != 1 {
			t.Errorf("%s: level %d: want %v at %g mm, got %+v of %s, %v", c.Name, c.Level, c.Size, 0.499e-3*down, l, s.Vendor, s.Notes)
			continue
		}
		if sum, mark := sums(whole(t, s, c.Level)); sum != c.Sum || mark != c.Mark {
			t.Errorf("%s: level %d: want sums %g and %g, got %g and %g", c.Name, c.Level, c.Sum, c.Mark, sum, mark)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestRealSlide: sums of the total pixel matrix as pydicom 3.0.2 with its decoders lays it out.
func TestRealSlide(t *testing.T) {
	s, err := Open(golden.Shared(t, "data/wsi_dicom_cptac/911f6cbd-a1ad-4e95-bdf5-4e4ea52d9977.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := Level{Width: 1680, Height: 1547, TileWidth: 240, TileHeight: 240, SpacingMM: [2]float64{.015821165833333, .015821165833333}, Downsample: 1, Channels: 3}
	if len(s.Levels) != 1 || s.Levels[0] != want {
		t.Fatalf("want %+v, got %+v", want, s.Levels)
	}
	if sum, mark := sums(whole(t, s, 0)); math.Abs(sum-1718144363) > 1e3 || math.Abs(mark-84186469319) > 1e5 {
		t.Errorf("want sums 1718144363 and 84186469319, got %.0f and %.0f", sum, mark)
	}
	part, err := s.ReadRegion(t.Context(), 0, image.Rect(1600, 1500, 1700, 1600))
	if err != nil || part.Pix[0] == 0 || part.Pix[len(part.Pix)-1] != 255 {
		t.Errorf("want white outside the slide, got %v", err)
	}
}

// write makes a level of grey tiles whose value is 10 · row + column, without those for which skip says so.
func write(t *testing.T, path string, width, height, side int, sparse bool, skip func(column, row int) bool) {
	t.Helper()
	var e dicom.Elements
	set := func(g tag.Tag, v any) {
		t.Helper()
		if err := e.Set(g, "", v); err != nil {
			t.Fatal(err)
		}
	}
	columns, rows := (width+side-1)/side, (height+side-1)/side
	var pixels []byte
	var groups []dicom.Elements
	frames := 0
	for row := range rows {
		for column := range columns {
			if skip(column, row) {
				continue
			}
			frames++
			pixels = append(pixels, bytes.Repeat([]byte{byte(10*row + column)}, side*side)...)
			var place, group dicom.Elements
			if err := place.Set(tag.ColumnPositionInTotalImagePixelMatrix, "", column*side+1); err != nil {
				t.Fatal(err)
			}
			if err := place.Set(tag.RowPositionInTotalImagePixelMatrix, "", row*side+1); err != nil {
				t.Fatal(err)
			}
			if err := group.Set(tag.PlanePositionSlideSequence, "", []dicom.Elements{place}); err != nil {
				t.Fatal(err)
			}
			groups = append([]dicom.Elements{group}, groups...) // frames may come in any order
		}
	}
	set(tag.SOPClassUID, Class)
	set(tag.SOPInstanceUID, dicom.UID(path))
	set(tag.SeriesInstanceUID, "1.2.3")
	set(tag.Modality, "SM")
	set(tag.ImageType, []string{"DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"})
	set(tag.TotalPixelMatrixColumns, width)
	set(tag.TotalPixelMatrixRows, height)
	set(tag.ImagedVolumeWidth, 8.0)
	set(tag.ImagedVolumeHeight, 6.0)
	if sparse {
		set(tag.DimensionOrganizationType, "TILED_SPARSE")
		set(tag.PerFrameFunctionalGroupsSequence, groups)
		flipped := make([]byte, 0, len(pixels))
		for n := frames - 1; n >= 0; n-- {
			flipped = append(flipped, pixels[n*side*side:(n+1)*side*side]...)
		}
		pixels = flipped
	} else {
		set(tag.DimensionOrganizationType, "TILED_FULL")
	}
	set(tag.SamplesPerPixel, 1)
	set(tag.PhotometricInterpretation, "MONOCHROME2")
	set(tag.NumberOfFrames, frames)
	set(tag.Rows, side)
	set(tag.Columns, side)
	set(tag.BitsAllocated, 8)
	set(tag.BitsStored, 8)
	set(tag.HighBit, 7)
	set(tag.PixelRepresentation, 0)
	set(tag.PixelData, pixels)
	if err := dicom.WriteFile(path, e); err != nil {
		t.Fatal(err)
	}
}

// Levels of several objects, full and sparse, are those of one slide, the finest first.
func TestLevelsOfDICOM(t *testing.T) {
	dir := t.TempDir()
	fine, coarse := filepath.Join(dir, "fine.dcm"), filepath.Join(dir, "coarse.dcm")
	write(t, fine, 40, 30, 16, true, func(column, row int) bool { return column == 1 && row == 1 })
	write(t, coarse, 20, 15, 8, false, func(int, int) bool { return false })
	s, err := Open(coarse, fine)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.Levels) != 2 || s.Levels[0].Width != 40 || s.Levels[1].Downsample != 2 || s.Levels[0].SpacingMM != [2]float64{0.2, 0.2} || s.Levels[1].SpacingMM != [2]float64{0.4, 0.4} {
		t.Fatalf("want levels of 40 and 20 pixels at 0.2 and 0.4 mm, got %+v", s.Levels)
	}
	for level, l := range s.Levels {
		pix := whole(t, s, level)
		for y := range l.Height {
			for x := range l.Width {
				column, row := x/l.TileWidth, y/l.TileHeight
				want := byte(10*row + column)
				if level == 0 && column == 1 && row == 1 {
					want = 255
				}
				if got := pix[y*l.Width+x]; got != want {
					t.Fatalf("level %d: %d, %d: want %d, got %d", level, x, y, want, got)
				}
			}
		}
	}
	for _, wrong := range []func() error{
		func() error { _, err := s.ReadTile(t.Context(), 2, 0, 0); return err },
		func() error { _, err := s.ReadTile(t.Context(), 0, 3, 0); return err },
		func() error { _, err := s.ReadRegion(t.Context(), 0, image.Rect(0, 0, 1<<20, 1<<20)); return err },
		func() error { _, err := s.ReadRegion(t.Context(), 0, image.Rectangle{}); return err },
	} {
		if wrong() == nil {
			t.Error("want an error")
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{"ycc22.svs", "j2k.svs"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x.svs")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path)
		if err != nil {
			return
		}
		defer s.Close()
		for n, l := range s.Levels {
			if l.TileWidth*l.TileHeight > 1<<20 {
				continue
			}
			tile, err := s.ReadTile(t.Context(), n, 0, 0)
			if err == nil && len(tile.Pix) != tile.Rect.Dx()*tile.Rect.Dy()*tile.Channels {
				t.Errorf("want %v of %d channels, got %d bytes", tile.Rect, tile.Channels, len(tile.Pix))
			}
		}
	})
}
