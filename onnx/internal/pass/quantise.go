package pass

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Quantise turns products between DequantizeLinear and QuantizeLinear, as exporters write quantised models, into products of 8-bit
// integers: QLinearConv and QLinearMatMul.
func Quantise(g *graph.Graph) {
	for _, n := range g.Nodes {
		n.Bodies(func(_ string, b *graph.Graph) { Quantise(b) })
	}
	if len(g.Nodes) > maxFuse {
		return
	}
	r := newRewriter(g)
	for _, step := range []func(*graph.Node){r.quantisedConv, r.quantisedMatMul, r.quantisedGemm} {
		r.all(step)
	}
	r.sweep()
}

// quantised is a value in 8 bits with its scale and zero point.
type quantised struct {
	value, scale, zero *graph.Value
	axis               int
}

// dequantised finds what value, scale and zero point of constants a value is made of; ok is false where it is not so made.
func (r *rewriter) dequantised(v *graph.Value) (q quantised, ok bool) {
	n := r.maker[v]
	if n == nil || n.Op != "DequantizeLinear" || n.Domain != "" || n.Int("block_size", 0) != 0 || len(n.In) != 3 || n.In[0] == nil || n.In[2] == nil {
		return q, false
	}
	q = quantised{n.In[0], n.In[1], n.In[2], n.Int("axis", 1)}
	return q, r.known(q)
}

// requantised finds the QuantizeLinear that alone uses a value, perhaps behind a Relu that it does as well by its lower end.
func (r *rewriter) requantised(v *graph.Value) (q quantised, last *graph.Node, between *graph.Node) {
	n := r.sole(v)
	if n != nil && n.Op == "Relu" && n.Domain == "" {
		between, n = n, r.sole(n.Out[0])
	}
	if n == nil || n.Op != "QuantizeLinear" || n.Domain != "" || n.Int("block_size", 0) != 0 || len(n.In) != 3 || n.In[0] == nil || n.In[2] == nil {
		return q, nil, nil
	}
	q = quantised{n.Out[0], n.In[1], n.In[2], 0}
	if !r.known(q) || q.scale.Const.Len() != 1 {
		return q, nil, nil
	}
	if between != nil && !least(q.zero.Const) {
		return q, nil, nil
	}
	return q, n, between
}

// known tells whether the scale is a float32 constant and the zero point an 8-bit one.
func (r *rewriter) known(q quantised) bool {
	if floatConst(q.scale) == nil || q.zero.Const == nil || q.zero.Const.Len() == 0 || q.scale.Const.Len() == 0 {
		return false
	}
	dt := q.zero.Const.DType()
	return dt == tensor.Uint8 || dt == tensor.Int8
}

// least tells whether a zero point is the least value of its type.
func least(t *tensor.Tensor) bool {
	for _, b := range t.Bytes() {
		if t.DType() == tensor.Uint8 && b != 0 || t.DType() == tensor.Int8 && int8(b) != math.MinInt8 {
			return false
		}
	}
	return true
}

func (r *rewriter) quantisedConv(n *graph.Node) {
	if n.Op != "Conv" || len(n.In) < 2 || n.In[1] == nil {
		return
	}
	x, okX := r.dequantised(n.In[0])
	w, okW := r.dequantised(n.In[1])
	if !okX || !okW || x.scale.Const.Len() != 1 || w.value.Const == nil || w.value.Const.Rank() < 3 {
		return
	}
	channels := w.value.Const.Shape()[0]
	if k := w.scale.Const.Len(); k != 1 && (k != channels || w.axis != 0) {
		return
	}
	y, last, between := r.requantised(n.Out[0])
	if last == nil {
		return
	}
	in := []*graph.Value{x.value, x.scale, x.zero, w.value, w.scale, w.zero, y.scale, y.zero}
	if len(n.In) > 2 && n.In[2] != nil {
		bias := r.integerBias(n.In[2], x.scale.Const.Float32()[0], w.scale.Const.Float32(), channels)
		if bias == nil {
			return
		}
		in = append(in, bias)
	}
	r.become(n, "QLinearConv", in, last, between)
}

