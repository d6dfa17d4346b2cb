package nrrd

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// The cases and their figures come from SimpleITK (testdata/make.py; its version is in cases.json).
func TestReadsWhatSimpleITKReads(t *testing.T) {
	b, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Cases []struct {
			Name           string
			Size, Index    [3]int
			Point, Spacing [3]float64
			Channels       int
			Value, Last    float64
			Sum            float64
		}
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Cases) < 13 {
		t.Fatalf("want the cases of make.py, got %d", len(f.Cases))
	}
	for _, c := range f.Cases {
		path := filepath.Join("testdata", c.Name)
		h, err := ReadHeader(path)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		v, err := Read(path)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if v.Size != c.Size || h.Size != c.Size || v.Channels != c.Channels {
			t.Errorf("%s: want %d channels of %v, got %d of %v", c.Name, c.Channels, c.Size, v.Channels, v.Size)
			continue
		}
		p := v.PointLPS([3]float64{float64(c.Index[0]), float64(c.Index[1]), float64(c.Index[2])})
		for n := range 3 {
			if math.Abs(p[n]-c.Point[n]) > 1e-5 || math.Abs(v.Spacing[n]-c.Spacing[n]) > 1e-6 {
				t.Errorf("%s: want %v and spacing %v, got %v and %v", c.Name, c.Point, c.Spacing, p, v.Spacing)
				break
			}
		}
		at := v.Offset(c.Index[0], c.Index[1], c.Index[2])
		sum := 0.0
		for _, x := range v.Data {
			sum += float64(x)
		}
		if got, last := float64(v.Channel(0)[at]), float64(v.Channel(v.Channels - 1)[at]); got != c.Value || last != c.Last || sum != c.Sum {
			t.Errorf("%s: want %g, %g and sum %g, got %g, %g and %g", c.Name, c.Value, c.Last, c.Sum, got, last, sum)
		}
	}
}

func TestCutFilesAreRefused(t *testing.T) {
	files, err := filepath.Glob("testdata/*.nrrd")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "cut.nrrd")
		for _, n := range []int{0, 3, 40, 120, len(whole) / 2, len(whole) - 12} {
			if n >= len(whole) {
				continue
			}
			if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(path); err == nil {
				t.Errorf("%s: want an error for its first %d bytes", file, n)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"i2.nrrd", "vector.nrrd", "packed.nrrd"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parse(bufio.NewReader(bytes.NewReader(b)))
		if err == nil && h.Geometry.Validate() != nil {
			t.Errorf("parsed a grid that is not valid: %v", h.Geometry.Validate())
		}
	})
}
