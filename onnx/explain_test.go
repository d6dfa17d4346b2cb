package onnx_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// twoOf is a product of two values, each of dim by 1024.
func twoOf(dim int64) []byte {
	return model(17, graphParts{
		nodes: [][]byte{
			node("Neg", "a", s("x"), s("y")),
			node("Exp", "b", s("y"), s("z")),
			node("MatMul", "m", s("y", "z"), s("w")),
		},
		inputs:  [][]byte{value("x", float, dim, 1024)},
		outputs: [][]byte{value("w", float)},
	})
}

func TestExplain(t *testing.T) {
	sess := load(t, twoOf(1024), onnx.Options{})
	var b strings.Builder
	if err := sess.Explain(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"float32[1024 1024]  4.2 MB", "12.6 MB", "activations: 12.6 MB"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
	free := load(t, twoOf(-1), onnx.Options{})
	b.Reset()
	if err := free.Explain(&b); err != nil || !strings.Contains(b.String(), "activations: at least") {
		t.Errorf("want a lower bound, got %v\n%s", err, b.String())
	}
	need, complete, err := free.MemoryNeed(map[string][]int{"x": {1024, 1024}})
	if need != 3<<22 || !complete || err != nil {
		t.Errorf("want 12 MiB, got %d, %v, %v", need, complete, err)
	}
	if _, _, err := free.MemoryNeed(map[string][]int{"x": {3, 3}}); err == nil {
		t.Error("a shape that does not fit is taken")
	}
}

// TestMemoryNeed holds the error of a memory limit to what is needed in all.
func TestMemoryNeed(t *testing.T) {
	x := map[string]*onnx.Tensor{"x": tensor.New(tensor.Float32, 1024, 1024)}
	for _, limit := range []int64{1 << 20, 2 << 22} {
		_, err := load(t, twoOf(-1), onnx.Options{MemoryLimit: limit}).Run(context.Background(), x)
		var mem *onnx.MemoryError
		if !errors.As(err, &mem) || mem.Need != 3<<22 || mem.Limit != limit {
			t.Errorf("want an error that 12 MiB are needed, got %v", err)
		}
	}
	if _, err := load(t, twoOf(-1), onnx.Options{MemoryLimit: 3 << 22}).Run(context.Background(), x); err != nil {
		t.Error(err)
	}
}
