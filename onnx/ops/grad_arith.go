package ops

import (
	"math"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// spread2 refuses the way of broadcasting that opsets before 7 had.
func (b *back) spread2() {
	if b.n.Version < 7 && b.n.Int("broadcast", 0) != 0 && !equalShape(b.in[0].Shape(), b.in[1].Shape()) {
		b.refuse("with broadcasting by the attribute of opset 6")
	}
}

func addBack(b *back) {
	b.spread2()
	for i := range 2 {
		if b.needs(i) {
			b.d[i] = b.sumTo(b.g[0], b.in[i].Shape())
		}
	}
}

func subBack(b *back) {
	addBack(b)
	if b.d[1] != nil {
		b.d[1] = b.op("Neg", nil, b.d[1])
	}
}

func mulBack(b *back) {
	b.spread2()
	for i := range 2 {
		if b.needs(i) {
			b.d[i] = b.sumTo(b.mul(b.g[0], b.in[1-i]), b.in[i].Shape())
		}
	}
}

func divBack(b *back) {
	b.spread2()
	d := b.op("Div", nil, b.g[0], b.in[1])
	if b.needs(0) {
		b.d[0] = b.sumTo(d, b.in[0].Shape())
	}
	if b.needs(1) {
		b.d[1] = b.op("Neg", nil, b.sumTo(b.mul(d, b.out[0]), b.in[1].Shape()))
	}
}

func powBack(b *back) {
	b.spread2()
	shape := int64s(b.g[0].Shape()...)
	same := func(t *tensor.Tensor) *tensor.Tensor { return b.c.cast(t, b.g[0].DType(), true, "") }
	x, p := b.op("Expand", nil, b.in[0], shape), b.op("Expand", nil, same(b.in[1]), shape)
	if b.needs(0) {
		d := b.combine3(b.g[0], x, p, func(g, x, p float64) float64 {
			if p == 0 {
				return 0
			}
			return g * p * math.Pow(x, p-1)
		})
		b.d[0] = b.sumTo(d, b.in[0].Shape())
	}
	if b.needs(1) {
		d := b.combine3(b.mul(b.g[0], b.out[0]), x, p, func(gy, x, p float64) float64 {
			if gy == 0 || x == 0 && p >= 0 {
				return 0
			}
			return gy * math.Log(x)
		})
		b.d[1] = same(b.sumTo(d, b.in[1].Shape()))
	}
}

// sumBack is the rule of Sum and, divided by their number, of Mean.
func sumBack(mean bool) vjp {
	return func(b *back) {
		g := b.g[0]
		if mean {
			g = b.mul(g, scalar(g, 1/float64(len(b.in))))
		}
		for i := range b.in {
			if b.needs(i) {
				b.d[i] = b.sumTo(g, b.in[i].Shape())
			}
		}
	}
}

// extremeBack gives the gradient of Max or Min to the inputs that are the result, in equal parts.
func extremeBack(b *back) {
	shape := int64s(b.g[0].Shape()...)
	hits := make([]*tensor.Tensor, len(b.in))
	var count *tensor.Tensor
	for i, x := range b.in {
		hits[i] = b.combine3(b.g[0], b.op("Expand", nil, x, shape), b.out[0], func(_, x, y float64) float64 { return where(x == y, 1, 0) })
		if count == nil {
			count = hits[i]
		} else {
			count = b.sum(count, hits[i])
		}
	}
	for i, x := range b.in {
		if b.needs(i) {
			d := b.combine3(b.g[0], hits[i], count, func(g, hit, n float64) float64 { return where(hit > 0, g/n, 0) })
			b.d[i] = b.sumTo(d, x.Shape())
		}
	}
}

func whereBack(b *back) {
	zero := scalar(b.g[0], 0)
	if b.needs(1) {
		b.d[1] = b.sumTo(b.op("Where", nil, b.in[0], b.g[0], zero), b.in[1].Shape())
	}
	if b.needs(2) {
		b.d[2] = b.sumTo(b.op("Where", nil, b.in[0], zero, b.g[0]), b.in[2].Shape())
	}
}

// turned is t with its last two axes exchanged.
func (b *back) turned(t *tensor.Tensor) *tensor.Tensor {
	perm := make([]int, t.Rank())
	for i := range perm {
		perm[i] = i
	}
	n := len(perm)
	perm[n-1], perm[n-2] = n-2, n-1
	return b.op("Transpose", map[string]*graph.Attr{"perm": attrInts(perm...)}, t)
}

func matMulBack(b *back) {
	x, y, g := b.in[0], b.in[1], b.g[0]
	gs := slices.Clone(g.Shape())
	if y.Rank() == 1 {
		y, gs = y.View(y.Len(), 1), append(gs, 1)
	}
	if x.Rank() == 1 {
		x = x.View(1, x.Len())
		gs = slices.Insert(gs, len(gs)-1, 1)
	}
	g = g.View(gs...)
	if b.needs(0) {
		b.d[0] = b.sumTo(b.op("MatMul", nil, g, b.turned(y)), x.Shape()).View(b.in[0].Shape()...)
	}
	if !b.needs(1) {
		return
	}
	if y.Rank() == 2 { // rows of all batches at once
		n, k := y.Shape()[1], y.Shape()[0]
		rows := g.Len() / max(1, n)
		x = x.View(rows, k)
		b.d[1] = b.op("Gemm", map[string]*graph.Attr{"transA": attrInt(1)}, x, g.View(rows, n)).View(b.in[1].Shape()...)
		return
	}
	b.d[1] = b.sumTo(b.op("MatMul", nil, b.turned(x), g), y.Shape()).View(b.in[1].Shape()...)
}

func gemmBack(b *back) {
	n, g := b.n, b.g[0]
	tA, tB := n.Int("transA", 0) != 0, n.Int("transB", 0) != 0
	gemm := func(x, y *tensor.Tensor, tx, ty bool) *tensor.Tensor {
		return b.op("Gemm", map[string]*graph.Attr{"transA": flag(tx), "transB": flag(ty), "alpha": {Type: 1, F: n.Float("alpha", 1)}}, x, y)
	}
	if b.needs(0) && tA {
		b.d[0] = gemm(b.in[1], g, tB, true)
	} else if b.needs(0) {
		b.d[0] = gemm(g, b.in[1], false, !tB)
	}
	if b.needs(1) && tB {
		b.d[1] = gemm(g, b.in[0], true, tA)
	} else if b.needs(1) {
		b.d[1] = gemm(b.in[0], g, !tA, false)
	}
	if b.needs(2) {
		b.d[2] = b.mul(b.sumTo(g, b.in[2].Shape()), scalar(g, float64(n.Float("beta", 1))))
	}
}

// einsumBack is Einsum with the operand and the result exchanged.
func einsumBack(b *back) {
	eq := strings.ReplaceAll(b.n.Str("equation", ""), " ", "")
	left, result, explicit := strings.Cut(eq, "->")
	terms := strings.Split(left, ",")
	if !explicit || strings.Contains(eq, ".") || len(terms) != len(b.in) {
		b.refuse("for the equation " + eq)
	}
	for i, term := range terms {
		if !b.needs(i) {
			continue
		}
		others, in := []string{result}, []*tensor.Tensor{b.g[0]}
		for k, t := range terms {
			if k != i {
				others, in = append(others, t), append(in, b.in[k])
			}
		}
		for k, letter := range term {
			if strings.Count(term, string(letter)) > 1 {
				b.refuse("for the equation " + eq)
			}
			if !strings.ContainsRune(strings.Join(others, ""), letter) { // it is summed over alone
				n := b.in[i].Shape()[k]
				others, in = append(others, string(letter)), append(in, b.op("Expand", nil, scalar(b.g[0], 1), int64s(n)))
			}
		}
		b.d[i] = b.op("Einsum", map[string]*graph.Attr{"equation": {Type: 3, S: strings.Join(others, ",") + "->" + term}}, in...)
	}
}
