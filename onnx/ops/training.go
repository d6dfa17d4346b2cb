package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// optimizer runs an update over groups of tensors: the rate and step, then k groups of n tensors each;
// outputs are k−1 groups, the gradients (group 1) left out.
func optimizer(k int, update func(c *Call, rate float64, step int64, v [][]float64)) Kernel {
	return func(c *Call) {
		n := (len(c.In) - 2) / k
		if n < 1 || n*k+2 != len(c.In) || len(c.Out) < n*(k-1) {
			fail("want groups of %d tensors, got %d inputs", k, len(c.In))
		}
		rate := c.floats(0)[0]
		step := c.cast(c.in(1), tensor.Int64, true, "").Int64()[0]
		for i := range n {
			v := make([][]float64, k)
			for g := range k {
				t := c.in(2 + g*n + i)
				if t.Len() != c.in(2+i).Len() {
					fail("input %d does not fit %v", 2+g*n+i, c.in(2+i))
				}
				v[g] = c.copyOf(c.cast(t, tensor.Float64, true, "")).Float64()
			}
			update(c, rate, step, v)
			o := 0
			for g := range k {
				if g == 1 {
					continue
				}
				t := c.in(2 + g*n + i)
				c.Out[o*n+i] = c.cast(tensor.FromFloat64(t.Shape(), v[g]), t.DType(), true, "")
				o++
			}
		}
	}
}

func adagradOp(n *graph.Node) Kernel {
	decay, eps, norm := float64(n.Float("decay_factor", 0)), float64(n.Float("epsilon", 0)), float64(n.Float("norm_coefficient", 0))
	return optimizer(3, func(_ *Call, rate float64, step int64, v [][]float64) {
		r := rate / (1 + float64(step)*decay)
		x, g, h := v[0], v[1], v[2]
		for i := range x {
			d := norm*x[i] + g[i]
			h[i] += d * d
			x[i] -= r * d / (math.Sqrt(h[i]) + eps)
		}
	})
}

func adamOp(n *graph.Node) Kernel {
	alpha, beta, eps := float64(n.Float("alpha", 0.9)), float64(n.Float("beta", 0.999)), float64(n.Float("epsilon", 0))
	norm, post := float64(n.Float("norm_coefficient", 0)), float64(n.Float("norm_coefficient_post", 0))
	return optimizer(4, func(_ *Call, rate float64, step int64, v [][]float64) {
		r := rate
		if step > 0 {
			r *= math.Sqrt(1-math.Pow(beta, float64(step))) / (1 - math.Pow(alpha, float64(step)))
		}
		x, g, m, h := v[0], v[1], v[2], v[3]
		for i := range x {
			d := norm*x[i] + g[i]
			m[i] = alpha*m[i] + (1-alpha)*d
			h[i] = beta*h[i] + (1-beta)*d*d
			x[i] = (1 - post) * (x[i] - r*m[i]/(math.Sqrt(h[i])+eps))
		}
	})
}

func momentumOp(n *graph.Node) Kernel {
	alpha, beta, norm := float64(n.Float("alpha", 0)), float64(n.Float("beta", 0)), float64(n.Float("norm_coefficient", 0))
	nesterov := n.Str("mode", "standard") == "nesterov"
	return optimizer(3, func(_ *Call, rate float64, step int64, v [][]float64) {
		b := beta
		if step == 0 {
			b = 1
		}
		x, g, m := v[0], v[1], v[2]
		for i := range x {
			d := norm*x[i] + g[i]
			m[i] = alpha*m[i] + b*d
			if nesterov {
				x[i] -= rate * (d + alpha*m[i])
			} else {
				x[i] -= rate * m[i]
			}
		}
	})
}

func imageDecoderOp(n *graph.Node) Kernel {
	format := n.Str("pixel_format", "RGB")
	return func(c *Call) {
		if c.Decode == nil {
			fail("no image decoder was given")
		}
		channels := 3
		if format == "Grayscale" {
			channels = 1
		}
		pix, h, w, err := c.Decode(c.in(0).Uint8(), channels)
		check(err)
		if h < 0 || w < 0 || h > 1<<20 || w > 1<<20 || len(pix) != h*w*channels {
			fail("decoder gives %d samples for %d×%d×%d", len(pix), h, w, channels)
		}
		if format == "BGR" {
			pix = append([]byte{}, pix...)
			for i := 0; i+2 < len(pix); i += 3 {
				pix[i], pix[i+2] = pix[i+2], pix[i]
			}
		}
		c.Out[0] = tensor.FromUint8([]int{h, w, channels}, pix)
	}
}
