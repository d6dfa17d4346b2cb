package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// rowsOf is input 0 as rows of features; one dimension is one row.
func (c *Call) rowsOf() (x []float64, rows, cols int) {
	t := c.in(0)
	switch t.Rank() {
	case 1:
		rows, cols = 1, t.Len()
	case 2:
		rows, cols = t.Shape()[0], t.Shape()[1]
	default:
		fail("want rows of features, got %v", t)
	}
	if t.DType() == tensor.String {
		dtypeError(t)
	}
	return c.cast(t, tensor.Float64, true, "").Float64(), rows, cols
}

func floatsOf(n *graph.Node, name string) []float64 {
	a := n.Attrs[name]
	if a == nil {
		return nil
	}
	out := make([]float64, len(a.Floats))
	for i, v := range a.Floats {
		out[i] = float64(v)
	}
	return out
}

// postTransforms are the names of what is done to scores in the end, by the numbers of TreeEnsemble-5.
func postOf(n *graph.Node) int {
	name := n.Str("post_transform", "NONE")
	for i, k := range []string{"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"} {
		if k == name {
			return i
		}
	}
	fail("post_transform %q is not known", name)
	return 0
}

// classLabels are a classifier's names of its classes, of one of the two types.
type classLabels struct {
	ints    []int64
	strings []string
}

func labelsOf(n *graph.Node, ints, strings string) *classLabels {
	l := &classLabels{}
	if a := n.Attrs[strings]; a != nil {
		l.strings = a.Strings
	}
	if a := n.Attrs[ints]; a != nil {
		l.ints = a.Ints
	}
	if len(l.ints) > 0 && len(l.strings) > 0 {
		fail("labels are given as integers and as strings")
	}
	return l
}

func (l *classLabels) len() int { return max(len(l.ints), len(l.strings)) }

// tensor is the labels of the classes at the given places.
func (l *classLabels) tensor(at []int) *tensor.Tensor {
	if len(l.strings) > 0 {
		out := make([]string, len(at))
		for i, k := range at {
			out[i] = l.strings[index(k, len(l.strings))]
		}
		return tensor.FromStrings([]int{len(at)}, out)
	}
	out := make([]int64, len(at))
	for i, k := range at {
		if out[i] = int64(k); len(l.ints) > 0 {
			out[i] = l.ints[index(k, len(l.ints))]
		}
	}
	return tensor.FromInt64([]int{len(at)}, out)
}

// second says how the score of one class of two is made a pair of scores.
type second int

const (
	noSecond   second = iota
	complement        // 1−s and s
	opposite          // −s and s, or the logistic of both
)

// scores are what a classifier gives for one row: post-processed, and made a pair where there is one of two.
func finishScores(s []float64, post int, how second) []float64 {
	if len(s) >= 2 {
		postTransform(s, post)
		return s
	}
	switch {
	case post == 4:
		s[0] = math.Sqrt2 * math.Erfinv(2*s[0]-1)
	case how != noSecond && post == 2:
		return []float64{sigmoid(-s[0]), sigmoid(s[0])}
	case how == complement:
		return []float64{1 - s[0], s[0]}
	case how == opposite:
		return []float64{-s[0], s[0]}
	}
	return s
}

func largest(v []float64) int {
	best := 0
	for i, x := range v {
		if x > v[best] {
			best = i
		}
	}
	return best
}

// linearScores are x·coefficientsᵀ + intercepts.
func linearScores(x, coefficients, intercepts []float64, cols, targets int) []float64 {
	out := make([]float64, targets)
	for t := range out {
		if t < len(intercepts) {
			out[t] = intercepts[t]
		}
		for k, w := range coefficients[t*cols:][:cols] {
			out[t] += w * x[k]
		}
	}
	return out
}

func linearRegressorOp(n *graph.Node) Kernel {
	coefficients, intercepts := floatsOf(n, "coefficients"), floatsOf(n, "intercepts")
	targets, post := n.Int("targets", 1), postOf(n)
	if targets < 1 || len(intercepts) != 0 && len(intercepts) != targets {
		fail("want %d intercepts, got %d", targets, len(intercepts))
	}
	return func(c *Call) {
		x, rows, cols := c.rowsOf()
		if len(coefficients) != targets*cols {
			fail("want %d coefficients, got %d", targets*cols, len(coefficients))
		}
		out := make([]float64, 0, rows*targets)
		for r := range rows {
			s := linearScores(x[r*cols:][:cols], coefficients, intercepts, cols, targets)
			if targets > 1 || post == 4 {
				s = finishScores(s, post, noSecond)
			}
			out = append(out, s...)
		}
		c.Out[0] = c.cast(tensor.FromFloat64([]int{rows, targets}, out), tensor.Float32, true, "")
	}
}

