package conv

import (
	"github.com/caliper-imaging/caliper/internal/simd"
)

// plane computes a two-dimensional convolution by F(4×4, 3×3): strips of tiles of 4×4 outputs through 36 points, each one product.
type plane struct {
	k                *Packed
	p                Params
	icg, ocg         int
	tilesH           []int
	rows, across     int        // tile rows in a strip, tiles across it
	strips, chunks   int        // strips along height and width of one plane
	quarter          int        // floats of every fourth column of a strip's input rows
	slots            []int      // where, in rows, a strip's input rows lie
	inMasks          [][]uint32 // by chunk
	outMasks         [][]uint32
	outVecs          int
	vStride, mStride int // floats from a channel to the next
	vPoint, mPoint   int // and from a point to the next
	dst, src         []float32
	bias, add        []float32
	act              Activation
}

func newPlane(k *Packed, p *Params) *plane {
	w := &plane{k: k, p: *p, icg: p.InC / p.Group, ocg: p.OutC / p.Group}
	w.tilesH = axisTiles(p.Out[1], 1, 4)
	w.size()
	lanes := simd.Lanes()
	n := w.rows * w.across
	vecs := (n + lanes - 1) / lanes
	w.quarter = ((4*w.rows+2)*w.across + lanes - 1) / lanes * lanes
	for i := range 4*w.rows + 2 {
		w.slots = append(w.slots, i%4*w.rows+min(i%4, 2)+i/4)
	}
	w.vStride = (vecs*lanes+15)/16*16 | 16
	w.mStride = w.vStride
	w.vPoint, w.mPoint = w.icg*w.vStride|16, w.ocg*w.mStride|16
	w.outVecs = (4*w.across + lanes - 1) / lanes
	for c := range w.chunks {
		column := c * 4 * w.across
		w.inMasks = append(w.inMasks, simd.AppendMasks(nil, w.outVecs, max(0, p.PadLo[2]-column), min(4*w.across, p.In[2]+p.PadLo[2]-column)))
		w.outMasks = append(w.outMasks, simd.AppendMasks(nil, w.outVecs, 0, min(4*w.across, p.Out[2]-column)))
	}
	return w
}

// planeBudget is the memory, in floats, that a strip's points should stay under. They are written and read once, in order, so they
// may be more than the second-level cache holds: reading the weight anew for each of many strips costs more.
const planeBudget = 600 << 10

// size chooses how many tiles a strip has.
func (w *plane) size() {
	all := (w.p.Out[2] + 3) / 4
	most := max(32, planeBudget/(36*(w.icg+w.ocg)))
	w.rows, w.across, w.chunks = 1, all, 1
	if all > most {
		w.chunks = (all + most - 1) / most
		w.across = ((all+w.chunks-1)/w.chunks + 15) / 16 * 16
		w.chunks = (all + w.across - 1) / w.across
	} else {
		// The fewest vectors of tiles, and the fewest strips with them.
		best := 1 << 62
		for rows := 1; rows <= min(len(w.tilesH), most/all); rows++ {
			if n := w.vectors(rows); n <= best {
				best, w.rows = n, rows
			}
		}
	}
	w.strips = (len(w.tilesH) + w.rows - 1) / w.rows
}

// vectors is how many vectors hold all tiles when so many tile rows make a strip.
func (w *plane) vectors(rows int) int {
	lanes := simd.Lanes()
	of := func(n int) int { return (n*w.across + lanes - 1) / lanes }
	return len(w.tilesH)/rows*of(rows) + of(len(w.tilesH)%rows)
}

// leftOver is how many of n equal pieces of work are better divided among the workers, so that none of these is idle at the end.
func leftOver(n, threads int) int {
	switch {
	case threads <= 1 || n >= 16*threads:
		return 0
	case n < 2*threads:
		return n
	}
	return n % threads
}

func (w *plane) run(threads int) {
	work := make([]planeStrip, max(threads, 1))
	for i := range work {
		work[i].plane = w
	}
	n := w.p.Batch * w.p.Group * w.p.Out[0] * w.strips * w.chunks
	alone := n - leftOver(n, threads)
	simd.Each(threads, alone, func(worker, i int) {
		s := &work[worker]
		s.take(i)
		s.compute()
	})
	for i := alone; i < n; i++ {
		w.together(work, i)
	}
	for i := range work {
		work[i].v.release()
		work[i].m.release()
		work[i].tmp.release()
		work[i].weights.release()
	}
}

