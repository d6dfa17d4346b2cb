package dicom

import (
	"fmt"
	"math"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/volume"
)

// macro is a functional group with one item.
func macro(t *testing.T, to *Elements, sequence tag.Tag, fill func(e *Elements)) {
	t.Helper()
	var item Elements
	fill(&item)
	set(t, to, sequence, []Elements{item})
}

// tilted are directions that lie askew in all planes, and their normal.
var (
	tiltedRow    = []float64{0.8, 0.36, -0.48}
	tiltedCol    = []float64{0, 0.8, 0.6}
	tiltedNormal = []float64{0.6, -0.48, 0.64}
)

// along is the place of the slice at a distance along the normal.
func along(mm float64) []float64 {
	return []float64{-30 + mm*tiltedNormal[0], 12 + mm*tiltedNormal[1], 55 + mm*tiltedNormal[2]}
}

// enhanced gives an object 4 slices 2.5 mm apart in the order of numbers, with orientation shared or in each frame,
// a pixel spacing of 0.5 × 0.75 mm, and what each frame has beside it.
func enhanced(t *testing.T, e *Elements, numbers []int, shared bool, more func(n int, e *Elements)) {
	t.Helper()
	direction := func(to *Elements) {
		macro(t, to, tag.PlaneOrientationSequence, func(e *Elements) {
			set(t, e, tag.ImageOrientationPatient, append(append([]float64{}, tiltedRow...), tiltedCol...))
		})
		macro(t, to, tag.PixelMeasuresSequence, func(e *Elements) {
			set(t, e, tag.PixelSpacing, []float64{0.5, 0.75})
			set(t, e, tag.SliceThickness, 3.0)
		})
	}
	var common Elements
	if shared {
		direction(&common)
	}
	set(t, e, tag.SharedFunctionalGroupsSequence, []Elements{common})
	set(t, e, tag.FrameOfReferenceUID, "1.2.3.4.5")
	var per []Elements
	for n, k := range numbers {
		var item Elements
		macro(t, &item, tag.PlanePositionSequence, func(e *Elements) { set(t, e, tag.ImagePositionPatient, along(2.5*float64(k))) })
		if !shared {
			direction(&item)
		}
		if more != nil {
			more(n, &item)
		}
		per = append(per, item)
	}
	set(t, e, tag.PerFrameFunctionalGroupsSequence, per)
}

// TestEnhancedVolumes: computed tomography and positron emission with a rescale in each frame, and optical coherence
// tomography of the eye, lie where PS3.3 C.7.6.16.2 says, whatever the order of their frames.
func TestEnhancedVolumes(t *testing.T) {
	order := []int{2, 0, 3, 1}
	rescale := func(kind string, slope, intercept func(n int) float64) func(n int, e *Elements) {
		return func(n int, e *Elements) {
			macro(t, e, tag.PixelValueTransformationSequence, func(e *Elements) {
				set(t, e, tag.RescaleSlope, slope(n))
				set(t, e, tag.RescaleIntercept, intercept(n))
				set(t, e, tag.RescaleType, kind)
			})
		}
	}
	for name, row := range map[string]struct {
		class, modality string
		more            func(n int, e *Elements)
		value           func(n, stored int) float64
		unit            volume.Unit
	}{
		"CT": {"1.2.840.10008.5.1.4.1.1.2.1", "CT", rescale("HU", func(int) float64 { return 2 }, func(n int) float64 { return float64(-1000 - n) }),
			func(n, stored int) float64 { return float64(2*stored - 1000 - n) }, volume.HU},
		"PET": {"1.2.840.10008.5.1.4.1.1.130", "PT", rescale("BQML", func(n int) float64 { return 0.5 * float64(n+1) }, func(int) float64 { return 0 }),
			func(n, stored int) float64 { return 0.5 * float64(n+1) * float64(stored) }, volume.Arbitrary},
		"OPT": {"1.2.840.10008.5.1.4.1.1.77.1.5.4", "OPT", nil, func(_, stored int) float64 { return float64(stored) }, volume.Arbitrary},
	} {
		for _, shared := range []bool{true, false} {
			st := only(t, object(t, row.class, row.modality, 4, func(e *Elements) { enhanced(t, e, order, shared, row.more) }))
			g := st.Series.Geometry
			if g.Size != [3]int{3, 2, 4} || st.Frames() != 1 || g.Frame != "1.2.3.4.5" {
				t.Errorf("%s: want one volume of 3 × 2 × 4, got %d of %+v", name, st.Frames(), g)
				continue
			}
			for i, want := range [3]float64{0.75, 0.5, 2.5} {
				if math.Abs(g.Spacing[i]-want) > 1e-9 {
					t.Errorf("%s: spacing: want %g, got %g", name, want, g.Spacing[i])
				}
			}
			v := read(t, st, 0)
			if v.Unit != row.unit {
				t.Errorf("%s: want the unit %q, got %q", name, row.unit, v.Unit)
			}
			for n, k := range order {
				for p := range 6 {
					x, y := p%3, p/3
					if got, want := float64(v.At(x, y, k)), row.value(n, 6*n+p); got != want {
						t.Errorf("%s: frame %d, pixel %d: want %g, got %g", name, n, p, want, got)
					}
					at := g.PointLPS([3]float64{float64(x), float64(y), float64(k)})
					for i := range 3 {
						want := along(2.5 * float64(k))[i] + 0.75*float64(x)*tiltedRow[i] + 0.5*float64(y)*tiltedCol[i]
						if math.Abs(at[i]-want) > 1e-9 {
							t.Errorf("%s: frame %d, pixel %d: want %g, got %g mm along axis %d", name, n, p, want, at[i], i)
						}
					}
				}
			}
		}
	}
}

