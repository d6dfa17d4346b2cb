package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// msAttention is softmax(scale·q·kᵀ + mask)·v over heads [batch, heads, length, size], as com.microsoft's operators define theirs.
type msAttention struct {
	scale    float64 // 0 is one over the root of the size
	softcap  float64
	causal   bool
	window   int     // keys that a query sees back, itself among them; 0 is all
	filter   float64 // added where a mask says 0
	heads    int
	keyHeads int
}

func msAttentionParts(n *graph.Node) *msAttention {
	a := &msAttention{scale: float64(n.Float("scale", 0)), softcap: float64(n.Float("softcap", 0)), causal: n.Int("unidirectional", 0) != 0,
		filter: float64(n.Float("mask_filter_value", -10000)), heads: n.Int("num_heads", 0)}
	if a.keyHeads = n.Int("kv_num_heads", a.heads); a.heads < 1 || a.keyHeads < 1 || a.heads%a.keyHeads != 0 {
		fail("num_heads %d is no multiple of kv_num_heads %d", a.heads, a.keyHeads)
	}
	return a
}

// run gives [batch, length, heads·size]. Query s stands at place[b]+s among the keys, of which total[b] count; extra adds to
// the score of a query and a key, nil adds nothing.
func (a *msAttention) run(c *Call, q, k, v *tensor.Tensor, place, total []int, extra func(b, h, s, t int) float64) *tensor.Tensor {
	rep := a.heads / a.keyHeads
	k, v = c.repeatHeads(k, rep), c.repeatHeads(v, rep)
	sh, keys := q.Shape(), k.Shape()[2]
	if k.Shape()[3] != sh[3] || v.Shape()[2] != keys || k.Shape()[1] != sh[1] || v.Shape()[1] != sh[1] {
		fail("queries %v, keys %v and values %v do not fit", q, k, v)
	}
	scale := a.scale
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(sh[3]))
	}
	scores := c.matMul(q, c.copyOf(c.permute(k, []int{0, 1, 3, 2})))
	x := scores.Float32()
	low := float64(math.Inf(-1))
	c.parallel(sh[0]*sh[1]*sh[2], grainOf(keys*8), func(from, to int) {
		for r := from; r < to; r++ {
			b, h, s := r/sh[2]/sh[1], r/sh[2]%sh[1], r%sh[2]
			row := x[r*keys:][:keys]
			for t := range row {
				w := float64(row[t]) * scale
				if a.softcap > 0 {
					w = a.softcap * math.Tanh(w/a.softcap)
				}
				if extra != nil {
					w += extra(b, h, s, t)
				}
				at := place[b] + s
				if a.causal && t > at || total != nil && t >= total[b] || a.window > 0 && t <= at-a.window {
					w = low
				}
				row[t] = float32(w)
			}
			softmaxRow(row, row, false)
		}
	})
	out := c.matMul(scores, v)
	o := out.Shape()
	return c.permute(out, []int{0, 2, 1, 3}).View(o[0], o[2], o[1]*o[3])
}

// float32In is input i in float32, nil where it is absent.
func (c *Call) float32In(i int) *tensor.Tensor {
	if t := c.opt(i); t != nil {
		return c.cast(t, tensor.Float32, true, "")
	}
	return nil
}

// paddingMask is what a mask of integers adds: lengths [batch], 0 or 1 by key [batch, keys], or by query and key [batch, queries,
// keys].
func (a *msAttention) paddingMask(t *tensor.Tensor, batch, queries, keys int) func(b, h, s, t int) float64 {
	if t == nil {
		return nil
	}
	m := ints(t)
	filtered := func(keep bool) float64 {
		if keep {
			return 0
		}
		return a.filter
	}
	switch {
	case t.Rank() == 1 && len(m) == batch:
		return func(b, _, _, t int) float64 { return filtered(t < m[b]) }
	case t.Rank() == 1 && len(m) == 2*batch: // ends, then starts
		return func(b, _, _, t int) float64 { return filtered(t < m[b] && t >= m[batch+b]) }
	case t.Rank() == 2 && len(m) == batch*keys:
		return func(b, _, _, t int) float64 { return filtered(m[b*keys+t] > 0) }
	case t.Rank() == 3 && len(m) == batch*queries*keys:
		return func(b, _, s, t int) float64 { return filtered(m[(b*queries+s)*keys+t] > 0) }
	}
	fail("mask %v does not fit %d batches of %d queries and %d keys", t, batch, queries, keys)
	return nil
}

