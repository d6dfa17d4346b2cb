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
	rows, across     int // tile rows in a strip, tiles across it
	strips, chunks   int // strips along height and width of one plane
	inVecs, inWidth  int // of a tile row's input
	inMasks          [][]uint32
	outMasks         [][]uint32
	outVecs          int
	full             []uint32
	zeros            []float32
	vStride, mStride int // floats from a channel to the next
	vPoint, mPoint   int // and from a point to the next
	dst, src         []float32
	bias, add        []float32
	act              Activation
}

func newPlane(k *Packed, p *Params, threads int) *plane {
	w := &plane{k: k, p: *p, icg: p.InC / p.Group, ocg: p.OutC / p.Group}
	w.tilesH = axisTiles(p.Out[1], p.Dilation[1], 4)
	w.size(threads)
	lanes := simd.Lanes()
	// A row is taken apart by fours; two of the quarters are read one further on.
	w.inWidth = (4*w.across + 4 + 4*lanes - 1) / (4 * lanes) * 4 * lanes
	w.inVecs = (4*w.across + 2 + lanes - 1) / lanes
	n := w.rows * w.across
	vecs := (n + lanes - 1) / lanes
	w.vStride = ((w.rows-1)*w.across+(w.across+lanes-1)/lanes*lanes+15)/16*16 | 16
	w.mStride = (vecs*lanes+15)/16*16 | 16
	w.vPoint, w.mPoint = w.icg*w.vStride|16, w.ocg*w.mStride|16
	w.outVecs = (4*w.across + lanes - 1) / lanes
	for c := range w.chunks {
		column := c * 4 * w.across
		first := column - p.PadLo[2]
		w.inMasks = append(w.inMasks, simd.AppendMasks(nil, w.inVecs, -first, min(p.In[2]-first, 4*w.across+2)))
		w.outMasks = append(w.outMasks, simd.AppendMasks(nil, w.outVecs, 0, min(4*w.across, p.Out[2]-column)))
	}
	most := max(w.inVecs, vecs)
	w.full = simd.AppendMasks(nil, most, 0, most*lanes)
	w.zeros = make([]float32, p.In[2])
	return w
}

// size chooses how many tiles a strip has.
func (w *plane) size(threads int) {
	all := (w.p.Out[2] + 3) / 4
	most := max(32, winogradBudget/(36*(w.icg+w.ocg)))
	w.rows, w.across, w.chunks = 1, all, 1
	if all > most {
		w.chunks = (all + most - 1) / most
		w.across = ((all+w.chunks-1)/w.chunks + 15) / 16 * 16
		w.chunks = (all + w.across - 1) / w.across
	} else {
		w.rows = min(len(w.tilesH), most/all)
		for threads > 1 && w.rows > 1 && w.rows*all >= 32 && (len(w.tilesH)+w.rows-1)/w.rows*w.p.Batch*w.p.Out[0]*w.p.Group < 2*threads {
			w.rows = (w.rows + 1) / 2
		}
	}
	w.strips = (len(w.tilesH) + w.rows - 1) / w.rows
	w.rows = (len(w.tilesH) + w.strips - 1) / w.strips
	w.strips = (len(w.tilesH) + w.rows - 1) / w.rows
}

func (w *plane) run(threads int) {
	work := make([]planeStrip, max(threads, 1))
	n := w.p.Batch * w.p.Group * w.p.Out[0] * w.strips * w.chunks
	simd.Each(threads, n, func(worker, i int) {
		s := &work[worker]
		s.plane = w
		s.chunk = i % w.chunks
		i /= w.chunks
		s.first = i % w.strips * w.rows
		s.n = min(w.rows, len(w.tilesH)-s.first)
		i /= w.strips
		s.d = i % w.p.Out[0]
		i /= w.p.Out[0]
		s.group, s.batch = i%w.p.Group, i/w.p.Group
		s.compute()
	})
	for i := range work {
		work[i].v.release()
		work[i].m.release()
		work[i].tmp.release()
	}
}

// planeStrip is one worker's part: n tile rows from the first.
type planeStrip struct {
	*plane
	batch, group, d, chunk int
	first, n               int
	v, m, tmp              scratch
	in                     simd.WinogradIn
	out                    simd.WinogradOut
	tap                    simd.Tap
	kernel                 simd.Tile
}

func (s *planeStrip) compute() {
	lanes := simd.Lanes()
	s.v.grow(36 * s.vPoint)
	s.m.grow(36 * s.mPoint)
	flat := 4 * s.mStride // a merged row of all tiles
	s.tmp.grow(max(6*s.inWidth+s.inWidth, 4*s.mStride+6*flat+4*(s.outVecs+1)*lanes) + 4*lanes)
	s.input()
	s.products()
	s.output()
}