func linearClassifierOp(n *graph.Node) Kernel {
	coefficients, intercepts := floatsOf(n, "coefficients"), floatsOf(n, "intercepts")
	labels, post := labelsOf(n, "classlabels_ints", "classlabels_strings"), postOf(n)
	return func(c *Call) {
		x, rows, cols := c.rowsOf()
		if cols == 0 || len(coefficients)%cols != 0 || len(coefficients) == 0 {
			fail("%d coefficients don't fit %d features", len(coefficients), cols)
		}
		classes := len(coefficients) / cols
		pair := classes == 1 && labels.len() == 2
		if labels.len() != 0 && labels.len() != classes && !pair {
			fail("%d labels don't fit %d classes", labels.len(), classes)
		}
		var at []int
		var scores []float64
		for r := range rows {
			s := linearScores(x[r*cols:][:cols], coefficients, intercepts, cols, classes)
			if classes > 1 {
				at = append(at, largest(s))
				scores = append(scores, finishScores(s, post, noSecond)...)
				continue
			}
			positive := 0
			if s[0] > 0 {
				positive = 1
			}
			at = append(at, positive)
			how := noSecond
			if pair {
				how = complement
			}
			scores = append(scores, finishScores(s, post, how)...)
		}
		c.Out[0] = labels.tensor(at)
		if len(c.Out) > 1 {
			c.Out[1] = c.cast(tensor.FromFloat64([]int{rows, len(scores) / max(1, rows)}, scores), tensor.Float32, true, "")
		}
	}
}

func scalerOp(n *graph.Node) Kernel {
	offset, scale := floatsOf(n, "offset"), floatsOf(n, "scale")
	return func(c *Call) {
		t := c.in(0)
		if t.Rank() < 1 || t.DType() == tensor.String {
			dtypeError(t)
		}
		cols := t.Shape()[t.Rank()-1]
		pick := func(v []float64, i int) float64 {
			switch len(v) {
			case 1:
				return v[0]
			case cols:
				return v[i%cols]
			}
			fail("offset and scale: want 1 or %d values, got %d", cols, len(v))
			return 0
		}
		x := c.cast(t, tensor.Float64, true, "").Float64()
		out := make([]float64, len(x))
		for i, v := range x {
			out[i] = (v - pick(offset, i)) * pick(scale, i)
		}
		c.Out[0] = c.cast(tensor.FromFloat64(t.Shape(), out), tensor.Float32, true, "")
	}
}

func normalizerOp(n *graph.Node) Kernel {
	norm := n.Str("norm", "MAX")
	return func(c *Call) {
		x, rows, cols := c.rowsOf()
		out := make([]float64, len(x))
		for r := range rows {
			row := x[r*cols:][:cols]
			by := 0.0
			for i, v := range row {
				switch norm {
				case "L1":
					by += math.Abs(v)
				case "L2":
					by += v * v
				case "MAX":
					if i == 0 || v > by {
						by = v
					}
				default:
					fail("norm %q is not known", norm)
				}
			}
			if norm == "L2" {
				by = math.Sqrt(by)
			}
			for i, v := range row {
				out[r*cols+i] = v
				if by != 0 {
					out[r*cols+i] = v / by
				}
			}
		}
		c.Out[0] = c.cast(tensor.FromFloat64(c.in(0).Shape(), out), tensor.Float32, true, "")
	}
}

func imputerOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		cols := 1
		if x.Rank() > 0 {
			cols = x.Shape()[x.Rank()-1]
		}
		pick := func(count, i int) int {
			if count != 1 && count != cols {
				fail("imputed values: want 1 or %d, got %d", cols, count)
			}
			return i % cols % count
		}
		switch x.DType() {
		case tensor.Int64:
			a := n.Attrs["imputed_value_int64s"]
			if a == nil {
				fail("imputed_value_int64s is missing")
			}
			old := int64(n.Int("replaced_value_int64", 0))
			out := c.copyOf(x)
			for i, v := range out.Int64() {
				if v == old {
					out.Int64()[i] = a.Ints[pick(len(a.Ints), i)]
				}
			}
			c.Out[0] = out
		case tensor.Float32, tensor.Float64:
			values := floatsOf(n, "imputed_value_floats")
			if len(values) == 0 {
				fail("imputed_value_floats is missing")
			}
			old := float64(n.Float("replaced_value_float", 0))
			out := c.copyOf(c.cast(x, tensor.Float64, true, ""))
			for i, v := range out.Float64() {
				if v == old || v != v && old != old {
					out.Float64()[i] = values[pick(len(values), i)]
				}
			}
			c.Out[0] = c.cast(out, x.DType(), true, "")
		default:
			dtypeError(x)
		}
	}
}
