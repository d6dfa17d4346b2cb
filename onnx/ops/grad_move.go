package ops

import (
	"slices"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// movedBack is the rule of operators that only move elements of the given inputs: it runs them on the elements' numbers, from 1,
// to see where each comes from; 0 is none of them.
func movedBack(inputs ...int) func(*graph.Node) vjp {
	return always(func(b *back) { b.moved(b.n, inputs) })
}

func (b *back) moved(n *graph.Node, inputs []int) {
	in := slices.Clone(b.in)
	starts := make([]int, len(inputs))
	total := 0
	for k, i := range inputs {
		starts[k] = total
		t := tensor.New(tensor.Int64, b.in[i].Shape()...)
		for e := range t.Int64() {
			t.Int64()[e] = int64(total + e + 1)
		}
		total += t.Len()
		in[i] = t
	}
	if n.Op == "Pad" && len(in) > 2 {
		in[2] = nil
	}
	from := b.run(n, in, len(n.Out))
	sums := make([]float64, total)
	for o, g := range b.g {
		if g == nil {
			continue
		}
		v := b.numbers(g)
		for e, s := range from[o].Int64() {
			if s > 0 {
				sums[s-1] += v[e]
			}
		}
	}
	for k, i := range inputs {
		if b.needs(i) {
			b.d[i] = b.as(b.in[i], b.in[i].Shape(), sums[starts[k]:starts[k]+b.in[i].Len()])
		}
	}
}

// padBack drops the attribute of the constant, which the numbers of elements would be mixed with.
func padBack(b *back) {
	n := *b.n
	n.Attrs = map[string]*graph.Attr{}
	for k, a := range b.n.Attrs {
		if k != "value" {
			n.Attrs[k] = a
		}
	}
	b.moved(&n, []int{0})
}

func concatBack(b *back) {
	a := axis(b.n.Int("axis", 1), b.g[0].Rank())
	var parts []int
	for _, x := range b.in {
		parts = append(parts, x.Shape()[a])
	}
	for i, d := range b.c.split(b.g[0], a, parts) {
		if b.needs(i) {
			b.d[i] = d
		}
	}
}

func transposeBack(b *back) {
	perm := b.n.Ints("perm")
	inverse := make([]int, b.g[0].Rank())
	for i := range inverse {
		if perm == nil {
			inverse[i] = len(inverse) - 1 - i
		} else {
			inverse[axis(perm[i], len(inverse))] = i
		}
	}
	b.d[0] = b.op("Transpose", map[string]*graph.Attr{"perm": attrInts(inverse...)}, b.g[0])
}

func expandBack(b *back) { b.d[0] = b.sumTo(b.g[0], b.in[0].Shape()) }

func triluBack(b *back) {
	b.d[0] = b.run(b.n, append([]*tensor.Tensor{b.g[0]}, b.in[1:]...), 1)[0]
}

// cumSumBack runs the sums from the other end.
func cumSumBack(b *back) {
	attrs := map[string]*graph.Attr{"reverse": flag(b.n.Int("reverse", 0) == 0), "exclusive": attrInt(b.n.Int("exclusive", 0))}
	b.d[0] = b.op("CumSum", attrs, b.g[0], b.in[1])
}

// topKBack puts the values' gradients back where they came from.
func topKBack(b *back) {
	if b.g[0] == nil {
		return
	}
	b.d[0] = b.op("ScatterElements", map[string]*graph.Attr{"axis": attrInt(b.n.Int("axis", -1))},
		tensor.New(b.in[0].DType(), b.in[0].Shape()...), b.at1(), b.g[0])
}

func (b *back) at1() *tensor.Tensor {
	if len(b.out) < 2 || b.out[1] == nil {
		b.refuse("without its second output")
	}
	return b.out[1]
}

// resizeBack goes back through one axis after the other: the weights along an axis are what becomes of the unit vectors.
func resizeBack(b *back) {
	n := b.n
	if n.Str("mode", "nearest") == "nearest" {
		b.moved(n, []int{0})
		return
	}
	x, y := b.in[0].Shape(), b.g[0].Shape()
	rank := len(x)
	axes := n.Ints("axes")
	if axes == nil {
		for i := range rank {
			axes = append(axes, i)
		}
	}
	var roi, scales []float64
	if n.Version >= 11 && n.Op == "Resize" {
		roi, scales = b.numbersAt(1), b.numbersAt(2)
	} else if n.Version >= 9 {
		scales = b.numbersAt(1)
	} else if a := n.Attrs["scales"]; a != nil {
		for _, s := range a.Floats {
			scales = append(scales, float64(s))
		}
	}
	attrs := map[string]*graph.Attr{}
	for k, a := range n.Attrs {
		if k != "axes" && k != "extrapolation_value" && k != "keep_aspect_ratio_policy" && k != "scales" {
			attrs[k] = a
		}
	}
	one := *n
	one.Attrs, one.Out = attrs, make([]*graph.Value, 1)
	if n.Version < 11 || n.Op == "Upsample" {
		one.Op, one.Version = "Resize", 11
		attrs["coordinate_transformation_mode"] = &graph.Attr{Type: 3, S: "asymmetric"}
	}
	cur := b.numbers(b.g[0])
	shape := slices.Clone(y)
	for k, a := range axes {
		a = axis(a, rank)
		d, e := x[a], y[a]
		eye := tensor.New(tensor.Float32, d, d)
		for i := range d {
			eye.Float32()[i*d+i] = 1
		}
		in := []*tensor.Tensor{eye, nil, nil, nil}
		if len(roi) == 2*len(axes) {
			in[1] = tensor.FromFloat32([]int{4}, []float32{0, float32(roi[k]), 1, float32(roi[k+len(axes)])})
		}
		if len(scales) == len(axes) {
			in[2], in = tensor.FromFloat32([]int{2}, []float32{1, float32(scales[k])}), in[:3]
		} else {
			in[3] = int64s(d, e)
		}
		cur = contract(cur, shape, a, d, b.run(&one, in, 1)[0].Float32())
		shape[a] = d
	}
	b.d[0] = b.as(b.in[0], x, cur)
}

func (b *back) numbersAt(i int) []float64 {
	if t := at(b.in, i); t != nil && t.Len() > 0 {
		return b.numbers(t)
	}
	return nil
}

// contract is g with axis a of e elements turned into d by the weights m, d×e.
func contract(g []float64, shape []int, a, d int, m []float32) []float64 {
	outer, e, inner := product(shape[:a]), shape[a], product(shape[a+1:])
	out := make([]float64, outer*d*inner)
	for i := range d {
		for j, w := range m[i*e:][:e] {
			if w == 0 {
				continue
			}
			for o := range outer {
				src := g[(o*e+j)*inner:][:inner]
				dst := out[(o*d+i)*inner:][:inner]
				for q, v := range src {
					dst[q] += float64(w) * v
				}
			}
		}
	}
	return out
}
