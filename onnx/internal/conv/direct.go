package conv

import (
	"slices"

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
	spans     []span
	unpadded  bool // no tap reads padding along width: the input is read where it lies, in rows as it has them
	groupSize int  // floats of weight in a group
	place     place
	icg, ocg  int
	inPlace   bool   // the input is read where it lies, where that is safe
	flat      bool   // the strip's rows are computed as one long row, through a temporary
	turned    bool   // the kernel's rows are places and its columns output channels
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
	words     simd.Words // of src and the weights
	scale     []float32  // of integer sums, by output channel
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
	d := &direct{p: *p, tiles: k.tiles, groupSize: k.groupSize, turned: k.turned}
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
	d.spans, d.unpadded = q.spans(d.turned)
	// All rows are of one strip, and are read for each panel of channels.
	d.unpadded = d.unpadded && q.Stride[2] == 1 && d.p.InC/q.Group*q.inVoxels() <= 1<<20
	d.plan(threads)
	return d
}

// plan sets what follows from the parameters, the columns and the place.
func (d *direct) plan(threads int) {
	q := &d.p
	d.icg, d.ocg, d.splits = q.InC/q.Group, q.OutC/q.Group, 1
	lanes := simd.Lanes()
	whole := (q.Out[2] + lanes - 1) / lanes * lanes
	d.flat = q.Out[2]*8 < whole*7 && q.Out[1] > 1 && !d.turned
	for _, c := range d.columns {
		for i := range c.shift {
			d.maxShift = max(d.maxShift, c.shift[i])
		}
	}
	d.step = [2]int{1, 1}
	for axis := range d.step {
		if q.Stride[axis] == 1 && !(d.flat && axis == 1) && !d.unpadded {
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
	if !d.flat && !d.unpadded {
		for d.nw > 64 && !fits(1, 1, d.nw) {
			d.nw = (d.nw/2 + 63) / 64 * 64
		}
	}
	if d.unpadded {
		d.nd, d.nh = q.Out[0], q.Out[1]
		d.divide(threads)
		d.pitch = q.In[2]
		return
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
	d.divide(threads)
	d.pitch = d.rowPitch(d.nw)
}

// divide makes strips smaller until there are enough for all threads, and sets what follows from their size.
func (d *direct) divide(threads int) {
	q := &d.p
	strips := func() int {
		d.runs = [2][]run{d.runsOf(0, d.nd), d.runsOf(1, d.nh)}
		d.chunks = (q.Out[2] + d.nw - 1) / d.nw
		return len(d.runs[0]) * len(d.runs[1]) * d.chunks * q.Batch * q.Group
	}
	few := func() bool { return threads > 1 && strips() < 4*threads && !(d.unpadded && len(d.tiles) >= 4*threads) }
	for few() && d.nd > 1 {
		d.nd = (d.nd + 1) / 2
	}
	for few() && d.nh > 4 {
		d.nh = (d.nh + 1) / 2
	}
	for few() && d.nw >= 256 && !d.flat && !d.unpadded {
		d.nw = (d.nw/2 + 63) / 64 * 64
	}
	if n := strips(); threads > 1 && n < 2*threads {
		d.splits = min(len(d.tiles), (2*threads+n-1)/n)
	}
}

func (d *direct) run(threads int) {
	perGroup := len(d.runs[0]) * len(d.runs[1]) * d.chunks
	workers := make([]strip, max(threads, 1))
	n := d.p.Batch * d.p.Group * perGroup
	whole, splits := 0, d.splits // strips whose output channels are computed by one worker, and the parts of the others
	if splits == 1 {
		whole, splits = n-leftOver(n, threads), min(len(d.tiles), max(threads, 1))
	}
	simd.Each(threads, whole+(n-whole)*splits, func(worker, i int) {
		s := &workers[worker]
		s.direct = d
		tiles := d.tiles
		if i >= whole {
			split := (i - whole) % splits
			i = whole + (i-whole)/splits
			tiles = tiles[split*len(tiles)/splits : (split+1)*len(tiles)/splits]
		}
		// Groups follow each other at one place, which keeps what depends on the place alone.
		s.group = i % d.p.Group
		i /= d.p.Group
		at := i % perGroup
		s.batch = i / perGroup
		s.w0 = at % d.chunks * d.nw
		s.w1 = min(s.w0+d.nw, d.p.Out[2])
		at /= d.chunks
		s.h, s.d = d.runs[1][at%len(d.runs[1])], d.runs[0][at/len(d.runs[1])]
		s.compute(tiles)
	})
	for i := range workers {
		workers[i].buf.release()
		workers[i].tmp.release()
	}
}
