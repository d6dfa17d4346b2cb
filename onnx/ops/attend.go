package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// matrixView is a matrix inside other memory: element (i, j) is f[at + i·row + j·col].
type matrixView struct {
	f            []float32
	at, row, col int
}

// oneHead is one head's work: softmax(q·kᵀ·scale + mask)·v, with queries × size, keys × size and keys × width elements.
type oneHead struct {
	queries, keys, size, width int
	scale                      float32
	q, k, v                    matrixView
	mask                       *matrixView // queries × keys, nil for none
	out                        matrixView  // col is 1
}

// keyChunk is how many keys are weighed at a time, so that their scores stay in the caches.
const keyChunk = 1024

// attender is the memory of one goroutine. Scores are computed with a row a key and a column a query: so the softmax goes down
// columns, a vector of queries at a time, and the scores are the left factor of the second product as they lie.
type attender struct {
	oneHead
	nv              int // vectors of queries in a block
	block           int // queries in a block
	pitch           int // floats of a row of keys turned
	kt, qt, s, v, m []float32
	top, sum, shift []float32
	values          matrixView // in whole vectors
}

func blockVecs() int {
	switch {
	case simd.Lanes() == 16 && simd.MaxRows(3) >= 8:
		return 3
	case simd.MaxRows(2) > 0:
		return 2
	}
	return 1
}

// grown is f with at least n floats.
func grown(f []float32, n int) []float32 {
	if cap(f) < n {
		return simd.Alloc(n)
	}
	return f[:n]
}

// begin takes a head.
func (w *attender) begin(a *oneHead) {
	w.oneHead = *a
	lanes := simd.Lanes()
	w.nv = blockVecs()
	w.block = w.nv * lanes
	w.pitch = (a.keys + lanes - 1) / lanes * lanes
	if a.k.row == 1 && a.size > 0 { // already turned
		w.kt, w.pitch = a.k.f[a.k.at:], a.k.col
	} else {
		w.kt = grown(w.kt, w.pitch*a.size)
		turn(w.kt, w.pitch, a.k, a.keys, a.size)
	}
	w.qt = grown(w.qt, w.block*a.size)
	w.s = grown(w.s, w.block*min(a.keys, keyChunk))
	w.top, w.sum, w.shift = grown(w.top, w.block), grown(w.sum, 2*w.block), grown(w.shift, w.block)
	w.values = a.v
	if a.v.col != 1 || a.width%lanes != 0 {
		ld := (a.width + lanes - 1) / lanes * lanes
		w.v = grown(w.v, ld*a.keys)
		clear(w.v)
		for i := range a.keys {
			for j := range a.width {
				w.v[i*ld+j] = a.v.f[a.v.at+i*a.v.row+j*a.v.col]
			}
		}
		w.values = matrixView{w.v, 0, ld, 1}
	}
}

// turn copies rows×cols of m to dst as cols×rows.
func turn(dst []float32, pitch int, m matrixView, rows, cols int) {
	if m.col == 1 {
		simd.Transpose(dst, pitch, m.f[m.at:], m.row, rows, cols)
		return
	}
	for j := range cols {
		for i := range rows {
			dst[j*pitch+i] = m.f[m.at+i*m.row+j*m.col]
		}
	}
}

// run computes queries lo to hi.
func (w *attender) run(lo, hi int) {
	lanes := simd.Lanes()
	for at := lo; at < hi; at += w.block {
		n := min(w.block, hi-at)
		vecs := (n + lanes - 1) / lanes
		clear(w.qt[:w.size*vecs*lanes])
		q := w.q
		q.at += at * q.row
		turn(w.qt, vecs*lanes, q, n, w.size)
		w.queriesFrom(at, n, vecs)
	}
}

// queriesFrom computes n queries, vecs vectors of them, which begin at.
func (w *attender) queriesFrom(at, n, vecs int) {
	cols := vecs * simd.Lanes()
	minus := float32(math.Inf(-1))
	for k0 := 0; k0 < w.keys; k0 += keyChunk {
		keys := min(keyChunk, w.keys-k0)
		s := w.s[:keys*cols]
		w.scores(s, k0, keys, vecs)
		scale := w.scale
		if w.mask != nil || scale <= 0 {
			w.masked(s, at, n, k0, keys, cols)
			scale = 1
		}
		off := make([]int, keys, keys+1)
		for i := range off {
			off[i] = i * cols
		}
		top, sum, shift := w.top[:cols], w.sum[:cols], w.shift[:cols]
		more := w.sum[cols : 2*cols]
		if k0 == 0 {
			simd.MaxOfRows(top, s, off)
			more = sum
		} else {
			copy(shift, top)
			simd.MaxOfRows(top, s, off)
			simd.Max(top, top, shift)
			for j := range n { // what is there was weighed by the former maximum
				f := float32(math.Exp(float64((shift[j] - top[j]) * scale)))
				if shift[j] == minus {
					f = 0
				}
				sum[j] *= f
				row := w.out.f[w.out.at+(at+j)*w.out.row:][:w.width]
				simd.ScaleShift(row, row, f, 0)
			}
		}
		for j, t := range top {
			shift[j] = -t * scale
			if t == minus {
				shift[j] = 0
			}
		}
		simd.ExpRows(s, keys, cols, scale, shift, more)
		if k0 > 0 {
			simd.Add(sum, sum, more)
		}
		w.weigh(s, cols, at, n, k0, keys)
	}
	for j := range n {
		row := w.out.f[w.out.at+(at+j)*w.out.row:][:w.width]
		simd.ScaleShift(row, row, 1/w.sum[j], 0)
	}
}

