package onnx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

const float = 1

// fuzzTimeout ends loops that a fuzzed model never leaves.
const fuzzTimeout = 100 * time.Millisecond

func s(names ...string) []string { return names }

func load(t *testing.T, b []byte, o onnx.Options) *onnx.Session {
	t.Helper()
	sess, err := onnx.Load(b, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sess.Close() })
	return sess
}

// chain is y = relu(−x) + x over n float32.
func chain(n int64) []byte {
	return model(13, graphParts{
		nodes: [][]byte{
			node("Neg", "a", s("x"), s("n")),
			node("Relu", "b", s("n"), s("r")),
			node("Add", "c", s("r", "x"), s("y")),
		},
		inputs:  [][]byte{value("x", float, n)},
		outputs: [][]byte{value("y", float, n)},
	})
}

func TestRun(t *testing.T) {
	sess := load(t, chain(4), onnx.Options{})
	x := []float32{-1, 2, 0, -3}
	out, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": tensor.FromFloat32([]int{4}, x)}, "y")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(out["y"].Float32()), "[0 2 0 0]"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
	if fmt.Sprint(x) != "[-1 2 0 -3]" {
		t.Errorf("the input was changed: %v", x)
	}
}

func TestRunRefuses(t *testing.T) {
	sess := load(t, chain(4), onnx.Options{})
	vec := tensor.FromFloat32([]int{4}, make([]float32, 4))
	for _, c := range []struct {
		want string
		in   map[string]*onnx.Tensor
		out  string
	}{
		{`input "x" is missing`, nil, "y"},
		{"want float32, got int64", map[string]*onnx.Tensor{"x": tensor.FromInt64([]int{4}, make([]int64, 4))}, "y"},
		{"want shape [4], got [2 2]", map[string]*onnx.Tensor{"x": vec.View(2, 2)}, "y"},
		{`no input "z"`, map[string]*onnx.Tensor{"x": vec, "z": vec}, "y"},
		{`no output "q"`, map[string]*onnx.Tensor{"x": vec}, "q"},
	} {
		_, err := sess.Run(context.Background(), c.in, c.out)
		var format *onnx.FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want a format error with %q, got %v", c.want, err)
		}
	}
}

func TestUnsupportedListsAll(t *testing.T) {
	inner := graphParts{
		nodes:   [][]byte{node("Sorcery", "in the branch", s("x"), s("z"))},
		outputs: [][]byte{value("z", float)},
	}
	_, err := onnx.Load(model(17, graphParts{
		nodes: [][]byte{
			node("Magic", "first", s("x"), s("a")),
			node("If", "choice", s("c"), s("b"), graphAttr("then_branch", inner.bytes()), graphAttr("else_branch", inner.bytes())),
			node("Add", "sum", s("a", "b"), s("y")),
		},
		inputs:  [][]byte{value("x", float, 4), value("c", 9)},
		outputs: [][]byte{value("y", float, 4)},
	}), onnx.Options{})
	var unsupported *onnx.UnsupportedError
	if !errors.As(err, &unsupported) {
		t.Fatalf("want an unsupported error, got %v", err)
	}
	if len(unsupported.Nodes) != 3 || unsupported.Nodes[0].Name != "first" || unsupported.Nodes[0].Opset != 17 {
		t.Errorf("got %+v", unsupported.Nodes)
	}
	for _, want := range []string{`node "first": Magic, opset 17`, `node "in the branch": Sorcery`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in %v", want, err)
		}
	}
}

