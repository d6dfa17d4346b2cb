package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func sliceOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		var starts, ends, axes, steps []int
		if n.Version < 10 {
			starts, ends, axes = n.Ints("starts"), n.Ints("ends"), n.Ints("axes")
		} else {
			starts, ends, axes, steps = c.ints(1), c.ints(2), c.ints(3), c.ints(4)
		}
		if len(starts) != len(ends) || axes != nil && len(axes) != len(starts) || steps != nil && len(steps) != len(starts) {
			fail("starts, ends, axes and steps differ in length")
		}
		shape := append([]int{}, x.Shape()...)
		st := strides(x.Shape())
		step := append([]int{}, st...)
		from := 0
		for i := range starts {
			a := i
			if axes != nil {
				a = axes[i]
			}
			a = axis(a, x.Rank())
			by := 1
			if steps != nil {
				by = steps[i]
			}
			lo, count := sliceRange(starts[i], ends[i], by, x.Shape()[a])
			shape[a], step[a] = count, st[a]*by
			from += lo * st[a]
		}
		if equalShape(shape, x.Shape()) && equalShape(step, st) {
			c.Out[0] = x
			return
		}
		if v := contiguous(x, shape, step, st, from); v != nil {
			c.Out[0] = v
			return
		}
		out := c.New(x.DType(), shape...)
		c.Out[0] = out
		if out.Len() > 0 {
			c.move(x, out, shape, step, from)
		}
	}
}

// contiguous is a slice that is one run of memory as a view, else nil.
func contiguous(x *tensor.Tensor, shape, step, st []int, from int) *tensor.Tensor {
	run := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] == 1 {
			continue
		}
		if step[i] != run || run != product(shape[i+1:]) {
			return nil
		}
		run *= shape[i]
	}
	n := product(shape)
	if n == 0 || x.DType() == tensor.String {
		return nil
	}
	return x.Slice(from, from+n, shape...)
}

// sliceRange clamps as Slice does and gives the first index and the number of them.
func sliceRange(start, end, by, n int) (int, int) {
	if by == 0 {
		fail("step is 0")
	}
	if start < 0 {
		start += n
	}
	if end < 0 && end > math.MinInt+n {
		end += n
	}
	if by > 0 {
		start, end = min(max(start, 0), n), min(max(end, 0), n)
		if end <= start {
			return 0, 0
		}
		return start, (end - start + by - 1) / by
	}
	start, end = min(max(start, 0), n-1), min(max(end, -1), n-1)
	if start <= end || n == 0 {
		return 0, 0
	}
	if by == math.MinInt {
		return start, 1
	}
	return start, (start - end - by - 1) / -by
}

func concatOp(n *graph.Node) Kernel {
	def := 1
	ax := n.Int("axis", def)
	return func(c *Call) { c.Out[0] = c.concat(c.In, ax) }
}

// concat joins tensors along an axis.
func (c *Call) concat(in []*tensor.Tensor, ax int) *tensor.Tensor {
	if len(in) == 0 || in[0] == nil {
		fail("nothing to join")
	}
	first := in[0]
	a := axis(ax, first.Rank())
	shape := append([]int{}, first.Shape()...)
	shape[a] = 0
	for i, t := range in {
		if t == nil || t.Rank() != first.Rank() || t.DType() != first.DType() {
			fail("input %d does not fit %v", i, first)
		}
		for k, d := range t.Shape() {
			if k != a && d != shape[k] {
				fail("input %d %v does not fit %v", i, t, first)
			}
		}
		shape[a] += t.Shape()[a]
	}
	out := c.New(first.DType(), shape...)
	outer, inner := product(shape[:a]), product(shape[a+1:])
	row := shape[a] * inner
	at := 0
	for _, t := range in {
		n := t.Shape()[a] * inner
		c.copyRows(out, t, outer, n, row, at, n, 0)
		at += n
	}
	return out
}

// copyRows copies rows of n elements: row i from i·srcRow+srcAt to i·dstRow+dstAt.
func (c *Call) copyRows(dst, src *tensor.Tensor, rows, n, dstRow, dstAt, srcRow, srcAt int) {
	if n == 0 || rows == 0 {
		return
	}
	if src.DType() == tensor.String {
		d, s := dst.Strings(), src.Strings()
		for i := range rows {
			copy(d[i*dstRow+dstAt:][:n], s[i*srcRow+srcAt:][:n])
		}
		return
	}
	size := src.DType().Size()
	d, s := dst.Bytes(), src.Bytes()
	if rows == 1 && n*size < 1<<18 {
		copy(d[dstAt*size:(dstAt+n)*size], s[srcAt*size:(srcAt+n)*size])
		return
	}
	if rows == 1 {
		c.parallel(n*size, 1<<18, func(lo, hi int) {
			copy(d[dstAt*size+lo:dstAt*size+hi], s[srcAt*size+lo:srcAt*size+hi])
		})
		return
	}
	c.parallel(rows, grainOf(n), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(d[(i*dstRow+dstAt)*size:][:n*size], s[(i*srcRow+srcAt)*size:][:n*size])
		}
	})
}

func splitOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		a := axis(n.Int("axis", 0), x.Rank())
		var parts []int
		switch {
		case n.Version < 13 && n.Version > 1:
			parts = n.Ints("split")
		case n.Version == 1 && n.Has("split"):
			parts = n.Ints("split")
		case n.Version == 1 && c.opt(1) != nil: // of the type of the data
			parts = ints(c.cast(c.in(1), tensor.Int64, true, ""))
		default:
			parts = c.ints(1)
		}
		d := x.Shape()[a]
		if parts == nil {
			k := n.Int("num_outputs", len(c.Out))
			if k < 1 || k > len(c.Out) {
				k = len(c.Out)
			}
			each := (d + k - 1) / k
			if n.Version < 18 && d%k != 0 {
				fail("%d does not split into %d equal parts", d, k)
			}
			for i := range k {
				parts = append(parts, max(0, min(each, d-i*each)))
			}
		}
		if len(parts) != len(c.Out) {
			fail("split: want %d parts, got %d", len(c.Out), len(parts))
		}
		for i, t := range c.split(x, a, parts) {
			c.Out[i] = t
		}
	}
}

