package ops

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// seq is input i as a sequence.
func (c *Call) seq(i int) []*tensor.Tensor {
	t := c.in(i)
	if t.DType() != tensor.Sequence {
		fail("input %d: want a sequence, got %v", i, t)
	}
	return t.Elems()
}

func sequenceConstructOp(*graph.Node) Kernel {
	return func(c *Call) { c.Out[0] = tensor.FromSequence(append([]*tensor.Tensor{}, c.In...)) }
}

func sequenceEmptyOp(*graph.Node) Kernel {
	return func(c *Call) { c.Out[0] = tensor.FromSequence(nil) }
}

func sequenceAtOp(*graph.Node) Kernel {
	return func(c *Call) {
		s := c.seq(0)
		c.Out[0] = s[index(ints(c.in(1))[0], len(s))]
	}
}

func sequenceLengthOp(*graph.Node) Kernel {
	return func(c *Call) { c.Out[0] = tensor.FromInt64(nil, []int64{int64(len(c.seq(0)))}) }
}

func sequenceInsertOp(*graph.Node) Kernel {
	return func(c *Call) {
		s, at := c.seq(0), len(c.seq(0))
		if v := c.ints(2); len(v) > 0 {
			at = v[0]
			if at < 0 {
				at += len(s)
			}
			if at < 0 || at > len(s) {
				fail("position %d is out of range for %d", v[0], len(s))
			}
		}
		out := append(append(append([]*tensor.Tensor{}, s[:at]...), c.in(1)), s[at:]...)
		c.Out[0] = tensor.FromSequence(out)
	}
}

func sequenceEraseOp(*graph.Node) Kernel {
	return func(c *Call) {
		s := c.seq(0)
		at := len(s) - 1
		if v := c.ints(1); len(v) > 0 {
			at = v[0]
		}
		at = index(at, len(s))
		c.Out[0] = tensor.FromSequence(append(append([]*tensor.Tensor{}, s[:at]...), s[at+1:]...))
	}
}

func concatFromSequenceOp(n *graph.Node) Kernel {
	return func(c *Call) {
		s := c.seq(0)
		if n.Int("new_axis", 0) != 0 {
			c.Out[0] = c.stack(s, n.Int("axis", 0))
			return
		}
		c.Out[0] = c.concat(s, n.Int("axis", 0))
	}
}

func splitToSequenceOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		a := axis(n.Int("axis", 0), x.Rank())
		d := x.Shape()[a]
		var parts []int
		drop := false
		switch sp := c.opt(1); {
		case sp == nil:
			for range d {
				parts = append(parts, 1)
			}
			drop = n.Int("keepdims", 1) == 0
		case sp.Rank() == 0:
			k := ints(sp)[0]
			if k < 1 {
				fail("split: want a positive size, got %d", k)
			}
			for at := 0; at < d; at += k {
				parts = append(parts, min(k, d-at))
			}
		default:
			parts = ints(sp)
		}
		out := c.split(x, a, parts)
		if drop {
			for i, t := range out {
				shape := append(append([]int{}, t.Shape()[:a]...), t.Shape()[a+1:]...)
				out[i] = t.View(shape...)
			}
		}
		c.Out[0] = tensor.FromSequence(out)
	}
}

func sequenceMapOp(*graph.Node) Kernel {
	return func(c *Call) {
		first := c.seq(0)
		b := c.body("body")
		outs := make([][]*tensor.Tensor, len(c.Out))
		for i := range first {
			check(c.Ctx.Err())
			in := make([]*tensor.Tensor, len(c.In))
			for k, t := range c.In {
				in[k] = t
				if t != nil && t.DType() == tensor.Sequence {
					if len(t.Elems()) != len(first) {
						fail("sequences differ in length")
					}
					in[k] = t.Elems()[i]
				}
			}
			got := b.Run(c, in)
			for k := range outs {
				outs[k] = append(outs[k], got[k])
			}
		}
		for k := range outs {
			c.Out[k] = tensor.FromSequence(outs[k])
		}
	}
}

