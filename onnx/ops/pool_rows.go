package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// rowPool pools row by row with the vector kernels: the input rows of a window first, then along the row that they give, which lies
// between paddings.
type rowPool struct {
	*placed
	max    bool
	width  int   // of the padded row
	along  []int // where the window's elements begin in it
	ones   []float32
	full   int          // outputs at stride 1 that the real ones are picked from; 0 at stride 1
	pick   *simd.Spread // of them
	pairs  bool         // windows of two that lie side by side inside the input
	counts *[3][]int    // of means
}

// newRowPool is nil for windows that only a hostile model has.
func newRowPool(p *placed, isMax bool, counts *[3][]int) *rowPool {
	const most = 1 << 12
	k, s, dl := p.kernel[2], p.stride[2], p.dilate[2]
	if p.kernel[0] > most || p.kernel[1] > most || p.kernel[0]*p.kernel[1] > most || k > most {
		return nil
	}
	r := &rowPool{placed: p, max: isMax, counts: counts}
	reach := float64(p.out[2]-1)*float64(s) + float64(k-1)*float64(dl) + 1
	if reach > float64(4*(p.in[2]+most)) || p.lo[2] > 4*(p.in[2]+most) {
		return nil
	}
	r.width = max(p.lo[2]+p.in[2], int(reach))
	for i := range k {
		r.along = append(r.along, i*dl)
	}
	r.ones = make([]float32, max(k, p.kernel[0]*p.kernel[1]))
	for i := range r.ones {
		r.ones[i] = 1
	}
	r.pairs = isMax && s == 2 && k == 2 && dl == 1 && p.lo[2] == 0 && 2*p.out[2] <= p.in[2]
	if s > 1 && p.out[2] > 0 {
		r.full = (p.out[2]-1)*s + 1
		at := make([]int, p.out[2])
		for i := range at {
			at[i] = i * s
		}
		r.pick = simd.NewSpread(at, nil, nil, nil)
	}
	return r
}

// run pools planes of x.
func (r *rowPool) run(c *Call, x, out []float32, planes int) {
	ni, no := size3(r.in), size3(r.out)
	rows := r.out[0] * r.out[1]
	c.parallel(planes*rows, grainOf(r.in[2]*len(r.ones)), func(lo, hi int) {
		w := r.worker()
		for job := lo; job < hi; job++ {
			pl, o := job/rows, job%rows
			w.row(out[pl*no+o*r.out[2]:][:r.out[2]], x[pl*ni:][:ni], o/r.out[1], o%r.out[1])
		}
	})
}

// poolWorker is the memory of one goroutine.
type poolWorker struct {
	*rowPool
	line, full, res []float32
	off             []int
	area            int
	share           []float32 // what a mean divides by, for windows of area rows
}

func (r *rowPool) worker() *poolWorker {
	w := &poolWorker{rowPool: r, line: make([]float32, r.width), area: -1}
	if r.max {
		for i := range w.line {
			w.line[i] = float32(math.Inf(-1))
		}
	}
	if r.full > 0 {
		w.full, w.res = make([]float32, r.full), make([]float32, r.out[2])
		if r.pick != nil {
			w.full, w.res = make([]float32, max(r.full, r.pick.Reads)), make([]float32, r.pick.Writes)
		}
	}
	if r.counts != nil {
		w.share = make([]float32, r.out[2])
	}
	return w
}

func (w *poolWorker) row(dst, in []float32, od, oh int) {
	w.off = w.off[:0]
	for kd := range w.kernel[0] {
		d := od*w.stride[0] + kd*w.dilate[0] - w.lo[0]
		if d < 0 || d >= w.in[0] {
			continue
		}
		for kh := range w.kernel[1] {
			if h := oh*w.stride[1] + kh*w.dilate[1] - w.lo[1]; h >= 0 && h < w.in[1] {
				w.off = append(w.off, (d*w.in[1]+h)*w.in[2])
			}
		}
	}
	switch {
	case len(w.off) == 0 && w.max:
		for i := range dst {
			dst[i] = float32(math.Inf(-1))
		}
		return
	case len(w.off) == 0:
		clear(dst)
	case w.pairs:
		simd.PairMaxOfRows(dst, in, w.off)
		return
	default:
		w.fold(w.line[w.lo[2]:][:w.in[2]], in, w.off)
		w.slide(dst)
	}
	if w.counts == nil {
		return
	}
	if area := w.counts[0][od] * w.counts[1][oh]; area != w.area {
		w.area = area
		for i, n := range w.counts[2] {
			w.share[i] = float32(area * n)
		}
	}
	simd.Div(dst, dst, w.share)
}

func (w *poolWorker) fold(dst, src []float32, off []int) {
	switch {
	case len(off) == 1:
		copy(dst, src[off[0]:])
	case w.max:
		simd.MaxOfRows(dst, src, off)
	default:
		simd.Mix(dst, src, off, w.ones, false)
	}
}

// slide pools along the padded row.
func (w *poolWorker) slide(dst []float32) {
	if w.full == nil {
		w.fold(dst, w.line, w.along)
		return
	}
	w.fold(w.full[:w.rowPool.full], w.line, w.along)
	if w.pick != nil {
		w.pick.Run(w.res, w.full)
		copy(dst, w.res)
		return
	}
	for i := range dst {
		dst[i] = w.full[i*w.stride[2]]
	}
}
