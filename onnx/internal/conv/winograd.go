package conv

import (
	"math"
	"unsafe"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// winogradBudget is the memory, in floats, that a strip's points should stay under; winogradWeights limits the transformed weight.
const (
	winogradBudget  = 200 << 10
	winogradWeights = 5200 << 10
)

// rowsWeights is the weights a tap from which a convolution of planes is either F(4×4,3×3) or direct: a weight that serves images of
// several sizes, as in a detector's heads, is then held in two layouts at most, and what lies between them gains little.
const rowsWeights = 1 << 14

// winogradG transforms the three taps of a kernel to the points of F(2,3) and F(4,3); simd.WinogradIn is the other side.
var winogradG = map[int][][3]float64{
	1: {{1, 0, 0}},
	4: {{1, 0, 0}, {1. / 2, 1. / 2, 1. / 2}, {1. / 2, -1. / 2, 1. / 2}, {0, 0, 1}},
	6: {{1. / 4, 0, 0}, {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6}, {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}},
}

// form is a choice of Winograd's convolution: the points along depth, height and width; 1 where that axis stays a direct sum or
// has no taps. While the width is direct the transforms work on whole rows, and any dilation is a matter of which rows.
type form struct{ d, h, w int }

func outputs(points int) int { return max(points-2, 1) }

func (f form) points() int { return f.d * f.h * f.w }

// chooseForm returns the cheapest form by a count of vector operations, or none.
func chooseForm(p *Params) (form, bool) {
	if p.Stride != [3]int{1, 1, 1} || p.Kernel[1] != 3 || p.Kernel[0] != 3 && p.Kernel[0] != 1 {
		return form{}, false
	}
	icg, ocg := p.InC/p.Group, p.OutC/p.Group
	if icg*ocg < 16 {
		return form{}, false
	}
	out := [3]int{max(p.Out[0], 1), max(p.Out[1], 1), max(p.Out[2], 1)}
	lanes := float64(simd.Lanes())
	columns := float64(out[2]+p.PadLo[2]) / lanes
	if out[2] >= 64 {
		columns = math.Ceil(float64(out[2]) / lanes)
	}
	channels, weights := float64(icg*ocg), float64(icg*ocg*p.Group)
	const perWeight = 0.3 // of streaming a weight
	best := float64(out[0]*out[1])*columns*(float64(p.taps())*channels*1.05+float64(12*p.Kernel[0]*icg)) + weights*float64(p.taps())*perWeight
	var choice form
	consider := func(f form, cost float64) {
		taps := f.points()
		if f.w == 1 {
			taps *= p.Kernel[2]
		}
		if f.isLate(icg, ocg) {
			taps = p.taps()
		}
		if float64(taps)*weights > winogradWeights {
			return
		}
		if cost += float64(taps) * weights * perWeight; cost < best {
			best, choice = cost, f
		}
	}
	depths := []int{4, 6}
	if p.Kernel[0] == 1 {
		depths = []int{1}
	}
	plane := p.Kernel == [3]int{1, 3, 3} && p.Dilation[1] == 1 && p.Dilation[2] == 1
	for _, d := range depths {
		for _, h := range []int{4, 6} {
			if plane && icg*ocg >= rowsWeights {
				break
			}
			f := form{d, h, 1}
			tiles := len(axisTiles(out[0], p.Dilation[0], outputs(d))) * len(axisTiles(out[1], p.Dilation[1], outputs(h)))
			consider(f, float64(tiles*f.points())*columns*(float64(p.Kernel[2])*channels*1.05+float64(6*icg+5*ocg)))
		}
	}
	if plane {
		tiles := float64(out[0] * ((out[1] + 3) / 4) * ((out[2] + 3) / 4))
		f, late := form{1, 6, 6}, 0.0
		if f.isLate(icg, ocg) {
			late = lateTransform * weights * float64(out[0]*lateStrips(int(tiles)/out[0], icg, ocg))
		}
		consider(f, 36*math.Ceil(tiles/lanes)*(channels*1.05+float64(9*ocg+10*icg))+late)
	}
	return choice, choice != form{}
}

// axisTiles returns the first output of each tile along an axis; a tile's outputs lie dilation apart.
func axisTiles(out, dilation, m int) []int {
	var tiles []int
	for phase := range min(dilation, out) {
		for o := phase; o < out; o += m * dilation {
			tiles = append(tiles, o)
		}
	}
	return tiles
}

// packWinograd lays one group's transformed weight out as [point][tile][tap along width][InC][rows].
func packWinograd(dst, w []float32, tiles []rowTile, inC, outC int, f form, kernel [3]int) {
	gd, gh, gw := winogradG[f.d], winogradG[f.h], winogradG[f.w]
	kw, sumW := kernel[2], 1
	if f.w > 1 {
		kw, sumW = 1, kernel[2]
	}
	for _, t := range tiles {
		for r := range t.rows {
			for ic := range inC {
				src := w[((t.first+r)*inC+ic)*kernel[0]*kernel[1]*kernel[2]:]
				for x := range kw {
					for point := range f.points() {
						pd, ph, pw := point/f.w/f.h, point/f.w%f.h, point%f.w
						s := 0.0
						for kd := range kernel[0] {
							for kh := range kernel[1] {
								for k := range sumW {
									s += gd[pd][kd] * gh[ph][kh] * gw[pw][k] * float64(src[(kd*kernel[1]+kh)*kernel[2]+x+k])
								}
							}
						}
						dst[point*kw*inC*outC+t.first*kw*inC+(x*inC+ic)*t.rows+r] = float32(s)
					}
				}
			}
		}
	}
}

// winograd computes a convolution through points: strips of tiles, each through input transform, one product a point and kernel
// column, and output transform.
type winograd struct {
	k                *Packed
	p                Params
	f                form
	icg, ocg         int
	tilesD, tilesH   []int
	perStrip, nw     int // tiles and columns in a strip
	strips, chunks   int
	pitch            int // floats from a tile's row to the next tile's
	inVecs, outVecs  int
	inMasks          [][]uint32 // by chunk
	outMasks         [][]uint32
	full             []uint32
	zeros            []float32
	vStride, mStride int // floats from a channel to the next
	vPoint, mPoint   int // and from a point to the next
	dst              []float32
	planes           planes // of the input
	bias, add        []float32
	act              Activation
}

// newWinograd is the computation of the tiles whose first output planes are tilesD.
func newWinograd(k *Packed, p *Params, threads int, tilesD []int) *winograd {
	w := &winograd{k: k, p: *p, f: k.form, icg: p.InC / p.Group, ocg: p.OutC / p.Group, tilesD: tilesD}
	w.tilesH = axisTiles(p.Out[1], p.Dilation[1], outputs(w.f.h))
	w.size(threads)
	lanes := simd.Lanes()
	shift := (p.Kernel[2] - 1) * p.Dilation[2]
	w.inVecs, w.outVecs = (w.nw+shift+lanes-1)/lanes, (w.nw+lanes-1)/lanes
	n := (w.perStrip-1)*w.pitch + w.nw
	w.vStride = ((w.perStrip-1)*w.pitch+w.inVecs*lanes+15)/16*16 | 16
	w.mStride = (n+lanes-1)/lanes*lanes/16*16 + 16 | 16
	w.vPoint, w.mPoint = w.icg*w.vStride|16, w.ocg*w.mStride|16
	for c := range w.chunks {
		first := c*w.nw - p.PadLo[2]
		w.inMasks = append(w.inMasks, simd.AppendMasks(nil, w.inVecs, -first, p.In[2]-first))
		w.outMasks = append(w.outMasks, simd.AppendMasks(nil, w.outVecs, 0, min(w.nw, p.Out[2]-c*w.nw)))
	}
	w.full = simd.AppendMasks(nil, max(w.inVecs, w.outVecs), 0, max(w.inVecs, w.outVecs)*lanes)
	w.zeros = make([]float32, p.In[2])
	return w
}

// size chooses how many tiles and columns a strip has.
func (w *winograd) size(threads int) {
	p := &w.p
	shift := (p.Kernel[2] - 1) * p.Dilation[2]
	perColumn := w.f.points() * (w.icg + w.ocg)
	most := max(winogradBudget/perColumn, 96)
	total := len(w.tilesD) * len(w.tilesH)
	w.perStrip, w.nw, w.chunks = 1, p.Out[2], 1
	span := w.nw + shift
	w.pitch = min(span, max(p.PadLo[2]+p.In[2], span-p.PadLo[2]))
	if w.nw > most {
		w.chunks = (w.nw + most - 1) / most
		w.nw = ((w.nw+w.chunks-1)/w.chunks + 31) / 32 * 32
		w.chunks = (p.Out[2] + w.nw - 1) / w.nw
		w.pitch = w.nw + shift
	} else if w.nw < 64 {
		w.perStrip = min(total, max(1, most/w.pitch))
		for threads > 1 && w.perStrip > 1 && w.perStrip*w.pitch > 64 && (total+w.perStrip-1)/w.perStrip < 3*threads {
			w.perStrip = (w.perStrip + 1) / 2
		}
	}
	w.strips = (total + w.perStrip - 1) / w.perStrip
	if threads > 1 && w.nw < 64 && w.strips < 8*threads { // as many for each worker
		w.strips = min(total, (w.strips+threads-1)/threads*threads)
	}
	w.perStrip = (total + w.strips - 1) / w.strips
	w.strips = (total + w.perStrip - 1) / w.perStrip
}

func (w *winograd) run(threads int) {
	work := make([]winogradStrip, max(threads, 1))
	n := w.p.Batch * w.p.Group * w.strips * w.chunks
	simd.Each(threads, n, func(worker, i int) {
		s := &work[worker]
		s.winograd = w
		s.chunk = i % w.chunks
		i /= w.chunks
		s.first = i % w.strips * w.perStrip
		i /= w.strips
		s.group, s.batch = i%w.p.Group, i/w.p.Group
		s.tiles = min(w.perStrip, len(w.tilesD)*len(w.tilesH)-s.first)
		s.compute()
	})
	for i := range work {
		work[i].v.release()
		work[i].m.release()
		work[i].tmp.release()
	}
}

// winogradStrip is one worker's part.
type winogradStrip struct {
	*winograd
	batch, group, chunk int
	first, tiles        int
	v, m, tmp           scratch
	taps                []simd.Tap
	kernel              simd.Tile
	in                  simd.WinogradIn
	out                 simd.WinogradOut
}

func (s *winogradStrip) compute() {
	lanes := simd.Lanes()
	points := s.f.points()
	rows := 36 * max(s.inVecs, s.outVecs) * lanes
	s.v.grow(points * s.vPoint)
	s.m.grow(points * s.mPoint)
	s.tmp.grow(rows + 4*s.outVecs*lanes)
	s.input()
	s.products()
	s.output()
}

// tileAt returns the first output plane and row of the strip's tile t.
func (s *winogradStrip) tileAt(t int) (od, oh int) {
	i := s.first + t
	return s.tilesD[i/len(s.tilesH)], s.tilesH[i%len(s.tilesH)]
}

func (s *winogradStrip) input() {
	p, f := &s.p, s.f
	lanes := simd.Lanes()
	width := s.inVecs * lanes
	offset := 4 * (s.chunk*s.nw - p.PadLo[2])
	in := &s.in
	in.Vecs = s.inVecs
	point := s.vPoint
	for ic := range s.icg {
		channel := s.batch*p.InC + s.group*s.icg + ic
		row := func(d, h int) *float32 {
			if d < 0 || h < 0 || d >= p.In[0] || h >= p.In[1] {
				return &s.zeros[0]
			}
			at := &s.planes[d]
			return &at.data[channel*at.pitch+h*p.In[2]]
		}
		for t := range s.tiles {
			od, oh := s.tileAt(t)
			d0, h0 := od-p.PadLo[0], oh-p.PadLo[1]
			to := ic*s.vStride + t*s.pitch
			in.SrcOff, in.Masks = offset, &s.inMasks[s.chunk][0]
			if f.d == 1 {
				for k := range f.h {
					in.Src[k] = row(d0, h0+k*p.Dilation[1])
				}
				in.Dst, in.DstStride = &s.v.F[to], 4*point
				simd.RunWinogradIn(f.h, in)
				continue
			}
			in.DstStride = 4 * f.h * width
			for k := range f.h {
				for j := range f.d {
					in.Src[j] = row(d0+j*p.Dilation[0], h0+k*p.Dilation[1])
				}
				in.Dst = &s.tmp.F[k*width]
				simd.RunWinogradIn(f.d, in)
			}
			in.SrcOff, in.Masks, in.DstStride = 0, &s.full[0], 4*point
			for j := range f.d {
				for k := range f.h {
					in.Src[k] = &s.tmp.F[(j*f.h+k)*width]
				}
				in.Dst = &s.v.F[j*f.h*point+to]
				simd.RunWinogradIn(f.h, in)
			}
		}
	}
}

func (s *winogradStrip) products() {
	p := &s.p
	lanes := simd.Lanes()
	n := ((s.tiles-1)*s.pitch + s.nw + lanes - 1) / lanes * lanes
	size := p.Kernel[2] * s.icg * s.ocg
	tile := &s.kernel
	*tile = simd.Tile{NTaps: p.Kernel[2], N: s.icg, BStride: 4 * s.vStride, CStride: 4 * s.mStride}
	tile.NoClamp()
	weight := s.k.weight[s.group*s.k.groupSize:]
	for point := range s.f.points() {
		for _, t := range s.k.tiles {
			s.taps = s.taps[:0]
			for x := range p.Kernel[2] {
				s.taps = append(s.taps, simd.Tap{A: 4 * x * s.icg * t.rows, B: 4 * x * p.Dilation[2]})
			}
			tile.A = &weight[point*size+t.first*p.Kernel[2]*s.icg]
			tile.Taps = unsafe.SliceData(s.taps)
			tile.B = &s.v.F[point*s.vPoint]
			tile.C = &s.m.F[point*s.mPoint+t.first*s.mStride]
			columns(t.rows, n, tile, true)
		}
	}
}

func (s *winogradStrip) output() {
	p, f := &s.p, s.f
	lanes := simd.Lanes()
	width := s.outVecs * lanes
	plain := s.add == nil
	lo, hi, all := s.act.clamp()
	out := &s.out
	out.Vecs = s.outVecs
	point := s.mPoint
	spare := s.tmp.F[36*width:]
	md, mh := outputs(f.d), outputs(f.h)
	column := s.chunk * s.nw
	n := min(s.nw, p.Out[2]-column)
	for oc := range s.ocg {
		channel := s.group*s.ocg + oc
		base := (s.batch*p.OutC+channel)*p.outVoxels() + column
		bias := float32(0)
		if s.bias != nil {
			bias = s.bias[channel]
		}
		for t := range s.tiles {
			od, oh := s.tileAt(t)
			from := oc*s.mStride + t*s.pitch
			// last runs the transform that ends in output rows; at gives row k's place, or −1.
			last := func(points int, at func(k int) int) {
				out.Masks, out.Bias = &s.outMasks[s.chunk][0], bias
				out.NoClamp()
				if plain {
					out.Lo, out.Hi = lo, hi
				}
				for k := range points - 2 {
					out.Dst[k] = &spare[k*width]
					if i := at(k); i >= 0 && plain {
						out.Dst[k] = &s.dst[i]
					}
				}
				simd.RunWinogradOut(points, out)
				for k := range points - 2 {
					i := at(k)
					if i < 0 || plain && all {
						continue
					}
					row := s.dst[i:][:n]
					if !plain {
						simd.Add(row, spare[k*width:][:n], s.add[i:])
					}
					s.act.Apply(row, row)
				}
			}
			if f.d == 1 {
				out.Src, out.SrcStride = &s.m.F[from], 4*point
				last(f.h, func(k int) int {
					h := oh + k*p.Dilation[1]
					if h >= p.Out[1] {
						return -1
					}
					return base + (od*p.Out[1]+h)*p.Out[2]
				})
				continue
			}
			out.SrcStride, out.Masks, out.Bias = 4*point, &s.full[0], 0
			out.NoClamp()
			for j := range f.d {
				out.Src = &s.m.F[j*f.h*point+from]
				for k := range mh {
					out.Dst[k] = &s.tmp.F[(k*f.d+j)*width]
				}
				simd.RunWinogradOut(f.h, out)
			}
			out.SrcStride = 4 * width
			for k := range mh {
				h := oh + k*p.Dilation[1]
				if h >= p.Out[1] {
					break
				}
				out.Src = &s.tmp.F[k*f.d*width]
				last(f.d, func(j int) int {
					d := od + j*p.Dilation[0]
					if j >= md || d >= p.Out[0] {
						return -1
					}
					return base + (d*p.Out[1]+h)*p.Out[2]
				})
			}
		}
	}
}
