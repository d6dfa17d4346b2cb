package tiff

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

// TestReadsWhatTifffileWrites compares with files of tifffile (testdata/make.py; its version is in cases.json).
func TestReadsWhatTifffileWrites(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Cases map[string]struct {
			Shape     []int
			DType     volume.DType
			Sum, Mark float64
		}
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Cases) < 80 {
		t.Fatalf("want the cases of make.py, got %d", len(f.Cases))
	}
	for name, c := range f.Cases {
		path := filepath.Join("testdata", name+".tif")
		r, err := ReadRaw(path, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shape := slices.DeleteFunc(slices.Clone(r.Shape), func(n int) bool { return n == 1 })
		if !slices.Equal(shape, c.Shape) || r.DType != c.DType || r.Validate() != nil {
			t.Errorf("%s: want %s %v, got %s %v, %v", name, c.DType, c.Shape, r.DType, r.Shape, r.Validate())
			continue
		}
		sum, mark := 0.0, 0.0
		values := make([]float32, r.Values())
		for n := range values {
			x := one(r, n)
			sum += x
			mark += x * float64(n%97+1)
		}
		if !close(sum, c.Sum) || !close(mark, c.Mark) {
			t.Errorf("%s: want sum %g and %g, got %g and %g", name, c.Sum, c.Mark, sum, mark)
		}
		h, err := ReadHeader(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "imagej" || name == "ome" {
			want := [3]float64{0.25e-3, 0.5e-3, 2.5e-3}
			for n := range 3 {
				if !h.SpacingKnown || !close(h.Spacing[n], want[n]) {
					t.Errorf("%s: want spacing %v, got %v", name, want, h.Spacing)
				}
			}
		}
	}
}

func close(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }

// one is a value of stored values.
func one(r *volume.Raw, n int) float64 {
	b := r.Bytes[n*r.DType.Size():]
	u := uint64(0)
	for k := r.DType.Size() - 1; k >= 0; k-- {
		u = u<<8 | uint64(b[k])
	}
	switch r.DType {
	case volume.Int8:
		return float64(int8(u))
	case volume.Int16:
		return float64(int16(u))
	case volume.Int32:
		return float64(int32(u))
	case volume.Int64:
		return float64(int64(u))
	case volume.Float32:
		return float64(math.Float32frombits(uint32(u)))
	case volume.Float64:
		return math.Float64frombits(u)
	}
	return float64(u)
}

func TestWriteReadsBack(t *testing.T) {
	for _, c := range []struct {
		dtype    volume.DType
		channels int
		frames   int
		depth    int
	}{{volume.Uint8, 1, 1, 1}, {volume.Uint8, 3, 1, 1}, {volume.Uint16, 4, 1, 3}, {volume.Int16, 1, 2, 3}, {volume.Float32, 2, 3, 2}, {volume.Float64, 1, 1, 2}, {volume.Int64, 1, 1, 2}} {
		g := volume.Identity([3]int{5, 4, c.depth}, [3]float64{0.7, 1.0 / 3, 2.5})
		r := &volume.Raw{Geometry: g, DType: c.dtype, Channels: c.channels, Shape: []int{c.frames, c.depth, 4, 5, c.channels}}
		r.Bytes = make([]byte, r.Values()*c.dtype.Size())
		for n := range r.Bytes {
			r.Bytes[n] = byte(n*37 + n/251)
		}
		path := filepath.Join(t.TempDir(), "x.tif")
		if err := Write(path, r); err != nil {
			t.Fatal(err)
		}
		back, err := ReadRaw(path, Options{})
		if err != nil {
			t.Errorf("%v: %v", c, err)
			continue
		}
		if back.DType != r.DType || back.Samples() != c.channels || back.Frames() != c.frames || !bytes.Equal(back.Bytes, r.Bytes) {
			t.Errorf("%v: want the same values again, got %s, shape %v", c, back.DType, back.Shape)
		}
		for n := range 3 {
			if math.Abs(back.Spacing[n]-g.Spacing[n]) > 1e-12 {
				t.Errorf("%v: want spacing %v, got %v", c, g.Spacing, back.Spacing)
			}
		}
	}
}

// A page whose compression is not done is refused by name; a cut file is refused.
func TestWrongFilesAreRefused(t *testing.T) {
	whole, err := os.ReadFile("testdata/lzw_u1.tif")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.tif")
	old := bytes.Clone(whole)
	at := bytes.Index(old, []byte{3, 1, 3, 0, 1, 0, 0, 0, 5, 0}) // compression
	old[at+8] = 6
	if err := os.WriteFile(path, old, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRaw(path, Options{}); !errors.As(err, new(*volume.UnsupportedError)) {
		t.Errorf("old-style JPEG: want an unsupported error, got %v", err)
	}
	for n := 0; n < len(whole); n += 7 {
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRaw(path, Options{}); err == nil {
			t.Errorf("want an error for the first %d of %d bytes", n, len(whole))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"lzw_2_u2_l", "tile_u1", "imagej", "ome", "palette", "packbits_runs", "deflate_3_f4_b", "bigtiff", "rgb_planar_tile"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".tif"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x.tif")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		h, err := ReadHeader(path)
		if err != nil || h.Voxels()*h.Channels*h.Frames > 1<<20 {
			return
		}
		if r, err := ReadRaw(path, Options{}); err == nil && r.Validate() != nil {
			t.Errorf("read values that are not valid: %v", r.Validate())
		}
	})
}
