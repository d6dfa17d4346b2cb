package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// slice writes one CT slice of a study whose values are 100·k + 8·row + column.
func (w tree) slice(rel, patient, issuer, studyUID string, when time.Time, k int) string {
	w.t.Helper()
	pixels := make([]uint16, 8*6)
	for n := range pixels {
		pixels[n] = uint16(100*k + n)
	}
	intercept, slope := -1024.0, 1.0
	im := dicom.Image{Class: dicom.ClassCT, StudyUID: studyUID, SeriesUID: studyUID + ".1", InstanceUID: studyUID + ".1." + strconv.Itoa(k+1),
		PatientID: patient, IssuerOfID: issuer, Sex: "F", Age: "050Y", When: when, Modality: "CT", BodyPart: "CHEST", InstanceNumber: 20 - k,
		Rows: 6, Columns: 8, Pixels: pixels, PixelSpacingMM: [2]float64{0.5, 0.7}, PositionMM: &[3]float64{10, 20, 30 + 2.5*float64(k)},
		Orientation: &[6]float64{1, 0, 0, 0, 1, 0}, RescaleSlope: &slope, RescaleIntercept: &intercept, RescaleType: "HU"}
	data, err := im.Elements()
	if err != nil {
		w.t.Fatal(err)
	}
	path := w.path(rel)
	if err := dicom.WriteFile(path, data); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDICOMStudies(t *testing.T) {
	w := newTree(t)
	// names and numbers run against the order in space
	for k := range 4 {
		w.slice("x/"+string(rune('d'-k))+".dcm", "P1", "", "1.2.1", day("2024-05-01"), k)
		w.slice("y/"+strconv.Itoa(k), "P1", "", "1.2.2", day("2023-05-01"), k)
		w.slice("z/"+strconv.Itoa(k)+".dcm", "P1", "other hospital", "1.2.3", day("2022-05-01"), k)
	}
	found := w.scan(Options{})
	if len(found.Studies) != 3 || found.Images != 12 {
		t.Fatalf("want 3 studies of 12 files, got %q of %d", keys(found.Studies), found.Images)
	}
	hash := func(id string) string {
		sum := sha256.Sum256([]byte(id))
		return hex.EncodeToString(sum[:])[:16]
	}
	for _, s := range found.Studies {
		if s.Key != hash(s.UID) {
			t.Errorf("%s: want the hash of the UID, got %s", s.UID, s.Key)
		}
		if (s.UID == "1.2.3") == (s.PatientKey == hash("P1")) {
			t.Errorf("%s: want patients told apart by issuer, got %s", s.UID, s.PatientKey)
		}
		want := []string{}
		if s.UID == "1.2.1" {
			want = []string{hash("1.2.2")}
		}
		equal(t, s.UID+": priors", want, keys(s.Priors))
		x := s.Series[0]
		if x.Modality != "CT" || x.BodyPart != "CHEST" || s.Patient.AgeYears != 50 || len(x.Files) != 4 {
			t.Errorf("want a CT of the chest in 4 files, got %+v", x)
		}
		v, err := Open(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if v.Size != [3]int{8, 6, 4} || v.Spacing != [3]float64{0.7, 0.5, 2.5} || v.Unit != volume.HU {
			t.Errorf("want 8 × 6 × 4 of 0.7 × 0.5 × 2.5 mm in HU, got %+v %s", v.Geometry, v.Unit)
		}
		if got := v.At(3, 2, 1); got != 100+2*8+3-1024 {
			t.Errorf("want %d, got %g", 100+2*8+3-1024, got)
		}
	}
	keyed := w.scan(Options{KeyFile: w.text("../secret", "k")})
	for _, s := range keyed.Studies {
		if slices.Contains(keys(found.Studies), s.Key) || s.PatientKey == hash("P1") {
			t.Errorf("want other keys with a key file, got %s", s.Key)
		}
	}
	// headers that are read again study by study give the same
	s := &scanner{names: names{}, tables: bidsTables{}, out: &Found{}}
	var err error
	if s.files, err = walk(context.Background(), []string{w.dir}, nil); err != nil {
		t.Fatal(err)
	}
	s.found = make([]finding, len(s.files))
	for n := range s.files {
		s.found[n] = look(s.files[n], false)
	}
	if err := s.dicomStudies(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.finish()
	equal(t, "studies", keys(found.Studies), keys(s.out.Studies))
}

func TestCutOffSlice(t *testing.T) {
	w := newTree(t)
	var last string
	for k := range 4 {
		last = w.slice(strconv.Itoa(k)+".dcm", "P1", "", "1.2.1", day("2024-05-01"), k)
	}
	b, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(last, b[:len(b)-10], 0o644); err != nil {
		t.Fatal(err)
	}
	found := w.scan(Options{})
	if len(found.Failures) != 1 || found.Failures[0].Path != "3.dcm" {
		t.Errorf("want the cut file as a failure, got %+v", found.Failures)
	}
	if len(found.Studies) != 1 || len(found.Studies[0].Series[0].Files) != 3 {
		t.Errorf("want the other three slices as a study, got %+v", found.Studies)
	}
	if _, _, err := OpenFile(context.Background(), last, Options{}); err == nil {
		t.Error("want an error for the cut file by itself")
	}
}

// A picture and a DICOM study of one patient are paired by the table.
func TestPriorOfAnotherFormat(t *testing.T) {
	w := newTree(t)
	w.slice("now.dcm", "P1", "", "1.2.1", day("2024-05-01"), 0)
	w.picture("then.png")
	table := w.text("t.csv", "file,patient,date,modality\nnow.dcm,anna,,\nthen.png,anna,2020-01-01,CR\n")
	found := w.scan(Options{Table: table})
	if len(found.Studies) != 2 || found.Studies[1].UID != "1.2.1" || len(found.Studies[1].Priors) != 1 || found.Studies[1].Priors[0].Series[0].Format != "png" {
		t.Errorf("want the picture as the prior of the DICOM study, got %+v", found.Studies)
	}
}

// A study of real PET, CT and MR as DICOM equals the NIfTI files that others made of it.
func TestRealStudyAgainstNIfTI(t *testing.T) {
	dir := golden.Shared(t, "data/petctmr_sarcoma_STS_008")
	ctx := context.Background()
	found, err := Scan(ctx, []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, s := range found.Studies {
		for _, x := range s.Series {
			name := map[string]string{"CT": "CT", "MR": "MR_T1", "PT": "PET"}[x.Modality]
			if x.Format != "dicom" || name == "" {
				continue
			}
			v, err := Open(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			want, err := nifti.Read(dir + "/nifti/STS_008/" + name + "_image.nii.gz")
			if err != nil {
				t.Fatal(err)
			}
			if v, err = v.Reorient(want.Orientation()); err != nil {
				t.Fatal(err)
			}
			if err := v.SameGrid(want.Geometry, 0.01); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for n := range v.Data {
				if d := math.Abs(float64(v.Data[n] - want.Data[n])); d > 1e-3*math.Max(1, math.Abs(float64(want.Data[n]))) {
					t.Errorf("%s: voxel %d: want %g, got %g", name, n, want.Data[n], v.Data[n])
					break
				}
			}
			compared++
		}
	}
	if compared != 3 {
		t.Errorf("want 3 series compared, got %d", compared)
	}
	if len(found.Masks) != 3 {
		t.Errorf("want the 3 masks beside the NIfTI images, got %v", found.Masks)
	}
}
