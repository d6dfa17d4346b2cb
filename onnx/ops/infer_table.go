package ops

import "github.com/caliper-imaging/caliper/onnx/tensor"

// inferences is how shapes follow from inputs, by operator. An operator that is not here has results that depend on more, or is not
// worth it.
var inferences = inferenceTable()

func inferenceTable() map[string]func(i *inference, out []Known) {
	m := map[string]func(*inference, []Known){
		"Where":              func(i *inference, out []Known) { out[0] = broadcastOf(i.x(1).DType, i.x(0), i.x(1), i.x(2)) },
		"Cast":               func(i *inference, out []Known) { out[0] = shaped(tensor.DType(i.n.Int("to", 0)), i.x(0).Shape...) },
		"QuantizeLinear":     inferQuantize,
		"DequantizeLinear":   func(i *inference, out []Known) { out[0] = shaped(i.x(1).DType, i.x(0).Shape...) },
		"Conv":               inferConv,
		"ConvTranspose":      inferConvTranspose,
		"MatMul":             inferMatMul,
		"Gemm":               inferGemm,
		"Concat":             inferConcat,
		"Slice":              inferSlice,
		"Split":              inferSplit,
		"Gather":             inferGather,
		"Transpose":          inferTranspose,
		"Reshape":            inferReshape,
		"Flatten":            inferFlatten,
		"Squeeze":            inferSqueeze,
		"Unsqueeze":          inferUnsqueeze,
		"Expand":             inferExpand,
		"Pad":                inferPad,
		"Resize":             func(i *inference, out []Known) { out[0] = shaped(i.x(0).DType, i.resized()...) },
		"Upsample":           func(i *inference, out []Known) { out[0] = shaped(i.x(0).DType, i.resized()...) },
		"ConstantOfShape":    inferConstantOfShape,
		"DepthToSpace":       inferDepth,
		"SpaceToDepth":       inferDepth,
		"BatchNormalization": inferFirst,
		"LayerNormalization": inferFirst,
		"Dropout":            inferFirst,
	}
	for _, op := range []string{"Abs", "Neg", "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Mish", "Gelu",
		"Softplus", "Softsign", "Tanh", "Exp", "Log", "Sqrt", "Floor", "Ceil", "Round", "Sin", "Cos", "Tan", "Erf", "Sign", "Reciprocal", "Clip",
		"Identity", "Softmax", "LogSoftmax", "Hardmax", "InstanceNormalization", "GroupNormalization", "RMSNormalization", "LRN",
		"LpNormalization", "MeanVarianceNormalization", "CumSum", "ThresholdedRelu", "PRelu", "ScatterND", "ScatterElements", "Trilu", "Not"} {
		m[op] = inferFirst
	}
	for _, op := range []string{"Add", "Sub", "Mul", "Div", "Pow", "Mod", "Min", "Max", "Sum", "Mean"} {
		m[op] = func(i *inference, out []Known) {
			if i.n.Version < 7 {
				fail("broadcast by attributes")
			}
			out[0] = broadcastOf(i.x(0).DType, i.all()...)
		}
	}
	for _, op := range []string{"Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or", "Xor"} {
		m[op] = func(i *inference, out []Known) {
			if i.n.Version < 7 {
				fail("broadcast by attributes")
			}
			out[0] = broadcastOf(tensor.Bool, i.all()...)
		}
	}
	for op, since := range map[string]int{"ReduceSum": 13, "ReduceMean": 18, "ReduceMax": 18, "ReduceMin": 18, "ReduceProd": 18, "ReduceL1": 18,
		"ReduceL2": 18, "ReduceSumSquare": 18, "ReduceLogSum": 18, "ReduceLogSumExp": 18} {
		m[op] = func(i *inference, out []Known) {
			axes := i.listFrom(since, "axes", 1)
			if len(axes) == 0 && i.n.Int("noop_with_empty_axes", 0) != 0 {
				inferFirst(i, out)
				return
			}
			_, shape := reducedAxes(i.x(0).Shape, axes, i.n.Int("keepdims", 1) != 0)
			out[0] = shaped(i.x(0).DType, shape...)
		}
	}
	for _, op := range []string{"ArgMax", "ArgMin"} {
		m[op] = func(i *inference, out []Known) {
			_, shape := reducedAxes(i.x(0).Shape, []int{i.n.Int("axis", 0)}, i.n.Int("keepdims", 1) != 0)
			out[0] = shaped(tensor.Int64, shape...)
		}
	}
	for _, op := range []string{"MaxPool", "AveragePool", "LpPool"} {
		m[op] = func(i *inference, out []Known) {
			x := i.x(0)
			w := windowOf(i.n)
			p := w.place(x.Shape[2:], w.kernel)
			w.forward(&p)
			out[0] = shaped(x.DType, p.outShape(x.Shape[0], x.Shape[1])...)
			if len(out) > 1 {
				out[1] = shaped(tensor.Int64, out[0].Shape...)
			}
		}
	}
	for _, op := range []string{"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"} {
		m[op] = func(i *inference, out []Known) {
			shape := append([]int{}, i.x(0).Shape...)
			for k := 2; k < len(shape); k++ {
				shape[k] = 1
			}
			out[0] = shaped(i.x(0).DType, shape...)
		}
	}
	return m
}

