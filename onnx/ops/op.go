// Package ops holds the operators of the ONNX engine, one small family a file, and the table of them
// (ONNX operator specification, ai.onnx opsets 1 to 28, ai.onnx.ml and others that the table names).
package ops

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Op is one row of the table: an operator as it stands in the opsets Since.
type Op struct {
	Name   string
	Domain string // "" is ai.onnx
	Since  []int  // opset versions that defined or changed it, all of which New serves
	Doc    string
	New    func(n *graph.Node) Kernel
	// Widen: float16, bfloat16 and float8 inputs are computed in float32 and rounded once.
	Widen bool
	// Random: the result differs from run to run, so it is never computed at load.
	Random bool
}

// Kernel computes one node: it reads c.In and sets c.Out. It ends early by panicking with an error
// made by this package, which Do turns into a returned one.
type Kernel func(c *Call)

// Memory lends blocks of at least n bytes, contents undefined, and takes them back.
type Memory interface {
	Alloc(n int) (*tensor.Buffer, error)
	Free(b *tensor.Buffer)
}

// Body runs a graph attribute on inputs in; values of enclosing graphs come from the run itself.
type Body interface {
	NumInputs() int
	NumOutputs() int
	Run(c *Call, in []*tensor.Tensor) []*tensor.Tensor
}

// Call is what a kernel gets: inputs (nil where absent), room for outputs, and services.
type Call struct {
	Ctx     context.Context
	Threads int
	In      []*tensor.Tensor
	Out     []*tensor.Tensor
	Dies    []bool // input i is not used after this node
	Bodies  map[string]Body
	Mem     Memory
	Fresh   []*tensor.Buffer // blocks taken during the call
	Decode  ImageDecoder
	// Ranges are of the inputs of 8-bit products; with Calibrate they are widened by what the run meets.
	Ranges    *Ranges
	Calibrate bool
	// Chosen holds what nodes of one run have decided that later ones go by, nil for none.
	Chosen map[any]any
	// Algorithm is how the kernel computed, for a profile; kernels that have several ways set it.
	Algorithm string
	// Unneeded, where given, hears of a constant's bytes that are not expected to be read again.
	Unneeded func(b []byte)
}

// ImageDecoder decodes an encoded image into 8-bit samples, row, column, channel; channels is 1 or 3.
type ImageDecoder func(data []byte, channels int) (pix []byte, height, width int, err error)

// failure carries an error out of a kernel.
type failure struct{ err error }

func fail(format string, args ...any) {
	panic(failure{fmt.Errorf(format, args...)})
}

func check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// Fail ends the kernel that is running with err.
func Fail(err error) { check(err) }

// ErrKernel says that a kernel met values that it was not written for.
var ErrKernel = errors.New("values do not fit the operator")

// caught turns what a kernel panicked with into an error; a panic that is no failure of this package
// and no run-time error goes on.
func caught(p any) error {
	switch p := p.(type) {
	case failure:
		return p.err
	case runtime.Error:
		return fmt.Errorf("%w: %v", ErrKernel, p)
	case error:
		return fmt.Errorf("%w: %w", ErrKernel, p)
	case string:
		return fmt.Errorf("%w: %s", ErrKernel, p)
	}
	panic(p)
}

// Do runs a kernel.
func Do(k Kernel, c *Call) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = caught(p)
		}
	}()
	k(c)
	return nil
}

// Make prepares the kernel of n by the row op.
func Make(op *Op, n *graph.Node) (k Kernel, err error) {
	defer func() {
		if p := recover(); p != nil {
			k, err = nil, caught(p)
		}
	}()
	if n.Attrs[surroundings] != nil {
		return gradientKernel(n), nil
	}
	k = op.New(n)
	if op.Widen {
		k = widened(k)
	}
	return k, nil
}

