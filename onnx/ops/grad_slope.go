package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// vjp is a rule: from the gradients of an operator's outputs it makes those of its inputs (a vector-Jacobian product).
type vjp func(b *back)

// combine3 is f of three tensors of one shape, element by element.
func (b *back) combine3(g, x, y *tensor.Tensor, f func(g, x, y float64) float64) *tensor.Tensor {
	out := tensor.New(g.DType(), g.Shape()...)
	if g.DType() == tensor.Float64 {
		gs, xs, ys, d := g.Float64(), b.numbers(x), b.numbers(y), out.Float64()
		b.c.parallel(len(d), 1<<12, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				d[i] = f(gs[i], xs[i], ys[i])
			}
		})
		return out
	}
	gs, xs, ys, d := g.Float32(), x.Float32(), y.Float32(), out.Float32()
	b.c.parallel(len(d), 1<<12, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			d[i] = float32(f(float64(gs[i]), float64(xs[i]), float64(ys[i])))
		}
	})
	return out
}

// slope is the rule of a function of one number by its derivative, from x and y = f(x).
func slope(f func(x, y float64) float64) func(*graph.Node) vjp {
	return slopeOf(func(*graph.Node) func(x, y float64) float64 { return f })
}

// slopeOf is slope for a function with attributes.
func slopeOf(make func(n *graph.Node) func(x, y float64) float64) func(*graph.Node) vjp {
	return func(n *graph.Node) vjp {
		f := make(n)
		return func(b *back) {
			b.d[0] = b.combine3(b.g[0], b.in[0], b.out[0], func(g, x, y float64) float64 { return g * f(x, y) })
		}
	}
}

// always is a rule that the node's attributes don't bear on.
func always(f vjp) func(*graph.Node) vjp { return func(*graph.Node) vjp { return f } }

// where is a when c, else b.
func where(c bool, a, b float64) float64 {
	if c {
		return a
	}
	return b
}

func leakySlope(n *graph.Node) func(x, y float64) float64 {
	alpha := float64(n.Float("alpha", 0.01))
	return func(x, _ float64) float64 { return where(x < 0, alpha, 1) }
}

func eluSlope(n *graph.Node) func(x, y float64) float64 {
	alpha := float64(n.Float("alpha", 1))
	return func(x, y float64) float64 { return where(x < 0, y+alpha, 1) }
}

func celuSlope(n *graph.Node) func(x, y float64) float64 {
	alpha := float64(n.Float("alpha", 1))
	return func(x, y float64) float64 { return where(x < 0, y/alpha+1, 1) }
}

func seluSlope(n *graph.Node) func(x, y float64) float64 {
	alpha, gamma := float64(n.Float("alpha", 1.6732632)), float64(n.Float("gamma", 1.050701))
	return func(x, y float64) float64 { return where(x <= 0, y+gamma*alpha, gamma) }
}

func hardSigmoidSlope(n *graph.Node) func(x, y float64) float64 {
	alpha := float64(n.Float("alpha", 0.2))
	return func(_, y float64) float64 { return where(y > 0 && y < 1, alpha, 0) }
}

func thresholdedSlope(n *graph.Node) func(x, y float64) float64 {
	alpha := float64(n.Float("alpha", 1))
	return func(x, _ float64) float64 { return where(x > alpha, 1, 0) }
}

func swishSlope(n *graph.Node) func(x, y float64) float64 {
	alpha := float64(n.Float("alpha", 1))
	return func(x, y float64) float64 {
		s := sigmoid(alpha * x)
		return s + alpha*y*(1-s)
	}
}

func hardSwishSlope(x, _ float64) float64 {
	switch {
	case x <= -3:
		return 0
	case x >= 3:
		return 1
	}
	return x/3 + 0.5
}

func mishSlope(x, _ float64) float64 {
	t, s := math.Tanh(softplus(x)), sigmoid(x)
	return t + x*s*(1-t*t)
}

func geluSlope(n *graph.Node) func(x, y float64) float64 {
	if n.Str("approximate", "none") == "tanh" {
		return tanhGeluSlope
	}
	return func(x, _ float64) float64 {
		return 0.5*math.Erfc(-x/math.Sqrt2) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	}
}

