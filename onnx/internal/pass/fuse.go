package pass

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Fuse joins neighbours that compute better together: batch normalisation, channel bias, residual sum
// and activation into convolutions, activations into normalisations, and the parts of an activation
// that an exporter wrote as several nodes.
func Fuse(g *graph.Graph) {
	for _, n := range g.Nodes {
		n.Bodies(func(_ string, b *graph.Graph) { Fuse(b) })
	}
	if len(g.Nodes) > maxFuse {
		return
	}
	r := newRewriter(g)
	for _, step := range []func(*graph.Node){r.identity, r.silu, r.hardSwish, r.gelu, r.attention} {
		r.all(step)
	}
	for _, step := range []func(*graph.Node){r.batchNorm, r.channelBias, r.activation, r.residual, r.activation} {
		r.all(step)
	}
	r.sweep()
}

// maxFuse is the size of graph up to which the fusions are looked for.
const maxFuse = 1 << 14

func (r *rewriter) all(step func(*graph.Node)) {
	for _, n := range r.g.Nodes {
		if !r.dead[n] && n.Domain == "" && n.HasIn(0) && len(n.Out) > 0 && n.Out[0] != nil {
			step(n)
		}
	}
}

// identity lets the users of an Identity or of a Dropout that does nothing use its input.
func (r *rewriter) identity(n *graph.Node) {
	switch n.Op {
	case "Identity":
	case "Dropout":
		if len(n.Out) > 1 || n.Version < 7 && n.Int("is_test", 0) == 0 && n.Has("is_test") || len(n.In) > 2 && n.In[2] != nil {
			return
		}
	default:
		return
	}
	in, out := n.In[0], n.Out[0]
	if in == nil || out == nil || r.kept[out] {
		return
	}
	for _, u := range r.users[out] {
		for i, v := range u.In {
			if v == out {
				u.In[i] = in
				r.users[in] = append(r.users[in], u)
			}
		}
	}
	r.remove(n)
}

// other is the second operand of a node that has v as one of two.
func other(n *graph.Node, v *graph.Value) *graph.Value {
	if len(n.In) != 2 {
		return nil
	}
	switch v {
	case n.In[0]:
		return n.In[1]
	case n.In[1]:
		return n.In[0]
	}
	return nil
}

// into turns the last node of a chain into one activation of x.
func (r *rewriter) into(last *graph.Node, op string, version int, x *graph.Value, gone ...*graph.Node) {
	for _, n := range gone {
		r.remove(n)
	}
	out := last.Out[0]
	r.remove(last)
	r.dead[last] = false
	last.Op, last.Version, last.Attrs = op, version, map[string]*graph.Attr{}
	last.In = []*graph.Value{x}
	last.Out = []*graph.Value{out}
	r.users[x] = append(r.users[x], last)
	r.maker[out] = last
}

// silu finds x·sigmoid(x).
func (r *rewriter) silu(n *graph.Node) {
	if n.Op != "Sigmoid" {
		return
	}
	m := r.sole(n.Out[0])
	if m == nil || m.Op != "Mul" || m.Version < 7 || m.Domain != "" || other(m, n.Out[0]) != n.In[0] {
		return
	}
	r.into(m, "Swish", 24, n.In[0], n)
}

// hardSwish finds x·hardsigmoid(x) with a slope of 1/6.
func (r *rewriter) hardSwish(n *graph.Node) {
	if n.Op != "HardSigmoid" || math.Abs(float64(n.Float("alpha", 0.2))-1.0/6) > 1e-6 || n.Float("beta", 0.5) != 0.5 {
		return
	}
	m := r.sole(n.Out[0])
	if m == nil || m.Op != "Mul" || m.Version < 7 || other(m, n.Out[0]) != n.In[0] {
		return
	}
	r.into(m, "HardSwish", 14, n.In[0], n)
}

