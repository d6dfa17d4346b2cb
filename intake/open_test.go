package intake

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
	"github.com/caliper-imaging/caliper/volume/npy"
	"github.com/caliper-imaging/caliper/volume/raster"
)

func TestFramesOfNIfTI(t *testing.T) {
	w := newTree(t)
	g := grid(1)
	raw := &volume.Raw{Geometry: g, DType: volume.Int16, Shape: []int{3, 10, 12, 16}, Bytes: make([]byte, 2*3*g.Voxels())}
	for n := range 3 {
		raw.Bytes[2*n*g.Voxels()] = byte(n + 1)
	}
	if err := nifti.Write(w.path("bold.nii.gz"), raw); err != nil {
		t.Fatal(err)
	}
	x := w.scan(Options{}).Studies[0].Series[0]
	if x.Frames != 3 {
		t.Errorf("want 3 time points, got %d", x.Frames)
	}
	n := 0
	for v, err := range Frames(context.Background(), x) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if v.Data[0] != float32(n) {
			t.Errorf("time point %d: want %d, got %g", n, n, v.Data[0])
		}
	}
	if n != 3 {
		t.Errorf("want 3 time points, got %d", n)
	}
	stored, err := Stored(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := stored.(*volume.Raw); !ok || r.DType != volume.Int16 || len(r.Shape) != 4 || string(r.Bytes) != string(raw.Bytes) {
		t.Errorf("want the stored values of all time points, got %T", stored)
	}
}

func TestOpenFile(t *testing.T) {
	w := newTree(t)
	ctx := context.Background()
	one := w.nifti("one/ct.nii.gz", grid(1))
	mask := w.labels("one/seg.nii.gz", grid(1), 2)
	v, x, err := OpenFile(ctx, filepath.Dir(one), Options{Modality: "CT"})
	if err != nil {
		t.Fatal(err)
	}
	if v.Unit != volume.HU || x.Mask != mask {
		t.Errorf("want HU for a CT and the mask beside it, got %q, %q", v.Unit, x.Mask)
	}
	if v, _, err = OpenFile(ctx, mask, Options{}); err != nil || v.Size != [3]int{16, 12, 10} {
		t.Errorf("want a mask that is named to be read as an image, got %v", err)
	}
	w.nifti("two/a.nii.gz", grid(1))
	w.nifti("two/b.nii.gz", grid(1))
	if _, _, err := OpenFile(ctx, filepath.Join(w.dir, "two"), Options{}); err == nil || !strings.Contains(err.Error(), "got 2") {
		t.Errorf("want an error that lists both, got %v", err)
	}
	if _, _, err := OpenFile(ctx, w.text("t.txt", "text"), Options{}); err == nil {
		t.Error("want an error for a text")
	}
	pair := filepath.Join("..", "volume", "nifti", "testdata", "pair")
	for _, ending := range []string{".img", ".hdr"} {
		if v, _, err := OpenFile(ctx, pair+ending, Options{}); err != nil || v.Size != [3]int{5, 4, 3} {
			t.Errorf("%s: want the image of the pair, got %v", ending, err)
		}
	}
}

// Every format that is read opens through the table, with the geometry of its own package's tests.
func TestOtherFormats(t *testing.T) {
	for _, c := range []struct {
		path  string
		value float32 // at 4, 1, 2
	}{
		{"../volume/metaimage/testdata/packed.mha", 114}, {"../volume/metaimage/testdata/beside.mhd", 114},
		{"../volume/nrrd/testdata/i2.nrrd", 114}, {"../volume/nrrd/testdata/beside.nhdr", 114}, {"../volume/mgh/testdata/i4.mgz", 114}, {"../volume/nifti/testdata/i2_be_2.nii.gz", 114},
	} {
		v, s, err := OpenFile(context.Background(), filepath.FromSlash(c.path), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		if v.Size != [3]int{5, 4, 3} || v.At(4, 1, 2) != c.value || s.Acquisition.SpacingSource != "header" {
			t.Errorf("%s: want 5 × 4 × 3 and %g, got %v and %g", c.path, c.value, v.Size, v.At(4, 1, 2))
		}
		m, err := OpenMask(filepath.FromSlash(c.path))
		if err != nil || m.Labels[m.Offset(4, 1, 2)] != uint16(c.value) {
			t.Errorf("%s: want its whole numbers as labels, got %v", c.path, err)
		}
	}
}

func TestOpenMaskOn(t *testing.T) {
	w := newTree(t)
	g := volume.Identity([3]int{12, 9, 1}, [3]float64{0.2, 0.3, 1})
	m, err := volume.NewMask(g)
	if err != nil {
		t.Fatal(err)
	}
	m.Labels[13] = 3
	png := w.path("m.png")
	if err := WriteFile(png, m); err != nil {
		t.Fatal(err)
	}
	back, err := OpenMaskOn(png, g)
	if err != nil || back.Spacing != g.Spacing || back.Labels[13] != 3 {
		t.Errorf("want the labels on the image's grid, got %+v, %v", back, err)
	}
	if _, err := OpenMaskOn(w.labels("other.nii.gz", grid(1), 2), g); err == nil || !strings.Contains(err.Error(), "grid") {
		t.Errorf("want an error for another grid, got %v", err)
	}
	if _, err := OpenMask(w.text("x.nii", "no")); err == nil {
		t.Error("want an error for a file that is no NIfTI")
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	v, err := volume.New(volume.Identity([3]int{4, 3, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	for n := range v.Data {
		v.Data[n] = float32(n)
	}
	for _, name := range []string{"v.nii", "v.nii.gz", "v.npy", "v.png"} {
		path := filepath.Join(dir, name)
		if err := WriteFile(path, v); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got float32
		switch filepath.Ext(name) {
		case ".npy":
			a, err := npy.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			x, err := a.Float32s()
			if err != nil {
				t.Fatal(err)
			}
			got = x[7]
		case ".png":
			p, err := raster.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			got = p.Data[7]
		default:
			p, err := nifti.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			got = p.Data[7]
		}
		if got != 7 {
			t.Errorf("%s: want 7, got %g", name, got)
		}
	}
	for _, name := range []string{"v.gif", "v", "v.dcm", "v.jpg"} {
		if WriteFile(filepath.Join(dir, name), v) == nil || CanWrite(name) == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 4 {
		t.Errorf("want 4 files and nothing else, got %v", left)
	}
}

func TestFormatsTable(t *testing.T) {
	last := ""
	for _, f := range Formats() {
		if f.Name <= last || f.Doc == "" || f.Reads != (f.magic != nil) || f.Writes != (f.write != nil) || (f.header == nil) != (f.frames == nil) || !f.Reads && !f.Writes {
			t.Errorf("%q: want rows sorted and whole", f.Name)
		}
		last = f.Name
	}
}
