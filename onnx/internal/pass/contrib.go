package pass

import (
	"fmt"
	"slices"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// microsoft is the domain of onnxruntime's own operators (its document ContribOperators.md).
const microsoft = "com.microsoft"

// Contrib puts nodes of ai.onnx in place of those of com.microsoft that the table below has, and of ai.onnx's that were experimental
// in opset 1 and that old models still hold, in g and the graphs inside it. A form
// that it can't express stays, and is then reported as not supported.
func Contrib(g *graph.Graph) {
	var out []*graph.Node
	for _, n := range g.Nodes {
		n.Bodies(func(_ string, b *graph.Graph) { Contrib(b) })
		e := &expander{g: g, n: n}
		f := contrib[n.Op]
		switch {
		case n.Domain == microsoft && f != nil && f(e):
			out = append(out, e.nodes...)
			continue
		case n.Domain == "" && legacy[n.Op] != nil && legacy[n.Op](e):
			out = append(out, e.nodes...)
			continue
		case n.Domain == "" && n.Op == "LayerNormalization" && n.Version < 17:
			n.Version = 17 // onnxruntime had it before ai.onnx did
		}
		out = append(out, n)
	}
	g.Nodes = out
}

// legacy has what was experimental in opset 1 of ai.onnx, and what onnxruntime put there.
var legacy = map[string]func(e *expander) bool{
	"Affine": func(e *expander) bool {
		return e.give("Add", 14, nil, e.op("Mul", 14, nil, e.in(0), e.number("alpha", 1)), e.number("beta", 0))
	},
	"Crop":        crop,
	"ImageScaler": imageScaler,
	"ParametricSoftplus": func(e *expander) bool {
		return e.give("Mul", 14, nil, e.op("Softplus", 1, nil, e.op("Mul", 14, nil, e.in(0), e.number("beta", 1))), e.number("alpha", 1))
	},
	"ScaledTanh": func(e *expander) bool {
		return e.give("Mul", 14, nil, e.op("Tanh", 13, nil, e.op("Mul", 14, nil, e.in(0), e.number("beta", 1))), e.number("alpha", 1))
	},
	"SimplifiedLayerNormalization": simplified,
}

// number is a float attribute as a scalar.
func (e *expander) number(name string, def float32) *graph.Value {
	return e.constant(tensor.FromFloat32(nil, []float32{e.n.Float(name, def)}))
}

// imageScaler is scale·x plus a bias for each channel.
func imageScaler(e *expander) bool {
	a := e.n.Attrs["bias"]
	if a == nil {
		return false
	}
	bias := e.constant(tensor.FromFloat32([]int{len(a.Floats), 1, 1}, a.Floats))
	return e.give("Add", 14, nil, e.op("Mul", 14, nil, e.in(0), e.number("scale", 1)), bias)
}

// crop cuts a border (left, top, right, bottom) off images, or where scale is given takes height and width from left and top on.
func crop(e *expander) bool {
	b, s := e.n.Ints("border"), e.n.Ints("scale")
	if len(b) != 4 || len(s) != 0 && len(s) != 2 {
		return false
	}
	ends := e.ints(-int64(b[3]), -int64(b[2]))
	switch {
	case len(s) == 2:
		ends = e.ints(int64(b[1]+s[0]), int64(b[0]+s[1]))
	case b[3] == 0 || b[2] == 0:
		far := func(v int) int64 {
			if v == 0 {
				return 1 << 40
			}
			return -int64(v)
		}
		ends = e.ints(far(b[3]), far(b[2]))
	}
	return e.give("Slice", 13, nil, e.in(0), e.ints(int64(b[1]), int64(b[0])), ends, e.ints(2, 3))
}

// expander makes the nodes that stand for n.
type expander struct {
	g     *graph.Graph
	n     *graph.Node
	nodes []*graph.Node
}

type attributes map[string]*graph.Attr

func intOf(v int) *graph.Attr       { return &graph.Attr{Type: pb.AttrInt, I: int64(v)} }
func floatOf(v float32) *graph.Attr { return &graph.Attr{Type: pb.AttrFloat, F: v} }
func textOf(v string) *graph.Attr   { return &graph.Attr{Type: pb.AttrString, S: v} }
func intsOf(v ...int) *graph.Attr {
	a := &graph.Attr{Type: pb.AttrInts}
	for _, x := range v {
		a.Ints = append(a.Ints, int64(x))
	}
	return a
}

// in is input i, nil where it is absent.
func (e *expander) in(i int) *graph.Value {
	if i < len(e.n.In) {
		return e.n.In[i]
	}
	return nil
}

// out is output i, nil where nobody wants it.
func (e *expander) out(i int) *graph.Value {
	if i < len(e.n.Out) {
		return e.n.Out[i]
	}
	return nil
}

// add makes a node that gives outs. Absent inputs at the end are left out.
func (e *expander) add(op string, version int, attrs attributes, outs []*graph.Value, in ...*graph.Value) {
	for len(in) > 0 && in[len(in)-1] == nil {
		in = in[:len(in)-1]
	}
	if attrs == nil {
		attrs = attributes{}
	}
	name := e.n.Name
	if len(e.nodes) > 0 {
		name = fmt.Sprintf("%s/%d", name, len(e.nodes))
	}
	e.nodes = append(e.nodes, &graph.Node{Name: name, Op: op, Version: version, In: in, Out: outs, Attrs: attrs})
}

// op makes a node with one new value.
func (e *expander) op(op string, version int, attrs attributes, in ...*graph.Value) *graph.Value {
	v := &graph.Value{Name: fmt.Sprintf("%s/%s/%d", e.n.Name, op, len(e.nodes)), Owner: e.g}
	e.add(op, version, attrs, []*graph.Value{v}, in...)
	return v
}

// give makes a node whose value is output 0 of n.
func (e *expander) give(op string, version int, attrs attributes, in ...*graph.Value) bool {
	e.add(op, version, attrs, []*graph.Value{e.out(0)}, in...)
	return true
}

func (e *expander) constant(t *tensor.Tensor) *graph.Value {
	return &graph.Value{Name: fmt.Sprintf("%s/constant/%d", e.n.Name, len(e.nodes)), Const: t, Type: graph.ConstType(t), Owner: e.g}
}

func (e *expander) ints(v ...int64) *graph.Value {
	return e.constant(tensor.FromInt64([]int{len(v)}, v))
}

// attrs are those of n with the given names.
func (e *expander) attrs(names ...string) attributes {
	a := attributes{}
	for _, name := range names {
		if x := e.n.Attrs[name]; x != nil {
			a[name] = x
		}
	}
	return a
}

// refuse reports whether any output from i on is wanted.
func (e *expander) wants(i int) bool {
	for ; i < len(e.n.Out); i++ {
		if e.n.Out[i] != nil {
			return true
		}
	}
	return false
}

// contrib has the operators of com.microsoft that are others in disguise. False leaves the node.
var contrib = map[string]func(e *expander) bool{
	"BiasAdd": func(e *expander) bool {
		return e.give("Add", 14, nil, e.op("Add", 14, nil, e.in(0), e.in(1)), e.in(2))
	},
	"BiasGelu":                func(e *expander) bool { return e.give("Gelu", 20, nil, e.op("Add", 14, nil, e.in(0), e.in(1))) },
	"BiasSplitGelu":           biasSplitGelu,
	"DequantizeLinear":        func(e *expander) bool { return e.give("DequantizeLinear", 21, e.attrs("axis"), e.n.In...) },
	"DynamicQuantizeMatMul":   dynamicQuantizeMatMul,
	"EmbedLayerNormalization": embedLayerNorm,
	"ExpandDims": func(e *expander) bool {
		return e.give("Unsqueeze", 13, nil, e.in(0), e.op("Reshape", 13, nil, e.op("Cast", 13, attributes{"to": intOf(7)}, e.in(1)), e.ints(-1)))
	},
	"FastGelu":  fastGelu,
	"FusedConv": fusedConv,
	"FusedGemm": func(e *expander) bool {
		return e.activated(e.op("Gemm", 13, e.attrs("alpha", "beta", "transA", "transB"), e.n.In...))
	},
	"FusedMatMulActivation": func(e *expander) bool {
		v := e.op("FusedMatMul", 1, e.attrs("alpha", "transA", "transB", "transBatchA", "transBatchB"), e.in(0), e.in(1))
		e.nodes[len(e.nodes)-1].Domain = microsoft
		return e.activated(v)
	},
	"Gelu": func(e *expander) bool { return e.give("Gelu", 20, nil, e.in(0)) },
	"GemmFastGelu": func(e *expander) bool {
		v := e.op("MatMul", 13, nil, e.in(0), e.in(1))
		if b := e.in(2); b != nil {
			v = e.op("Add", 14, nil, v, b)
		}
		return e.give("Gelu", 20, attributes{"approximate": textOf("tanh")}, v)
	},
	"GroupNorm": groupNorm,
	"MatMulIntegerToFloat": func(e *expander) bool {
		sum := e.op("MatMulInteger", 10, nil, e.in(0), e.in(1), e.in(4), e.in(5))
		return e.rescaled(sum, e.op("Mul", 14, nil, e.in(2), e.in(3)), e.in(6))
	},
	"NhwcMaxPool":              nhwcMaxPool,
	"Pad":                      func(e *expander) bool { return e.give("Pad", 13, e.attrs("mode"), e.n.In...) },
	"QAttention":               qAttention,
	"QLinearAdd":               onQuantised("Add", 14, 2),
	"QLinearAveragePool":       quantisedPool("AveragePool", 22),
	"QLinearConcat":            qLinearConcat,
	"QLinearGlobalAveragePool": quantisedPool("GlobalAveragePool", 1),
	"QLinearLeakyRelu":         onQuantised("LeakyRelu", 16, 1, "alpha"),
	"QLinearMul":               onQuantised("Mul", 14, 2),
	"QLinearReduceMean":        onQuantised("ReduceMean", 13, 1, "axes", "keepdims"),
	"QLinearSigmoid":           onQuantised("Sigmoid", 13, 1),
	"QLinearSoftmax":           qLinearSoftmax,
	"QLinearWhere": func(e *expander) bool {
		return e.quantise(e.op("Where", 16, nil, e.in(0), e.dequantise(1), e.dequantise(4)), 7)
	},
	"QuantizeLinear": func(e *expander) bool { return e.give("QuantizeLinear", 21, e.attrs("axis"), e.n.In...) },
	"QuickGelu": func(e *expander) bool {
		return e.give("Swish", 24, attributes{"alpha": floatOf(e.n.Float("alpha", 1.702))}, e.in(0))
	},
	"SimplifiedLayerNormalization":     simplified,
	"SkipGroupNorm":                    groupNorm,
	"SkipLayerNormalization":           skipLayerNorm("LayerNormalization", 17),
	"SkipSimplifiedLayerNormalization": skipLayerNorm("RMSNormalization", 23),
	"Trilu":                            func(e *expander) bool { return e.give("Trilu", 14, e.attrs("upper"), e.n.In...) },
	"Unique": func(e *expander) bool {
		e.add("Unique", 11, attributes{"sorted": intOf(0)}, []*graph.Value{e.out(0), nil, e.out(1), e.out(2)}, e.in(0))
		return true
	},
}

// activated gives v after the activation that the node names.
func (e *expander) activated(v *graph.Value) bool {
	name := e.n.Str("activation", "")
	var params []float32
	if a := e.n.Attrs["activation_params"]; a != nil {
		params = a.Floats
	}
	for k, key := range []string{"activation_alpha", "activation_beta"} {
		if e.n.Has(key) && len(params) == k {
			params = append(slices.Clone(params), e.n.Float(key, 0))
		}
	}
	param := func(i int, def float32) float32 {
		if i < len(params) {
			return params[i]
		}
		return def
	}
	switch name {
	case "":
		return e.give("Identity", 14, nil, v)
	case "Relu", "Sigmoid", "Tanh", "Softplus", "Softsign":
		return e.give(name, 13, nil, v)
	case "LeakyRelu":
		return e.give(name, 16, attributes{"alpha": floatOf(param(0, 0.01))}, v)
	case "HardSigmoid":
		return e.give(name, 6, attributes{"alpha": floatOf(param(0, 0.2)), "beta": floatOf(param(1, 0.5))}, v)
	case "Clip":
		return e.give(name, 6, attributes{"min": floatOf(param(0, -3.4028235e38)), "max": floatOf(param(1, 3.4028235e38))}, v)
	}
	return false
}

// fusedConv may add input 3 before the activation.
func fusedConv(e *expander) bool {
	v := e.op("Conv", 11, e.attrs("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"), e.in(0), e.in(1), e.in(2))
	if z := e.in(3); z != nil {
		v = e.op("Add", 14, nil, v, z)
	}
	return e.activated(v)
}

func fastGelu(e *expander) bool {
	x := e.in(0)
	if b := e.in(1); b != nil {
		x = e.op("Add", 14, nil, x, b)
	}
	return e.give("Gelu", 20, attributes{"approximate": textOf("tanh")}, x)
}

func biasSplitGelu(e *expander) bool {
	x := e.op("Add", 14, nil, e.in(0), e.in(1))
	a, b := &graph.Value{Name: e.n.Name + "/a", Owner: e.g}, &graph.Value{Name: e.n.Name + "/b", Owner: e.g}
	e.add("Split", 18, attributes{"axis": intOf(-1), "num_outputs": intOf(2)}, []*graph.Value{a, b}, x)
	return e.give("Mul", 14, nil, a, e.op("Gelu", 20, nil, b))
}

func simplified(e *expander) bool {
	if e.wants(1) {
		return false
	}
	return e.give("RMSNormalization", 23, attributes{"axis": intOf(e.n.Int("axis", -1)), "epsilon": floatOf(e.n.Float("epsilon", 1e-5))}, e.in(0), e.in(1))
}

// skipLayerNorm is a normalisation of the sum of input, skip and perhaps bias; output 3 is that sum.
func skipLayerNorm(op string, version int) func(e *expander) bool {
	return func(e *expander) bool {
		centred := op == "LayerNormalization"
		scale, shift, bias := e.in(2), e.in(3), e.in(4)
		if !centred {
			shift, bias = nil, e.in(3)
		}
		if !centred && (e.out(1) != nil || e.out(2) != nil) {
			return false
		}
		x := e.op("Add", 14, nil, e.in(0), e.in(1))
		if bias != nil {
			x = e.op("Add", 14, nil, x, bias)
		}
		if s := e.out(3); s != nil {
			e.nodes[len(e.nodes)-1].Out[0] = s
			x = s
		}
		outs := []*graph.Value{e.out(0)}
		if centred && (e.out(1) != nil || e.out(2) != nil) {
			outs = append(outs, e.out(1), e.out(2))
		}
		e.add(op, version, attributes{"axis": intOf(-1), "epsilon": floatOf(e.n.Float("epsilon", 1e-12))}, outs, x, scale, shift)
		return true
	}
}

// embedLayerNorm sums the embeddings of words, positions and segments and normalises them.
func embedLayerNorm(e *expander) bool {
	ids, segments, words, places, kinds := e.in(0), e.in(1), e.in(2), e.in(3), e.in(4)
	sum := e.op("Gather", 13, nil, words, ids)
	at := e.in(8)
	if at != nil {
		sum = e.op("Add", 14, nil, sum, e.op("Gather", 13, nil, places, at))
	} else {
		length := e.op("Slice", 13, nil, e.op("Shape", 13, nil, ids), e.ints(1), e.ints(2))
		sum = e.op("Add", 14, nil, sum, e.op("Slice", 13, nil, places, e.ints(0), length, e.ints(0)))
	}
	if segments != nil && kinds != nil {
		sum = e.op("Add", 14, nil, sum, e.op("Gather", 13, nil, kinds, segments))
	}
	if s := e.out(2); s != nil {
		e.nodes[len(e.nodes)-1].Out[0] = s
		sum = s
	}
	if m := e.out(1); m != nil {
		counted := e.in(7)
		attrs := attributes{"keepdims": intOf(0)}
		if counted == nil { // without a mask the index is zero
			counted = e.op("Mul", 14, nil, ids, e.constant(tensor.FromInt32([]int{1}, []int32{0})))
		}
		e.add("ReduceSum", 13, attrs, []*graph.Value{m}, counted, e.ints(1))
	}
	return e.give("LayerNormalization", 17, attributes{"axis": intOf(-1), "epsilon": floatOf(e.n.Float("epsilon", 1e-12))}, sum, e.in(5), e.in(6))
}

// groupNorm normalises [batch, height, width, channels] by groups of channels, and may end in a SiLU; SkipGroupNorm adds before.
func groupNorm(e *expander) bool {
	x := e.in(0)
	if e.n.Op == "SkipGroupNorm" {
		x = e.op("Add", 14, nil, x, e.in(3))
		if b := e.in(4); b != nil {
			x = e.op("Add", 14, nil, x, b)
		}
		if s := e.out(1); s != nil {
			e.nodes[len(e.nodes)-1].Out[0] = s
			x = s
		}
	}
	last := e.n.Int("channels_last", 1) != 0
	if last {
		x = e.op("Transpose", 13, attributes{"perm": intsOf(0, 3, 1, 2)}, x)
	}
	x = e.op("GroupNormalization", 21, attributes{"num_groups": intOf(e.n.Int("groups", 1)), "epsilon": floatOf(e.n.Float("epsilon", 1e-5))}, x, e.in(1), e.in(2))
	if e.n.Int("activation", 0) == 1 {
		x = e.op("Swish", 24, nil, x)
	}
	if last {
		return e.give("Transpose", 13, attributes{"perm": intsOf(0, 2, 3, 1)}, x)
	}
	return e.give("Identity", 14, nil, x)
}

// channelsFirst and channelsLast are the permutations for tensors of rank dimensions.
func channelsFirst(rank int) *graph.Attr {
	perm := []int{0, rank - 1}
	for i := 1; i < rank-1; i++ {
		perm = append(perm, i)
	}
	return intsOf(perm...)
}

func channelsLast(rank int) *graph.Attr {
	perm := []int{0}
	for i := 2; i < rank; i++ {
		perm = append(perm, i)
	}
	return intsOf(append(perm, 1)...)
}

func nhwcMaxPool(e *expander) bool {
	rank := len(e.n.Ints("kernel_shape")) + 2
	x := e.op("Transpose", 13, attributes{"perm": channelsFirst(rank)}, e.in(0))
	x = e.op("MaxPool", 12, e.attrs("auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides"), x)
	return e.give("Transpose", 13, attributes{"perm": channelsLast(rank)}, x)
}
