package exec

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Options of a run.
type Options struct {
	Threads int
	Decode  ops.ImageDecoder
	// Ranges and Calibrate are as in ops.Call.
	Ranges    *ops.Ranges
	Calibrate bool
	// Unneeded, where given, hears of a constant's bytes that are not expected to be read again.
	Unneeded func(b []byte)
	// Trace, where given, hears of each step of the outermost graph when it is done.
	Trace func(t Traced)
	// Into is memory for results, by output; a result without gets memory of its own.
	Into []*tensor.Tensor
}

// Traced is a step that is done. Its tensors are valid only until Trace returns.
type Traced struct {
	Step      *Step
	Took      time.Duration
	In, Out   []*tensor.Tensor
	Algorithm string
}

// Runner runs a plan. Runs may overlap.
type Runner struct {
	Plan    *Plan
	Limit   int64 // bytes of activations, 0 for none
	drain   int   // size in bytes of what is drained, 0 is drainFrom
	mu      sync.Mutex
	layouts []*shaped
}

// shaped is what follows from inputs of certain types and shapes.
type shaped struct {
	in       []ops.Known
	layout   *placement
	estimate *Estimate // where there is a limit
}

// shapesOf is what follows from inputs like those given, found when they are first met.
func (r *Runner) shapesOf(known []ops.Known) *shaped {
	same := func(a, b ops.Known) bool {
		return a.DType == b.DType && a.Ranked == b.Ranked && slices.Equal(a.Shape, b.Shape)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.layouts {
		if slices.EqualFunc(s.in, known, same) {
			return s
		}
	}
	if len(r.layouts) == 4 {
		r.layouts = r.layouts[1:]
	}
	s := &shaped{in: known, layout: r.Plan.place(r.Plan.Infer(known))}
	if r.Limit > 0 {
		s.estimate = r.Plan.Estimate(known)
	}
	r.layouts = append(r.layouts, s)
	return s
}

// Run computes the plan's outputs. Tensors among in are not changed. The results belong to the caller.
func (r *Runner) Run(ctx context.Context, in []*tensor.Tensor, o Options) ([]*tensor.Tensor, error) {
	a := idle.take(r.Limit)
	defer idle.give(a)
	if o.Threads < 1 {
		o.Threads = 1
	}
	e := &run{ctx: ctx, arena: a, chosen: map[any]any{}, Options: o}
	e.offered.given = given{a}
	for _, t := range o.Into {
		if t != nil {
			e.offered.blocks = append(e.offered.blocks, t.Bytes())
		}
	}
	own := make([]*tensor.Tensor, len(in))
	for i, t := range in {
		own[i] = t.Detached()
	}
	known := make([]ops.Known, len(in))
	for i, t := range in {
		known[i] = ops.Of(t)
		known[i].Value = nil // which may differ from run to run
	}
	if e.drainFrom = r.drain; e.drainFrom == 0 {
		e.drainFrom = drainFrom
	}
	shapes := r.shapesOf(known)
	e.plan, e.layout, e.roots = r.Plan, shapes.layout, map[*group]*tensor.Buffer{}
	if r.Limit > 0 && shapes.estimate.Largest > r.Limit {
		return nil, &MemoryError{Need: shapes.estimate.Peak, Limit: r.Limit}
	}
	f := e.frame(r.Plan, own)
	if err := e.steps(r.Plan, f, true); err != nil {
		return nil, shapes.refuse(err)
	}
	out := make([]*tensor.Tensor, len(r.Plan.outputs))
	for i, x := range r.Plan.outputs {
		out[i] = a.out(f[x])
	}
	return out, settle(out, o.Into)
}

// settle brings results into the memory that was offered for them.
func settle(out, into []*tensor.Tensor) error {
	var late []int
	for i, t := range into {
		switch {
		case t == nil:
		case out[i].DType() != t.DType() || !slices.Equal(out[i].Shape(), t.Shape()):
			return fmt.Errorf("result %d is %v, the memory for it %v", i, out[i], t)
		case !samePlace(out[i].Bytes(), t.Bytes()):
			out[i] = out[i].Clone() // it may lie in another's memory
			late = append(late, i)
		}
	}
	for _, i := range late {
		copy(into[i].Bytes(), out[i].Bytes())
		out[i] = into[i]
	}
	return nil
}

func samePlace(a, b []byte) bool { return len(a) == 0 || &a[0] == &b[0] }

type run struct {
	drainFrom int
	plan      *Plan // the outermost
	layout    *placement
	roots     map[*group]*tensor.Buffer
	ctx       context.Context
	arena     *arena
	depth     int
	chosen    map[any]any
	offered   offered
	Options
}

// memory is where a step's blocks come from.
func (e *run) memory(s *Step) ops.Memory {
	switch {
	case s.result && len(e.Into) > 0:
		return &e.offered
	case s.result:
		return given{e.arena}
	}
	return e.arena
}

func (e *run) frame(p *Plan, in []*tensor.Tensor) []*tensor.Tensor {
	f := make([]*tensor.Tensor, p.slots)
	for _, c := range p.consts {
		f[c.slot] = c.t
	}
	for i, x := range p.inputs {
		if i < len(in) {
			f[x] = in[i]
		}
	}
	return f
}

func (e *run) steps(p *Plan, f []*tensor.Tensor, outermost bool) error {
	placing := outermost && e.layout != nil
	for i, s := range p.Steps {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		var start time.Time
		if outermost && e.Trace != nil {
			start = time.Now()
		}
		c := &ops.Call{Ctx: e.ctx, Threads: e.Threads, Mem: e.memory(s), Dies: s.dies, Decode: e.Decode, Unneeded: e.Unneeded, Ranges: e.Ranges, Calibrate: e.Calibrate, Chosen: e.chosen,
			In: make([]*tensor.Tensor, len(s.in)), Out: make([]*tensor.Tensor, len(s.out))}
		for i, x := range s.in {
			if x >= 0 {
				c.In[i] = f[x]
			}
		}
		if len(s.bodies) > 0 {
			c.Bodies = make(map[string]ops.Body, len(s.bodies))
			for name, b := range s.bodies {
				c.Bodies[name] = &body{run: e, plan: b, outer: f}
			}
		}
		if err := e.do(i, s, c, placing); err != nil {
			return fmt.Errorf("node %q (%s): %w", s.Node.Name, s.Node.Op, err)
		}
		for i, x := range s.out {
			if x < 0 {
				continue
			}
			if c.Out[i] == nil {
				return fmt.Errorf("node %q (%s): output %d is not computed", s.Node.Name, s.Node.Op, i)
			}
			f[x] = c.Out[i]
			retain(f[x])
		}
		if placing {
			e.joined(i)
		}
		for _, b := range c.Fresh {
			if b.Refs == 0 {
				e.arena.put(b)
				b.Refs = -1 << 30 // Fresh may name a block twice
			}
		}
		for _, b := range c.Fresh {
			if b.Refs < 0 {
				b.Refs = 0
			}
		}
		if outermost && e.Trace != nil {
			e.Trace(Traced{s, time.Since(start), c.In, c.Out, c.Algorithm})
		}
		for _, x := range s.free {
			e.arena.release(f[x])
			f[x] = nil
		}
	}
	return nil
}

// do computes a step, with its result where the layout wants it.
func (e *run) do(i int, s *Step, c *ops.Call, placing bool) error {
	if s.result && e.drains(s, c) {
		return e.drain(s, c)
	}
	if !placing {
		return ops.Do(s.kernel, c)
	}
	if done, err := e.join(i, c); done || err != nil {
		return err
	}
	after, err := e.prepare(i, c)
	if err != nil {
		return err
	}
	defer after()
	return ops.Do(s.kernel, c)
}

// body is a graph attribute bound to the values around it.
type body struct {
	run   *run
	plan  *Plan
	outer []*tensor.Tensor
}

func (b *body) NumInputs() int  { return len(b.plan.inputs) }
func (b *body) NumOutputs() int { return len(b.plan.outputs) }

// maxDepth bounds how deep bodies run in one another.
const maxDepth = 64

// Run computes the body once. Blocks of its results are handed to c, which keeps them for as long as
// the node's own call lasts.
func (b *body) Run(c *ops.Call, in []*tensor.Tensor) []*tensor.Tensor {
	if b.run.depth >= maxDepth {
		ops.Fail(fmt.Errorf("graphs nested deeper than %d", maxDepth))
	}
	if len(in) != len(b.plan.inputs) {
		ops.Fail(fmt.Errorf("body takes %d inputs, got %d", len(b.plan.inputs), len(in)))
	}
	b.run.depth++
	defer func() { b.run.depth-- }()
	f := b.run.frame(b.plan, in)
	for _, cp := range b.plan.captures {
		f[cp.slot] = b.outer[cp.outer]
	}
	// What comes from outside is held by its owner: count it once more, so that no step takes its memory.
	var held []*tensor.Tensor
	for _, x := range b.plan.inputs {
		held = append(held, f[x])
	}
	for _, cp := range b.plan.captures {
		held = append(held, f[cp.slot])
	}
	for _, t := range held {
		retain(t) // for the slot
		retain(t) // for the owner
	}
	if err := b.run.steps(b.plan, f, false); err != nil {
		ops.Fail(err)
	}
	out := make([]*tensor.Tensor, len(b.plan.outputs))
	for i, x := range b.plan.outputs {
		out[i] = f[x]
	}
	for _, t := range out {
		retain(t)
	}
	for _, x := range b.plan.kept {
		b.run.arena.release(f[x])
	}
	for _, t := range held {
		float(c, t)
	}
	for _, t := range out {
		float(c, t)
	}
	return out
}

// float hands the blocks of t to the call: they go back when it ends, unless an output holds them.
func float(c *ops.Call, t *tensor.Tensor) {
	if t == nil {
		return
	}
	for _, e := range t.Elems() {
		float(c, e)
	}
	if b := t.Buffer(); b != nil {
		if b.Refs--; b.Refs == 0 {
			c.Fresh = append(c.Fresh, b)
		}
	}
}
