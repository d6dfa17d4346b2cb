package dicom

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// object writes a multi-frame object of 2 × 3 pixels of 16 bits, whose values count up from 0, and opens it.
func object(t *testing.T, class, modality string, frames int, fill func(e *Elements)) *File {
	t.Helper()
	var e Elements
	set(t, &e, tag.SOPClassUID, class)
	set(t, &e, tag.SOPInstanceUID, UID(t.Name()+class+modality))
	set(t, &e, tag.SeriesInstanceUID, "1.2.3")
	set(t, &e, tag.Modality, modality)
	set(t, &e, tag.SamplesPerPixel, 1)
	set(t, &e, tag.PhotometricInterpretation, "MONOCHROME2")
	set(t, &e, tag.NumberOfFrames, frames)
	set(t, &e, tag.Rows, 2)
	set(t, &e, tag.Columns, 3)
	set(t, &e, tag.BitsAllocated, 16)
	set(t, &e, tag.BitsStored, 16)
	set(t, &e, tag.HighBit, 15)
	set(t, &e, tag.PixelRepresentation, 0)
	var raw []byte
	for n := range 6 * frames {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(n))
	}
	if fill != nil {
		fill(&e)
	}
	set(t, &e, tag.PixelData, raw)
	path := filepath.Join(t.TempDir(), "object.dcm")
	if err := WriteFile(path, e); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// placed gives a position, an orientation and a spacing of 1.5 × 2 mm.
func placed(t *testing.T, e *Elements) {
	set(t, e, tag.ImagePositionPatient, []float64{-5, 10, 100})
	set(t, e, tag.ImageOrientationPatient, []float64{1, 0, 0, 0, 1, 0})
	set(t, e, tag.PixelSpacing, []float64{1.5, 2})
}

func only(t *testing.T, f *File) Stack {
	t.Helper()
	stacks := Stacks([]*File{f})
	if len(stacks) != 1 || stacks[0].Err != nil {
		t.Fatalf("want one image, got %d: %+v", len(stacks), stacks)
	}
	return stacks[0]
}

