// Package voxeltest holds the checks that every format of voxelfile runs over the files in its testdata:
// figures of SimpleITK, and files that are cut.
package voxeltest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

// Bank is a format under test; its files lie in the folder testdata of the test.
type Bank struct {
	Ending string // of the files that hold header and voxels
	Read   func(path string) (*volume.Volume, error)
	Size   func(path string) ([3]int, error) // by the header alone
}

// Case is what SimpleITK reads from a file (make.py here; its version is in cases.json).
type Case struct {
	Name           string
	Size, Index    [3]int
	Point, Spacing [3]float64 // of Index, LPS, in mm
	Channels       int
	Value, Last    float64 // at Index in the first and the last channel
	Sum            float64 // of all values
}

// Cases reads the files of testdata/cases.json.
func (b Bank) Cases(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Cases []Case }
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Cases) < 13 {
		t.Fatalf("want the cases of make.py, got %d", len(f.Cases))
	}
	for _, c := range f.Cases {
		path := filepath.Join("testdata", c.Name)
		size, err := b.Size(path)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		v, err := b.Read(path)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if v.Size != c.Size || size != c.Size || v.Channels != c.Channels {
			t.Errorf("%s: want %d channels of %v, got %d of %v", c.Name, c.Channels, c.Size, v.Channels, v.Size)
			continue
		}
		c.compare(t, v)
	}
}

func (c Case) compare(t *testing.T, v *volume.Volume) {
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

// Cut reads the files of testdata with their ends missing: each must be refused.
func (b Bank) Cut(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("testdata/*" + b.Ending)
	if err != nil || len(files) == 0 {
		t.Fatalf("want files, got %v, %v", files, err)
	}
	path := filepath.Join(t.TempDir(), "cut"+b.Ending)
	for _, file := range files {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 3, 40, 120, len(whole) / 2, len(whole) - 12} {
			if n >= len(whole) {
				continue
			}
			if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Read(path); err == nil {
				t.Errorf("%s: want an error for its first %d bytes", file, n)
			}
		}
	}
}
