package ops

import (
	"bytes"
	"cmp"
	"math"
	"sort"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// uniqueOp gives distinct slices along an axis (elements where none is given), where each is first
// seen, which each slice is, and how often.
func uniqueOp(n *graph.Node) Kernel {
	sorted := n.Int("sorted", 1) != 0
	return func(c *Call) {
		x := c.in(0)
		if !n.Has("axis") {
			x = x.View(x.Len())
		}
		a := axis(n.Int("axis", 0), x.Rank())
		d := x.Shape()[a]
		perm := []int{a}
		for i := range x.Rank() {
			if i != a {
				perm = append(perm, i)
			}
		}
		rows := c.permute(x, perm)
		compare := rowOrder(c, rows, d)
		order := make([]int, d)
		for i := range order {
			order[i] = i
		}
		sort.SliceStable(order, func(p, q int) bool { return compare(order[p], order[q]) < 0 })
		var first, counts []int64
		class := make([]int64, d)
		for i, r := range order {
			if i == 0 || compare(order[i-1], r) != 0 {
				first, counts = append(first, int64(r)), append(counts, 0)
			}
			class[r] = int64(len(first) - 1)
			counts[len(counts)-1]++
		}
		if !sorted {
			by := make([]int, len(first))
			for i := range by {
				by[i] = i
			}
			sort.Slice(by, func(p, q int) bool { return first[by[p]] < first[by[q]] })
			rank := make([]int64, len(by))
			f, k := make([]int64, len(by)), make([]int64, len(by))
			for i, b := range by {
				rank[b], f[i], k[i] = int64(i), first[b], counts[b]
			}
			first, counts = f, k
			for i := range class {
				class[i] = rank[class[i]]
			}
		}
		c.Out[0] = c.take(x, first, a)
		for i, v := range [][]int64{first, class, counts} {
			if i+1 < len(c.Out) {
				c.Out[i+1] = tensor.FromInt64([]int{len(v)}, v)
			}
		}
	}
}

// rowOrder compares rows of a tensor of d rows.
func rowOrder(c *Call, t *tensor.Tensor, d int) func(p, q int) int {
	k := t.Len() / max(1, d)
	switch dt := t.DType(); {
	case dt == tensor.String:
		return compareRows(t.Strings(), k, cmp.Compare[string])
	case dt == tensor.Float64:
		return compareRows(t.Float64(), k, compareFloat)
	case dt.IsFloat():
		return compareRows(c.cast(t, tensor.Float64, true, "").Float64(), k, compareFloat)
	case dt == tensor.Uint64:
		return compareRows(tensor.Data[uint64](t), k, cmp.Compare[uint64])
	case dt == tensor.Bool:
		return func(p, q int) int { return bytes.Compare(t.Bytes()[p*k:][:k], t.Bytes()[q*k:][:k]) }
	}
	return compareRows(c.cast(t, tensor.Int64, true, "").Int64(), k, cmp.Compare[int64])
}

// compareFloat puts NaN last.
func compareFloat(a, b float64) int {
	if math.IsNaN(a) || math.IsNaN(b) {
		return -cmp.Compare(b2i(!math.IsNaN(a)), b2i(!math.IsNaN(b)))
	}
	return cmp.Compare(a, b)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareRows[T any](x []T, k int, f func(a, b T) int) func(p, q int) int {
	return func(p, q int) int {
		for i := range k {
			if r := f(x[p*k+i], x[q*k+i]); r != 0 {
				return r
			}
		}
		return 0
	}
}
