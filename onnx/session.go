// Package onnx loads and runs ONNX models on the processor (ONNX IR version 13, operator sets of
// ai.onnx up to 28).
package onnx

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sort"
	"strings"
	"sync"
	"unsafe"

	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/exec"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pass"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Tensor is a value that goes into or comes out of a model.
type Tensor = tensor.Tensor

// ImageDecoder decodes an image file into 8-bit samples in the order row, column, channel.
type ImageDecoder = ops.ImageDecoder

// Options of a session. The zero value runs on all processors without a memory limit.
type Options struct {
	Threads     int          // workers within an operator; 0 is all processors
	MemoryLimit int64        // bytes that one run's activations may take, 0 is no limit
	Decode      ImageDecoder // for ImageDecoder nodes; nil refuses them when they run
	Plain       bool         // leaves out all rewriting of the graph
	Direct      bool         // leaves out Winograd's algorithm
	Precision   Precision
	Ranges      map[string]Range // for Int8: what Session.Ranges gave; nil measures each tensor
}

// Dim is a dimension of an input or output: Size, or -1 where it is not fixed, perhaps with a name.
type Dim struct {
	Name string
	Size int
}

// ValueInfo describes an input or output. DType is tensor.Sequence for sequences and None where the
// model does not say. Shape is nil where the rank is not known.
type ValueInfo struct {
	Name  string
	DType tensor.DType
	Shape []Dim
}

// Metadata is what a model says of itself.
type Metadata struct {
	IRVersion       int64
	Opsets          map[string]int // by domain, "" for ai.onnx
	ProducerName    string
	ProducerVersion string
	Domain          string
	Version         int64
	Doc             string
	Properties      map[string]string
}

// Session is a model ready to run. Run may be called from several goroutines at once.
type Session struct {
	opts    Options
	src     *source
	meta    Metadata
	inputs  []ValueInfo
	outputs []ValueInfo
	runner  *exec.Runner
	ranges  *ops.Ranges
	model   *graph.Model // kept where Plain leaves it as it was
	mu      sync.RWMutex
	closed  bool
}

// foldBytes is the memory that constant folding may take beyond twice the model's size.
const foldBytes = 16 << 20

var errClosed = errors.New("onnx: session is closed")

// Load reads a model from a path (string), bytes ([]byte, which must not change afterwards) or an
// io.ReaderAt. A file stays mapped until Close. Errors are *FormatError for what is no valid model,
// *UnsupportedError for operators that this engine does not have, or the system's for files.
func Load(src any, opts Options) (*Session, error) {
	s := &Session{opts: opts, src: &source{}}
	if err := s.load(src); err != nil {
		s.src.close()
		return nil, err
	}
	return s, nil
}

func (s *Session) load(src any) error {
	raw, err := s.src.open(src)
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		return &FormatError{What: "the model is empty"}
	}
	msg, err := pb.ReadModel(raw)
	if err != nil {
		return &FormatError{What: "not an ONNX model", Err: err}
	}
	m, err := graph.Build(msg, s.src.external)
	if err != nil {
		return &FormatError{What: "model", Err: err}
	}
	return s.compile(m, len(raw))
}

// compile makes the plan of a model that takes size bytes.
func (s *Session) compile(m *graph.Model, size int) error {
	s.meta = Metadata{IRVersion: m.IRVersion, Opsets: m.Opsets, ProducerName: m.ProducerName,
		ProducerVersion: m.ProducerVersion, Domain: m.Domain, Version: m.Version, Doc: m.Doc, Properties: m.Metadata}
	s.inputs, s.outputs = infos(m.Graph.Inputs), infos(m.Graph.Outputs)
	pass.Contrib(m.Graph)
	if missing := unsupported(m.Graph); len(missing) > 0 {
		return &UnsupportedError{Nodes: missing}
	}
	if err := ops.BindGradients(m.Graph); err != nil {
		return &FormatError{What: "model", Err: err}
	}
	if !s.opts.Plain {
		pass.Quantise(m.Graph)
		pass.Fold(context.Background(), m.Graph, foldBytes+2*size)
		pass.Prune(m.Graph)
		pass.Fuse(m.Graph)
	} else {
		s.model = m
	}
	if s.opts.Precision < Float32 || s.opts.Precision > Int8 {
		return fmt.Errorf("onnx: precision: want one of %v, got %v", precisionNames, s.opts.Precision)
	}
	pass.Precise(m.Graph, conv.Precision(s.opts.Precision), s.opts.Direct)
	s.ranges = rangesOf(s.opts.Ranges)
	plan, err := exec.Compile(m.Graph)
	if err != nil {
		return &FormatError{What: "model", Err: err}
	}
	s.runner = &exec.Runner{Plan: plan, Limit: s.opts.MemoryLimit}
	return nil
}

