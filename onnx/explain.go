package onnx

import (
	"fmt"
	"io"
	"strings"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Explain writes the plan, a line a step: number, operator with what is fused into it and, where it is known from the declared shapes,
// its algorithm, node name, inputs and outputs, the results' shapes, and the memory that activations take while it runs. The last line
// is the memory in all.
func (s *Session) Explain(w io.Writer) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	est := s.runner.Plan.Estimate(declared(s.inputs))
	for i, step := range s.runner.Plan.Steps {
		n, sketch := step.Node, est.Steps[i]
		op := opText(n)
		if sketch.Algorithm != "" {
			op += " (" + sketch.Algorithm + ")"
		}
		shapes := make([]string, len(sketch.Out))
		for k, o := range sketch.Out {
			shapes[k] = "?"
			if o.Ranked {
				shapes[k] = fmt.Sprintf("%v%v", o.DType, o.Shape)
			}
		}
		if _, err := fmt.Fprintf(w, "%4d %-28s %q (%s) → %s  %s  %.1f MB\n", i, op, n.Name, valueNames(n.In), valueNames(n.Out),
			strings.Join(shapes, ", "), float64(sketch.Live)/1e6); err != nil {
			return err
		}
	}
	least := ""
	if !est.Complete {
		least = "at least "
	}
	_, err := fmt.Fprintf(w, "activations: %s%.1f MB\n", least, float64(est.Peak)/1e6)
	return err
}

// MemoryNeed is the bytes that the activations of a run on inputs of these shapes take at once, about, by name; complete is false where
// not all shapes follow from the inputs', and the figure is too small.
func (s *Session) MemoryNeed(shapes map[string][]int) (bytes int64, complete bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return 0, false, errClosed
	}
	in := declared(s.inputs)
	for i, info := range s.inputs {
		shape, ok := shapes[info.Name]
		if !ok {
			continue
		}
		if _, err := tensor.NumElements(shape); err != nil || info.Shape != nil && !fits(shape, info.Shape) {
			return 0, false, &FormatError{What: fmt.Sprintf("memory: input %q: want shape %s, got %v", info.Name, dimsText(info.Shape), shape)}
		}
		if info.DType != tensor.None && info.DType != tensor.Sequence {
			in[i] = ops.Known{DType: info.DType, Ranked: true, Shape: shape}
		}
	}
	est := s.runner.Plan.Estimate(in)
	return est.Peak, est.Complete, nil
}

// declared is what a model says of its inputs, where it says all.
func declared(infos []ValueInfo) []ops.Known {
	in := make([]ops.Known, len(infos))
	for i, info := range infos {
		k := ops.Known{DType: info.DType, Ranked: info.Shape != nil && info.DType != tensor.None && info.DType != tensor.Sequence, Shape: []int{}}
		for _, d := range info.Shape {
			k.Ranked = k.Ranked && d.Size >= 0
			k.Shape = append(k.Shape, d.Size)
		}
		if _, err := tensor.NumElements(k.Shape); k.Ranked && err == nil {
			in[i] = k
		}
	}
	return in
}

// opText is a node's operator with its domain and what is fused into it.
func opText(n *graph.Node) string {
	op := n.Op
	if n.Domain != "" {
		op = n.Domain + "." + op
	}
	if n.Op == "Conv" && n.HasIn(3) {
		op += "+Add"
	}
	if name := ops.FusedName(n); name != "" {
		op += "+" + name
	}
	return op
}

func valueNames(vals []*graph.Value) string {
	names := make([]string, len(vals))
	for i, v := range vals {
		switch {
		case v == nil:
			names[i] = "-"
		case v.Const != nil:
			names[i] = v.Const.String()
		default:
			names[i] = v.Name
		}
	}
	return strings.Join(names, ", ")
}
