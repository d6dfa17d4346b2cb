package ops

import (
	"sync"

	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Attributes that the pass for a session's options adds to nodes: the arithmetic of their products, and that convolutions stay
// clear of Winograd's algorithm.
const (
	NodePrecision = "caliper.precision"
	NodeDirect    = "caliper.direct"
)

// Ranges holds, by name of a value, what the values that go into 8-bit products lie in. A name that is not there is measured each
// time. The zero value is ready; it may be used by several goroutines.
type Ranges struct {
	mu sync.RWMutex
	by map[string]conv.Range
}

// Of returns a value's range.
func (r *Ranges) Of(name string) (conv.Range, bool) {
	if r == nil {
		return conv.Range{}, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	in, ok := r.by[name]
	return in, ok
}

// Widen makes a value's range hold another one too.
func (r *Ranges) Widen(name string, in conv.Range) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[string]conv.Range{}
	}
	if have, ok := r.by[name]; ok {
		in = conv.Range{Lo: min(in.Lo, have.Lo), Hi: max(in.Hi, have.Hi)}
	}
	r.by[name] = in
}

// All returns a copy of the ranges.
func (r *Ranges) All() map[string]conv.Range {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make(map[string]conv.Range, len(r.by))
	for name, in := range r.by {
		out[name] = in
	}
	return out
}

// rangeOf is the range of input x of a node, measured where it is not known; measured ranges are noted while calibrating.
func (c *Call) rangeOf(name string, x []float32) conv.Range {
	if !c.Calibrate {
		if in, ok := c.Ranges.Of(name); ok {
			return in
		}
	}
	in, ok := conv.RangeOf(x, c.Threads)
	if !ok {
		fail("8-bit products: the input has values that are not finite")
	}
	if c.Calibrate {
		c.Ranges.Widen(name, in)
	}
	return in
}

// narrowConv is a convolution with a constant weight in a precision below float32.
type narrowConv struct {
	precision conv.Precision
	winograd  bool
	input     string
	packs     cached[*conv.Reduced]
}

// narrowConvOf is for a Conv node, nil where its products are to be in float32.
func narrowConvOf(n *graph.Node) *narrowConv {
	precision := conv.Precision(n.Int(NodePrecision, int(conv.Float32)))
	if w := n.Const(1); precision == conv.Float32 || w == nil || w.DType() != tensor.Float32 {
		return nil
	}
	return &narrowConv{precision: precision, winograd: n.Int(NodeDirect, 0) == 0, input: n.In[0].Name}
}

// forward computes the convolution and tells whether it did: where nothing is gained by it, float32 serves.
func (k *narrowConv) forward(c *Call, out, x, weight *tensor.Tensor, bias, add []float32, p *conv.Params, act conv.Activation) bool {
	if k == nil {
		return false
	}
	packed := k.packs.get(p, func() *conv.Reduced {
		if !conv.ReducedPays(p, k.precision, k.winograd) {
			return nil
		}
		defer c.unneeded(weight)
		return conv.PackReduced(weight.Float32(), p, k.precision)
	})
	if packed == nil {
		return false
	}
	var in conv.Range
	if k.precision == conv.Int8 {
		in = c.rangeOf(k.input, x.Float32())
	}
	packed.Forward(out.Float32(), x.Float32(), bias, add, in, p, act, c.Threads)
	return true
}
