package onnx

import (
	"context"
	"time"

	"github.com/caliper-imaging/caliper/onnx/internal/exec"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// NodeTime is what one step of a plan did in one run.
type NodeTime struct {
	Name      string
	Op        string // with its domain and what is fused into it, as Explain writes it
	Algorithm string // how it was computed, "" where the operator has one way only
	Duration  time.Duration
	FLOPs     int64 // two for each multiplication with an addition that the operator's definition counts; 0 but for products
	OutBytes  int64 // of the results
}

// Profile is Run with all outputs, and tells what each step of the outermost graph took, in the plan's order.
func (s *Session) Profile(ctx context.Context, inputs map[string]*Tensor) (map[string]*Tensor, []NodeTime, error) {
	var nodes []NodeTime
	out, err := s.run(ctx, inputs, func(t exec.Traced) {
		n := NodeTime{Name: t.Step.Node.Name, Op: opText(t.Step.Node), Algorithm: t.Algorithm, Duration: t.Took, FLOPs: exec.FLOPs(t.Step.Node, t.In, t.Out)}
		for _, o := range t.Out {
			if o != nil && o.DType() != tensor.Sequence {
				n.OutBytes += int64(o.NumBytes())
			}
		}
		nodes = append(nodes, n)
	})
	return out, nodes, err
}