func read(t *testing.T, st Stack, at int) *volume.Volume {
	t.Helper()
	v, err := st.Volume(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestDose: values are in Gy by DoseGridScaling; frames lie at GridFrameOffsetVector, relative or absolute
// (PS3.3 C.8.8.3.2).
func TestDose(t *testing.T) {
	for _, offsets := range [][]float64{{0, 2.5, 5}, {100, 102.5, 105}} {
		st := only(t, object(t, "1.2.840.10008.5.1.4.1.1.481.2", "RTDOSE", 3, func(e *Elements) {
			placed(t, e)
			set(t, e, tag.GridFrameOffsetVector, offsets)
			set(t, e, tag.DoseGridScaling, 0.001)
			set(t, e, tag.DoseUnits, "GY")
		}))
		v := read(t, st, 0)
		if v.Size != [3]int{3, 2, 3} || v.Spacing != [3]float64{2, 1.5, 2.5} || v.Origin != [3]float64{-5, 10, 100} || v.At(1, 1, 2) != 0.016 {
			t.Errorf("%v: got %+v, %g", offsets, v.Geometry, v.At(1, 1, 2))
		}
	}
}

// TestRealWorldValues: without a rescale the first mapping is applied, as a line or as a table; with one it
// is only said.
func TestRealWorldValues(t *testing.T) {
	unit := Elements{}
	set(t, &unit, tag.CodeValue, "[hnsf'U]")
	mapping := func(fill func(e *Elements)) Elements {
		var item Elements
		set(t, &item, tag.MeasurementUnitsCodeSequence, []Elements{unit})
		fill(&item)
		return item
	}
	line := mapping(func(e *Elements) {
		set(t, e, tag.RealWorldValueSlope, 0.5)
		set(t, e, tag.RealWorldValueIntercept, -1.0)
	})
	table := mapping(func(e *Elements) {
		set(t, e, tag.RealWorldValueFirstValueMapped, 1)
		set(t, e, tag.RealWorldValueLUTData, []float64{10, 20, 30, 40, 50})
	})
	for _, c := range []struct {
		item    Elements
		rescale bool
		want    float32
		code    string
	}{{line, false, 0.5, "real-world-values"}, {table, false, 30, "real-world-values"}, {line, true, 6, "real-world-mapping"}} {
		st := only(t, object(t, "1.2.840.10008.5.1.4.1.1.4", "MR", 1, func(e *Elements) {
			placed(t, e)
			set(t, e, tag.RealWorldValueMappingSequence, []Elements{c.item})
			if c.rescale {
				set(t, e, tag.RescaleSlope, 2.0)
				set(t, e, tag.RescaleIntercept, 0.0)
			}
		}))
		if v := read(t, st, 0); v.At(0, 1, 0) != c.want || !c.rescale && v.Unit != volume.HU {
			t.Errorf("%+v: got %g %q", c, v.At(0, 1, 0), v.Unit)
		}
		if !hasIssue(st, c.code, study.Note) {
			t.Errorf("want issue %q, got %v", c.code, st.Series.Issues)
		}
	}
}

// TestParametricMap: its values are those of its mapping, whatever else it has.
func TestParametricMap(t *testing.T) {
	st := only(t, object(t, classParametricMap, "MR", 2, func(e *Elements) {
		var mapping, identity, item Elements
		set(t, &mapping, tag.RealWorldValueSlope, 0.25)
		set(t, &mapping, tag.RealWorldValueIntercept, -10.0)
		set(t, &identity, tag.RescaleSlope, 1.0)
		set(t, &identity, tag.RescaleIntercept, 0.0)
		sharedGroups(t, e, tag.PlaneOrientationSequence, tag.ImageOrientationPatient)
		item = e.Item(tag.SharedFunctionalGroupsSequence)
		set(t, &item, tag.PixelValueTransformationSequence, []Elements{identity})
		set(t, &item, tag.RealWorldValueMappingSequence, []Elements{mapping})
		set(t, e, tag.SharedFunctionalGroupsSequence, []Elements{item})
		groups(t, e, 2, tag.PlanePositionSequence, tag.ImagePositionPatient, func(n int) []float64 { return []float64{0, 0, float64(n)} }, nil)
	}))
	if v := read(t, st, 0); v.At(0, 0, 1) != -8.5 {
		t.Errorf("want 6 × 0.25 − 10, got %g", v.At(0, 0, 1))
	}
	if _, slope, intercept, ok := st.Scale(); !ok || slope != 0.25 || intercept != -10 {
		t.Errorf("scale: got %g, %g, %v", slope, intercept, ok)
	}
}

// groups gives each frame a position in a functional group.
func groups(t *testing.T, e *Elements, frames int, sequence, position tag.Tag, at func(n int) []float64, more func(n int, e *Elements)) {
	t.Helper()
	var per []Elements
	for n := range frames {
		var place, item Elements
		set(t, &place, position, at(n))
		set(t, &item, sequence, []Elements{place})
		if more != nil {
			more(n, &item)
		}
		per = append(per, item)
	}
	set(t, e, tag.PerFrameFunctionalGroupsSequence, per)
}

func sharedGroups(t *testing.T, e *Elements, sequence, orientation tag.Tag) {
	t.Helper()
	var dir, measures, item Elements
	set(t, &dir, orientation, []float64{1, 0, 0, 0, 1, 0})
	set(t, &measures, tag.PixelSpacing, []float64{1, 1})
	set(t, &item, sequence, []Elements{dir})
	set(t, &item, tag.PixelMeasuresSequence, []Elements{measures})
	set(t, e, tag.SharedFunctionalGroupsSequence, []Elements{item})
}

// TestTomosynthesisIsAVolume, though its modality is that of a projection; frames come in any order.
func TestTomosynthesisIsAVolume(t *testing.T) {
	st := only(t, object(t, "1.2.840.10008.5.1.4.1.1.13.1.3", "MG", 3, func(e *Elements) {
		sharedGroups(t, e, tag.PlaneOrientationSequence, tag.ImageOrientationPatient)
		groups(t, e, 3, tag.PlanePositionSequence, tag.ImagePositionPatient, func(n int) []float64 { return []float64{0, 0, float64(n * 2 % 3)} }, nil)
	}))
	if v := read(t, st, 0); v.Size[2] != 3 || v.At(0, 0, 1) != 12 || v.At(0, 0, 2) != 6 {
		t.Errorf("got %v, %g, %g", v.Size, v.At(0, 0, 1), v.At(0, 0, 2))
	}
}

func TestUltrasoundVolume(t *testing.T) {
	st := only(t, object(t, "1.2.840.10008.5.1.4.1.1.6.2", "US", 4, func(e *Elements) {
		sharedGroups(t, e, tag.PlaneOrientationVolumeSequence, tag.ImageOrientationVolume)
		groups(t, e, 4, tag.PlanePositionVolumeSequence, tag.ImagePositionVolume, func(n int) []float64 { return []float64{0, 0, 0.5 * float64(n/2)} }, func(n int, item *Elements) {
			var content Elements
			set(t, &content, tag.DimensionIndexValues, []int{n/2 + 1, n%2 + 1})
			set(t, item, tag.FrameContentSequence, []Elements{content})
		})
	}))
	if st.Frames() != 2 || st.Series.Geometry.Size[2] != 2 || st.Series.Geometry.Spacing[2] != 0.5 || !hasIssue(st, "volume-frame-of-reference", study.Note) {
		t.Fatalf("want 2 time points of 2 slices, got %d of %v, %v", st.Frames(), st.Series.Geometry, st.Series.Issues)
	}
	if v := read(t, st, 1); v.At(0, 0, 0) != 6 || v.At(0, 0, 1) != 18 {
		t.Errorf("time point 1: got %g, %g", v.At(0, 0, 0), v.At(0, 0, 1))
	}
}

// TestNuclearTomography: gated slices, numbered by SliceVector and TimeSlotVector, placed by the detector.
func TestNuclearTomography(t *testing.T) {
	st := only(t, object(t, "1.2.840.10008.5.1.4.1.1.20", "NM", 6, func(e *Elements) {
		set(t, e, tag.ImageType, []string{"ORIGINAL", "PRIMARY", "RECON GATED TOMO", "EMISSION"})
		set(t, e, tag.PixelSpacing, []float64{4, 4})
		set(t, e, tag.SpacingBetweenSlices, 4.0)
		set(t, e, tag.SliceVector, []int{1, 2, 3, 1, 2, 3})
		set(t, e, tag.TimeSlotVector, []int{1, 1, 1, 2, 2, 2})
		var detector Elements
		set(t, &detector, tag.ImagePositionPatient, []float64{1, 2, 3})
		set(t, &detector, tag.ImageOrientationPatient, []float64{1, 0, 0, 0, 1, 0})
		set(t, e, tag.DetectorInformationSequence, []Elements{detector})
	}))
	if g := st.Series.Geometry; st.Frames() != 2 || g.Size != [3]int{3, 2, 3} || g.Spacing != [3]float64{4, 4, 4} || g.Origin != [3]float64{1, 2, 3} {
		t.Fatalf("got %d time points, %+v", st.Frames(), g)
	}
	if v := read(t, st, 1); v.At(0, 0, 2) != 30 {
		t.Errorf("slice 2 at time 1: want 30, got %g", v.At(0, 0, 2))
	}
}

func TestCineTimes(t *testing.T) {
	for want, fill := range map[string]func(e *Elements){
		"[0 0.04 0.08]": func(e *Elements) { set(t, e, tag.FrameTime, 40.0) },
		"[0 0.03 0.08]": func(e *Elements) { set(t, e, tag.FrameTimeVector, []float64{0, 30, 50}) },
		"[0 0.1 0.2]":   func(e *Elements) { set(t, e, tag.CineRate, 10) },
		"[]":            func(e *Elements) {},
	} {
		st := only(t, object(t, "1.2.840.10008.5.1.4.1.1.3.1", "US", 3, fill))
		if got := fmt.Sprint(st.FrameTimes()); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}

// TestSUV: 70 kg, 370 MBq of fluorine-18 an hour before: 70 000 g / (370 MBq · 2^(−3600/6586.2)).
func TestSUV(t *testing.T) {
	const expected = 2.76337e-4
	pet := func(units, injected, scan string, change func(e *Elements)) *File {
		return object(t, "1.2.840.10008.5.1.4.1.1.128", "PT", 1, func(e *Elements) {
			placed(t, e)
			set(t, e, tag.Units, units)
			set(t, e, tag.CorrectedImage, []string{"DECY", "ATTN", "SCAT"})
			set(t, e, tag.DecayCorrection, "START")
			set(t, e, tag.PatientWeight, 70.0)
			set(t, e, tag.SeriesDate, "20200102")
			set(t, e, tag.SeriesTime, scan)
			set(t, e, tag.AcquisitionDate, "20200102")
			set(t, e, tag.AcquisitionTime, scan)
			var drug Elements
			set(t, &drug, tag.RadiopharmaceuticalStartTime, injected)
			set(t, &drug, tag.RadionuclideTotalDose, 370e6)
			set(t, &drug, tag.RadionuclideHalfLife, 6586.2)
			set(t, e, tag.RadiopharmaceuticalInformationSequence, []Elements{drug})
			if change != nil {
				change(e)
			}
		})
	}
	for _, c := range []struct {
		name  string
		file  *File
		want  float64
		issue string
	}{
		{"an hour", pet("BQML", "100000", "110000", nil), expected, ""},
		{"past midnight", pet("BQML", "233000", "003000", nil), expected, "injection-before-midnight"},
		{"to the injection", pet("BQML", "100000", "110000", func(e *Elements) { set(t, e, tag.DecayCorrection, "ADMIN") }), 70000 / 370e6, ""},
		{"already", pet("GML", "100000", "110000", nil), 1, ""},
		{"Philips", pet("CNTS", "100000", "110000", func(e *Elements) { putPrivate(t, e, philipsPET, 0x7053, 0x10, 0x00, 0.0002) }), 0.0002, ""},
		{"Philips activity", pet("CNTS", "100000", "110000", func(e *Elements) { putPrivate(t, e, philipsPET, 0x7053, 0x10, 0x09, 2.0) }), 2 * expected, ""},
		{"counts", pet("CNTS", "100000", "110000", nil), 0, "suv-not-available"},
		{"no decay correction", pet("BQML", "100000", "110000", func(e *Elements) { set(t, e, tag.DecayCorrection, "NONE") }), 0, "suv-not-available"},
		{"no attenuation correction", pet("BQML", "100000", "110000", func(e *Elements) { set(t, e, tag.CorrectedImage, "DECY") }), 0, "suv-not-available"},
		{"MBq", pet("BQML", "100000", "110000", func(e *Elements) {
			drug := e.Item(tag.RadiopharmaceuticalInformationSequence)
			set(t, &drug, tag.RadionuclideTotalDose, 370.0)
			set(t, e, tag.RadiopharmaceuticalInformationSequence, []Elements{drug})
		}), expected, "dose-in-mbq"},
	} {
		got, issues, ok := c.file.SUVbw()
		if ok != (c.want > 0) || math.Abs(got-c.want) > 1e-5*c.want {
			t.Errorf("%s: want %g, got %g (%v)", c.name, c.want, got, issues)
		}
		if len(issues) > 0 != (c.issue != "") || c.issue != "" && issues[0].Code != c.issue {
			t.Errorf("%s: want issue %q, got %v", c.name, c.issue, issues)
		}
	}
}
