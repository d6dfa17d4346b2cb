package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// TestNonsenseImages gives the commands what is no image, or not the one that is asked for. Each error
// is of one or two lines, says what is wanted, and has the exit code of the contract.
func TestNonsenseImages(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	image := func(name string, size [3]int) []byte {
		v, err := volume.New(volume.Identity(size, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
		if err != nil {
			t.Fatal(err)
		}
		for n := range v.Data {
			v.Data[n] = float32(n % 31)
		}
		if err := nifti.Write(name, v); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	write := func(name string, data []byte) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	whole := image("image.nii", [3]int{8, 8, 4})
	image("small.nii", [3]int{4, 4, 4})
	edit := func(at int, value uint16) []byte {
		b := bytes.Clone(whole)
		binary.LittleEndian.PutUint16(b[at:], value)
		return b
	}
	write("cut.nii", whole[:600])
	write("huge.nii", edit(42, 32767))
	write("kind.nii", edit(70, 77))
	write("empty.nii", nil)
	write("text.dcm", []byte("hello"))
	write("net.onnx", []byte("not a network"))
	write("file", []byte("a file"))
	write("order.csv", []byte("file,order\nimage.nii,first\n"))
	write("twice.csv", []byte("file,patient\nimage.nii,1\nimage.nii,2\n"))
	write("absent.csv", []byte("file,patient\nnothing.nii,1\n"))
	if err := os.Mkdir("none", 0o755); err != nil {
		t.Fatal(err)
	}
	writeCT(t, "series")
	files, err := filepath.Glob("series/*")
	if err != nil || len(files) < 3 {
		t.Fatalf("want a series of three files or more, got %d: %v", len(files), err)
	}
	data, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	write(files[1], data[:len(data)-20])

	for _, c := range []struct {
		code int
		want string // in the errors
		args string
	}{
		{1, "want 1376 bytes by the header, got a file of 600", "quality cut.nii"},
		{1, "header", "quality huge.nii"},
		{1, "datatype", "convert kind.nii out.npy"},
		{1, "empty", "quality empty.nii"},
		{1, "DICOM", "dump text.dcm"},
		{1, "DICOM", "convert text.dcm out.nii"},
		{1, "at least one file that is or claims to be an image", "run none -o out"},
		{1, "no such file", "quality nothing.nii"},
		{1, "want size [8 8 4], got [4 4 4]", "measure image.nii small.nii"},
		{1, "want size [8 8 4], got [4 4 4]", "quality image.nii --lungs small.nii"},
		{1, "not an ONNX model", "models run net.onnx -o out"},
		{1, "net", "segment nothing.nii --model net.onnx -o out.nii"},
		{1, "pipe", "quality " + os.DevNull},
		{1, "pipe", "measure image.nii " + os.DevNull},
		{1, "pipe", "run " + os.DevNull + " -o out"},
		{1, "choose", "run image.nii -o file"},
		{1, "choose", "run image.nii -o file/below"},
		{1, "choose", "demo -o file"},
		{1, "file", "phantom spheres -o file"},
		{1, "file", "convert image.nii file/out.nii"},
		{1, "file", "preprocess image.nii --step minmax -o file/out.nii"},
		{2, "want a name that ends in .mha", "preprocess image.nii --step minmax -o out.gif"},
		{2, "want a name that ends in .mha", "segment image.nii --method body -o out.gif"},
		{1, "column order: want a whole number", "scan image.nii --table order.csv"},
		{1, "want each file once", "run image.nii --table twice.csv -o out"},
		{1, "want a file or folder that exists", "scan image.nii --table absent.csv"},
		{2, "want numbers of mm above 0", "quality image.nii --spacing 0,1"},
		{2, "at most 1000", "quality image.nii --spacing 1e9,1"},
		{2, "want 0 or more", "run image.nii -o out --workers -1"},
		{2, "want one study in IN, got 2", "run image.nii small.nii --prior image.nii -o out"},
		{1, "values", "preprocess image.nii --step pad=lo:99999999/1/1 -o out.nii"},
		{3, "studies failed", "run series -o truncated"},
		{3, "2 of 2 studies failed", "run empty.nii text.dcm -o failed"},
		{1, "not empty", "run image.nii -o failed"},
		{1, "choose another folder", "run image.nii -o failed --resume --recipe ct"},
	} {
		code, _, errs := caliper(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%s: want exit code %d and %q, got %d and %q", c.args, c.code, c.want, code, errs)
		}
		if n := strings.Count(errs, "\n"); n > 2 || strings.Contains(errs, "goroutine") {
			t.Errorf("%s: want an error of one or two lines, got %q", c.args, errs)
		}
		if _, err := os.Stat("out"); err == nil {
			t.Fatalf("%s: want no output, got a folder", c.args)
		}
	}
}

// TestInterrupted ends a run before its first study: exit code 130, and what to do.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	writePicture(t, filepath.Join(dir, "a.png"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var errs bytes.Buffer
	code := execute(ctx, []string{"run", dir, "-o", filepath.Join(dir, "out")}, term.Streams{In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &errs})
	if code != exitInterrupted || !strings.HasPrefix(errs.String(), "caliper: interrupted") || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("want exit code 130 and one line, got %d and %q", code, errs.String())
	}
}
