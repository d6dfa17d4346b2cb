package onnx_test

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// rawTensor writes a TensorProto with its data as bytes.
func rawTensor(name string, dtype int64, dims []int64, raw []byte) []byte {
	var b []byte
	for _, d := range dims {
		b = intField(b, 1, d)
	}
	return bytesField(stringField(intField(b, 2, dtype), 8, name), 9, raw)
}

func floatRaw(v ...float32) []byte {
	var b []byte
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

// qdqModel is x → quantise → dequantise → Conv with weights of one scale a channel and a bias of integers → Relu → quantise →
// dequantise → MatMul → quantise → dequantise → y, as exporters of quantised models write it.
func qdqModel(rng *rand.Rand) []byte {
	const (
		float, u8, i8, i32 = 1, 2, 3, 6
		in, out, cols      = 5, 8, 6
	)
	bytes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	scales, bias := make([]float32, out), []byte{}
	for i := range scales {
		scales[i] = 0.002 + 0.001*float32(i)
		bias = binary.LittleEndian.AppendUint32(bias, uint32(int32(rng.IntN(4000)-2000)))
	}
	biasScale := make([]float32, out)
	for i, s := range scales {
		biasScale[i] = s * 0.02
	}
	pads := intField(stringField(nil, 1, "pads"), 20, 7)
	for range 4 {
		pads = intField(pads, 8, 1)
	}
	g := graphParts{
		inputs:  [][]byte{value("x", float, 1, in, 9, 12)},
		outputs: [][]byte{value("y", float, 1, out, 9, cols)},
		inits: [][]byte{
			rawTensor("sx", float, nil, floatRaw(0.02)), rawTensor("zx", u8, nil, []byte{117}),
			rawTensor("w", i8, []int64{out, in, 3, 3}, bytes(out*in*9)), rawTensor("sw", float, []int64{out}, floatRaw(scales...)),
			rawTensor("zw", i8, []int64{out}, make([]byte, out)),
			rawTensor("b", i32, []int64{out}, bias), rawTensor("sb", float, []int64{out}, floatRaw(biasScale...)),
			rawTensor("sm", float, nil, floatRaw(0.05)), rawTensor("zm", u8, nil, []byte{0}),
			rawTensor("v", i8, []int64{12, cols}, bytes(12*cols)), rawTensor("sv", float, nil, floatRaw(0.01)), rawTensor("zv", i8, nil, []byte{3}),
			rawTensor("sy", float, nil, floatRaw(0.5)), rawTensor("zy", i8, nil, []byte{250}),
		},
		nodes: [][]byte{
			node("QuantizeLinear", "n0", []string{"x", "sx", "zx"}, []string{"xq"}),
			node("DequantizeLinear", "n1", []string{"xq", "sx", "zx"}, []string{"xd"}),
			node("DequantizeLinear", "n2", []string{"w", "sw", "zw"}, []string{"wd"}, intAttr("axis", 0)),
			node("DequantizeLinear", "n3", []string{"b", "sb"}, []string{"bd"}, intAttr("axis", 0)),
			node("Conv", "conv", []string{"xd", "wd", "bd"}, []string{"c"}, pads),
			node("Relu", "n4", []string{"c"}, []string{"r"}),
			node("QuantizeLinear", "n5", []string{"r", "sm", "zm"}, []string{"rq"}),
			node("DequantizeLinear", "n6", []string{"rq", "sm", "zm"}, []string{"rd"}),
			node("DequantizeLinear", "n7", []string{"v", "sv", "zv"}, []string{"vd"}),
			node("MatMul", "product", []string{"rd", "vd"}, []string{"p"}),
			node("QuantizeLinear", "n8", []string{"p", "sy", "zy"}, []string{"yq"}),
			node("DequantizeLinear", "n9", []string{"yq", "sy", "zy"}, []string{"y"}),
		},
	}
	return model(17, g)
}

// TestQuantisedModel runs a model between QuantizeLinear and DequantizeLinear as integers, and in float32 as it is written: they may
// differ by one step at the few places where float32 falls to the other side of a tie.
func TestQuantisedModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	raw := qdqModel(rng)
	data := make([]float32, 5*9*12)
	for i := range data {
		data[i] = float32(rng.NormFloat64())
	}
	in := map[string]*onnx.Tensor{"x": tensor.FromFloat32([]int{1, 5, 9, 12}, data)}
	run := func(o onnx.Options) ([]float32, string) {
		s, err := onnx.Load(raw, o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		out, err := s.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		if err := s.Explain(&plan); err != nil {
			t.Fatal(err)
		}
		return out["y"].Float32(), plan.String()
	}
	got, plan := run(onnx.Options{Threads: 2})
	want, _ := run(onnx.Options{Plain: true})
	for _, op := range []string{"QLinearConv", "QLinearMatMul"} {
		if !strings.Contains(plan, op) {
			t.Errorf("the plan has no %s:\n%s", op, plan)
		}
	}
	if strings.Contains(plan, "Relu") {
		t.Errorf("the plan still has a Relu:\n%s", plan)
	}
	other, distinct := 0, map[float32]bool{}
	for i, v := range want {
		distinct[v] = true
		if d := math.Abs(float64(got[i] - v)); d > 0.5001 {
			t.Fatalf("output %d: got %g, want %g", i, got[i], v)
		} else if d > 0 {
			other++
		}
	}
	if other > len(want)/50 || len(distinct) < 20 {
		t.Errorf("%d of %d outputs a step apart, %d different values", other, len(want), len(distinct))
	}
}
