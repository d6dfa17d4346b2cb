package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// gateFunc is one of the activations of recurrent operators.
func gateFunc(name string, alpha, beta float64) func(float64) float64 {
	switch name {
	case "Sigmoid":
		return sigmoid
	case "Tanh":
		return math.Tanh
	case "Relu":
		return func(v float64) float64 { return math.Max(0, v) }
	case "Affine":
		return func(v float64) float64 { return alpha*v + beta }
	case "LeakyRelu":
		return func(v float64) float64 {
			if v < 0 {
				return alpha * v
			}
			return v
		}
	case "ThresholdedRelu":
		return func(v float64) float64 {
			if v >= alpha {
				return v
			}
			return 0
		}
	case "ScaledTanh":
		return func(v float64) float64 { return alpha * math.Tanh(beta*v) }
	case "HardSigmoid":
		return func(v float64) float64 { return math.Min(math.Max(alpha*v+beta, 0), 1) }
	case "Elu":
		return func(v float64) float64 {
			if v < 0 {
				return alpha * math.Expm1(v)
			}
			return v
		}
	case "Softsign":
		return func(v float64) float64 { return v / (1 + math.Abs(v)) }
	case "Softplus":
		return softplus
	}
	fail("activation %q is not known", name)
	return nil
}

// gateDefaults are alpha and beta of the activations that have them.
var gateDefaults = map[string][2]float64{"Affine": {1, 0}, "LeakyRelu": {0.01, 0}, "ThresholdedRelu": {1, 0},
	"ScaledTanh": {1, 1}, "HardSigmoid": {0.2, 0.5}, "Elu": {1, 0}}

// recurrent is the attributes that RNN, GRU and LSTM share.
type recurrent struct {
	gates, funcs int
	acts         []func(float64) float64 // funcs of them a direction
	dirs         []bool                  // reverse
	hidden       int
	clip         float64
	layout       int
}

func recurrentOf(n *graph.Node, gates int, defaults []string) *recurrent {
	r := &recurrent{gates: gates, funcs: len(defaults), clip: float64(n.Float("clip", 0)), layout: n.Int("layout", 0), hidden: n.Int("hidden_size", 0)}
	switch n.Str("direction", "forward") {
	case "forward":
		r.dirs = []bool{false}
	case "reverse":
		r.dirs = []bool{true}
	case "bidirectional":
		r.dirs = []bool{false, true}
	default:
		fail("direction %q is not known", n.Str("direction", ""))
	}
	names := []string{}
	if a := n.Attrs["activations"]; a != nil {
		names = a.Strings
	}
	for len(names) < len(defaults)*len(r.dirs) {
		names = append(names, defaults[len(names)%len(defaults)])
	}
	floats := func(name string) []float32 {
		if a := n.Attrs[name]; a != nil {
			return a.Floats
		}
		return nil
	}
	alphas, betas := floats("activation_alpha"), floats("activation_beta")
	for i, name := range names {
		d := gateDefaults[name]
		if i < len(alphas) {
			d[0] = float64(alphas[i])
		}
		if i < len(betas) {
			d[1] = float64(betas[i])
		}
		r.acts = append(r.acts, gateFunc(name, d[0], d[1]))
	}
	return r
}

func (r *recurrent) clipped(v float32) float64 {
	f := float64(v)
	if r.clip > 0 {
		f = math.Min(math.Max(f, -r.clip), r.clip)
	}
	return f
}

// direction is one direction's operands: w [gates·h, in], rec [gates·h, h], bias [2·gates·h] or nil.
type direction struct {
	w, rec, bias []float32
	h, c         []float32 // states [batch, hidden]
	peep         []float32
	acts         []func(float64) float64
}

// step computes one step of one batch row: h and state are replaced, pre holds the gates' sums of the
// weighted input.
type step func(d *direction, prev, h, state, pre []float32)

