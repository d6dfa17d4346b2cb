package mgh

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// The cases and their figures come from nibabel (testdata/make.py; its version is in cases.json).
func TestReadsWhatNibabelReads(t *testing.T) {
	b, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Cases []struct {
			Name              string
			Frames            int
			PointRAS, Spacing [3]float64
			Value, Last, Sum  float64
		}
	}
	if err := json.Unmarshal(b, &f); err != nil || len(f.Cases) != 5 {
		t.Fatalf("want 5 cases, got %d, %v", len(f.Cases), err)
	}
	for _, c := range f.Cases {
		path := filepath.Join("testdata", c.Name)
		h, err := ReadHeader(path)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		p := h.PointLPS([3]float64{4, 1, 2})
		for n, sign := range [3]float64{-1, -1, 1} {
			if math.Abs(sign*p[n]-c.PointRAS[n]) > 1e-4 || math.Abs(h.Spacing[n]-c.Spacing[n]) > 1e-5 {
				t.Errorf("%s: want RAS %v and spacing %v, got LPS %v and %v", c.Name, c.PointRAS, c.Spacing, p, h.Spacing)
				break
			}
		}
		frames := 0
		for v, err := range Frames(context.Background(), path) {
			if err != nil {
				t.Fatal(c.Name, err)
			}
			sum := 0.0
			for _, x := range v.Data {
				sum += float64(x)
			}
			if got := float64(v.At(4, 1, 2)); frames == 0 && (got != c.Value || sum != c.Sum) {
				t.Errorf("%s: want %g and sum %g, got %g and %g", c.Name, c.Value, c.Sum, got, sum)
			}
			if frames++; frames == c.Frames && float64(v.At(4, 1, 2)) != c.Last {
				t.Errorf("%s: want %g in the last frame, got %g", c.Name, c.Last, v.At(4, 1, 2))
			}
		}
		if frames != c.Frames {
			t.Errorf("%s: want %d frames, got %d", c.Name, c.Frames, frames)
		}
	}
}

func TestCutFilesAreRefused(t *testing.T) {
	whole, err := os.ReadFile("testdata/i2.mgh")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 10, 200, headerSize, headerSize + 119} {
		if _, _, err := begin(bytes.NewReader(whole[:n]), int64(n)); err == nil {
			t.Errorf("want an error for the first %d bytes", n)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"i2.mgh", "f4.mgz"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, src, err := begin(bytes.NewReader(b), int64(len(b)))
		if err != nil || h.Voxels() > 1<<20 {
			return
		}
		if v, err := h.frame(src); err == nil && v.Validate() != nil {
			t.Errorf("read a grid that is not valid: %v", v.Validate())
		}
	})
}
