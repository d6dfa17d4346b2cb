package ops

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// index brings a possibly negative index into [0, n).
func index(i, n int) int {
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		fail("index %d is out of range for %d", i, n)
	}
	return i
}

func gatherOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x, it := c.in(0), c.in(1)
		a := axis(n.Int("axis", 0), x.Rank())
		idx := ints(it)
		shape := append(append(append([]int{}, x.Shape()[:a]...), it.Shape()...), x.Shape()[a+1:]...)
		outer, inner, d := product(x.Shape()[:a]), product(x.Shape()[a+1:]), x.Shape()[a]
		if outer == 1 && len(idx) == 1 {
			i := index(idx[0], d)
			c.Out[0] = x.Slice(i*inner, (i+1)*inner, shape...)
			return
		}
		out := c.New(x.DType(), shape...)
		for k, i := range idx {
			idx[k] = index(i, d)
		}
		c.Out[0] = out
		if inner == 1 {
			for o := range outer {
				pick(out.Slice(o*len(idx), (o+1)*len(idx), len(idx)), x.Slice(o*d, (o+1)*d, d), idx)
			}
			return
		}
		for k, i := range idx {
			c.copyRows(out, x, outer, inner, len(idx)*inner, k*inner, d*inner, i*inner)
		}
	}
}

// onCells calls the function for the size of dt's elements.
func onCells(dt tensor.DType, f8, f16, f32, f64, f128, fstr func()) {
	switch dt.Size() {
	case 1:
		f8()
	case 2:
		f16()
	case 4:
		f32()
	case 8:
		f64()
	default:
		if dt == tensor.String {
			fstr()
			return
		}
		f128()
	}
}

func gatherElementsOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x, it := c.in(0), c.in(1)
		a := axis(n.Int("axis", 0), x.Rank())
		if it.Rank() != x.Rank() {
			fail("indices %v do not fit %v", it, x)
		}
		at := elementOffsets(x.Shape(), it, a)
		out := c.New(x.DType(), it.Shape()...)
		pick(out, x, at)
		c.Out[0] = out
	}
}

// elementOffsets is, for each index, the offset into a tensor of the given shape of its own place with
// axis a replaced by the index.
func elementOffsets(shape []int, it *tensor.Tensor, a int) []int {
	idx := ints(it)
	st := strides(shape)
	pos := make([]int, len(shape))
	for k := range shape {
		if k != a && it.Shape()[k] > shape[k] {
			fail("indices %v do not fit %v", it, shape)
		}
	}
	for j := range idx {
		at := index(idx[j], shape[a]) * st[a]
		for k, p := range pos {
			if k != a {
				at += p * st[k]
			}
		}
		idx[j] = at
		for k := len(pos) - 1; k >= 0; k-- {
			if pos[k]++; pos[k] < it.Shape()[k] {
				break
			}
			pos[k] = 0
		}
	}
	return idx
}

func pick(out, x *tensor.Tensor, at []int) {
	onCells(x.DType(),
		func() { pickCells[uint8](out, x, at) }, func() { pickCells[uint16](out, x, at) },
		func() { pickCells[uint32](out, x, at) }, func() { pickCells[uint64](out, x, at) },
		func() { pickCells[complex128](out, x, at) }, func() { pickCells[string](out, x, at) })
}

func pickCells[T any](out, x *tensor.Tensor, at []int) {
	dst, src := tensor.Cells[T](out), tensor.Cells[T](x)
	for i, k := range at {
		dst[i] = src[k]
	}
}

// ndOffsets reads index tuples along the last dimension of it: the offsets into a tensor of the given
// shape, after the first batch dimensions, and how many elements each tuple names.
func ndOffsets(shape []int, it *tensor.Tensor, batch int) (at []int, run int) {
	if it.Rank() == 0 || batch >= it.Rank() {
		fail("indices %v with %d batch dimensions", it, batch)
	}
	k := it.Shape()[it.Rank()-1]
	if batch+k > len(shape) {
		fail("index tuples of %d do not fit %v", k, shape)
	}
	for i := range batch {
		if it.Shape()[i] != shape[i] {
			fail("indices %v do not fit %v", it, shape)
		}
	}
	idx := ints(it)
	st := strides(shape)
	run = product(shape[batch+k:])
	tuples := product(it.Shape()[:it.Rank()-1])
	perBatch := tuples / max(1, product(it.Shape()[:batch]))
	at = make([]int, tuples)
	for j := range at {
		o := 0
		if batch > 0 {
			o = j / perBatch * product(shape[batch:])
		}
		for q := range k {
			o += index(idx[j*k+q], shape[batch+q]) * st[batch+q]
		}
		at[j] = o
	}
	return at, run
}

