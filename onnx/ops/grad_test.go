package ops

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func attrF(v float32) *graph.Attr     { return &graph.Attr{Type: 1, F: v} }
func attrS(v string) *graph.Attr      { return &graph.Attr{Type: 3, S: v} }
func attrFs(v ...float32) *graph.Attr { return &graph.Attr{Type: 6, Floats: v} }

type attrs map[string]*graph.Attr

// gradCase is one use of an operator. Inputs are shapes, filled with random numbers between lo and hi, or tensors, which are not
// differentiated where they are integers.
type gradCase struct {
	op      string
	version int
	attrs   attrs
	in      []any
	outs    int
	lo, hi  float64
	step    float64
	skip    []int // inputs that have no gradient
}

func s(shape ...int) []int { return shape }

func ints64(v ...int) *tensor.Tensor { return int64s(v...) }

func matrix64(rows int, v ...int) *tensor.Tensor { return int64s(v...).View(rows, len(v)/rows) }

var gradCases = []gradCase{
	{op: "Abs", in: []any{s(2, 3)}},
	{op: "Acos", in: []any{s(3)}, lo: -0.9, hi: 0.9},
	{op: "Add", in: []any{s(2, 1, 3), s(4, 1)}},
	{op: "Asin", in: []any{s(3)}, lo: -0.9, hi: 0.9},
	{op: "Atan", in: []any{s(3)}},
	{op: "AveragePool", attrs: attrs{"kernel_shape": attrInts(3, 2), "strides": attrInts(2, 1), "pads": attrInts(1, 0, 1, 1)}, in: []any{s(2, 2, 5, 4)}},
	{op: "AveragePool", attrs: attrs{"kernel_shape": attrInts(3, 2), "pads": attrInts(1, 0, 1, 1), "count_include_pad": attrInt(1), "ceil_mode": attrInt(1), "strides": attrInts(2, 2)}, in: []any{s(1, 2, 4, 4)}},
	{op: "AveragePool", version: 19, attrs: attrs{"kernel_shape": attrInts(2, 2, 2), "dilations": attrInts(2, 1, 1)}, in: []any{s(1, 1, 4, 3, 3)}},
	{op: "BatchNormalization", version: 15, in: []any{s(2, 3, 4), s(3), s(3), s(3), s(3)}, lo: 0.3, hi: 2},
	{op: "BatchNormalization", version: 15, attrs: attrs{"training_mode": attrInt(1)}, outs: 1, in: []any{s(2, 3, 4), s(3), s(3), s(3), s(3)}, skip: []int{3, 4}},
	{op: "Cast", attrs: attrs{"to": attrInt(11)}, in: []any{s(3)}},
	{op: "CastLike", in: []any{s(3), s(1)}, skip: []int{1}},
	{op: "Celu", attrs: attrs{"alpha": attrF(0.7)}, in: []any{s(5)}},
	{op: "CenterCropPad", version: 18, in: []any{s(3, 5), ints64(5, 2)}},
	{op: "Clip", in: []any{s(8), tensor.FromFloat64(nil, []float64{-0.5}), tensor.FromFloat64(nil, []float64{0.6})}, skip: []int{1, 2}},
	{op: "Clip", version: 6, attrs: attrs{"min": attrF(-0.5)}, in: []any{s(8)}},
	{op: "Compress", attrs: attrs{"axis": attrInt(1)}, in: []any{s(2, 3), tensor.FromBool([]int{3}, []bool{true, false, true})}},
	{op: "Concat", attrs: attrs{"axis": attrInt(1)}, in: []any{s(2, 1), s(2, 3), s(2, 2)}},
	{op: "Conv", in: []any{s(2, 4, 5, 6), s(6, 2, 3, 2), s(6)}, attrs: attrs{"group": attrInt(2), "strides": attrInts(2, 1), "pads": attrInts(1, 0, 2, 1), "dilations": attrInts(1, 2)}},
	{op: "Conv", in: []any{s(1, 2, 7), s(3, 2, 3)}, attrs: attrs{"auto_pad": attrS("SAME_UPPER"), "strides": attrInts(2)}},
	{op: "Conv", in: []any{s(1, 2, 4, 3, 4), s(2, 2, 3, 3, 3), s(2)}, attrs: attrs{"pads": attrInts(1, 1, 1, 1, 1, 1)}},
	{op: "ConvTranspose", in: []any{s(2, 4, 3, 4), s(4, 3, 3, 2), s(6)}, attrs: attrs{"group": attrInt(2), "strides": attrInts(2, 3), "pads": attrInts(1, 0, 0, 1), "output_padding": attrInts(1, 0), "dilations": attrInts(1, 2)}},
	{op: "Cos", in: []any{s(3)}}, {op: "Cosh", in: []any{s(3)}},
	{op: "CumSum", attrs: attrs{"exclusive": attrInt(1)}, in: []any{s(3, 4), ints64(1)}},
	{op: "CumSum", attrs: attrs{"reverse": attrInt(1)}, in: []any{s(3, 4), ints64(0)}},
	{op: "DepthToSpace", attrs: attrs{"blocksize": attrInt(2), "mode": attrS("CRD")}, in: []any{s(1, 8, 2, 3)}},
	{op: "Div", in: []any{s(2, 3), s(3)}, lo: 0.5, hi: 2},
	{op: "Dropout", in: []any{s(4)}},
	{op: "Einsum", attrs: attrs{"equation": attrS("bij,bjk->bik")}, in: []any{s(2, 3, 4), s(2, 4, 2)}},
	{op: "Einsum", attrs: attrs{"equation": attrS("ij,kl->i")}, in: []any{s(2, 3), s(2, 2)}},
	{op: "Elu", attrs: attrs{"alpha": attrF(1.5)}, in: []any{s(6)}}, {op: "Erf", in: []any{s(4)}}, {op: "Exp", in: []any{s(4)}},
	{op: "Expand", in: []any{s(3, 1), ints64(2, 3, 4)}},
	{op: "Flatten", in: []any{s(2, 3, 2)}},
	{op: "Gather", attrs: attrs{"axis": attrInt(1)}, in: []any{s(2, 4), ints64(3, 0, 3)}},
	{op: "GatherElements", attrs: attrs{"axis": attrInt(1)}, in: []any{s(2, 3), matrix64(2, 0, 0, 2, 1)}},
	{op: "GatherND", in: []any{s(3, 4), matrix64(2, 0, 1, 2, 3)}},
	{op: "Gelu", version: 20, in: []any{s(6)}}, {op: "Gelu", version: 20, attrs: attrs{"approximate": attrS("tanh")}, in: []any{s(6)}},
	{op: "Gemm", attrs: attrs{"alpha": attrF(0.5), "beta": attrF(2)}, in: []any{s(3, 4), s(4, 2), s(2)}},
	{op: "Gemm", attrs: attrs{"transA": attrInt(1)}, in: []any{s(4, 3), s(4, 2)}},
	{op: "Gemm", attrs: attrs{"transB": attrInt(1)}, in: []any{s(3, 4), s(2, 4), s(3, 1)}},
	{op: "Gemm", attrs: attrs{"transA": attrInt(1), "transB": attrInt(1)}, in: []any{s(4, 3), s(2, 4), s(3, 2)}},
	{op: "GlobalAveragePool", in: []any{s(2, 3, 2, 2)}}, {op: "GlobalMaxPool", in: []any{s(2, 3, 2, 2)}},
	{op: "GroupNormalization", version: 21, attrs: attrs{"num_groups": attrInt(2)}, in: []any{s(2, 4, 3), s(4), s(4)}},
	{op: "GroupNormalization", version: 18, attrs: attrs{"num_groups": attrInt(2)}, in: []any{s(2, 4, 3), s(2), s(2)}},
	{op: "HardSigmoid", in: []any{s(6)}, lo: -4, hi: 4}, {op: "HardSwish", in: []any{s(6)}, lo: -4, hi: 4},
	{op: "Identity", in: []any{s(2)}},
	{op: "InstanceNormalization", in: []any{s(2, 3, 2, 3), s(3), s(3)}},
	{op: "LayerNormalization", attrs: attrs{"axis": attrInt(-2)}, in: []any{s(2, 3, 4), s(3, 4), s(3, 4)}},
	{op: "LayerNormalization", in: []any{s(2, 3, 4), s(4)}},
	{op: "LeakyRelu", in: []any{s(5)}}, {op: "Log", in: []any{s(5)}, lo: 0.2, hi: 3},
	{op: "LogSoftmax", version: 13, attrs: attrs{"axis": attrInt(1)}, in: []any{s(2, 3, 2)}},
	{op: "LpNormalization", attrs: attrs{"axis": attrInt(1)}, in: []any{s(2, 3, 2)}},
	{op: "MatMul", in: []any{s(2, 3, 4), s(4, 2)}}, {op: "MatMul", in: []any{s(2, 1, 3, 4), s(3, 4, 2)}},
	{op: "MatMul", in: []any{s(4), s(4)}}, {op: "MatMul", in: []any{s(3, 4), s(4)}}, {op: "MatMul", in: []any{s(4), s(2, 4, 3)}},
	{op: "Max", in: []any{s(2, 3), s(3), s(2, 1)}}, {op: "Mean", in: []any{s(2, 3), s(3)}}, {op: "Min", in: []any{s(2, 3), s(3)}},
	{op: "MaxPool", attrs: attrs{"kernel_shape": attrInts(3, 2), "strides": attrInts(2, 2), "pads": attrInts(1, 1, 1, 1)}, in: []any{s(1, 2, 5, 5)}},
	{op: "Mish", version: 18, in: []any{s(5)}}, {op: "Mul", in: []any{s(2, 3), s(2, 1)}}, {op: "Neg", in: []any{s(2)}},
	{op: "NegativeLogLikelihoodLoss", in: []any{s(3, 4), ints64(1, 0, 3), s(4)}, skip: []int{2}},
	{op: "PRelu", in: []any{s(2, 3, 4), s(3, 1)}},
	{op: "Pad", in: []any{s(2, 3), ints64(1, 0, 0, 2)}},
	{op: "Pad", attrs: attrs{"mode": attrS("reflect")}, in: []any{s(3, 3), ints64(1, 0, 2, 1)}},
	{op: "Pad", version: 2, attrs: attrs{"pads": attrInts(1, -1, 0, 2), "value": attrF(3)}, in: []any{s(2, 3)}},
	{op: "Pow", in: []any{s(2, 3), s(3)}, lo: 0.5, hi: 2},
	{op: "RMSNormalization", version: 23, in: []any{s(2, 3, 4), s(4)}},
	{op: "Reciprocal", in: []any{s(3)}, lo: 0.5, hi: 2},
	{op: "ReduceL1", attrs: attrs{"axes": attrInts(1), "keepdims": attrInt(0)}, in: []any{s(2, 3)}}, {op: "ReduceL2", in: []any{s(2, 3)}},
	{op: "ReduceLogSum", attrs: attrs{"axes": attrInts(0)}, in: []any{s(2, 3)}, lo: 0.2, hi: 2}, {op: "ReduceLogSumExp", in: []any{s(2, 3)}},
	{op: "ReduceMax", attrs: attrs{"axes": attrInts(1)}, in: []any{s(2, 3)}}, {op: "ReduceMean", version: 18, in: []any{s(2, 3, 2), ints64(0, -1)}},
	{op: "ReduceMin", attrs: attrs{"axes": attrInts(0, 2), "keepdims": attrInt(0)}, in: []any{s(2, 3, 2)}}, {op: "ReduceProd", attrs: attrs{"axes": attrInts(1)}, in: []any{s(2, 3)}},
	{op: "ReduceProd", attrs: attrs{"axes": attrInts(1)}, in: []any{tensor.FromFloat64([]int{2, 3}, []float64{0, 2, 3, 0, 0, 4})}},
	{op: "ReduceSum", in: []any{s(2, 3), ints64(1)}}, {op: "ReduceSumSquare", in: []any{s(2, 3)}},
	{op: "Relu", in: []any{s(6)}}, {op: "Reshape", in: []any{s(2, 3), ints64(3, -1)}},
	{op: "Resize", version: 13, attrs: attrs{"mode": attrS("linear")}, in: []any{s(1, 2, 3, 4), nil, tensor.FromFloat32([]int{4}, []float32{1, 1, 2, 1.5})}, step: 0.25},
	{op: "Resize", version: 13, attrs: attrs{"mode": attrS("cubic"), "coordinate_transformation_mode": attrS("align_corners")}, in: []any{s(1, 1, 5, 4), nil, nil, ints64(1, 1, 3, 7)}, step: 0.25},
	{op: "Resize", version: 18, attrs: attrs{"mode": attrS("linear"), "axes": attrInts(2, 3), "antialias": attrInt(1)}, in: []any{s(1, 1, 6, 4), nil, nil, ints64(3, 3)}, step: 0.25},
	{op: "Resize", version: 13, in: []any{s(1, 1, 2, 3), nil, tensor.FromFloat32([]int{4}, []float32{1, 1, 2, 2})}},
	{op: "ReverseSequence", in: []any{s(3, 2), ints64(2, 3)}},
	{op: "Selu", in: []any{s(5)}}, {op: "Sigmoid", in: []any{s(4)}}, {op: "Sin", in: []any{s(4)}}, {op: "Sinh", in: []any{s(4)}},
	{op: "Slice", in: []any{s(4, 5), ints64(3, 0), ints64(0, 4), ints64(0, 1), ints64(-1, 2)}},
	{op: "Softmax", version: 13, attrs: attrs{"axis": attrInt(1)}, in: []any{s(2, 3, 2)}}, {op: "Softmax", version: 11, in: []any{s(2, 3, 2)}},
	{op: "SoftmaxCrossEntropyLoss", in: []any{s(3, 4), ints64(1, 0, 3), s(4)}, lo: 0.1, hi: 2, skip: []int{2}},
	{op: "SoftmaxCrossEntropyLoss", attrs: attrs{"reduction": attrS("none"), "ignore_index": attrInt(0)}, in: []any{s(2, 4, 2), matrix64(2, 1, 0, 3, 2)}},
	{op: "Softplus", in: []any{s(4)}}, {op: "Softsign", in: []any{s(4)}},
	{op: "SpaceToDepth", attrs: attrs{"blocksize": attrInt(2)}, in: []any{s(1, 2, 4, 2)}},
	{op: "Split", attrs: attrs{"axis": attrInt(1)}, outs: 2, in: []any{s(2, 5), ints64(2, 3)}},
	{op: "Sqrt", in: []any{s(4)}, lo: 0.2, hi: 2}, {op: "Squeeze", in: []any{s(2, 1), ints64(1)}}, {op: "Sub", in: []any{s(2, 3), s(3)}},
	{op: "Sum", in: []any{s(2, 3), s(3), s(1)}}, {op: "Swish", version: 24, attrs: attrs{"alpha": attrF(1.3)}, in: []any{s(4)}},
	{op: "Tan", in: []any{s(4)}}, {op: "Tanh", in: []any{s(4)}}, {op: "ThresholdedRelu", attrs: attrs{"alpha": attrF(0.3)}, in: []any{s(6)}},
	{op: "Tile", in: []any{s(2, 3), ints64(2, 2)}}, {op: "TopK", outs: 2, in: []any{s(2, 5), ints64(3)}},
	{op: "Transpose", attrs: attrs{"perm": attrInts(2, 0, 1)}, in: []any{s(2, 3, 4)}}, {op: "Trilu", in: []any{s(3, 4)}},
	{op: "Unsqueeze", in: []any{s(2), ints64(0)}},
	{op: "Upsample", version: 9, attrs: attrs{"mode": attrS("linear")}, in: []any{s(1, 1, 3, 3), tensor.FromFloat32([]int{4}, []float32{1, 1, 2, 2})}, step: 0.25},
	{op: "Upsample", version: 7, attrs: attrs{"mode": attrS("nearest"), "scales": attrFs(1, 1, 2, 1)}, in: []any{s(1, 1, 3, 3)}},
	{op: "Where", in: []any{tensor.FromBool([]int{3}, []bool{true, false, true}), s(2, 3), s(1)}},
}

