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
		if inner == 1 && len(idx) == 1 {
			c.move(x, out, []int{outer}, []int{d}, idx[0])
			return
		}
		if inner == 1 {
			pick(out, x, idx, outer, d)
			return
		}
		c.pickRows(out, x, idx, outer, inner, d)
	}
}

// pickRows takes the rows at, of inner elements, of each of outer blocks of d rows.
func (c *Call) pickRows(out, x *tensor.Tensor, at []int, outer, inner, d int) {
	if x.DType() == tensor.String || len(at)*inner == 0 {
		for k, i := range at {
			c.copyRows(out, x, outer, inner, len(at)*inner, k*inner, d*inner, i*inner)
		}
		return
	}
	run := inner * x.DType().Size()
	dst, src := out.Bytes(), x.Bytes()
	c.parallel(outer*len(at), grainOf(run/4), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			from := (r/len(at)*d + at[r%len(at)]) * run
			copy(dst[r*run:][:run], src[from:from+run])
		}
	})
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
		out := c.New(x.DType(), it.Shape()...)
		pick(out, x, elementOffsets(x.Shape(), it, a), 1, 0)
		c.Out[0] = out
	}
}

// elementOffsets is, for each index, the offset into a tensor of the given shape of its own place with
// axis a replaced by the index.
func elementOffsets(shape []int, it *tensor.Tensor, a int) []int {
	idx := ints(it)
	elementRuns(shape, it.Shape(), a, func(at, n, base, by int) {
		for j, i := range idx[at : at+n] {
			idx[at+j] = base + index(i, shape[a])*by + j
		}
	})
	return idx
}

// elementRuns walks indices of the shape its along axis a of a tensor of the given shape. In each run of n from at on, element j
// with index i means the offset base + i·by + j.
func elementRuns(shape, its []int, a int, f func(at, n, base, by int)) {
	st := strides(shape)
	for k := range shape {
		if k != a && its[k] > shape[k] {
			fail("indices %v do not fit %v", its, shape)
		}
	}
	// Dimensions behind the axis that the indices fill wholly are one run with the one before them.
	last, n := len(shape)-1, 1
	for last > a && its[last] == shape[last] {
		n *= shape[last]
		last--
	}
	if last > a {
		n *= its[last]
		last--
	}
	pos := make([]int, last+1)
	for at := 0; at < product(its); at += n {
		base := 0
		for k, p := range pos {
			if k != a {
				base += p * st[k]
			}
		}
		f(at, n, base, st[a])
		for k := last; k >= 0; k-- {
			if pos[k]++; pos[k] < its[k] {
				break
			}
			pos[k] = 0
		}
	}
}

// pick takes the elements at of each of outer rows of x, d apart.
func pick(out, x *tensor.Tensor, at []int, outer, d int) {
	onCells(x.DType(),
		func() { pickCells[uint8](out, x, at, outer, d) }, func() { pickCells[uint16](out, x, at, outer, d) },
		func() { pickCells[uint32](out, x, at, outer, d) }, func() { pickCells[uint64](out, x, at, outer, d) },
		func() { pickCells[complex128](out, x, at, outer, d) }, func() { pickCells[string](out, x, at, outer, d) })
}

func pickCells[T any](out, x *tensor.Tensor, at []int, outer, d int) {
	dst, src := tensor.Cells[T](out), tensor.Cells[T](x)
	for o := range outer {
		row, res := src[o*d:], dst[o*len(at):][:len(at)]
		for i, k := range at {
			res[i] = row[k]
		}
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
		c.Out[0] = out
		if run == 1 {
			pick(out, x, at, 1, 0)
			return
		}
		for j, o := range at {
			c.copyRows(out, x, 1, run, 0, j*run, 0, o)
		}
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
		if o != nil {
			c.Out[0] = c.scatter(x, up, elementOffsets(x.Shape(), it, a), 1, o)
			return
		}
		c.sameType(x, up)
		out := c.overwritten(x, up)
		idx := c.cast(it, tensor.Int64, true, "").Int64()
		elementRuns(x.Shape(), it.Shape(), a, func(at, n, base, by int) {
			putRun(out, up, idx[at:at+n], at, base, by, x.Shape()[a])
		})
		c.Out[0] = out
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

// putRun writes the n elements of up from at on to base + i·by + j, i being index j.
func putRun(out, up *tensor.Tensor, idx []int64, at, base, by, d int) {
	same := out.DType() != tensor.String
	for _, i := range idx {
		if i < -int64(d) || i >= int64(d) {
			fail("index %d is out of range for %d", i, d)
		}
		same = same && i == idx[0]
	}
	n := len(idx)
	if same && n > 1 {
		size := out.DType().Size()
		copy(out.Bytes()[(base+index(int(idx[0]), d)*by)*size:][:n*size], up.Bytes()[at*size:][:n*size])
		return
	}
	onCells(out.DType(),
		func() { putRunCells[uint8](out, up, idx, at, base, by, d) }, func() { putRunCells[uint16](out, up, idx, at, base, by, d) },
		func() { putRunCells[uint32](out, up, idx, at, base, by, d) }, func() { putRunCells[uint64](out, up, idx, at, base, by, d) },
		func() { putRunCells[complex128](out, up, idx, at, base, by, d) }, func() { putRunCells[string](out, up, idx, at, base, by, d) })
}

func putRunCells[T any](out, up *tensor.Tensor, idx []int64, at, base, by, d int) {
	dst, src := tensor.Cells[T](out), tensor.Cells[T](up)[at:][:len(idx)]
	for j, v := range src {
		i := int(idx[j])
		if i < 0 {
			i += d
		}
		dst[base+i*by+j] = v
	}
}

// overwritten is x, or a copy of it where it or its memory is still needed, for parts of up to be written to.
func (c *Call) overwritten(x, up *tensor.Tensor) *tensor.Tensor {
	switch {
	case x.DType() == tensor.String:
		return x.Clone()
	case c.reusable(0) && up.Buffer() != x.Buffer():
		return x
	}
	out := c.New(x.DType(), x.Shape()...)
	copy(out.Bytes(), x.Bytes())
	return out
}

// scatter writes runs of up over a copy of x.
func (c *Call) scatter(x, up *tensor.Tensor, at []int, run int, o *arithmetic) *tensor.Tensor {
	c.sameType(x, up)
	out := c.overwritten(x, up)
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
