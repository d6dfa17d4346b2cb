package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// svm is the parts that the two operators of support vectors share.
type svm struct {
	kind                       string
	gamma, coef0, degree       float64
	coefficients, vectors, rho []float64
	post                       int
}

func svmOf(n *graph.Node) *svm {
	s := &svm{kind: n.Str("kernel_type", "LINEAR"), coefficients: floatsOf(n, "coefficients"), vectors: floatsOf(n, "support_vectors"),
		rho: floatsOf(n, "rho"), post: postOf(n)}
	if p := floatsOf(n, "kernel_params"); len(p) >= 3 {
		s.gamma, s.coef0, s.degree = p[0], p[1], p[2]
	}
	return s
}

func (s *svm) kernel(a, b []float64) float64 {
	sum := 0.0
	if s.kind == "RBF" {
		for i, v := range a {
			sum += (v - b[i]) * (v - b[i])
		}
		return math.Exp(-s.gamma * sum)
	}
	for i, v := range a {
		sum += v * b[i]
	}
	switch s.kind {
	case "LINEAR":
		return sum
	case "POLY":
		return math.Pow(s.gamma*sum+s.coef0, s.degree)
	case "SIGMOID":
		return math.Tanh(s.gamma*sum + s.coef0)
	}
	fail("kernel_type %q is not known", s.kind)
	return 0
}

func svmRegressorOp(n *graph.Node) Kernel {
	s := svmOf(n)
	supports, one := n.Int("n_supports", 0), n.Int("one_class", 0) != 0
	if len(s.rho) == 0 || supports < 0 || len(s.coefficients) < supports {
		fail("rho or coefficients are missing")
	}
	return func(c *Call) {
		x, rows, cols := c.rowsOf()
		if len(s.vectors) < supports*cols || supports == 0 && len(s.coefficients) < cols {
			fail("support vectors don't fit %d features", cols)
		}
		out := make([]float64, rows)
		for r := range out {
			row := x[r*cols:][:cols]
			sum := s.rho[0]
			if supports > 0 {
				for k := range supports {
					sum += s.coefficients[k] * s.kernel(row, s.vectors[k*cols:][:cols])
				}
			} else {
				linear := *s
				sum += linear.kernel(row, s.coefficients[:cols])
			}
			if one {
				sum = where(sum > 0, 1, -1)
			}
			out[r] = sum
		}
		c.Out[0] = c.cast(tensor.FromFloat64([]int{rows, 1}, out), tensor.Float32, true, "")
	}
}

func svmClassifierOp(n *graph.Node) Kernel {
	s := svmOf(n)
	labels := labelsOf(n, "classlabels_ints", "classlabels_strings")
	perClass := n.Ints("vectors_per_class")
	probA, probB := floatsOf(n, "prob_a"), floatsOf(n, "prob_b")
	total := 0
	starts := []int{}
	for _, k := range perClass {
		if k < 0 {
			fail("vectors_per_class: %d", k)
		}
		starts = append(starts, total)
		total += k
	}
	classes := len(perClass)
	pairs := classes * (classes - 1) / 2
	if total > 0 && (len(s.coefficients) < (classes-1)*total || len(s.rho) < pairs || len(probA) != len(probB) || len(probA) > 0 && len(probA) < pairs) {
		fail("coefficients, rho or probabilities don't fit %d classes", classes)
	}
	if total == 0 && len(s.rho) == 0 {
		fail("rho is missing")
	}
	return func(c *Call) {
		x, rows, cols := c.rowsOf()
		if len(s.vectors) < total*cols {
			fail("support vectors don't fit %d features", cols)
		}
		var at []int
		var out []float64
		for r := range rows {
			row := x[r*cols:][:cols]
			var scores []float64
			best := 0
			if total == 0 {
				count := labels.len()
				if count < 1 || len(s.coefficients) < count*cols {
					fail("coefficients don't fit %d classes", count)
				}
				for k := range count {
					scores = append(scores, s.kernel(row, s.coefficients[k*cols:][:cols])+s.rho[0])
				}
				best = largest(scores)
			} else {
				k := make([]float64, total)
				for i := range k {
					k[i] = s.kernel(row, s.vectors[i*cols:][:cols])
				}
				votes := make([]float64, classes)
				for i := range classes {
					for j := i + 1; j < classes; j++ {
						sum := s.rho[len(scores)]
						for m := range perClass[i] {
							sum += s.coefficients[(j-1)*total+starts[i]+m] * k[starts[i]+m]
						}
						for m := range perClass[j] {
							sum += s.coefficients[i*total+starts[j]+m] * k[starts[j]+m]
						}
						scores = append(scores, sum)
						if sum > 0 {
							votes[i]++
						} else {
							votes[j]++
						}
					}
				}
				best = largest(votes)
				if len(probA) > 0 {
					scores = coupled(scores, probA, probB, classes)
				}
			}
			at = append(at, best)
			how := noSecond
			if len(scores) == 1 { // of two classes
				how = complement
				if s.post == 0 {
					how = opposite
				}
			}
			out = append(out, finishScores(scores, s.post, how)...)
		}
		c.Out[0] = labels.tensor(at)
		if len(c.Out) > 1 {
			c.Out[1] = c.cast(tensor.FromFloat64([]int{rows, len(out) / max(1, rows)}, out), tensor.Float32, true, "")
		}
	}
}

// coupled turns the scores of pairs of classes into probabilities of the classes (Wu, Lin and Weng 2004, second method).
func coupled(scores, a, b []float64, classes int) []float64 {
	p := make([]float64, classes*classes)
	for i, at := 0, 0; i < classes; i++ {
		for j := i + 1; j < classes; j++ {
			v := 1 - sigmoid(scores[at]*a[at]+b[at])
			v = min(max(v, 1e-7), 1-1e-7)
			p[i*classes+j], p[j*classes+i] = v, 1-v
			at++
		}
	}
	q, out, qp := make([]float64, classes*classes), make([]float64, classes), make([]float64, classes)
	for t := range classes {
		out[t] = 1 / float64(classes)
		for j := range classes {
			if j != t {
				q[t*classes+t] += p[j*classes+t] * p[j*classes+t]
				q[t*classes+j] = -p[j*classes+t] * p[t*classes+j]
			}
		}
	}
	for range 100 {
		pqp := 0.0
		for t := range classes {
			qp[t] = 0
			for j := range classes {
				qp[t] += q[t*classes+j] * out[j]
			}
			pqp += out[t] * qp[t]
		}
		worst := 0.0
		for t := range classes {
			worst = max(worst, math.Abs(qp[t]-pqp))
		}
		if worst < 0.005/float64(classes) {
			break
		}
		for t := range classes {
			diff := (pqp - qp[t]) / q[t*classes+t]
			out[t] += diff
			pqp = (pqp + diff*(diff*q[t*classes+t]+2*qp[t])) / (1 + diff) / (1 + diff)
			for j := range classes {
				qp[j] = (qp[j] + diff*q[t*classes+j]) / (1 + diff)
				out[j] /= 1 + diff
			}
		}
	}
	return out
}
