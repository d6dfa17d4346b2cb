package conv

import (
	"unsafe"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// stripBudget is the memory, in floats, that a strip's packed input should stay under, so that it lives in the second-level cache.
const stripBudget = 140 << 10

// direct computes a convolution strip by strip: the input rows that a strip of outputs needs are copied once, with their padding,
// side by side; every tap of the kernel is then the same memory read from another start, so nothing is unrolled into columns.
type direct struct {
	k         *Packed
	p         Params // as Forward's, or with all space in one row where the kernel is a single tap
	icg, ocg  int
	flat      bool // the strip's rows are computed as one long row, through a temporary
	nd, nh    int  // planes, rows and columns of outputs in a strip
	nw        int
	count     [3]int // strips along depth, height, width
	phases    int    // copies of a row by position modulo the stride along width
	tapPhase  []int  // by tap along width: which copy it reads, and from where
	tapShift  []int
	pitch     int // floats from one row to the next
	splits    int // parts that the output channels are computed in, by different workers
	dst, src  []float32
	bias, add []float32
	act       Activation
}

func newDirect(k *Packed, p *Params, threads int) *direct {
	d := &direct{k: k, p: *p, icg: p.InC / p.Group, ocg: p.OutC / p.Group, splits: 1}
	q := &d.p
	if q.taps() == 1 && q.Stride == [3]int{1, 1, 1} && q.PadLo == [3]int{} && q.PadHi == [3]int{} {
		q.In = [3]int{1, 1, q.inVoxels()}
		q.Out = q.In
	}
	lanes := simd.Lanes()
	whole := (q.Out[2] + lanes - 1) / lanes * lanes
	d.flat = q.Out[2]*8 < whole*7 && q.Out[1] > 1
	d.widthTaps()
	d.size(threads)
	return d
}

// widthTaps sets where each tap along width reads.
func (d *direct) widthTaps() {
	q := &d.p
	s := q.Stride[2]
	d.tapPhase, d.tapShift = make([]int, q.Kernel[2]), make([]int, q.Kernel[2])
	for kw := range q.Kernel[2] {
		d.tapPhase[kw], d.tapShift[kw] = kw*q.Dilation[2]%s, kw*q.Dilation[2]/s
		d.phases = max(d.phases, d.tapPhase[kw]+1)
	}
}

func (d *direct) maxShift() int { return d.tapShift[len(d.tapShift)-1] }

// rowPitch returns the floats of a packed row that serves nw outputs.
func (d *direct) rowPitch(nw int) int {
	q := &d.p
	span := nw + d.maxShift()
	if d.flat && q.Stride[2] == 1 {
		// The next row's left padding serves as this row's right padding.
		return min(span, max(q.PadLo[2]+q.In[2], span-q.PadLo[2]))
	}
	return span
}

// rowsNeeded returns how many input rows, or planes, n outputs along one axis need.
func rowsNeeded(n, axis int, q *Params) int {
	if q.Stride[axis] <= q.Dilation[axis] && (n-1)*q.Stride[axis] < q.Dilation[axis] {
		return min(n*q.Kernel[axis], q.In[axis])
	}
	return min((n-1)*q.Stride[axis]+(q.Kernel[axis]-1)*q.Dilation[axis]+1, max(q.In[axis], n))
}

// size chooses the strip.
func (d *direct) size(threads int) {
	q := &d.p
	fits := func(nd, nh, nw int) bool {
		return rowsNeeded(nd, 0, q)*rowsNeeded(nh, 1, q)*d.icg*d.phases*(d.rowPitch(nw)+4) <= stripBudget
	}
	d.nd, d.nh, d.nw = 1, q.Out[1], q.Out[2]
	if !d.flat {
		for d.nw > 64 && !fits(1, 1, d.nw) {
			d.nw = (d.nw/2 + 63) / 64 * 64
		}
	}
	for d.nh > 1 && !fits(1, d.nh, d.nw) {
		d.nh = (d.nh + 1) / 2
	}
	// With an equal number of strips, equal strips.
	d.nh = (q.Out[1] + (q.Out[1]+d.nh-1)/d.nh - 1) / ((q.Out[1] + d.nh - 1) / d.nh)
	if d.nh == q.Out[1] && d.nw == q.Out[2] {
		for d.nd < q.Out[0] && fits(d.nd+1, d.nh, d.nw) {
			d.nd++
		}
	}
	strips := func() int {
		d.count = [3]int{(q.Out[0] + d.nd - 1) / d.nd, (q.Out[1] + d.nh - 1) / d.nh, (q.Out[2] + d.nw - 1) / d.nw}
		return d.count[0] * d.count[1] * d.count[2] * q.Batch * q.Group
	}
	for threads > 1 && strips() < 4*threads && d.nd > 1 {
		d.nd = (d.nd + 1) / 2
	}
	for threads > 1 && strips() < 4*threads && d.nw >= 256 && !d.flat {
		d.nw = (d.nw/2 + 63) / 64 * 64
	}
	if n := strips(); threads > 1 && n < 2*threads {
		d.splits = min(len(d.k.tiles), (2*threads+n-1)/n)
	}
	d.pitch = d.rowPitch(d.nw)
}

func (d *direct) run(threads int) {
	perGroup := d.count[0] * d.count[1] * d.count[2]
	workers := make([]strip, max(threads, 1))
	n := d.p.Batch * d.p.Group * perGroup * d.splits
	simd.Each(threads, n, func(worker, i int) {
		s := &workers[worker]
		s.direct = d
		split := i % d.splits
		i /= d.splits
		at := i % perGroup
		s.batch, s.group = i/perGroup/d.p.Group, i/perGroup%d.p.Group
		cw, ch, cd := at%d.count[2], at/d.count[2]%d.count[1], at/d.count[2]/d.count[1]
		s.lo = [3]int{cd * d.nd, ch * d.nh, cw * d.nw}
		s.hi = [3]int{min(s.lo[0]+d.nd, d.p.Out[0]), min(s.lo[1]+d.nh, d.p.Out[1]), min(s.lo[2]+d.nw, d.p.Out[2])}
		tiles := d.k.tiles
		s.compute(tiles[split*len(tiles)/d.splits : (split+1)*len(tiles)/d.splits])
	})
}

// strip is one worker's part of a direct convolution: outputs lo to hi of one group in one image.
type strip struct {
	*direct
	batch, group int
	lo, hi       [3]int
	planes       []int // input planes, then rows, that are packed; −1 is one of zeros
	rows         []int
	planeSlot    []int // by output plane and tap: which of planes, −1 for none
	rowSlot      []int
	buf          []float32
	icStride     int // floats
	taps         []simd.Tap
}

// slots lists the input positions that outputs lo to hi need along one axis, each once, and by output and tap which it is.
func slots(list, slot []int, lo, hi, axis int, q *Params) ([]int, []int) {
	list, slot = list[:0], slot[:0]
	for o := lo; o < hi; o++ {
		for k := range q.Kernel[axis] {
			i := o*q.Stride[axis] + k*q.Dilation[axis] - q.PadLo[axis]
			if i < 0 || i >= q.In[axis] {
				slot = append(slot, -1)
				continue
			}
			// A position seen before was needed by the tap that lies so much further on, in an earlier output.
			at := -1
			for back := 1; k+1 < q.Kernel[axis] && back <= o-lo; back++ {
				if back*q.Stride[axis]%q.Dilation[axis] != 0 {
					continue
				}
				k2 := k + back*q.Stride[axis]/q.Dilation[axis]
				if k2 >= q.Kernel[axis] {
					break
				}
				at = slot[(o-lo-back)*q.Kernel[axis]+k2]
				break
			}
			if at < 0 {
				at = len(list)
				list = append(list, i)
			}
			slot = append(slot, at)
		}
	}
	return list, slot
}

// flatSlots is slots for rows that are computed as one: a tap's rows follow each other, those of zeros among them.
func flatSlots(list, slot []int, lo, hi int, q *Params) ([]int, []int) {
	list, slot = list[:0], slot[:0]
	n, s := hi-lo, q.Stride[1]
	base := make([]int, s)
	for ph := range s {
		last := -1
		for k := range q.Kernel[1] {
			if k*q.Dilation[1]%s == ph {
				last = k * q.Dilation[1] / s
			}
		}
		base[ph] = len(list)
		for i := 0; last >= 0 && i < n+last; i++ {
			row := (lo+i)*s + ph - q.PadLo[1]
			if row >= q.In[1] {
				row = -1
			}
			list = append(list, max(row, -1))
		}
	}
	for r := range n {
		for k := range q.Kernel[1] {
			slot = append(slot, base[k*q.Dilation[1]%s]+k*q.Dilation[1]/s+r)
		}
	}
	return list, slot
}

func (s *strip) compute(tiles []rowTile) {
	q := &s.p
	s.planes, s.planeSlot = slots(s.planes, s.planeSlot, s.lo[0], s.hi[0], 0, q)
	if s.flat {
		s.rows, s.rowSlot = flatSlots(s.rows, s.rowSlot, s.lo[1], s.hi[1], q)
	} else {
		s.rows, s.rowSlot = slots(s.rows, s.rowSlot, s.lo[1], s.hi[1], 1, q)
	}
	behind := s.nw + s.maxShift() - s.pitch // the last row's right padding
	s.icStride = (len(s.planes)*s.phases*len(s.rows)*s.pitch+behind+15)/16*16 | 16
	b := simd.Borrow(s.icStride*s.icg + (s.hi[1]-s.lo[1])*s.pitch + s.nw)
	defer b.Return()
	s.buf = b.F
	s.pack()
	for _, t := range tiles {
		for o := s.lo[0]; o < s.hi[0]; o++ {
			if s.flat {
				s.flatTile(t, o)
				continue
			}
			for r := s.lo[1]; r < s.hi[1]; r++ {
				s.rowTile(t, o, r)
			}
		}
	}
}

// pack copies the input rows.
func (s *strip) pack() {
	q := &s.p
	for ic := range s.icg {
		plane := s.src[((s.batch*q.InC + s.group*s.icg + ic) * q.inVoxels()):][:q.inVoxels()]
		at := ic * s.icStride
		for _, d := range s.planes {
			for ph := range s.phases {
				for _, h := range s.rows {
					dst := s.buf[at : at+s.pitch]
					at += s.pitch
					if h < 0 {
						clear(dst)
						continue
					}
					packRow(dst, plane[(d*q.In[1]+h)*q.In[2]:][:q.In[2]], s.lo[2]*q.Stride[2]+ph-q.PadLo[2], q.Stride[2])
				}
			}
		}
		clear(s.buf[at : (ic+1)*s.icStride])
	}
}

// packRow sets dst[i] = src[first + i·stride], zero outside of src.
func packRow(dst, src []float32, first, stride int) {
	lo, hi := within(first, stride, len(src), len(dst))
	if lo >= hi {
		clear(dst)
		return
	}
	clear(dst[:lo])
	clear(dst[hi:])
	if stride == 1 {
		copy(dst[lo:hi], src[first+lo:])
		return
	}
	j := first + lo*stride
	for i := lo; i < hi; i++ {
		dst[i] = src[j]
		j += stride
	}
}

// listTaps sets taps to those of the kernel that read input for output plane o and, in the strip, row r.
func (s *strip) listTaps(t rowTile, o, r int) {
	q := &s.p
	s.taps = s.taps[:0]
	for kd := range q.Kernel[0] {
		pl := s.planeSlot[(o-s.lo[0])*q.Kernel[0]+kd]
		if pl < 0 {
			continue
		}
		for kh := range q.Kernel[1] {
			row := s.rowSlot[r*q.Kernel[1]+kh]
			if row < 0 {
				continue
			}
			for kw := range q.Kernel[2] {
				a := ((kd*q.Kernel[1]+kh)*q.Kernel[2] + kw) * s.icg * t.rows
				b := ((pl*s.phases+s.tapPhase[kw])*len(s.rows)+row)*s.pitch + s.tapShift[kw]
				s.taps = append(s.taps, simd.Tap{A: 4 * a, B: 4 * b})
			}
		}
	}
}

func (s *strip) tile(t rowTile) simd.Tile {
	tile := simd.Tile{
		A:       &s.k.weight[s.group*s.k.groupSize+t.at],
		Taps:    unsafe.SliceData(s.taps),
		NTaps:   len(s.taps),
		N:       s.icg,
		BStride: 4 * s.icStride,
	}
	if s.bias != nil {
		tile.Bias = &s.bias[s.group*s.ocg+t.first]
	}
	return tile
}

// rowTile computes output row r of plane o for a tile's channels, straight into the output.
func (s *strip) rowTile(t rowTile, o, r int) {
	q := &s.p
	s.listTaps(t, o, r-s.lo[1])
	tile := s.tile(t)
	var all bool
	tile.Lo, tile.Hi, all = s.act.clamp()
	tile.CStride = 4 * q.outVoxels()
	at := ((s.batch*q.OutC+s.group*s.ocg+t.first)*q.Out[0]+o)*q.Out[1]*q.Out[2] + r*q.Out[2] + s.lo[2]
	n := s.hi[2] - s.lo[2]
	columns(t.rows, n, func(j, nv, tail int) {
		tile.B = &s.buf[j]
		tile.C = &s.dst[at+j]
		if s.add != nil {
			tile.Init = &s.add[at+j]
		}
		tile.Tail = tail
		simd.RunTile(t.rows, nv, &tile)
	})
	if !all {
		for i := range t.rows {
			row := s.dst[at+i*q.outVoxels():][:n]
			s.act.Apply(row, row)
		}
	}
}

// columns calls f for each run of vectors, as even as the tile's height allows, that n columns are computed in.
func columns(rows, n int, f func(j, nv, tail int)) {
	lanes := simd.Lanes()
	vecs := (n + lanes - 1) / lanes
	runs := (vecs + simd.MaxVecs(rows) - 1) / simd.MaxVecs(rows)
	for i := range runs {
		lo, hi := i*vecs/runs, (i+1)*vecs/runs
		f(lo*lanes, hi-lo, min(lanes, n-(hi-1)*lanes))
	}
}

// flatTile computes all of the strip's rows of plane o for a tile's channels as one row, and copies what is output out of it.
func (s *strip) flatTile(t rowTile, o int) {
	q := &s.p
	s.listTaps(t, o, 0)
	tile := s.tile(t)
	tile.NoClamp()
	nh, w := s.hi[1]-s.lo[1], q.Out[2]
	n := (nh-1)*s.pitch + w
	lanes := simd.Lanes()
	stride := (n + lanes - 1) / lanes * lanes
	tmp := simd.Borrow(t.rows * stride)
	defer tmp.Return()
	tile.CStride = 4 * stride
	columns(t.rows, stride, func(j, nv, tail int) {
		tile.B, tile.C, tile.Tail = &s.buf[j], &tmp.F[j], tail
		simd.RunTile(t.rows, nv, &tile)
	})
	for i := range t.rows {
		from := tmp.F[i*stride:][:n]
		at := ((s.batch*q.OutC+s.group*s.ocg+t.first+i)*q.Out[0]+o)*q.Out[1]*w + s.lo[1]*w
		if s.add == nil && s.act.Kind != None {
			s.act.Apply(from, from)
		}
		for h := range nh {
			row := s.dst[at+h*w:][:w]
			if s.add != nil {
				simd.Add(row, from[h*s.pitch:][:w], s.add[at+h*w:])
			} else {
				copy(row, from[h*s.pitch:][:w])
			}
		}
		if s.add != nil && s.act.Kind != None {
			out := s.dst[at:][:nh*w]
			s.act.Apply(out, out)
		}
	}
}
