package conv

import (
	"unsafe"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// strip is one worker's part of a direct convolution: outputs d × h × w0…w1 of one group in one image.
type strip struct {
	*direct
	batch, group int
	d, h         run
	w0, w1       int
	planes       []int // input planes, then rows, that are packed; −1 is one of zeros
	rows         []int
	planeSlot    []int // by output plane and tap: which of planes, −1 for none
	rowSlot      []int
	seen         []int  // by input position: its slot and 1
	mapped       [2]run // what the slots are for
	buf, tmp     scratch
	in           []float32 // the rows that are read: in buf, or the input itself
	icStride     int       // floats
	taps         []simd.Tap
	kernel       simd.Tile
	turn         simd.Turn
	listed       listed
	filled       filled
}

// listed says which outputs and channels taps was made for.
type listed struct {
	column  *column
	span    *span
	rows    int
	d, h    run
	o, r    int
	present bool
}

// scratch is memory that a worker keeps from strip to strip.
type scratch struct {
	F    []float32
	lent *simd.Scratch
}

// grow makes F at least n long; its contents are lost when it has to be moved.
func (s *scratch) grow(n int) []float32 {
	if len(s.F) < n {
		s.release()
		s.lent = simd.Borrow(n)
		s.F = s.lent.F
	}
	return s.F
}

func (s *scratch) release() {
	if s.lent != nil {
		s.lent.Return()
	}
	s.lent, s.F = nil, nil
}

// slots lists the input positions that a run of outputs needs along one axis, each once, and by output and tap which it is.
func (s *strip) slots(list, slot []int, r run, axis int) ([]int, []int) {
	q := &s.p
	list, slot = list[:0], slot[:0]
	if len(s.seen) < max(q.In[0], q.In[1]) {
		s.seen = make([]int, max(q.In[0], q.In[1]))
	}
	for o := range r.n {
		for k := range q.Kernel[axis] {
			i := (r.first+o*s.step[axis])*q.Stride[axis] + k*q.Dilation[axis] - q.PadLo[axis]
			if i < 0 || i >= q.In[axis] {
				slot = append(slot, -1)
				continue
			}
			if s.seen[i] == 0 {
				list = append(list, i)
				s.seen[i] = len(list)
			}
			slot = append(slot, s.seen[i]-1)
		}
	}
	for _, i := range list {
		s.seen[i] = 0
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
			at := base[k*q.Dilation[1]%s] + k*q.Dilation[1]/s
			if !live(list[at : at+n]) {
				slot = append(slot, -1)
				continue
			}
			slot = append(slot, at+r)
		}
	}
	return list, slot
}

// asInput turns slots of listed input positions into the positions.
func asInput(list, slot []int) {
	for i, s := range slot {
		if s >= 0 {
			slot[i] = list[s]
		}
	}
}

// live tells whether one of the rows is not of zeros.
func live(rows []int) bool {
	for _, r := range rows {
		if r >= 0 {
			return true
		}
	}
	return false
}

func (s *strip) compute(tiles []rowTile) {
	q := &s.p
	if s.mapped != [2]run{s.d, s.h} {
		s.mapped = [2]run{s.d, s.h}
		s.planes, s.planeSlot = s.slots(s.planes, s.planeSlot, s.d, 0)
		if s.flat {
			s.rows, s.rowSlot = flatSlots(s.rows, s.rowSlot, s.h.first, s.h.first+s.h.n, q)
		} else {
			s.rows, s.rowSlot = s.slots(s.rows, s.rowSlot, s.h, 1)
		}
		if s.unpadded {
			asInput(s.planes, s.planeSlot)
			asInput(s.rows, s.rowSlot)
		}
	}
	if s.unpadded {
		s.icStride = q.inVoxels()
		s.in = s.src[(s.batch*q.InC+s.group*s.icg)*s.icStride:]
		s.tilesOf(tiles)
		return
	}
	if s.inPlace {
		first := (s.batch*q.InC+s.group*s.icg)*q.In[2] + s.w0
		whole := s.w1 - s.w0
		if !s.turned && (simd.ReadsPastTail() || s.words != 0) {
			whole = (whole + simd.Lanes() - 1) / simd.Lanes() * simd.Lanes()
		}
		if last := first + (s.icg-1)*q.In[2]; last+whole <= len(s.src) {
			s.icStride = q.In[2]
			s.in = s.src[first:]
			s.tilesOf(tiles)
			return
		}
	}
	behind := s.nw + s.maxShift - s.pitch // the last row's right padding
	s.icStride = (len(s.planes)*len(s.phases)*len(s.rows)*s.pitch+behind+15)/16*16 | 16
	s.buf.grow(s.icStride*s.icg + s.h.n*s.pitch + s.nw)
	s.pack()
	s.in = s.buf.F
	s.tilesOf(tiles)
}

