package dicom

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"
)

func TestWriteRead(t *testing.T) {
	im := Image{Class: ClassCT, StudyUID: UID("a study"), SeriesUID: UID("a series"), InstanceUID: UID("an instance"),
		PatientName: "Müller^Jörg", PatientID: "7", Modality: "CT", Rows: 2, Columns: 3, Signed: true,
		Pixels: []uint16{0, 1, 0xffff, 3, 4, 0x8000}, PixelSpacingMM: [2]float64{0.7, 0.70312512345678901}}
	data, err := im.Elements()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.dcm")
	if err := WriteFile(path, data); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.String(tag.PatientName); got != im.PatientName {
		t.Errorf("PatientName: want %q, got %q", im.PatientName, got)
	}
	if got := f.Floats(tag.PixelSpacing); len(got) != 2 || got[0] != 0.7 || got[1] != 0.70312512345679 {
		t.Errorf("PixelSpacing: got %v", got)
	}
	raw, err := f.RawArray(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{0, 0, 1, 0, 0xff, 0xff, 3, 0, 4, 0, 0, 0x80}; !bytes.Equal(raw.Bytes, want) || raw.DType != "int16" {
		t.Errorf("pixels: want int16 %v, got %s %v", want, raw.DType, raw.Bytes)
	}
	if len(f.Issues) > 0 {
		t.Errorf("issues: want none, got %v", f.Issues)
	}
}
