package nifti

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

type nibabelCase struct {
	Name                string
	Size, Index         [3]int
	PointRAS, OriginRAS [3]float64
	Spacing             [3]float64
	Value, Sum, Last    float64
	Version             int
	Big                 bool
}

// The cases and their figures come from nibabel (testdata/make.py; its version is in cases.json).
func nibabelCases(t *testing.T) []nibabelCase {
	t.Helper()
	b, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Cases []nibabelCase }
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Cases) < 40 {
		t.Fatalf("want the cases of make.py, got %d", len(f.Cases))
	}
	return f.Cases
}

func TestReadsWhatNibabelReads(t *testing.T) {
	for _, c := range nibabelCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			path := filepath.Join("testdata", c.Name)
			h, err := ReadHeader(path)
			if err != nil {
				t.Fatal(err)
			}
			if h.Size != c.Size || h.Version != c.Version || h.BigEndian != c.Big {
				t.Errorf("want size %v version %d big %v, got %v %d %v", c.Size, c.Version, c.Big, h.Size, h.Version, h.BigEndian)
			}
			p := h.PointLPS([3]float64{float64(c.Index[0]), float64(c.Index[1]), float64(c.Index[2])})
			for n, sign := range [3]float64{-1, -1, 1} {
				if math.Abs(sign*p[n]-c.PointRAS[n]) > 1e-4 || math.Abs(sign*h.Origin[n]-c.OriginRAS[n]) > 1e-4 {
					t.Errorf("want RAS %v and origin %v, got LPS %v and %v", c.PointRAS, c.OriginRAS, p, h.Origin)
				}
				if math.Abs(h.Spacing[n]-c.Spacing[n]) > 1e-5 {
					t.Errorf("want spacing %v, got %v", c.Spacing, h.Spacing)
				}
			}
			sum, frames := 0.0, 0
			for v, err := range Frames(context.Background(), path) {
				if err != nil {
					t.Fatal(err)
				}
				at := v.Offset(c.Index[0], c.Index[1], c.Index[2])
				if frames == 0 && float64(v.Data[at]) != c.Value {
					t.Errorf("want value %g, got %g", c.Value, v.Data[at])
				}
				frames++
				if last := v.Channel(v.Channels - 1)[at]; frames == h.Frames && float64(last) != c.Last {
					t.Errorf("want last value %g, got %g", c.Last, last)
				}
				for _, x := range v.Data {
					sum += float64(x)
				}
			}
			if frames != h.Frames || math.Abs(sum-c.Sum) > 1e-6*math.Abs(c.Sum) {
				t.Errorf("want sum %g, got %g over %d of %d frames", c.Sum, sum, frames, h.Frames)
			}
		})
	}
}

// Raw values are those of nibabel's unscaled array: the same ramp whatever the byte order and type.
func TestReadRaw(t *testing.T) {
	for n, c := range nibabelCases(t) {
		if n < 40 && n%3 != 0 {
			continue // the types take turns; the odd ones come last
		}
		raw, err := ReadRaw(filepath.Join("testdata", c.Name))
		if err != nil {
			t.Fatal(c.Name, err)
		}
		if err := raw.Validate(); err != nil {
			t.Error(c.Name, err)
		}
		dir := t.TempDir()
		out := filepath.Join(dir, "raw.nii.gz")
		if err := Write(out, raw); err != nil {
			t.Fatal(c.Name, err)
		}
		back, err := ReadRaw(out)
		if err != nil {
			t.Fatal(c.Name, err)
		}
		if string(back.Bytes) != string(raw.Bytes) || back.DType != raw.DType {
			t.Errorf("%s: stored values changed on the way", c.Name)
		}
		if err := back.SameGrid(raw.Geometry, 1e-3); err != nil {
			t.Error(c.Name, err)
		}
	}
}