// tilesOf computes the strip's outputs from its input in.
func (s *strip) tilesOf(tiles []rowTile) {
	for _, t := range tiles {
		for o := range s.d.n {
			if s.flat {
				s.flatTile(t, o)
				continue
			}
			s.rowTiles(t, o)
		}
	}
}

// rowTiles computes the rows of plane o for a tile's channels, with the activation on what is still in the nearest cache.
func (s *strip) rowTiles(t rowTile, o int) {
	n := s.w1 - s.w0
	if _, _, all := s.act.clamp(); all || len(s.columns) > 1 {
		for r := range s.h.n {
			s.rowTile(t, o, r, 0, n)
		}
		return
	}
	const near = 512 // columns
	if n > near {
		for r := range s.h.n {
			for lo := 0; lo < n; lo += near {
				hi := min(lo+near, n)
				s.rowTile(t, o, r, lo, hi)
				s.activate(t, o, r, r+1, lo, hi)
			}
		}
		return
	}
	for r := 0; r < s.h.n; {
		first := r
		for ; r < s.h.n && (r == first || (r-first+1)*n <= near); r++ {
			s.rowTile(t, o, r, 0, n)
		}
		s.activate(t, o, first, r, 0, n)
	}
}

// activate applies the activation to columns lo to hi of what rowTile wrote to rows first to last of plane o, in runs as long as
// the output's layout allows.
func (s *strip) activate(t rowTile, o, first, last, lo, hi int) {
	size := s.place.size
	voxels := size[0] * size[1] * size[2]
	rows, n := last-first, hi-lo
	if n == size[2] && s.step[1] == 1 && s.place.step[1] == 1 {
		rows, n = 1, rows*n
	}
	channels := t.rows
	if n == voxels {
		channels, n = 1, channels*n
	}
	for i := range channels {
		for r := range rows {
			row := s.dst[s.at(t, o, first+r)+i*voxels+lo:][:n]
			s.act.Apply(row, row)
		}
	}
}

// filled says what strip the padding in the buffer is of.
type filled struct {
	at       [2]run
	w0       int
	icStride int
	buf      *float32
}

// pack copies the input rows. The padding between them is written only where the strip before had another place.
func (s *strip) pack() {
	q := &s.p
	want := filled{s.mapped, s.w0, s.icStride, &s.buf.F[0]}
	padded := s.filled == want
	s.filled = want
	stride := q.Stride[2]
	for ph, place := range s.phases {
		first := s.w0*stride + place - q.PadLo[2]
		lo, hi := within(first, stride, q.In[2], s.pitch)
		hi = max(lo, hi)
		lo, hi = min(lo, s.pitch), min(hi, s.pitch)
		for ic := range s.icg {
			plane := s.src[((s.batch*q.InC + s.group*s.icg + ic) * q.inVoxels()):][:q.inVoxels()]
			for pl, d := range s.planes {
				at := ic*s.icStride + (pl*len(s.phases)+ph)*len(s.rows)*s.pitch
				for _, h := range s.rows {
					dst := s.buf.F[at : at+s.pitch]
					at += s.pitch
					if h < 0 {
						if !padded {
							clear(dst)
						}
						continue
					}
					if !padded {
						clear(dst[:lo])
						clear(dst[hi:])
					}
					if lo == hi {
						continue
					}
					src := plane[(d*q.In[1]+h)*q.In[2]+first+lo*stride:]
					if stride == 1 {
						copy(dst[lo:hi], src)
						continue
					}
					dst = dst[lo:hi]
					if stride == 2 {
						simd.EverySecond(dst, src)
						continue
					}
					for i, j := 0, 0; i < len(dst); i, j = i+1, j+stride {
						dst[i] = src[j]
					}
				}
			}
		}
	}
	if !padded {
		end := len(s.planes) * len(s.phases) * len(s.rows) * s.pitch
		for ic := range s.icg {
			clear(s.buf.F[ic*s.icStride+end : (ic+1)*s.icStride])
		}
	}
}

// within returns the range of outputs o for which 0 ≤ o·stride+shift < in.
func within(shift, stride, in, out int) (lo, hi int) {
	if shift < 0 {
		lo = (-shift + stride - 1) / stride
	}
	if last := in - 1 - shift; last >= 0 {
		hi = min(out, last/stride+1)
	}
	return lo, hi
}

