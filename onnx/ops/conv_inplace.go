package ops

import (
	"unsafe"

	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// inPlaceFrom is the size of an input, in bytes, from which a convolution in place is worth the copy of each plane that it takes.
const inPlaceFrom = 8 << 20

// shrinker is memory that takes back the end of a block.
type shrinker interface {
	Shrink(b *tensor.Buffer, n int)
}

// convInPlace computes a convolution over its input, where nothing else needs that and the algorithm can; else it returns nil.
func (c *Call) convInPlace(k *conv.Packed, x *tensor.Tensor, shape []int, bias []float32, p *conv.Params, act conv.Activation) *tensor.Tensor {
	b := x.Buffer()
	if c.In[0] != x || x.NumBytes() < inPlaceFrom || !c.reusable(0) || !k.InPlace(p) {
		return nil
	}
	if data := x.Float32(); unsafe.SliceData(b.Bytes) != (*byte)(unsafe.Pointer(unsafe.SliceData(data))) {
		return nil // a view of the middle of its block
	}
	k.ForwardInPlace(x.Float32(), bias, c.Floats(k.Aside(p)), p, act, c.Threads)
	c.Algorithm = k.Algorithm() + " in place"
	if m, ok := c.Mem.(shrinker); ok {
		m.Shrink(b, 4*product(shape))
	}
	return tensor.InBuffer(b, tensor.Float32, shape, product(shape))
}

// ConvInPlace tells whether a node is a convolution that is computed over its input, given what is known of its inputs, where nothing
// else needs that.
func ConvInPlace(n *graph.Node, in []Known) bool {
	if n.HasIn(3) || len(in) < 1 || !in[0].Ranked || product(in[0].Shape)*4 < inPlaceFrom {
		return false
	}
	l, p := knownConv(n, in)
	return p != nil && l.InPlace(p)
}

// ConvAlgorithm names the algorithm of a convolution, given what is known of its inputs; "" where that is too little.
func ConvAlgorithm(n *graph.Node, in []Known) string {
	l, p := knownConv(n, in)
	if p == nil {
		return ""
	}
	return l.Algorithm()
}

// knownConv is the layout and shape of a convolution in float32 with a constant weight; nil where the node is none, or too little is
// known.
func knownConv(n *graph.Node, in []Known) (l conv.Layout, p *conv.Params) {
	defer func() {
		if recover() != nil {
			p = nil
		}
	}()
	if n.Op != "Conv" || n.Domain != "" || n.Const(1) == nil || len(in) < 2 || !in[0].Ranked || in[0].DType != tensor.Float32 || narrowConvOf(n) != nil {
		return l, nil
	}
	w := windowOf(n)
	p, shape := convParamsOf(&w, in[0].Shape, n.Const(1).Shape(), n.Int("group", 1))
	if product(shape) == 0 || p.Check() != nil {
		return l, nil
	}
	if n.Int(NodeDirect, 0) != 0 {
		return conv.DirectLayoutOf(p), p
	}
	return conv.LayoutOf(p), p
}
