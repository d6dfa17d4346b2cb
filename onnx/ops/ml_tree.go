package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// forest is the trees of TreeEnsembleClassifier and TreeEnsembleRegressor, whose nodes are numbered within each tree.
type forest struct {
	mode          []string
	feature       []int
	split         []float64
	missing       []int
	yes, no       []int // places of the nodes that follow
	roots         []int
	leaves        map[int][]leafWeight
	base          []float64
	post, outputs int
	positive      bool // no weight is negative
	oneClass      bool // all weights are of one class
}

type leafWeight struct {
	target int
	weight float64
}

// numbersOf is a list of floats, given as such or, from version 3 on, as a tensor.
func numbersOf(n *graph.Node, name string) []float64 {
	if a := n.Attrs[name+"_as_tensor"]; a != nil && a.T != nil {
		plain := &Call{Threads: 1, Mem: plainMemory{}}
		return plain.cast(a.T, tensor.Float64, true, "").Float64()
	}
	return floatsOf(n, name)
}

func forestOf(n *graph.Node, what string, outputs int) *forest {
	f := &forest{feature: n.Ints("nodes_featureids"), split: numbersOf(n, "nodes_values"), missing: n.Ints("nodes_missing_value_tracks_true"),
		base: numbersOf(n, "base_values"), post: postOf(n), outputs: outputs, leaves: map[int][]leafWeight{}, positive: true, oneClass: true}
	if a := n.Attrs["nodes_modes"]; a != nil {
		f.mode = a.Strings
	}
	trees, nodes := n.Ints("nodes_treeids"), n.Ints("nodes_nodeids")
	yes, no := n.Ints("nodes_truenodeids"), n.Ints("nodes_falsenodeids")
	k := len(nodes)
	for _, l := range []int{len(trees), len(f.feature), len(f.mode), len(f.split), len(yes), len(no)} {
		if l != k {
			fail("nodes: lists differ in length")
		}
	}
	place := make(map[[2]int]int, k)
	for i := range nodes {
		key := [2]int{trees[i], nodes[i]}
		if _, twice := place[key]; twice {
			fail("node %d of tree %d is given twice", nodes[i], trees[i])
		}
		place[key] = i
	}
	f.yes, f.no = make([]int, k), make([]int, k)
	child := make([]bool, k)
	for i := range nodes {
		if f.mode[i] == "LEAF" {
			continue
		}
		for _, side := range []struct {
			to  []int
			ids []int
		}{{f.yes, yes}, {f.no, no}} {
			at, ok := place[[2]int{trees[i], side.ids[i]}]
			if !ok {
				fail("tree %d has no node %d", trees[i], side.ids[i])
			}
			side.to[i] = at
			child[at] = true
		}
	}
	seen := map[int]bool{}
	for i := range nodes {
		if !child[i] && !seen[trees[i]] {
			seen[trees[i]] = true
			f.roots = append(f.roots, i)
		}
	}
	f.weights(n, what, place)
	return f
}

// weights reads what the leaves add, to targets or classes.
func (f *forest) weights(n *graph.Node, what string, place map[[2]int]int) {
	trees, nodes, ids, weights := n.Ints(what+"_treeids"), n.Ints(what+"_nodeids"), n.Ints(what+"_ids"), numbersOf(n, what+"_weights")
	if len(trees) != len(ids) || len(nodes) != len(ids) || len(weights) != len(ids) {
		fail("%s: lists differ in length", what)
	}
	for i, id := range ids {
		at, ok := place[[2]int{trees[i], nodes[i]}]
		if !ok || id < 0 || id >= f.outputs {
			fail("%s: no node %d in tree %d, or no number %d", what, nodes[i], trees[i], id)
		}
		f.leaves[at] = append(f.leaves[at], leafWeight{id, weights[i]})
		f.positive = f.positive && weights[i] >= 0
		f.oneClass = f.oneClass && id == ids[0]
	}
}

// leaf is the node at which a row ends in the tree with the given root.
func (f *forest) leaf(root int, row []float64) int {
	i := root
	for range len(f.mode) {
		if f.mode[i] == "LEAF" {
			return i
		}
		v := row[index(f.feature[i], len(row))]
		s := f.split[i]
		var yes bool
		switch f.mode[i] {
		case "BRANCH_LEQ":
			yes = v <= s
		case "BRANCH_LT":
			yes = v < s
		case "BRANCH_GTE":
			yes = v >= s
		case "BRANCH_GT":
			yes = v > s
		case "BRANCH_EQ":
			yes = v == s
		case "BRANCH_NEQ":
			yes = v != s
		default:
			fail("node mode %q is not known", f.mode[i])
		}
		if yes || v != v && i < len(f.missing) && f.missing[i] != 0 {
			i = f.yes[i]
		} else {
			i = f.no[i]
		}
	}
	if f.mode[i] != "LEAF" {
		fail("the trees contain a cycle")
	}
	return i
}

