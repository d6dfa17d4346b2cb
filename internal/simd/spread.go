package simd

// Spread makes a row out of another's elements: element j is w[0][j]·src[from[0][j]] + w[1][j]·src[from[1][j]], or src[from[0][j]]
// as it is where there are no weights. It is made once for many rows.
type Spread struct {
	base []int32
	idx  []int32
	w    []float32
	// Reads and Writes are the floats that src and dst must have: whole vectors, which may be more than the row's own.
	Reads, Writes int
}

// NewSpread returns nil where neighbours lie too far apart for the vectors, as they do in rows that shrink. from1, w0 and w1 are
// nil for a row without weights; the indices are not negative.
func NewSpread(from0, from1 []int, w0, w1 []float32) *Spread {
	return newSpread(active.lanes, from0, from1, w0, w1)
}

func newSpread(lanes int, from0, from1 []int, w0, w1 []float32) *Spread {
	n := len(from0)
	vecs := (n + lanes - 1) / lanes
	s := &Spread{Writes: vecs * lanes}
	for v := range vecs {
		lo, hi := v*lanes, min(n, (v+1)*lanes)
		base, top := from0[lo], from0[lo]
		for _, from := range [][]int{from0, from1} {
			if from == nil {
				continue
			}
			for _, i := range from[lo:hi] {
				base, top = min(base, i), max(top, i)
			}
		}
		if top-base >= 2*lanes || top > 1<<30 {
			return nil
		}
		s.base = append(s.base, int32(base))
		s.Reads = max(s.Reads, base+2*lanes)
		lane := func(of []int, j int) int32 {
			if j < hi {
				return int32(of[j] - base)
			}
			return 0
		}
		weight := func(of []float32, j int) float32 {
			if j < hi {
				return of[j]
			}
			return 0
		}
		for j := lo; j < lo+lanes; j++ {
			s.idx = append(s.idx, lane(from0, j))
		}
		if from1 == nil {
			continue
		}
		for j := lo; j < lo+lanes; j++ {
			s.idx = append(s.idx, lane(from1, j))
		}
		for j := lo; j < lo+lanes; j++ {
			s.w = append(s.w, weight(w0, j))
		}
		for j := lo; j < lo+lanes; j++ {
			s.w = append(s.w, weight(w1, j))
		}
	}
	return s
}

// Run makes one row; what it writes behind the row's end, up to Writes, is not defined.
func (s *Spread) Run(dst, src []float32) { s.run(rows, dst, src) }

func (s *Spread) run(r *rowKernels, dst, src []float32) {
	if len(s.base) == 0 {
		return
	}
	_, _ = dst[:s.Writes], src[:s.Reads]
	if s.w == nil {
		r.pick(&dst[0], &src[0], &s.base[0], len(s.base), &s.idx[0])
		return
	}
	r.blend(&dst[0], &src[0], &s.base[0], len(s.base), &s.idx[0], &s.w[0])
}