// bias is what a tensor that broadcasts to [batch, heads, queries, keys] adds, beside mask.
func (a *msAttention) bias(t *tensor.Tensor, mask func(b, h, s, t int) float64, shape []int) func(b, h, s, t int) float64 {
	if t == nil {
		return mask
	}
	sh := t.Shape()
	if len(sh) != 4 || sh[0] != 1 && sh[0] != shape[0] || sh[1] != 1 && sh[1] != shape[1] || sh[2] != shape[2] && sh[2] != 1 || sh[3] != shape[3] {
		fail("bias %v does not fit scores %v", t, shape)
	}
	v := t.Float32()
	return func(b, h, s, t int) float64 {
		w := float64(v[((b%sh[0]*sh[1]+h%sh[1])*sh[2]+s%sh[2])*sh[3]+t])
		if mask != nil {
			w += mask(b, h, s, t)
		}
		return w
	}
}

// withPast joins keys or values of earlier steps with those of now, along the length.
func (c *Call) withPast(past, now *tensor.Tensor) *tensor.Tensor {
	if past == nil || past.Len() == 0 {
		return now
	}
	return c.concat([]*tensor.Tensor{past, now}, 2)
}

func (c *Call) setOut(i int, t *tensor.Tensor, like *tensor.Tensor) {
	if i < len(c.Out) {
		c.Out[i] = c.cast(t, like.DType(), true, "")
	}
}

// msAttentionOp projects its input to queries, keys and values and attends (com.microsoft.Attention).
func msAttentionOp(n *graph.Node) Kernel {
	a := msAttentionParts(n)
	sizes := n.Ints("qkv_hidden_sizes")
	if n.Int("do_rotary", 0) != 0 || n.Int("past_present_share_buffer", 0) != 0 {
		fail("do_rotary and past_present_share_buffer are not supported")
	}
	return func(c *Call) {
		x, w := c.float32In(0), c.float32In(1)
		if x == nil || w == nil || x.Rank() != 3 || w.Rank() != 2 || x.Shape()[2] != w.Shape()[0] {
			fail("input %v does not fit weight %v", c.opt(0), c.opt(1))
		}
		all := c.matMul(x, w)
		if b := c.float32In(2); b != nil {
			sum := c.New(tensor.Float32, all.Shape()...)
			adding.apply(c, newBroadcast(all.Shape(), b.Shape()), sum, all, b)
			all = sum
		}
		parts := sizes
		if len(parts) != 3 {
			parts = []int{w.Shape()[1] / 3, w.Shape()[1] / 3, w.Shape()[1] / 3}
		}
		qkv := c.split(all, 2, parts)
		q, k, v := c.heads(qkv[0], a.heads), c.heads(qkv[1], a.heads), c.heads(qkv[2], a.heads)
		past := 0
		if p := c.float32In(4); p != nil { // keys, then values
			half := p.Len() / 2
			sh := p.Shape()
			if len(sh) != 5 || sh[0] != 2 {
				fail("past %v is not [2, batch, heads, length, size]", p)
			}
			past = sh[3]
			k, v = c.withPast(p.Slice(0, half, sh[1:]...), k), c.withPast(p.Slice(half, 2*half, sh[1:]...), v)
		}
		if len(c.Out) > 1 {
			both := c.concat([]*tensor.Tensor{k.View(append([]int{1}, k.Shape()...)...), v.View(append([]int{1}, v.Shape()...)...)}, 0)
			c.setOut(1, both, c.in(0))
		}
		s := q.Shape()
		place := make([]int, s[0])
		for b := range place {
			place[b] = past
		}
		extra := a.bias(c.float32In(5), a.paddingMask(c.opt(3), s[0], s[2], k.Shape()[2]), []int{s[0], s[1], s[2], k.Shape()[2]})
		c.setOut(0, a.run(c, q, k, v, place, nil, extra), c.in(0))
	}
}

