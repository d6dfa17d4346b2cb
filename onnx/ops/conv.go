package ops

import (
	"sync"

	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Attributes and inputs that the fusing passes add to Conv and ConvTranspose: the activation after
// it, its parameters, and what is added before that (input 3 of Conv).
const (
	FusedActivation = "caliper.activation"
	FusedParams     = "caliper.params"
)

// ActivationOf is the activation that a node computes, with kind None where it is not one that a
// convolution can compute as it goes.
func ActivationOf(n *graph.Node) conv.Activation { return activationOf(n) }

func fusedActivation(n *graph.Node) conv.Activation {
	a := conv.Activation{Kind: conv.Kind(n.Int(FusedActivation, 0))}
	if p := n.Attrs[FusedParams]; p != nil {
		a.A, a.B = p.Floats[0], p.Floats[1]
	}
	return a
}

// cached keeps the packed form of a constant weight for the latest two input shapes.
type cached[P any] struct {
	mu   sync.Mutex
	keys []conv.Params
	vals []P
}

func (k *cached[P]) get(p *conv.Params, pack func() P) P {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, key := range k.keys {
		if key == *p {
			return k.vals[i]
		}
	}
	v := pack()
	if len(k.keys) == 2 {
		k.keys, k.vals = k.keys[1:], k.vals[1:]
	}
	k.keys, k.vals = append(k.keys, *p), append(k.vals, v)
	return v
}

func convOp(n *graph.Node) Kernel {
	w := windowOf(n)
	group := n.Int("group", 1)
	act := fusedActivation(n)
	var shared *sharedPacks
	if n.Const(1) != nil {
		shared = sharedOf(n.In[1])
	}
	narrow := narrowConvOf(n)
	layoutOf := conv.LayoutOf
	if n.Int(NodeDirect, 0) != 0 {
		layoutOf = conv.DirectLayoutOf
	}
	return func(c *Call) {
		x, weight := c.in(0), c.in(1)
		c.sameType(x, weight)
		p, shape := convParams(&w, x, weight, group)
		if x.DType() == tensor.Float64 {
			c.Out[0] = c.conv64(x, weight, c.opt(2), p, shape)
			return
		}
		if product(shape) == 0 {
			c.Out[0] = c.New(tensor.Float32, shape...)
			return
		}
		check(p.Check())
		bias := biasOf(c.opt(2), p.OutC)
		var add []float32
		var out *tensor.Tensor
		residual := c.opt(3)
		spread := residual != nil && !equalShape(residual.Shape(), shape)
		if residual != nil && !spread {
			add = residual.Float32()
			if c.reusable(3) && c.In[0] != residual {
				out = residual
			}
		}
		fresh := func() *tensor.Tensor {
			if out != nil {
				return out
			}
			return c.New(tensor.Float32, shape...)
		}
		if !spread && narrow != nil {
			if out = fresh(); narrow.forward(c, out, x, weight, bias, add, p, act) {
				c.Out[0] = out
				return
			}
		}
		var k *conv.Packed
		if shared != nil {
			k = shared.get(c, weight, p, layoutOf)
		} else {
			k = conv.PackAs(weight.Float32(), p, layoutOf(p))
		}
		if residual == nil && narrow == nil {
			if c.Out[0] = c.convInPlace(k, x, shape, bias, p, act); c.Out[0] != nil {
				return
			}
		}
		out = fresh()
		c.Algorithm = k.Algorithm()
		switch {
		case spread:
			k.Forward(out.Float32(), x.Float32(), bias, p, conv.Activation{}, c.Threads)
			out = c.addSpread(out, residual, act)
		case add != nil:
			k.ForwardAdd(out.Float32(), x.Float32(), bias, add, p, act, c.Threads)
		default:
			k.Forward(out.Float32(), x.Float32(), bias, p, act, c.Threads)
		}
		c.Out[0] = out
	}
}

func biasOf(t *tensor.Tensor, channels int) []float32 {
	if t == nil {
		return nil
	}
	if t.Len() != channels {
		fail("bias: want %d values, got %v", channels, t)
	}
	return t.Float32()
}

// convParams checks shapes and gives the convolution's parameters and output shape.
func convParams(w *window, x, weight *tensor.Tensor, group int) (*conv.Params, []int) {
	return convParamsOf(w, x.Shape(), weight.Shape(), group)
}

func convParamsOf(w *window, in, ws []int, group int) (*conv.Params, []int) {
	if len(in) != len(ws) || len(in) < 3 {
		fail("input %v and weight %v: want the same rank, at least 3", in, ws)
	}
	kernel := ws[2:]
	if w.kernel != nil && !equalShape(w.kernel, kernel) {
		fail("kernel_shape %v differs from the weight's %v", w.kernel, kernel)
	}
	pl := w.place(in[2:], kernel)
	w.forward(&pl)
	if group < 1 || in[1] != ws[1]*group || ws[0]%group != 0 {
		fail("weight %v does not fit input %v in %d groups", ws, in, group)
	}
	p := &conv.Params{Batch: in[0], InC: in[1], OutC: ws[0], Group: group, In: pl.in, Out: pl.out, Kernel: pl.kernel,
		Stride: pl.stride, Dilation: pl.dilate, PadLo: pl.lo, PadHi: pl.hi}
	return p, pl.outShape(in[0], ws[0])
}

func convTransposeOp(n *graph.Node) Kernel {
	w := windowOf(n)
	group := n.Int("group", 1)
	act := fusedActivation(n)
	var packs *cached[*conv.PackedTranspose]
	if n.Const(1) != nil {
		packs = &cached[*conv.PackedTranspose]{}
	}
	return func(c *Call) {
		x, weight := c.in(0), c.in(1)
		if x.Rank() != weight.Rank() {
			fail("input %v and weight %v have different ranks", x, weight)
		}
		in, ws := x.Shape(), weight.Shape()
		pl := w.place(spatialOf(x), ws[2:])
		if group < 1 || in[1] != ws[0] || ws[0]%group != 0 {
			fail("weight %v does not fit input %v in %d groups", weight, x, group)
		}
		w.transposed(&pl)
		p := &conv.Params{Batch: in[0], InC: in[1], OutC: ws[1] * group, Group: group, In: pl.in, Out: pl.out,
			Kernel: pl.kernel, Stride: pl.stride, Dilation: pl.dilate, PadLo: pl.lo, PadHi: pl.hi}
		shape := pl.outShape(in[0], p.OutC)
		if x.DType() == tensor.Float64 {
			c.Out[0] = c.convTranspose64(x, weight, c.opt(2), p, shape)
			return
		}
		out := c.New(tensor.Float32, shape...)
		c.Out[0] = out
		if out.Len() == 0 {
			return
		}
		bias := biasOf(c.opt(2), p.OutC)
		if x.Len() == 0 {
			fail("empty input %v", x)
		}
		var k *conv.PackedTranspose
		if packs != nil {
			k = packs.get(p, func() *conv.PackedTranspose {
				defer c.unneeded(weight)
				return conv.PackTranspose(weight.Float32(), p)
			})
		} else {
			k = conv.PackTranspose(weight.Float32(), p)
		}
		k.Forward(out.Float32(), x.Float32(), bias, p, act, c.Threads)
	}
}

// transposed sets pads and the output's size of a transposed convolution.
func (w *window) transposed(p *placed) {
	var extra [3]int
	if w.outputPadding != nil {
		if len(w.outputPadding) != p.rank {
			fail("output_padding: want %d values, got %d", p.rank, len(w.outputPadding))
		}
		copy(extra[3-p.rank:], w.outputPadding)
	}
	fit := w.outputFit
	if len(fit) > p.rank {
		fit = fit[len(fit)-p.rank:]
	}
	if fit != nil && len(fit) != p.rank {
		fail("output_shape: want %d values, got %d", p.rank, len(fit))
	}
	for i := range 3 {
		full := (p.in[i]-1)*p.stride[i] + extra[i] + (p.kernel[i]-1)*p.dilate[i] + 1
		k := i - (3 - p.rank)
		switch {
		case k >= 0 && fit != nil:
			p.out[i] = fit[k]
		case k >= 0 && (w.auto == "SAME_UPPER" || w.auto == "SAME_LOWER"):
			p.out[i] = p.in[i] * p.stride[i]
		default:
			if w.auto == "VALID" {
				p.lo[i], p.hi[i] = 0, 0
			}
			p.out[i] = full - p.lo[i] - p.hi[i]
			if p.out[i] < 0 {
				fail("pads are larger than the output")
			}
			continue
		}
		total := full - p.out[i]
		if total < 0 && fit == nil {
			total = 0
		}
		p.lo[i] = total / 2
		if w.auto != "SAME_UPPER" {
			p.lo[i] = total - total/2
		}
		if total < 0 {
			p.lo[i] = 0
		}
		p.hi[i] = max(0, total-p.lo[i])
	}
}

// addSpread is act(x + y) where y has another shape.
func (c *Call) addSpread(x, y *tensor.Tensor, act conv.Activation) *tensor.Tensor {
	bc := newBroadcast(x.Shape(), y.Shape())
	out := x
	if !equalShape(x.Shape(), bc.shape) {
		out = c.New(tensor.Float32, bc.shape...)
	}
	adding.float32s(c, bc, out, x, y)
	c.parallel(out.Len(), 1<<13, func(lo, hi int) { act.Apply(out.Float32()[lo:hi], out.Float32()[lo:hi]) })
	return out
}

// FusedName names the activation that a pass has put into n, "" where there is none.
func FusedName(n *graph.Node) string {
	switch fusedActivation(n).Kind {
	case conv.Relu:
		return "Relu"
	case conv.Clip:
		return "Clip"
	case conv.LeakyRelu:
		return "LeakyRelu"
	case conv.Sigmoid:
		return "Sigmoid"
	case conv.Silu:
		return "Swish"
	case conv.Tanh:
		return "Tanh"
	case conv.Gelu:
		return "Gelu"
	case conv.Elu:
		return "Elu"
	case conv.HardSigmoid:
		return "HardSigmoid"
	case conv.HardSwish:
		return "HardSwish"
	}
	return ""
}
