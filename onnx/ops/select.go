package ops

import (
	"math"
	"slices"

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

// ranked is an element of a row with its place.
type ranked[T number] struct {
	v  T
	at int
}

// topK: of equal values the one with the lower index comes first, and NaN before all numbers.
func topK[T number](x, vals []T, idx []int64, outer, d, inner, k int, least bool) {
	if k == 0 {
		return
	}
	order := make([]ranked[T], d)
	less := func(p, q ranked[T]) bool {
		a, b := p.v, q.v
		switch {
		case a == b || a != a && b != b:
			return p.at < q.at
		case a != a:
			return true
		case b != b:
			return false
		}
		return (a < b) == least
	}
	for o := range outer {
		for i := range inner {
			for j := range order {
				order[j] = ranked[T]{x[(o*d+j)*inner+i], j}
			}
			chosen := firstOf(order, k, less)
			for j, e := range chosen {
				vals[(o*k+j)*inner+i] = e.v
				idx[(o*k+j)*inner+i] = int64(e.at)
			}
		}
	}
}

// firstOf sorts the k first of list to its beginning. No two are equal.
func firstOf[T number](list []ranked[T], k int, less func(p, q ranked[T]) bool) []ranked[T] {
	if k == 1 {
		best := 0
		for i := range list {
			if less(list[i], list[best]) {
				best = i
			}
		}
		return list[best : best+1]
	}
	if k < len(list)/4 {
		// The k best so far are a heap, the last of them on top.
		heap := list[:k]
		for i := k/2 - 1; i >= 0; i-- {
			sink(heap, i, less)
		}
		for i := k; i < len(list); i++ {
			if less(list[i], heap[0]) {
				heap[0] = list[i]
				sink(heap, 0, less)
			}
		}
		list = heap
	}
	slices.SortFunc(list, func(p, q ranked[T]) int {
		switch {
		case p.at == q.at:
			return 0
		case less(p, q):
			return -1
		}
		return 1
	})
	return list[:k]
}

// sink restores the heap below i.
func sink[T number](heap []ranked[T], i int, less func(p, q ranked[T]) bool) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && less(heap[child], heap[child+1]) {
			child++
		}
		if !less(heap[i], heap[child]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