func tanhGeluSlope(x, _ float64) float64 {
	k := math.Sqrt(2 / math.Pi)
	t := math.Tanh(k * (x + 0.044715*x*x*x))
	return 0.5*(1+t) + 0.5*x*(1-t*t)*k*(1+3*0.044715*x*x)
}

func erfSlope(x, _ float64) float64 { return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x) }

// clipBack lets through what lies within the limits.
func clipBack(n *graph.Node) vjp {
	return func(b *back) {
		lo, hi := float64(n.Float("min", float32(math.Inf(-1)))), float64(n.Float("max", float32(math.Inf(1))))
		for i, limit := range []*float64{&lo, &hi} {
			if t := at(b.in, i+1); t != nil {
				*limit = b.numbers(t)[0]
			}
		}
		b.d[0] = b.combine3(b.g[0], b.in[0], b.in[0], func(g, x, _ float64) float64 { return where(x >= lo && x <= hi, g, 0) })
	}
}

func at(list []*tensor.Tensor, i int) *tensor.Tensor {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func preluBack(b *back) {
	s := b.in[1]
	// the slopes are laid along the channels where opset 6 and earlier have one for each of them
	if b.n.Version < 7 && s.Rank() == 1 && s.Len() > 1 {
		shape := []int{s.Len()}
		for range b.in[0].Rank() - 2 {
			shape = append(shape, 1)
		}
		s = s.View(shape...)
	}
	wide := b.op("Expand", nil, s, int64s(b.in[0].Shape()...))
	b.d[0] = b.combine3(b.g[0], b.in[0], wide, func(g, x, a float64) float64 { return where(x < 0, g*a, g) })
	if b.needs(1) {
		d := b.combine3(b.g[0], b.in[0], wide, func(g, x, _ float64) float64 { return where(x < 0, g*x, 0) })
		b.d[1] = b.sumTo(d, s.Shape()).View(b.in[1].Shape()...)
	}
}

// softmaxBack goes back through softmax and its logarithm.
func softmaxBack(log bool) func(*graph.Node) vjp {
	return func(n *graph.Node) vjp {
		return func(b *back) {
			x := b.in[0]
			def := -1
			if n.Version < 13 {
				def = 1
			}
			outer, d, inner := 1, 1, 1
			if x.Rank() > 0 {
				a := axis(n.Int("axis", def), x.Rank())
				outer, d, inner = product(x.Shape()[:a]), x.Shape()[a], product(x.Shape()[a+1:])
				if n.Version < 13 {
					d, inner = d*inner, 1
				}
			}
			g, y := b.numbers(b.g[0]), b.numbers(b.out[0])
			out := make([]float64, len(g))
			b.c.parallel(outer*inner, grainOf(d*8), func(lo, hi int) {
				for r := lo; r < hi; r++ {
					start := r/inner*d*inner + r%inner
					sum := 0.0
					for k := range d {
						if i := start + k*inner; log {
							sum += g[i]
						} else {
							sum += g[i] * y[i]
						}
					}
					for k := range d {
						if i := start + k*inner; log {
							out[i] = g[i] - math.Exp(y[i])*sum
						} else {
							out[i] = y[i] * (g[i] - sum)
						}
					}
				}
			})
			b.d[0] = b.as(x, x.Shape(), out)
		}
	}
}

// castBack takes a gradient back to the type before a cast.
func castBack(b *back) { b.d[0] = b.c.cast(b.g[0], b.in[0].DType(), true, "") }

// sameBack is the rule of operators that change nothing but the shape.
func sameBack(b *back) { b.d[0] = b.g[0].View(b.in[0].Shape()...) }

func dropoutBack(b *back) {
	mask := b.extra
	if mask == nil {
		mask = at(b.out, 1)
	}
	ratio := float64(b.n.Float("ratio", 0.5))
	training := false
	if b.n.Version >= 12 {
		if t := at(b.in, 1); t != nil && t.Len() > 0 {
			ratio = b.numbers(t)[0]
		}
		t := at(b.in, 2)
		training = t != nil && t.Len() > 0 && t.Bool()[0]
	}
	if !training || ratio == 0 || mask == nil {
		b.d[0] = b.g[0]
		return
	}
	keep := b.c.cast(mask, b.in[0].DType(), true, "")
	b.d[0] = b.mul(b.mul(b.g[0], keep), scalar(b.g[0], 1/(1-ratio)))
}