// tile returns the kernel's work for a span of the strip's plane o and row r, but for what it writes; B is of the first column.
func (s *strip) tile(t rowTile, c *column, sp *span, o, r int) *simd.Tile {
	q := &s.p
	moved := s.listTaps(t, c, sp, o, r)
	tile := &s.kernel
	*tile = simd.Tile{B: &s.in[moved], NTaps: len(s.taps), Taps: unsafe.SliceData(s.taps), N: s.icg, BStride: 4 * s.icStride, Words: s.words}
	if s.turned {
		tile.A, tile.AStride = tile.B, tile.BStride
		tile.B, tile.BStride = &c.weight[s.group*s.groupSize+t.first*q.taps()*s.icg], 4*panelWidth(t.rows)
		tile.NoClamp()
		return tile
	}
	if len(c.weight) > 0 {
		k := q.Kernel[0] * q.Kernel[1] * len(c.shift) * s.icg
		tile.A = &c.weight[s.group*k*s.ocg+t.first*k]
	}
	if s.bias != nil {
		tile.Bias = &s.bias[s.group*s.ocg+t.first]
	}
	if s.scale != nil {
		tile.Scale = &s.scale[s.group*s.ocg+t.first]
	}
	tile.NoClamp()
	return tile
}

// listTaps sets taps to those that read input for a span of plane o and row r, and returns how far from the buffer's start they count: the
// list of the row before serves again where each of its taps reads the same number of rows further on.
func (s *strip) listTaps(t rowTile, c *column, sp *span, o, r int) (moved int) {
	q := &s.p
	nh := q.Kernel[1]
	want := listed{c, sp, t.rows, s.d, s.h, o, r, true}
	have := s.listed
	if have.r = r; have == want {
		if delta, ok := shifted(s.rowSlot[s.listed.r*nh:][:nh], s.rowSlot[r*nh:][:nh]); ok {
			return delta * s.pitch
		}
	}
	s.listed = want
	s.taps = s.taps[:0]
	rows, left := len(s.rows), 0
	if s.unpadded {
		rows, left = q.In[1], q.PadLo[2]
	}
	width := t.rows
	if s.turned {
		width = panelWidth(t.rows)
	}
	for kd := range q.Kernel[0] {
		pl := s.planeSlot[o*q.Kernel[0]+kd]
		if pl < 0 {
			continue
		}
		for kh := range nh {
			row := s.rowSlot[r*nh+kh]
			if row < 0 {
				continue
			}
			a := (kd*nh + kh) * len(c.shift) * s.icg * width
			for kw, shift := range c.shift {
				if sp.dead == nil || !sp.dead[kw] {
					b := ((pl*len(s.phases)+c.phase[kw])*rows+row)*s.pitch + shift - left
					tap := simd.Tap{A: 4 * a, B: 4 * b}
					if s.turned {
						tap.A, tap.B = tap.B, tap.A
					}
					s.taps = append(s.taps, tap)
				}
				a += s.icg * width
			}
		}
	}
	return 0
}

// shifted tells whether b is a with one number added to all but the negative elements, which are the same, and returns it.
func shifted(a, b []int) (delta int, ok bool) {
	first := true
	for i, x := range a {
		y := b[i]
		if x < 0 || y < 0 {
			if x != y {
				return 0, false
			}
			continue
		}
		if first {
			delta, first = y-x, false
		}
		if y-x != delta {
			return 0, false
		}
	}
	return delta, delta >= 0
}

// at returns where, in the whole output, the tile's first channel has plane o and row r of the strip, at column w0.
func (s *strip) at(t rowTile, o, r int) int {
	pl := &s.place
	d := (s.d.first+o*s.step[0])*pl.step[0] + pl.base[0]
	h := (s.h.first+r*s.step[1])*pl.step[1] + pl.base[1]
	channel := s.batch*s.p.OutC + s.group*s.ocg + t.first
	return ((channel*pl.size[0]+d)*pl.size[1]+h)*pl.size[2] + s.w0*pl.step[2]
}

// rowTile computes columns lo to hi of row r of plane o for a tile's channels, straight into the output where it is dense.
func (s *strip) rowTile(t rowTile, o, r, lo, hi int) {
	voxels := s.place.size[0] * s.place.size[1] * s.place.size[2]
	at := s.at(t, o, r)
	if len(s.columns) > 1 {
		s.zippedRow(t, o, r, at, voxels)
		return
	}
	at += lo
	if s.turned {
		for i := range s.spans {
			sp := &s.spans[i]
			if first, last := max(lo, sp.lo-s.w0), min(hi, sp.hi-s.w0); first < last {
				s.turnedRow(t, sp, o, r, first, last, at+first-lo, voxels)
			}
		}
		return
	}
	tile := s.tile(t, &s.columns[0], &s.spans[0], o, r)
	tile.Lo, tile.Hi, _ = s.act.clamp()
	tile.B = simd.Ahead(tile.B, lo)
	tile.C, tile.CStride = &s.dst[at], 4*voxels
	if s.add != nil {
		tile.Init = &s.add[at]
	}
	if r == 0 && o == 0 && lo == 0 {
		fetchFrom(tile, t.rows*len(s.taps)*s.icg)
	}
	columns(t.rows, hi-lo, tile, false)
}

