package ops

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// FusedDomain is the domain of operators that only passes make.
const FusedDomain = "caliper"

// viewOf is how a fused attention reads an input: the axes of its tensor that are, in this order, batch and head (as far as there
// are any), rows and columns; where drop is not negative that axis is held at index.
type viewOf struct {
	perm        []int
	drop, index int
}

func readView(n *graph.Node, name string) viewOf {
	v := viewOf{perm: n.Ints(name + "_perm"), drop: -1}
	if d := n.Ints(name + "_index"); len(d) == 2 {
		v.drop, v.index = d[0], d[1]
	}
	return v
}

// stacked is a stack of matrices: two leading dimensions, of size and step 1 and 0 where there are fewer.
type stacked struct {
	size, step [4]int
	at         int
	f          []float32
}

func (v viewOf) of(t *tensor.Tensor) stacked {
	if t.DType() != tensor.Float32 {
		dtypeError(t)
	}
	st := strides(t.Shape())
	s := stacked{size: [4]int{1, 1, 1, 1}, f: t.Float32()}
	perm := v.perm
	if perm == nil {
		for i := range t.Rank() {
			perm = append(perm, i)
		}
	}
	rank := t.Rank()
	if v.drop >= 0 {
		rank--
		s.at = index(v.index, t.Shape()[axis(v.drop, t.Rank())]) * st[v.drop]
	}
	if len(perm) != rank || len(perm) < 2 || len(perm) > 4 {
		fail("attention over %v", t)
	}
	for i, p := range perm {
		k := 4 - len(perm) + i
		if p = axis(p, t.Rank()); p == v.drop {
			fail("attention over %v", t)
		}
		s.size[k], s.step[k] = t.Shape()[p], st[p]
	}
	return s
}

// matrix is the matrix of batch b and head h.
func (s *stacked) matrix(b, h int) matrixView {
	at := s.at
	if s.size[0] > 1 {
		at += b * s.step[0]
	}
	if s.size[1] > 1 {
		at += h * s.step[1]
	}
	return matrixView{s.f, at, s.step[2], s.step[3]}
}

// fusedAttentionOp is softmax(q·kᵀ·scale + mask)·v, scale times the numbers that follow the mask among the inputs, over the last two dimensions of views of its inputs; with out_swap set heads and
// rows of the result are swapped.
func fusedAttentionOp(n *graph.Node) Kernel {
	views := [3]viewOf{readView(n, "q"), readView(n, "k"), readView(n, "v")}
	scale, swap := n.Float("scale", 1), n.Int("out_swap", 0) != 0
	return func(c *Call) {
		scale := scale
		for i := 4; i < len(c.In); i++ {
			if c.in(i).Len() != 1 || c.in(i).DType() != tensor.Float32 {
				fail("want one float32, got %v", c.in(i))
			}
			scale *= c.in(i).Float32()[0]
		}
		var in [3]stacked
		rank := 0
		for i, v := range views {
			t := c.in(i)
			in[i] = v.of(t)
			r := t.Rank()
			if v.drop >= 0 {
				r--
			}
			rank = max(rank, r)
		}
		q, k, v := &in[0], &in[1], &in[2]
		mask := c.maskOf()
		shapes := [][]int{q.size[:2], k.size[:2], v.size[:2]}
		if mask != nil {
			rank = max(rank, c.in(3).Rank())
			shapes = append(shapes, mask.size[:2])
			q.repeat(2, mask.size[2])
			k.repeat(2, mask.size[3])
			broadcastShape([]int{q.size[2], k.size[2]}, mask.size[2:])
			if mask.size[2] > max(1, q.size[2]) || mask.size[3] > max(1, k.size[2]) {
				fail("mask %v does not fit", c.in(3))
			}
		}
		if q.size[3] != k.size[3] || k.size[2] != v.size[2] {
			fail("queries %v, keys %v and values %v do not fit", q.size, k.size, v.size)
		}
		lead := broadcastShape(shapes...)
		rows, width := q.size[2], v.size[3]
		full := []int{lead[0], lead[1], rows, width}
		if swap {
			full = []int{lead[0], rows, lead[1], width}
		}
		out := c.New(tensor.Float32, full[4-rank:]...)
		c.Out[0] = out
		if out.Len() == 0 {
			return
		}
		dst := out.Float32()
		if k.size[2] == 0 {
			clear(dst)
			return
		}
		c.attend(lead[0]*lead[1], func(i int) oneHead {
			b, h := i/lead[1], i%lead[1]
			a := oneHead{queries: rows, keys: k.size[2], size: q.size[3], width: width, scale: scale,
				q: q.matrix(b, h), k: k.matrix(b, h), v: v.matrix(b, h), out: matrixView{dst, i * rows * width, width, 1}}
			if swap {
				a.out.at, a.out.row = (b*rows*lead[1]+h)*width, lead[1]*width
			}
			if mask != nil {
				m := mask.matrix(b, h)
				a.mask = &m
			}
			return a
		})
	}
}

// repeat makes dimension i as long as n where it is 1.
func (s *stacked) repeat(i, n int) {
	if s.size[i] == 1 && n > 1 {
		s.size[i], s.step[i] = n, 0
	}
}

// maskOf is input 3, nil where it is absent.
func (c *Call) maskOf() *stacked {
	t := c.opt(3)
	if t == nil {
		return nil
	}
	if t.DType() != tensor.Float32 || t.Rank() > 4 {
		fail("mask %v of attention", t)
	}
	m := &stacked{size: [4]int{1, 1, 1, 1}, f: t.Float32()}
	st := strides(t.Shape())
	for i, d := range t.Shape() {
		if d != 1 {
			m.size[4-t.Rank()+i], m.step[4-t.Rank()+i] = d, st[i]
		}
	}
	return m
}