// multiHeadOp attends with queries, keys and values that are projected already (com.microsoft.MultiHeadAttention).
func multiHeadOp(n *graph.Node) Kernel {
	a := msAttentionParts(n)
	return func(c *Call) {
		q, k, v := c.float32In(0), c.float32In(1), c.float32In(2)
		if q == nil {
			fail("queries are missing")
		}
		pick := func(t *tensor.Tensor, i int) *tensor.Tensor { // of [batch, length, heads, parts, size]
			return c.take(t, []int64{int64(i)}, 3).View(t.Shape()[0], t.Shape()[1], t.Shape()[2]*t.Shape()[4])
		}
		switch {
		case q.Rank() == 5:
			q, k, v = pick(q, 0), pick(q, 1), pick(q, 2)
		case k != nil && k.Rank() == 5:
			k, v = pick(k, 0), pick(k, 1)
		}
		if k == nil || v == nil {
			fail("keys or values are missing")
		}
		if b := c.float32In(3); b != nil {
			d := q.Shape()[2]
			at := 0
			for i, t := range []**tensor.Tensor{&q, &k, &v} {
				if (*t).Rank() != 3 {
					continue
				}
				size := (*t).Shape()[2]
				if i == 1 {
					at = d
				} else if i == 2 {
					at = b.Len() - size
				}
				part := b.Slice(at, at+size, size)
				sum := c.New(tensor.Float32, (*t).Shape()...)
				adding.apply(c, newBroadcast((*t).Shape(), part.Shape()), sum, *t, part)
				*t = sum
			}
		}
		q, k, v = c.heads(q, a.heads), c.heads(k, a.heads), c.heads(v, a.heads)
		past := 0
		if p := c.float32In(6); p != nil {
			past = p.Shape()[2]
			k, v = c.withPast(p, k), c.withPast(c.float32In(7), v)
		}
		c.setOut(1, k, c.in(0))
		c.setOut(2, v, c.in(0))
		s := q.Shape()
		place := make([]int, s[0])
		for b := range place {
			place[b] = past
		}
		extra := a.bias(c.float32In(5), a.paddingMask(c.opt(4), s[0], s[2], k.Shape()[2]), []int{s[0], s[1], s[2], k.Shape()[2]})
		c.setOut(0, a.run(c, q, k, v, place, nil, extra), c.in(0))
	}
}

// groupQueryOp attends causally with fewer keys than queries by head (com.microsoft.GroupQueryAttention). Keys of earlier steps lie
// in front of the caches.
func groupQueryOp(n *graph.Node) Kernel {
	a := msAttentionParts(n)
	a.causal = true
	if w := n.Int("local_window_size", -1); w > 0 {
		a.window = w
	}
	if n.Int("smooth_softmax", 0) != 0 {
		fail("smooth_softmax is not supported")
	}
	return func(c *Call) {
		if c.opt(9) != nil || c.opt(10) != nil || c.opt(11) != nil {
			fail("position_ids, attention_bias and head_sink are not supported")
		}
		q, k, v := c.float32In(0), c.float32In(1), c.float32In(2)
		if k == nil { // all in one
			size := q.Shape()[2] / (a.heads + 2*a.keyHeads)
			parts := c.split(q, 2, []int{size * a.heads, size * a.keyHeads, size * a.keyHeads})
			q, k, v = parts[0], parts[1], parts[2]
		}
		q, k, v = c.heads(q, a.heads), c.heads(k, a.keyHeads), c.heads(v, a.keyHeads)
		s := q.Shape()
		last := ints(c.in(5)) // the last key's place by batch
		if len(last) != s[0] {
			fail("seqlens_k: want %d values, got %d", s[0], len(last))
		}
		place, total := make([]int, s[0]), make([]int, s[0])
		for b := range place {
			total[b] = last[b] + 1
			if place[b] = total[b] - s[2]; place[b] < 0 { // a prompt that is shorter than the longest
				place[b] = 0
			}
		}
		if n.Int("do_rotary", 0) != 0 {
			inter := n.Int("rotary_interleaved", 0) != 0
			cos, sin := c.float32In(7), c.float32In(8)
			if cos == nil || sin == nil {
				fail("the rotary caches are missing")
			}
			at := func(b, s int) int { return place[b] + s }
			q, k = c.rotated(q, cos, sin, inter, at), c.rotated(k, cos, sin, inter, at)
		}
		length := ints(c.in(6))[0]
		if p := c.opt(3); p != nil {
			length = max(length, p.Shape()[2])
		}
		k, v = c.cacheOf(c.float32In(3), k, place, length), c.cacheOf(c.float32In(4), v, place, length)
		c.setOut(1, k, c.in(0))
		c.setOut(2, v, c.in(0))
		c.setOut(0, a.run(c, q, k, v, place, total, nil), c.in(0))
	}
}

