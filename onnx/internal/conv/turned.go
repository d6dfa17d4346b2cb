package conv

import (
	"unsafe"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// A direct convolution has its places along the kernel's vectors and output channels along its rows. Where an image's rows fill
// vectors badly the roles change: each row of the kernel is a place, read from the input as it lies, the vectors are output
// channels, and the tile is turned over when it is written.

// panelVecs is the width in vectors of a panel of output channels.
func panelVecs() int {
	if simd.MaxRows(2) > 0 {
		return 2
	}
	return 1
}

// panelWidth is the floats of a panel of n output channels for each step.
func panelWidth(n int) int {
	lanes := simd.Lanes()
	return (n + lanes - 1) / lanes * lanes
}

// turns tells whether a direct convolution takes fewer vector operations turned.
func (p *Params) turns() bool {
	lanes := simd.Lanes()
	icg, ocg := p.InC/p.Group, p.OutC/p.Group
	k := icg * p.taps()
	if ocg < lanes/2 || k < 8 || lanes < 8 || panelVecs() < 2 {
		return false
	}
	w, h := max(p.Out[2], 1), max(p.Out[0]*p.Out[1], 1)
	whole := (w + lanes - 1) / lanes * lanes
	var usual float64 // part of the vectors' lanes that count
	switch {
	case p.taps() == 1 && p.Stride == [3]int{1, 1, 1}:
		n := w * h
		usual = float64(n) / float64((n+lanes-1)/lanes*lanes)
	case w*8 < whole*7 && p.Out[1] > 1:
		usual = float64(w) / float64(w+max(p.PadLo[2], p.PadHi[2])) * 0.95
	default:
		usual = float64(w) / float64(whole)
	}
	turned := float64(ocg) / float64(panelWidth(ocg)) / (1 + 8/float64(k))
	return turned > 1.02*usual
}

// packTurned lays the weight out as [panel][tap][InC][width of the panel], zeros behind the last channel.
func packTurned(weight []float32, q Params) *Packed {
	k := &Packed{p: q, turned: true}
	icg, ocg, taps := q.InC/q.Group, q.OutC/q.Group, q.taps()
	most := panelVecs() * simd.Lanes()
	for first := 0; first < ocg; first += most {
		k.tiles = append(k.tiles, rowTile{first: first, rows: min(most, ocg-first), at: first * icg * taps})
	}
	k.groupSize = taps * icg * panelWidth(ocg)
	k.weight = simd.AllocFor(k, q.Group*k.groupSize)
	for g := range q.Group {
		src := weight[g*icg*ocg*taps:]
		dst := k.weight[g*k.groupSize:][:k.groupSize]
		for _, t := range k.tiles {
			width := panelWidth(t.rows)
			for r := range t.rows {
				w := src[(t.first+r)*icg*taps:][:icg*taps]
				for i, v := range w {
					dst[t.at+(i%taps*icg+i/taps)*width+r] = v
				}
			}
		}
	}
	return k
}

// turnedRow computes columns lo to hi, of one span, of row r of plane o for a panel's channels; at is where the first of them goes.
func (s *strip) turnedRow(t rowTile, sp *span, o, r, lo, hi, at, voxels int) {
	lanes, width := simd.Lanes(), panelWidth(t.rows)
	vecs := width / lanes
	tile := s.tile(t, &s.columns[0], sp, o, r)
	a := tile.A
	tmp := s.tmp.grow(lanes * width)
	tile.C, tile.CStride, tile.Tail = &tmp[0], 4*width, lanes
	turn := &s.turn
	turn.SrcStride, turn.DstStride = 4*width, 4*voxels
	turn.Lo, turn.Hi, _ = s.act.clamp()
	n := hi - lo
	blocks := (n + simd.MaxRows(vecs) - 1) / simd.MaxRows(vecs)
	for b := range blocks {
		first, last := b*n/blocks, (b+1)*n/blocks
		tile.A = simd.Ahead(a, lo+first)
		tile.Fetch, tile.FetchStep = 0, 0
		if b < 2 && r == 0 && o == 0 && lo == 0 { // a half of the next panel each
			steps := uintptr(len(s.taps) * s.icg)
			tile.Fetch, tile.FetchStep = uintptr(unsafe.Pointer(tile.B))+steps*uintptr(4*width+64*b), 64
		}
		simd.RunTile(last-first, vecs, tile)
		turn.Rows = last - first
		for v := range vecs {
			turn.Columns = min(lanes, t.rows-v*lanes)
			turn.Src = &tmp[v*lanes]
			turn.Bias = &noBias[0]
			if s.bias != nil {
				turn.Bias = &s.bias[s.group*s.ocg+t.first+v*lanes]
			}
			to := at + v*lanes*voxels + first
			turn.Dst, turn.Add = &s.dst[to], nil
			if s.add != nil {
				turn.Add = &s.add[to]
			}
			simd.RunTurn(turn)
		}
	}
}

// noBias is the bias of a panel's channels where there is none.
var noBias [16]float32
