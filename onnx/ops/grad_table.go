package ops

import (
	"math"
	"slices"
	"sort"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
)

// rule makes an operator's vjp for a node.
type rule struct {
	name string
	make func(n *graph.Node) vjp
}

// gradients is the rule of each operator of ai.onnx that has one, sorted by name.
func gradients() []rule {
	return []rule{
		{"Abs", slope(func(x, _ float64) float64 { return where(x > 0, 1, where(x < 0, -1, 0)) })},
		{"Acos", slope(func(x, _ float64) float64 { return -1 / math.Sqrt(1-x*x) })},
		{"Add", always(addBack)},
		{"Asin", slope(func(x, _ float64) float64 { return 1 / math.Sqrt(1-x*x) })},
		{"Atan", slope(func(x, _ float64) float64 { return 1 / (1 + x*x) })},
		{"AveragePool", always(averagePoolBack)},
		{"BatchNormalization", always(batchNormBack)},
		{"Cast", always(castBack)},
		{"CastLike", always(castBack)},
		{"Celu", slopeOf(celuSlope)},
		{"CenterCropPad", movedBack(0)},
		{"Clip", clipBack},
		{"Compress", movedBack(0)},
		{"Concat", always(concatBack)},
		{"Conv", always(convBack(false))},
		{"ConvTranspose", always(convBack(true))},
		{"Cos", slope(func(x, _ float64) float64 { return -math.Sin(x) })},
		{"Cosh", slope(func(x, _ float64) float64 { return math.Sinh(x) })},
		{"CumSum", always(cumSumBack)},
		{"DepthToSpace", movedBack(0)},
		{"Div", always(divBack)},
		{"Dropout", always(dropoutBack)},
		{"Einsum", always(einsumBack)},
		{"Elu", slopeOf(eluSlope)},
		{"Erf", slope(erfSlope)},
		{"Exp", slope(func(_, y float64) float64 { return y })},
		{"Expand", always(expandBack)},
		{"Flatten", always(sameBack)},
		{"Gather", movedBack(0)},
		{"GatherElements", movedBack(0)},
		{"GatherND", movedBack(0)},
		{"Gelu", slopeOf(geluSlope)},
		{"Gemm", always(gemmBack)},
		{"GlobalAveragePool", always(globalPoolBack(false))},
		{"GlobalMaxPool", always(globalPoolBack(true))},
		{"GroupNormalization", always(groupNormBack)},
		{"HardSigmoid", slopeOf(hardSigmoidSlope)},
		{"HardSwish", slope(hardSwishSlope)},
		{"Identity", always(sameBack)},
		{"InstanceNormalization", always(instanceNormBack)},
		{"LayerNormalization", always(layerNormBack(true))},
		{"LeakyRelu", slopeOf(leakySlope)},
		{"Log", slope(func(x, _ float64) float64 { return 1 / x })},
		{"LogSoftmax", softmaxBack(true)},
		{"LpNormalization", always(lpNormBack)},
		{"MatMul", always(matMulBack)},
		{"Max", always(extremeBack)},
		{"MaxPool", always(maxPoolBack)},
		{"Mean", always(sumBack(true))},
		{"Min", always(extremeBack)},
		{"Mish", slope(mishSlope)},
		{"Mul", always(mulBack)},
		{"Neg", slope(func(_, _ float64) float64 { return -1 })},
		{"NegativeLogLikelihoodLoss", always(lossBack(false))},
		{"PRelu", always(preluBack)},
		{"Pad", always(padBack)},
		{"Pow", always(powBack)},
		{"RMSNormalization", always(layerNormBack(false))},
		{"Reciprocal", slope(func(_, y float64) float64 { return -y * y })},
		{"ReduceL1", reduceSlope(func(x, _, _ float64) float64 { return where(x > 0, 1, where(x < 0, -1, 0)) })},
		{"ReduceL2", reduceSlope(func(x, y, _ float64) float64 { return where(y > 0, x/y, 0) })},
		{"ReduceLogSum", reduceSlope(func(_, y, _ float64) float64 { return math.Exp(-y) })},
		{"ReduceLogSumExp", reduceSlope(func(x, y, _ float64) float64 { return math.Exp(x - y) })},
		{"ReduceMax", always(reduceExtremeBack)},
		{"ReduceMean", reduceSlope(func(_, _, n float64) float64 { return 1 / n })},
		{"ReduceMin", always(reduceExtremeBack)},
		{"ReduceProd", always(reduceProdBack)},
		{"ReduceSum", reduceSlope(func(_, _, _ float64) float64 { return 1 })},
		{"ReduceSumSquare", reduceSlope(func(x, _, _ float64) float64 { return 2 * x })},
		{"Relu", slope(func(x, _ float64) float64 { return where(x > 0, 1, 0) })},
		{"Reshape", always(sameBack)},
		{"Resize", always(resizeBack)},
		{"ReverseSequence", movedBack(0)},
		{"Selu", slopeOf(seluSlope)},
		{"Sigmoid", slope(func(_, y float64) float64 { return y * (1 - y) })},
		{"Sin", slope(func(x, _ float64) float64 { return math.Cos(x) })},
		{"Sinh", slope(func(x, _ float64) float64 { return math.Cosh(x) })},
		{"Slice", movedBack(0)},
		{"Softmax", softmaxBack(false)},
		{"SoftmaxCrossEntropyLoss", always(lossBack(true))},
		{"Softplus", slope(func(x, _ float64) float64 { return sigmoid(x) })},
		{"Softsign", slope(func(x, _ float64) float64 { return 1 / ((1 + math.Abs(x)) * (1 + math.Abs(x))) })},
		{"SpaceToDepth", movedBack(0)},
		{"Split", movedBack(0)},
		{"Sqrt", slope(func(_, y float64) float64 { return 0.5 / y })},
		{"Squeeze", always(sameBack)},
		{"Sub", always(subBack)},
		{"Sum", always(sumBack(false))},
		{"Swish", slopeOf(swishSlope)},
		{"Tan", slope(func(_, y float64) float64 { return 1 + y*y })},
		{"Tanh", slope(func(_, y float64) float64 { return 1 - y*y })},
		{"ThresholdedRelu", slopeOf(thresholdedSlope)},
		{"Tile", movedBack(0)},
		{"TopK", always(topKBack)},
		{"Transpose", always(transposeBack)},
		{"Trilu", always(triluBack)},
		{"Unsqueeze", always(sameBack)},
		{"Upsample", always(resizeBack)},
		{"Where", always(whereBack)},
	}
}

