package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func arrayFeatureOp(*graph.Node) Kernel {
	return func(c *Call) {
		x, idx := c.in(0), c.in(1)
		if x.Rank() == 0 {
			fail("want at least one dimension, got %v", x)
		}
		out := c.take(x, c.cast(idx, tensor.Int64, true, "").Int64(), x.Rank()-1)
		if x.Rank() == 1 {
			out = out.View(1, out.Len())
		}
		c.Out[0] = out
	}
}

func binarizerOp(n *graph.Node) Kernel {
	limit := float64(n.Float("threshold", 0))
	return func(c *Call) {
		inFloat64(c, func(x, out *tensor.Tensor) {
			for i, v := range x.Float64() {
				out.Float64()[i] = 0
				if v > limit {
					out.Float64()[i] = 1
				}
			}
		})
	}
}

// labelTensor is keys or values of a LabelEncoder: a tensor attribute, or one of the lists.
func labelTensor(n *graph.Node, what string) *tensor.Tensor {
	if a := n.Attrs[what+"_tensor"]; a != nil {
		return a.T
	}
	if a := n.Attrs[what+"_floats"]; a != nil {
		return tensor.FromFloat32([]int{len(a.Floats)}, a.Floats)
	}
	if a := n.Attrs[what+"_int64s"]; a != nil {
		return tensor.FromInt64([]int{len(a.Ints)}, a.Ints)
	}
	if a := n.Attrs[what+"_strings"]; a != nil {
		return tensor.FromStrings([]int{len(a.Strings)}, a.Strings)
	}
	return nil
}

func labelEncoderOp(n *graph.Node) Kernel {
	keys, values := labelTensor(n, "keys"), labelTensor(n, "values")
	if n.Version == 1 {
		a := n.Attrs["classes_strings"]
		if a == nil {
			fail("classes_strings is missing")
		}
		return labelEncoder1(a.Strings, int64(n.Int("default_int64", -1)), n.Str("default_string", "_Unused"))
	}
	if keys == nil || values == nil || keys.Len() != values.Len() {
		fail("keys and values differ in number")
	}
	var def *tensor.Tensor
	switch {
	case n.Has("default_tensor"):
		def = n.Attrs["default_tensor"].T
	case values.DType() == tensor.String:
		def = tensor.FromStrings([]int{1}, []string{n.Str("default_string", "_Unused")})
	case values.DType() == tensor.Int64:
		def = tensor.FromInt64([]int{1}, []int64{int64(n.Int("default_int64", -1))})
	default:
		def = tensor.FromFloat32([]int{1}, []float32{n.Float("default_float", 0)})
	}
	if def.Len() != 1 || def.DType() != values.DType() {
		fail("default %v does not fit values %v", def, values)
	}
	return func(c *Call) {
		x := c.in(0)
		c.sameType(x, keys)
		out := c.New(values.DType(), x.Shape()...)
		find := c.finder(keys)
		at := find(x)
		for i, k := range at {
			if k < 0 {
				c.copyRows(out, def, 1, 1, 0, i, 0, 0)
			} else {
				c.copyRows(out, values, 1, 1, 0, i, 0, k)
			}
		}
		c.Out[0] = out
	}
}

// finder looks elements up among keys: the place of the last equal key, −1 where there is none.
func (c *Call) finder(keys *tensor.Tensor) func(x *tensor.Tensor) []int {
	if keys.DType() == tensor.String {
		m := map[string]int{}
		for i, k := range keys.Strings() {
			m[k] = i
		}
		return func(x *tensor.Tensor) []int { return lookUp(m, x.Strings()) }
	}
	if keys.DType().IsInt() {
		m := map[int64]int{}
		for i, k := range c.cast(keys, tensor.Int64, true, "").Int64() {
			m[k] = i
		}
		return func(x *tensor.Tensor) []int { return lookUp(m, c.cast(x, tensor.Int64, true, "").Int64()) }
	}
	m := map[uint64]int{} // by bits, all NaN alike
	bits := func(t *tensor.Tensor) []uint64 {
		out := make([]uint64, t.Len())
		for i, v := range c.cast(t, tensor.Float64, true, "").Float64() {
			if v != v {
				v = math.NaN()
			}
			out[i] = math.Float64bits(v + 0)
		}
		return out
	}
	for i, k := range bits(keys) {
		m[k] = i
	}
	return func(x *tensor.Tensor) []int { return lookUp(m, bits(x)) }
}

func lookUp[K comparable](m map[K]int, x []K) []int {
	out := make([]int, len(x))
	for i, v := range x {
		out[i] = -1
		if k, ok := m[v]; ok {
			out[i] = k
		}
	}
	return out
}

func labelEncoder1(classes []string, defInt int64, defString string) Kernel {
	return func(c *Call) {
		x := c.in(0)
		if x.DType() == tensor.String {
			at := c.finder(tensor.FromStrings([]int{len(classes)}, classes))(x)
			out := make([]int64, len(at))
			for i, k := range at {
				out[i] = int64(k)
				if k < 0 {
					out[i] = defInt
				}
			}
			c.Out[0] = tensor.FromInt64(x.Shape(), out)
			return
		}
		out := make([]string, x.Len())
		for i, v := range x.Int64() {
			out[i] = defString
			if v >= 0 && v < int64(len(classes)) {
				out[i] = classes[v]
			}
		}
		c.Out[0] = tensor.FromStrings(x.Shape(), out)
	}
}