// fetchFrom has the tile ask for the weights n floats behind its own, which the next tile reads.
func fetchFrom(tile *simd.Tile, n int) {
	tile.Fetch, tile.FetchStep = uintptr(unsafe.Pointer(tile.A))+uintptr(4*n), 64
}

// columns runs the kernel over n columns in runs of vectors as even as the tile's height allows. The tile's B, C and Init are of
// the first column; whole tells that the last vector may be stored whole.
func columns(rows, n int, tile *simd.Tile, whole bool) {
	lanes := simd.Lanes()
	vecs := (n + lanes - 1) / lanes
	most := simd.MaxVecs(rows)
	runs := (vecs + most - 1) / most
	b, c, init := tile.B, tile.C, tile.Init
	for i := range runs {
		lo, hi := i*vecs/runs, (i+1)*vecs/runs
		tile.B, tile.C = simd.Ahead(b, lo*lanes), simd.Ahead(c, lo*lanes)
		if init != nil {
			tile.Init = simd.Ahead(init, lo*lanes)
		}
		tile.Tail = lanes
		if hi == vecs && !whole {
			tile.Tail = n - (vecs-1)*lanes
		}
		simd.RunTile(rows, hi-lo, tile)
		tile.Fetch, tile.FetchStep = 0, 0 // once is enough
	}
}

// temporary computes n columns of plane o and row r for a tile's channels, into rows that are stride apart.
func (s *strip) temporary(tmp []float32, stride int, t rowTile, c *column, o, r, n int) {
	tile := s.tile(t, c, &s.spans[0], o, r)
	tile.C, tile.CStride = &tmp[0], 4*stride
	if s.add == nil {
		tile.Lo, tile.Hi, _ = s.act.clamp()
	}
	columns(t.rows, n, tile, true)
}

// flatTile computes all of the strip's rows of plane o for a tile's channels as one row, and copies what is output out of it.
func (s *strip) flatTile(t rowTile, o int) {
	n := (s.h.n-1)*s.pitch + s.p.Out[2]
	lanes := simd.Lanes()
	stride := (n + lanes - 1) / lanes * lanes
	tmp := s.tmp.grow(len(s.columns) * t.rows * stride)
	for i := range s.columns {
		s.temporary(tmp[i*t.rows*stride:], stride, t, &s.columns[i], o, 0, n)
	}
	for r := range s.h.n {
		s.emit(tmp[r*s.pitch:], stride, t, s.at(t, o, r))
	}
}

// zippedRow is rowTile where the output's columns come from several sets.
func (s *strip) zippedRow(t rowTile, o, r, at, voxels int) {
	n := s.w1 - s.w0
	lanes := simd.Lanes()
	stride := (n + lanes - 1) / lanes * lanes
	tmp := s.tmp.grow(len(s.columns) * t.rows * stride)
	for i := range s.columns {
		s.temporary(tmp[i*t.rows*stride:], stride, t, &s.columns[i], o, r, n)
	}
	s.emit(tmp, stride, t, at)
}

// emit writes a row of each of the tile's channels, held in rows that are stride apart and by column set, to the output.
func (s *strip) emit(tmp []float32, stride int, t rowTile, at int) {
	pl := &s.place
	act := s.act
	if _, _, all := act.clamp(); all && s.add == nil {
		act = Activation{} // done by the kernel
	}
	voxels := pl.size[0] * pl.size[1] * pl.size[2]
	n := s.w1 - s.w0
	for i := range t.rows {
		to := at + i*voxels
		if sets := len(s.columns); sets > 1 {
			// The first sets have one column more where the output's width is no multiple of their number.
			n = min((s.w1-s.w0)*sets, pl.size[2]-s.w0*sets)
			row := s.dst[to:][:n]
			if sets == 2 {
				simd.Zip(row, tmp[i*stride:], tmp[(t.rows+i)*stride:])
			} else {
				for c := range s.columns {
					for j, w := (c*t.rows+i)*stride, c; w < n; j, w = j+1, w+sets {
						row[w] = tmp[j]
					}
				}
			}
			if act.Kind != None {
				act.Apply(row, row)
			}
			continue
		}
		from, row := tmp[i*stride:][:n], s.dst[to:][:n]
		if s.add != nil {
			simd.Add(row, from, s.add[to:])
			act.Apply(row, row)
		} else {
			act.Apply(row, from)
		}
	}
}
