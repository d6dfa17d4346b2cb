package ops

import (
	"strings"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// einsumOp sums products over the letters that the result does not name. The dimensions of an
// ellipsis are written as the letters '0', '1', … from the right.
func einsumOp(n *graph.Node) Kernel {
	eq := strings.ReplaceAll(n.Str("equation", ""), " ", "")
	return func(c *Call) {
		left, right, explicit := strings.Cut(eq, "->")
		terms := strings.Split(left, ",")
		if len(terms) != len(c.In) {
			fail("equation %q has %d terms for %d inputs", eq, len(terms), len(c.In))
		}
		size := map[byte]int{}
		letters := make([]string, len(terms))
		widest := 0
		for i, term := range terms {
			t := c.in(i)
			extra := t.Rank() - len(strings.ReplaceAll(term, "...", ""))
			if strings.Contains(term, "...") {
				widest = max(widest, extra)
			}
			letters[i] = spell(term, extra)
			if len(letters[i]) != t.Rank() {
				fail("term %q does not fit %v", term, t)
			}
			for k, d := range t.Shape() {
				l := letters[i][k]
				if have, ok := size[l]; ok && have != d && have != 1 && d != 1 {
					fail("letter %q is both %d and %d", l, have, d)
				}
				size[l] = max(size[l], d)
				if d == 0 {
					size[l] = 0
				}
			}
		}
		if !explicit {
			right = implicit(left, widest)
		}
		right = spell(right, widest)
		c.Out[0] = c.einsum(letters, right, size)
	}
}

func spell(term string, extra int) string {
	dots := ""
	for i := extra - 1; i >= 0; i-- {
		dots += string(rune('0' + i))
	}
	return strings.Replace(term, "...", dots, 1)
}

// implicit is the result of an equation without an arrow: the letters that occur once, sorted.
func implicit(left string, widest int) string {
	out := ""
	if widest > 0 {
		out = "..."
	}
	for l := byte('A'); l <= 'z'; l++ {
		if strings.Count(left, string(rune(l))) == 1 {
			out += string(rune(l))
		}
	}
	return out
}

func (c *Call) einsum(letters []string, right string, size map[byte]int) *tensor.Tensor {
	order := right // then the letters that are summed
	for _, term := range letters {
		for i := range len(term) {
			if strings.IndexByte(order, term[i]) < 0 {
				order += term[i : i+1]
			}
		}
	}
	var shape, all []int
	for i := range len(order) {
		d, ok := size[order[i]]
		if !ok {
			fail("letter %q is in no term", order[i])
		}
		if i < len(right) {
			shape = append(shape, d)
		}
		all = append(all, d)
	}
	steps := make([][]int, len(letters))
	for i, term := range letters {
		st := strides(c.in(i).Shape())
		steps[i] = make([]int, len(order))
		for k := range len(term) {
			if c.in(i).Shape()[k] != 1 {
				steps[i][strings.IndexByte(order, term[k])] += st[k]
			}
		}
	}
	if len(letters) == 2 {
		if t := c.einsumProduct(letters, right, size); t != nil {
			return t
		}
	}
	dt := c.sameType(c.In...)
	wide := tensor.Float64
	if dt.IsInt() {
		wide = tensor.Int64
	}
	in := make([]*tensor.Tensor, len(c.In))
	for i := range in {
		in[i] = c.cast(c.in(i), wide, true, "")
	}
	out := c.New(wide, shape...)
	if wide == tensor.Int64 {
		einsumLoop(out.Int64(), in, all, len(right), steps, tensor.Data[int64])
	} else {
		einsumLoop(out.Float64(), in, all, len(right), steps, tensor.Data[float64])
	}
	return c.cast(out, dt, true, "")
}

func einsumLoop[T int64 | float64](dst []T, in []*tensor.Tensor, all []int, rank int, steps [][]int, data func(*tensor.Tensor) []T) {
	src := make([][]T, len(in))
	for i := range in {
		src[i] = data(in[i])
	}
	inner := product(all[rank:])
	idx := make([]int, len(all))
	at := make([]int, len(in))
	for o := range dst {
		sum := T(0)
		for range inner {
			v := T(1)
			for i := range src {
				v *= src[i][at[i]]
			}
			sum += v
			for k := len(all) - 1; k >= 0; k-- {
				idx[k]++
				for i := range at {
					at[i] += steps[i][k]
				}
				if idx[k] < all[k] {
					break
				}
				for i := range at {
					at[i] -= idx[k] * steps[i][k]
				}
				idx[k] = 0
			}
		}
		if inner == 0 {
			sum = 0
		}
		dst[o] = sum
	}
}

// einsumProduct is an equation that is a batched matrix product, nil where it is none: letters in
// both terms and the result are batches, in both but not the result are summed.
func (c *Call) einsumProduct(letters []string, right string, size map[byte]int) *tensor.Tensor {
	x, y := c.in(0), c.in(1)
	if x.DType() != tensor.Float32 || y.DType() != tensor.Float32 {
		return nil
	}
	var batch, rows, cols, sum string
	for _, l := range []byte(letters[0]) {
		inY, inR := strings.IndexByte(letters[1], l) >= 0, strings.IndexByte(right, l) >= 0
		if strings.Count(letters[0], string(rune(l))) > 1 || x.Shape()[strings.IndexByte(letters[0], l)] != size[l] {
			return nil
		}
		switch {
		case inY && inR:
			batch += string(rune(l))
		case inY:
			sum += string(rune(l))
		case inR:
			rows += string(rune(l))
		default:
			return nil
		}
	}
	for _, l := range []byte(letters[1]) {
		if strings.Count(letters[1], string(rune(l))) > 1 || y.Shape()[strings.IndexByte(letters[1], l)] != size[l] {
			return nil
		}
		if strings.IndexByte(letters[0], l) < 0 {
			if strings.IndexByte(right, l) < 0 {
				return nil
			}
			cols += string(rune(l))
		}
	}
	arrange := func(t *tensor.Tensor, from, to string) *tensor.Tensor {
		perm := make([]int, len(to))
		for i := range len(to) {
			perm[i] = strings.IndexByte(from, to[i])
		}
		return c.permute(t, perm)
	}
	count := func(s string) int {
		n := 1
		for i := range len(s) {
			n *= size[s[i]]
		}
		return n
	}
	b, m, k, n := count(batch), count(rows), count(sum), count(cols)
	p := c.matMul(arrange(x, letters[0], batch+rows+sum).View(b, m, k), arrange(y, letters[1], batch+sum+cols).View(b, k, n))
	var shape []int
	for _, l := range []byte(batch + rows + cols) {
		shape = append(shape, size[l])
	}
	return arrange(p.View(shape...), batch+rows+cols, right)
}