// cacheOf is keys or values of so many places: those of before, and those of now from place on.
func (c *Call) cacheOf(past, now *tensor.Tensor, place []int, length int) *tensor.Tensor {
	s := now.Shape()
	if length < s[2] || length > 1<<24 {
		fail("total_sequence_length %d does not fit %v", length, now)
	}
	out := c.Zeros(tensor.Float32, s[0], s[1], length, s[3])
	for r := range s[0] * s[1] {
		dst := out.Float32()[r*length*s[3]:][:length*s[3]]
		if past != nil && past.Len() > 0 {
			p := past.Shape()
			if len(p) != 4 || p[0] != s[0] || p[1] != s[1] || p[3] != s[3] || p[2] > length {
				fail("past %v does not fit %v", past, now)
			}
			copy(dst, past.Float32()[r*p[2]*s[3]:][:min(p[2], place[r/s[1]])*s[3]])
		}
		at := place[r/s[1]]
		if at+s[2] > length {
			fail("keys end at %d of %d", at+s[2], length)
		}
		copy(dst[at*s[3]:], now.Float32()[r*s[2]*s[3]:][:s[2]*s[3]])
	}
	return out
}

// rotated turns pairs of [batch, heads, length, size] by the angles of each place; the caches are [places, pairs].
func (c *Call) rotated(x, cos, sin *tensor.Tensor, interleaved bool, at func(b, s int) int) *tensor.Tensor {
	s := x.Shape()
	half := cos.Shape()[cos.Rank()-1]
	places := cos.Len() / max(1, half)
	if cos.Len() != sin.Len() || 2*half > s[3] {
		fail("caches %v and %v do not fit %v", cos, sin, x)
	}
	out := c.copyOf(x)
	for r := range s[0] * s[1] * s[2] {
		p := index(at(r/s[2]/s[1], r%s[2]), places)
		co, si := cos.Float32()[p*half:][:half], sin.Float32()[p*half:][:half]
		row := out.Float32()[r*s[3]:][:s[3]]
		for i := range half {
			u, v := i, half+i
			if interleaved {
				u, v = 2*i, 2*i+1
			}
			row[u], row[v] = co[i]*row[u]-si[i]*row[v], si[i]*row[u]+co[i]*row[v]
		}
	}
	return out
}

// msRotaryOp is com.microsoft.RotaryEmbedding: positions come before the caches, and one position is where all batches begin.
func msRotaryOp(n *graph.Node) Kernel {
	interleaved := n.Int("interleaved", 0) != 0
	return func(c *Call) {
		x, cos, sin := c.float32In(0), c.float32In(2), c.float32In(3)
		pos := ints(c.in(1))
		if x == nil || cos == nil || sin == nil || cos.Rank() != 2 {
			fail("input or caches are missing")
		}
		heads := n.Int("num_heads", 0)
		flat := x.Rank() == 3
		if flat {
			if heads == 0 {
				heads = x.Shape()[2] / (2 * cos.Shape()[1])
			}
			x = c.heads(x, heads)
		}
		length := x.Shape()[2]
		out := c.rotated(x, cos, sin, interleaved, func(b, s int) int {
			if len(pos) == 1 {
				return pos[0] + s
			}
			return pos[b*length+s]
		})
		if flat {
			out = c.permute(out, []int{0, 2, 1, 3}).View(c.in(0).Shape()...)
		}
		c.setOut(0, out, c.in(0))
	}
}