func gatherNDOp(n *graph.Node) Kernel {
	batch := n.Int("batch_dims", 0)
	return func(c *Call) {
		x, it := c.in(0), c.in(1)
		at, run := ndOffsets(x.Shape(), it, batch)
		k := it.Shape()[it.Rank()-1]
		shape := append(append([]int{}, it.Shape()[:it.Rank()-1]...), x.Shape()[batch+k:]...)
		out := c.New(x.DType(), shape...)
		for j, o := range at {
			c.copyRows(out, x, 1, run, 0, j*run, 0, o)
		}
		c.Out[0] = out
	}
}

// combine is how scattered values meet what is there.
func combine(name string) *arithmetic {
	switch name {
	case "add":
		return adding
	case "mul":
		return multiplying
	case "max":
		return maximum
	case "min":
		return minimum
	case "none", "":
		return nil
	}
	fail("reduction %q is not known", name)
	return nil
}

func scatterElementsOp(n *graph.Node) Kernel {
	o := combine(n.Str("reduction", "none"))
	return func(c *Call) {
		x, it, up := c.in(0), c.in(1), c.in(2)
		a := axis(n.Int("axis", 0), x.Rank())
		if it.Rank() != x.Rank() || !equalShape(it.Shape(), up.Shape()) {
			fail("indices %v and updates %v do not fit %v", it, up, x)
		}
		at := elementOffsets(x.Shape(), it, a)
		c.Out[0] = c.scatter(x, up, at, 1, o)
	}
}

func scatterNDOp(n *graph.Node) Kernel {
	o := combine(n.Str("reduction", "none"))
	return func(c *Call) {
		x, it, up := c.in(0), c.in(1), c.in(2)
		at, run := ndOffsets(x.Shape(), it, 0)
		if up.Len() != len(at)*run {
			fail("updates %v do not fit indices %v", up, it)
		}
		c.Out[0] = c.scatter(x, up, at, run, o)
	}
}

// scatter writes runs of up over a copy of x.
func (c *Call) scatter(x, up *tensor.Tensor, at []int, run int, o *arithmetic) *tensor.Tensor {
	c.sameType(x, up)
	out := x
	if !c.reusable(0) || up.Buffer() == x.Buffer() || x.DType() == tensor.String {
		if x.DType() == tensor.String {
			out = x.Clone()
		} else {
			out = c.New(x.DType(), x.Shape()...)
			copy(out.Bytes(), x.Bytes())
		}
	}
	if o == nil && run == 1 {
		put(out, up, at)
		return out
	}
	if o == nil {
		for j, k := range at {
			c.copyRows(out, up, 1, run, 0, k, 0, j*run)
		}
		return out
	}
	serial := *c
	serial.Threads = 1
	bc := newBroadcast([]int{run}, []int{run})
	for j, k := range at {
		dst := out.Slice(k, k+run, run)
		o.apply(&serial, bc, dst, dst, up.Slice(j*run, (j+1)*run, run))
	}
	return out
}

// put writes element i of x at place at[i] of out.
func put(out, x *tensor.Tensor, at []int) {
	onCells(x.DType(),
		func() { putCells[uint8](out, x, at) }, func() { putCells[uint16](out, x, at) },
		func() { putCells[uint32](out, x, at) }, func() { putCells[uint64](out, x, at) },
		func() { putCells[complex128](out, x, at) }, func() { putCells[string](out, x, at) })
}

func putCells[T any](out, x *tensor.Tensor, at []int) {
	dst, src := tensor.Cells[T](out), tensor.Cells[T](x)
	for i, k := range at {
		dst[k] = src[i]
	}
}