// run computes a recurrent operator; next sees one row at a time.
func (r *recurrent) run(c *Call, n *graph.Node, next step) {
	f32 := func(i int) *tensor.Tensor {
		t := c.opt(i)
		if t == nil {
			return nil
		}
		return c.cast(t, tensor.Float32, true, "")
	}
	x, w, rec := f32(0), f32(1), f32(2)
	if x == nil || w == nil || rec == nil || x.Rank() != 3 || w.Rank() != 3 || rec.Rank() != 3 {
		fail("want three tensors of three dimensions")
	}
	if r.layout == 1 {
		x = c.permute(x, []int{1, 0, 2})
	}
	seq, batch, in := x.Shape()[0], x.Shape()[1], x.Shape()[2]
	h := rec.Shape()[2]
	nd := len(r.dirs)
	gh := r.gates * h
	if !equalShape(w.Shape(), []int{nd, gh, in}) || !equalShape(rec.Shape(), []int{nd, gh, h}) {
		fail("weights %v and %v do not fit input %v", w, rec, x)
	}
	bias, lens := f32(3), c.ints(4)
	if bias != nil && bias.Len() != nd*2*gh || lens != nil && len(lens) != batch {
		fail("bias or sequence lengths do not fit")
	}
	out := c.Zeros(tensor.Float32, seq, nd, batch, h)
	state := func(i int) *tensor.Tensor {
		s := c.Zeros(tensor.Float32, nd, batch, h)
		if t := f32(i); t != nil {
			if t.Len() != s.Len() {
				fail("state %v: want %v", t, s.Shape())
			}
			if r.layout == 1 {
				t = c.permute(t, []int{1, 0, 2})
			}
			copy(s.Float32(), t.Float32())
		}
		return s
	}
	hs := state(5)
	var cs *tensor.Tensor
	var peep *tensor.Tensor
	if n.Op == "LSTM" {
		cs = state(6)
		if peep = f32(7); peep != nil && peep.Len() != nd*3*h {
			fail("peephole %v: want %d values a direction", peep, 3*h)
		}
	}
	for k, reverse := range r.dirs {
		d := &direction{w: w.Float32()[k*gh*in:][:gh*in], rec: rec.Float32()[k*gh*h:][:gh*h],
			h: hs.Float32()[k*batch*h:][:batch*h], acts: r.acts[k*r.funcs:][:r.funcs]}
		if bias != nil {
			d.bias = bias.Float32()[k*2*gh:][:2*gh]
		}
		if cs != nil {
			d.c = cs.Float32()[k*batch*h:][:batch*h]
		}
		if peep != nil {
			d.peep = peep.Float32()[k*3*h:][:3*h]
		}
		pre := c.Floats(max(1, seq*batch*gh))
		simd.Sgemm(false, true, seq*batch, gh, in, 1, x.Float32(), in, d.w, in, 0, pre, gh, c.Threads)
		for b := range batch {
			l := seq
			if lens != nil {
				l = min(max(lens[b], 0), seq)
			}
			hRow := d.h[b*h:][:h]
			var cRow []float32
			if d.c != nil {
				cRow = d.c[b*h:][:h]
			}
			prev := make([]float32, h)
			for i := range l {
				t := i
				if reverse {
					t = l - 1 - i
				}
				copy(prev, hRow)
				next(d, prev, hRow, cRow, pre[(t*batch+b)*gh:][:gh])
				copy(out.Float32()[((t*nd+k)*batch+b)*h:][:h], hRow)
			}
		}
	}
	results := []*tensor.Tensor{out, hs, cs}
	for i := range c.Out {
		t := results[i]
		if r.layout == 1 {
			perm := []int{1, 0, 2}
			if i == 0 {
				perm = []int{2, 0, 1, 3}
			}
			t = c.permute(t, perm)
		}
		c.Out[i] = c.cast(t, c.in(0).DType(), true, "")
	}
}

// recurrence adds rec·h and the biases of gates [lo, hi) to pre.
func (d *direction) recurrence(pre, h []float32, lo, hi int) {
	n := len(h)
	gh := len(d.rec) / max(1, n)
	for i := lo * n; i < hi*n; i++ {
		v := simd.Dot(d.rec[i*n:][:n], h)
		if d.bias != nil {
			v += d.bias[i] + d.bias[gh+i]
		}
		pre[i] += v
	}
}

func rnnOp(n *graph.Node) Kernel {
	r := recurrentOf(n, 1, []string{"Tanh"})
	return func(c *Call) {
		r.run(c, n, func(d *direction, prev, h, _, pre []float32) {
			d.recurrence(pre, prev, 0, 1)
			for i := range h {
				h[i] = float32(d.acts[0](r.clipped(pre[i])))
			}
		})
	}
}

func gruOp(n *graph.Node) Kernel {
	r := recurrentOf(n, 3, []string{"Sigmoid", "Tanh"})
	linear := n.Int("linear_before_reset", 0) != 0
	return func(c *Call) {
		r.run(c, n, func(d *direction, prev, h, _, pre []float32) {
			k := len(h)
			d.recurrence(pre, prev, 0, 2)
			z, rs := make([]float64, k), make([]float64, k)
			for i := range k {
				z[i] = d.acts[0](r.clipped(pre[i]))
				rs[i] = d.acts[0](r.clipped(pre[k+i]))
			}
			gate := make([]float32, 3*k)
			if linear {
				d.recurrenceOnly(gate, prev, k)
				for i := range k {
					pre[2*k+i] += float32(rs[i]) * gate[2*k+i]
					if d.bias != nil {
						pre[2*k+i] += d.bias[2*k+i]
					}
				}
			} else {
				reset := make([]float32, k)
				for i := range k {
					reset[i] = float32(rs[i]) * prev[i]
				}
				d.recurrence(pre, reset, 2, 3)
			}
			for i := range k {
				v := d.acts[1](r.clipped(pre[2*k+i]))
				h[i] = float32((1-z[i])*v + z[i]*float64(prev[i]))
			}
		})
	}
}

// recurrenceOnly is the third gate's rec·h with its recurrence bias.
func (d *direction) recurrenceOnly(gate, h []float32, k int) {
	for i := 2 * k; i < 3*k; i++ {
		gate[i] = simd.Dot(d.rec[i*k:][:k], h)
		if d.bias != nil {
			gate[i] += d.bias[3*k+i]
		}
	}
}

func lstmOp(n *graph.Node) Kernel {
	r := recurrentOf(n, 4, []string{"Sigmoid", "Tanh", "Tanh"})
	coupled := n.Int("input_forget", 0) != 0
	return func(c *Call) {
		r.run(c, n, func(d *direction, prev, h, state, pre []float32) {
			k := len(h)
			d.recurrence(pre, prev, 0, 4)
			at := func(g, i int) float32 { return pre[g*k+i] } // input, output, forget, cell
			for i := range k {
				pi, po, pf := float32(0), float32(0), float32(0)
				if d.peep != nil {
					pi, po, pf = d.peep[i], d.peep[k+i], d.peep[2*k+i]
				}
				in := d.acts[0](r.clipped(at(0, i) + pi*state[i]))
				forget := 1 - in
				if !coupled {
					forget = d.acts[0](r.clipped(at(2, i) + pf*state[i]))
				}
				v := forget*float64(state[i]) + in*d.acts[1](r.clipped(at(3, i)))
				state[i] = float32(v)
				o := d.acts[0](r.clipped(at(1, i) + po*state[i]))
				h[i] = float32(o * d.acts[2](v))
			}
		})
	}
}