func infos(vals []*graph.Value) []ValueInfo {
	out := make([]ValueInfo, len(vals))
	for i, v := range vals {
		t := v.Declared
		out[i] = ValueInfo{Name: v.Name, DType: t.DType}
		if t.Kind == graph.SequenceKind {
			out[i].DType = tensor.Sequence
		}
		if t.Ranked {
			out[i].Shape = []Dim{}
			for _, d := range t.Shape {
				out[i].Shape = append(out[i].Shape, Dim(d))
			}
		}
	}
	return out
}

// unsupported lists all nodes without an operator, those of inner graphs among them.
func unsupported(g *graph.Graph) []UnsupportedNode {
	var list []UnsupportedNode
	for _, n := range g.Nodes {
		if _, err := ops.Find(n); err != nil {
			list = append(list, UnsupportedNode{Name: n.Name, Op: n.Op, Domain: n.Domain, Opset: n.Version, Reason: err.Error()})
		}
		n.Bodies(func(_ string, b *graph.Graph) { list = append(list, unsupported(b)...) })
	}
	return list
}

// Inputs describes what Run takes, in the model's order.
func (s *Session) Inputs() []ValueInfo { return s.inputs }

// Outputs describes what Run gives, in the model's order.
func (s *Session) Outputs() []ValueInfo { return s.outputs }

// Metadata is what the model says of itself. It must not be changed.
func (s *Session) Metadata() Metadata { return s.meta }

// Run computes the named outputs, all where none is named, from the inputs by name. The inputs are
// not changed, and results may share memory with them. It stops between operators when ctx ends.
func (s *Session) Run(ctx context.Context, inputs map[string]*Tensor, outputs ...string) (map[string]*Tensor, error) {
	return s.run(ctx, inputs, nil, outputs...)
}

// RunInto computes the outputs named in outputs, as Run does, into the memory of those tensors, which need the type and shape of
// the results and must share none with each other or the inputs. So a program that runs a model again and again takes no memory
// for results. After an error their contents are not defined.
func (s *Session) RunInto(ctx context.Context, inputs, outputs map[string]*Tensor) error {
	in, err := s.check(inputs)
	if err != nil {
		return err
	}
	into := make([]*Tensor, len(s.outputs))
	known := 0
	for i, info := range s.outputs {
		if into[i] = outputs[info.Name]; into[i] == nil {
			continue
		}
		known++
		if d := into[i].DType(); d == tensor.Sequence || d == tensor.String || d == tensor.None {
			return &FormatError{What: fmt.Sprintf("run: output %q: want memory of a dense type, got %v", info.Name, into[i])}
		}
	}
	if known < len(outputs) {
		return &FormatError{What: fmt.Sprintf("run: want some of the outputs %s, got %s", names(s.outputs), strings.Join(sortedKeys(outputs), ", "))}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	o := s.runOptions()
	o.Into = into
	if _, err := s.runner.Run(ctx, in, o); err != nil {
		return fmt.Errorf("onnx: run: %w", err)
	}
	return nil
}

func (s *Session) run(ctx context.Context, inputs map[string]*Tensor, trace func(exec.Traced), outputs ...string) (map[string]*Tensor, error) {
	in, err := s.check(inputs)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, errClosed
	}
	o := s.runOptions()
	o.Trace = trace
	out, err := s.runner.Run(ctx, in, o)
	if err != nil {
		return nil, fmt.Errorf("onnx: run: %w", err)
	}
	result := make(map[string]*Tensor, len(out))
	for i, info := range s.outputs {
		result[info.Name] = s.src.own(out[i])
	}
	if len(outputs) == 0 {
		return result, nil
	}
	chosen := make(map[string]*Tensor, len(outputs))
	for _, name := range outputs {
		t, ok := result[name]
		if !ok {
			return nil, &FormatError{What: fmt.Sprintf("run: the model has no output %q; it has %s", name, names(s.outputs))}
		}
		chosen[name] = t
	}
	return chosen, nil
}

