package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
	"github.com/caliper-imaging/caliper/volume/npy"
	"github.com/caliper-imaging/caliper/volume/raster"
)

// caliper runs one command line.
func caliper(args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = execute(context.Background(), args, term.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

func writePicture(t *testing.T, path string) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 5, 4))
	for n := range m.Pix {
		m.Pix[n] = uint8(11 * n)
	}
	m.SetGray(4, 3, color.Gray{255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeCT writes three slices of 4 × 3 signed pixels, stored value 100·slice + 4·row + column - 50.
func writeCT(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		pixels := make([]uint16, 12)
		for n := range pixels {
			pixels[n] = uint16(int16(100*k + n - 50))
		}
		slope, intercept := 2.0, -1000.0
		im := dicom.Image{Class: dicom.ClassCT, StudyUID: "1.2.3", SeriesUID: "1.2.3.4", InstanceUID: "1.2.3.4." + string(rune('1'+k)), PatientID: "p",
			Modality: "CT", Rows: 3, Columns: 4, Signed: true, Pixels: pixels, PixelSpacingMM: [2]float64{0.5, 0.5}, PositionMM: &[3]float64{-10, 5, float64(3 * k)},
			Orientation: &[6]float64{1, 0, 0, 0, 1, 0}, RescaleSlope: &slope, RescaleIntercept: &intercept}
		data, err := im.Elements()
		if err != nil {
			t.Fatal(err)
		}
		if err := dicom.WriteFile(filepath.Join(dir, "s"+string(rune('3'-k))+".dcm"), data); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConvert(t *testing.T) {
	dir := t.TempDir()
	series, out := filepath.Join(dir, "series"), filepath.Join(dir, "ct.nii.gz")
	writeCT(t, series)
	if code, _, errs := caliper("convert", series, out); code != 0 {
		t.Fatalf("want code 0, got %d: %s", code, errs)
	}
	h, err := nifti.ReadHeader(out)
	if err != nil {
		t.Fatal(err)
	}
	v, err := nifti.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if h.Type != nifti.Int16 || v.Size != [3]int{4, 3, 3} || v.Origin != [3]float64{-10, 6, 0} || v.At(1, 0, 2) != 2*(200+8+1-50)-1000 {
		t.Errorf("want int16 of 4 × 3 × 3 in HU at the slices' place, rows upwards, got type %d, %+v, %g", h.Type, v.Geometry, v.At(1, 2, 2))
	}

	raw := filepath.Join(dir, "raw.npy")
	if code, _, errs := caliper("convert", "--raw", filepath.Join(series, "s3.dcm"), raw); code != 0 {
		t.Fatalf("want code 0, got %d: %s", code, errs)
	}
	a, err := npy.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	x, err := a.Float64s()
	if err != nil || a.DType != volume.Int16 || len(x) != 12 || x[0] != -50 || x[11] != -39 {
		t.Errorf("want the 12 stored values from -50 as int16, got %v of %s, %v", x, a.DType, err)
	}

	picture := filepath.Join(dir, "p.png")
	writePicture(t, picture)
	for _, name := range []string{"p.npy", "p.nii", "p2.png"} {
		if code, _, errs := caliper("convert", picture, filepath.Join(dir, name), "--spacing", "0.2,0.3"); code != 0 {
			t.Fatalf("%s: want code 0, got %d: %s", name, code, errs)
		}
	}
	if a, err = npy.Read(filepath.Join(dir, "p.npy")); err != nil || a.DType != volume.Uint8 || len(a.Shape) != 2 || a.Shape[0] != 4 || a.Bytes[7] != 77 {
		t.Errorf("want 4 × 5 bytes, got %+v, %v", a, err)
	}
	if h, err = nifti.ReadHeader(filepath.Join(dir, "p.nii")); err != nil || h.Type != nifti.Uint8 || h.Spacing != [3]float64{float64(float32(0.2)), float64(float32(0.3)), 1} {
		t.Errorf("want uint8 with the flag's spacing, got %+v, %v", h, err)
	}
	if v, err = raster.Read(filepath.Join(dir, "p2.png")); err != nil || v.Data[7] != 77 {
		t.Errorf("want the same picture, got %v", err)
	}
}

func TestConvertAll(t *testing.T) {
	dir := t.TempDir()
	writeCT(t, filepath.Join(dir, "in", "series"))
	writePicture(t, filepath.Join(dir, "in", "p.png"))
	out := filepath.Join(dir, "out") + "/"
	code, list, errs := caliper("convert", filepath.Join(dir, "in"), out)
	if code != 0 || strings.Count(list, ".nii.gz\n") != 2 {
		t.Fatalf("want two files and code 0, got %d: %s%s", code, list, errs)
	}
	for _, path := range strings.Fields(list) {
		if _, err := nifti.Read(path); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "in", "bad.png"), []byte("bad"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, list, errs = caliper("convert", filepath.Join(dir, "in"), out); code != 1 || strings.Count(list, "\n") != 2 || !strings.Contains(errs, "bad.png") {
		t.Errorf("want code 1, the other two files and the bad one named, got %d: %s%s", code, list, errs)
	}
}

func TestConvertMistakes(t *testing.T) {
	dir := t.TempDir()
	writeCT(t, filepath.Join(dir, "series"))
	writePicture(t, filepath.Join(dir, "p.png"))
	writePicture(t, filepath.Join(dir, "q.png"))
	text := filepath.Join(dir, "text.dcm")
	if err := os.WriteFile(text, []byte("no image"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"convert", dir, dir + "/x.nii"}, 1, "want a file or folder with one image, got 3"},
		{[]string{"convert", text, dir + "/x.nii"}, 1, "want a DICOM file"},
		{[]string{"convert", dir + "/absent", dir + "/x.nii"}, 1, "absent"},
		{[]string{"convert", dir + "/p.png", dir + "/x.gif"}, 2, ".nii, .nii.gz, .hdr"},
		{[]string{"convert", dir + "/series", dir + "/x.png"}, 1, "one slice"},
		{[]string{"convert", "--raw", dir + "/p.png", dir + "/x.npy"}, 1, "want a DICOM file"},
		{[]string{"convert", "--raw", dir + "/series/s1.dcm", dir + "/x.nii"}, 2, ".npy"},
		{[]string{"convert", dir + "/p.png"}, 2, "accepts 2 arg"},
		{[]string{"convert", dir + "/p.png", dir + "/x.nii", "--spacing", "1"}, 2, "--spacing"},
		{[]string{"convert", dir + "/p.png", "/dev/null/x.nii"}, 1, "x.nii"},
	} {
		code, out, errs := caliper(c.args...)
		if code != c.code || !strings.Contains(errs, c.want) || out != "" || strings.Count(errs, "\n") > 2 {
			t.Errorf("%v: want code %d and %q, got %d: %s%s", c.args, c.code, c.want, code, errs, out)
		}
	}
}

func TestScan(t *testing.T) {
	dir := t.TempDir()
	writeCT(t, filepath.Join(dir, "series"))
	writePicture(t, filepath.Join(dir, "p.png"))
	if err := os.WriteFile(filepath.Join(dir, "text.dcm"), []byte("no image"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs := caliper("scan", dir)
	if code != 0 || errs != "" {
		t.Fatalf("want code 0, got %d: %s", code, errs)
	}
	for _, want := range []string{"CT · dicom 3 files", "4 × 3 × 3", "0.5 × 0.5 × 3 mm, axes LPS", "failed text.dcm", "spacing unknown", "2 patients, 2 studies, 2 series"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in the list, got\n%s", want, out)
		}
	}
	code, out, errs = caliper("scan", dir, "--json")
	var found struct {
		Studies []struct {
			Key, PatientKey string
			Series          []struct{ Modality string }
		}
		Failures []struct{ Path, Reason string }
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 {
		t.Fatalf("want JSON, got %v, %d: %s", err, code, errs)
	}
	if len(found.Studies) != 2 || len(found.Failures) != 1 || found.Failures[0].Path != "text.dcm" {
		t.Errorf("want 2 studies and a failure, got %+v", found)
	}
	if code, _, errs = caliper("scan", filepath.Join(dir, "absent")); code != 1 || !strings.Contains(errs, "absent") {
		t.Errorf("want code 1 for an input that is not there, got %d: %s", code, errs)
	}
	if code, _, errs = caliper("scan", t.TempDir()); code != 1 || !strings.Contains(errs, "image") {
		t.Errorf("want code 1 for an empty folder, got %d: %s", code, errs)
	}
}

// A region of a slide becomes a picture, and an archive is converted as the folder that was packed.
func TestConvertSlidesAndArchives(t *testing.T) {
	dir := t.TempDir()
	svs := "../../dicom/slide/testdata/rgb.svs"
	part := filepath.Join(dir, "part.png")
	code, _, errs := caliper("convert", svs, part, "--level", "1", "--region", "5,6,20,10")
	if code != exitOK || !strings.Contains(errs, "keeps of the place of voxels: none") {
		t.Fatalf("want code 0 and a note on what PNG keeps, got %d: %s", code, errs)
	}
	v, err := raster.Read(part)
	if err != nil || v.Size != [3]int{20, 10, 1} || v.Channels != 3 {
		t.Errorf("want 20 x 10 pixels of colour, got %v, %v", v, err)
	}
	code, out, errs := caliper("scan", svs)
	if code != exitOK || !strings.Contains(out, "level 2") || !strings.Contains(out, "1.996 × 1.996 µm a pixel") {
		t.Errorf("want the levels with their µm a pixel, got %d: %s%s", code, out, errs)
	}
	for _, wrong := range [][]string{{"--level", "3"}, {"--region", "1,2,3"}, {"--region", "0,0,0,5"}} {
		if code, _, errs = caliper(append([]string{"convert", svs, part}, wrong...)...); code == exitOK {
			t.Errorf("%v: want an error, got none: %s", wrong, errs)
		}
	}
	writeCT(t, filepath.Join(dir, "series"))
	packed := filepath.Join(dir, "ct.zip")
	f, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	if err := errors.Join(z.AddFS(os.DirFS(filepath.Join(dir, "series"))), z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{"series", "ct.zip"} {
		if code, _, errs = caliper("convert", filepath.Join(dir, in), filepath.Join(dir, in+".nrrd")); code != exitOK {
			t.Fatalf("%s: want code 0, got %d: %s", in, code, errs)
		}
	}
	one, err := os.ReadFile(filepath.Join(dir, "series.nrrd"))
	two, err2 := os.ReadFile(filepath.Join(dir, "ct.zip.nrrd"))
	if err != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Errorf("want the same file of the folder and of the archive, got %d and %d bytes", len(one), len(two))
	}
	if code, out, errs = caliper("dump", packed+"!/s1.dcm"); code != exitOK || !strings.Contains(out, "SOPClassUID") {
		t.Errorf("dump of a member: want code 0, got %d: %s", code, errs)
	}
}
