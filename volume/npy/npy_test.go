package npy

import (
	"bytes"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
)

// What numpy 2 writes: header text and bytes by np.save of the arrays named.
func numpyFile(descr, order, shape, data string) []byte {
	text := "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }"
	pad := (64 - (10+len(text)+1)%64) % 64
	text += strings.Repeat(" ", pad) + "\n"
	b, err := hex.DecodeString(data)
	if err != nil {
		panic(err)
	}
	return append(append([]byte("\x93NUMPY\x01\x00"), byte(len(text)), byte(len(text)>>8)), append([]byte(text), b...)...)
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		want []float64
	}{
		{"int16", numpyFile("<i2", "False", "(2, 2)", "0100feff0300e803"), []float64{1, -2, 3, 1000}},
		{"big endian", numpyFile(">i2", "False", "(2, 2)", "0001fffe000303e8"), []float64{1, -2, 3, 1000}},
		{"fortran", numpyFile("<i2", "True", "(2, 2)", "01000300feffe803"), []float64{1, -2, 3, 1000}},
		{"float64", numpyFile("<f8", "False", "(1,)", "000000000000f83f"), []float64{1.5}},
		{"scalar", numpyFile("<f4", "False", "()", "0000c03f"), []float64{1.5}},
		{"bool", numpyFile("|b1", "False", "(3,)", "010001"), []float64{1, 0, 1}},
		{"empty", numpyFile("<f4", "False", "(0, 3)", ""), nil},
	} {
		a, err := Decode(bytes.NewReader(c.file))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := a.COrder().Float64s()
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: want %v, got %v, %v", c.name, c.want, got, err)
			continue
		}
		for n, w := range c.want {
			if got[n] != w {
				t.Errorf("%s: want %v, got %v", c.name, c.want, got)
				break
			}
		}
		if c.name != "big endian" {
			var b bytes.Buffer
			if err := Encode(&b, a); err != nil || !bytes.Equal(b.Bytes(), c.file) {
				t.Errorf("%s: want numpy's own bytes back, got %q, %v", c.name, b.Bytes(), err)
			}
		}
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	whole := numpyFile("<i2", "False", "(2, 2)", "0100feff0300e803")
	for name, b := range map[string][]byte{
		"empty": nil, "text": []byte("not an array at all"), "short": whole[:len(whole)-1], "cut header": whole[:20],
		"object":   numpyFile("|O", "False", "(2,)", ""),
		"complex":  numpyFile("<c8", "False", "(1,)", "0000000000000000"),
		"huge":     numpyFile("<f8", "False", "(99999999, 99999999)", ""),
		"big":      numpyFile("<f8", "False", "(99999999,)", "00"),
		"negative": numpyFile("<f8", "False", "(-1,)", ""),
		"no shape": []byte("\x93NUMPY\x01\x00\x14\x00{'descr': '<i2', }  "),
		"version":  []byte("\x93NUMPY\x09\x00\x14\x00{'descr': '<i2', }  "),
	} {
		if _, err := Decode(bytes.NewReader(b)); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestFromVolume(t *testing.T) {
	v, err := volume.New(volume.Identity([3]int{4, 3, 2}, [3]float64{1, 1, 1}), 1, volume.HU)
	if err != nil {
		t.Fatal(err)
	}
	v.Data[v.Offset(1, 2, 1)] = -7.5
	path := filepath.Join(t.TempDir(), "v.npy")
	if err := Write(path, FromVolume(v)); err != nil {
		t.Fatal(err)
	}
	a, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	x, err := a.Float32s()
	if err != nil || a.Shape[0] != 2 || a.Shape[1] != 3 || a.Shape[2] != 4 || x[(1*3+2)*4+1] != -7.5 {
		t.Errorf("want -7.5 at k 1, j 2, i 1 of shape 2 3 4, got %v %v %v", a.Shape, x, err)
	}
}

// The vectors were written by numpy's savez.
func TestReadZip(t *testing.T) {
	dir := golden.Shared(t, "data/vectors")
	files, err := filepath.Glob(filepath.Join(dir, "*.npz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("want .npz files in %s, got %v", dir, err)
	}
	for _, f := range files[:min(3, len(files))] {
		arrays, err := ReadZip(f)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		for name, a := range arrays {
			x, err := a.Float64s()
			if err != nil || len(x) != a.Len() {
				t.Errorf("%s: %s: %v", filepath.Base(f), name, err)
			}
			for _, y := range x {
				if math.IsNaN(y) {
					t.Errorf("%s: %s: holds a NaN", filepath.Base(f), name)
					break
				}
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(numpyFile("<i2", "False", "(2, 2)", "0100feff0300e803"))
	f.Add(numpyFile(">f8", "True", "(1,)", "000000000000f83f"))
	f.Add(numpyFile("|b1", "False", "()", "01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Encode(&out, a); err != nil {
			t.Fatal(err)
		}
		again, err := Decode(&out)
		if err != nil || !bytes.Equal(again.Bytes, a.Bytes) {
			t.Fatalf("want the same array again, got %v", err)
		}
	})
}

// An image with its place goes through .npz; an .npy has its values alone.
func TestImages(t *testing.T) {
	g := volume.Geometry{Size: [3]int{4, 3, 2}, Origin: [3]float64{-1, 2, 3}, Spacing: [3]float64{0.5, 0.6, 0.7}, Axes: [3][3]float64{{0, 1, 0}, {-1, 0, 0}, {0, 0, 1}}}
	want := &volume.Raw{Geometry: g, DType: volume.Int16, Channels: 2, Shape: []int{3, 2, 3, 4, 2}, Bytes: make([]byte, 288)}
	for n := range want.Bytes {
		want.Bytes[n] = byte(n)
	}
	path := filepath.Join(t.TempDir(), "x.npz")
	if err := WriteImage(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadImage(path)
	if err != nil || !got.Placed || got.Frames() != 3 || got.Samples() != 2 || !bytes.Equal(got.Bytes, want.Bytes) || g.SameGrid(got.Geometry, 1e-12) != nil {
		t.Errorf("want the image again, got %+v, %v", got, err)
	}
	for _, c := range []struct {
		shape  []int
		size   [3]int
		frames int
	}{{[]int{3, 4}, [3]int{4, 3, 1}, 1}, {[]int{2, 3, 5}, [3]int{5, 3, 2}, 1}, {[]int{6, 2, 3, 5}, [3]int{5, 3, 2}, 6}} {
		a := &Array{DType: volume.Uint8, Shape: c.shape}
		a.Bytes = make([]byte, a.Len())
		m, err := a.image(nil, nil)
		if err != nil || m.Size != c.size || m.Frames() != c.frames || m.Placed {
			t.Errorf("%v: want %v of %d, got %+v, %v", c.shape, c.size, c.frames, m, err)
		}
	}
	if _, err := (&Array{DType: volume.Uint8, Shape: []int{3}, Bytes: make([]byte, 3)}).image(nil, nil); err == nil {
		t.Error("want an error for a list")
	}
}

func FuzzImage(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x.npz")
	if err := WriteImage(path, &volume.Raw{Geometry: volume.Identity([3]int{2, 2, 1}, [3]float64{1, 1, 1}), DType: volume.Uint8, Channels: 2, Shape: []int{2, 2, 2}, Bytes: make([]byte, 8)}); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x.npz")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if m, err := ReadImage(path); err == nil && m.Validate() != nil {
			t.Errorf("read an image that is not valid: %v", m.Validate())
		}
	})
}
