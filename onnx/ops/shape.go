package ops

import (
	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func identityOp(*graph.Node) Kernel {
	return func(c *Call) { c.Out[0] = c.in(0) }
}

func reshapeOp(n *graph.Node) Kernel {
	allowZero := n.Int("allowzero", 0) != 0
	return func(c *Call) {
		x := c.in(0)
		want := n.Ints("shape")
		if n.Version >= 5 {
			want = ints(c.in(1))
		}
		c.Out[0] = x.View(reshaped(x.Shape(), x.Len(), want, allowZero)...)
	}
}

// reshaped resolves the 0 and -1 of Reshape's shape.
func reshaped(have []int, n int, want []int, allowZero bool) []int {
	shape := append([]int{}, want...)
	open, rest := -1, 1
	for i, d := range shape {
		switch {
		case d == 0 && !allowZero:
			if i >= len(have) {
				fail("shape %v copies dimension %d of %v", want, i, have)
			}
			shape[i] = have[i]
		case d == -1 && open < 0:
			open = i
			continue
		case d < 0:
			fail("shape %v is not valid", want)
		}
		if rest > 0 && shape[i] > tensor.MaxElements/rest {
			fail("shape %v is too large", want)
		}
		rest *= shape[i]
	}
	if open >= 0 {
		if rest == 0 || n%rest != 0 {
			fail("%v does not fit shape %v", have, want)
		}
		shape[open] = n / rest
	} else if rest != n {
		fail("%v does not fit shape %v", have, want)
	}
	return shape
}

func flattenOp(n *graph.Node) Kernel {
	ax := n.Int("axis", 1)
	return func(c *Call) {
		x := c.in(0)
		a := ax
		if a < 0 {
			a += x.Rank()
		}
		if a < 0 || a > x.Rank() {
			fail("axis %d is out of range for %v", ax, x)
		}
		c.Out[0] = x.View(product(x.Shape()[:a]), product(x.Shape()[a:]))
	}
}

// axesOf is the axes given as attribute before the opset since, as input i from then on; nil where absent.
func axesOf(c *Call, n *graph.Node, since, i int) []int {
	if n.Version < since {
		return n.Ints("axes")
	}
	return c.ints(i)
}

func squeezeOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		axes := axesOf(c, n, 13, 1)
		drop := make([]bool, x.Rank())
		for _, a := range axes {
			a = axis(a, x.Rank())
			if x.Shape()[a] != 1 {
				fail("dimension %d of %v is not 1", a, x)
			}
			drop[a] = true
		}
		shape := []int{}
		for i, d := range x.Shape() {
			if !drop[i] && (axes != nil || d != 1) {
				shape = append(shape, d)
			}
		}
		c.Out[0] = x.View(shape...)
	}
}

func unsqueezeOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		axes := axesOf(c, n, 13, 1)
		rank := x.Rank() + len(axes)
		isNew := make([]bool, rank)
		for _, a := range axes {
			a = axis(a, rank)
			if isNew[a] {
				fail("axis %d is given twice", a)
			}
			isNew[a] = true
		}
		shape := make([]int, 0, rank)
		rest := x.Shape()
		for i := range rank {
			if isNew[i] {
				shape = append(shape, 1)
			} else {
				shape = append(shape, rest[0])
				rest = rest[1:]
			}
		}
		c.Out[0] = x.View(shape...)
	}
}

func shapeOp(n *graph.Node) Kernel {
	return func(c *Call) {
		s := c.in(0).Shape()
		lo, hi := n.Int("start", 0), n.Int("end", len(s))
		lo, hi = clampIndex(lo, len(s)), clampIndex(hi, len(s))
		out := []int64{}
		for i := lo; i < hi; i++ {
			out = append(out, int64(s[i]))
		}
		c.Out[0] = tensor.FromInt64([]int{len(out)}, out)
	}
}

func clampIndex(i, n int) int {
	if i < 0 {
		i += n
	}
	return min(max(i, 0), n)
}

func sizeOp(*graph.Node) Kernel {
	return func(c *Call) { c.Out[0] = tensor.FromInt64(nil, []int64{int64(c.in(0).Len())}) }
}