// TestAngiography: frames of a projection follow each other in time, and a distance holds at the detector, or at the
// depth for which the object says it.
func TestAngiography(t *testing.T) {
	clock := func(e *Elements) {
		var per []Elements
		for n := range 3 {
			var item Elements
			macro(t, &item, tag.FrameContentSequence, func(e *Elements) {
				set(t, e, tag.FrameReferenceDateTime, []string{"20240229235959.900000", "20240301000000.000000", "20240301000000.250000+0100"}[n])
			})
			per = append(per, item)
		}
		set(t, e, tag.PerFrameFunctionalGroupsSequence, per)
	}
	for name, row := range map[string]struct {
		class  string
		fill   func(e *Elements)
		source string
		plane  string
		mm     [2]float64 // between columns, between rows
		times  string
	}{
		"classic": {"1.2.840.10008.5.1.4.1.1.12.1", func(e *Elements) {
			set(t, e, tag.ImagerPixelSpacing, []float64{0.4, 0.3})
			set(t, e, tag.FrameTime, 125.0)
		}, "ImagerPixelSpacing", "detector", [2]float64{0.3, 0.4}, "[0 0.125 0.25]"},
		"magnified": {"1.2.840.10008.5.1.4.1.1.12.1", func(e *Elements) {
			set(t, e, tag.ImagerPixelSpacing, []float64{0.4, 0.3})
			set(t, e, tag.DistanceSourceToDetector, 1200.0)
			set(t, e, tag.DistanceSourceToPatient, 800.0)
			set(t, e, tag.FrameTimeVector, []float64{0, 250, 125})
		}, "ImagerPixelSpacing", "patient", [2]float64{0.2, 0.4 / 1.5}, "[0 0.25 0.375]"},
		"enhanced": {"1.2.840.10008.5.1.4.1.1.12.1.1", func(e *Elements) {
			var common Elements
			macro(t, &common, tag.FramePixelDataPropertiesSequence, func(e *Elements) { set(t, e, tag.ImagerPixelSpacing, []float64{0.2, 0.1}) })
			set(t, e, tag.SharedFunctionalGroupsSequence, []Elements{common})
			clock(e)
		}, "ImagerPixelSpacing", "detector", [2]float64{0.1, 0.2}, "[0 0.1 0.35]"},
		"calibrated": {"1.2.840.10008.5.1.4.1.1.12.1.1", func(e *Elements) {
			var common Elements
			macro(t, &common, tag.FramePixelDataPropertiesSequence, func(e *Elements) { set(t, e, tag.ImagerPixelSpacing, []float64{0.2, 0.1}) })
			macro(t, &common, tag.ProjectionPixelCalibrationSequence, func(e *Elements) {
				set(t, e, tag.ObjectPixelSpacingInCenterOfBeam, []float64{0.125, 0.0625})
			})
			set(t, e, tag.SharedFunctionalGroupsSequence, []Elements{common})
			clock(e)
		}, "ObjectPixelSpacingInCenterOfBeam", "patient", [2]float64{0.0625, 0.125}, "[0 0.1 0.35]"},
	} {
		st := only(t, object(t, row.class, "XA", 3, row.fill))
		g, a := st.Series.Geometry, st.Series.Acquisition
		if g.Size != [3]int{3, 2, 1} || st.Frames() != 3 || a.SpacingSource != row.source || a.Plane != row.plane {
			t.Errorf("%s: want 3 pictures and %s at the %s, got %d of %v, %s, %s", name, row.source, row.plane, st.Frames(), g.Size, a.SpacingSource, a.Plane)
		}
		if math.Abs(g.Spacing[0]-row.mm[0]) > 1e-9 || math.Abs(g.Spacing[1]-row.mm[1]) > 1e-9 {
			t.Errorf("%s: want %v mm, got %v", name, row.mm, g.Spacing)
		}
		if got := fmt.Sprint(st.FrameTimes()); got != row.times {
			t.Errorf("%s: want frames at %s s, got %s", name, row.times, got)
		}
		if v := read(t, st, 2); v.At(1, 1, 0) != 16 {
			t.Errorf("%s: frame 2: want 16, got %g", name, v.At(1, 1, 0))
		}
	}
}

// TestOphthalmicPhotography is a picture, whose spacing is told or not.
func TestOphthalmicPhotography(t *testing.T) {
	for _, class := range []string{"1.2.840.10008.5.1.4.1.1.77.1.5.1", "1.2.840.10008.5.1.4.1.1.77.1.5.2"} {
		st := only(t, object(t, class, "OP", 1, func(e *Elements) { set(t, e, tag.PixelSpacing, []float64{0.006, 0.005}) }))
		if g := st.Series.Geometry; g.Size != [3]int{3, 2, 1} || g.Spacing != [3]float64{0.005, 0.006, 1} || st.Series.Acquisition.SpacingSource != "PixelSpacing" {
			t.Errorf("want 3 × 2 of 0.005 × 0.006 mm, got %+v", g)
		}
		if v := read(t, st, 0); v.At(2, 1, 0) != 5 {
			t.Errorf("want 5, got %g", v.At(2, 1, 0))
		}
		if st = only(t, object(t, class, "OP", 2, nil)); st.Frames() != 2 || st.Series.Acquisition.SpacingSource != "none" {
			t.Errorf("want 2 pictures without a spacing, got %d with %q", st.Frames(), st.Series.Acquisition.SpacingSource)
		}
	}
}
