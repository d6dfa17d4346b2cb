package ops

import "github.com/caliper-imaging/caliper/onnx/tensor"

// broadcast walks inputs of different shapes along their common output shape ("Broadcasting in
// ONNX"): runs of the innermost dimension in which every input advances by 1 or stays.
type broadcast struct {
	shape []int   // of the output
	size  []int   // dimensions after merging, outermost first
	step  [][]int // by input, by merged dimension, in elements
}

// broadcastShape is the common shape of the given ones.
func broadcastShape(shapes ...[]int) []int {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := make([]int, rank)
	for i := range out {
		out[i] = 1
	}
	for _, s := range shapes {
		off := rank - len(s)
		for i, d := range s {
			o := out[off+i]
			switch {
			case d == o || d == 1:
			case o == 1:
				out[off+i] = d
			default:
				fail("shapes %v cannot be broadcast together", shapes)
			}
		}
	}
	return out
}

func newBroadcast(shapes ...[]int) *broadcast {
	b := &broadcast{shape: broadcastShape(shapes...), step: make([][]int, len(shapes))}
	rank := len(b.shape)
	full := make([][]int, len(shapes))
	for k, s := range shapes {
		full[k] = make([]int, rank)
		st := strides(s)
		for i, d := range s {
			if d != 1 {
				full[k][rank-len(s)+i] = st[i]
			}
		}
	}
	for i := range rank {
		d := b.shape[i]
		if d == 1 {
			continue
		}
		last := len(b.size) - 1
		merge := last >= 0
		for k := range shapes {
			merge = merge && b.step[k][last] == full[k][i]*d
		}
		if merge {
			b.size[last] *= d
			for k := range shapes {
				b.step[k][last] = full[k][i]
			}
			continue
		}
		b.size = append(b.size, d)
		for k := range shapes {
			b.step[k] = append(b.step[k], full[k][i])
		}
	}
	if len(b.size) == 0 {
		b.size = []int{1}
		for k := range shapes {
			b.step[k] = []int{0}
		}
	}
	return b
}

// each calls f for runs of n output elements from off; at holds each input's offset, step its advance
// along the run.
func (b *broadcast) each(c *Call, f func(off, n int, at, step []int)) {
	last := len(b.size) - 1
	n := b.size[last]
	outer := product(b.size[:last])
	inner := make([]int, len(b.step))
	for k := range inner {
		inner[k] = b.step[k][last]
	}
	if outer == 1 {
		c.parallel(n, 1<<14, func(lo, hi int) {
			at := make([]int, len(inner))
			for k := range at {
				at[k] = lo * inner[k]
			}
			f(lo, hi-lo, at, inner)
		})
		return
	}
	c.parallel(outer, grainOf(n), func(lo, hi int) {
		at := make([]int, len(inner))
		idx := make([]int, last)
		rem := lo
		for i := last - 1; i >= 0; i-- {
			idx[i] = rem % b.size[i]
			rem /= b.size[i]
		}
		for k := range at {
			for i, x := range idx {
				at[k] += x * b.step[k][i]
			}
		}
		for o := lo; o < hi; o++ {
			f(o*n, n, at, inner)
			for i := last - 1; i >= 0; i-- {
				idx[i]++
				for k := range at {
					at[k] += b.step[k][i]
				}
				if idx[i] < b.size[i] {
					break
				}
				for k := range at {
					at[k] -= idx[i] * b.step[k][i]
				}
				idx[i] = 0
			}
		}
	})
}

// zip computes f element by element over two broadcast inputs.
func zip[T, R any](c *Call, bc *broadcast, out, x, y *tensor.Tensor, f func(a, b T) R) {
	dst, a, b := tensor.Cells[R](out), tensor.Cells[T](x), tensor.Cells[T](y)
	bc.each(c, func(off, n int, at, step []int) {
		i, j := at[0], at[1]
		for k := off; k < off+n; k++ {
			dst[k] = f(a[i], b[j])
			i += step[0]
			j += step[1]
		}
	})
}

// binaryOut is the output of a broadcast operator of the inputs' type, in the memory of one of them
// where that is free.
func (c *Call) binaryOut(bc *broadcast, dt tensor.DType) *tensor.Tensor {
	for i := range c.In {
		t := c.In[i]
		if t != nil && t.DType() == dt && equalShape(t.Shape(), bc.shape) && c.reusable(i) {
			return t
		}
	}
	return c.New(dt, bc.shape...)
}

func equalShape(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// sameType checks that all inputs given have one element type.
func (c *Call) sameType(in ...*tensor.Tensor) tensor.DType {
	dt := in[0].DType()
	for _, t := range in[1:] {
		if t.DType() != dt {
			fail("inputs have different types: %v and %v", dt, t.DType())
		}
	}
	return dt
}