func inferFirst(i *inference, out []Known) { out[0] = shaped(i.x(0).DType, i.x(0).Shape...) }

func (i *inference) all() []Known {
	list := make([]Known, len(i.known))
	for k := range list {
		list[k] = i.x(k)
	}
	return list
}

func broadcastOf(dt tensor.DType, in ...Known) Known {
	shapes := make([][]int, len(in))
	for k, v := range in {
		shapes[k] = v.Shape
	}
	return shaped(dt, broadcastShape(shapes...)...)
}

func inferQuantize(i *inference, out []Known) {
	dt := tensor.DType(i.n.Int("output_dtype", 0))
	if i.given(2) {
		dt = i.x(2).DType
	} else if dt == tensor.None {
		dt = tensor.Uint8
	}
	out[0] = shaped(dt, i.x(0).Shape...)
}

func inferConv(i *inference, out []Known) {
	x, ws := i.x(0), i.x(1).Shape
	w := windowOf(i.n)
	if len(ws) != len(x.Shape) {
		fail("ranks differ")
	}
	p := w.place(x.Shape[2:], ws[2:])
	w.forward(&p)
	out[0] = shaped(x.DType, p.outShape(x.Shape[0], ws[0])...)
}

func inferConvTranspose(i *inference, out []Known) {
	x, ws := i.x(0), i.x(1).Shape
	w := windowOf(i.n)
	if len(ws) != len(x.Shape) {
		fail("ranks differ")
	}
	p := w.place(x.Shape[2:], ws[2:])
	w.transposed(&p)
	out[0] = shaped(x.DType, p.outShape(x.Shape[0], ws[1]*i.n.Int("group", 1))...)
}

func inferMatMul(i *inference, out []Known) {
	a, b := i.x(0).Shape, i.x(1).Shape
	if len(a) < 2 || len(b) < 2 || a[len(a)-1] != b[len(b)-2] {
		fail("vectors")
	}
	shape := broadcastShape(a[:len(a)-2], b[:len(b)-2])
	out[0] = shaped(i.x(0).DType, append(append([]int{}, shape...), a[len(a)-2], b[len(b)-1])...)
}

func inferGemm(i *inference, out []Known) {
	a, b := i.x(0).Shape, i.x(1).Shape
	if len(a) != 2 || len(b) != 2 {
		fail("no matrices")
	}
	m, n := a[0], b[1]
	if i.n.Int("transA", 0) != 0 {
		m = a[1]
	}
	if i.n.Int("transB", 0) != 0 {
		n = b[0]
	}
	out[0] = shaped(i.x(0).DType, m, n)
}

func inferConcat(i *inference, out []Known) {
	x := i.x(0)
	a := axis(i.n.Int("axis", 1), len(x.Shape))
	shape := append([]int{}, x.Shape...)
	for k := 1; k < len(i.known); k++ {
		y := i.x(k)
		if len(y.Shape) != len(shape) {
			fail("ranks differ")
		}
		shape[a] += y.Shape[a]
	}
	out[0] = shaped(x.DType, shape...)
}

func inferSlice(i *inference, out []Known) {
	x := i.x(0)
	starts, ends := i.listFrom(10, "starts", 1), i.listFrom(10, "ends", 2)
	axes := i.listFrom(10, "axes", 3)
	var steps []int
	if i.n.Version >= 10 {
		steps = i.list(4)
	}
	shape := append([]int{}, x.Shape...)
	for k := range starts {
		a, by := k, 1
		if axes != nil {
			a = axes[k]
		}
		if steps != nil {
			by = steps[k]
		}
		a = axis(a, len(shape))
		_, shape[a] = sliceRange(starts[k], ends[k], by, x.Shape[a])
	}
	out[0] = shaped(x.DType, shape...)
}

