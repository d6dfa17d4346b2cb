package pass

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// dequantise is input i by the scale and zero point that follow it.
func (e *expander) dequantise(i int) *graph.Value {
	return e.op("DequantizeLinear", 21, nil, e.in(i), e.in(i+1), e.in(i+2))
}

// quantise gives v by the scale and zero point at inputs i and i+1.
func (e *expander) quantise(v *graph.Value, i int) bool {
	return e.give("QuantizeLinear", 21, nil, v, e.in(i), e.in(i+1))
}

// onQuantised is an operator on so many quantised inputs, each followed by scale and zero point, as are those of the result.
func onQuantised(op string, version, inputs int, attrs ...string) func(e *expander) bool {
	return func(e *expander) bool {
		var in []*graph.Value
		for i := range inputs {
			in = append(in, e.dequantise(3*i))
		}
		return e.quantise(e.op(op, version, e.attrs(attrs...), in...), 3*inputs)
	}
}

func quantisedPool(op string, version int) func(e *expander) bool {
	return func(e *expander) bool {
		rank := len(e.n.Ints("kernel_shape")) + 2
		if op == "GlobalAveragePool" {
			rank = 4
		}
		x := e.dequantise(0)
		last := e.n.Int("channels_last", 0) != 0
		if last {
			x = e.op("Transpose", 13, attributes{"perm": channelsFirst(rank)}, x)
		}
		x = e.op(op, version, e.attrs("auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"), x)
		if last {
			x = e.op("Transpose", 13, attributes{"perm": channelsLast(rank)}, x)
		}
		return e.quantise(x, 3)
	}
}

// qLinearConcat has the result's scale and zero point first.
func qLinearConcat(e *expander) bool {
	var parts []*graph.Value
	for i := 2; i+1 < len(e.n.In); i += 3 {
		parts = append(parts, e.dequantise(i))
	}
	return e.quantise(e.op("Concat", 13, e.attrs("axis"), parts...), 0)
}

func qLinearSoftmax(e *expander) bool {
	version := 13
	if e.n.Int("opset", 13) < 13 {
		version = 11
	}
	return e.quantise(e.op("Softmax", version, e.attrs("axis"), e.dequantise(0)), 3)
}

// rescaled gives the integers of sum times scale plus bias.
func (e *expander) rescaled(sum, scale, bias *graph.Value) bool {
	v := e.op("Cast", 13, attributes{"to": intOf(int(tensor.Float32))}, sum)
	if bias == nil {
		return e.give("Mul", 14, nil, v, scale)
	}
	return e.give("Add", 14, nil, e.op("Mul", 14, nil, v, scale), bias)
}

// dynamicQuantizeMatMul quantises the left factor to its own range.
func dynamicQuantizeMatMul(e *expander) bool {
	outs := make([]*graph.Value, 3)
	for i, name := range []string{"/quantised", "/scale", "/zero"} {
		outs[i] = &graph.Value{Name: e.n.Name + name, Owner: e.g}
	}
	e.add("DynamicQuantizeLinear", 11, nil, outs, e.in(0))
	sum := e.op("MatMulInteger", 10, nil, outs[0], e.in(1), outs[2], e.in(3))
	return e.rescaled(sum, e.op("Mul", 14, nil, outs[1], e.in(2)), e.in(4))
}

// qAttention is Attention on quantised input and weight.
func qAttention(e *expander) bool {
	x := e.op("DequantizeLinear", 21, nil, e.in(0), e.in(3), e.in(6))
	w := e.op("DequantizeLinear", 21, attributes{"axis": {Type: pb.AttrInt, I: 1}}, e.in(1), e.in(4), e.in(7))
	e.add("Attention", e.n.Version, e.attrs("do_rotary", "mask_filter_value", "num_heads", "past_present_share_buffer", "scale", "unidirectional"),
		e.n.Out, x, w, e.in(2), e.in(5), e.in(8))
	e.nodes[len(e.nodes)-1].Domain = microsoft
	return true
}
