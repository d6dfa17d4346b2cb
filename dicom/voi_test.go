package dicom

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestWindows checks the examples of PS3.3 C.11.2.1.2.1 and C.11.2.1.3.2.
func TestWindows(t *testing.T) {
	for _, c := range []struct {
		v    VOI
		x, y float64
	}{
		{VOI{Centre: 2048, Width: 4096, Function: "LINEAR"}, 0, 0},
		{VOI{Centre: 2048, Width: 4096, Function: "LINEAR"}, 4095, 1},
		{VOI{Centre: 2048, Width: 4096, Function: "LINEAR"}, 2047.5, 0.5},
		{VOI{Centre: 2048, Width: 1, Function: "LINEAR"}, 2047, 0},
		{VOI{Centre: 2048, Width: 1, Function: "LINEAR"}, 2048, 1},
		{VOI{Centre: 0, Width: 100, Function: "LINEAR"}, -50, 0},
		{VOI{Centre: 0, Width: 100, Function: "LINEAR"}, 49, 1},
		{VOI{Centre: 0, Width: 100, Function: "LINEAR_EXACT"}, -50, 0},
		{VOI{Centre: 0, Width: 100, Function: "LINEAR_EXACT"}, 0, 0.5},
		{VOI{Centre: 0, Width: 100, Function: "LINEAR_EXACT"}, 50, 1},
		{VOI{Centre: 40, Width: 400, Function: "SIGMOID"}, 40, 0.5},
		{VOI{Centre: 40, Width: 400, Function: "SIGMOID"}, 140, 1 / (1 + math.Exp(-1))},
	} {
		if y := c.v.Map(c.x); math.Abs(y-c.y) > 1e-12 {
			t.Errorf("%s %g/%g at %g: want %g, got %g", c.v.Function, c.v.Centre, c.v.Width, c.x, c.y, y)
		}
	}
}

// TestTables reads a Modality and a VOI look-up table of real files; the values are pydicom's
// (apply_modality_lut, apply_voi_lut).
func TestTables(t *testing.T) {
	dir := golden.Shared(t, "data/dicom_pydicom")
	f, err := OpenFile(filepath.Join(dir, "mlut_18.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	st := Stacks([]*File{f})
	if len(st) != 1 {
		t.Fatalf("mlut_18: want 1 stack, got %d", len(st))
	}
	v, err := st[0].Volume(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range mlutWant {
		if got := v.Data[i*len(v.Data)/len(mlutWant)]; got != want {
			t.Errorf("mlut_18: sample %d: want %g, got %g", i, want, got)
		}
	}
	if f, err = OpenFile(filepath.Join(dir, "vlut_04.dcm")); err != nil {
		t.Fatal(err)
	}
	voi, err := f.VOIs(0)
	if err != nil || len(voi) == 0 {
		t.Fatalf("vlut_04: want a table, got %d and %v", len(voi), err)
	}
	raw, err := f.RawArray(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	values := integers(raw)
	for i, want := range vlutWant {
		x := values[i*len(values)/len(vlutWant)]
		if got := voi[0].Map(float64(x)) * float64(uint32(1)<<voi[0].table.bits-1); math.Abs(got-want) > 1e-6 {
			t.Errorf("vlut_04: value %d: want %g, got %g", x, want, got)
		}
	}
}

var mlutWant = []float32{32759, 32759, 32759, 32759, 32759, 32759, 32759, 32759, 49147, 32759, 32759, 32759, 32759, 32759, 32759, 32759}

var vlutWant = []float64{32639, 32639, 32639, 32639, 32639, 32639, 32639, 32639, 49087, 32639, 32639, 32639, 32639, 32639, 32639, 32639}