// treeEnsembleOp sums leaves of decision trees (ai.onnx.ml TreeEnsemble-5).
func treeEnsembleOp(n *graph.Node) Kernel {
	attr := func(name string) *tensor.Tensor {
		if a := n.Attrs[name]; a != nil {
			return a.T
		}
		return nil
	}
	features, trueIDs, falseIDs := n.Ints("nodes_featureids"), n.Ints("nodes_truenodeids"), n.Ints("nodes_falsenodeids")
	trueLeafs, falseLeafs := n.Ints("nodes_trueleafs"), n.Ints("nodes_falseleafs")
	missing := n.Ints("nodes_missing_value_tracks_true")
	roots, targets := n.Ints("tree_roots"), n.Ints("leaf_targetids")
	nTargets := n.Int("n_targets", 1)
	aggregate, post := n.Int("aggregate_function", 1), n.Int("post_transform", 0)
	splits, modes, weights := attr("nodes_splits"), attr("nodes_modes"), attr("leaf_weights")
	if splits == nil || modes == nil || weights == nil || nTargets < 1 || nTargets > 1<<20 {
		fail("nodes_splits, nodes_modes and leaf_weights are needed")
	}
	k := len(features)
	for _, l := range [][]int{trueIDs, falseIDs, trueLeafs, falseLeafs} {
		if len(l) != k {
			fail("nodes: lists differ in length")
		}
	}
	if splits.Len() != k || modes.Len() != k || weights.Len() != len(targets) {
		fail("nodes: lists differ in length")
	}
	plain := &Call{Threads: 1, Mem: plainMemory{}}
	split := plain.cast(splits, tensor.Float64, true, "").Float64()
	leaf := plain.cast(weights, tensor.Float64, true, "").Float64()
	mode := modes.Uint8()
	members := map[int]map[float64]bool{}
	if m := attr("membership_values"); m != nil {
		sets := plain.cast(m, tensor.Float64, true, "").Float64()
		at := 0
		for i := range k {
			if mode[i] != 6 {
				continue
			}
			members[i] = map[float64]bool{}
			for at < len(sets) && sets[at] == sets[at] {
				members[i][sets[at]] = true
				at++
			}
			at++
		}
	}
	decide := func(i int, v float64) bool {
		if v != v {
			return i < len(missing) && missing[i] != 0
		}
		switch mode[i] {
		case 0:
			return v <= split[i]
		case 1:
			return v < split[i]
		case 2:
			return v >= split[i]
		case 3:
			return v > split[i]
		case 4:
			return v == split[i]
		case 5:
			return v != split[i]
		}
		return members[i][v]
	}
	return func(c *Call) {
		x := c.in(0)
		if x.Rank() != 2 {
			fail("want rows of features, got %v", x)
		}
		rows, cols := x.Shape()[0], x.Shape()[1]
		src := c.cast(x, tensor.Float64, true, "").Float64()
		out := c.Zeros(tensor.Float64, rows, nTargets)
		for r := range rows {
			sum := out.Float64()[r*nTargets:][:nTargets]
			hit := make([]bool, nTargets)
			for _, root := range roots {
				i, isLeaf := root, false
				for range k + 1 {
					if isLeaf {
						break
					}
					if decide(i, src[r*cols+index(features[i], cols)]) {
						i, isLeaf = trueIDs[i], trueLeafs[i] != 0
					} else {
						i, isLeaf = falseIDs[i], falseLeafs[i] != 0
					}
				}
				if !isLeaf {
					fail("the trees contain a cycle")
				}
				t, w := targets[i], leaf[i]
				switch {
				case aggregate == 2 && hit[t]:
					sum[t] = math.Min(sum[t], w)
				case aggregate == 3 && hit[t]:
					sum[t] = math.Max(sum[t], w)
				default:
					sum[t] += w
				}
				hit[t] = true
			}
			if aggregate == 0 && len(roots) > 0 {
				for t := range sum {
					sum[t] /= float64(len(roots))
				}
			}
			postTransform(sum, post)
		}
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

func postTransform(v []float64, kind int) {
	switch kind {
	case 1:
		softmaxLoop(append([]float64{}, v...), v, 1, len(v), 1, false)
	case 2:
		for i := range v {
			v[i] = sigmoid(v[i])
		}
	case 3:
		sum := 0.0
		for i := range v {
			if v[i] != 0 {
				v[i] = math.Exp(v[i])
				sum += v[i]
			}
		}
		for i := range v {
			v[i] /= sum
		}
	case 4:
		for i := range v {
			v[i] = math.Sqrt2 * math.Erfinv(2*v[i]-1)
		}
	}
}

// plainMemory lends from the heap, for small work at load.
type plainMemory struct{}

func (plainMemory) Alloc(n int) (*tensor.Buffer, error) {
	return &tensor.Buffer{Bytes: make([]byte, n)}, nil
}

func (plainMemory) Free(*tensor.Buffer) {}
