package ops

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// maxPoolBack gives each maximum's gradient to the place that it was taken from.
func maxPoolBack(b *back) {
	n := *b.n
	n.Attrs = copyAttrs(b.n.Attrs)
	delete(n.Attrs, "storage_order")
	if n.Version < 8 {
		n.Version = 8
	}
	at := b.run(&n, b.in, 2)[1].Int64()
	sums := make([]float64, b.in[0].Len())
	for i, v := range b.numbers(b.g[0]) {
		sums[at[i]] += v
	}
	b.d[0] = b.as(b.in[0], b.in[0].Shape(), sums)
}

func copyAttrs[M ~map[K]V, K comparable, V any](m M) M {
	out := M{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func averagePoolBack(b *back) {
	w := windowOf(b.n)
	x := b.in[0]
	p := w.place(spatialOf(x), w.kernel)
	w.forward(&p)
	var counts [3][]int
	for i := range 3 {
		for o := range p.out[i] {
			counts[i] = append(counts[i], p.inside(i, o, w.includePad))
		}
	}
	g := b.numbers(b.c.copyOf(b.g[0]))
	share := append([]float64{}, g...)
	no := size3(p.out)
	for i := range share {
		o := i % no
		share[i] /= float64(counts[0][o/p.out[2]/p.out[1]] * counts[1][o/p.out[2]%p.out[1]] * counts[2][o%p.out[2]])
	}
	l := lattice{large: p.in, small: p.out, kernel: p.kernel, stride: p.stride, dilate: p.dilate, lo: p.lo}
	out := make([]float64, x.Len())
	planes := x.Shape()[0] * x.Shape()[1]
	for k := range size3(p.kernel) {
		scatterAdd(&l, out, share, planes, k)
	}
	b.d[0] = b.as(x, x.Shape(), out)
}

// globalPoolBack serves the global pools: the mean over space, or the first of its maxima.
func globalPoolBack(largest bool) vjp {
	return func(b *back) {
		x := b.in[0]
		planes := product(x.Shape()[:2])
		inner := x.Len() / max(1, planes)
		out := make([]float64, x.Len())
		g := b.numbers(b.g[0])
		var in []float64
		if largest {
			in = b.numbers(x)
		}
		for p := range planes {
			row := out[p*inner:][:inner]
			if largest {
				best := 0
				for i, v := range in[p*inner:][:inner] {
					if v > in[p*inner+best] {
						best = i
					}
				}
				row[best] = g[p]
				continue
			}
			for i := range row {
				row[i] = g[p] / float64(inner)
			}
		}
		b.d[0] = b.as(x, x.Shape(), out)
	}
}

// reducedAxes are the axes of a reduction and the result's shape with them kept.
func (b *back) reducedAxes() (kept []int, count int) {
	x := b.in[0]
	axes := b.n.Ints("axes")
	if t := at(b.in, 1); t != nil {
		axes = ints(t)
	}
	kept = append([]int{}, x.Shape()...)
	count = 1
	if len(axes) == 0 {
		if b.n.Int("noop_with_empty_axes", 0) != 0 {
			return kept, 1
		}
		for i := range x.Rank() {
			axes = append(axes, i)
		}
	}
	for _, a := range axes {
		a = axis(a, x.Rank())
		count *= kept[a]
		kept[a] = 1
	}
	return kept, count
}

// reduceSlope is the rule of a reduction by its derivative, from an element, the result, and the number of elements.
func reduceSlope(f func(x, y, n float64) float64) func(*graph.Node) vjp {
	return always(func(b *back) {
		kept, count := b.reducedAxes()
		shape := int64s(b.in[0].Shape()...)
		wide := func(t *tensor.Tensor) *tensor.Tensor { return b.op("Expand", nil, t.View(kept...), shape) }
		n := float64(count)
		b.d[0] = b.combine3(wide(b.g[0]), b.in[0], wide(b.out[0]), func(g, x, y float64) float64 { return g * f(x, y, n) })
	})
}

// reduceExtremeBack gives the gradient to the elements that are the result, in equal parts.
func reduceExtremeBack(b *back) {
	kept, _ := b.reducedAxes()
	x, shape := b.in[0], int64s(b.in[0].Shape()...)
	wide := func(t *tensor.Tensor) *tensor.Tensor { return b.op("Expand", nil, t.View(kept...), shape) }
	hit := b.combine3(x, x, wide(b.out[0]), func(_, x, y float64) float64 { return where(x == y, 1, 0) })
	count := wide(b.sumTo(hit, kept))
	b.d[0] = b.combine3(wide(b.g[0]), hit, count, func(g, hit, n float64) float64 { return where(hit > 0, g/n, 0) })
}

// reduceProdBack multiplies the other elements, which a quotient could not do beside zeros.
func reduceProdBack(b *back) {
	kept, _ := b.reducedAxes()
	x := b.in[0]
	st := strides(kept)
	for i, d := range kept {
		if d == 1 {
			st[i] = 0
		}
	}
	own := strides(x.Shape())
	group := make([]int, x.Len())
	for e := range group {
		for i, s := range own {
			group[e] += e / s % x.Shape()[i] * st[i]
		}
	}
	v, g := b.numbers(x), b.numbers(b.g[0])
	zeros, rest := make([]int, len(g)), make([]float64, len(g))
	for i := range rest {
		rest[i] = 1
	}
	for e, k := range group {
		if v[e] == 0 {
			zeros[k]++
		} else {
			rest[k] *= v[e]
		}
	}
	out := make([]float64, len(v))
	for e, k := range group {
		switch {
		case zeros[k] == 0:
			out[e] = g[k] * rest[k] / v[e]
		case zeros[k] == 1 && v[e] == 0:
			out[e] = g[k] * rest[k]
		}
	}
	b.d[0] = b.as(x, x.Shape(), out)
}
