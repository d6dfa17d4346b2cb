package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func rotaryOp(n *graph.Node) Kernel {
	interleaved := n.Int("interleaved", 0) != 0
	return func(c *Call) {
		x := c.in(0)
		in := x
		if x.Rank() == 3 {
			h := n.Int("num_heads", 0)
			if h < 1 || x.Shape()[2]%h != 0 {
				fail("%v does not split into %d heads", x, h)
			}
			x = x.View(x.Shape()[0], x.Shape()[1], h, x.Shape()[2]/h)
		} else {
			x = c.permute(x, []int{0, 2, 1, 3})
		}
		s := x.Shape()
		dim := n.Int("rotary_embedding_dim", 0)
		if dim == 0 {
			dim = s[3]
		}
		half := dim / 2
		cos, sin := c.in(1), c.in(2)
		pos := c.ints(3)
		if dim > s[3] || cos.Shape()[cos.Rank()-1] != half || cos.Len() != sin.Len() {
			fail("caches %v and %v do not fit %v", cos, sin, in)
		}
		out := c.New(x.DType(), s...)
		copy(out.Bytes(), x.Bytes())
		xs, ys := x.Float32(), out.Float32()
		for r := range s[0] * s[1] {
			row := r
			if pos != nil {
				row = index(pos[r], cos.Shape()[0])
			}
			co, si := cos.Float32()[row*half:][:half], sin.Float32()[row*half:][:half]
			for h := range s[2] {
				at := (r*s[2] + h) * s[3]
				for i := range half {
					a, b := at+i, at+half+i
					if interleaved {
						a, b = at+2*i, at+2*i+1
					}
					ys[a] = co[i]*xs[a] - si[i]*xs[b]
					ys[b] = si[i]*xs[a] + co[i]*xs[b]
				}
			}
		}
		if in.Rank() == 3 {
			c.Out[0] = out.View(in.Shape()...)
		} else {
			c.Out[0] = c.permute(out, []int{0, 2, 1, 3})
		}
	}
}

func linearAttentionOp(n *graph.Node) Kernel {
	rule := n.Str("update_rule", "gated_delta")
	gating := rule == "gated" || rule == "gated_delta"
	delta := rule == "delta" || rule == "gated_delta"
	qh, kh := n.Int("q_num_heads", 0), n.Int("kv_num_heads", 0)
	if qh < 1 || kh < 1 || qh%kh != 0 {
		fail("q_num_heads %d is no multiple of kv_num_heads %d", qh, kh)
	}
	return func(c *Call) {
		f32 := func(i int) *tensor.Tensor { return c.cast(c.in(i), tensor.Float32, true, "") }
		q, k, v := f32(0), f32(1), f32(2)
		if q.Rank() != 3 || k.Rank() != 3 || v.Rank() != 3 {
			fail("want 3 dimensions, got %v, %v and %v", q, k, v)
		}
		b, t := q.Shape()[0], q.Shape()[1]
		dk, dv := q.Shape()[2]/qh, v.Shape()[2]/kh
		if k.Shape()[2] != kh*dk {
			fail("keys %v do not fit queries %v", k, q)
		}
		stateType := c.in(0).DType()
		state := c.Zeros(tensor.Float32, b, kh, dk, dv)
		if p := c.opt(3); p != nil {
			stateType = p.DType()
			if !equalShape(p.Shape(), state.Shape()) {
				fail("past state %v: want shape %v", p, state.Shape())
			}
			copy(state.Float32(), c.cast(p, tensor.Float32, true, "").Float32())
		}
		var decay, beta []float32
		nDecay, nBeta := 0, 0
		if gating {
			d := f32(4)
			decay, nDecay = d.Float32(), d.Shape()[2]
		}
		if delta {
			d := f32(5)
			beta, nBeta = d.Float32(), d.Shape()[2]
		}
		scale := float64(n.Float("scale", 0))
		if scale == 0 {
			scale = 1 / math.Sqrt(float64(dk))
		}
		out := c.New(tensor.Float32, b, t, qh*dv)
		group := qh / kh
		for bi := range b {
			for h := range kh {
				st := state.Float32()[(bi*kh+h)*dk*dv:][:dk*dv]
				for i := range t {
					row := bi*t + i
					key, val := k.Float32()[(row*kh+h)*dk:][:dk], v.Float32()[(row*kh+h)*dv:][:dv]
					for d := range dk {
						g := float32(1)
						switch {
						case gating && nDecay == kh:
							g = float32(math.Exp(float64(decay[row*kh+h])))
						case gating:
							g = float32(math.Exp(float64(decay[(row*kh+h)*dk+d])))
						}
						for m := range dv {
							st[d*dv+m] *= g
						}
					}
					write := append([]float32{}, val...)
					if delta {
						be := beta[row*nBeta+h%nBeta]
						for m := range dv {
							got := float32(0)
							for d := range dk {
								got += st[d*dv+m] * key[d]
							}
							write[m] = be * (val[m] - got)
						}
					}
					for d := range dk {
						for m := range dv {
							st[d*dv+m] += key[d] * write[m]
						}
					}
					for g := range group {
						hq := h*group + g
						query := q.Float32()[(row*qh+hq)*dk:][:dk]
						for m := range dv {
							sum := float32(0)
							for d := range dk {
								sum += query[d] * st[d*dv+m]
							}
							out.Float32()[(row*qh+hq)*dv+m] = float32(scale) * sum
						}
					}
				}
			}
		}
		c.Out[0] = c.cast(out, c.in(0).DType(), true, "")
		if len(c.Out) > 1 {
			c.Out[1] = c.cast(state, stateType, true, "")
		}
	}
}

func causalConvOp(n *graph.Node) Kernel {
	act := n.Str("activation", "none")
	return func(c *Call) {
		x, w := c.in(0), c.in(1)
		if x.Rank() != 3 || w.Rank() != 3 || w.Shape()[0] != x.Shape()[1] || w.Shape()[1] != 1 {
			fail("weight %v does not fit %v", w, x)
		}
		b, ch, l, k := x.Shape()[0], x.Shape()[1], x.Shape()[2], w.Shape()[2]
		past := c.opt(3)
		if past == nil {
			past = c.Zeros(x.DType(), b, ch, k-1)
		}
		padded := c.concat([]*tensor.Tensor{past, x}, 2)
		dt := x.DType()
		src, weight := c.cast(padded, tensor.Float32, true, "").Float32(), c.cast(w, tensor.Float32, true, "").Float32()
		var bias []float32
		if t := c.opt(2); t != nil {
			bias = c.cast(t, tensor.Float32, true, "").Float32()
		}
		out := c.New(tensor.Float32, b, ch, l)
		for r := range b * ch {
			for i := range l {
				sum := float32(0)
				if bias != nil {
					sum = bias[r%ch]
				}
				for q := range k {
					sum += src[r*(l+k-1)+i+q] * weight[r%ch*k+q]
				}
				out.Float32()[r*l+i] = sum
			}
		}
		if act == "silu" || act == "swish" {
			out = c.copyOf(stepwise{c, dt}.round(out))
			for i, v := range out.Float32() {
				out.Float32()[i] = float32(float64(v) * sigmoid(float64(v)))
			}
		}
		c.Out[0] = c.cast(out, dt, true, "")
		if len(c.Out) > 1 {
			c.Out[1] = c.split(padded, 2, []int{l, k - 1})[1]
		}
	}
}