// together computes strip i by all workers: each takes some channels of the input, some points, and some channels of the output.
func (w *plane) together(work []planeStrip, i int) {
	first := &work[0]
	for j := range work {
		work[j].take(i)
		work[j].growTmp()
	}
	first.growPoints()
	for j := range work[1:] {
		work[j+1].v.F, work[j+1].m.F = first.v.F, first.m.F
	}
	split := func(n int, f func(s *planeStrip, lo, hi int)) {
		parts := min(n, 4*len(work))
		simd.Each(len(work), parts, func(worker, part int) { f(&work[worker], part*n/parts, (part+1)*n/parts) })
	}
	split(w.icg, (*planeStrip).input)
	if w.k.form.isLate(w.icg, w.ocg) {
		split(len(w.k.tiles), (*planeStrip).lateProducts)
	} else {
		split(36, (*planeStrip).products)
	}
	split(w.ocg, (*planeStrip).output)
	for j := range work[1:] {
		work[j+1].v.F, work[j+1].m.F = nil, nil
	}
}

// planeStrip is one worker's part: n tile rows from the first.
type planeStrip struct {
	*plane
	batch, group, d, chunk int
	first, n               int
	v, m, tmp              scratch
	weights                scratch // points of one tile's weights
	in                     simd.WinogradIn
	out                    simd.WinogradOut
	tap                    simd.Tap
	kernel                 simd.Tile
}

// take makes strip i the worker's.
func (s *planeStrip) take(i int) {
	w := s.plane
	s.chunk = i % w.chunks
	i /= w.chunks
	s.first = i % w.strips * w.rows
	s.n = min(w.rows, len(w.tilesH)-s.first)
	i /= w.strips
	s.d = i % w.p.Out[0]
	i /= w.p.Out[0]
	s.group, s.batch = i%w.p.Group, i/w.p.Group
}

func (s *planeStrip) growPoints() {
	s.v.grow(36 * s.vPoint)
	s.m.grow(36 * s.mPoint)
}

func (s *planeStrip) growTmp() {
	lanes := simd.Lanes()
	s.tmp.grow(max(16*s.quarter+6*lanes, 52*s.mStride+4*(s.outVecs+1)*lanes) + 4*lanes)
}

func (s *planeStrip) compute() {
	s.growPoints()
	s.growTmp()
	s.input(0, s.icg)
	if s.k.form.isLate(s.icg, s.ocg) {
		s.lateProducts(0, len(s.k.tiles))
	} else {
		s.products(0, 36)
	}
	s.output(0, s.ocg)
}

// input makes the strip's points of some channels. The input rows lie by their place in a tile row (0…3), and then by tile row, so that along
// height too a vector holds the neighbouring tiles of all the strip.
func (s *planeStrip) input(lo, hi int) {
	p := &s.p
	lanes := simd.Lanes()
	q, across := s.quarter, s.across
	raw, quarters := s.tmp.F[:4*q], s.tmp.F[4*q:10*q]
	points := s.tmp.F[10*q:] // along width: 6 of a quarter each and a vector between them
	apart := q + lanes
	clear(raw)
	first := s.chunk*4*across - p.PadLo[2]
	h0 := s.tilesH[s.first] - p.PadLo[1]
	top, bottom := max(0, -h0), min(4*s.n+2, p.In[1]-h0)
	d := s.d - p.PadLo[0]
	if d < 0 || d >= p.In[0] {
		bottom = 0
	}
	d = max(0, min(d, p.In[0]-1))
	behind := first + 4*across // the input column after the last tile's own
	masks := &s.inMasks[s.chunk][0]
	fours, fives, slots := quarters[4*q:5*q], quarters[5*q:6*q], s.slots
	in := &s.in
	for k := range 4 {
		in.Src[k] = &quarters[k*q]
	}
	in.Src[4], in.Src[5] = &quarters[4*q], &quarters[5*q]
	for ic := lo; ic < hi; ic++ {
		image := s.src[((s.batch*p.InC+s.group*s.icg+ic)*p.In[0]+d)*p.In[1]*p.In[2]:][:p.In[1]*p.In[2]]
		for m := range 4 { // in the order of their slots, as whole vectors are written
			if i := top + (m-top%4+4)%4; i < bottom {
				simd.CopyRows(&raw[slots[i]*4*across], &image[(h0+i)*p.In[2]], 4*first, 16*across, 16*p.In[2], (bottom-i+3)/4, s.outVecs, masks)
			}
		}
		simd.Split4(&quarters[0], &raw[0], 4*q, q/lanes)
		// Elements 4 and 5 of a tile are 0 and 1 of the next one, but for a row's last tile.
		copy(fours, quarters[1:q])
		copy(fives, quarters[q+1:2*q])
		for at := across - 1; at < len(slots)*across; at += across {
			fours[at], fives[at] = 0, 0
		}
		if behind >= -1 && behind < p.In[2] {
			for i := top; i < bottom; i++ {
				at := slots[i]*across + across - 1
				row := image[(h0+i)*p.In[2]:][:p.In[2]]
				if behind >= 0 {
					fours[at] = row[behind]
				}
				if behind+1 < p.In[2] {
					fives[at] = row[behind+1]
				}
			}
		}
		whole := simd.WinogradIn{Src: in.Src, Dst: &points[0], DstStride: 4 * apart, Vecs: q / lanes, Repeat: 1}
		simd.RunWinogradWholeIn(6, &whole)
		for k := range 6 {
			whole.Src[k] = &points[slots[k]*across]
		}
		whole.SrcStep, whole.Repeat, whole.Vecs = 4*apart, 6, (s.n*across+lanes-1)/lanes
		whole.Dst, whole.DstStride, whole.DstStep = &s.v.F[ic*s.vStride], 4*6*s.vPoint, 4*s.vPoint
		simd.RunWinogradWholeIn(6, &whole)
	}
}

