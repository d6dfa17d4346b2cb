package grad

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// figures are a network's input, output, seed and gradients by PyTorch 2.15 (float32, autograd), for the .onnx beside it.
type figures struct {
	X, Y, Seed []float32
	Gradients  map[string][]float32
}

func load(t *testing.T, name string, threads int) (*Model, *figures) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var f figures
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	m, err := Load("testdata/"+name+".onnx", onnx.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, &f
}

func (f *figures) inputs(m *Model) map[string]*onnx.Tensor {
	var shape []int
	for _, d := range m.Inputs()[0].Shape {
		shape = append(shape, d.Size)
	}
	return map[string]*onnx.Tensor{"x": tensor.FromFloat32(shape, f.X)}
}

func near(t *testing.T, what string, got *onnx.Tensor, want []float32) {
	t.Helper()
	if got.Len() != len(want) {
		t.Fatalf("%s: want %d values, got %v", what, len(want), got)
	}
	size := 0.0
	for _, v := range want {
		size = max(size, math.Abs(float64(v)))
	}
	for i, v := range got.Float32() {
		if d := math.Abs(float64(v - want[i])); !(d <= 2e-5*size+1e-6) {
			t.Fatalf("%s: element %d: want %v, got %v", what, i, want[i], v)
		}
	}
}

// TestTorch holds gradients of all parameters and of the input to PyTorch's, and those on two threads to those on one.
func TestTorch(t *testing.T) {
	for _, name := range []string{"attention", "cnn", "net3d"} {
		t.Run(name, func(t *testing.T) {
			var first map[string]*onnx.Tensor
			for threads := 1; threads <= 2; threads++ {
				m, f := load(t, name, threads)
				r, err := m.Forward(context.Background(), f.inputs(m))
				if err != nil {
					t.Fatal(err)
				}
				y := r.Value("y")
				near(t, "y", y, f.Y)
				var at []string
				for key := range f.Gradients {
					at = append(at, key)
				}
				got, err := r.Gradients(map[string]*onnx.Tensor{"y": tensor.FromFloat32(y.Shape(), f.Seed)}, at...)
				if err != nil {
					t.Fatal(err)
				}
				for key, want := range f.Gradients {
					near(t, key, got[key], want)
					if first != nil && !bytes.Equal(first[key].Bytes(), got[key].Bytes()) {
						t.Errorf("%s differs on two threads", key)
					}
				}
				first = got
			}
		})
	}
}

func sumOf(m *Model, in map[string]*onnx.Tensor, seed *onnx.Tensor) float64 {
	r, err := m.Forward(context.Background(), in)
	if err != nil {
		return math.NaN()
	}
	sum := 0.0
	for i, v := range r.Value("y").Float32() {
		sum += float64(v) * float64(seed.Float32()[i])
	}
	return sum
}