func constantOp(n *graph.Node) Kernel {
	var t *tensor.Tensor
	for _, name := range []string{"value", "sparse_value"} {
		if a := n.Attrs[name]; a != nil {
			t = a.T
		}
	}
	if a := n.Attrs["value_float"]; a != nil {
		t = tensor.FromFloat32(nil, []float32{a.F})
	}
	if a := n.Attrs["value_floats"]; a != nil {
		t = tensor.FromFloat32([]int{len(a.Floats)}, a.Floats)
	}
	if a := n.Attrs["value_int"]; a != nil {
		t = tensor.FromInt64(nil, []int64{a.I})
	}
	if a := n.Attrs["value_ints"]; a != nil {
		t = tensor.FromInt64([]int{len(a.Ints)}, a.Ints)
	}
	if a := n.Attrs["value_string"]; a != nil {
		t = tensor.FromStrings(nil, []string{a.S})
	}
	if a := n.Attrs["value_strings"]; a != nil {
		t = tensor.FromStrings([]int{len(a.Strings)}, a.Strings)
	}
	if t == nil {
		fail("no value")
	}
	return func(c *Call) { c.Out[0] = t }
}

func constantOfShapeOp(n *graph.Node) Kernel {
	value := tensor.New(tensor.Float32, 1)
	if a := n.Attrs["value"]; a != nil {
		value = a.T
	}
	if value == nil || value.Len() != 1 {
		fail("value must be one element")
	}
	return func(c *Call) {
		shape := ints(c.in(0))
		out := c.New(value.DType(), shape...)
		fill(out, value)
		c.Out[0] = out
	}
}

// fill sets all elements of out to the one of v.
func fill(out, v *tensor.Tensor) {
	switch v.DType().Size() {
	case 1:
		fillCells[uint8](out, v)
	case 2:
		fillCells[uint16](out, v)
	case 4:
		fillCells[uint32](out, v)
	case 8:
		fillCells[uint64](out, v)
	default:
		if v.DType() == tensor.String {
			fillCells[string](out, v)
			return
		}
		fillCells[complex128](out, v)
	}
}

func fillCells[T any](out, v *tensor.Tensor) {
	x := tensor.Cells[T](v)[0]
	dst := tensor.Cells[T](out)
	for i := range dst {
		dst[i] = x
	}
}

func expandOp(*graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		shape := ints(c.in(1))
		bc := newBroadcast(x.Shape(), shape)
		if equalShape(bc.shape, x.Shape()) {
			c.Out[0] = x
			return
		}
		out := c.New(x.DType(), bc.shape...)
		c.move(x, out, bc.size, bc.step[0], 0)
		c.Out[0] = out
	}
}

// move fills out, dense with dimensions size, from x at element start with the given steps.
func (c *Call) move(x, out *tensor.Tensor, size, step []int, start int) {
	if out.Len() == 0 {
		return
	}
	switch x.DType().Size() {
	case 1:
		moveCells[uint8](c, x, out, size, step, start)
	case 2:
		moveCells[uint16](c, x, out, size, step, start)
	case 4:
		moveCells[uint32](c, x, out, size, step, start)
	case 8:
		moveCells[uint64](c, x, out, size, step, start)
	default:
		if x.DType() == tensor.String {
			moveCells[string](c, x, out, size, step, start)
			return
		}
		moveCells[complex128](c, x, out, size, step, start)
	}
}

func moveCells[T any](c *Call, x, out *tensor.Tensor, size, step []int, start int) {
	src, dst := tensor.Cells[T](x), tensor.Cells[T](out)
	last := len(size) - 1
	if last < 0 {
		dst[0] = src[start]
		return
	}
	n, st := size[last], step[last]
	c.parallel(product(size[:last]), grainOf(n), func(lo, hi int) {
		idx := make([]int, last)
		at, rem := start, lo
		for i := last - 1; i >= 0; i-- {
			idx[i] = rem % size[i]
			rem /= size[i]
			at += idx[i] * step[i]
		}
		for o := lo; o < hi; o++ {
			d := dst[o*n : (o+1)*n]
			switch st {
			case 1:
				copy(d, src[at:at+n])
			case 0:
				v := src[at]
				for k := range d {
					d[k] = v
				}
			default:
				j := at
				for k := range d {
					d[k] = src[j]
					j += st
				}
			}
			for i := last - 1; i >= 0; i-- {
				idx[i]++
				at += step[i]
				if idx[i] < size[i] {
					break
				}
				at -= idx[i] * step[i]
				idx[i] = 0
			}
		}
	})
}

func tileOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		var reps []int
		if n.Version < 6 {
			reps = make([]int, x.Rank())
			for i := range reps {
				reps[i] = 1
			}
			a := axis(ints(c.cast(c.in(2), tensor.Int64, true, ""))[0], x.Rank())
			reps[a] = ints(c.cast(c.in(1), tensor.Int64, true, ""))[0]
		} else {
			reps = ints(c.in(1))
		}
		if len(reps) != x.Rank() {
			fail("repeats: want %d values, got %d", x.Rank(), len(reps))
		}
		st := strides(x.Shape())
		var shape, size, step []int
		for i, d := range x.Shape() {
			if reps[i] < 0 || d > 0 && reps[i] > tensor.MaxElements/d {
				fail("repeats %v are not valid", reps)
			}
			shape = append(shape, d*reps[i])
			size = append(size, reps[i], d)
			step = append(step, 0, st[i])
		}
		out := c.New(x.DType(), shape...)
		c.move(x, out, size, step, 0)
		c.Out[0] = out
	}
}

func transposeOp(n *graph.Node) Kernel {
	perm := n.Ints("perm")
	return func(c *Call) {
		x := c.in(0)
		p := perm
		if p == nil {
			p = make([]int, x.Rank())
			for i := range p {
				p[i] = x.Rank() - 1 - i
			}
		}
		c.Out[0] = c.permute(x, p)
	}
}

// permute is x with dimension i of the result being dimension perm[i] of x.
func (c *Call) permute(x *tensor.Tensor, perm []int) *tensor.Tensor {
	if len(perm) != x.Rank() {
		fail("perm %v does not fit %v", perm, x)
	}
	st := strides(x.Shape())
	seen := make([]bool, len(perm))
	shape, step := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		p = axis(p, len(perm))
		if seen[p] {
			fail("perm %v is no permutation", perm)
		}
		seen[p] = true
		shape[i], step[i] = x.Shape()[p], st[p]
	}
	// merge dimensions that stay neighbours; a permutation that moves nothing is a view
	var size, steps []int
	for i, d := range shape {
		if d == 1 {
			continue
		}
		if k := len(size) - 1; k >= 0 && steps[k] == step[i]*d {
			size[k] *= d
			steps[k] = step[i]
			continue
		}
		size, steps = append(size, d), append(steps, step[i])
	}
	if len(size) == 0 || len(size) == 1 && steps[0] == 1 {
		return x.View(shape...)
	}
	out := c.New(x.DType(), shape...)
	if k := len(size); k >= 2 && x.DType().Size() == 4 && steps[k-2] == 1 && steps[k-1] != 1 && out.Len() > 0 {
		c.transpose32(x, out, size, steps)
		return out
	}
	c.move(x, out, size, steps, 0)
	return out
}

// transpose32 is for when the source runs along the second innermost dimension.
func (c *Call) transpose32(x, out *tensor.Tensor, size, step []int) {
	src, dst := x.As(tensor.Float32).Float32(), out.As(tensor.Float32).Float32()
	k := len(size)
	rows, cols, st := size[k-2], size[k-1], step[k-1]
	const tile = 64
	bands := (rows + tile - 1) / tile
	c.parallel(product(size[:k-2])*bands, grainOf(cols*tile), func(lo, hi int) {
		for job := lo; job < hi; job++ {
			o, r0 := job/bands, job%bands*tile
			at, rem := r0, o
			for i := k - 3; i >= 0; i-- {
				at += rem % size[i] * step[i]
				rem /= size[i]
			}
			simd.Transpose(dst[(o*rows+r0)*cols:], cols, src[at:], st, cols, min(tile, rows-r0))
		}
	})
}