func TestHostileModels(t *testing.T) {
	deep := graphParts{nodes: [][]byte{node("Identity", "i", s("x"), s("y"))}, outputs: [][]byte{value("y", float)}}
	for range 120 {
		deep = graphParts{
			nodes:   [][]byte{node("If", "i", s("c"), s("y"), graphAttr("then_branch", deep.bytes()), graphAttr("else_branch", nil))},
			outputs: [][]byte{value("y", float)},
		}
	}
	laugh := func(name, calls string) []byte {
		f := stringField(nil, 1, name)
		f = stringField(stringField(f, 4, "a"), 5, "b")
		prev := "a"
		for i := range 10 {
			out := fmt.Sprint("t", i)
			if i == 9 {
				out = "b"
			}
			f = bytesField(f, 7, stringField(node(calls, "n", s(prev), s(out)), 7, "own"))
			prev = out
		}
		return bytesField(stringField(f, 10, "own"), 9, intField(stringField(nil, 1, "own"), 2, 1))
	}
	var functions [][]byte
	for i := range 12 {
		functions = append(functions, laugh(fmt.Sprint("f", i), fmt.Sprint("f", i+1)))
	}
	x := [][]byte{value("x", float, 4)}
	y := [][]byte{value("y", float, 4)}
	for name, b := range map[string][]byte{
		"empty":      {},
		"text":       []byte("this is no model"),
		"truncated":  chain(4)[:40],
		"no graph":   intField(nil, 1, 8),
		"cycle":      model(13, graphParts{nodes: [][]byte{node("Add", "a", s("x", "q"), s("p")), node("Neg", "b", s("p"), s("q"))}, inputs: x, outputs: [][]byte{value("q", float, 4)}}),
		"undefined":  model(13, graphParts{nodes: [][]byte{node("Neg", "a", s("nothing"), s("y"))}, inputs: x, outputs: y}),
		"twice":      model(13, graphParts{nodes: [][]byte{node("Neg", "a", s("x"), s("y")), node("Abs", "b", s("x"), s("y"))}, inputs: x, outputs: y}),
		"no output":  model(13, graphParts{nodes: [][]byte{node("Neg", "a", s("x"), s("z"))}, inputs: x, outputs: y}),
		"deep":       model(13, deep),
		"laughs":     model(13, graphParts{nodes: [][]byte{stringField(node("f0", "a", s("x"), s("y")), 7, "own")}, inputs: x, outputs: y}, functions...),
		"huge dims":  model(13, graphParts{inits: [][]byte{int64Tensor("y", []int64{1 << 40, 1 << 40}, 1)}, outputs: [][]byte{value("y", 7)}}),
		"short data": model(13, graphParts{inits: [][]byte{int64Tensor("y", []int64{1 << 30}, 1)}, outputs: [][]byte{value("y", 7)}}),
		"negative":   model(13, graphParts{inits: [][]byte{int64Tensor("y", []int64{-4}, 1)}, outputs: [][]byte{value("y", 7)}}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := onnx.Load(b, onnx.Options{})
			var format *onnx.FormatError
			if !errors.As(err, &format) {
				t.Errorf("want a format error, got %v", err)
			}
		})
	}
}

func TestExternalDataStaysInFolder(t *testing.T) {
	pair := func(k, v string) []byte { return stringField(stringField(nil, 1, k), 2, v) }
	for _, location := range []string{"../secret", "/etc/passwd", "a/../../secret", ""} {
		w := intField(intField(nil, 1, 1), 2, float)
		w = stringField(w, 8, "y")
		w = intField(bytesField(w, 13, pair("location", location)), 14, 1)
		file := filepath.Join(t.TempDir(), "m.onnx")
		b := model(13, graphParts{inits: [][]byte{w}, outputs: [][]byte{value("y", float, 1)}})
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := onnx.Load(file, onnx.Options{}); err == nil || !strings.Contains(err.Error(), "outside the model's folder") {
			t.Errorf("%q: want a refusal, got %v", location, err)
		}
	}
}