// split cuts x along axis a; parts along an outermost axis are views.
func (c *Call) split(x *tensor.Tensor, a int, parts []int) []*tensor.Tensor {
	outer, inner := product(x.Shape()[:a]), product(x.Shape()[a+1:])
	sum := 0
	for _, p := range parts {
		if p < 0 {
			fail("negative part in %v", parts)
		}
		sum += p
	}
	if sum != x.Shape()[a] {
		fail("parts %v do not add up to %d", parts, x.Shape()[a])
	}
	out := make([]*tensor.Tensor, len(parts))
	at := 0
	for i, p := range parts {
		shape := append([]int{}, x.Shape()...)
		shape[a] = p
		if outer == 1 {
			out[i] = x.Slice(at*inner, (at+p)*inner, shape...)
		} else {
			out[i] = c.New(x.DType(), shape...)
			c.copyRows(out[i], x, outer, p*inner, p*inner, 0, x.Shape()[a]*inner, at*inner)
		}
		at += p
	}
	return out
}

func padOp(n *graph.Node) Kernel {
	mode := n.Str("mode", "constant")
	return func(c *Call) {
		x := c.in(0)
		var pads, axes []int
		var value *tensor.Tensor
		if n.Version < 11 {
			pads = n.Ints("pads")
			if n.Version < 2 {
				pads = n.Ints("paddings")
			}
			value = tensor.FromFloat32(nil, []float32{n.Float("value", 0)})
			if x.DType() != tensor.Float32 {
				value = c.cast(value, x.DType(), true, "")
			}
		} else {
			pads, value, axes = ints(c.in(1)), c.opt(2), c.ints(3)
		}
		lo, hi := make([]int, x.Rank()), make([]int, x.Rank())
		if axes == nil {
			for i := range x.Rank() {
				axes = append(axes, i)
			}
		}
		if len(pads) != 2*len(axes) {
			fail("pads: want %d values, got %d", 2*len(axes), len(pads))
		}
		for i, a := range axes {
			a = axis(a, x.Rank())
			lo[a], hi[a] = pads[i], pads[i+len(axes)]
		}
		c.Out[0] = c.pad(x, lo, hi, mode, value)
	}
}

// pad adds lo and hi elements around each dimension, or takes away where they are negative.
func (c *Call) pad(x *tensor.Tensor, lo, hi []int, mode string, value *tensor.Tensor) *tensor.Tensor {
	shape := make([]int, x.Rank())
	index := make([][]int, x.Rank()) // output index → input index, -1 outside
	same := true
	for i, d := range x.Shape() {
		shape[i] = d + lo[i] + hi[i]
		if shape[i] < 0 || lo[i] > tensor.MaxElements || hi[i] > tensor.MaxElements {
			fail("pads are not valid for %v", x)
		}
		same = same && lo[i] == 0 && hi[i] == 0
	}
	if same {
		return x
	}
	out := c.New(x.DType(), shape...)
	for i, d := range x.Shape() {
		index[i] = make([]int, shape[i])
		for o := range shape[i] {
			index[i][o] = padIndex(o-lo[i], d, mode)
		}
	}
	zero := tensor.New(x.DType(), 1)
	if value != nil && value.Len() > 0 {
		zero = value
	}
	switch x.DType().Size() {
	case 1:
		padCells[uint8](c, x, out, index, zero)
	case 2:
		padCells[uint16](c, x, out, index, zero)
	case 4:
		padCells[uint32](c, x, out, index, zero)
	case 8:
		padCells[uint64](c, x, out, index, zero)
	default:
		if x.DType() == tensor.String {
			padCells[string](c, x, out, index, zero)
		} else {
			padCells[complex128](c, x, out, index, zero)
		}
	}
	return out
}

func padIndex(i, n int, mode string) int {
	if i >= 0 && i < n {
		return i
	}
	if n == 0 {
		return -1
	}
	switch mode {
	case "edge":
		return min(max(i, 0), n-1)
	case "wrap":
		return ((i % n) + n) % n
	case "reflect":
		if n == 1 {
			return 0
		}
		period := 2 * (n - 1)
		i = ((i % period) + period) % period
		return min(i, period-i)
	}
	return -1
}

func padCells[T any](c *Call, x, out *tensor.Tensor, index [][]int, zero *tensor.Tensor) {
	src, dst := tensor.Cells[T](x), tensor.Cells[T](out)
	if len(dst) == 0 {
		return
	}
	v := tensor.Cells[T](zero)[0]
	rank := len(index)
	if rank == 0 {
		copy(dst, src)
		return
	}
	st := strides(x.Shape())
	cols := index[rank-1]
	n := len(cols)
	c.parallel(len(dst)/n, grainOf(n), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			at, rem := 0, r
			for i := rank - 2; i >= 0; i-- {
				k := index[i][rem%len(index[i])]
				rem /= len(index[i])
				if k < 0 {
					at = -1
					break
				}
				at += k * st[i]
			}
			row := dst[r*n:][:n]
			for j, k := range cols {
				if at < 0 || k < 0 {
					row[j] = v
				} else {
					row[j] = src[at+k]
				}
			}
		}
	})
}
