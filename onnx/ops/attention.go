package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// stepwise computes in float32 or float64 and, for smaller types, rounds after each step, as the
// operator's definition by smaller ones does.
type stepwise struct {
	c  *Call
	dt tensor.DType
}

func (s stepwise) round(t *tensor.Tensor) *tensor.Tensor {
	if !s.dt.IsSmallFloat() {
		return t
	}
	return s.c.widen(s.c.narrow(t, s.dt, true, ""))
}

// to is the type that a step computes in.
func (s stepwise) to() tensor.DType {
	if s.dt == tensor.Float64 {
		return tensor.Float64
	}
	return tensor.Float32
}

// heads brings [batch, seq, heads·size] to [batch, heads, seq, size].
func (c *Call) heads(t *tensor.Tensor, n int) *tensor.Tensor {
	if t.Rank() == 4 {
		return t
	}
	if t.Rank() != 3 || n < 1 || t.Shape()[2]%n != 0 {
		fail("%v does not split into %d heads", t, n)
	}
	s := t.Shape()
	return c.permute(t.View(s[0], s[1], n, s[2]/n), []int{0, 2, 1, 3})
}

// repeatHeads repeats each head k times.
func (c *Call) repeatHeads(t *tensor.Tensor, k int) *tensor.Tensor {
	if k == 1 {
		return t
	}
	s := t.Shape()
	out := c.New(t.DType(), s[0], s[1]*k, s[2], s[3])
	n := s[2] * s[3]
	c.move(t, out, []int{s[0] * s[1], k, n}, []int{n, 0, 1}, 0)
	return out
}

func scaled(t *tensor.Tensor, k float64) {
	if t.DType() == tensor.Float64 {
		for i := range t.Float64() {
			t.Float64()[i] *= k
		}
		return
	}
	for i := range t.Float32() {
		t.Float32()[i] *= float32(k)
	}
}

// copyOf is a tensor of the same contents that may be written to.
func (c *Call) copyOf(t *tensor.Tensor) *tensor.Tensor {
	out := c.New(t.DType(), t.Shape()...)
	copy(out.Bytes(), t.Bytes())
	return out
}

func attentionOp(n *graph.Node) Kernel {
	return func(c *Call) {
		q, k, v := c.in(0), c.in(1), c.in(2)
		dt := q.DType()
		s := stepwise{c, dt}
		flat := q.Rank() == 3
		qh, kvh := n.Int("q_num_heads", 0), n.Int("kv_num_heads", 0)
		q, k, v = c.heads(q, qh), c.heads(k, kvh), c.heads(v, kvh)
		past := 0
		if c.opt(4) != nil {
			past = c.in(4).Shape()[2]
			k = c.concat([]*tensor.Tensor{c.in(4), k}, 2)
			v = c.concat([]*tensor.Tensor{c.in(5), v}, 2)
		}
		if len(c.Out) > 1 {
			c.Out[1] = k
		}
		if len(c.Out) > 2 {
			c.Out[2] = v
		}
		if q.Shape()[1]%max(1, k.Shape()[1]) != 0 || k.Shape()[2] != v.Shape()[2] || k.Shape()[1] != v.Shape()[1] {
			fail("queries %v, keys %v and values %v do not fit", q, k, v)
		}
		rep := q.Shape()[1] / k.Shape()[1]
		wide := s.to()
		q, k, v = c.cast(q, wide, true, ""), c.repeatHeads(c.cast(k, wide, true, ""), rep), c.repeatHeads(c.cast(v, wide, true, ""), rep)
		scale := 1 / math.Sqrt(float64(q.Shape()[3]))
		if n.Has("scale") {
			scale = float64(n.Float("scale", 1))
		}
		root := c.cast(c.cast(tensor.FromFloat64([]int{1}, []float64{math.Sqrt(scale)}), dt, true, ""), tensor.Float64, true, "").Float64()[0]
		q, k = c.copyOf(q), c.permute(k, []int{0, 1, 3, 2})
		k = c.copyOf(k)
		scaled(q, root)
		scaled(k, root)
		scores := s.round(c.matMul(s.round(q), s.round(k)))
		mode := n.Int("qk_matmul_output_mode", 0)
		shown := scores
		if limit := float64(n.Float("softcap", 0)); limit > 0 {
			scores = s.softcap(scores, limit)
			if mode == 1 {
				shown = scores
			}
		}
		bias := c.attentionBias(n, q.Shape(), k.Shape()[3], past, s)
		if bias != nil {
			sum := c.New(wide, broadcastShape(scores.Shape(), bias.Shape())...)
			adding.apply(c, newBroadcast(scores.Shape(), bias.Shape()), sum, scores, bias)
			scores = s.round(sum)
		} else {
			scores = c.copyOf(scores)
		}
		if mode == 2 {
			shown = c.copyOf(scores)
		}
		inner := s
		if p := n.Int("softmax_precision", 0); p != 0 {
			inner.dt = tensor.DType(p)
			scores = c.cast(scores, inner.to(), true, "")
		}
		probs := inner.softmax(scores)
		if bias != nil {
			zeroMasked(probs, bias)
		}
		probs = s.round(c.cast(probs, wide, true, ""))
		if mode == 3 {
			shown = probs
		}
		if len(c.Out) > 3 {
			c.Out[3] = c.cast(shown, dt, true, "")
		}
		out := c.matMul(probs, v)
		if flat {
			sh := out.Shape()
			out = c.permute(out, []int{0, 2, 1, 3}).View(sh[0], sh[2], sh[1]*sh[3])
		}
		c.Out[0] = c.cast(out, dt, true, "")
		for i := 1; i < 3 && i < len(c.Out); i++ {
			c.Out[i] = c.cast(c.Out[i], dt, true, "")
		}
	}
}

