package onnx

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/exec"
	"github.com/caliper-imaging/caliper/onnx/ops"
)

// Precision is the arithmetic of a model's products of weights and values. Sums, biases and everything between are float32 (Int8:
// int32 sums, exact). A product is computed so only where that is faster than the best algorithm in float32.
type Precision int

// The precisions.
const (
	Float32  = Precision(conv.Float32)
	BFloat16 = Precision(conv.BFloat16) // factors rounded to bfloat16
	Int8     = Precision(conv.Int8)     // factors in 8 bits: weights by output channel, values by tensor, see Calibrate
)

var precisionNames = []string{"float32", "bfloat16", "int8"}

// String returns the name that ParsePrecision takes.
func (p Precision) String() string {
	if p < 0 || int(p) >= len(precisionNames) {
		return fmt.Sprintf("Precision(%d)", int(p))
	}
	return precisionNames[p]
}

// ParsePrecision returns the precision of a name: float32, bfloat16 or int8.
func ParsePrecision(name string) (Precision, error) {
	for i, n := range precisionNames {
		if n == name {
			return Precision(i), nil
		}
	}
	return 0, fmt.Errorf("onnx: precision: want float32, bfloat16 or int8, got %q", name)
}

// Range is what the values of a tensor lie in.
type Range struct{ Lo, Hi float32 }

func rangesOf(by map[string]Range) *ops.Ranges {
	r := &ops.Ranges{}
	for name, in := range by {
		r.Widen(name, conv.Range(in))
	}
	return r
}

// Calibrate runs the model on an example and widens the ranges of what goes into 8-bit products by what it meets. From then on Run
// quantises by these ranges, and clamps what lies outside of them; without them it measures each tensor first.
func (s *Session) Calibrate(ctx context.Context, inputs map[string]*Tensor) error {
	in, err := s.check(inputs)
	if err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	o := s.runOptions()
	o.Calibrate = true
	if _, err := s.runner.Run(ctx, in, o); err != nil {
		return fmt.Errorf("onnx: calibrate: %w", err)
	}
	return nil
}

// Ranges returns the ranges that Options gave and Calibrate found, by name of the value, for Options of another session.
func (s *Session) Ranges() map[string]Range {
	out := map[string]Range{}
	for name, in := range s.ranges.All() {
		out[name] = Range(in)
	}
	return out
}

func (s *Session) runOptions() exec.Options {
	return exec.Options{Threads: s.threads(), Decode: s.opts.Decode, Unneeded: s.src.unneeded, Ranges: s.ranges}
}
