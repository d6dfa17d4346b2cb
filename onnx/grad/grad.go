// Package grad computes gradients of ONNX models by going back through a recorded run: of any output with respect to inputs,
// values in between and weights. Grad-CAM, integrated gradients and fine-tuning stand on it. The operators that have a rule are
// ops.Differentiable; where a gradient would have to pass another, the error is an *ops.GradientError.
package grad

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Model is a model whose runs can be differentiated and whose weights can be changed. Forward may be called from several
// goroutines at once, but not beside SetWeight.
type Model struct {
	src     any
	session *onnx.Session
	opts    onnx.Options
	graph   *graph.Graph
	values  map[string]*graph.Value
	changed map[*graph.Value]*tensor.Tensor
}

// Load reads a model as onnx.Load does. Its runs are slower than a session's, since nothing is fused, and keep all values;
// MemoryLimit holds for them and, on the way back, for gradients as well (*ops.TapeMemoryError).
func Load(src any, opts onnx.Options) (*Model, error) {
	opts.Plain = true
	s, err := onnx.Load(src, opts)
	if err != nil {
		return nil, err
	}
	m := &Model{src: src, session: s, opts: opts, graph: s.Graph().Graph, values: map[string]*graph.Value{}, changed: map[*graph.Value]*tensor.Tensor{}}
	add := func(list []*graph.Value) {
		for _, v := range list {
			if v != nil && m.values[v.Name] == nil {
				m.values[v.Name] = v
			}
		}
	}
	add(m.graph.Inputs)
	for _, n := range m.graph.Nodes {
		add(n.In)
		add(n.Out)
	}
	return m, nil
}

// Close releases the model's file.
func (m *Model) Close() error { return m.session.Close() }

// Inputs describes what Forward takes.
func (m *Model) Inputs() []onnx.ValueInfo { return m.session.Inputs() }

// Outputs describes what the model gives.
func (m *Model) Outputs() []onnx.ValueInfo { return m.session.Outputs() }

// Values are the names of what the nodes compute, in the order in which they do.
func (m *Model) Values() []string {
	var names []string
	for _, n := range m.graph.Nodes {
		for _, v := range n.Out {
			if v != nil {
				names = append(names, v.Name)
			}
		}
	}
	return names
}

// Weights are the names of the float32 and float64 constants that the nodes use, sorted.
func (m *Model) Weights() []string {
	var names []string
	for name, v := range m.values {
		if v.Const != nil && (v.Const.DType() == tensor.Float32 || v.Const.DType() == tensor.Float64) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// Weight is a constant as it stands, which must not be written to; nil where there is none of the name.
func (m *Model) Weight(name string) *onnx.Tensor {
	v := m.values[name]
	if v == nil || v.Const == nil {
		return nil
	}
	if t := m.changed[v]; t != nil {
		return t
	}
	return v.Const
}

// SetWeight replaces a constant by one of the same type and shape, for the runs to come. The model's file stays as it is; see
// Export.
func (m *Model) SetWeight(name string, t *onnx.Tensor) error {
	old := m.Weight(name)
	if old == nil {
		return fmt.Errorf("grad: the model has no weight %q", name)
	}
	if t == nil || t.DType() != old.DType() || !slices.Equal(t.Shape(), old.Shape()) {
		return fmt.Errorf("grad: weight %q: want %v, got %v", name, old, t)
	}
	m.changed[m.values[name]] = t
	return nil
}

// Run is one run of a model with all values kept. It is for one goroutine at a time.
type Run struct {
	m    *Model
	tape *ops.Tape
}

// Forward runs the model on its inputs by name, which must not be changed while the Run is in use.
func (m *Model) Forward(ctx context.Context, inputs map[string]*onnx.Tensor) (*Run, error) {
	in := make([]*tensor.Tensor, len(m.graph.Inputs))
	for i, v := range m.graph.Inputs {
		t := inputs[v.Name]
		if t == nil {
			return nil, fmt.Errorf("grad: input %q is missing", v.Name)
		}
		if d := v.Declared.DType; d != tensor.None && t.DType() != d {
			return nil, fmt.Errorf("grad: input %q: want %v, got %v", v.Name, d, t.DType())
		}
		in[i] = t
	}
	constants := make(map[*graph.Value]*tensor.Tensor, len(m.changed))
	for v, t := range m.changed {
		constants[v] = t
	}
	tape, err := ops.Record(ctx, m.graph, in, ops.TapeOptions{Threads: m.opts.Threads, Decode: m.opts.Decode, Limit: m.opts.MemoryLimit, Constants: constants})
	if err != nil {
		return nil, fmt.Errorf("grad: forward: %w", err)
	}
	return &Run{m, tape}, nil
}

// Value is an input, a weight or what a node computed, which must not be changed; nil where there is none of the name.
func (r *Run) Value(name string) *onnx.Tensor { return r.tape.Value(r.m.values[name]) }

// Gradients are those of Σ seed·value, summed over the values that seed names, with respect to each value that at names: inputs,
// weights or what nodes compute. A seed has its value's type and shape; see Ones and Pick. A value that nothing depends on gets
// zeros. The results are the same for any number of threads.
func (r *Run) Gradients(seed map[string]*onnx.Tensor, at ...string) (map[string]*onnx.Tensor, error) {
	seeds := make(map[*graph.Value]*tensor.Tensor, len(seed))
	for name, t := range seed {
		v := r.m.values[name]
		if v == nil {
			return nil, fmt.Errorf("grad: seed: the model has no value %q", name)
		}
		seeds[v] = t
	}
	vals := make([]*graph.Value, len(at))
	for i, name := range at {
		v := r.m.values[name]
		if v == nil {
			return nil, fmt.Errorf("grad: the model has no value %q", name)
		}
		if dt := r.tape.Value(v).DType(); dt != tensor.Float32 && dt != tensor.Float64 {
			return nil, fmt.Errorf("grad: value %q: want float32 or float64, got %v", name, dt)
		}
		vals[i] = v
	}
	d, err := r.tape.Gradients(seeds, vals)
	if err != nil {
		return nil, fmt.Errorf("grad: %w", err)
	}
	out := make(map[string]*onnx.Tensor, len(at))
	for i, name := range at {
		out[name] = d[i]
	}
	return out, nil
}

// Ones is a seed that sums a value's elements.
func Ones(t *onnx.Tensor) *onnx.Tensor {
	s := tensor.New(t.DType(), t.Shape()...)
	for i := range s.Len() {
		set(s, i, 1)
	}
	return s
}

// Pick is a seed for one element of a value.
func Pick(t *onnx.Tensor, index ...int) (*onnx.Tensor, error) {
	shape := t.Shape()
	if len(index) != len(shape) {
		return nil, fmt.Errorf("grad: pick: want %d indices, got %d", len(shape), len(index))
	}
	at := 0
	for i, k := range index {
		if k < 0 || k >= shape[i] {
			return nil, fmt.Errorf("grad: pick: index %d is out of range for %v", k, shape)
		}
		at = at*shape[i] + k
	}
	s := tensor.New(t.DType(), shape...)
	set(s, at, 1)
	return s, nil
}

func set(t *tensor.Tensor, i int, v float64) {
	if t.DType() == tensor.Float64 {
		t.Float64()[i] = v
	} else {
		t.Float32()[i] = float32(v)
	}
}

func get(t *tensor.Tensor, i int) float64 {
	if t.DType() == tensor.Float64 {
		return t.Float64()[i]
	}
	return float64(t.Float32()[i])
}
