package intake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// tree is a folder that a test fills.
type tree struct {
	t   *testing.T
	dir string
}

func newTree(t *testing.T) tree { return tree{t, t.TempDir()} }

func (w tree) path(rel string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(rel))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w tree) text(rel, content string) string {
	w.t.Helper()
	path := w.path(rel)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// picture writes an 8-bit picture, PNG or JPEG by its name, whose grey is 10·x + y.
func (w tree) picture(rel string) string {
	w.t.Helper()
	m := image.NewGray(image.Rect(0, 0, 12, 9))
	for y := range 9 {
		for x := range 12 {
			m.SetGray(x, y, color.Gray{uint8(10*x + y)})
		}
	}
	path := w.path(rel)
	f, err := os.Create(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	if strings.HasSuffix(rel, ".png") {
		err = png.Encode(f, m)
	} else {
		err = jpeg.Encode(f, m, nil)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return path
}

func grid(spacingMM float64) volume.Geometry {
	return volume.Identity([3]int{16, 12, 10}, [3]float64{spacingMM, spacingMM, 2})
}

// nifti writes an image of noise on a grid.
func (w tree) nifti(rel string, g volume.Geometry) string {
	w.t.Helper()
	v, err := volume.New(g, 1, volume.Arbitrary)
	if err != nil {
		w.t.Fatal(err)
	}
	for n := range v.Data {
		v.Data[n] = float32(n*7919%1009) - 300
	}
	path := w.path(rel)
	if err := nifti.Write(path, v); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// labels writes a label image without the intent code, as most programs do.
func (w tree) labels(rel string, g volume.Geometry, count int) string {
	w.t.Helper()
	raw := &volume.Raw{Geometry: g, DType: volume.Uint8, Shape: []int{g.Size[2], g.Size[1], g.Size[0]}, Bytes: make([]byte, g.Voxels())}
	for n := range raw.Bytes {
		raw.Bytes[n] = byte(n / 16 % (count + 1))
	}
	path := w.path(rel)
	if err := nifti.Write(path, raw); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w tree) scan(o Options, inputs ...string) *Found {
	w.t.Helper()
	if len(inputs) == 0 {
		inputs = []string{w.dir}
	}
	found, err := Scan(context.Background(), inputs, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func keys(list []study.Study) []string {
	out := []string{}
	for _, s := range list {
		out = append(out, s.Key)
	}
	return out
}

func equal(t *testing.T, what string, want, got []string) {
	t.Helper()
	if !slices.Equal(want, got) {
		t.Errorf("%s: want %q, got %q", what, want, got)
	}
}

func TestMixedFolder(t *testing.T) {
	w := newTree(t)
	w.picture("a/x.png")
	w.picture("a/x.jpg")
	w.picture("b c/é.png")
	w.nifti("n/t1.nii.gz", grid(1))
	w.text("readme.txt", "nothing")
	w.text("a/.hidden.png", "not looked at")
	w.text("a/.x.png.caliper-tmp-123", "left behind")
	w.text("data.csv", "file\n")
	found := w.scan(Options{Modality: "dx", BodyPart: "chest", Spacing: [3]float64{0.2, 0.3, 0}})
	equal(t, "keys", []string{"a_x", "a_x.png", "b_c__", "n_t1"}, keys(found.Studies))
	if found.Ignored != 2 || found.Images != 4 || len(found.Failures) != 0 {
		t.Errorf("want 4 images and 2 other files, got %d, %d and failures %v", found.Images, found.Ignored, found.Failures)
	}
	for _, s := range found.Studies {
		x := s.Series[0]
		if x.Modality != "DX" || x.BodyPart != "CHEST" {
			t.Errorf("%s: want the flags' modality and body part, got %q, %q", s.Key, x.Modality, x.BodyPart)
		}
		want, source := [3]float64{0.2, 0.3, 1}, "flag"
		if x.Format == "nifti" {
			want, source = [3]float64{1, 1, 2}, "header"
		}
		if x.Geometry.Spacing != want || x.Acquisition.SpacingSource != source {
			t.Errorf("%s: want spacing %v from the %s, got %v from %s", s.Key, want, source, x.Geometry.Spacing, x.Acquisition.SpacingSource)
		}
		v, err := Open(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if v.Spacing != want {
			t.Errorf("%s: want the opened image with spacing %v, got %v", s.Key, want, v.Spacing)
		}
	}
}

func TestFailuresAreNeverLost(t *testing.T) {
	w := newTree(t)
	w.picture("good.png")
	w.text("text.dcm", "this is a text")
	w.text("empty.nii", "")
	w.text("half.png", "\x89PNG\r\n\x1a\n0000")
	w.text("sub/wrong.nii.gz", "\x1f\x8b not gzip")
	w.text("magic.bin", "\xff\xd8\xff\xe0 claims to be a JPEG")
	w.text("other.bin", "claims nothing")
	if err := os.Symlink(filepath.Join(w.dir, "gone"), filepath.Join(w.dir, "link.nii.gz")); err != nil {
		t.Skip(err)
	}
	found := w.scan(Options{})
	var paths []string
	seen := map[string]bool{}
	for _, f := range found.Failures {
		paths = append(paths, f.Path)
		if f.Reason == "" || strings.Contains(f.Reason, w.dir) || f.Key == "" || seen[f.Key] {
			t.Errorf("want a reason without the folder and a key of its own, got %+v", f)
		}
		seen[f.Key] = true
	}
	equal(t, "failures", []string{"empty.nii", "half.png", "link.nii.gz", "magic.bin", "sub/wrong.nii.gz", "text.dcm"}, paths)
	equal(t, "studies", []string{"good"}, keys(found.Studies))
	if found.Ignored != 1 {
		t.Errorf("want 1 other file, got %d", found.Ignored)
	}
}

func TestNothingIsAnError(t *testing.T) {
	w := newTree(t)
	w.text("readme.txt", "nothing")
	for _, in := range [][]string{{w.dir}, {filepath.Join(w.dir, "absent")}, {}} {
		if _, err := Scan(context.Background(), in, Options{}); err == nil {
			t.Errorf("%v: want an error", in)
		}
	}
}

func TestLinksAndRepeatedInputs(t *testing.T) {
	w := newTree(t)
	file := w.picture("a/x.png")
	if err := os.Symlink(w.dir, filepath.Join(w.dir, "a", "loop")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(file, filepath.Join(w.dir, "again.png")); err != nil {
		t.Skip(err)
	}
	found := w.scan(Options{}, w.dir, file, filepath.Join(w.dir, "a"))
	if len(found.Studies) != 1 {
		t.Errorf("want one study however often it is reached, got %q", keys(found.Studies))
	}
}

func TestMasksLieBesideTheirImage(t *testing.T) {
	w := newTree(t)
	w.nifti("p1/ct.nii.gz", grid(1))
	w.labels("p1/lungs.nii.gz", grid(1), 2)
	w.labels("p1/other_grid.nii.gz", grid(1.5), 2)
	w.nifti("p2/fixed.nii.gz", grid(1))
	w.nifti("p2/moving.nii.gz", grid(1))
	w.labels("p2/mask_moving.nii.gz", grid(1), 40)
	w.labels("masks/only.nii.gz", grid(1), 1)
	w.labels("masks/only2.nii.gz", grid(1), 1)
	w.nifti("sub-7/anat/sub-7_T1w.nii.gz", grid(1))
	w.labels("derivatives/labels/sub-7/anat/sub-7_T1w_seg.nii.gz", grid(1), 3)
	found := w.scan(Options{})
	equal(t, "studies", []string{"masks_only", "masks_only2", "p1_ct", "p1_other_grid", "p2_fixed", "p2_moving", "sub-7"}, keys(found.Studies))
	got := map[string]string{}
	for _, s := range found.Studies {
		if x := s.Series[0]; x.Mask != "" {
			rel, err := filepath.Rel(w.dir, x.Mask)
			if err != nil {
				t.Fatal(err)
			}
			got[s.Key] = filepath.ToSlash(rel)
		}
	}
	want := map[string]string{"p1_ct": "p1/lungs.nii.gz", "p2_moving": "p2/mask_moving.nii.gz", "sub-7": "derivatives/labels/sub-7/anat/sub-7_T1w_seg.nii.gz"}
	for key, mask := range want {
		if got[key] != mask {
			t.Errorf("%s: want mask %s, got %q", key, mask, got[key])
		}
	}
	if len(got) != len(want) || len(found.Masks) != 3 {
		t.Errorf("want 3 masks, got %v and %v", got, found.Masks)
	}
	m, err := OpenMask(found.Masks[0].Path)
	if err != nil || len(m.Present()) == 0 {
		t.Errorf("want labels, got %v", err)
	}
}

// An 8-bit image on the grid of its labels is no mask of them.
func TestImageOfWholeNumbersIsNoMask(t *testing.T) {
	w := newTree(t)
	g := grid(1)
	raw := &volume.Raw{Geometry: g, DType: volume.Uint8, Shape: []int{10, 12, 16}, Bytes: make([]byte, g.Voxels())}
	for n := range raw.Bytes {
		raw.Bytes[n] = byte(n * 7919 % 251)
	}
	if err := nifti.Write(w.path("t1.nii.gz"), raw); err != nil {
		t.Fatal(err)
	}
	w.labels("aseg.nii.gz", g, 30)
	found := w.scan(Options{})
	equal(t, "studies", []string{"t1"}, keys(found.Studies))
}

func TestBIDS(t *testing.T) {
	w := newTree(t)
	for _, session := range []string{"ses-2", "ses-10", "ses-1"} {
		w.nifti("sub-01/"+session+"/anat/sub-01_"+session+"_T1w.nii.gz", grid(1))
		w.nifti("sub-01/"+session+"/anat/sub-01_"+session+"_FLAIR.nii.gz", grid(1.1))
	}
	w.nifti("sub-02/ct/sub-02_ct.nii.gz", grid(1))
	w.text("participants.tsv", "participant_id\tage\tsex\nsub-01\t34\tF\nsub-02\tn/a\tn/a\n")
	found := w.scan(Options{})
	equal(t, "studies in time", []string{"sub-01_ses-1", "sub-01_ses-2", "sub-01_ses-10", "sub-02"}, keys(found.Studies))
	equal(t, "priors, newest first", []string{"sub-01_ses-2", "sub-01_ses-1"}, keys(found.Studies[2].Priors))
	first := found.Studies[0]
	if len(first.Series) != 2 || first.Series[0].Modality != "MR" || first.PatientKey != "sub-01" || first.Order != 0 {
		t.Errorf("want two MR series of sub-01, got %+v", first)
	}
	if first.Patient.Sex != "F" || first.Patient.AgeYears != 34 {
		t.Errorf("want sex and age of participants.tsv, got %+v", first.Patient)
	}
	if b := w.scan(Options{BodyPart: "cspine"}).Studies[0].Series[1].BodyPart; b != "CSPINE" || first.Series[1].BodyPart != "BRAIN" {
		t.Errorf("want a T1w of the brain but where the flag says otherwise, got %s and %s", first.Series[1].BodyPart, b)
	}
	if got := found.Studies[3].Series[0].Modality; got != "CT" {
		t.Errorf("want CT, got %s", got)
	}
}

// What a name says is used where nothing else says it, and noted.
func TestModalityFromName(t *testing.T) {
	w := newTree(t)
	w.nifti("patient_t1.nii.gz", grid(1))
	w.nifti("abdomen-CT.nii.gz", grid(1))
	w.nifti("act.nii.gz", grid(1))
	w.picture("ct.png")
	for _, s := range w.scan(Options{}).Studies {
		x := s.Series[0]
		want := map[string]string{"patient_t1": "MR", "abdomen-CT": "CT"}[s.Key]
		if x.Modality != want || (len(x.Issues) == 1) != (want != "") {
			t.Errorf("%s: want modality %q with a note, got %q and %v", s.Key, want, x.Modality, x.Issues)
		}
	}
	for _, s := range w.scan(Options{Modality: "PT"}).Studies {
		if s.Series[0].Modality != "PT" {
			t.Errorf("%s: want the flag before the name, got %q", s.Key, s.Series[0].Modality)
		}
	}
}

func TestBIDSDates(t *testing.T) {
	w := newTree(t)
	for _, session := range []string{"ses-a", "ses-b"} {
		w.nifti("sub-x/"+session+"/anat/sub-x_"+session+"_T1w.nii.gz", grid(1))
	}
	w.text("sub-x/sub-x_sessions.tsv", "session_id\tacq_time\nses-a\t2021-05-02T10:00:00\nses-b\t2020-01-01\n")
	found := w.scan(Options{})
	equal(t, "studies in time", []string{"sub-x_ses-b", "sub-x_ses-a"}, keys(found.Studies))
	if found.Studies[1].When.Format("2006-01-02") != "2021-05-02" || len(found.Studies[1].Priors) != 1 {
		t.Errorf("want the date and the prior of sessions.tsv, got %+v", found.Studies[1])
	}
}

// sub-01 of two data sets are two people.
func TestTwoDataSets(t *testing.T) {
	w := newTree(t)
	w.nifti("a/sub-01/anat/sub-01_ses-1_T1w.nii.gz", grid(1))
	w.nifti("b/sub-01/anat/sub-01_ses-2_T1w.nii.gz", grid(1))
	found := w.scan(Options{}, filepath.Join(w.dir, "a"), filepath.Join(w.dir, "b"))
	for _, s := range found.Studies {
		if len(s.Priors) != 0 {
			t.Errorf("%s: want no prior from another data set, got %q", s.Key, keys(s.Priors))
		}
	}
	if len(found.Studies) != 2 {
		t.Errorf("want 2 studies, got %q", keys(found.Studies))
	}
}

func TestScanIsDeterministic(t *testing.T) {
	w := newTree(t)
	for _, name := range []string{"c/3.png", "a/1.png", "b/2.jpg", "a/0.png", "z/bad.dcm"} {
		if strings.HasSuffix(name, ".dcm") {
			w.text(name, "bad")
			continue
		}
		w.picture(name)
	}
	first, err := json.Marshal(w.scan(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := json.Marshal(w.scan(Options{}))
		if err != nil || string(again) != string(first) {
			t.Fatalf("want the same result, got %s and %s", first, again)
		}
	}
}

func TestKeys(t *testing.T) {
	sum := sha256.Sum256([]byte("1.2.3"))
	h, err := newHasher("")
	if err != nil || h.key("1.2.3") != hex.EncodeToString(sum[:])[:16] {
		t.Errorf("want the first 16 digits of SHA-256, got %s, %v", h.key("1.2.3"), err)
	}
	w := newTree(t)
	h, err = newHasher(w.text("secret", "s3cret"))
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write([]byte("1.2.3"))
	if err != nil || h.key("1.2.3") != hex.EncodeToString(mac.Sum(nil))[:16] {
		t.Errorf("want the first 16 digits of HMAC-SHA256, got %s, %v", h.key("1.2.3"), err)
	}
	if _, err := newHasher(w.text("empty", "")); err == nil {
		t.Error("want an error for an empty key file")
	}
	for in, want := range map[string]string{"a/b c": "a_b_c", "../x": "_x", "": "_", "ü.png": "_.png"} {
		if got := safeName(in); got != want {
			t.Errorf("%q: want %q, got %q", in, want, got)
		}
	}
	if a, b := safeName(strings.Repeat("x", 300)+"1"), safeName(strings.Repeat("x", 300)+"2"); a == b || len(a) > maxName {
		t.Errorf("want short and different names, got %q and %q", a, b)
	}
}