// products computes some points.
func (s *planeStrip) products(lo, hi int) {
	lanes := simd.Lanes()
	n := (s.n*s.across + lanes - 1) / lanes * lanes
	tile := &s.kernel
	*tile = simd.Tile{Taps: &s.tap, NTaps: 1, N: s.icg, BStride: 4 * s.vStride, CStride: 4 * s.mStride}
	tile.NoClamp()
	weight := s.k.weight[s.group*s.k.groupSize:]
	v, m := s.v.F, s.m.F
	for point := lo; point < hi; point++ {
		for _, t := range s.k.tiles {
			tile.A = &weight[(point*s.ocg+t.first)*s.icg]
			tile.B = &v[point*s.vPoint]
			tile.C = &m[point*s.mPoint+t.first*s.mStride]
			fetchFrom(tile, 2*t.rows*s.icg)
			columns(t.rows, n, tile, true)
		}
	}
}

// output computes some channels of the output from their points.
func (s *planeStrip) output(low, high int) {
	p := &s.p
	lanes := simd.Lanes()
	m := s.m.F
	vecs := (s.n*s.across + lanes - 1) / lanes
	part := vecs * lanes // of a point's row
	flat := 4 * part
	quarters, rows := s.tmp.F[:6*flat], s.tmp.F[6*flat:]
	spare := rows[6*flat:]
	width := s.outVecs * lanes
	lo, hi, all := s.act.clamp()
	out := &s.out
	point := s.mPoint
	column := s.chunk * 4 * s.across
	n := min(4*s.across, p.Out[2]-column)
	for oc := low; oc < high; oc++ {
		channel := s.group*s.ocg + oc
		base := ((s.batch*p.OutC+channel)*p.Out[0]+s.d)*p.Out[1]*p.Out[2] + column
		whole := simd.WinogradOut{Src: &m[oc*s.mStride], SrcStride: 4 * point, Vecs: vecs, Repeat: 6, SrcStep: 4 * 6 * point, DstStep: 4 * part}
		for k := range 4 {
			whole.Dst[k] = &quarters[6*k*part]
		}
		simd.RunWinogradWholeOut(6, &whole)
		simd.Merge4(&rows[0], &quarters[0], 4*6*part, 6*vecs)
		out.NoClamp()
		out.Bias = 0
		out.Masks, out.Vecs, out.SrcStride = &s.outMasks[s.chunk][0], s.outVecs, 4*flat
		if s.bias != nil {
			out.Bias = s.bias[channel]
		}
		if s.add == nil {
			out.Lo, out.Hi = lo, hi
		}
		for t := range s.n {
			oh := s.tilesH[s.first+t]
			out.Src = &rows[t*4*s.across]
			for k := range 4 {
				out.Dst[k] = &spare[k*width]
				if h := oh + k; h < p.Out[1] && s.add == nil {
					out.Dst[k] = &s.dst[base+h*p.Out[2]]
				}
			}
			simd.RunWinogradOut(6, out)
			if s.add == nil {
				continue
			}
			for k := range 4 {
				h := oh + k
				if h >= p.Out[1] {
					break
				}
				row := s.dst[base+h*p.Out[2]:][:n]
				simd.Add(row, spare[k*width:][:n], s.add[base+h*p.Out[2]:])
			}
		}
		if s.add == nil && all {
			continue
		}
		top, bottom := s.tilesH[s.first], min(s.tilesH[s.first]+4*s.n, p.Out[1])
		if n == p.Out[2] { // the strip's rows follow each other
			rows := s.dst[base+top*n : base+bottom*n]
			s.act.Apply(rows, rows)
			continue
		}
		for h := top; h < bottom; h++ {
			row := s.dst[base+h*p.Out[2]:][:n]
			s.act.Apply(row, row)
		}
	}
}