// TestGradients holds every rule to central differences, in float64.
func TestGradients(t *testing.T) {
	tried := map[string]bool{}
	for _, gc := range gradCases {
		tried[gc.op] = true
		t.Run(gc.op, func(t *testing.T) { gc.check(t) })
	}
	for _, name := range Differentiable() {
		if !tried[name] {
			t.Errorf("%s has a gradient but no case", name)
		}
	}
	if !slices.IsSorted(Differentiable()) || !slices.IsSorted(constantOps) {
		t.Error("the tables are not sorted")
	}
}

func (gc *gradCase) check(t *testing.T) {
	rng := rand.New(rand.NewPCG(uint64(len(gc.op)), uint64(gc.op[0])))
	if gc.version == 0 {
		gc.version = 17
	}
	if gc.lo == 0 && gc.hi == 0 {
		gc.lo, gc.hi = -1.5, 1.5
	}
	g := &graph.Graph{}
	n := &graph.Node{Name: gc.op, Op: gc.op, Version: gc.version, Attrs: gc.attrs}
	g.Nodes = []*graph.Node{n}
	var in []*tensor.Tensor
	for _, x := range gc.in {
		var v *tensor.Tensor
		switch x := x.(type) {
		case nil:
			n.In = append(n.In, nil)
			continue
		case []int:
			v = tensor.New(tensor.Float64, x...)
			for i := range v.Float64() {
				v.Float64()[i] = gc.lo + (gc.hi-gc.lo)*rng.Float64()
			}
		case *tensor.Tensor:
			v = x
		}
		val := &graph.Value{Name: gc.op}
		n.In = append(n.In, val)
		g.Inputs = append(g.Inputs, val)
		in = append(in, v)
	}
	for range max(1, gc.outs) {
		n.Out = append(n.Out, &graph.Value{Name: "out"})
	}
	seeded := n.Out
	if gc.op == "TopK" || gc.op == "BatchNormalization" {
		seeded = n.Out[:1]
	}
	tape, err := Record(context.Background(), g, in, TapeOptions{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	seed := map[*graph.Value]*tensor.Tensor{}
	for _, o := range seeded {
		w := tensor.New(tensor.Float64, tape.Value(o).Shape()...)
		for i := range w.Float64() {
			w.Float64()[i] = rng.NormFloat64()
		}
		seed[o] = w
	}
	total := func() float64 {
		tape, err := Record(context.Background(), g, in, TapeOptions{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, o := range seeded {
			for i, v := range tape.Value(o).Float64() {
				sum += v * seed[o].Float64()[i]
			}
		}
		return sum
	}
	var at []*graph.Value
	var which []int
	for i, v := range g.Inputs {
		if in[i].DType() == tensor.Float64 && !slices.Contains(gc.skip, i) {
			at, which = append(at, v), append(which, i)
		}
	}
	got, err := tape.Gradients(seed, at)
	if err != nil {
		t.Fatal(err)
	}
	step := gc.step
	if step == 0 {
		step = 1e-5
	}
	for k, i := range which {
		x := in[i].Float64()
		for e := range x {
			old := x[e]
			x[e] = old + step
			up := total()
			x[e] = old - step
			down := total()
			x[e] = old
			want := (up - down) / (2 * step)
			if d := got[k].Float64()[e]; !(math.Abs(d-want) <= 1e-5*(1+math.Abs(want))) {
				t.Fatalf("input %d, element %d: want %v, got %v", i, e, want, d)
			}
		}
	}
}

// TestGradientRefusals wants an error that names the operator, not a wrong number.
func TestGradientRefusals(t *testing.T) {
	x, y := &graph.Value{Name: "x"}, &graph.Value{Name: "y"}
	g := &graph.Graph{Inputs: []*graph.Value{x}, Outputs: []*graph.Value{y}, Nodes: []*graph.Node{{Op: "Det", Version: 11, In: []*graph.Value{x}, Out: []*graph.Value{y}}}}
	tape, err := Record(context.Background(), g, []*tensor.Tensor{tensor.FromFloat64([]int{1, 1}, []float64{2})}, TapeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tape.Gradients(map[*graph.Value]*tensor.Tensor{y: tensor.FromFloat64(tape.Value(y).Shape(), []float64{1})}, []*graph.Value{x})
	if err == nil || !strings.Contains(err.Error(), "operator Det has no gradient") {
		t.Errorf("got %v", err)
	}
	if _, err = tape.Gradients(map[*graph.Value]*tensor.Tensor{y: tensor.FromFloat32([]int{3}, []float32{1, 1, 1})}, []*graph.Value{x}); err == nil {
		t.Error("a seed of another shape is taken")
	}
}
