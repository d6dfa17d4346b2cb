package ops

import (
	"slices"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// largeResult is the size in bytes from which a result is written past the caches, which it would not fit.
const largeResult = 16 << 20

// boxes are the sizes of a resize whose leading dimensions stay: planes of in[0]×in[1]×in[2] become out[0]×out[1]×out[2].
type boxes struct {
	planes  int
	in, out [3]int
	axes    [3]int // of the tensor, −1 where a dimension is filled up
}

// boxesOf is false where more than the last three dimensions change.
func boxesOf(in, out []int, stays func(a int) bool) (b boxes, ok bool) {
	first := 0
	for first < len(in)-1 && stays(first) {
		first++
	}
	if len(in)-first > 3 {
		return b, false
	}
	b = boxes{planes: product(in[:first]), in: [3]int{1, 1, 1}, out: [3]int{1, 1, 1}, axes: [3]int{-1, -1, -1}}
	for i := first; i < len(in); i++ {
		at := 3 - (len(in) - i)
		if len(in)-first == 2 && i == first { // rows alone: each output row is mixed by itself
			at = 0
		}
		b.in[at], b.out[at], b.axes[at] = in[i], out[i], i
	}
	return b, true
}

// sums is how one axis mixes: of each output the inputs and their weights. It is nil for an axis that stays.
type sums struct {
	at [][]int
	w  [][]float32
}

// sumsOf is false where an output is a fixed value.
func sumsOf(m []mix, in int) (*sums, bool) {
	s := &sums{}
	same := len(m) == in
	for o := range m {
		if m[o].fixed || len(m[o].at) == 0 {
			return nil, false
		}
		same = same && len(m[o].at) == 1 && m[o].at[0] == o && m[o].w[0] == 1
		s.at, s.w = append(s.at, m[o].at), append(s.w, m[o].w)
	}
	if same {
		return nil, true
	}
	return s, true
}

// spread is the axis as a vector kernel's row, nil where an output has more than two inputs or they lie far apart.
func (s *sums) spread() *simd.Spread {
	n := len(s.at)
	from0, from1 := make([]int, n), make([]int, n)
	w0, w1 := make([]float32, n), make([]float32, n)
	for o, at := range s.at {
		switch len(at) {
		case 1: // halves add up exactly, and infinity is met by no zero
			from0[o], from1[o], w0[o], w1[o] = at[0], at[0], s.w[o][0]/2, s.w[o][0]/2
		case 2:
			from0[o], from1[o], w0[o], w1[o] = at[0], at[1], s.w[o][0], s.w[o][1]
		default:
			return nil
		}
	}
	return simd.NewSpread(from0, from1, w0, w1)
}

// mixPlanes mixes along all axes, a box at a time: along its rows first, then across planes, then across rows.
type mixPlanes struct {
	boxes
	axis   [3]*sums
	m      []mix // of the rows
	row    *simd.Spread
	slots  int // planes kept with their rows mixed
	stream bool
}

// mixBoxes resizes x, false where the shapes or an axis ask for the general form.
func (c *Call) mixBoxes(x *tensor.Tensor, shape []int, stays func(a int) bool, weights func(a int) []mix) (*tensor.Tensor, bool) {
	if x.Len() == 0 || product(shape) == 0 {
		return nil, false
	}
	b, ok := boxesOf(x.Shape(), shape, stays)
	if !ok {
		return nil, false
	}
	p := &mixPlanes{boxes: b, slots: 1}
	for i, a := range b.axes {
		if a < 0 || stays(a) {
			continue
		}
		m := weights(a)
		if p.axis[i], ok = sumsOf(m, b.in[i]); !ok {
			return nil, false
		}
		if i == 2 {
			p.m = m
		}
	}
	if p.axis[0] != nil {
		for _, at := range p.axis[0].at {
			p.slots = max(p.slots, len(at))
		}
	}
	if p.axis[2] != nil {
		p.row = p.axis[2].spread()
	}
	out := c.New(tensor.Float32, shape...)
	p.stream = 4*out.Len() >= largeResult
	src, dst := x.Float32(), out.Float32()
	const bands = 4 // of a box, so that few boxes serve several threads
	n := min(bands, p.out[0])
	each := product(p.out[:]) / n
	c.parallel(p.planes*n, grainOf(each*4), func(lo, hi int) {
		w := p.worker(src)
		for job := lo; job < hi; job++ {
			b := job / n
			w.begin(b)
			for o := job % n * p.out[0] / n; o < (job%n+1)*p.out[0]/n; o++ {
				w.plane(dst[(b*p.out[0]+o)*p.out[1]*p.out[2]:][:p.out[1]*p.out[2]], o)
			}
		}
		simd.EndStreams()
	})
	return out, true
}

// mixWorker is the memory of one goroutine.
type mixWorker struct {
	*mixPlanes
	src    []float32
	box    int
	lines  []float32 // slots planes of in[1]×out[2]
	pitch  int       // floats from one to the next
	has    []int     // the plane that each holds, −1 for none
	across []float32 // the mix of planes
	pad    []float32
	off    []int
}

func (p *mixPlanes) worker(src []float32) *mixWorker {
	w := &mixWorker{mixPlanes: p, src: src, pitch: p.in[1]*p.out[2] + 64, has: make([]int, p.slots)}
	if p.axis[2] != nil {
		w.lines = make([]float32, p.slots*w.pitch)
	}
	if p.axis[0] != nil && p.axis[1] != nil {
		w.across = make([]float32, p.in[1]*p.out[2])
	}
	if p.row != nil {
		w.pad = make([]float32, p.row.Reads)
	}
	return w
}

func (w *mixWorker) begin(box int) {
	w.box = box
	for i := range w.has {
		w.has[i] = -1
	}
}

// offsets gives where planes begin whose rows are mixed, in the memory returned.
func (w *mixWorker) offsets(planes []int) ([]int, []float32) {
	w.off = w.off[:0]
	size := w.in[1] * w.in[2]
	if w.axis[2] == nil {
		for _, z := range planes {
			w.off = append(w.off, (w.box*w.in[0]+z)*size)
		}
		return w.off, w.src
	}
	for _, z := range planes {
		slot := slices.Index(w.has, z)
		if slot < 0 {
			for slot = 0; slices.Contains(planes, w.has[slot]); slot++ {
			}
			w.has[slot] = z
			w.mixRows(w.lines[slot*w.pitch:][:w.pitch], (w.box*w.in[0]+z)*size)
		}
		w.off = append(w.off, slot*w.pitch)
	}
	return w.off, w.lines
}

// mixRows mixes along the rows of the plane at from.
func (w *mixWorker) mixRows(dst []float32, from int) {
	for y := range w.in[1] {
		row := w.src[from+y*w.in[2]:]
		res := dst[y*w.out[2]:]
		if w.row == nil {
			mixRow(res[:w.out[2]], row[:w.in[2]], w.m)
			continue
		}
		if len(row) < w.row.Reads {
			copy(w.pad, row[:w.in[2]])
			row = w.pad
		}
		w.row.Run(res, row)
	}
}

var one = []float32{1}

// plane computes output plane o of the box.
func (w *mixWorker) plane(dst []float32, o int) {
	planes, weights := []int{o}, one
	if w.axis[0] != nil {
		planes, weights = w.axis[0].at[o], w.axis[0].w[o]
	}
	off, lines := w.offsets(planes)
	if w.axis[1] == nil {
		w.sum(dst, lines, off, weights)
		return
	}
	at := off[0]
	if len(off) > 1 || weights[0] != 1 {
		simd.Mix(w.across, lines, off, weights, false)
		lines, at = w.across, 0
	}
	for y, rows := range w.axis[1].at {
		w.off = w.off[:0]
		for _, r := range rows {
			w.off = append(w.off, at+r*w.out[2])
		}
		w.sum(dst[y*w.out[2]:][:w.out[2]], lines, w.off, w.axis[1].w[y])
	}
}

func (w *mixWorker) sum(dst, src []float32, off []int, weights []float32) {
	if len(off) > 1 || weights[0] != 1 {
		simd.Mix(dst, src, off, weights, w.stream)
	} else if w.stream {
		simd.CopyStream(dst, src[off[0]:])
	} else {
		copy(dst, src[off[0]:])
	}
}

// repeatBoxes is a resize that picks the elements of 4 bytes at index of each axis, false where the shapes ask for the general
// form.
func (c *Call) repeatBoxes(x *tensor.Tensor, shape []int, index [][]int) (*tensor.Tensor, bool) {
	if x.DType().Size() != 4 || x.Len() == 0 || product(shape) == 0 {
		return nil, false
	}
	b, ok := boxesOf(x.Shape(), shape, func(a int) bool { return counts(index[a], x.Shape()[a]) })
	if !ok {
		return nil, false
	}
	var at [3][]int
	for i, a := range b.axes {
		if a >= 0 {
			at[i] = index[a]
			continue
		}
		at[i] = []int{0}
	}
	var row *simd.Spread
	straight := counts(at[2], b.in[2])
	if !straight {
		row = simd.NewSpread(at[2], nil, nil, nil)
	}
	out := c.New(x.DType(), shape...)
	src, dst := x.As(tensor.Float32).Float32(), out.As(tensor.Float32).Float32()
	stream := 4*out.Len() >= largeResult
	size := b.out[1] * b.out[2]
	const bands = 4
	n := min(bands, b.out[0])
	c.parallel(b.planes*n, grainOf(size*b.out[0]/n), func(lo, hi int) {
		slack := 0
		if row != nil {
			slack = max(0, row.Writes-b.out[2])
		}
		plane := make([]float32, size+slack)
		var pad []float32
		if row != nil {
			pad = make([]float32, row.Reads)
		}
		for job := lo; job < hi; job++ {
			box, have := job/n, -1
			for o := job % n * b.out[0] / n; o < (job%n+1)*b.out[0]/n; o++ {
				if z := at[0][o]; z != have {
					have = z
					repeatPlane(plane, src, (box*b.in[0]+z)*b.in[1]*b.in[2], &b, at[1], at[2], row, straight, pad)
				}
				d := dst[(box*b.out[0]+o)*size:][:size]
				if stream {
					simd.CopyStream(d, plane)
				} else {
					copy(d, plane)
				}
			}
		}
		simd.EndStreams()
	})
	return out, true
}

func repeatPlane(plane, src []float32, from int, b *boxes, ys, xs []int, row *simd.Spread, straight bool, pad []float32) {
	n := b.out[2]
	for o, y := range ys {
		if o > 0 && ys[o-1] == y {
			copy(plane[o*n:][:n], plane[(o-1)*n:])
			continue
		}
		r := src[from+y*b.in[2]:]
		switch {
		case straight:
			copy(plane[o*n:][:n], r)
		case row != nil:
			if len(r) < row.Reads {
				copy(pad, r[:b.in[2]])
				r = pad
			}
			row.Run(plane[o*n:], r)
		default:
			d := plane[o*n:][:n]
			for j, k := range xs {
				d[j] = r[k]
			}
		}
	}
}

// counts tells whether list is 0, 1, … n−1.
func counts(list []int, n int) bool {
	for i, k := range list {
		if i != k {
			return false
		}
	}
	return len(list) == n
}

// fixedIndex tells whether an index lies outside.
func fixedIndex(index [][]int) bool {
	for _, list := range index {
		for _, i := range list {
			if i < 0 {
				return true
			}
		}
	}
	return false
}
