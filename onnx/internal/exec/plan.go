// Package exec turns a graph into a plan, an order of kernels with the lifetimes of the values between
// them, and runs it.
package exec

import (
	"fmt"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Plan is a graph ready to run. It is not changed by runs, which may overlap.
type Plan struct {
	Steps    []*Step
	slots    int
	consts   []constant
	inputs   []int
	outputs  []int
	captures []capture // in the order of the graph's Captures
	kept     []int     // slots that no step releases
	slot     map[*graph.Value]int
}

// Step is one kernel of a plan.
type Step struct {
	Node   *graph.Node
	kernel ops.Kernel
	in     []int // slots, -1 where absent
	out    []int
	dies   []bool // input i is used for the last time
	free   []int  // slots to be released after the step
	result bool   // its output is one of the outermost graph's, or becomes one where it lies
	bodies map[string]*Plan
}

type constant struct {
	slot int
	t    *tensor.Tensor
}

type capture struct{ outer, slot int }

// Compile makes a plan. Every operator of g must be supported (see Check).
func Compile(g *graph.Graph) (*Plan, error) {
	p, err := compile(g, nil)
	if err == nil {
		p.markResults()
	}
	return p, err
}

// stays names operators whose output lies in the memory of their first input where nothing else needs that.
var stays = map[string]bool{"Identity": true, "Reshape": true, "Squeeze": true, "Unsqueeze": true, "Flatten": true, "Dropout": true,
	"Sigmoid": true, "Softmax": true, "LogSoftmax": true, "Relu": true, "Clip": true, "Tanh": true}

// markResults finds the steps whose results are the run's, so that they are computed where they can stay.
func (p *Plan) markResults() {
	kept := map[int]bool{}
	for _, x := range p.outputs {
		kept[x] = true
	}
	for i := len(p.Steps) - 1; i >= 0; i-- {
		s := p.Steps[i]
		for _, x := range s.out {
			s.result = s.result || x >= 0 && kept[x]
		}
		if s.result && s.Node.Domain == "" && stays[s.Node.Op] && len(s.in) > 0 && s.dies[0] {
			kept[s.in[0]] = true
		}
	}
}

func compile(g *graph.Graph, outer *Plan) (*Plan, error) {
	p := &Plan{slot: map[*graph.Value]int{}}
	for _, v := range g.Captures {
		p.captures = append(p.captures, capture{outer.slotOf(v), p.slotOf(v)})
	}
	for _, v := range g.Inputs {
		p.inputs = append(p.inputs, p.slotOf(v))
	}
	for _, n := range g.Nodes {
		s := &Step{Node: n, bodies: map[string]*Plan{}}
		op, err := ops.Find(n)
		if err != nil {
			return nil, err
		}
		if s.kernel, err = ops.Make(op, n); err != nil {
			return nil, fmt.Errorf("node %q (%s): %w", n.Name, n.Op, err)
		}
		for _, v := range n.In {
			s.in = append(s.in, p.slotOf(v))
		}
		for _, v := range n.Out {
			s.out = append(s.out, p.slotOf(v))
		}
		n.Bodies(func(name string, b *graph.Graph) {
			if err == nil {
				s.bodies[name], err = compile(b, p)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("node %q (%s): %w", n.Name, n.Op, err)
		}
		p.Steps = append(p.Steps, s)
	}
	for _, v := range g.Outputs {
		p.outputs = append(p.outputs, p.slotOf(v))
	}
	p.lifetimes()
	return p, nil
}

// slotOf numbers the values; constants are filled in when a run starts.
func (p *Plan) slotOf(v *graph.Value) int {
	if v == nil {
		return -1
	}
	s, ok := p.slot[v]
	if !ok {
		s = p.slots
		p.slots++
		p.slot[v] = s
		if v.Const != nil {
			p.consts = append(p.consts, constant{s, v.Const})
		}
	}
	return s
}

// lifetimes finds each value's last use.
func (p *Plan) lifetimes() {
	last := make([]int, p.slots)
	for i := range last {
		last[i] = -1
	}
	for i, s := range p.Steps {
		for _, x := range s.in {
			if x >= 0 {
				last[x] = i
			}
		}
		for _, b := range s.bodies {
			for _, c := range b.captures {
				last[c.outer] = i
			}
		}
		for _, x := range s.out {
			if x >= 0 {
				last[x] = max(last[x], i)
			}
		}
	}
	for _, x := range p.outputs {
		last[x] = len(p.Steps)
	}
	for slot, i := range last {
		if i >= 0 && i < len(p.Steps) {
			p.Steps[i].free = append(p.Steps[i].free, slot)
		} else {
			p.kept = append(p.kept, slot)
		}
	}
	for i, s := range p.Steps {
		s.dies = make([]bool, len(s.in))
		for k, x := range s.in {
			s.dies[k] = x >= 0 && last[x] == i
		}
		for _, b := range s.bodies {
			for _, c := range b.captures {
				for k, x := range s.in {
					s.dies[k] = s.dies[k] && x != c.outer
				}
			}
		}
	}
}
