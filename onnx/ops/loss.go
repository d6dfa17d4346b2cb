package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func nllLossOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		c.Out[0] = c.nll(n, c.cast(x, tensor.Float64, true, ""), x.DType())
	}
}

func softmaxLossOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		if x.Rank() < 2 {
			fail("want batch and classes, got %v", x)
		}
		wide := c.cast(x, tensor.Float64, true, "")
		logp := c.New(tensor.Float64, x.Shape()...)
		softmaxLoop(wide.Float64(), logp.Float64(), x.Shape()[0], x.Shape()[1], product(x.Shape()[2:]), true)
		c.Out[0] = c.nll(n, logp, x.DType())
		if len(c.Out) > 1 {
			c.Out[1] = c.cast(logp, x.DType(), true, "")
		}
	}
}

// nll is the negative log likelihood of the targets (input 1) under weights (input 2).
func (c *Call) nll(n *graph.Node, x *tensor.Tensor, dt tensor.DType) *tensor.Tensor {
	target := c.in(1)
	if x.Rank() < 2 || target.Rank() != x.Rank()-1 {
		fail("target %v does not fit %v", target, x)
	}
	ch, inner := x.Shape()[1], product(x.Shape()[2:])
	idx := ints(target)
	if len(idx) != x.Shape()[0]*inner {
		fail("target %v does not fit %v", target, x)
	}
	ignore, hasIgnore := n.Int("ignore_index", 0), n.Has("ignore_index")
	var weight []float64
	if w := c.opt(2); w != nil {
		weight = c.cast(w, tensor.Float64, true, "").Float64()
		if len(weight) != ch {
			fail("weight: want %d values, got %d", ch, len(weight))
		}
	}
	loss := c.New(tensor.Float64, target.Shape()...)
	sum, total := 0.0, 0.0
	for i, k := range idx {
		v := 0.0
		if !hasIgnore || k != ignore {
			if k < 0 || k >= ch {
				fail("target %d is out of range for %d classes", k, ch)
			}
			w := 1.0
			if weight != nil {
				w = weight[k]
			}
			v = -x.Float64()[(i/inner*ch+k)*inner+i%inner] * w
			total += w
		}
		loss.Float64()[i] = v
		sum += v
	}
	switch n.Str("reduction", "mean") {
	case "none":
		return c.cast(loss, dt, true, "")
	case "mean":
		if total != 0 || weight != nil {
			sum /= total
		} else {
			sum = math.NaN()
		}
	}
	return c.cast(tensor.FromFloat64(nil, []float64{sum}), dt, true, "")
}
