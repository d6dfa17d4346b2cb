package exec

import (
	"github.com/caliper-imaging/caliper/onnx/ops"
)

// Infer is what is known of each slot of a plan whose inputs are known as in says. Bodies are not looked into.
func (p *Plan) Infer(in []ops.Known) []ops.Known {
	known := make([]ops.Known, p.slots)
	for _, c := range p.consts {
		known[c.slot] = ops.Of(c.t)
	}
	for i, x := range p.inputs {
		if i < len(in) {
			known[x] = in[i]
		}
	}
	for _, s := range p.Steps {
		if len(s.bodies) > 0 {
			continue
		}
		args := make([]ops.Known, len(s.in))
		for i, x := range s.in {
			if x >= 0 {
				args[i] = known[x]
			}
		}
		for i, k := range ops.Infer(s.Node, args) {
			if x := s.out[i]; x >= 0 {
				known[x] = k
			}
		}
	}
	return known
}

// Known is what Infer found of output i of a step of the plan.
func (p *Plan) Known(all []ops.Known, s *Step, i int) ops.Known {
	if x := s.out[i]; x >= 0 {
		return all[x]
	}
	return ops.Known{}
}
