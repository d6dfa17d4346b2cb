package dicom

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// tiles writes a picture of 2 × 2 tiles of 3 × 2 pixels, whose values are ten times the number of the tile.
func tiles(t *testing.T, maker string, fill func(e *Elements)) *File {
	t.Helper()
	var e Elements
	set(t, &e, tag.SOPClassUID, ClassMR)
	set(t, &e, tag.SOPInstanceUID, "1.2.3.4")
	set(t, &e, tag.SeriesInstanceUID, "1.2.3")
	set(t, &e, tag.Modality, "MR")
	set(t, &e, tag.Manufacturer, maker)
	set(t, &e, tag.SamplesPerPixel, 1)
	set(t, &e, tag.PhotometricInterpretation, "MONOCHROME2")
	set(t, &e, tag.Rows, 4)
	set(t, &e, tag.Columns, 6)
	set(t, &e, tag.BitsAllocated, 16)
	set(t, &e, tag.BitsStored, 12)
	set(t, &e, tag.HighBit, 11)
	set(t, &e, tag.PixelRepresentation, 0)
	set(t, &e, tag.ImagePositionPatient, []float64{10, 20, 30})
	set(t, &e, tag.ImageOrientationPatient, []float64{1, 0, 0, 0, 1, 0})
	set(t, &e, tag.PixelSpacing, []float64{2, 2})
	set(t, &e, tag.SliceThickness, 3.0)
	set(t, &e, tag.SpacingBetweenSlices, 4.0)
	fill(&e)
	var raw []byte
	for y := range 4 {
		for x := range 6 {
			raw = binary.LittleEndian.AppendUint16(raw, uint16(10*(y/2*2+x/3+1)))
		}
	}
	set(t, &e, tag.PixelData, raw)
	path := filepath.Join(t.TempDir(), "tiles.dcm")
	if err := WriteFile(path, e); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestGrids: a grid of UIH has its first slice's position, or one for each slice; a mosaic of Siemens that
// lost its CSA header tells its number of slices elsewhere, and its position is that of the whole picture.
func TestGrids(t *testing.T) {
	for _, c := range []struct {
		name, maker string
		fill        func(e *Elements)
		origin      [3]float64
		step        float64
		first, last float32
	}{
		{"grid", "UIH", func(e *Elements) {
			putPrivate(t, e, uihCreator, 0x0065, 0x10, 0x50, 3.0)
		}, [3]float64{10, 20, 30}, 4, 10, 30},
		{"grid with positions", "UIH", func(e *Elements) {
			putPrivate(t, e, uihCreator, 0x0065, 0x10, 0x50, 3.0)
			var items []Elements
			for n := range 3 {
				var item Elements
				set(t, &item, tag.ImagePositionPatient, []float64{10, 20, 30 - 5*float64(n)})
				set(t, &item, tag.AcquisitionTime, []string{"235959.5", "000000.5", "000000"}[n])
				items = append(items, item)
			}
			putPrivate(t, e, uihCreator, 0x0065, 0x10, 0x51, items)
		}, [3]float64{10, 20, 20}, 5, 30, 10},
		{"mosaic", "SIEMENS", func(e *Elements) {
			set(t, e, tag.ImageType, []string{"ORIGINAL", "PRIMARY", "M", "MOSAIC"})
			putPrivate(t, e, siemensMR, 0x0019, 0x10, 0x0a, 3)
		}, [3]float64{13, 22, 30}, 4, 10, 30},
	} {
		st := only(t, tiles(t, c.maker, c.fill))
		g := st.Series.Geometry
		if g.Size != [3]int{3, 2, 3} || math.Abs(g.Spacing[2]-c.step) > 1e-9 {
			t.Errorf("%s: got %+v", c.name, g)
			continue
		}
		for i := range 3 {
			if math.Abs(g.Origin[i]-c.origin[i]) > 1e-9 {
				t.Errorf("%s: want origin %v, got %v", c.name, c.origin, g.Origin)
				break
			}
		}
		if v := read(t, st, 0); v.At(2, 1, 0) != c.first || v.At(0, 0, 2) != c.last {
			t.Errorf("%s: want %g to %g, got %g to %g", c.name, c.first, c.last, v.At(2, 1, 0), v.At(0, 0, 2))
		}
		if c.name == "grid with positions" {
			if st.Descending() {
				t.Error("want slices along the normal")
			}
			timing, _ := st.Sidecar(g).Field("SliceTiming").([]float64)
			if len(timing) != 3 || math.Abs(timing[0]-0.5) > 1e-9 || math.Abs(timing[1]-1) > 1e-9 {
				t.Errorf("slice timing past midnight: got %v", timing)
			}
		}
	}
	// Without a number of slices it stays a picture, and is refused as an image.
	f := tiles(t, "SIEMENS", func(e *Elements) { set(t, e, tag.ImageType, []string{"ORIGINAL", "PRIMARY", "M", "MOSAIC"}) })
	if stacks := Stacks([]*File{f}); len(stacks) != 1 || stacks[0].Err == nil {
		t.Errorf("want a refusal, got %d", len(stacks))
	}
}

// TestGradientsOfAMosaic: directions go from the patient's axes to those of the image, whose rows run upwards;
// time points follow the numbers of their images.
func TestGradientsOfAMosaic(t *testing.T) {
	want := [3]float64{0.6, 0, 0.8}
	var files []*File
	for n, b := range []int{0, 1000, 1000} {
		files = append(files, tiles(t, "SIEMENS", func(e *Elements) {
			set(t, e, tag.SOPInstanceUID, "1.2.3."+string(rune('1'+n)))
			set(t, e, tag.InstanceNumber, 3-n) // numbered backwards
			set(t, e, tag.ImageType, []string{"ORIGINAL", "PRIMARY", "DIFFUSION", "MOSAIC"})
			putPrivate(t, e, siemensMR, 0x0019, 0x10, 0x0a, 3)
			putPrivate(t, e, siemensMR, 0x0019, 0x10, 0x0c, b)
			if b > 0 {
				putPrivate(t, e, siemensMR, 0x0019, 0x10, 0x0e, []float64{[]float64{0, 0, 0.6}[n], []float64{0, 1, 0}[n], []float64{0, 0, 0.8}[n]})
			}
		}))
	}
	stacks := Stacks(files)
	if len(stacks) != 1 || stacks[0].Frames() != 3 {
		t.Fatalf("want one image over 3 time points, got %d", len(stacks))
	}
	s := stacks[0].Sidecar(stacks[0].Series.Geometry)
	if len(s.Gradients) != 3 || s.Gradients[0].Direction != want || s.Gradients[1].Direction != [3]float64{0, -1, 0} || s.Gradients[2].B != 0 {
		t.Errorf("got %+v", s.Gradients)
	}
	bval, bvec := s.GradientFiles()
	if string(bval) != "1000 1000 0\n" || string(bvec) != "0.6 0 0\n0 -1 0\n0.8 0 0\n" {
		t.Errorf("got %q, %q", bval, bvec)
	}
}
