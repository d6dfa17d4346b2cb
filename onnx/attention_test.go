package onnx_test

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func intsAttr(name string, v ...int64) []byte {
	b := stringField(nil, 1, name)
	for _, x := range v {
		b = intField(b, 8, x)
	}
	return intField(b, 20, 7)
}

// TestAttentionFused holds the forms in which exporters write attention, run as one node each, to the plain run.
func TestAttentionFused(t *testing.T) {
	const b, n, h, d = 2, 37, 3, 8
	rng := rand.New(rand.NewPCG(3, 5))
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	packed := [][]byte{
		node("Reshape", "split", s("x", "five"), s("x5")),
		node("Transpose", "apart", s("x5"), s("t"), intsAttr("perm", 2, 0, 3, 1, 4)),
	}
	taken := append(packed, node("Gather", "gq", s("t", "i0"), s("q")), node("Gather", "gk", s("t", "i1"), s("k")), node("Gather", "gv", s("t", "i2"), s("v")))
	cut := append(packed, node("Split", "cut", s("t", "ones"), s("q1", "k1", "v1"), intAttr("axis", 0)), node("Squeeze", "sq", s("q1", "i0v"), s("q")),
		node("Squeeze", "sk", s("k1", "i0v"), s("k")), node("Squeeze", "sv", s("v1", "i0v"), s("v")))
	join := [][]byte{node("Transpose", "back", s("o"), s("ot"), intsAttr("perm", 0, 2, 1, 3)), node("Reshape", "join", s("ot", "three"), s("y"))}
	turned := node("Transpose", "kt", s("k"), s("kt"), intsAttr("perm", 0, 1, 3, 2))
	for _, c := range []struct {
		name  string
		nodes [][]byte
	}{
		{"scores scaled, mask", append(taken, turned, node("MatMul", "s", s("q", "kt"), s("s0")), node("Div", "scale", s("s0", "root"), s("s1")),
			node("Add", "mask", s("s1", "m"), s("s2")), node("Softmax", "p", s("s2"), s("p"), intAttr("axis", -1)), node("MatMul", "o", s("p", "v"), s("o")))},
		{"queries scaled", append(cut, node("Mul", "scale", s("q", "root"), s("qs")), turned, node("MatMul", "s", s("qs", "kt"), s("s0")),
			node("Softmax", "p", s("s0"), s("p"), intAttr("axis", 3)), node("MatMul", "o", s("p", "v"), s("o")))},
		{"scaled by the root of a size", append(taken, node("Shape", "sh", s("q"), s("shape")), node("Slice", "last", s("shape", "minus", "far"), s("size")),
			node("Cast", "float", s("size"), s("sizef"), intAttr("to", 1)), node("Sqrt", "r1", s("sizef"), s("r1")), node("Div", "inv", s("one", "r1"), s("inv")),
			node("Sqrt", "r2", s("inv"), s("r2")), node("Mul", "qs", s("q", "r2"), s("qs")), turned, node("Mul", "ks", s("kt", "r2"), s("ks")),
			node("MatMul", "s", s("qs", "ks"), s("s0")), node("Softmax", "p", s("s0"), s("p")), node("MatMul", "o", s("p", "v"), s("o")))},
	} {
		g := graphParts{
			nodes: append(append([][]byte{}, c.nodes...), join...),
			inits: [][]byte{
				int64Tensor("five", []int64{5}, b, n, 3, h, d), int64Tensor("three", []int64{3}, b, n, h*d), int64Tensor("ones", []int64{3}, 1, 1, 1),
				int64Tensor("i0", nil, 0), int64Tensor("i1", nil, 1), int64Tensor("i2", nil, 2), int64Tensor("i0v", []int64{1}, 0),
				int64Tensor("minus", []int64{1}, -1), int64Tensor("far", []int64{1}, math.MaxInt64),
				floatTensor("root", nil, []float32{0.35}), floatTensor("one", nil, []float32{1}), floatTensor("m", []int64{1, 1, n, n}, random(n*n)),
			},
			inputs:  [][]byte{value("x", float, b, n, 3*h*d)},
			outputs: [][]byte{value("y", float, b, n, h*d)},
		}
		x := tensor.FromFloat32([]int{b, n, 3 * h * d}, random(b*n*3*h*d))
		var results [2][]float32
		for i, plain := range []bool{true, false} {
			sess, err := onnx.Load(model(17, g), onnx.Options{Threads: 2, Plain: plain})
			if err != nil {
				t.Fatal(err)
			}
			out, err := sess.Run(context.Background(), map[string]*onnx.Tensor{"x": x})
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			results[i] = out["y"].Float32()
			var plan bytes.Buffer
			if err := sess.Explain(&plan); err != nil {
				t.Fatal(err)
			}
			if fused := strings.Contains(plan.String(), "caliper.Attention") && !strings.Contains(plan.String(), "Transpose"); fused == plain {
				t.Errorf("%s: the plan is\n%s", c.name, plan.String())
			}
			sess.Close()
		}
		for i, v := range results[0] {
			if d := math.Abs(float64(v - results[1][i])); !(d < 1e-5) {
				t.Fatalf("%s: value %d is %g, want %g", c.name, i, results[1][i], v)
			}
		}
	}
}