func optionalOp(*graph.Node) Kernel {
	return func(c *Call) {
		c.Out[0] = &tensor.Tensor{}
		if t := c.opt(0); t != nil {
			c.Out[0] = t
		}
	}
}

func optionalHasElementOp(*graph.Node) Kernel {
	return func(c *Call) {
		t := c.opt(0)
		c.Out[0] = tensor.FromBool(nil, []bool{t != nil && t.DType() != tensor.None})
	}
}

func optionalGetElementOp(*graph.Node) Kernel {
	return func(c *Call) {
		t := c.in(0)
		if t.DType() == tensor.None {
			fail("the optional is empty")
		}
		c.Out[0] = t
	}
}

// scanOp: states first, then the inputs that are cut into slices. Opset 8 has a batch dimension and
// sequence lengths in front.
func scanOp(n *graph.Node) Kernel {
	k := n.Int("num_scan_inputs", 0)
	inAxes, outAxes := n.Ints("scan_input_axes"), n.Ints("scan_output_axes")
	inDirs, outDirs := n.Ints("scan_input_directions"), n.Ints("scan_output_directions")
	if n.Version < 9 {
		inDirs = n.Ints("directions")
	}
	at := func(list []int, i int) int {
		if i < len(list) {
			return list[i]
		}
		return 0
	}
	scan := func(c *Call, in []*tensor.Tensor) []*tensor.Tensor {
		b := c.body("body")
		states := append([]*tensor.Tensor{}, in[:len(in)-k]...)
		scans := in[len(in)-k:]
		steps := -1
		axes := make([]int, k)
		for i, t := range scans {
			axes[i] = axis(at(inAxes, i), t.Rank())
			if d := t.Shape()[axes[i]]; steps >= 0 && steps != d {
				fail("inputs differ in length: %d and %d", steps, d)
			} else {
				steps = d
			}
		}
		outs := make([][]*tensor.Tensor, b.NumOutputs()-len(states))
		for s := range steps {
			check(c.Ctx.Err())
			args := append([]*tensor.Tensor{}, states...)
			for i, t := range scans {
				p := s
				if at(inDirs, i) == 1 {
					p = steps - 1 - s
				}
				cut := c.take(t, []int64{int64(p)}, axes[i])
				shape := append(append([]int{}, cut.Shape()[:axes[i]]...), cut.Shape()[axes[i]+1:]...)
				args = append(args, cut.View(shape...))
			}
			got := b.Run(c, args)
			states = got[:len(states)]
			for i := range outs {
				outs[i] = append(outs[i], got[len(states)+i])
			}
			if n.Version >= 9 { // else results of other batch entries wait as well
				c.sweep(append(outs, states, in)...)
			}
		}
		for i, list := range outs {
			if at(outDirs, i) == 1 {
				for p, q := 0, len(list)-1; p < q; p, q = p+1, q-1 {
					list[p], list[q] = list[q], list[p]
				}
			}
			states = append(states, c.stack(list, at(outAxes, i)))
		}
		return states
	}
	return func(c *Call) {
		if k < 1 || k > len(c.In) {
			fail("num_scan_inputs is %d", k)
		}
		if n.Version >= 9 {
			for i := range c.In {
				c.in(i)
			}
			copy(c.Out, scan(c, c.In))
			return
		}
		lens := c.ints(0)
		var all [][]*tensor.Tensor
		batch := c.in(1).Shape()[0]
		for b := range batch {
			var in []*tensor.Tensor
			for i := 1; i < len(c.In); i++ {
				t := c.take(c.in(i), []int64{int64(b)}, 0)
				t = t.View(t.Shape()[1:]...)
				if lens != nil && i > len(c.In)-1-k && t.Shape()[0] != lens[b] {
					t = c.split(t, 0, []int{lens[b], t.Shape()[0] - lens[b]})[0]
				}
				in = append(in, t)
			}
			all = append(all, scan(c, in))
		}
		for i := range c.Out {
			var list []*tensor.Tensor
			for _, r := range all {
				list = append(list, r[i])
			}
			c.Out[i] = c.stack(list, 0)
		}
	}
}
