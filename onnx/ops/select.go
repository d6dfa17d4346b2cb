package ops

import (
	"math"
	"sort"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func rangeOp(*graph.Node) Kernel {
	return func(c *Call) {
		a, z, d := c.in(0), c.in(1), c.in(2)
		dt := c.sameType(a, z, d)
		if dt.IsInt() {
			lo, hi, by := ints(c.cast(a, tensor.Int64, true, ""))[0], ints(c.cast(z, tensor.Int64, true, ""))[0], ints(c.cast(d, tensor.Int64, true, ""))[0]
			if by == 0 {
				fail("delta is 0")
			}
			n := 0
			if by > 0 && hi > lo {
				n = (hi - lo + by - 1) / by
			} else if by < 0 && hi < lo {
				n = (lo - hi - by - 1) / -by
			}
			out := c.New(tensor.Int64, n)
			for i := range n {
				out.Int64()[i] = int64(lo + i*by)
			}
			c.Out[0] = c.cast(out, dt, true, "")
			return
		}
		lo, hi, by := c.floats(0)[0], c.floats(1)[0], c.floats(2)[0]
		n := math.Ceil((hi - lo) / by)
		if by == 0 || n != n || n > tensor.MaxElements {
			fail("range from %v to %v by %v", lo, hi, by)
		}
		out := c.New(tensor.Float64, max(0, int(n)))
		for i := range out.Len() {
			out.Float64()[i] = lo + float64(i)*by
		}
		c.Out[0] = c.cast(out, dt, true, "")
	}
}

func nonZeroOp(*graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		b := c.cast(x, tensor.Bool, true, "").Bool()
		n := 0
		for _, v := range b {
			if v {
				n++
			}
		}
		rank := x.Rank()
		out := c.New(tensor.Int64, rank, n)
		dst := out.Int64()
		st := strides(x.Shape())
		k := 0
		for i, v := range b {
			if !v {
				continue
			}
			for a := range rank {
				dst[a*n+k] = int64(i / st[a] % x.Shape()[a])
			}
			k++
		}
		c.Out[0] = out
	}
}

func topKOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		a := axis(n.Int("axis", -1), x.Rank())
		k := n.Int("k", 0)
		if n.Version >= 10 {
			k = ints(c.in(1))[0]
		}
		d := x.Shape()[a]
		if k < 0 || k > d {
			fail("k is %d, but there are %d elements", k, d)
		}
		least := n.Int("largest", 1) == 0
		shape := append([]int{}, x.Shape()...)
		shape[a] = k
		vals, idx := c.New(x.DType(), shape...), c.New(tensor.Int64, shape...)
		outer, inner := product(shape[:a]), product(shape[a+1:])
		switch x.DType() {
		case tensor.Float32:
			topK(x.Float32(), vals.Float32(), idx.Int64(), outer, d, inner, k, least)
		case tensor.Float64:
			topK(x.Float64(), vals.Float64(), idx.Int64(), outer, d, inner, k, least)
		case tensor.Int64:
			topK(x.Int64(), vals.Int64(), idx.Int64(), outer, d, inner, k, least)
		case tensor.Int32:
			topK(x.Int32(), vals.Int32(), idx.Int64(), outer, d, inner, k, least)
		case tensor.Uint64:
			topK(tensor.Data[uint64](x), tensor.Data[uint64](vals), idx.Int64(), outer, d, inner, k, least)
		case tensor.Uint8:
			topK(x.Uint8(), vals.Uint8(), idx.Int64(), outer, d, inner, k, least)
		case tensor.Int8:
			topK(tensor.Data[int8](x), tensor.Data[int8](vals), idx.Int64(), outer, d, inner, k, least)
		case tensor.Uint32:
			topK(tensor.Data[uint32](x), tensor.Data[uint32](vals), idx.Int64(), outer, d, inner, k, least)
		default:
			dtypeError(x)
		}
		c.Out[0] = vals
		if len(c.Out) > 1 {
			c.Out[1] = idx
		}
	}
}

// topK sorts all of a row: of equal values the one with the lower index comes first.
func topK[T number](x, vals []T, idx []int64, outer, d, inner, k int, least bool) {
	order := make([]int, d)
	for o := range outer {
		for i := range inner {
			for j := range order {
				order[j] = j
			}
			at := func(j int) T { return x[(o*d+j)*inner+i] }
			sort.SliceStable(order, func(p, q int) bool {
				a, b := at(order[p]), at(order[q])
				if least {
					return a < b || b != b && a == a
				}
				return a > b || a != a && b == b
			})
			for j := range k {
				vals[(o*k+j)*inner+i] = at(order[j])
				idx[(o*k+j)*inner+i] = int64(order[j])
			}
		}
	}
}
