package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDump prints a file in each form, one that is cut, and one that is no DICOM.
func TestDump(t *testing.T) {
	dir := t.TempDir()
	writeCT(t, dir)
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("want files, got none (%v)", err)
	}
	code, out, errs := caliper("dump", paths[0])
	if code != exitOK || errs != "" || !strings.Contains(out, "(0028,0010) US Rows                             3\n") {
		t.Errorf("text: want Rows 3 and code 0, got code %d, %q and\n%s", code, errs, out)
	}
	code, out, _ = caliper("dump", "--json", paths[0])
	var got map[string]struct {
		VR    string
		Value []any
	}
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil || got["00280011"].VR != "US" || got["00280011"].Value[0] != 4.0 {
		t.Errorf("json: want Columns US 4 and code 0, got code %d, %v and\n%s", code, err, out)
	}
	if code, out, _ = caliper("dump", "--xml", paths[0]); code != exitOK || !strings.Contains(out, `<DicomAttribute tag="00080060" vr="CS" keyword="Modality"><Value number="1">CT</Value></DicomAttribute>`) {
		t.Errorf("xml: want Modality CT and code 0, got code %d and\n%s", code, out)
	}
	b, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		says string
		part string
	}{
		"header.dcm": {b[:len(b)-65], "want", "Modality"},
		"pixels.dcm": {b[:len(b)-4], "pixel data", "PixelData"},
		"text.dcm":   {[]byte("this is no image, whatever its name says"), "want a DICOM file", ""},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		code, out, errs := caliper("dump", path)
		if code != exitFatal || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") > 2 || !strings.Contains(out, c.part) {
			t.Errorf("%s: want code 1, an error with %q and what could be read, got code %d, %q and\n%s", name, c.says, code, errs, out)
		}
	}
	code, _, errs = caliper("convert", "--raw", filepath.Join(dir, "pixels.dcm"), filepath.Join(dir, "out.npy"))
	if code != exitFatal || !strings.Contains(errs, "pixel data") {
		t.Errorf("convert --raw of cut pixels: want code 1, got %d and %q", code, errs)
	}
	again := filepath.Join(dir, "again.dcm")
	if code, _, errs = caliper("convert", "--transfer-syntax", "jpeg-ls", paths[0], again); code != exitOK {
		t.Fatalf("convert --transfer-syntax: want code 0, got %d and %q", code, errs)
	}
	if code, out, _ = caliper("dump", again); code != exitOK || !strings.Contains(out, "1.2.840.10008.1.2.4.80") || !strings.Contains(out, "in fragments") {
		t.Errorf("transcoded: want JPEG-LS in fragments, got code %d and\n%s", code, out)
	}
}

// TestCutBehindPixels: what is cut behind whole pixels is converted with a warning, and dumped with an error.
func TestCutBehindPixels(t *testing.T) {
	dir := t.TempDir()
	writeCT(t, dir)
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("want files, got none (%v)", err)
	}
	b, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	padding := []byte{0xfc, 0xff, 0xfc, 0xff, 'O', 'B', 0, 0, 64, 0, 0, 0, 0, 0, 0} // DataSetTrailingPadding, 64 bytes long
	cut := filepath.Join(t.TempDir(), "cut.dcm")
	if err := os.WriteFile(cut, append(b, padding...), 0o644); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	for _, args := range [][]string{{"--raw", cut, filepath.Join(out, "a.npy")}, {cut, filepath.Join(out, "a.nii")}, {cut, filepath.Join(out, "a.nrrd")}, {cut, filepath.Join(out, "a.png")}} {
		code, _, errs := caliper(append([]string{"convert"}, args...)...)
		if code != exitOK || strings.Count(errs, "the file is cut off") != 1 || !strings.Contains(errs, "warning") {
			t.Errorf("convert %v: want code 0 and one warning, got %d and %q", args, code, errs)
		}
	}
	if code, _, errs := caliper("dump", cut); code != exitFatal || !strings.Contains(errs, "the file is cut off") {
		t.Errorf("dump: want code 1, got %d and %q", code, errs)
	}
	if err := os.WriteFile(cut, b[:len(b)-65], 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := caliper("scan", cut); code != exitFatal || !strings.Contains(out, "failed cut.dcm") || errs == "" {
		t.Errorf("scan: want code 1 and the file as failed, got %d, %q and %q", code, out, errs)
	}
}
