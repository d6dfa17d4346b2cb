package ops

import (
	"sync"

	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// sharedPacks is the packed forms of one constant weight, which several convolutions may use: the latest three layouts.
type sharedPacks struct {
	users   int
	mu      sync.Mutex
	shapes  []shapedLayout
	layouts []conv.Layout
	packs   []*conv.Packed
}

// shapedLayout is the layout that was chosen for a shape.
type shapedLayout struct {
	shape  conv.Params
	layout conv.Layout
}

// sharedOf is for a value that one more node uses.
func sharedOf(v *graph.Value) *sharedPacks {
	k, ok := v.Packed.(*sharedPacks)
	if !ok {
		k = &sharedPacks{}
		v.Packed = k
	}
	k.users++
	return k
}

// Weights from sharedFrom bytes that several convolutions use keep the layout of the first of them in a run for those that have
// sharedPart of its work, or less, and one for small work for those with less than smallPart: layouts of their own would take more
// memory than they gain.
const (
	sharedFrom = 256 << 10
	sharedPart = 1. / 4
	smallPart  = 1. / 32
)

// first is the layout of the first convolution of a run with a weight, and its work.
type first struct {
	layout conv.Layout
	work   float64
}

// get is the packed weight for a convolution of p's shape.
func (k *sharedPacks) get(c *Call, weight *tensor.Tensor, p *conv.Params, layoutOf func(*conv.Params) conv.Layout) *conv.Packed {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.layout(p, layoutOf)
	if k.users > 1 && c.Chosen != nil && weight.NumBytes() >= sharedFrom {
		work := float64(p.Batch) * float64(p.Out[0]) * float64(p.Out[1]) * float64(p.Out[2])
		if f, ok := c.Chosen[k].(first); !ok {
			c.Chosen[k] = first{l, work}
		} else if work < f.work*smallPart {
			l = conv.SmallLayoutOf(p)
		} else if work <= f.work*sharedPart && f.layout.Serves(p) {
			l = f.layout
		}
	}
	for i, have := range k.layouts {
		if have == l {
			return k.packs[i]
		}
	}
	v := conv.PackAs(weight.Float32(), p, l)
	c.unneeded(weight)
	if len(k.packs) == 3 {
		k.layouts, k.packs = k.layouts[1:], k.packs[1:]
	}
	k.layouts, k.packs = append(k.layouts, l), append(k.packs, v)
	return v
}

// layout is layoutOf, remembered for the latest shapes.
func (k *sharedPacks) layout(p *conv.Params, layoutOf func(*conv.Params) conv.Layout) conv.Layout {
	for _, have := range k.shapes {
		if have.shape == *p {
			return have.layout
		}
	}
	if len(k.shapes) == 8 {
		k.shapes = k.shapes[1:]
	}
	l := layoutOf(p)
	k.shapes = append(k.shapes, shapedLayout{*p, l})
	return l
}