// gelu finds x/√2 → erf → +1 → ·x → ·½, the last two in any order.
func (r *rewriter) gelu(n *graph.Node) {
	if n.Op != "Erf" {
		return
	}
	in := r.maker[n.In[0]]
	if in == nil || r.sole(n.In[0]) != n || len(in.In) != 2 {
		return
	}
	k, ok := scalar(in.In[1])
	x := in.In[0]
	if !ok || in.Op == "Div" && math.Abs(k-math.Sqrt2) > 1e-5 || in.Op == "Mul" && math.Abs(k-1/math.Sqrt2) > 1e-5 || in.Op != "Div" && in.Op != "Mul" {
		return
	}
	add := r.sole(n.Out[0])
	if add == nil || add.Op != "Add" {
		return
	}
	if one, ok := scalar(other(add, n.Out[0])); !ok || one != 1 {
		return
	}
	gone := []*graph.Node{in, n, add}
	v := add.Out[0]
	var halved, timesX bool
	for range 2 {
		m := r.sole(v)
		if m == nil || m.Op != "Mul" {
			return
		}
		o := other(m, v)
		if h, ok := scalar(o); ok && h == 0.5 && !halved {
			halved = true
		} else if o == x && !timesX {
			timesX = true
		} else {
			return
		}
		if halved && timesX {
			r.into(m, "Gelu", 20, x, gone...)
			return
		}
		gone = append(gone, m)
		v = m.Out[0]
	}
}

func isConv(n *graph.Node) bool {
	return n != nil && n.Domain == "" && n.HasIn(1) && len(n.Out) == 1 && (n.Op == "Conv" || n.Op == "ConvTranspose") && !n.Has(ops.FusedActivation)
}

// outChannels is the number of output channels of a convolution with a known float32 weight, else 0.
func outChannels(n *graph.Node) int {
	w := floatConst(n.In[1])
	if w == nil || w.Rank() < 3 || len(n.In) > 2 && n.In[2] != nil && floatConst(n.In[2]) == nil {
		return 0
	}
	if n.Op == "Conv" {
		return w.Shape()[0]
	}
	return w.Shape()[1] * n.Int("group", 1)
}

// batchNorm folds a normalisation with stored statistics into the convolution before it.
func (r *rewriter) batchNorm(n *graph.Node) {
	if n.Op != "BatchNormalization" || len(n.In) != 5 || len(n.Out) > 1 || n.Int("training_mode", 0) != 0 {
		return
	}
	c := r.maker[n.In[0]]
	if !isConv(c) || r.sole(n.In[0]) != n || len(c.In) > 3 {
		return
	}
	ch := outChannels(c)
	var p [4][]float32
	for i := range p {
		t := floatConst(n.In[i+1])
		if t == nil || t.Len() != ch || ch == 0 {
			return
		}
		p[i] = t.Float32()
	}
	eps := float64(n.Float("epsilon", 1e-5))
	scale, shift := make([]float64, ch), make([]float64, ch)
	for i := range ch {
		scale[i] = float64(p[0][i]) / math.Sqrt(float64(p[3][i])+eps)
		shift[i] = float64(p[1][i]) - float64(p[2][i])*scale[i]
	}
	r.scaleChannels(c, ch, scale, shift)
	out := n.Out[0]
	r.remove(n)
	r.setOut(c, out)
}

// scaleChannels makes a convolution give scale·y + shift for each output channel.
func (r *rewriter) scaleChannels(c *graph.Node, ch int, scale, shift []float64) {
	w := c.In[1].Const
	scaled := tensor.New(tensor.Float32, w.Shape()...)
	src, dst := w.Float32(), scaled.Float32()
	if c.Op == "Conv" {
		run := len(src) / ch
		for i, v := range src {
			dst[i] = float32(float64(v) * scale[i/run])
		}
	} else {
		per := w.Shape()[1]
		taps := len(src) / max(1, w.Shape()[0]*per)
		inPerGroup := w.Shape()[0] / (ch / per)
		for i, v := range src {
			in, o := i/(per*taps), i/taps%per
			dst[i] = float32(float64(v) * scale[in/inPerGroup*per+o])
		}
	}
	bias := tensor.New(tensor.Float32, ch)
	for i := range ch {
		b := 0.0
		if len(c.In) > 2 && c.In[2] != nil {
			b = float64(c.In[2].Const.Float32()[i])
		}
		bias.Float32()[i] = float32(b*scale[i] + shift[i])
	}
	c.In = []*graph.Value{c.In[0], r.newConst(c.In[1].Name, scaled), r.newConst(c.Name+".bias", bias)}
}

