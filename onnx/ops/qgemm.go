package ops

import (
	"sync"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// qGemmOp is com.microsoft.QGemm: the product of two quantised matrices and an int32 bias in steps of the products, as float32 where
// no output scale is given (onnxruntime, contrib operators).
func qGemmOp(n *graph.Node) Kernel {
	alpha := n.Float("alpha", 1)
	transA, transB := n.Int("transA", 0) != 0, n.Int("transB", 0) != 0
	f := intFactorOf(n, 3)
	var turned struct {
		once sync.Once
		t    *tensor.Tensor
	}
	return func(c *Call) {
		x, y, bias := c.in(0), c.in(3), c.opt(6)
		if x.Rank() != 2 || y.Rank() != 2 {
			fail("want two matrices, got %v and %v", x, y)
		}
		if transA {
			x = c.permute(x, []int{1, 0})
		}
		switch {
		case transB && f != nil:
			turned.once.Do(func() { turned.t = c.permute(y, []int{1, 0}).Clone() })
			y = turned.t
		case transB:
			y = c.permute(y, []int{1, 0})
		}
		m, cols := x.Shape()[0], y.Shape()[1]
		scale := c.scales(c.in(1), c.in(4))
		if len(scale) != 1 && len(scale) != cols {
			fail("scales: want 1 or %d values, got %d", cols, len(scale))
		}
		for i := range scale {
			scale[i] *= alpha
		}
		sum, ok := c.intMatMul(x, y, c.opt(2), c.opt(5), f)
		if !ok {
			sum = c.matMul(c.centred(x, c.opt(2), -2), c.centred(y, c.opt(5), -1))
		}
		if bias != nil {
			bc := newBroadcast(sum.Shape(), bias.Shape())
			if !equalShape(bc.shape, []int{m, cols}) {
				fail("bias %v does not fit %v", bias, sum)
			}
			adding.apply(c, bc, sum, sum, bias)
		}
		if c.opt(7) == nil {
			out := c.New(tensor.Float32, m, cols)
			factors := make([]float32, cols)
			for j := range factors {
				factors[j] = scale[j%len(scale)]
			}
			for r := range m {
				simd.Dequantise(out.Float32()[r*cols:][:cols], sum.Int32()[r*cols:][:cols], 0, 1, factors)
			}
			c.Out[0] = out
			return
		}
		c.Out[0] = c.requantize(sum, scale, -1, c.in(7), c.in(8))
	}
}
