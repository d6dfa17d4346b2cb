package onnx_test

import (
	"context"
	"testing"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func TestProfile(t *testing.T) {
	g := graphParts{
		nodes: [][]byte{
			node("Conv", "c", s("x", "w"), s("y")),
			node("MatMul", "m", s("y", "b"), s("p")),
			node("Relu", "r", s("p"), s("z")),
		},
		inputs:  [][]byte{value("x", 1, 1, 3, 8, 8), value("w", 1, 4, 3, 3, 3), value("b", 1, 6, 5)},
		outputs: [][]byte{value("z", 1, 1, 4, 6, 5)},
	}
	session := load(t, model(17, g), onnx.Options{})
	in := map[string]*onnx.Tensor{"x": tensor.New(tensor.Float32, 1, 3, 8, 8), "w": tensor.New(tensor.Float32, 4, 3, 3, 3),
		"b": tensor.New(tensor.Float32, 6, 5)}
	out, nodes, err := session.Profile(context.Background(), in)
	if err != nil || out["z"] == nil {
		t.Fatal(out, err)
	}
	want := []onnx.NodeTime{{Name: "c", Op: "Conv", FLOPs: 2 * 4 * 6 * 6 * 27, OutBytes: 4 * 144}, {Name: "m", Op: "MatMul", FLOPs: 2 * 4 * 6 * 5 * 6, OutBytes: 4 * 120},
		{Name: "r", Op: "Relu", OutBytes: 4 * 120}}
	if len(nodes) != len(want) {
		t.Fatalf("want %d nodes, got %v", len(want), nodes)
	}
	for i, n := range nodes {
		if n.Name == "c" && n.Algorithm == "" {
			t.Error("the convolution's algorithm is not told")
		}
		n.Algorithm, n.Duration = "", 0
		if n != want[i] {
			t.Errorf("want %v, got %v", want[i], n)
		}
	}
}