func TestExternalData(t *testing.T) {
	dir := t.TempDir()
	pair := func(k, v string) []byte { return stringField(stringField(nil, 1, k), 2, v) }
	w := stringField(intField(intField(nil, 1, 2), 2, float), 8, "w")
	for _, p := range [][2]string{{"location", "w.bin"}, {"offset", "4"}, {"length", "8"}} {
		w = bytesField(w, 13, pair(p[0], p[1]))
	}
	w = intField(w, 14, 1)
	b := model(13, graphParts{
		nodes:   [][]byte{node("Add", "a", s("x", "w"), s("y"))},
		inits:   [][]byte{w},
		inputs:  [][]byte{value("x", float, 2)},
		outputs: [][]byte{value("y", float, 2), value("w", float, 2)},
	})
	raw := []byte{0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64} // 0, 1, 2
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "m.onnx"), b, 0o600), os.WriteFile(filepath.Join(dir, "w.bin"), raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	sess, err := onnx.Load(filepath.Join(dir, "m.onnx"), onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": tensor.FromFloat32([]int{2}, []float32{10, 20})})
	if err != nil {
		t.Fatal(err)
	}
	if err := sess.Close(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(out["y"].Float32(), out["w"].Float32()); got != "[11 22] [1 2]" { // also after Close
		t.Errorf("got %s", got)
	}
	if _, err := sess.Run(context.Background(), nil); err == nil {
		t.Error("a closed session runs")
	}
}

func TestMemoryLimit(t *testing.T) {
	sess := load(t, chain(1<<20), onnx.Options{MemoryLimit: 1 << 20})
	_, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": tensor.New(tensor.Float32, 1<<20)})
	var mem *onnx.MemoryError
	if !errors.As(err, &mem) || mem.Need < 1<<22 || mem.Limit != 1<<20 {
		t.Errorf("want a memory error of 4 MiB, got %v", err)
	}
	huge := load(t, model(13, graphParts{
		nodes:   [][]byte{node("ConstantOfShape", "a", s("n"), s("y"))},
		inputs:  [][]byte{value("n", 7, 2)},
		outputs: [][]byte{value("y", float)},
	}), onnx.Options{MemoryLimit: 1 << 20})
	for _, dims := range [][]int64{{1 << 19, 1 << 20}, {1 << 40, 1 << 40}, {-1, 4}} {
		if _, err := huge.Run(context.Background(), map[string]*onnx.Tensor{"n": tensor.FromInt64([]int{2}, dims)}); err == nil {
			t.Errorf("%v: want an error", dims)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	sess := load(t, chain(4), onnx.Options{})
	if _, err := sess.Run(ctx, map[string]*onnx.Tensor{"x": tensor.New(tensor.Float32, 4)}); !errors.Is(err, context.Canceled) {
		t.Errorf("want canceled, got %v", err)
	}
}

// TestConcurrentRuns has many goroutines share a session; each must see its own numbers.
func TestConcurrentRuns(t *testing.T) {
	sess := load(t, chain(1000), onnx.Options{Threads: 2})
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				x := tensor.New(tensor.Float32, 1000)
				for i := range x.Float32() {
					x.Float32()[i] = float32(i*(k+1)) - 500
				}
				out, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": x})
				if err != nil {
					t.Error(err)
					return
				}
				for i, v := range out["y"].Float32() {
					if want := max(float32(i*(k+1))-500, 0); v != want {
						t.Errorf("element %d: want %v, got %v", i, want, v)
						return
					}
				}
			}
		}()
	}
	wg.Wait()
}

// TestOutputsOutliveRuns feeds results back in and runs again: earlier results must not change.
func TestOutputsOutliveRuns(t *testing.T) {
	sess := load(t, chain(1000), onnx.Options{})
	x := tensor.New(tensor.Float32, 1000)
	for i := range x.Float32() {
		x.Float32()[i] = float32(i - 500)
	}
	first, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": x})
	if err != nil {
		t.Fatal(err)
	}
	kept := bytes.Clone(first["y"].Bytes())
	in := first["y"]
	for range 5 {
		out, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": in})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first["y"].Bytes(), kept) {
			t.Fatal("an earlier result changed")
		}
		in = out["y"]
	}
}