func (s stepwise) softcap(x *tensor.Tensor, limit float64) *tensor.Tensor {
	out := s.c.copyOf(x)
	each := func(f func(float64) float64) {
		if out.DType() == tensor.Float64 {
			for i, v := range out.Float64() {
				out.Float64()[i] = f(v)
			}
			return
		}
		for i, v := range out.Float32() {
			out.Float32()[i] = float32(f(float64(v)))
		}
	}
	each(func(v float64) float64 { return v / limit })
	out = s.round(out)
	each(math.Tanh)
	out = s.round(out)
	each(func(v float64) float64 { return v * limit })
	return s.round(out)
}

// attentionBias is what is added to the scores: mask, causal and sliding window limits, padding. Nil
// where there is none.
func (c *Call) attentionBias(n *graph.Node, q []int, kv, past int, s stepwise) *tensor.Tensor {
	mask := c.opt(3)
	causal := n.Int("is_causal", 0) != 0
	left, right := n.Int("left_window_size", -1), n.Int("right_window_size", -1)
	lens := c.ints(6)
	if mask == nil && !causal && left < 0 && right < 0 && lens == nil {
		return nil
	}
	batch, ql := q[0], q[2]
	shape := []int{ql, kv}
	if lens != nil {
		if len(lens) != batch {
			fail("nonpad_kv_seqlen: want %d values, got %d", batch, len(lens))
		}
		shape = []int{batch, 1, ql, kv}
	}
	limits := c.New(tensor.Float32, shape...)
	inf := float32(math.Inf(-1))
	for i := range limits.Float32() {
		j, qi, b := i%kv, i/kv%ql, i/(kv*ql)
		off := past
		if lens != nil && past == 0 && c.opt(4) == nil {
			off = lens[b] - ql
		}
		ok := true
		if causal {
			ok = j <= qi+off
		}
		if left >= 0 {
			ok = ok && qi+off-j <= left
		}
		if right >= 0 {
			ok = ok && j-(qi+off) <= right
		}
		if lens != nil {
			ok = ok && j < lens[b]
		}
		limits.Float32()[i] = 0
		if !ok {
			limits.Float32()[i] = inf
		}
	}
	wide := s.to()
	out := c.cast(limits, wide, true, "")
	if mask == nil {
		return out
	}
	if mask.DType() == tensor.Bool {
		m := c.New(tensor.Float32, mask.Shape()...)
		for i, v := range mask.Bool() {
			m.Float32()[i] = 0
			if !v {
				m.Float32()[i] = inf
			}
		}
		mask = m
	}
	mask = c.cast(mask, wide, true, "")
	if d := mask.Shape()[mask.Rank()-1]; d < kv && d > 1 || d < kv && mask.Rank() > 0 && d != 1 {
		lo, hi := make([]int, mask.Rank()), make([]int, mask.Rank())
		hi[mask.Rank()-1] = kv - d
		mask = c.pad(mask, lo, hi, "constant", c.cast(tensor.FromFloat32([]int{1}, []float32{inf}), wide, true, ""))
	}
	bc := newBroadcast(mask.Shape(), out.Shape())
	sum := c.New(wide, bc.shape...)
	adding.apply(c, bc, sum, mask, out)
	return sum
}

