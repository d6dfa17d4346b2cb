package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// normalised is the rows of x, n of them, less their mean (where centred) and over their deviation, and that deviation's inverse.
func (b *back) normalised(x []float64, n int, eps float64, centred bool) (hat, inverse []float64) {
	m := len(x) / max(1, n)
	hat, inverse = make([]float64, len(x)), make([]float64, n)
	b.c.parallel(n, grainOf(m*4), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			row, dst := x[r*m:][:m], hat[r*m:][:m]
			mean, square := 0.0, 0.0
			if centred {
				for _, v := range row {
					mean += v
				}
				mean /= float64(m)
			}
			for _, v := range row {
				square += (v - mean) * (v - mean)
			}
			inverse[r] = 1 / math.Sqrt(square/float64(m)+eps)
			for i, v := range row {
				dst[i] = (v - mean) * inverse[r]
			}
		}
	})
	return hat, inverse
}

// throughNorm takes the gradient of normalised rows back to the rows.
func (b *back) throughNorm(g, hat, inverse []float64, centred bool) []float64 {
	n := len(inverse)
	m := len(g) / max(1, n)
	out := make([]float64, len(g))
	b.c.parallel(n, grainOf(m*4), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			gr, hr := g[r*m:][:m], hat[r*m:][:m]
			mean, along := 0.0, 0.0
			for i, v := range gr {
				mean += v
				along += v * hr[i]
			}
			mean, along = mean/float64(m), along/float64(m)
			if !centred {
				mean = 0
			}
			for i, v := range gr {
				out[r*m+i] = inverse[r] * (v - mean - hr[i]*along)
			}
		}
	})
	return out
}

// affine goes back through hat·scale + shift, whose scale has the given shape beside hat; the inputs' own shapes may lack ones. It
// gives the gradient of hat.
func (b *back) affine(hat *tensor.Tensor, g *tensor.Tensor, scale, shift int, shape []int) *tensor.Tensor {
	if b.needs(shift) {
		b.d[shift] = b.c.cast(b.sumTo(g, shape), b.in[shift].DType(), true, "").View(b.in[shift].Shape()...)
	}
	s := at(b.in, scale)
	if s == nil {
		return g
	}
	if b.needs(scale) {
		b.d[scale] = b.c.cast(b.sumTo(b.mul(g, hat), shape), s.DType(), true, "").View(s.Shape()...)
	}
	return b.mul(g, b.c.cast(s, g.DType(), true, "").View(shape...))
}

// channelShape is [c, 1, 1, …], which lies along the channels of a tensor of so many dimensions.
func channelShape(c, rank int) []int {
	shape := []int{c}
	for range rank - 2 {
		shape = append(shape, 1)
	}
	return shape
}

func (b *back) normRows(rows int, eps float64, centred bool, shape []int, view []int, shift int) {
	x := b.in[0]
	hat, inverse := b.normalised(b.numbers(x), rows, eps, centred)
	g := b.affine(b.as(x, x.Shape(), hat).View(view...), b.g[0].View(view...), 1, shift, shape)
	b.d[0] = b.as(x, x.Shape(), b.throughNorm(b.numbers(g), hat, inverse, centred))
}

func layerNormBack(centred bool) vjp {
	return func(b *back) {
		if b.g[0] == nil || at(b.g, 1) != nil || at(b.g, 2) != nil {
			b.refuse("of its mean and deviation")
		}
		x := b.in[0]
		a := axis(b.n.Int("axis", -1), x.Rank())
		shape := x.Shape()[a:]
		if s := at(b.in, 1); s != nil {
			shape = s.Shape()
		}
		shift := 2
		if !centred {
			shift = len(b.in)
		}
		b.normRows(product(x.Shape()[:a]), float64(b.n.Float("epsilon", 1e-5)), centred, shape, x.Shape(), shift)
	}
}

func instanceNormBack(b *back) {
	s := b.in[0].Shape()
	b.normRows(s[0]*s[1], float64(b.n.Float("epsilon", 1e-5)), true, channelShape(s[1], len(s)), s, 2)
}

