package analyze

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestReadsWhatNibabelReads compares with nibabel (testdata/make.py; its version is in cases.json).
func TestReadsWhatNibabelReads(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Cases []struct {
			Name       string
			Size       [3]int
			Frames     int
			Point      [3]float64
			Value, Sum float64
		}
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Cases) < 8 {
		t.Fatalf("want the cases of make.py, got %d", len(f.Cases))
	}
	for _, c := range f.Cases {
		for _, ending := range []string{".hdr", ".img"} {
			path := filepath.Join("testdata", c.Name+ending)
			h, err := ReadHeader(path)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			if h.Size != c.Size || h.Frames != c.Frames {
				t.Errorf("%s: want %v of %d, got %v of %d", c.Name, c.Size, c.Frames, h.Size, h.Frames)
			}
			p := h.PointLPS([3]float64{4, 1, 2})
			for n := range 3 {
				if math.Abs(p[n]-c.Point[n]) > 1e-5 {
					t.Errorf("%s: want voxel 4 1 2 at %v, got %v", c.Name, c.Point, p)
					break
				}
			}
			sum, value := 0.0, math.NaN()
			for v, err := range Frames(t.Context(), path) {
				if err != nil {
					t.Fatal(c.Name, err)
				}
				if math.IsNaN(value) {
					value = float64(v.At(4, 1, 2))
				}
				for _, x := range v.Data {
					sum += float64(x)
				}
			}
			if value != c.Value || sum != c.Sum {
				t.Errorf("%s: want %g and sum %g, got %g and %g", c.Name, c.Value, c.Sum, value, sum)
			}
			raw, err := ReadRaw(path)
			if err != nil || raw.Validate() != nil || raw.Frames() != c.Frames {
				t.Errorf("%s: want stored values, got %v", c.Name, err)
			}
		}
	}
}

func TestCutFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	for _, ending := range []string{".hdr", ".img"} {
		b, err := os.ReadFile("testdata/plain_i2" + ending)
		if err != nil {
			t.Fatal(err)
		}
		if ending == ".img" {
			b = b[:len(b)-1]
		}
		if err := os.WriteFile(filepath.Join(dir, "x"+ending), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(filepath.Join(dir, "x.hdr")); err == nil {
		t.Error("want an error for voxels that end too early")
	}
	if err := os.Remove(filepath.Join(dir, "x.img")); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(filepath.Join(dir, "x.hdr")); err == nil {
		t.Error("want an error for a header alone")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"plain_i2", "big_i2", "frames", "spm_i2"} {
		b, err := os.ReadFile("testdata/" + name + ".hdr")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		Claims(b)
		if h, err := Parse(b); err == nil && h.Validate() != nil {
			t.Errorf("parsed a grid that is not valid: %v", h.Validate())
		}
	})
}