// softmax over the last axis in steps that round; rows that are all −∞ give 0.
func (s stepwise) softmax(x *tensor.Tensor) *tensor.Tensor {
	d := x.Shape()[x.Rank()-1]
	if !s.dt.IsSmallFloat() {
		out := s.c.New(x.DType(), x.Shape()...)
		if x.Len() > 0 {
			s.c.softmax(x, out, x.Len()/d, d, 1, false)
		}
		return out
	}
	x = s.round(x)
	out := s.c.New(tensor.Float32, x.Shape()...)
	one := func(v float32) float32 {
		if s.dt == tensor.BFloat16 {
			return tensor.BFloat16Value(tensor.BFloat16Code(v))
		}
		return tensor.Float16Value(tensor.Float16Code(v))
	}
	for r := range x.Len() / max(1, d) {
		src, dst := x.Float32()[r*d:][:d], out.Float32()[r*d:][:d]
		top := float32(math.Inf(-1))
		for _, v := range src {
			top = max(top, v)
		}
		if math.IsInf(float64(top), -1) {
			top = 0
		}
		sum := float32(0)
		for i, v := range src {
			dst[i] = one(float32(math.Exp(float64(one(v - top)))))
			sum += dst[i]
			if s.dt == tensor.BFloat16 {
				sum = one(sum)
			}
		}
		sum = one(sum)
		for i, v := range dst {
			dst[i] = 0
			if sum != 0 {
				dst[i] = one(v / sum)
			}
		}
	}
	return out
}

// zeroMasked clears the rows of probs whose bias forbids every key.
func zeroMasked(probs, bias *tensor.Tensor) {
	d := bias.Shape()[bias.Rank()-1]
	rows := append([]int{}, bias.Shape()...)
	rows[len(rows)-1] = 1
	blocked := tensor.New(tensor.Bool, rows...)
	for r := range blocked.Bool() {
		all := true
		for i := r * d; i < (r+1)*d; i++ {
			all = all && math.IsInf(at64(bias, i), -1)
		}
		blocked.Bool()[r] = all
	}
	bc := newBroadcast(probs.Shape(), rows)
	if !equalShape(bc.shape, probs.Shape()) {
		return
	}
	bc.each(&Call{Threads: 1}, func(off, n int, at, step []int) {
		for i := range n {
			if blocked.Bool()[at[1]+i*step[1]] {
				if probs.DType() == tensor.Float64 {
					probs.Float64()[off+i] = 0
				} else {
					probs.Float32()[off+i] = 0
				}
			}
		}
	})
}

func flexAttentionOp(n *graph.Node) Kernel {
	return func(c *Call) {
		q, k, v := c.in(0), c.in(1), c.in(2)
		if q.Rank() != 4 || k.Rank() != 4 || v.Rank() != 4 || k.Shape()[1] == 0 || q.Shape()[1]%k.Shape()[1] != 0 {
			fail("queries %v, keys %v and values %v do not fit", q, k, v)
		}
		dt := q.DType()
		s := stepwise{c, dt}
		wide := s.to()
		rep := q.Shape()[1] / k.Shape()[1]
		kr := c.repeatHeads(c.cast(k, wide, true, ""), rep)
		q, kr = c.copyOf(c.cast(q, wide, true, "")), c.copyOf(c.permute(kr, []int{0, 1, 3, 2}))
		scale := 1 / math.Sqrt(float64(q.Shape()[3]))
		if n.Has("scale") {
			scale = float64(n.Float("scale", 1))
		}
		root := c.cast(c.cast(tensor.FromFloat64([]int{1}, []float64{math.Sqrt(scale)}), dt, true, ""), tensor.Float64, true, "").Float64()[0]
		scaled(q, root)
		scaled(kr, root)
		scores := s.round(c.matMul(s.round(q), s.round(kr)))
		soft := tensor.Float32
		if dt == tensor.Float64 {
			soft = tensor.Float64
		}
		if p := n.Int("softmax_precision", 0); p != 0 {
			soft = tensor.DType(p)
		}
		modify := func(name string, t *tensor.Tensor) *tensor.Tensor {
			if c.Bodies[name] == nil {
				return t
			}
			out := c.Bodies[name].Run(c, []*tensor.Tensor{c.cast(t, soft, true, "")})
			if len(out) != 1 {
				fail("%s gives %d outputs, want 1", name, len(out))
			}
			return out[0]
		}
		inner := stepwise{c, soft}
		scores = c.cast(modify("score_mod", scores), inner.to(), true, "")
		probs := c.cast(modify("prob_mod", inner.softmax(scores)), inner.to(), true, "")
		values := c.repeatHeads(c.cast(c.cast(v, soft, true, ""), inner.to(), true, ""), rep)
		c.Out[0] = c.cast(c.matMul(probs, values), v.DType(), true, "")
	}
}
