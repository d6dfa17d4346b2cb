package ops

import (
	"unsafe"

	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// inPlaceFrom is the size of an input, in bytes, from which a convolution in place is worth the copy of each plane that it takes.
const inPlaceFrom = 8 << 20

// convInPlace computes a convolution over its input, where nothing else needs that and the algorithm can; else it returns nil.
func (c *Call) convInPlace(k *conv.Packed, x *tensor.Tensor, shape []int, bias []float32, p *conv.Params, act conv.Activation) *tensor.Tensor {
	b := x.Buffer()
	if c.In[0] != x || x.NumBytes() < inPlaceFrom || !c.reusable(0) || !k.InPlace(p) {
		return nil
	}
	if data := x.Float32(); unsafe.SliceData(b.Bytes) != (*byte)(unsafe.Pointer(unsafe.SliceData(data))) {
		return nil // a view of the middle of its block
	}
	k.ForwardInPlace(x.Float32(), bias, p, act, c.Threads)
	c.Algorithm = k.Algorithm() + " in place"
	return tensor.InBuffer(b, tensor.Float32, shape, product(shape))
}