// TestPassesKeepResults compares the rewritten graph with the graph as it stands in the file, and one
// thread with two, on real networks.
func TestPassesKeepResults(t *testing.T) {
	for _, name := range []string{"bccd_cell_detector_nms", "lwnet_wnet_drive_vessel", "meshnet_t1_tissue3_5ch", "ultraface_version-slim-320"} {
		file := golden.Shared(t, "data/models/"+name+".onnx")
		run := func(o onnx.Options) map[string]*onnx.Tensor {
			sess, err := onnx.Load(file, o)
			if err != nil {
				t.Fatal(err)
			}
			defer sess.Close()
			shape := []int{}
			for i, d := range sess.Inputs()[0].Shape {
				switch {
				case d.Size >= 0:
					shape = append(shape, d.Size)
				case i == 0:
					shape = append(shape, 1)
				default:
					shape = append(shape, 32)
				}
			}
			x := tensor.New(tensor.Float32, shape...)
			for i := range x.Float32() {
				x.Float32()[i] = float32(math.Sin(float64(i)))
			}
			out, err := sess.Run(context.Background(), map[string]*onnx.Tensor{sess.Inputs()[0].Name: x})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		one, two, plain := run(onnx.Options{Threads: 1}), run(onnx.Options{Threads: 2}), run(onnx.Options{Threads: 1, Plain: true})
		for key := range one {
			if !bytes.Equal(one[key].Bytes(), two[key].Bytes()) {
				t.Errorf("%s: %s differs between one and two threads", name, key)
			}
			if one[key].DType() != tensor.Float32 {
				continue
			}
			w := float64s(plain[key])
			if worst := worstOf(float64s(one[key]), w); worst > 1e-4*spanOf(w) {
				t.Errorf("%s: %s differs by %g from the graph without passes", name, key, worst)
			}
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(chain(4))
	f.Add(model(13, graphParts{inits: [][]byte{int64Tensor("y", []int64{2}, 1, 2)}, outputs: [][]byte{value("y", 7, 2)}}))
	f.Add(model(13, graphParts{
		nodes:   [][]byte{node("ConstantOfShape", "a", s("n"), s("y")), node("CumSum", "b", s("y", "k"), s("z"), intAttr("reverse", 1))},
		inits:   [][]byte{int64Tensor("n", []int64{2}, 3, 4), int64Tensor("k", nil, 1)},
		outputs: [][]byte{value("z", float)},
	}))
	f.Add(model(17, graphParts{
		nodes: [][]byte{node("Relu", "a", s("x"), s("u")), node("Neg", "b", s("u"), s("v")), node("Concat", "c", s("v", "u"), s("y"), intAttr("axis", 1)),
			node("Shape", "d", s("y"), s("n")), node("Reshape", "e", s("y", "n"), s("z"))},
		inputs:  [][]byte{value("x", float, 1, 4, 64, 64)},
		outputs: [][]byte{value("z", float)},
	}))
	f.Fuzz(func(t *testing.T, b []byte) {
		sess, err := onnx.Load(b, onnx.Options{MemoryLimit: 1 << 24, Threads: 1})
		if err != nil {
			return
		}
		defer sess.Close()
		if err := sess.Explain(io.Discard); err != nil {
			t.Error(err)
		}
		in := map[string]*onnx.Tensor{}
		for _, info := range sess.Inputs() {
			shape := make([]int, len(info.Shape))
			for i, d := range info.Shape {
				shape[i] = min(max(d.Size, 1), 1<<10)
			}
			n, err := tensor.NumElements(shape)
			if err != nil || n > 1<<16 || !info.DType.Known() {
				return
			}
			in[info.Name] = tensor.New(info.DType, shape...)
		}
		ctx, cancel := context.WithTimeout(context.Background(), fuzzTimeout)
		defer cancel()
		_, _ = sess.Run(ctx, in)
	})
}

// TestLoopMemory repeats x ← x + x in a loop: the memory of past iterations is used again.
func TestLoopMemory(t *testing.T) {
	body := graphParts{
		nodes:   [][]byte{node("Add", "double", s("v", "v"), s("w")), node("Identity", "go on", s("c"), s("d"))},
		inputs:  [][]byte{value("i", 7), value("c", 9), value("v", float)},
		outputs: [][]byte{value("d", 9), value("w", float)},
	}
	sess := load(t, model(16, graphParts{
		nodes:   [][]byte{node("Loop", "loop", s("n", "", "x"), s("y"), graphAttr("body", body.bytes()))},
		inits:   [][]byte{int64Tensor("n", nil, 100)},
		inputs:  [][]byte{value("x", float, -1)},
		outputs: [][]byte{value("y", float, -1)},
	}), onnx.Options{MemoryLimit: 4 << 20})
	x := tensor.New(tensor.Float32, 1<<18) // 1 MiB
	for i := range x.Float32() {
		x.Float32()[i] = 0x1p-100 * float32(i)
	}
	out, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": x})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range out["y"].Float32() {
		if v != float32(i) {
			t.Fatalf("element %d: got %v", i, v)
		}
	}
}