// integerBias is a bias in steps of the products, as QLinearConv takes it; nil where it is not known or not in the range.
func (r *rewriter) integerBias(v *graph.Value, x float32, w []float32, channels int) *graph.Value {
	var values []float64
	if t := floatConst(v); t != nil {
		for _, f := range t.Float32() {
			values = append(values, float64(f))
		}
	} else if n := r.maker[v]; n != nil && n.Op == "DequantizeLinear" && n.Domain == "" && n.HasIn(0) && n.HasIn(1) && (!n.HasIn(2) || zeros(n.In[2].Const)) &&
		n.In[0].Const != nil && n.In[0].Const.DType() == tensor.Int32 && floatConst(n.In[1]) != nil {
		scale := n.In[1].Const.Float32()
		for i, q := range n.In[0].Const.Int32() {
			if len(scale) != 1 && len(scale) != n.In[0].Const.Len() {
				return nil
			}
			values = append(values, float64(q)*float64(scale[i%len(scale)]))
		}
	}
	if len(values) != channels {
		return nil
	}
	out := make([]int32, channels)
	for i, f := range values {
		q := math.RoundToEven(f / float64(x*w[i%len(w)]))
		if !(math.Abs(q) < 1<<30) {
			return nil
		}
		out[i] = int32(q)
	}
	return r.newConst(v.Name+".integer", tensor.FromInt32([]int{channels}, out))
}

func zeros(t *tensor.Tensor) bool {
	if t == nil {
		return false
	}
	for _, b := range t.Bytes() {
		if b != 0 {
			return false
		}
	}
	return true
}

func (r *rewriter) quantisedMatMul(n *graph.Node) {
	if n.Op != "MatMul" || len(n.In) != 2 {
		return
	}
	x, okX := r.dequantised(n.In[0])
	w, okW := r.dequantised(n.In[1])
	if !okX || !okW || x.scale.Const.Len() != 1 || w.scale.Const.Len() != 1 {
		return
	}
	y, last, between := r.requantised(n.Out[0])
	if last == nil {
		return
	}
	r.become(n, "QLinearMatMul", []*graph.Value{x.value, x.scale, x.zero, w.value, w.scale, w.zero, y.scale, y.zero}, last, between)
}

// quantisedGemm is for products whose weights have one scale, or one an output.
func (r *rewriter) quantisedGemm(n *graph.Node) {
	if n.Op != "Gemm" || len(n.In) < 2 || n.Float("alpha", 1) != 1 || n.Float("beta", 1) != 1 {
		return
	}
	x, okX := r.dequantised(n.In[0])
	w, okW := r.dequantised(n.In[1])
	if !okX || !okW || x.scale.Const.Len() != 1 || w.value.Const == nil || w.value.Const.Rank() != 2 {
		return
	}
	outputs := 1
	if n.Int("transB", 0) != 0 {
		outputs = 0
	}
	cols := w.value.Const.Shape()[outputs]
	if k := w.scale.Const.Len(); k != 1 && (k != cols || w.axis != outputs && w.axis != outputs-2) {
		return
	}
	y, last, between := r.requantised(n.Out[0])
	if last == nil {
		return
	}
	in := []*graph.Value{x.value, x.scale, x.zero, w.value, w.scale, w.zero, nil, y.scale, y.zero}
	if len(n.In) > 2 && n.In[2] != nil {
		if in[6] = r.integerBias(n.In[2], x.scale.Const.Float32()[0], w.scale.Const.Float32(), cols); in[6] == nil {
			return
		}
	}
	r.become(n, "QGemm", in, last, between)
	n.Domain, n.Version = "com.microsoft", 1
}

// become makes n another operator over in, which computes last's output; what only served n goes.
func (r *rewriter) become(n *graph.Node, op string, in []*graph.Value, last, between *graph.Node) {
	out := last.Out[0]
	old := n.In
	r.remove(last)
	if between != nil {
		r.remove(between)
	}
	r.remove(n)
	delete(r.dead, n)
	n.Op, n.Version, n.In = op, 10, nil
	for i, v := range in {
		if v == nil {
			n.In = append(n.In, nil)
			continue
		}
		r.addIn(n, i, v)
	}
	r.setOut(n, out)
	for _, v := range old {
		if m := r.maker[v]; v != nil && m != nil && len(r.users[v]) == 0 && !r.kept[v] {
			r.remove(m)
		}
	}
}