// channelBias folds the sum with one constant a channel into the bias of the convolution before it.
func (r *rewriter) channelBias(n *graph.Node) {
	if n.Op != "Add" || n.Version < 7 || len(n.In) != 2 {
		return
	}
	for i, v := range n.In {
		c := r.maker[v]
		if !isConv(c) || r.sole(v) != n || len(c.In) > 3 {
			continue
		}
		t := floatConst(n.In[1-i])
		ch := outChannels(c)
		rank := 0
		if ch > 0 {
			rank = c.In[1].Const.Rank()
		}
		if t == nil || ch == 0 || t.Len() != ch || t.Rank() < rank-1 || t.Rank() > rank || t.Shape()[t.Rank()-rank+1] != ch {
			continue
		}
		bias := tensor.New(tensor.Float32, ch)
		for k := range ch {
			bias.Float32()[k] = t.Float32()[k]
			if len(c.In) > 2 && c.In[2] != nil {
				bias.Float32()[k] += c.In[2].Const.Float32()[k]
			}
		}
		c.In = []*graph.Value{c.In[0], c.In[1], r.newConst(c.Name+".bias", bias)}
		out := n.Out[0]
		r.remove(n)
		r.setOut(c, out)
		return
	}
}

// activation puts an activation into the convolution or normalisation before it.
func (r *rewriter) activation(n *graph.Node) {
	act := ops.ActivationOf(n)
	if n.Op == "Clip" {
		act = clipActivation(n)
	}
	if act.Kind == conv.None || n.In[0] == nil {
		return
	}
	c := r.maker[n.In[0]]
	if c == nil || r.sole(n.In[0]) != n || c.Domain != "" || !c.HasIn(1) || c.Out[0] != n.In[0] || c.Has(ops.FusedActivation) {
		return
	}
	switch c.Op {
	case "Conv", "ConvTranspose":
		if floatConst(c.In[1]) == nil {
			return
		}
	case "InstanceNormalization":
		if floatConst(c.In[1]) == nil {
			return
		}
	case "BatchNormalization":
		if floatConst(c.In[1]) == nil || len(c.Out) > 1 || c.Int("training_mode", 0) != 0 {
			return
		}
	default:
		return
	}
	c.Attrs[ops.FusedActivation] = &graph.Attr{Type: pb.AttrInt, I: int64(act.Kind)}
	c.Attrs[ops.FusedParams] = &graph.Attr{Type: pb.AttrFloats, Floats: []float32{act.A, act.B}}
	out := n.Out[0]
	r.remove(n)
	r.setOut(c, out)
}

func clipActivation(n *graph.Node) conv.Activation {
	a := conv.Activation{Kind: conv.Clip, A: float32(math.Inf(-1)), B: float32(math.Inf(1))}
	if n.Version < 11 {
		a.A, a.B = n.Float("min", -math.MaxFloat32), n.Float("max", math.MaxFloat32)
		return a
	}
	for i, p := range []*float32{&a.A, &a.B} {
		if !n.HasIn(i + 1) {
			continue
		}
		v, ok := scalar(n.In[i+1])
		if !ok {
			return conv.Activation{}
		}
		*p = float32(v)
	}
	return a
}

// residual puts the sum with another tensor into the convolution before it, at the place of the sum.
func (r *rewriter) residual(n *graph.Node) {
	if n.Op != "Add" || n.Version < 7 || len(n.In) != 2 || n.In[0] == n.In[1] {
		return
	}
	at := -1
	var best *graph.Node
	for i, v := range n.In {
		c := r.maker[v]
		if !isConv(c) || c.Op != "Conv" || r.sole(v) != n || len(c.In) > 3 || floatConst(c.In[1]) == nil || n.In[1-i] == nil || n.In[1-i].Const != nil {
			continue
		}
		if p := r.position(c); p > at {
			at, best = p, c
		}
	}
	if best == nil {
		return
	}
	o := other(n, best.Out[0])
	here := r.position(n)
	out := n.Out[0]
	r.remove(n)
	r.addIn(best, 3, o)
	r.setOut(best, out)
	// the other operand may be computed after the convolution's old place
	copy(r.g.Nodes[at:], r.g.Nodes[at+1:here+1])
	r.g.Nodes[here] = best
}

func (r *rewriter) position(n *graph.Node) int {
	for i, m := range r.g.Nodes {
		if m == n {
			return i
		}
	}
	return -1
}
