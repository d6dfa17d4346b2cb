package exec

import (
	"errors"

	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Sketch is what is known of a step before it runs.
type Sketch struct {
	Algorithm string // "" where there is one way only, or nothing is known
	Out       []ops.Known
	Live      int64 // bytes of activations while it runs, about
}

// Estimate is what is known of a run before it starts.
type Estimate struct {
	Steps    []Sketch
	Peak     int64 // the largest Live
	Largest  int64 // bytes of the largest block that the run can't do without
	Complete bool  // all shapes are known; otherwise Peak is too small
}

// block is memory in an estimate.
type block struct {
	bytes int64
	refs  int
}

// keepsShape names views that hold all of their first input.
var keepsShape = map[string]bool{"Identity": true, "Reshape": true, "Flatten": true, "Squeeze": true, "Unsqueeze": true, "Dropout": true}

// combines names operators of two operands that compute in the memory of either.
var combines = map[string]bool{"Add": true, "Sub": true, "Mul": true, "Div": true}

// Estimate tells what a run on inputs like in takes.
func (p *Plan) Estimate(in []ops.Known) *Estimate {
	known := p.Infer(in)
	layout := p.place(known)
	e := &Estimate{Complete: true}
	held := make([]*block, p.slots)
	roots := map[*group]*block{}
	live := int64(0)
	fresh := func(n int64, view bool) *block {
		live += n
		if !view {
			e.Largest = max(e.Largest, n)
		}
		return &block{bytes: n}
	}
	drop := func(b *block) {
		if b != nil {
			if b.refs--; b.refs == 0 {
				live -= b.bytes
			}
		}
	}
	root := func(g *group) *block {
		b := roots[g]
		if b == nil {
			b = fresh(int64(g.bytes), false)
			b.refs = 1
			roots[g] = b
		}
		return b
	}
	for i, s := range p.Steps {
		sk := Sketch{Algorithm: s.algorithm(known)}
		for k, x := range s.out {
			if x < 0 {
				continue
			}
			sk.Out = append(sk.Out, known[x])
			if !known[x].Ranked || known[x].DType == tensor.String {
				e.Complete = e.Complete && known[x].Ranked
				continue
			}
			var b *block
			switch {
			case layout != nil && layout.concats[i] != nil:
				b = root(layout.concats[i])
			case layout != nil && layout.steps[i] != nil:
				b = root(layout.steps[i].group)
			case k == 0:
				b = s.over(known, held)
			}
			if b == nil {
				b = fresh(int64(bytesOf(known[x])), views[s.Node.Op])
			}
			b.refs++
			held[x] = b
		}
		e.Peak = max(e.Peak, live)
		sk.Live = live
		e.Steps = append(e.Steps, sk)
		if layout != nil && layout.concats[i] != nil && layout.concats[i].step == i {
			drop(roots[layout.concats[i]])
		}
		for _, x := range s.free {
			drop(held[x])
			held[x] = nil
		}
	}
	return e
}

// over is the block of an input that a step's first output lies in, nil where it needs its own.
func (s *Step) over(known []ops.Known, held []*block) *block {
	op := s.Node.Op
	if s.Node.Domain != "" {
		return nil
	}
	for k, x := range s.in {
		if k > 1 || x < 0 || held[x] == nil || k == 1 && !combines[op] {
			break
		}
		if keepsShape[op] {
			return held[x]
		}
		if !s.dies[k] || held[x].refs != 1 {
			continue
		}
		if (inPlace[op] || stays[op] || combines[op]) && bytesOf(known[x]) == bytesOf(known[s.out[0]]) || ops.ConvInPlace(s.Node, s.args(known)) {
			return held[x]
		}
	}
	return nil
}

func (s *Step) args(known []ops.Known) []ops.Known {
	args := make([]ops.Known, len(s.in))
	for i, x := range s.in {
		if x >= 0 {
			args[i] = known[x]
		}
	}
	return args
}

func (s *Step) algorithm(known []ops.Known) string {
	return ops.ConvAlgorithm(s.Node, s.args(known))
}

// refuse gives the error of a run that needs more than the limit what the run would need in all, as far as that is known.
func (s *shaped) refuse(err error) error {
	var mem *MemoryError
	if s.estimate != nil && errors.As(err, &mem) {
		mem.Need = max(mem.Need, s.estimate.Peak)
	}
	return err
}