// scores sets s[key][query] to the products of keys from k0 on with the queries in qt.
func (w *attender) scores(s []float32, k0, keys, vecs int) {
	cols := vecs * simd.Lanes()
	if w.size == 0 {
		clear(s)
		return
	}
	most := simd.MaxRows(vecs)
	tiles := (keys + most - 1) / most
	tap := simd.Tap{}
	t := simd.Tile{Taps: &tap, NTaps: 1, N: w.size, AStride: 4 * w.pitch, BStride: 4 * cols, CStride: 4 * cols, Tail: simd.Lanes()}
	t.NoClamp()
	t.B = &w.qt[0]
	for i := range tiles {
		a, b := i*keys/tiles, (i+1)*keys/tiles
		t.A, t.C = &w.kt[k0+a], &s[a*cols]
		simd.RunTile(b-a, vecs, &t)
	}
}

// masked scales the scores and adds the mask.
func (w *attender) masked(s []float32, at, n, k0, keys, cols int) {
	simd.ScaleShift(s, s, w.scale, 0)
	if w.mask == nil {
		return
	}
	m := *w.mask
	if m.row == 0 { // the same for every query
		for i := range keys {
			row := s[i*cols:][:cols]
			simd.ScaleShift(row, row, 1, m.f[m.at+(k0+i)*m.col])
		}
		return
	}
	w.m = grown(w.m, keys*cols)
	clear(w.m)
	m.at += at*m.row + k0*m.col
	turn(w.m, cols, m, n, keys)
	simd.Add(s, s, w.m)
}

// weigh adds the values of keys from k0 on, weighed by s, to n rows of the output.
func (w *attender) weigh(s []float32, cols, at, n, k0, keys int) {
	lanes := simd.Lanes()
	whole := (w.width + lanes - 1) / lanes
	nv := min(whole, 2)
	if simd.MaxRows(nv) == 0 {
		nv = 1
	}
	if n < simd.MaxRows(nv) {
		nv = min(whole, simd.MaxVecs(n))
	}
	most := simd.MaxRows(nv)
	tiles := (n + most - 1) / most
	tap := simd.Tap{}
	t := simd.Tile{Taps: &tap, NTaps: 1, N: keys, AStride: 4 * cols, BStride: 4 * w.values.row, CStride: 4 * w.out.row}
	t.NoClamp()
	for v := 0; v < whole; v += nv {
		vecs := min(nv, whole-v)
		t.Tail = min(lanes, w.width-(v+vecs-1)*lanes)
		t.B = &w.values.f[w.values.at+k0*w.values.row+v*lanes]
		for i := range tiles {
			a, b := i*n/tiles, (i+1)*n/tiles
			t.A, t.C = &s[a], &w.out.f[w.out.at+(at+a)*w.out.row+v*lanes]
			t.Init = nil
			if k0 > 0 {
				t.Init = t.C
			}
			simd.RunTile(b-a, vecs, &t)
		}
	}
}

// attend computes heads, each described by f, in parallel.
func (c *Call) attend(heads int, f func(i int) oneHead) {
	if heads == 0 {
		return
	}
	first := f(0)
	if first.queries == 0 || first.width == 0 {
		return
	}
	parts := 1
	if heads < c.Threads {
		block := blockVecs() * simd.Lanes()
		parts = min((first.queries+block-1)/block, (c.Threads+heads-1)/heads)
	}
	c.parallel(heads*parts, 1, func(lo, hi int) {
		var w attender
		have := -1
		for job := lo; job < hi; job++ {
			head, part := job/parts, job%parts
			if head != have {
				have = head
				a := f(head)
				w.begin(&a)
			}
			blocks := (w.queries + w.block - 1) / w.block
			w.run(part*blocks/parts*w.block, min(w.queries, (part+1)*blocks/parts*w.block))
		}
	})
}
