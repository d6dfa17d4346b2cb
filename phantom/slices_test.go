package phantom

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

func TestWrittenSlicesReadBack(t *testing.T) {
	p, err := Make("spheres", 2, map[string]string{"diameters-mm": "8+12"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "study", "*", "*.dcm"))
	if err != nil || len(paths) != p.Volume.Size[2] {
		t.Fatalf("want %d slices, got %d (%v)", p.Volume.Size[2], len(paths), err)
	}
	var files []*dicom.File
	for _, path := range paths {
		f, err := dicom.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	stacks := dicom.Stacks(files)
	if len(stacks) != 1 {
		t.Fatalf("want one volume, got %d", len(stacks))
	}
	v, err := stacks[0].Volume(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	mask, err := nifti.ReadMask(filepath.Join(dir, "truth_labels.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SameGrid(p.Volume.Geometry, 0.01); err != nil {
		t.Error(err)
	}
	if err := v.SameGrid(mask.Geometry, 0.01); err != nil {
		t.Error(err)
	}
	if !slices.Equal(v.Data, p.Volume.Data) {
		t.Error("want the HU back as they were written")
	}
	if !slices.Equal(mask.Labels, p.Labels.Labels) {
		t.Error("want the labels back as they were written")
	}
}