// TestIntegrated wants the gradients on the way from zero to add up to the difference of the outputs (completeness, the paper's
// proposition 1).
func TestIntegrated(t *testing.T) {
	m, f := load(t, "attention", 1)
	in := f.inputs(m)
	base := tensor.New(tensor.Float32, in["x"].Shape()...)
	var seed *onnx.Tensor
	d, err := m.Integrated(context.Background(), in, "x", base, 64, func(r *Run) (map[string]*onnx.Tensor, error) {
		var err error
		seed, err = Pick(r.Value("y"), 1, 2)
		return map[string]*onnx.Tensor{"y": seed}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, v := range d.Float32() {
		total += float64(v)
	}
	want := sumOf(m, in, seed) - sumOf(m, map[string]*onnx.Tensor{"x": base}, seed)
	if math.Abs(total-want) > 1e-3*math.Abs(want) {
		t.Errorf("want %v in all, got %v", want, total)
	}
}

// TestCAM compares with the paper's equations by hand on the values that the run itself gives.
func TestCAM(t *testing.T) {
	m, f := load(t, "net3d", 1)
	r, err := m.Forward(context.Background(), f.inputs(m))
	if err != nil {
		t.Fatal(err)
	}
	layer := ""
	for _, n := range m.graph.Nodes {
		if n.Op == "LeakyRelu" {
			layer = n.Out[0].Name
		}
	}
	seed := map[string]*onnx.Tensor{"y": Ones(r.Value("y"))}
	if cam, err := r.CAM(seed, layer); err != nil || len(cam.Shape()) != 4 {
		t.Fatalf("cam %v: %v", cam, err)
	} else if s := cam.Float32(); math.Abs(float64(s[0])) > 1e-5 {
		t.Errorf("softmax sums to one, so the map of all classes is zero; got %v", s[0])
	}
	seed["y"], _ = Pick(r.Value("y"), 0, 1, 2, 3, 2)
	cam, err := r.CAM(seed, layer)
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.Gradients(seed, layer)
	if err != nil {
		t.Fatal(err)
	}
	a, d := r.Value(layer).Float32(), g[layer].Float32()
	inner := cam.Len()
	want := 0.0
	for c := range 4 {
		w := 0.0
		for _, v := range d[c*inner:][:inner] {
			w += float64(v) / float64(inner)
		}
		want += w * float64(a[c*inner+57])
	}
	if got := float64(cam.Float32()[57]); math.Abs(got-max(0, want)) > 1e-7 {
		t.Errorf("want %v, got %v", want, got)
	}
}

// TestDescend trains a network's weights towards a seed and finds the loss falling; the exported model gives the same outputs.
func TestDescend(t *testing.T) {
	m, f := load(t, "cnn", 1)
	in := f.inputs(m)
	r, err := m.Forward(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	seed := tensor.FromFloat32(r.Value("y").Shape(), f.Seed)
	before := sumOf(m, in, seed)
	d, err := r.Gradients(map[string]*onnx.Tensor{"y": seed}, m.Weights()...)
	if err != nil {
		t.Fatal(err)
	}
	square := 0.0
	for name, g := range d {
		if !strings.Contains(name, "running") {
			for _, v := range g.Float32() {
				square += float64(v) * float64(v)
			}
			continue
		}
		delete(d, name)
	}
	for name := range d {
		if !strings.Contains(name, ".weight") && !strings.Contains(name, ".bias") {
			for _, v := range d[name].Float32() {
				square -= float64(v) * float64(v)
			}
			delete(d, name) // constants of nodes
		}
	}
	const rate = 1e-3
	if err := m.Descend(d, rate); err != nil {
		t.Fatal(err)
	}
	after := sumOf(m, in, seed)
	if drop := before - after; math.Abs(drop-rate*square) > 0.1*rate*square {
		t.Errorf("want the sum to fall by about %v, got %v", rate*square, drop)
	}
	var b bytes.Buffer
	if err := m.Export(&b); err != nil {
		t.Fatal(err)
	}
	s, err := onnx.Load(b.Bytes(), onnx.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, v := range out["y"].Float32() {
		sum += float64(v) * float64(seed.Float32()[i])
	}
	if math.Abs(sum-after) > 1e-5 {
		t.Errorf("the exported model gives %v, want %v", sum, after)
	}
}

func TestErrors(t *testing.T) {
	m, f := load(t, "net3d", 1)
	ctx := context.Background()
	if _, err := m.Forward(ctx, nil); err == nil || !strings.Contains(err.Error(), `input "x" is missing`) {
		t.Errorf("got %v", err)
	}
	r, err := m.Forward(ctx, f.inputs(m))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Gradients(map[string]*onnx.Tensor{"z": nil}, "x"); err == nil || !strings.Contains(err.Error(), `no value "z"`) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Gradients(map[string]*onnx.Tensor{"y": tensor.New(tensor.Float32, 1)}, "x"); err == nil {
		t.Error("a seed of another shape is taken")
	}
	if err := m.SetWeight("c.weight", tensor.New(tensor.Float32, 3)); err == nil {
		t.Error("a weight of another shape is taken")
	}
	small, err := Load("testdata/net3d.onnx", onnx.Options{MemoryLimit: 4096})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	var memory *ops.TapeMemoryError
	if _, err := small.Forward(ctx, f.inputs(m)); !errors.As(err, &memory) || memory.Need <= 4096 {
		t.Errorf("want that the memory does not do, got %v", err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := m.Forward(stopped, f.inputs(m)); !errors.Is(err, context.Canceled) {
		t.Errorf("want that it was cancelled, got %v", err)
	}
}
