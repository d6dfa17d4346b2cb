package conv

import (
	"slices"
	"unsafe"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// stripBudget is the memory, in floats, that a strip's packed input should stay under, so that it lives in the second-level cache.
const stripBudget = 140 << 10

// direct computes a convolution strip by strip: the input rows that a strip of outputs needs are copied once, with their padding,
// side by side; every tap of the kernel is then the same memory read from another start, so nothing is unrolled into columns.
// A transposed convolution is one of these for each remainder of the output's place by the stride.
type direct struct {
	p         Params // as Forward's, or with all space in one row where the kernel is a single tap
	tiles     []rowTile
	columns   []column
	groupSize int // floats of weight in a group
	place     place
	icg, ocg  int
	inPlace   bool   // the input is read where it lies, where that is safe
	flat      bool   // the strip's rows are computed as one long row, through a temporary
	step      [2]int // from one output plane, or row, of a strip to the next
	nd, nh    int    // planes, rows and columns of outputs in a strip
	nw        int
	runs      [2][]run // strips along depth and height
	chunks    int      // and along width
	phases    []int    // copies of a row: the positions modulo the stride along width that taps read
	maxShift  int
	pitch     int // floats from one row to the next
	splits    int // parts that the output channels are computed in, by different workers
	dst, src  []float32
	bias, add []float32
	act       Activation
}

// column is a set of output columns that share taps: all of them, or in a transposed convolution those of one remainder.
type column struct {
	weight []float32 // by group: [tile][tap][InC][rows]
	phase  []int     // by tap along width: which of phases it reads, and from where
	shift  []int
}

// place says where results go: output o along an axis goes to o·step + base in a space of the given size.
type place struct {
	size, step, base [3]int
}

// run is a strip's outputs along one axis: first, first+step, ….
type run struct{ first, n int }

func newDirect(k *Packed, p *Params, threads int) *direct {
	d := &direct{p: *p, tiles: k.tiles, groupSize: k.groupSize}
	q := &d.p
	if q.taps() == 1 && q.Stride == [3]int{1, 1, 1} && q.PadLo == [3]int{} && q.PadHi == [3]int{} {
		q.In = [3]int{1, 1, q.inVoxels()}
		q.Out = q.In
		// Channels a multiple of 4096 bytes apart share few cache lines.
		d.inPlace = q.In[2]%1024 != 0
	}
	d.place = place{size: q.Out, step: [3]int{1, 1, 1}}
	c := column{weight: k.weight}
	for kw := range q.Kernel[2] {
		ph := kw * q.Dilation[2] % q.Stride[2]
		if !slices.Contains(d.phases, ph) {
			d.phases = append(d.phases, ph)
		}
		c.phase = append(c.phase, slices.Index(d.phases, ph))
		c.shift = append(c.shift, kw*q.Dilation[2]/q.Stride[2])
	}
	d.columns = []column{c}
	d.plan(threads)
	return d
}

// plan sets what follows from the parameters, the columns and the place.
func (d *direct) plan(threads int) {
	q := &d.p
	d.icg, d.ocg, d.splits = q.InC/q.Group, q.OutC/q.Group, 1
	lanes := simd.Lanes()
	whole := (q.Out[2] + lanes - 1) / lanes * lanes
	d.flat = q.Out[2]*8 < whole*7 && q.Out[1] > 1
	for _, c := range d.columns {
		for i := range c.shift {
			d.maxShift = max(d.maxShift, c.shift[i])
		}
	}
	d.step = [2]int{1, 1}
	for axis := range d.step {
		if q.Stride[axis] == 1 && !(d.flat && axis == 1) {
			d.step[axis] = q.Dilation[axis]
		}
	}
	d.size(threads)
}

// rowPitch returns the floats of a packed row that serves nw outputs.
func (d *direct) rowPitch(nw int) int {
	q := &d.p
	span := nw + d.maxShift
	if d.flat && q.Stride[2] == 1 {
		// The next row's left padding serves as this row's right padding.
		return min(span, max(q.PadLo[2]+q.In[2], span-q.PadLo[2]))
	}
	return span
}

// needed returns how many input rows, or planes, n outputs of a strip along one axis need.
func (d *direct) needed(n, axis int) int {
	q := &d.p
	if d.step[axis] > 1 {
		return n + q.Kernel[axis] - 1
	}
	return min((n-1)*q.Stride[axis]+(q.Kernel[axis]-1)*q.Dilation[axis]+1, n*max(q.Kernel[axis], 1))
}

// runsOf cuts an axis into strips of at most n outputs, as even as they can be.
func (d *direct) runsOf(axis, n int) []run {
	var runs []run
	out, step := d.p.Out[axis], d.step[axis]
	for phase := range min(step, out) {
		all := (out - phase + step - 1) / step
		parts := (all + n - 1) / n
		for i := range parts {
			lo, hi := i*all/parts, (i+1)*all/parts
			runs = append(runs, run{phase + lo*step, hi - lo})
		}
	}
	return runs
}

// size chooses the strip: the one that copies the fewest rows for an output, of those that fit the budget.
func (d *direct) size(threads int) {
	q := &d.p
	fits := func(nd, nh, nw int) bool {
		return d.needed(nd, 0)*d.needed(nh, 1)*d.icg*len(d.phases)*(d.rowPitch(nw)+4) <= stripBudget
	}
	d.nd, d.nh, d.nw = 1, 1, q.Out[2]
	if !d.flat {
		for d.nw > 64 && !fits(1, 1, d.nw) {
			d.nw = (d.nw/2 + 63) / 64 * 64
		}
	}
	best := 1e9
	most := [2]int{(q.Out[0] + d.step[0] - 1) / d.step[0], (q.Out[1] + d.step[1] - 1) / d.step[1]}
	for nd := 1; nd <= min(most[0], 32) && (nd == 1 || fits(nd, 1, d.nw)); nd++ {
		nh := most[1]
		for nh > 1 && !fits(nd, nh, d.nw) {
			nh--
		}
		if copied := float64(d.needed(nd, 0)*d.needed(nh, 1)) / float64(nd*nh); copied < best*0.999 {
			best, d.nd, d.nh = copied, nd, nh
		}
	}
	strips := func() int {
		d.runs = [2][]run{d.runsOf(0, d.nd), d.runsOf(1, d.nh)}
		d.chunks = (q.Out[2] + d.nw - 1) / d.nw
		return len(d.runs[0]) * len(d.runs[1]) * d.chunks * q.Batch * q.Group
	}
	for threads > 1 && strips() < 4*threads && d.nd > 1 {
		d.nd = (d.nd + 1) / 2
	}
	for threads > 1 && strips() < 4*threads && d.nh > 4 {
		d.nh = (d.nh + 1) / 2
	}
	for threads > 1 && strips() < 4*threads && d.nw >= 256 && !d.flat {
		d.nw = (d.nw/2 + 63) / 64 * 64
	}
	if n := strips(); threads > 1 && n < 2*threads {
		d.splits = min(len(d.tiles), (2*threads+n-1)/n)
	}
	d.pitch = d.rowPitch(d.nw)
}

func (d *direct) run(threads int) {
	perGroup := len(d.runs[0]) * len(d.runs[1]) * d.chunks
	workers := make([]strip, max(threads, 1))
	n := d.p.Batch * d.p.Group * perGroup * d.splits
	simd.Each(threads, n, func(worker, i int) {
		s := &workers[worker]
		s.direct = d
		split := i % d.splits
		i /= d.splits
		// Groups follow each other at one place, which keeps what depends on the place alone.
		s.group = i % d.p.Group
		i /= d.p.Group
		at := i % perGroup
		s.batch = i / perGroup
		s.w0 = at % d.chunks * d.nw
		s.w1 = min(s.w0+d.nw, d.p.Out[2])
		at /= d.chunks
		s.h, s.d = d.runs[1][at%len(d.runs[1])], d.runs[0][at/len(d.runs[1])]
		s.compute(d.tiles[split*len(d.tiles)/d.splits : (split+1)*len(d.tiles)/d.splits])
	})
	for i := range workers {
		workers[i].buf.release()
		workers[i].tmp.release()
	}
}

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
	listed       listed
	filled       filled
}