// ruleFor is the rule for n among rules, nil where there is none.
func ruleFor(rules []rule, n *graph.Node) vjp {
	i := sort.Search(len(rules), func(i int) bool { return rules[i].name >= n.Op })
	if n.Domain != "" || i == len(rules) || rules[i].name != n.Op {
		return nil
	}
	return rules[i].make(n)
}

// Differentiable are the names of the operators of ai.onnx that gradients go back through, sorted.
func Differentiable() []string {
	var names []string
	for _, g := range gradients() {
		names = append(names, g.name)
	}
	return names
}

// constantOps are operators whose results don't change with small changes of their inputs, or are no floats.
var constantOps = []string{"And", "ArgMax", "ArgMin", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Ceil",
	"ConstantOfShape", "Equal", "EyeLike", "Floor", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "NonMaxSuppression",
	"NonZero", "Not", "OneHot", "Or", "QuantizeLinear", "RandomNormalLike", "RandomUniformLike", "Range", "Round", "Shape", "Sign", "Size", "Xor"}

// still reports whether n's results don't change with small changes of input i.
func still(n *graph.Node, i int) bool {
	if n.Domain != "" {
		return false
	}
	if _, found := slices.BinarySearch(constantOps, n.Op); found {
		return true
	}
	switch n.Op {
	case "Expand", "Reshape", "Resize", "Upsample", "Tile", "Slice", "TopK", "CumSum", "Gather", "GatherElements", "GatherND", "Clip", "CastLike",
		"Squeeze", "Unsqueeze", "Dropout", "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss", "Split", "CenterCropPad", "Compress", "Pad":
		return i > 0
	case "Where":
		return i == 0
	}
	return false
}
