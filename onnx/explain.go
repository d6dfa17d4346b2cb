package onnx

import (
	"fmt"
	"io"
	"strings"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/ops"
)

// Explain writes the plan, a line a step: number, operator with what is fused into it, node name,
// inputs and outputs.
func (s *Session) Explain(w io.Writer) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	for i, step := range s.runner.Plan.Steps {
		n := step.Node
		if _, err := fmt.Fprintf(w, "%4d %-28s %q (%s) → %s\n", i, opText(n), n.Name, valueNames(n.In), valueNames(n.Out)); err != nil {
			return err
		}
	}
	return nil
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
