package ops

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func (c *Call) body(name string) Body {
	b := c.Bodies[name]
	if b == nil {
		fail("graph %s is missing", name)
	}
	return b
}

func truth(t *tensor.Tensor) bool {
	if t.Len() != 1 {
		fail("condition: want one bool, got %v", t)
	}
	return t.Bool()[0]
}

func ifOp(*graph.Node) Kernel {
	return func(c *Call) {
		name := "else_branch"
		if truth(c.in(0)) {
			name = "then_branch"
		}
		out := c.body(name).Run(c, nil)
		if len(out) < len(c.Out) {
			fail("%s gives %d outputs, want %d", name, len(out), len(c.Out))
		}
		copy(c.Out, out)
	}
}

// loopOp: inputs are the trip count, the condition and the carried values; outputs the carried values
// and, stacked, what each iteration gives besides.
func loopOp(*graph.Node) Kernel {
	return func(c *Call) {
		b := c.body("body")
		trips := -1
		if t := c.opt(0); t != nil && t.Len() > 0 {
			trips = max(0, ints(t)[0])
		}
		cond := true
		if t := c.opt(1); t != nil && t.Len() > 0 {
			cond = truth(t)
		}
		carried := append([]*tensor.Tensor{}, c.In[min(2, len(c.In)):]...)
		scans := b.NumOutputs() - 1 - len(carried)
		if scans < 0 || len(c.Out) > b.NumOutputs()-1 {
			fail("body gives %d outputs, want at least %d", b.NumOutputs(), len(carried)+1)
		}
		stacked := make([][]*tensor.Tensor, scans)
		for i := 0; cond && (trips < 0 || i < trips); i++ {
			check(c.Ctx.Err())
			in := append([]*tensor.Tensor{tensor.FromInt64(nil, []int64{int64(i)}), tensor.FromBool(nil, []bool{cond})}, carried...)
			if len(in) > b.NumInputs() {
				in = in[:b.NumInputs()]
			}
			out := b.Run(c, in)
			cond = truth(out[0])
			carried = out[1 : 1+len(carried)]
			for k := range stacked {
				stacked[k] = append(stacked[k], out[1+len(carried)+k])
			}
			c.sweep(append(stacked, carried)...)
		}
		for i := range c.Out {
			if i < len(carried) {
				c.Out[i] = carried[i]
			} else {
				c.Out[i] = c.stack(stacked[i-len(carried)], 0)
			}
		}
	}
}

// stack joins tensors along a new axis; none give an empty float32 tensor.
func (c *Call) stack(list []*tensor.Tensor, ax int) *tensor.Tensor {
	if len(list) == 0 {
		return tensor.New(tensor.Float32, 0)
	}
	views := make([]*tensor.Tensor, len(list))
	for i, t := range list {
		a := ax
		if a < 0 {
			a += t.Rank() + 1
		}
		if a < 0 || a > t.Rank() {
			fail("axis %d is out of range", ax)
		}
		shape := append(append(append([]int{}, t.Shape()[:a]...), 1), t.Shape()[a:]...)
		views[i] = t.View(shape...)
	}
	return c.concat(views, ax)
}