// score aggregates the leaves of a row; hit says which outputs any leaf has added to.
func (f *forest) score(row []float64, aggregate string) (sum []float64, hit []bool) {
	sum, hit = make([]float64, f.outputs), make([]bool, f.outputs)
	for _, root := range f.roots {
		for _, w := range f.leaves[f.leaf(root, row)] {
			switch {
			case !hit[w.target] || aggregate == "SUM" || aggregate == "AVERAGE":
				sum[w.target] += w.weight
			case aggregate == "MIN":
				sum[w.target] = math.Min(sum[w.target], w.weight)
			case aggregate == "MAX":
				sum[w.target] = math.Max(sum[w.target], w.weight)
			default:
				fail("aggregate_function %q is not known", aggregate)
			}
			hit[w.target] = true
		}
	}
	if aggregate == "AVERAGE" {
		for i := range sum {
			sum[i] /= float64(len(f.roots))
		}
	}
	return sum, hit
}

func treeRegressorOp(n *graph.Node) Kernel {
	targets := n.Int("n_targets", 1)
	if targets < 1 || targets > 1<<20 {
		fail("n_targets: %d", targets)
	}
	f := forestOf(n, "target", targets)
	if len(f.base) != 0 && len(f.base) != targets {
		fail("base_values: want %d, got %d", targets, len(f.base))
	}
	aggregate := n.Str("aggregate_function", "SUM")
	return func(c *Call) {
		x, rows, cols := c.rowsOf()
		out := c.New(tensor.Float64, rows, targets)
		for r := range rows {
			sum, _ := f.score(x[r*cols:][:cols], aggregate)
			for i, v := range f.base {
				sum[i] += v
			}
			copy(out.Float64()[r*targets:], finishScores(sum, f.post, noSecond))
		}
		c.Out[0] = c.cast(out, tensor.Float32, true, "")
	}
}

func treeClassifierOp(n *graph.Node) Kernel {
	labels := labelsOf(n, "classlabels_int64s", "classlabels_strings")
	classes := labels.len()
	if classes < 1 {
		fail("classlabels are missing")
	}
	f := forestOf(n, "class", classes)
	if len(f.base) > classes {
		fail("base_values: want %d, got %d", classes, len(f.base))
	}
	return func(c *Call) {
		x, rows, cols := c.rowsOf()
		var at []int
		var out []float64
		for r := range rows {
			sum, hit := f.score(x[r*cols:][:cols], "SUM")
			label, s := f.classify(sum, hit)
			at = append(at, label)
			out = append(out, s...)
		}
		c.Out[0] = labels.tensor(at)
		if len(c.Out) > 1 {
			c.Out[1] = c.cast(tensor.FromFloat64([]int{rows, len(out) / max(1, rows)}, out), tensor.Float32, true, "")
		}
	}
}

// classify chooses the class and finishes the scores, as onnxruntime does where the specification is silent: of two classes the
// sign of the second's score tells, or of the first's where the trees add to that alone; one half where no weight is negative.
func (f *forest) classify(sum []float64, hit []bool) (int, []float64) {
	if f.outputs != 2 {
		for i, v := range f.base {
			sum[i] += v
			hit[i] = true
		}
		best := -1
		for i, v := range sum {
			if hit[i] && (best < 0 || v > sum[best]) {
				best = i
			}
		}
		return max(best, 0), finishScores(sum, f.post, noSecond)
	}
	switch {
	case len(f.base) == 2 && hit[1]: // the first base value is not used
		sum[1] = f.base[1] + sum[0]
		sum[0] = -sum[1]
	case len(f.base) == 2:
		sum[0] += f.base[0]
		sum[1] += f.base[1]
	case len(f.base) == 1:
		sum[0] += f.base[0]
	}
	if len(f.base) < 2 && !hit[1] {
		sum = sum[:1]
	}
	for i := range sum {
		if !hit[i] {
			sum[i] = 0
		}
	}
	positive := sum[0]
	if hit[1] {
		positive = sum[1]
	}
	limit, how := 0.0, noSecond
	if f.oneClass || len(f.base) == 0 {
		how = opposite
	}
	if f.oneClass && f.positive {
		limit, how = 0.5, complement
	}
	label := 0
	if positive > limit {
		label = 1
	}
	return label, finishScores(sum, f.post, how)
}
