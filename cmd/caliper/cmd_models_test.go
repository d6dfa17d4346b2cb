package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/volume/npy"
)

func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = execute(context.Background(), args, term.Streams{In: strings.NewReader(""), Out: &out, Err: &err})
	return code, out.String(), err.String()
}

// Real inputs and the outputs that onnxruntime 1.32 gives, through the command, within 1e-4 of each output's range.
func TestModelsRunVectors(t *testing.T) {
	vectors := golden.Shared(t, "data/vectors")
	dir := golden.Shared(t, "data/models")
	files, _ := filepath.Glob(filepath.Join(vectors, "*.npz"))
	if len(files) != 13 {
		t.Errorf("want 13 vectors, got %d", len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".npz")
		t.Run(name, func(t *testing.T) {
			z, err := npy.ReadZip(file)
			if err != nil {
				t.Fatal(err)
			}
			tmp := t.TempDir()
			in, out := filepath.Join(tmp, "in.npy"), filepath.Join(tmp, "out")
			if err := npy.Write(in, z["input"]); err != nil {
				t.Fatal(err)
			}
			net, err := modelFlags{Dirs: []string{dir}}.load(name, "")
			if err != nil {
				t.Fatal(err)
			}
			code, _, stderr := call(t, "models", "run", name, "--models", dir, "--input", net.Inputs[0]+"="+in, "--output", out)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			for key, want := range z {
				if key == "input" {
					continue
				}
				got, err := npy.Read(filepath.Join(out, key+".npy"))
				if err != nil {
					t.Fatal(err)
				}
				compare(t, key, got, want)
			}
		})
	}
}

func compare(t *testing.T, key string, got, want *npy.Array) {
	t.Helper()
	if got.DType != want.DType || got.Len() != want.Len() {
		t.Errorf("%s: want %s %v, got %s %v", key, want.DType, want.Shape, got.DType, got.Shape)
		return
	}
	a, err := got.Float64s()
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.Float64s()
	if err != nil {
		t.Fatal(err)
	}
	lo, hi, worst := math.Inf(1), math.Inf(-1), 0.0
	for i := range a {
		lo, hi = min(lo, b[i]), max(hi, b[i])
		worst = max(worst, math.Abs(a[i]-b[i]))
	}
	t.Logf("%s: largest difference %.2g of the range", key, worst/(hi-lo))
	if !(worst <= 1e-4*(hi-lo)) {
		t.Errorf("%s: largest difference %g, want at most 1e-4 of the range %g", key, worst, hi-lo)
	}
}

type sineVector struct {
	File       string    `json:"file"`
	Input      string    `json:"input"` // x[i]=float32(sin(F*i)), C order
	InputName  string    `json:"input_name"`
	InputShape []int     `json:"input_shape"`
	OutputName string    `json:"output_name"`
	Count      int       `json:"output_count"`
	Mean       float64   `json:"mean"`
	Index      []int     `json:"index"`
	Value      []float64 `json:"value"`
	MinValue   float64   `json:"min"`
	MaxValue   float64   `json:"max"`
}

// The networks of models_more on a sine, against figures of onnxruntime.
func TestModelsRunSineVectors(t *testing.T) {
	golden.Long(t)
	root := golden.Shared(t, "data/models_more")
	files, _ := filepath.Glob(filepath.Join(root, "*", "*.vector.json"))
	if len(files) < 8 {
		t.Errorf("want 8 vectors or more, got %d", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v sineVector
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			var factor float64
			if _, err := fmt.Sscanf(v.Input, "x[i]=float32(sin(%g*i))", &factor); err != nil {
				t.Fatalf("%q: %v", v.Input, err)
			}
			n := 1
			for _, s := range v.InputShape {
				n *= s
			}
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(math.Sin(factor * float64(i)))
			}
			tmp := t.TempDir()
			in := filepath.Join(tmp, "in.npy")
			if err := npy.Write(in, npy.FromFloat32(v.InputShape, x)); err != nil {
				t.Fatal(err)
			}
			model := filepath.Join(filepath.Dir(file), v.File)
			if code, _, stderr := call(t, "models", "run", model, "--input", v.InputName+"="+in, "--output", tmp); code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			a, err := npy.Read(filepath.Join(tmp, strings.ReplaceAll(v.OutputName, "/", "_")+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.Float64s()
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != v.Count {
				t.Fatalf("want %d values, got %d", v.Count, len(got))
			}
			mean, span := 0.0, v.MaxValue-v.MinValue
			for _, y := range got {
				mean += y / float64(len(got))
			}
			worst := math.Abs(mean - v.Mean)
			for i, at := range v.Index {
				worst = max(worst, math.Abs(got[at]-v.Value[i]))
			}
			t.Logf("largest difference %.2g, range %.2g", worst, span)
			if !(worst <= max(1e-4*span, 1e-9)) { // one output is 0 all over but for rounding
				t.Errorf("largest difference %g, want at most 1e-4 of the range %g", worst, span)
			}
		})
	}
}
