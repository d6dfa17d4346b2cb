package onnx_test

import (
	"context"
	"slices"
	"testing"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// TestRunInto gives two results of one size, a view of an input and one of another shape their memory, again and again.
func TestRunInto(t *testing.T) {
	b := model(17, graphParts{
		nodes: [][]byte{
			node("Mul", "m", s("x", "x"), s("square")), node("Add", "a", s("square", "x"), s("sum")), node("Identity", "i", s("x"), s("same")),
			node("ReduceSum", "r", s("sum"), s("total")), node("Relu", "again", s("square"), s("second")),
		},
		inputs:  [][]byte{value("x", float, 3, 200)},
		outputs: [][]byte{value("sum", float, 3, 200), value("second", float, 3, 200), value("same", float, 3, 200), value("total", float, 1, 1)},
	})
	sess, err := onnx.Load(b, onnx.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	into := map[string]*onnx.Tensor{}
	for _, name := range []string{"sum", "second", "same"} {
		into[name] = tensor.New(tensor.Float32, 3, 200)
	}
	into["total"] = tensor.New(tensor.Float32, 1, 1)
	for round := range 3 {
		x := tensor.New(tensor.Float32, 3, 200)
		for i := range x.Float32() {
			x.Float32()[i] = float32(i%17 + round)
		}
		before := slices.Clone(x.Float32())
		in := map[string]*onnx.Tensor{"x": x}
		if err := sess.RunInto(context.Background(), in, into); err != nil {
			t.Fatal(err)
		}
		want, err := sess.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		for name, w := range want {
			if !slices.Equal(into[name].Float32(), w.Float32()) {
				t.Errorf("round %d: %s differs", round, name)
			}
		}
		if !slices.Equal(x.Float32(), before) {
			t.Fatal("the input has changed")
		}
	}
	x := map[string]*onnx.Tensor{"x": tensor.New(tensor.Float32, 3, 200)}
	for what, out := range map[string]map[string]*onnx.Tensor{
		"another shape": {"sum": tensor.New(tensor.Float32, 600)}, "another type": {"sum": tensor.New(tensor.Int32, 3, 200)},
		"no output": {"y": tensor.New(tensor.Float32, 3, 200)}, "strings": {"sum": tensor.New(tensor.String, 3, 200)},
	} {
		if err := sess.RunInto(context.Background(), x, out); err == nil {
			t.Errorf("memory of %s is taken", what)
		}
	}
}