func (s *Session) threads() int {
	if s.opts.Threads > 0 {
		return s.opts.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// check brings the inputs into the model's order and holds them to what the model declares.
func (s *Session) check(inputs map[string]*Tensor) ([]*Tensor, error) {
	in := make([]*Tensor, len(s.inputs))
	for i, info := range s.inputs {
		t := inputs[info.Name]
		if t == nil {
			return nil, &FormatError{What: fmt.Sprintf("run: input %q is missing", info.Name)}
		}
		if info.DType != tensor.None && info.DType != tensor.Sequence && t.DType() != info.DType && t.DType() != tensor.None {
			return nil, &FormatError{What: fmt.Sprintf("run: input %q: want %v, got %v", info.Name, info.DType, t.DType())}
		}
		if info.Shape != nil && info.DType != tensor.Sequence && t.DType() != tensor.Sequence && !fits(t.Shape(), info.Shape) {
			return nil, &FormatError{What: fmt.Sprintf("run: input %q: want shape %s, got %v", info.Name, dimsText(info.Shape), t.Shape())}
		}
		in[i] = t
	}
	if len(inputs) > len(in) {
		for _, name := range sortedKeys(inputs) {
			known := false
			for _, info := range s.inputs {
				known = known || info.Name == name
			}
			if !known {
				return nil, &FormatError{What: fmt.Sprintf("run: the model has no input %q; it has %s", name, names(s.inputs))}
			}
		}
	}
	return in, nil
}

func sortedKeys(m map[string]*Tensor) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func fits(shape []int, dims []Dim) bool {
	if len(shape) != len(dims) {
		return false
	}
	for i, d := range dims {
		if d.Size >= 0 && shape[i] != d.Size {
			return false
		}
	}
	return true
}

func dimsText(dims []Dim) string {
	parts := make([]string, len(dims))
	for i, d := range dims {
		switch {
		case d.Size >= 0:
			parts[i] = fmt.Sprint(d.Size)
		case d.Name != "":
			parts[i] = d.Name
		default:
			parts[i] = "?"
		}
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func names(infos []ValueInfo) string {
	var list []string
	for _, i := range infos {
		list = append(list, fmt.Sprintf("%q", i.Name))
	}
	return strings.Join(list, ", ")
}

// Close releases the model's file and memory. Runs under way end first.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.runner = nil
	return s.src.close()
}

// own copies a result that lies in a mapped file, which Close takes away.
func (s *source) own(t *Tensor) *Tensor {
	if len(s.unmap) == 0 {
		return t
	}
	if t.DType() == tensor.Sequence {
		elems := make([]*Tensor, len(t.Elems()))
		for i, e := range t.Elems() {
			elems[i] = s.own(e)
		}
		return tensor.FromSequence(elems)
	}
	b := t.Bytes()
	if len(b) == 0 {
		return t
	}
	at := uintptr(unsafe.Pointer(&b[0]))
	for _, m := range s.mapped {
		if len(m) > 0 && at >= uintptr(unsafe.Pointer(&m[0])) && at <= uintptr(unsafe.Pointer(&m[len(m)-1])) {
			return t.Clone()
		}
	}
	return t
}
