package intake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
)

// packFolder puts the files of a folder into an archive; deflated says how a ZIP holds them.
func packFolder(t *testing.T, dir, out string, deflated bool) {
	t.Helper()
	var b bytes.Buffer
	var put func(name string, data []byte)
	var closers []io.Closer
	if strings.HasSuffix(out, ".zip") {
		z := zip.NewWriter(&b)
		closers = []io.Closer{z}
		method := zip.Store
		if deflated {
			method = zip.Deflate
		}
		put = func(name string, data []byte) {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
			if err != nil {
				t.Fatal(err)
			}
			w.Write(data)
		}
	} else {
		var w io.Writer = &b
		if strings.HasSuffix(out, "gz") {
			z := gzip.NewWriter(&b)
			closers, w = append(closers, z), z
		}
		x := tar.NewWriter(w)
		closers = append([]io.Closer{x}, closers...)
		put = func(name string, data []byte) {
			if err := x.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
				t.Fatal(err)
			}
			x.Write(data)
		}
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		data, err := os.ReadFile(path)
		put(filepath.ToSlash(rel), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range closers {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// strip is a scan's result with the paths of files left out.
func strip(t *testing.T, f *Found) string {
	t.Helper()
	for n := range f.Studies {
		for m := range f.Studies[n].Series {
			f.Studies[n].Series[m].Files, f.Studies[n].Series[m].Mask = nil, ""
		}
	}
	f.Masks = nil
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// An archive is scanned and read as the folder that was packed.
func TestArchivesAreReadAsFolders(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	g := obliqueGrid([3]int{5, 4, 3})
	image := stored(g, volume.Int16, 1, 1)
	for _, name := range []string{"sub-01/anat/sub-01_T1w.nii.gz", "sub-01/anat/sub-01_T2w.nii", "ct/ct.mhd", "more/x.nhdr", "more/y.mgz"} {
		if err := WriteFile(filepath.Join(in, name), image); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(in, "participants.tsv"), []byte("participant_id\tsex\tage\nsub-01\tF\t44\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := Scan(t.Context(), []string{in}, Options{})
	if err != nil || len(found.Failures) > 0 {
		t.Fatalf("want no failure, got %v, %v", found, err)
	}
	want := strip(t, found)
	if !strings.Contains(want, `"sex": "F"`) {
		t.Errorf("want the sex of participants.tsv, got %s", want)
	}
	for _, name := range []string{"a.zip", "b.zip", "c.tar", "d.tar.gz", "e.tgz"} {
		path := filepath.Join(dir, name)
		packFolder(t, in, path, name == "b.zip")
		got, err := Scan(t.Context(), []string{path}, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, st := range got.Studies {
			for _, s := range st.Series {
				out, err := Stored(t.Context(), s)
				if err != nil {
					t.Errorf("%s: %v: %v", name, s.Files, err)
				} else if raw, ok := out.(*volume.Raw); !ok || !bytes.Equal(raw.Bytes, image.Bytes) {
					t.Errorf("%s: %v: want the values that were packed", name, s.Files)
				}
			}
		}
		if text := strip(t, got); text != want {
			t.Errorf("%s: want the scan of the folder\n%s\ngot\n%s", name, want, text)
		}
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "caliper-archive-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("want nothing left behind, got %v", left)
	}
}

// A DICOMDIR that is named stands for the files that it lists.
func TestDICOMDIR(t *testing.T) {
	dir := golden.Shared(t, "data/dicom_pydicom_tests/test_files/dicomdirtests")
	found, err := Scan(t.Context(), []string{filepath.Join(dir, "DICOMDIR")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	// pydicom 3.0.2: FileSet of this DICOMDIR has 31 instances of 6 studies and 2 patients.
	if found.Images != 31 || len(found.Studies) != 6 || len(found.Failures) != 0 {
		t.Errorf("want 31 images of 6 studies, got %d of %d, and failures %v", found.Images, len(found.Studies), found.Failures)
	}
	broken := filepath.Join(t.TempDir(), "DICOMDIR")
	b, err := os.ReadFile(filepath.Join(dir, "DICOMDIR"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, b, 0o644); err != nil {
		t.Fatal(err)
	}
	found, err = Scan(t.Context(), []string{broken}, Options{})
	if err != nil || len(found.Failures) != 31 {
		t.Errorf("want 31 files that are not there, got %v, %v", found, err)
	}
	b = bytes.Replace(b, []byte(`77654033\CR1\6154 `), []byte(`..\..\..\CR1\6154 `), 1)
	if err := os.WriteFile(broken, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if found, err = Scan(t.Context(), []string{broken}, Options{}); err != nil || !strings.Contains(reasons(found), "refused") {
		t.Errorf("want a name that leads out refused, got %v, %v", found, err)
	}
}

func reasons(f *Found) string {
	var b strings.Builder
	for _, x := range f.Failures {
		b.WriteString(x.Reason + "\n")
	}
	return b.String()
}

// Several DICOM objects in one file are one slice each.
func TestConcatenatedObjects(t *testing.T) {
	dir := t.TempDir()
	apart := filepath.Join(dir, "apart")
	slices, err := filepath.Glob(golden.Shared(t, "data/dicom_pydicom_tests/test_files/dicomdirtests/98892001/CT2N") + "/*")
	if err != nil || len(slices) < 2 {
		t.Fatalf("want slices, got %v, %v", slices, err)
	}
	var all []byte
	if err := os.Mkdir(apart, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range slices {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
		if err := os.WriteFile(filepath.Join(apart, filepath.Base(path)), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	together := filepath.Join(dir, "together.dcm")
	if err := os.WriteFile(together, all, 0o644); err != nil {
		t.Fatal(err)
	}
	want, err := Scan(t.Context(), []string{apart}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Scan(t.Context(), []string{together}, Options{})
	if err != nil || got.Images != len(slices) || len(got.Failures) > 0 {
		t.Fatalf("want %d images, got %v, %v", len(slices), got, err)
	}
	for n := range want.Studies {
		for m, s := range want.Studies[n].Series {
			if other := got.Studies[n].Series[m]; other.Geometry != s.Geometry || len(other.Files) != len(s.Files) {
				t.Errorf("want %v of %d files, got %v of %d", s.Geometry, len(s.Files), other.Geometry, len(other.Files))
				continue
			}
			v, err := Open(t.Context(), s)
			w, err2 := Open(t.Context(), got.Studies[n].Series[m])
			if (err == nil) != (err2 == nil) || err == nil && v.Data[len(v.Data)-1] != w.Data[len(w.Data)-1] {
				t.Errorf("want the same values, got %v and %v", err, err2)
			}
		}
	}
}

// Reports, plans, presentation states and directories of media are no failures: they are counted as what they are. An
// image object without its pixels is a failure, and so is one that is cut.
func TestObjectsWithoutPixels(t *testing.T) {
	w := newTree(t)
	last := w.slice("image.dcm", "P1", "", "1.2.1", day("2024-05-01"), 0)
	for name, class := range map[string]string{
		"sr.dcm": "1.2.840.10008.5.1.4.1.1.88.11", "sr2.dcm": "1.2.840.10008.5.1.4.1.1.88.11", "plan.dcm": "1.2.840.10008.5.1.4.1.1.481.5", "state.dcm": "1.2.840.10008.5.1.4.1.1.11.1",
		"DICOMDIR.dcm": "1.2.840.10008.1.3.10", "pdf.dcm": "1.2.840.10008.5.1.4.1.1.104.1", "private.dcm": "1.2.3.4", "noimage.dcm": "1.2.840.10008.5.1.4.1.1.4", "skin.dcm": "1.2.840.10008.5.1.4.1.1.77.1.7", "chest.dcm": "1.2.840.10008.5.1.4.1.1.1.1",
	} {
		var e dicom.Elements
		for _, el := range []struct {
			tag   tag.Tag
			value string
		}{{tag.SOPClassUID, class}, {tag.SOPInstanceUID, dicom.UID(name)}, {tag.Modality, "OT"}} {
			if err := e.Set(el.tag, "", el.value); err != nil {
				t.Fatal(err)
			}
		}
		if err := dicom.WriteFile(w.path(name), e); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.path("cut.dcm"), b[:300], 0o644); err != nil {
		t.Fatal(err)
	}
	found := w.scan(Options{})
	want := []Other{{"Basic Text SR", 2}, {"DICOMDIR", 1}, {"Encapsulated PDF", 1}, {"Grayscale Softcopy Presentation State", 1}, {"RT Plan", 1}, {"object of a class that is not known", 1}}
	if !slices.Equal(found.Others, want) || found.Ignored != 7 {
		t.Errorf("want %v of 7 other files, got %v of %d", want, found.Others, found.Ignored)
	}
	var failed []string
	for _, f := range found.Failures {
		failed = append(failed, f.Path)
	}
	equal(t, "failures", []string{"chest.dcm", "cut.dcm", "noimage.dcm", "skin.dcm"}, failed)
	if !strings.Contains(found.Failures[1].Reason, "the file is cut off") {
		t.Errorf("want the cut file called so, got %q", found.Failures[1].Reason)
	}
}
