package dicom

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

func openAll(t *testing.T, dir string) []*File {
	t.Helper()
	var files []*File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := OpenFile(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestAgainstNIfTI compares volumes with NIfTI files that others made of the same DICOM files: each
// voxel's place within 1e-3 mm and its value. (Of Philips, dcm2niix rounds.)
func TestAgainstNIfTI(t *testing.T) {
	const sarcoma, enhanced, orient = "data/petctmr_sarcoma_STS_008/", "data/dicom_dcm_qa/dcm_qa_enh/", "data/dicom_mr_siemens_orient/"
	for _, c := range []struct {
		in    string
		stack int
		ref   string
		tol   float64 // of values, as a share of their range
	}{
		{sarcoma + "dicom/STS_008/CT/image", 0, sarcoma + "nifti/STS_008/CT_image.nii.gz", 0},
		{sarcoma + "dicom/STS_008/MR_T1/image", 0, sarcoma + "nifti/STS_008/MR_T1_image.nii.gz", 0},
		{enhanced + "In/Siemens/XA10", 0, enhanced + "Ref/Siemens_REST1_w_SMS_PF7-8_6.nii", 0},
		{enhanced + "In/Philips", 0, enhanced + "Ref/Philips_WIP_B0_NS_801_e1.nii", 2e-6},
		{orient + "In/Orientation/ax", 0, orient + "Ref/ax_asc_35sl_6.nii", 0},
		{orient + "In/Orientation/cor", 0, orient + "Ref/cor_asc_35sl_16.nii", 0},
		{orient + "In/Orientation/sag", 0, orient + "Ref/sag_asc_35sl_22.nii", 0},
		{enhanced + "In/Philips", 1, enhanced + "Ref/Philips_WIP_B0_NS_801_e2_fieldmaphz.nii", 1e-5},
	} {
		dir, ref := golden.Shared(t, c.in), golden.Shared(t, c.ref)
		want, err := nifti.Read(ref)
		if err != nil {
			t.Fatal(err)
		}
		stacks := Stacks(openAll(t, dir))
		if len(stacks) <= c.stack {
			t.Errorf("%s: want %d stacks and more, got %d", c.in, c.stack+1, len(stacks))
			continue
		}
		got, err := stacks[c.stack].Volume(context.Background(), 0)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		lo, hi, _ := want.Range()
		compare(t, c.ref, want, got, c.tol*float64(hi-lo))
	}
}

// TestMosaics compares Siemens mosaics in nine files of seven transfer syntaxes, and 12 bits with others above them, with dcm2niix's NIfTI.
func TestMosaics(t *testing.T) {
	root := golden.Shared(t, "data/dicom_dcm_qa")
	pairs := [][2]string{
		{"dcm_qa_12bit/In/12bitUnsigned.dcm", "dcm_qa_12bit/Ref/2.nii"},
		{"dcm_qa_12bit/In/12bitUnsigned_0x0F0F.dcm", "dcm_qa_12bit/Ref/3.nii"},
		{"dcm_qa_12bit/In/12bitSigned_0x0F0F.dcm", "dcm_qa_12bit/Ref/4.nii"},
	}
	for n := 1; n <= 9; n++ {
		pairs = append(pairs, [2]string{fmt.Sprintf("dcm_qa_ts/In/%d.dcm", n), fmt.Sprintf("dcm_qa_ts/Ref/%d.nii", n)})
	}
	for _, pair := range pairs {
		n := pair[0]
		want, err := nifti.Read(filepath.Join(root, pair[1]))
		if err != nil {
			t.Fatal(err)
		}
		f, err := OpenFile(filepath.Join(root, n))
		if err != nil {
			t.Fatal(err)
		}
		st := Stacks([]*File{f})
		if len(st) != 1 {
			t.Errorf("%s: want 1 stack, got %d", n, len(st))
			continue
		}
		got, err := st[0].Volume(context.Background(), 0)
		if err != nil {
			t.Errorf("%s: %v", n, err)
			continue
		}
		compare(t, n, want, got, 0)
	}
}

func compare(t *testing.T, name string, want, got *volume.Volume, tol float64) {
	t.Helper()
	if want.Voxels() != got.Voxels() {
		t.Errorf("%s: want %v voxels, got %v", name, want.Size, got.Size)
		return
	}
	bad := 0
	for k := range want.Size[2] {
		for j := range want.Size[1] {
			for i := range want.Size[0] {
				p := got.IndexOf(want.PointLPS([3]float64{float64(i), float64(j), float64(k)}))
				var at [3]int
				for n := range 3 {
					r := math.Round(p[n])
					if math.Abs(p[n]-r)*got.Spacing[n] > 1e-3 || r < 0 || int(r) >= got.Size[n] {
						t.Errorf("%s: voxel %d %d %d lies at index %v", name, i, j, k, p)
						return
					}
					at[n] = int(r)
				}
				if math.Abs(float64(want.At(i, j, k)-got.At(at[0], at[1], at[2]))) > tol {
					if bad++; bad == 1 {
						t.Errorf("%s: voxel %d %d %d: want %g, got %g", name, i, j, k, want.At(i, j, k), got.At(at[0], at[1], at[2]))
					}
				}
			}
		}
	}
	if bad > 0 {
		t.Errorf("%s: %d of %d values differ", name, bad, want.Voxels())
	}
}

// phantom writes slices of a known function of the patient's position and gives their headers. place
// gives the position of slice n; instance numbers run backwards.
func phantom(t *testing.T, n int, place func(n int) [3]float64, change func(n int, im *Image)) []*File {
	t.Helper()
	dir := t.TempDir()
	var files []*File
	slope, intercept := 0.5, -100.0
	for i := range n {
		pos := place(i)
		im := Image{Class: ClassCT, StudyUID: UID("study"), SeriesUID: UID("series"), InstanceUID: UID(fmt.Sprint("slice ", i)),
			Modality: "CT", Rows: 12, Columns: 10, PixelSpacingMM: [2]float64{2, 3}, PositionMM: &pos, Orientation: &[6]float64{1, 0, 0, 0, 1, 0},
			SliceThicknessMM: 2, InstanceNumber: n - i, RescaleSlope: &slope, RescaleIntercept: &intercept, RescaleType: "HU"}
		for y := range im.Rows {
			for x := range im.Columns {
				im.Pixels = append(im.Pixels, uint16(2*(field([3]float64{pos[0] + 3*float64(x), pos[1] + 2*float64(y), pos[2]})+100)))
			}
		}
		if change != nil {
			change(i, &im)
		}
		data, err := im.Elements()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprintf("%03d.dcm", (i*7)%n))
		if err := WriteFile(path, data); err != nil {
			t.Fatal(err)
		}
		f, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// field is linear, so that linear interpolation gives it exactly.
func field(p [3]float64) float64 { return 200 + 2*p[0] + 3*p[1] + 5*p[2] }

func hasIssue(st Stack, code string, severity study.Severity) bool {
	for _, is := range st.Series.Issues {
		if is.Code == code && is.Severity == severity {
			return true
		}
	}
	return false
}

// TestTraps builds series with one defect each; every voxel of what is offered must still be the
// value of the field at its place, but for the border that a shear moves in.
func TestTraps(t *testing.T) {
	straight := func(n int) [3]float64 { return [3]float64{-10, -12, 2 * float64(n)} }
	for _, c := range []struct {
		name     string
		files    []*File
		issue    string
		severity study.Severity
		size     int
	}{
		{"plain", phantom(t, 9, straight, nil), "", "", 9},
		{"missing", phantom(t, 9, func(n int) [3]float64 { return straight(n + n/5) }, nil), "missing-slices", study.Warning, 10},
		{"uneven", phantom(t, 9, func(n int) [3]float64 {
			p := straight(n)
			p[2] += 0.5 * float64(n*n) / 8
			return p
		}, nil), "uneven-spacing", study.Warning, 0},
		{"tilt", phantom(t, 9, func(n int) [3]float64 { p := straight(n); p[1] += 0.4 * p[2]; return p }, nil), "gantry-tilt", study.Warning, 9},
		{"duplicate", phantom(t, 9, straight, func(n int, im *Image) {
			if n == 4 {
				im.PositionMM = &[3]float64{-10, -12, 6}
			}
		}), "duplicate-slices", study.Refused, 0},
		{"copies", append(phantom(t, 5, straight, nil), phantom(t, 5, straight, nil)...), "duplicate-instances", study.Note, 5},
	} {
		stacks := Stacks(c.files)
		if len(stacks) != 1 {
			t.Errorf("%s: want 1 stack, got %d", c.name, len(stacks))
			continue
		}
		st := stacks[0]
		if c.issue == "" && len(st.Series.Issues) > 0 || c.issue != "" && !hasIssue(st, c.issue, c.severity) {
			t.Errorf("%s: want issue %q, got %v", c.name, c.issue, st.Series.Issues)
		}
		v, err := st.Volume(context.Background(), 0)
		if c.severity == study.Refused {
			if err == nil || st.Err == nil {
				t.Errorf("%s: want a refusal, got a volume", c.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.size > 0 && v.Size[2] != c.size || v.Geometry.SameGrid(st.Series.Geometry, 0) != nil || v.Unit != volume.HU {
			t.Errorf("%s: want %d slices on the series' grid in HU, got %v %q", c.name, c.size, v.Size, v.Unit)
		}
		for k := range v.Size[2] {
			for j := range v.Size[1] - 4 {
				p := v.PointLPS([3]float64{4, float64(j), float64(k)})
				jj := j
				if c.name == "tilt" {
					jj = j + 4 // rows that every sheared slice still covers
					p = v.PointLPS([3]float64{4, float64(jj), float64(k)})
				}
				if d := math.Abs(float64(v.At(4, jj, k)) - field(p)); d > 0.51 {
					t.Errorf("%s: voxel 4 %d %d: want %g, got %g", c.name, jj, k, field(p), v.At(4, jj, k))
					break
				}
			}
		}
	}
}

// TestSplits sees that one series with several images comes apart.
func TestSplits(t *testing.T) {
	straight := func(n int) [3]float64 { return [3]float64{0, 0, 2 * float64(n/2)} }
	for name, change := range map[string]func(n int, im *Image){
		"echo": func(n int, im *Image) { im.EchoTimeMS = float64(10 + 10*(n%2)) },
		"image type": func(n int, im *Image) {
			im.ImageType = []string{"ORIGINAL", "PRIMARY", []string{"M", "P"}[n%2]}
		},
		"direction": func(n int, im *Image) {
			if n%2 == 1 {
				im.Orientation = &[6]float64{0, 1, 0, 0, 0, -1}
				im.PositionMM = &[3]float64{float64(n), 0, 0}
			}
		},
	} {
		if stacks := Stacks(phantom(t, 8, straight, change)); len(stacks) != 2 || stacks[0].Series.Geometry.Size[2] != 4 || stacks[0].Err != nil {
			t.Errorf("%s: want 2 stacks of 4 slices, got %d", name, len(stacks))
		}
	}
	stacks := Stacks(phantom(t, 8, straight, func(n int, im *Image) {
		if err := im.Extra.Set(tag.TemporalPositionIdentifier, "", n%2+1); err != nil {
			t.Fatal(err)
		}
	}))
	if len(stacks) != 1 || stacks[0].Frames() != 2 {
		t.Errorf("time: want 1 stack of 2 time points, got %d", len(stacks))
	}
}