func (s *planeStrip) input() {
	p := &s.p
	lanes := simd.Lanes()
	tmp, v := s.tmp.F, s.v.F
	in := &s.in
	point := s.vPoint
	quarter := s.inWidth / 4
	apart := tmp[6*s.inWidth:]
	acrossVecs := (s.across + lanes - 1) / lanes
	d := s.d - p.PadLo[0]
	for ic := range s.icg {
		var image []float32
		if d >= 0 && d < p.In[0] {
			image = s.src[((s.batch*p.InC+s.group*s.icg+ic)*p.In[0]+d)*p.In[1]*p.In[2]:][:p.In[1]*p.In[2]]
		}
		for t := range s.n {
			h0 := s.tilesH[s.first+t] - p.PadLo[1]
			for k := range 6 {
				in.Src[k] = &s.zeros[0]
				if h := h0 + k*p.Dilation[1]; h >= 0 && h < p.In[1] && image != nil {
					in.Src[k] = &image[h*p.In[2]]
				}
			}
			in.SrcOff, in.Masks, in.Vecs = 4*(s.chunk*4*s.across-p.PadLo[2]), &s.inMasks[s.chunk][0], s.inVecs
			in.Dst, in.DstStride = &tmp[0], 4*s.inWidth
			simd.RunWinogradIn(6, in)
			in.SrcOff, in.Masks, in.Vecs, in.DstStride = 0, &s.full[0], acrossVecs, 4*point
			for k := range 4 {
				in.Src[k] = &apart[k*quarter]
			}
			in.Src[4], in.Src[5] = &apart[1], &apart[quarter+1]
			to := ic*s.vStride + t*s.across
			for k := range 6 {
				simd.Split4(&apart[0], &tmp[k*s.inWidth], 4*quarter, s.inWidth/4/lanes)
				in.Dst = &v[6*k*point+to]
				simd.RunWinogradIn(6, in)
			}
		}
	}
}

func (s *planeStrip) products() {
	lanes := simd.Lanes()
	n := (s.n*s.across + lanes - 1) / lanes * lanes
	tile := &s.kernel
	*tile = simd.Tile{Taps: &s.tap, NTaps: 1, N: s.icg, BStride: 4 * s.vStride, CStride: 4 * s.mStride}
	tile.NoClamp()
	weight := s.k.weight[s.group*s.k.groupSize:]
	v, m := s.v.F, s.m.F
	for point := range 36 {
		for _, t := range s.k.tiles {
			tile.A = &weight[(point*s.ocg+t.first)*s.icg]
			tile.B = &v[point*s.vPoint]
			tile.C = &m[point*s.mPoint+t.first*s.mStride]
			columns(t.rows, n, tile, true)
		}
	}
}

func (s *planeStrip) output() {
	p := &s.p
	lanes := simd.Lanes()
	m := s.m.F
	vecs := (s.n*s.across + lanes - 1) / lanes
	flat := 4 * s.mStride
	quarters, rows := s.tmp.F[:flat], s.tmp.F[flat:]
	spare := rows[6*flat:]
	width := s.outVecs * lanes
	lo, hi, all := s.act.clamp()
	out := &s.out
	point := s.mPoint
	column := s.chunk * 4 * s.across
	n := min(4*s.across, p.Out[2]-column)
	for oc := range s.ocg {
		channel := s.group*s.ocg + oc
		base := ((s.batch*p.OutC+channel)*p.Out[0]+s.d)*p.Out[1]*p.Out[2] + column
		out.NoClamp()
		out.Masks, out.Bias, out.Vecs, out.SrcStride = &s.full[0], 0, vecs, 4*point
		for k := range 4 {
			out.Dst[k] = &quarters[k*s.mStride]
		}
		for k := range 6 {
			out.Src = &m[6*k*point+oc*s.mStride]
			simd.RunWinogradOut(6, out)
			simd.Merge4(&rows[k*flat], &quarters[0], 4*s.mStride, vecs)
		}
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
				if h := oh + k*p.Dilation[1]; h < p.Out[1] && s.add == nil {
					out.Dst[k] = &s.dst[base+h*p.Out[2]]
				}
			}
			simd.RunWinogradOut(6, out)
			if s.add == nil && all {
				continue
			}
			for k := range 4 {
				h := oh + k*p.Dilation[1]
				if h >= p.Out[1] {
					break
				}
				row := s.dst[base+h*p.Out[2]:][:n]
				if s.add != nil {
					simd.Add(row, spare[k*width:][:n], s.add[base+h*p.Out[2]:])
				}
				s.act.Apply(row, row)
			}
		}
	}
}
