package onnx_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume/npy"
)

// rangeTolerance is the difference to onnxruntime 1.32 that is allowed, as a part of the output's range.
const rangeTolerance = 1e-4

func TestVectors(t *testing.T) {
	dir := golden.Shared(t, "data/vectors")
	files, err := filepath.Glob(filepath.Join(dir, "*.npz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s: %v", dir, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".npz")
		t.Run(name, func(t *testing.T) {
			arrays, err := npy.ReadZip(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := onnx.Load(golden.Shared(t, "data/models/"+name+".onnx"), onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			in := arrays["input"]
			data, err := in.Float32s()
			if err != nil {
				t.Fatal(err)
			}
			out, err := s.Run(context.Background(), map[string]*onnx.Tensor{"input": tensor.FromFloat32(in.Shape, data)})
			if err != nil {
				t.Fatal(err)
			}
			for key, want := range arrays {
				if key == "input" {
					continue
				}
				got := out[key]
				if got == nil || !sameShape(got.Shape(), want.Shape) {
					t.Fatalf("%s: want shape %v, got %v", key, want.Shape, got)
				}
				w, err := want.Float64s()
				if err != nil {
					t.Fatal(err)
				}
				g := float64s(got)
				if worst, limit := worstOf(g, w), rangeTolerance*spanOf(w); worst > limit {
					t.Errorf("%s: differs by %g, want at most %g", key, worst, limit)
				}
			}
		})
	}
}

func sameShape(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func float64s(x *onnx.Tensor) []float64 {
	out := make([]float64, x.Len())
	for i := range out {
		if x.DType() == tensor.Int64 {
			out[i] = float64(x.Int64()[i])
		} else {
			out[i] = float64(x.Float32()[i])
		}
	}
	return out
}

func worstOf(a, b []float64) float64 {
	worst := 0.0
	for i := range a {
		d := math.Abs(a[i] - b[i])
		if d != d {
			return math.Inf(1)
		}
		worst = max(worst, d)
	}
	return worst
}

func spanOf(x []float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
	}
	return max(hi-lo, 1e-6)
}

// sineVector is a data/models_more/*/*.vector.json: statistics and samples of onnxruntime's output on
// an input of sines.
type sineVector struct {
	File       string
	InputName  string `json:"input_name"`
	Input      string
	InputShape []int  `json:"input_shape"`
	OutputName string `json:"output_name"`
	Count      int    `json:"output_count"`
	Mean, Std  float64
	Min, Max   float64
	Index      []int
	Value      []float64
}

func TestSineVectors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(golden.Shared(t, "data/models_more"), "*", "*.vector.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, file := range files {
		var v sineVector
		raw, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(raw, &v)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Run(v.File, func(t *testing.T) {
			s, err := onnx.Load(filepath.Join(filepath.Dir(file), v.File), onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			in := tensor.New(tensor.Float32, v.InputShape...)
			step := sineStep(t, v.Input)
			for i := range in.Float32() {
				in.Float32()[i] = float32(math.Sin(step * float64(i)))
			}
			out, err := s.Run(context.Background(), map[string]*onnx.Tensor{v.InputName: in}, v.OutputName)
			if err != nil {
				t.Fatal(err)
			}
			g := float64s(out[v.OutputName])
			if len(g) != v.Count {
				t.Fatalf("want %d values, got %d", v.Count, len(g))
			}
			limit := rangeTolerance * max(v.Max-v.Min, 1e-6)
			for k, i := range v.Index {
				if d := math.Abs(g[i] - v.Value[k]); !(d <= limit) {
					t.Errorf("value %d: want %g, got %g (limit %g)", i, v.Value[k], g[i], limit)
				}
			}
			sum := 0.0
			for _, x := range g {
				sum += x
			}
			if d := math.Abs(sum/float64(len(g)) - v.Mean); !(d <= limit) {
				t.Errorf("mean: want %g, got %g", v.Mean, sum/float64(len(g)))
			}
		})
	}
}

func sineStep(t *testing.T, text string) float64 {
	for _, step := range []float64{0.001, 0.01, 0.1} {
		b, _ := json.Marshal(step)
		if strings.Contains(text, "sin("+string(b)+"*i)") {
			return step
		}
	}
	t.Fatalf("input %q is not understood", text)
	return 0
}