func groupNormBack(b *back) {
	s := b.in[0].Shape()
	groups := b.n.Int("num_groups", 1)
	view, shape := s, channelShape(s[1], len(s))
	if b.n.Version < 21 { // a scale for each group
		view, shape = []int{s[0], groups, product(s[1:]) / groups}, []int{groups, 1}
	}
	b.normRows(s[0]*groups, float64(b.n.Float("epsilon", 1e-5)), true, shape, view, 2)
}

func batchNormBack(b *back) {
	n, x := b.n, b.in[0]
	s := x.Shape()
	ch := s[min(1, len(s)-1)]
	eps := float64(n.Float("epsilon", 1e-5))
	shape := channelShape(ch, len(s))
	training := n.Int("training_mode", 0) != 0
	if n.Version < 14 {
		training = len(b.out) > 1 && b.out[1] != nil
		if n.Version < 7 {
			training = n.Int("is_test", 0) == 0
		}
	}
	if !training {
		b.storedNorm(shape, eps)
		return
	}
	// Rows are channels: batch and channel change places.
	view := []int{s[0], ch, product(s[min(2, len(s)):])}
	swap := func(t *tensor.Tensor, view []int) *tensor.Tensor {
		return b.op("Transpose", map[string]*graph.Attr{"perm": attrInts(1, 0, 2)}, t.View(view...))
	}
	rows := swap(x, view)
	hat, inverse := b.normalised(b.numbers(rows), ch, eps, true)
	back := []int{ch, s[0], view[2]}
	g := b.affine(swap(b.as(x, back, hat), back).View(s...), b.g[0], 1, 2, shape)
	d := b.throughNorm(b.numbers(swap(g, view)), hat, inverse, true)
	b.d[0] = swap(b.as(x, back, d), back).View(s...)
}

// storedNorm goes back through a normalisation by stored statistics (inputs 3 and 4).
func (b *back) storedNorm(shape []int, eps float64) {
	x := b.in[0]
	variance := b.numbers(b.in[4])
	inverse := make([]float64, len(variance))
	for i, v := range variance {
		inverse[i] = 1 / math.Sqrt(v+eps)
	}
	inv := b.as(x, shape, inverse)
	mean := b.c.cast(b.in[3], x.DType(), true, "").View(shape...)
	hat := b.mul(b.op("Sub", nil, x, mean), inv)
	g := b.affine(hat, b.g[0], 1, 2, shape)
	d := b.mul(g, inv)
	b.d[0] = d
	if b.needs(3) {
		b.d[3] = b.c.cast(b.op("Neg", nil, b.sumTo(d, shape)), b.in[3].DType(), true, "").View(b.in[3].Shape()...)
	}
	if b.needs(4) {
		half := b.mul(b.mul(b.sumTo(b.mul(d, hat), shape), inv), scalar(x, -0.5))
		b.d[4] = b.c.cast(half, b.in[4].DType(), true, "").View(b.in[4].Shape()...)
	}
}

// lpNormBack is the rule of LpNormalization with p = 2.
func lpNormBack(b *back) {
	if b.n.Int("p", 2) != 2 {
		b.refuse("for this p")
	}
	x := b.in[0]
	a := axis(b.n.Int("axis", -1), x.Rank())
	d, inner := x.Shape()[a], product(x.Shape()[a+1:])
	v, g, y := b.numbers(x), b.numbers(b.g[0]), b.numbers(b.out[0])
	out := make([]float64, len(v))
	for r := range len(v) / max(1, d) {
		start := r/inner*d*inner + r%inner
		square, along := 0.0, 0.0
		for k := range d {
			i := start + k*inner
			square += v[i] * v[i]
			along += g[i] * y[i]
		}
		for k := range d {
			if i := start + k*inner; square > 0 {
				out[i] = (g[i] - y[i]*along) / math.Sqrt(square)
			}
		}
	}
	b.d[0] = b.as(x, x.Shape(), out)
}
