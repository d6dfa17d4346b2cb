package onnx_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// floatTensor writes a TensorProto with raw data.
func floatTensor(name string, dims []int64, v []float32) []byte {
	var b, raw []byte
	for _, d := range dims {
		b = intField(b, 1, d)
	}
	b = intField(b, 2, float)
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return bytesField(stringField(b, 8, name), 9, raw)
}

// TestPackedFactors runs products with constant right factors, one of them used twice and given as an output, from a mapped file
// whose pages leave memory once they are packed, with many rows and with one.
func TestPackedFactors(t *testing.T) {
	const k, n = 70, 130
	rng := rand.New(rand.NewPCG(3, 4))
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = rng.Float32() - 0.5
		}
		return x
	}
	w, v, bias := random(k*n), random(n*k), random(n)
	b := model(13, graphParts{
		nodes: [][]byte{
			node("MatMul", "a", s("x", "w"), s("p")),
			node("MatMul", "a2", s("x", "w"), s("p2")),
			node("Gemm", "b", s("x", "v", "bias"), s("q"), intAttr("transB", 1)),
		},
		inits:   [][]byte{floatTensor("w", []int64{k, n}, w), floatTensor("v", []int64{n, k}, v), floatTensor("bias", []int64{n}, bias)},
		inputs:  [][]byte{value("x", float, -1, k)},
		outputs: [][]byte{value("p", float, -1, n), value("p2", float, -1, n), value("q", float, -1, n), value("w", float, k, n)},
	})
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, src := range []any{path, b} {
		sess, err := onnx.Load(src, onnx.Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer sess.Close()
		for _, m := range []int{40, 1, 15, 40} {
			x := random(m * k)
			out, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": tensor.FromFloat32([]int{m, k}, x)})
			if err != nil {
				t.Fatal(err)
			}
			for i := range m * n {
				p, q := 0.0, float64(bias[i%n])
				for j := range k {
					a := float64(x[i/n*k+j])
					p += a * float64(w[j*n+i%n])
					q += a * float64(v[i%n*k+j])
				}
				for name, want := range map[string]float64{"p": p, "p2": p, "q": q} {
					if got := out[name].Float32()[i]; !(math.Abs(float64(got)-want) < 1e-5) {
						t.Fatalf("%d rows: %s[%d]: got %g, want %g", m, name, i, got, want)
					}
				}
			}
			if fmt.Sprint(out["w"].Float32()) != fmt.Sprint(w) {
				t.Fatal("the constant was changed")
			}
		}
	}
}
