package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// TestConvertSidecars: a folder gets a sidecar for each DICOM image; one image gets its on request.
func TestConvertSidecars(t *testing.T) {
	dir := t.TempDir()
	series, out := filepath.Join(dir, "series"), filepath.Join(dir, "out")
	writeCT(t, series)
	code, list, errs := caliper("convert", series, out+"/")
	if code != 0 || strings.Count(list, "\n") != 1 {
		t.Fatalf("want one image, got code %d: %s%s", code, list, errs)
	}
	path := strings.TrimSpace(list)
	if err := sidecarOf(path); err != nil {
		t.Error(err)
	}
	single := filepath.Join(dir, "ct.nii.gz")
	if code, _, errs := caliper("convert", series, single); code != 0 {
		t.Fatal(errs)
	}
	if err := sidecarOf(single); err == nil {
		t.Error("want no sidecar without --sidecar")
	}
	if code, _, errs := caliper("convert", "--sidecar", series, single); code != 0 {
		t.Fatal(errs)
	}
	if err := sidecarOf(single); err != nil {
		t.Error(err)
	}
}

func sidecarOf(image string) error {
	b, err := os.ReadFile(strings.TrimSuffix(image, ".nii.gz") + ".json")
	if err != nil {
		return err
	}
	var fields struct{ Modality, ConversionSoftware string }
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	if fields.Modality != "CT" || fields.ConversionSoftware != "caliper" {
		return os.ErrInvalid
	}
	return nil
}

// TestConvertGrid fills a structure set on the grid of a series; the mask lies on the image voxel by voxel.
func TestConvertGrid(t *testing.T) {
	dir := t.TempDir()
	series := filepath.Join(dir, "series")
	writeCT(t, series)
	set := func(e *dicom.Elements, at tag.Tag, v any) {
		t.Helper()
		if err := e.Set(at, "", v); err != nil {
			t.Fatal(err)
		}
	}
	var roi, contour, contours, rs dicom.Elements
	set(&roi, tag.ROINumber, 7)
	set(&roi, tag.ROIName, "square")
	set(&contour, tag.ContourGeometricType, "CLOSED_PLANAR")
	// Around the first two columns of the first row, on the slice at z = 3.
	set(&contour, tag.ContourData, []float64{-10.2, 4.8, 3, -9.3, 4.8, 3, -9.3, 5.2, 3, -10.2, 5.2, 3})
	set(&contours, tag.ReferencedROINumber, 7)
	set(&contours, tag.ContourSequence, []dicom.Elements{contour})
	set(&rs, tag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.481.3")
	set(&rs, tag.SOPInstanceUID, "1.2.3")
	set(&rs, tag.Modality, "RTSTRUCT")
	set(&rs, tag.StructureSetROISequence, []dicom.Elements{roi})
	set(&rs, tag.ROIContourSequence, []dicom.Elements{contours})
	file, out := filepath.Join(dir, "rs.dcm"), filepath.Join(dir, "mask.nii.gz")
	if err := dicom.WriteFile(file, rs); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := caliper("convert", file, out, "--grid", series); code != 0 || !strings.Contains(errs, "label 1: square") {
		t.Fatalf("want the name of label 1, got code %d: %s", code, errs)
	}
	image := filepath.Join(dir, "ct.nii.gz")
	if code, _, errs := caliper("convert", series, image); code != 0 {
		t.Fatal(errs)
	}
	m, err := nifti.ReadMask(out)
	if err != nil {
		t.Fatal(err)
	}
	v, err := nifti.Read(image)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SameGrid(m.Geometry, 1e-6); err != nil || v.Axes != m.Axes {
		t.Errorf("want the image's grid: %v, axes %v and %v", err, v.Axes, m.Axes)
	}
	n := 0
	for i, label := range m.Labels {
		if label == 1 {
			n++
			if p := m.PointLPS([3]float64{float64(i % 4), float64(i / 4 % 3), float64(i / 12)}); p[0] > -9.3 || p[1] != 5 || p[2] != 3 {
				t.Errorf("a voxel at %v", p)
			}
		}
	}
	if n != 2 {
		t.Errorf("want 2 voxels, got %d", n)
	}
}