// listed says which outputs and channels taps was made for.
type listed struct {
	column  *column
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
			slot = append(slot, base[k*q.Dilation[1]%s]+k*q.Dilation[1]/s+r)
		}
	}
	return list, slot
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
	}
	if s.inPlace {
		first := (s.batch*q.InC+s.group*s.icg)*q.In[2] + s.w0
		whole := (s.w1 - s.w0 + simd.Lanes() - 1) / simd.Lanes() * simd.Lanes()
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
			for r := range s.h.n {
				s.rowTile(t, o, r)
			}
			if _, _, all := s.act.clamp(); !all && len(s.columns) == 1 {
				s.activate(t, o)
			}
		}
	}
}

// activate applies the activation to what rowTile wrote of plane o, in runs as long as the output's layout allows.
func (s *strip) activate(t rowTile, o int) {
	size := s.place.size
	voxels := size[0] * size[1] * size[2]
	rows, n := s.h.n, s.w1-s.w0
	if n == size[2] && s.step[1] == 1 && s.place.step[1] == 1 {
		rows, n = 1, rows*n
	}
	channels := t.rows
	if n == voxels {
		channels, n = 1, channels*n
	}
	for i := range channels {
		for r := range rows {
			row := s.dst[s.at(t, o, r)+i*voxels:][:n]
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

// tile returns the kernel's work for the strip's plane o and row r, but for what it writes; B is of the first column.
func (s *strip) tile(t rowTile, c *column, o, r int) *simd.Tile {
	q := &s.p
	moved := s.listTaps(t, c, o, r)
	tile := &s.kernel
	*tile = simd.Tile{B: &s.in[moved], NTaps: len(s.taps), Taps: unsafe.SliceData(s.taps), N: s.icg, BStride: 4 * s.icStride}
	if len(c.weight) > 0 {
		k := q.Kernel[0] * q.Kernel[1] * len(c.shift) * s.icg
		tile.A = &c.weight[s.group*k*s.ocg+t.first*k]
	}
	if s.bias != nil {
		tile.Bias = &s.bias[s.group*s.ocg+t.first]
	}
	tile.NoClamp()
	return tile
}

// listTaps sets taps to those that read input for plane o and row r, and returns how far from the buffer's start they count: the
// list of the row before serves again where each of its taps reads the same number of rows further on.
func (s *strip) listTaps(t rowTile, c *column, o, r int) (moved int) {
	q := &s.p
	nh := q.Kernel[1]
	want := listed{c, t.rows, s.d, s.h, o, r, true}
	have := s.listed
	if have.r = r; have == want {
		if delta, ok := shifted(s.rowSlot[s.listed.r*nh:][:nh], s.rowSlot[r*nh:][:nh]); ok {
			return delta * s.pitch
		}
	}
	s.listed = want
	s.taps = s.taps[:0]
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
			a := (kd*nh + kh) * len(c.shift) * s.icg * t.rows
			for kw, shift := range c.shift {
				b := ((pl*len(s.phases)+c.phase[kw])*len(s.rows)+row)*s.pitch + shift
				s.taps = append(s.taps, simd.Tap{A: 4 * a, B: 4 * b})
				a += s.icg * t.rows
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

// rowTile computes row r of plane o for a tile's channels, straight into the output where it is dense.
func (s *strip) rowTile(t rowTile, o, r int) {
	voxels := s.place.size[0] * s.place.size[1] * s.place.size[2]
	at := s.at(t, o, r)
	n := s.w1 - s.w0
	if len(s.columns) > 1 {
		s.zippedRow(t, o, r, at, voxels)
		return
	}
	tile := s.tile(t, &s.columns[0], o, r)
	tile.Lo, tile.Hi, _ = s.act.clamp()
	tile.C, tile.CStride = &s.dst[at], 4*voxels
	if s.add != nil {
		tile.Init = &s.add[at]
	}
	columns(t.rows, n, tile, false)
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
	}
}

// temporary computes n columns of plane o and row r for a tile's channels, into rows that are stride apart.
func (s *strip) temporary(tmp []float32, stride int, t rowTile, c *column, o, r, n int) {
	tile := s.tile(t, c, o, r)
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