// New is memory for an output or for scratch; its contents are undefined.
func (c *Call) New(dt tensor.DType, shape ...int) *tensor.Tensor {
	n, err := tensor.NumElements(shape)
	check(err)
	if dt == tensor.String {
		if n > 1<<26 {
			fail("tensor of %d strings is too large", n)
		}
		return tensor.New(dt, shape...)
	}
	if n == 0 || n*dt.Size() < 256 {
		return tensor.New(dt, shape...)
	}
	b, err := c.Mem.Alloc(n * dt.Size())
	check(err)
	c.Fresh = append(c.Fresh, b)
	return tensor.InBuffer(b, dt, shape, n)
}

// sweep gives back the blocks taken during the call that no value and none of keep uses.
func (c *Call) sweep(keep ...[]*tensor.Tensor) {
	used := map[*tensor.Buffer]bool{}
	var mark func(list []*tensor.Tensor)
	mark = func(list []*tensor.Tensor) {
		for _, t := range list {
			if t != nil {
				used[t.Buffer()] = true
				mark(t.Elems())
			}
		}
	}
	for _, list := range keep {
		mark(list)
	}
	rest := c.Fresh[:0]
	for _, b := range c.Fresh {
		switch {
		case used[b] || b.Refs > 0:
			rest = append(rest, b)
		case b.Refs == 0:
			c.Mem.Free(b)
			b.Refs = -1 // Fresh may name a block twice
		}
	}
	c.Fresh = rest
}

// Zeros is New with the contents cleared.
func (c *Call) Zeros(dt tensor.DType, shape ...int) *tensor.Tensor {
	t := c.New(dt, shape...)
	clear(t.Bytes())
	return t
}

// Floats is scratch of n float32, contents undefined, that lives as long as the call.
func (c *Call) Floats(n int) []float32 {
	return c.New(tensor.Float32, n).Float32()
}

// Like is an output of the type and shape of input i, in its memory where nothing else needs it.
func (c *Call) Like(i int) *tensor.Tensor {
	t := c.In[i]
	if c.reusable(i) {
		return t
	}
	return c.New(t.DType(), t.Shape()...)
}

func (c *Call) reusable(i int) bool {
	t := c.In[i]
	if i >= len(c.Dies) || !c.Dies[i] || t.Buffer() == nil || t.Buffer().Refs != 1 || t.Buffer().Fixed {
		return false
	}
	return true
}

// in is input i, an error where it is absent.
func (c *Call) in(i int) *tensor.Tensor {
	if i >= len(c.In) || c.In[i] == nil {
		fail("input %d is missing", i)
	}
	return c.In[i]
}

// opt is input i, nil where it is absent.
func (c *Call) opt(i int) *tensor.Tensor {
	if i >= len(c.In) {
		return nil
	}
	return c.In[i]
}

// ints reads a tensor of integers.
func ints(t *tensor.Tensor) []int {
	out := make([]int, t.Len())
	switch t.DType() {
	case tensor.Int64:
		for i, v := range t.Int64() {
			out[i] = int(v)
		}
	case tensor.Int32:
		for i, v := range t.Int32() {
			out[i] = int(v)
		}
	case tensor.Uint8:
		for i, v := range t.Uint8() {
			out[i] = int(v)
		}
	default:
		fail("want int64 or int32, got %v", t)
	}
	return out
}

// ints is input i as integers, nil where it is absent.
func (c *Call) ints(i int) []int {
	if t := c.opt(i); t != nil {
		return ints(t)
	}
	return nil
}

// axis brings a possibly negative axis into [0, rank).
func axis(a, rank int) int {
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		fail("axis %d is out of range for %d dimensions", a, rank)
	}
	return a
}

func product(s []int) int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// strides of a dense row-major array.
func strides(shape []int) []int {
	st := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		st[i] = n
		n *= shape[i]
	}
	return st
}

func dtypeError(t *tensor.Tensor) {
	fail("element type %v is not one that the operator takes", t.DType())
}
