package dicom

import (
	"context"
	"math"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/study"
)

// TestProjectionSpacing: what a distance in a radiograph means (PS3.3 10.7.1).
func TestProjectionSpacing(t *testing.T) {
	for _, c := range []struct {
		name          string
		fill          func(e *Elements)
		row           float64 // spacing between rows
		source, plane string
		issue         string
	}{
		{"imager", func(e *Elements) { set(t, e, tag.ImagerPixelSpacing, []float64{0.2, 0.2}) }, 0.2, "ImagerPixelSpacing", "detector", ""},
		{"magnification", func(e *Elements) {
			set(t, e, tag.ImagerPixelSpacing, []float64{0.2, 0.2})
			set(t, e, tag.EstimatedRadiographicMagnificationFactor, 1.25)
		}, 0.16, "ImagerPixelSpacing", "patient", ""},
		{"distances", func(e *Elements) {
			set(t, e, tag.ImagerPixelSpacing, []float64{0.2, 0.2})
			set(t, e, tag.DistanceSourceToDetector, 1250.0)
			set(t, e, tag.DistanceSourceToPatient, 1000.0)
		}, 0.16, "ImagerPixelSpacing", "patient", "magnification-from-distances"},
		{"calibrated", func(e *Elements) {
			set(t, e, tag.ImagerPixelSpacing, []float64{0.2, 0.2})
			set(t, e, tag.PixelSpacing, []float64{0.15, 0.15})
			set(t, e, tag.PixelSpacingCalibrationType, "FIDUCIAL")
		}, 0.15, "PixelSpacing", "patient", ""},
		{"uncalibrated", func(e *Elements) { set(t, e, tag.PixelSpacing, []float64{0.3, 0.3}) }, 0.3, "PixelSpacing", "detector", "uncalibrated-pixel-spacing"},
		{"film", func(e *Elements) { set(t, e, tag.NominalScannedPixelSpacing, []float64{0.1, 0.1}) }, 0.1, "NominalScannedPixelSpacing", "detector", ""},
		{"none", func(e *Elements) {}, 1, "none", "", "no-spacing"},
		{"nonsense", func(e *Elements) { set(t, e, tag.ImagerPixelSpacing, []float64{0, -1}) }, 1, "none", "", "no-spacing"},
	} {
		st := only(t, object(t, ClassDX, "DX", 1, c.fill))
		a := st.Series.Acquisition
		if got := st.Series.Geometry.Spacing[1]; math.Abs(got-c.row) > 1e-9 || a.SpacingSource != c.source || a.Plane != c.plane {
			t.Errorf("%s: want %g by %s in the plane of the %s, got %g by %s, %s", c.name, c.row, c.source, c.plane, got, a.SpacingSource, a.Plane)
		}
		if c.issue != "" && !hasIssue(st, c.issue, study.Note) && !hasIssue(st, c.issue, study.Warning) {
			t.Errorf("%s: want issue %q, got %v", c.name, c.issue, st.Series.Issues)
		}
	}
}

// TestUltrasoundRegions: one scale in cm for all two-dimensional regions is the picture's spacing; regions
// that differ give none, and an issue says so.
func TestUltrasoundRegions(t *testing.T) {
	region := func(delta float64, unit int) Elements {
		var e Elements
		set(t, &e, tag.RegionSpatialFormat, 1)
		set(t, &e, tag.PhysicalUnitsXDirection, unit)
		set(t, &e, tag.PhysicalUnitsYDirection, unit)
		set(t, &e, tag.PhysicalDeltaX, delta)
		set(t, &e, tag.PhysicalDeltaY, delta/2)
		return e
	}
	for _, c := range []struct {
		regions []Elements
		want    float64 // between columns
		issue   string
	}{
		{[]Elements{region(0.05, 3), region(0.05, 3)}, 0.5, ""},
		{[]Elements{region(0.05, 3), region(0.02, 3)}, 1, "ultrasound-regions"},
		{[]Elements{region(0.05, 4)}, 1, "no-spacing"},
	} {
		st := only(t, object(t, "1.2.840.10008.5.1.4.1.1.6.1", "US", 1, func(e *Elements) { set(t, e, tag.SequenceOfUltrasoundRegions, c.regions) }))
		if got := st.Series.Geometry.Spacing[0]; math.Abs(got-c.want) > 1e-9 {
			t.Errorf("want %g mm, got %g", c.want, got)
		}
		if c.issue != "" && !hasIssue(st, c.issue, study.Note) && !hasIssue(st, c.issue, study.Warning) {
			t.Errorf("want issue %q, got %v", c.issue, st.Series.Issues)
		}
	}
}

// TestScaleBySlice: PET rescales each slice by its own slope; the stored values have then no one scale.
func TestScaleBySlice(t *testing.T) {
	files := phantom(t, 4, func(n int) [3]float64 { return [3]float64{0, 0, 2 * float64(n)} }, func(n int, im *Image) {
		slope := float64(n + 1)
		zero := 0.0
		im.Modality, im.RescaleSlope, im.RescaleIntercept = "PT", &slope, &zero
		for i := range im.Pixels {
			im.Pixels[i] = 10
		}
	})
	stacks := Stacks(files)
	if len(stacks) != 1 {
		t.Fatalf("want one stack, got %d", len(stacks))
	}
	v, err := stacks[0].Volume(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 4 {
		if got := v.At(1, 1, k); got != float32(10*(k+1)) {
			t.Errorf("slice %d: want %d, got %g", k, 10*(k+1), got)
		}
	}
	if _, _, _, ok := stacks[0].Scale(); ok {
		t.Error("want no common scale")
	}
}

// TestModalityTable: a Modality LUT goes before the rescale, and holds its ends beyond its entries.
func TestModalityTable(t *testing.T) {
	st := only(t, object(t, "1.2.840.10008.5.1.4.1.1.4", "MR", 1, func(e *Elements) {
		placed(t, e)
		var lut Elements
		set(t, &lut, tag.LUTDescriptor, []int{3, 1, 16})
		set(t, &lut, tag.ModalityLUTType, "US")
		set(t, &lut, tag.LUTData, []byte{100, 0, 200, 0, 44, 1})
		set(t, e, tag.ModalityLUTSequence, []Elements{lut})
	}))
	v := read(t, st, 0)
	for i, want := range []float32{100, 100, 200, 300, 300, 300} {
		if v.Data[i] != want {
			t.Errorf("stored %d: want %g, got %g", i, want, v.Data[i])
		}
	}
}

// TestLocaliserIsMarked, and apart from the series beside it.
func TestLocaliserIsMarked(t *testing.T) {
	stacks := Stacks(phantom(t, 6, func(n int) [3]float64 { return [3]float64{0, 0, 2 * float64(n)} }, func(n int, im *Image) {
		if n == 0 {
			im.ImageType = []string{"ORIGINAL", "PRIMARY", "LOCALIZER"}
		}
	}))
	if len(stacks) != 2 || stacks[0].Localiser == stacks[1].Localiser {
		t.Fatalf("want a scout and a volume, got %d", len(stacks))
	}
	for _, st := range stacks {
		if st.Localiser != hasIssue(st, "localiser", study.Note) {
			t.Errorf("want an issue for the scout alone, got %v", st.Series.Issues)
		}
	}
}
