package onnx

import (
	"fmt"
	"strings"

	"github.com/caliper-imaging/caliper/onnx/internal/exec"
)

// FormatError says that bytes are not a valid ONNX model, or that tensors do not fit a model.
type FormatError struct {
	What string
	Err  error
}

func (e *FormatError) Error() string {
	if e.Err == nil {
		return "onnx: " + e.What
	}
	return fmt.Sprintf("onnx: %s: %v", e.What, e.Err)
}

func (e *FormatError) Unwrap() error { return e.Err }

// UnsupportedError lists all nodes of a model that this engine can't compute.
type UnsupportedError struct {
	Nodes []UnsupportedNode
}

// UnsupportedNode is one of them.
type UnsupportedNode struct {
	Name   string
	Op     string
	Domain string
	Opset  int
	Reason string
}

func (e *UnsupportedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "onnx: %d of the model's nodes are not supported: ", len(e.Nodes))
	for i, n := range e.Nodes {
		if i > 0 {
			b.WriteString("; ")
		}
		op := n.Op
		if n.Domain != "" {
			op = n.Domain + "." + op
		}
		fmt.Fprintf(&b, "node %q: %s, opset %d", n.Name, op, n.Opset)
	}
	return b.String()
}

// MemoryError says that a run needs more memory than Options.MemoryLimit, and how much at least.
type MemoryError = exec.MemoryError
