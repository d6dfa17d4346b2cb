package exec

import (
	"unsafe"

	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// drainFrom is the size in bytes of an input that is drained, where the result has half of that; drainPart is about what is taken from it
// at a time.
const (
	drainFrom = 256 << 20
	drainPart = 8 << 20
)

// drains tells whether a step is a convolution of single voxels that makes a result of the run from an input that dies, so large that it
// should leave memory while the result comes.
func (e *run) drains(s *Step, c *ops.Call) bool {
	n := s.Node
	if n.Op != "Conv" || n.Domain != "" || !s.result || !s.dies[0] || n.HasIn(3) || n.Const(1) == nil || n.Int("group", 1) != 1 || len(c.In) < 2 {
		return false
	}
	x, w := c.In[0], c.In[1]
	if x == nil || x.DType() != tensor.Float32 || w.DType() != tensor.Float32 || x.NumBytes() < e.drainFrom || x.Rank() < 3 || w.Rank() != x.Rank() ||
		x.Shape()[0] != 1 || x.Shape()[1] != w.Shape()[1] || w.Len() != w.Shape()[0]*w.Shape()[1] || w.Shape()[0]*2 < w.Shape()[1] {
		return false
	}
	for _, name := range []string{"pads", "strides"} {
		for _, v := range n.Ints(name) {
			if name == "pads" && v != 0 || name == "strides" && v != 1 {
				return false
			}
		}
	}
	b := x.Buffer()
	return b != nil && b.Refs == 1 && b.Parent == nil && e.arena.region.owns(b.Bytes) && n.Str("auto_pad", "NOTSET") == "NOTSET"
}

// drain does such a step by parts of the voxels: memory of the input that is done with goes back to the system.
func (e *run) drain(s *Step, c *ops.Call) error {
	x, channels, outC := c.In[0], c.In[0].Shape()[1], c.In[1].Shape()[0]
	voxels := x.Len() / channels
	shape := append([]int{}, x.Shape()...)
	shape[1] = outC
	b, err := e.memory(s).Alloc(4 * outC * voxels)
	if err != nil {
		return err
	}
	out := tensor.InBuffer(b, tensor.Float32, shape, outC*voxels)
	c.Fresh, c.Out[0] = append(c.Fresh, b), out
	// All parts but the last are equally large, so that the weight is packed twice at most.
	part := max(drainPart/4/channels/1024, 1) * 1024
	block, err := e.arena.Alloc(4 * channels * part)
	if err != nil {
		return err
	}
	defer e.arena.put(block)
	src, dst := x.Float32(), out.Float32()
	for at := 0; at < voxels; at += part {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		n := min(part, voxels-at)
		for k := range shape {
			shape[k] = 1
		}
		shape[1], shape[len(shape)-1] = channels, n
		in := tensor.InBuffer(block, tensor.Float32, shape, channels*n)
		for k := range channels {
			run := src[k*voxels+at:][:n]
			copy(in.Float32()[k*n:], run)
			leaveWhole(run)
		}
		call := *c
		call.In = append([]*tensor.Tensor{in}, c.In[1:]...)
		call.Out, call.Fresh, call.Mem, call.Dies = make([]*tensor.Tensor, 1), nil, e.arena, nil
		if err := ops.Do(s.kernel, &call); err != nil {
			return err
		}
		for k := range outC {
			copy(dst[k*voxels+at:][:n], call.Out[0].Float32()[k*n:])
		}
		for _, f := range call.Fresh {
			e.arena.put(f)
		}
		c.Algorithm = call.Algorithm + " by parts"
	}
	return nil
}

// leaveWhole lets the whole pages of f leave memory.
func leaveWhole(f []float32) {
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
	at := int(uintptr(unsafe.Pointer(unsafe.SliceData(b))) % page)
	lo, hi := (page-at)%page, len(b)-(at+len(b))%page
	if lo < hi {
		leaveMemory(b[lo:hi])
	}
}
