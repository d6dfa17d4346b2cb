package ops

import (
	"context"
	"fmt"
	"sync"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Tape is a run of a graph with all values kept, along which gradients go back.
type Tape struct {
	o     TapeOptions
	ctx   context.Context
	g     *graph.Graph
	vals  map[*graph.Value]*tensor.Tensor
	extra map[*graph.Node]*tensor.Tensor // the mask of a Dropout
	mu    sync.Mutex
	taken int64 // bytes that were lent
}

// TapeOptions of a run.
type TapeOptions struct {
	Threads int
	Decode  ImageDecoder
	// Limit is the bytes that values and, on the way back, gradients with what one operator needs may take; 0 is none.
	Limit int64
	// Constants replace those of the graph.
	Constants map[*graph.Value]*tensor.Tensor
}

// Record runs g on its inputs in their order.
func Record(ctx context.Context, g *graph.Graph, in []*tensor.Tensor, o TapeOptions) (*Tape, error) {
	if len(in) != len(g.Inputs) {
		return nil, fmt.Errorf("want %d inputs, got %d", len(g.Inputs), len(in))
	}
	o.Threads = max(1, o.Threads)
	t := &Tape{o: o, ctx: ctx, g: g, vals: map[*graph.Value]*tensor.Tensor{}, extra: map[*graph.Node]*tensor.Tensor{}}
	for i, v := range g.Inputs {
		t.vals[v] = in[i].Detached()
	}
	return t, t.nodes(g)
}

func (t *Tape) nodes(g *graph.Graph) error {
	for _, n := range g.Nodes {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		if err := t.node(n); err != nil {
			return fmt.Errorf("node %q (%s): %w", n.Name, n.Op, err)
		}
	}
	return nil
}

func (t *Tape) node(n *graph.Node) error {
	c := t.call()
	c.Out = make([]*tensor.Tensor, len(n.Out))
	if n.Op == "Dropout" && n.Domain == "" {
		c.Out = make([]*tensor.Tensor, 2)
	}
	for _, v := range n.In {
		c.In = append(c.In, t.Value(v))
	}
	n.Bodies(func(name string, g *graph.Graph) {
		if c.Bodies == nil {
			c.Bodies = map[string]Body{}
		}
		c.Bodies[name] = &tapeBody{t, g}
	})
	if err := runNode(n, c); err != nil {
		return err
	}
	for i, v := range n.Out {
		if v != nil {
			t.vals[v] = c.Out[i].Detached()
		}
	}
	if len(c.Out) > len(n.Out) {
		t.extra[n] = c.Out[1].Detached()
	}
	return nil
}

func (t *Tape) call() *Call {
	return &Call{Ctx: t.ctx, Threads: t.o.Threads, Mem: tapeMemory{t}, Decode: t.o.Decode}
}

// tapeMemory lends from the heap, up to the tape's limit.
type tapeMemory struct{ t *Tape }

func (m tapeMemory) Alloc(n int) (*tensor.Buffer, error) {
	t := m.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken += int64(n); t.o.Limit > 0 && t.taken > t.o.Limit {
		return nil, &TapeMemoryError{Limit: t.o.Limit, Need: t.taken}
	}
	return plainMemory{}.Alloc(n)
}

func (tapeMemory) Free(*tensor.Buffer) {}

// TapeMemoryError says that a recorded run or its way back needs more than TapeOptions.Limit, and how much at least.
type TapeMemoryError struct{ Limit, Need int64 }

func (e *TapeMemoryError) Error() string {
	return fmt.Sprintf("gradients need at least %d bytes, the limit is %d", e.Need, e.Limit)
}

// runNode makes the kernel of a node as if all its inputs came at run time, since constants may have been replaced.
func runNode(n *graph.Node, c *Call) error {
	free := *n
	free.In = make([]*graph.Value, len(n.In))
	for i, v := range n.In {
		if v != nil {
			free.In[i] = &graph.Value{Name: v.Name}
		}
	}
	op, err := Find(&free)
	if err != nil {
		return err
	}
	k, err := Make(op, &free)
	if err != nil {
		return err
	}
	return Do(k, c)
}

// tapeBody runs the graph of a control-flow operator among the tape's values. Nothing in it is differentiated.
type tapeBody struct {
	t *Tape
	g *graph.Graph
}

func (b *tapeBody) NumInputs() int  { return len(b.g.Inputs) }
func (b *tapeBody) NumOutputs() int { return len(b.g.Outputs) }

func (b *tapeBody) Run(_ *Call, in []*tensor.Tensor) []*tensor.Tensor {
	if len(in) != len(b.g.Inputs) {
		fail("body takes %d inputs, got %d", len(b.g.Inputs), len(in))
	}
	for i, v := range b.g.Inputs {
		b.t.vals[v] = in[i].Detached()
	}
	check(b.t.nodes(b.g))
	out := make([]*tensor.Tensor, len(b.g.Outputs))
	for i, v := range b.g.Outputs {
		out[i] = b.t.Value(v)
	}
	return out
}

// Value is what the run made of v, nil where v is nil or not of this graph.
func (t *Tape) Value(v *graph.Value) *tensor.Tensor {
	switch {
	case v == nil:
		return nil
	case t.o.Constants[v] != nil:
		return t.o.Constants[v]
	case v.Const != nil:
		return v.Const
	}
	return t.vals[v]
}

// Gradients are those of Σ seed·value with respect to each of at; a value that nothing depends on gets zeros. Seeds have their
// values' types and shapes. The order of sums is fixed.
func (t *Tape) Gradients(seed map[*graph.Value]*tensor.Tensor, at []*graph.Value) ([]*tensor.Tensor, error) {
	active, wanted := map[*graph.Value]bool{}, map[*graph.Value]bool{}
	for _, v := range at {
		active[v], wanted[v] = true, true
	}
	for _, n := range t.g.Nodes {
		for i := range n.In {
			if active[n.In[i]] && n.In[i] != nil && !still(n, i) {
				for _, o := range n.Out {
					active[o] = true
				}
			}
		}
	}
	grads := map[*graph.Value]*tensor.Tensor{}
	for v, s := range seed {
		x := t.Value(v)
		if x == nil || s == nil || s.DType() != x.DType() || !equalShape(s.Shape(), x.Shape()) {
			return nil, fmt.Errorf("seed of %q: want %v, got %v", v.Name, x, s)
		}
		grads[v] = s
	}
	rules := gradients()
	values := t.taken
	for i := len(t.g.Nodes) - 1; i >= 0; i-- {
		if err := t.ctx.Err(); err != nil {
			return nil, err
		}
		n := t.g.Nodes[i]
		if err := t.back(n, rules, grads, active); err != nil {
			return nil, fmt.Errorf("gradient of node %q (%s): %w", n.Name, n.Op, err)
		}
		for _, o := range n.Out {
			if !wanted[o] {
				delete(grads, o)
			}
		}
		t.taken = values
		for _, d := range grads {
			t.taken += int64(d.NumBytes())
		}
	}
	t.taken = values
	out := make([]*tensor.Tensor, len(at))
	for i, v := range at {
		if out[i] = grads[v]; out[i] != nil {
			continue
		}
		x := t.Value(v)
		if x == nil {
			return nil, fmt.Errorf("value %q is not of this graph", v.Name)
		}
		out[i] = tensor.New(x.DType(), x.Shape()...)
	}
	return out, nil
}

// back adds the gradients of n's inputs.
func (t *Tape) back(n *graph.Node, rules []rule, grads map[*graph.Value]*tensor.Tensor, active map[*graph.Value]bool) error {
	b := &back{c: t.call(), n: n, extra: t.extra[n], d: make([]*tensor.Tensor, len(n.In))}
	flows, wanted := false, false
	for _, v := range n.Out {
		b.out = append(b.out, t.Value(v))
		g := grads[v]
		if v == nil {
			g = nil
		}
		b.g = append(b.g, g)
		flows = flows || g != nil
	}
	for i, v := range n.In {
		b.in = append(b.in, t.Value(v))
		b.need = append(b.need, v != nil && active[v] && !still(n, i) && b.in[i].DType().IsFloat())
		wanted = wanted || b.need[i]
	}
	if !flows || !wanted {
		return nil
	}
	f := ruleFor(rules, n)
	if f == nil {
		return &GradientError{Op: n.Op, Domain: n.Domain}
	}
	for _, x := range append(append([]*tensor.Tensor{}, b.g...), b.in...) {
		if x != nil && x.DType().IsSmallFloat() {
			return &GradientError{Op: n.Op, Domain: n.Domain, What: "of " + x.DType().String()}
		}
	}
	if err := b.do(f); err != nil {
		return err
	}
	for i, d := range b.d {
		if d == nil || !b.need[i] {
			continue
		}
		if !equalShape(d.Shape(), b.in[i].Shape()) {
			return fmt.Errorf("%w: gradient of input %d is %v for %v", ErrKernel, i, d, b.in[i])
		}
		v := n.In[i]
		if have := grads[v]; have != nil {
			d = b.sum(have, d)
		}
		grads[v] = d.Detached()
	}
	return nil
}

// GradientError says that an operator has no gradient here.
type GradientError struct{ Op, Domain, What string }

func (e *GradientError) Error() string {
	name := e.Op
	if e.Domain != "" {
		name = e.Domain + "." + name
	}
	if e.What != "" {
		return fmt.Sprintf("operator %s has no gradient %s", name, e.What)
	}
	return fmt.Sprintf("operator %s has no gradient", name)
}

// back is one operator on the way back: its inputs and outputs, the gradients g of the outputs (nil where there is none), which
// inputs need theirs, and those, d, that its rule sets.
type back struct {
	c          *Call
	n          *graph.Node
	in, out, g []*tensor.Tensor
	need       []bool
	d          []*tensor.Tensor
	extra      *tensor.Tensor
}

func (b *back) do(f vjp) error { return Do(func(*Call) { f(b) }, b.c) }

// needs reports whether input i is there and needs its gradient.
func (b *back) needs(i int) bool { return i < len(b.need) && b.need[i] }

// refuse ends the rule: the operator has no gradient in this form.
func (b *back) refuse(what string) {
	check(&GradientError{Op: b.n.Op, Domain: b.n.Domain, What: what})
}

// op runs an operator of opset 17.
func (b *back) op(name string, attrs map[string]*graph.Attr, in ...*tensor.Tensor) *tensor.Tensor {
	return b.run(&graph.Node{Op: name, Version: 17, Attrs: attrs, Out: make([]*graph.Value, 1)}, in, 1)[0]
}

// run runs a node on other inputs.
func (b *back) run(n *graph.Node, in []*tensor.Tensor, outs int) []*tensor.Tensor {
	c := *b.c
	c.In, c.Out, c.Fresh = in, make([]*tensor.Tensor, outs), nil
	free := *n
	free.In = make([]*graph.Value, len(in))
	for i := range in {
		if in[i] != nil {
			free.In[i] = &graph.Value{}
		}
	}
	check(runNode(&free, &c))
	return c.Out
}

func (b *back) sum(x, y *tensor.Tensor) *tensor.Tensor { return b.op("Add", nil, x, y) }
func (b *back) mul(x, y *tensor.Tensor) *tensor.Tensor { return b.op("Mul", nil, x, y) }

// scalar is v in the type of x.
func scalar(x *tensor.Tensor, v float64) *tensor.Tensor {
	if x.DType() == tensor.Float64 {
		return tensor.FromFloat64(nil, []float64{v})
	}
	return tensor.FromFloat32(nil, []float32{float32(v)})
}

func int64s(v ...int) *tensor.Tensor {
	wide := make([]int64, len(v))
	for i, x := range v {
		wide[i] = int64(x)
	}
	return tensor.FromInt64([]int{len(v)}, wide)
}

// sumTo undoes a broadcast of shape: it sums over what was repeated.
func (b *back) sumTo(g *tensor.Tensor, shape []int) *tensor.Tensor {
	if equalShape(g.Shape(), shape) {
		return g
	}
	lead := g.Rank() - len(shape)
	var axes []int
	for i, d := range g.Shape() {
		if i < lead || shape[i-lead] == 1 && d != 1 {
			axes = append(axes, i)
		}
	}
	if len(axes) == 0 {
		return g.View(shape...)
	}
	return b.op("ReduceSum", nil, g, int64s(axes...)).View(shape...)
}

func attrInts(v ...int) *graph.Attr {
	a := &graph.Attr{Type: 7}
	for _, x := range v {
		a.Ints = append(a.Ints, int64(x))
	}
	return a
}

func attrInt(v int) *graph.Attr { return &graph.Attr{Type: 2, I: int64(v)} }

// flag is 1 for true, as attributes have it.
func flag(v bool) *graph.Attr {
	if v {
		return attrInt(1)
	}
	return attrInt(0)
}

// numbers is t in float64, which must not be changed.
func (b *back) numbers(t *tensor.Tensor) []float64 {
	return b.c.cast(t, tensor.Float64, true, "").Float64()
}

// as is v in the type of x.
func (b *back) as(x *tensor.Tensor, shape []int, v []float64) *tensor.Tensor {
	return b.c.cast(tensor.FromFloat64(shape, v), x.DType(), true, "")
}