func inferSplit(i *inference, out []Known) {
	x := i.x(0)
	a := axis(i.n.Int("axis", 0), len(x.Shape))
	parts := i.listFrom(13, "split", 1)
	if i.n.Version < 2 {
		fail("not known")
	}
	if parts == nil {
		each := (x.Shape[a] + len(out) - 1) / len(out)
		for k := range out {
			parts = append(parts, max(0, min(each, x.Shape[a]-k*each)))
		}
	}
	for k := range out {
		shape := append([]int{}, x.Shape...)
		shape[a] = parts[k]
		out[k] = shaped(x.DType, shape...)
	}
}

func inferGather(i *inference, out []Known) {
	x, at := i.x(0), i.x(1)
	a := axis(i.n.Int("axis", 0), len(x.Shape))
	shape := append(append(append([]int{}, x.Shape[:a]...), at.Shape...), x.Shape[a+1:]...)
	out[0] = shaped(x.DType, shape...)
}

func inferTranspose(i *inference, out []Known) {
	x := i.x(0)
	shape := make([]int, len(x.Shape))
	perm := i.n.Ints("perm")
	for k := range shape {
		if perm == nil {
			shape[k] = x.Shape[len(shape)-1-k]
		} else {
			shape[k] = x.Shape[perm[k]]
		}
	}
	out[0] = shaped(x.DType, shape...)
}

func inferReshape(i *inference, out []Known) {
	x := i.x(0)
	want := i.listFrom(5, "shape", 1)
	out[0] = shaped(x.DType, reshaped(x.Shape, product(x.Shape), want, i.n.Int("allowzero", 0) != 0)...)
}

func inferFlatten(i *inference, out []Known) {
	x := i.x(0)
	a := i.n.Int("axis", 1)
	if a < 0 {
		a += len(x.Shape)
	}
	out[0] = shaped(x.DType, product(x.Shape[:a]), product(x.Shape[a:]))
}

func inferSqueeze(i *inference, out []Known) {
	x := i.x(0)
	axes := i.listFrom(13, "axes", 1)
	drop := make([]bool, len(x.Shape))
	for _, a := range axes {
		drop[axis(a, len(drop))] = true
	}
	shape := []int{}
	for k, d := range x.Shape {
		if !drop[k] && (axes != nil || d != 1) {
			shape = append(shape, d)
		}
	}
	out[0] = shaped(x.DType, shape...)
}

func inferUnsqueeze(i *inference, out []Known) {
	x := i.x(0)
	axes := i.listFrom(13, "axes", 1)
	shape := make([]int, len(x.Shape)+len(axes))
	for _, a := range axes {
		shape[axis(a, len(shape))] = 1
	}
	rest := x.Shape
	for k := range shape {
		if shape[k] == 0 {
			shape[k], rest = rest[0], rest[1:]
			if shape[k] == 0 {
				fail("empty")
			}
		}
	}
	out[0] = shaped(x.DType, shape...)
}

func inferExpand(i *inference, out []Known) {
	x := i.x(0)
	want := i.list(1)
	for _, d := range want {
		if d < 0 {
			fail("negative")
		}
	}
	out[0] = shaped(x.DType, broadcastShape(x.Shape, want)...)
}

func inferPad(i *inference, out []Known) {
	x := i.x(0)
	if i.n.Version < 2 {
		fail("not known")
	}
	pads := i.listFrom(11, "pads", 1)
	axes := i.list(3)
	if axes == nil {
		for a := range x.Shape {
			axes = append(axes, a)
		}
	}
	shape := append([]int{}, x.Shape...)
	for k, a := range axes {
		shape[axis(a, len(shape))] += pads[k] + pads[k+len(axes)]
	}
	out[0] = shaped(x.DType, shape...)
}

func inferConstantOfShape(i *inference, out []Known) {
	dt := tensor.Float32
	if a := i.n.Attrs["value"]; a != nil && a.T != nil {
		dt = a.T.DType()
	}
	out[0] = shaped(dt, append([]int{}, i.list(0)...)...)
}

func inferDepth(i *inference, out []Known) {
	x := i.x(0)
	b := i.n.Int("blocksize", 0)
	if len(x.Shape) != 4 || b < 1 {
		fail("not valid")
	}
	s := append([]int{}, x.Shape...)
	if i.n.Op == "DepthToSpace" {
		s[1], s[2], s[3] = s[1]/(b*b), s[2]*b, s[3]*b
	} else {
		s[1], s[2], s[3] = s[1]*b*b, s[2]/b, s[3]/b
	}
	out[0] = shaped(x.DType, s...)
}
