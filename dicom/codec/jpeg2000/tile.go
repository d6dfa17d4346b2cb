package jpeg2000

import (
	"math"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Bounds of one resolution's precincts, and of one tile's precincts that have no byte of a packet, code-blocks and
// progressions.
const (
	maxPrecincts = 1 << 18
	maxUntold    = 1 << 12
	maxBlocks    = 1 << 22
	maxOrders    = 128
)

// tile is one tile with all that its packets fill in.
type tile struct {
	header         *header
	index          int
	x0, y0, x1, y1 int
	body           []byte
	packed         []byte // packet headers of PPM or PPT segments
	hasPacked      bool
	components     []tileComponent
	blocks, all    int      // code-blocks and precincts
	steps          [][2]int // of the components on the reference grid
}

type tileComponent struct {
	coding         *coding
	x0, y0, x1, y1 int
	resolutions    []resolution
	roi            int
}

type resolution struct {
	x0, y0, x1, y1 int
	ppx, ppy       int // precinct exponents
	px, py         int // number of precincts
	top            int // row of the plane that holds the first one; the next is 2^(levels - r) below
	bands          []band
	precincts      []*precinct
}

// band is one sub-band: kind 0 LL and LH, 1 HL, 2 HH as the contexts have it.
type band struct {
	x0, y0, x1, y1 int
	kind           int
	offX, offY     int // of its place among the halves of its resolution
	top, step      int // row of the tile component's plane that holds the first one, and rows to the next
	planes         int // Mb
	delta          float32
}

type precinct struct {
	bands []precinctBand
	layer int // next one
}

type precinctBand struct {
	cw, ch  int
	blocks  []codeBlock
	include *tagTree
	zero    *tagTree
}

type codeBlock struct {
	x0, y0, x1, y1 int // in the band
	included       bool
	zeroPlanes     int
	lblock         int
	passes         int
	segments       []segment
}

// segment is one terminated codeword.
type segment struct {
	passes, maxPasses int
	data              []byte
}

// build lays out components, resolutions and bands: T.800 annex B.
func (t *tile) build(s *size) error {
	p, q := t.index%s.tilesX, t.index/s.tilesX
	t.x0, t.y0 = max(s.tx0+p*s.tw, s.x0), max(s.ty0+q*s.th, s.y0)
	t.x1, t.y1 = min(s.tx0+(p+1)*s.tw, s.x1), min(s.ty0+(q+1)*s.th, s.y1)
	for i, c := range s.components {
		t.steps = append(t.steps, [2]int{c.dx, c.dy})
		cod, quant := &t.header.coding[i], &t.header.quant[i]
		tc := tileComponent{coding: cod, roi: t.header.roi[i],
			x0: ceilDiv(t.x0, c.dx), y0: ceilDiv(t.y0, c.dy), x1: ceilDiv(t.x1, c.dx), y1: ceilDiv(t.y1, c.dy)}
		rows := tc.rows()
		for r := 0; r <= cod.levels; r++ {
			n := cod.levels - r
			res := resolution{x0: ceilShift(tc.x0, n), y0: ceilShift(tc.y0, n), x1: ceilShift(tc.x1, n), y1: ceilShift(tc.y1, n),
				ppx: cod.precincts[r][0], ppy: cod.precincts[r][1], top: rows[r]}
			if res.x1 > res.x0 && res.y1 > res.y0 {
				res.px = ceilShift(res.x1, res.ppx) - res.x0>>res.ppx
				res.py = ceilShift(res.y1, res.ppy) - res.y0>>res.ppy
			}
			if res.px > maxPrecincts || res.py > maxPrecincts || res.px*res.py > maxPrecincts {
				return frame.Errorf(where, "tile %d: want at most %d precincts a resolution, got %d × %d", t.index, maxPrecincts, res.px, res.py)
			}
			if t.all += res.px * res.py; t.all > len(t.body)+len(t.packed)+maxUntold {
				return frame.Errorf(where, "tile %d: want a byte for each packet, got %d for %d precincts and more", t.index, len(t.body)+len(t.packed), t.all)
			}
			res.precincts = make([]*precinct, res.px*res.py)
			first, last := 1, 3
			if r == 0 {
				first, last = 0, 0
			}
			for b := first; b <= last; b++ {
				bd, err := newBand(tc, res, r, b, cod, quant, c.precision)
				if err != nil {
					return err
				}
				res.bands = append(res.bands, bd)
			}
			tc.resolutions = append(tc.resolutions, res)
		}
		for r := range tc.resolutions {
			for b := range tc.resolutions[r].bands {
				kind := b + 1
				if r == 0 {
					kind = 0
				}
				tc.resolutions[r].bands[b].delta *= float32(tc.gain(r, kind))
			}
		}
		t.components = append(t.components, tc)
	}
	return nil
}

// newBand places band b (0 LL, 1 HL, 2 LH, 3 HH) of resolution r: T.800 B.5 and E.1.
func newBand(tc tileComponent, res resolution, r, b int, cod *coding, quant *quantisation, precision int) (band, error) {
	nb := cod.levels - r + 1
	if r == 0 {
		nb = cod.levels
	}
	xo, yo := b&1, b>>1
	low := func(v, o int) int {
		if nb == 0 {
			return v
		}
		return ceilShift(v-o<<(nb-1), nb)
	}
	bd := band{x0: low(tc.x0, xo), y0: low(tc.y0, yo), x1: low(tc.x1, xo), y1: low(tc.y1, yo)}
	bd.kind = [4]int{0, 1, 0, 2}[b]
	if r > 0 {
		lower := tc.resolutions[r-1]
		bd.offX, bd.offY = xo*(lower.x1-lower.x0), yo*(lower.y1-lower.y0)
	}
	at := 0
	if r > 0 {
		at = 3*(r-1) + b
	}
	bd.planes = quant.guard + quant.exponent[at] - 1
	if bd.planes+tc.roi > 30 {
		return bd, frame.Unsupportedf(where, "band: want at most 30 bit-planes, got %d", bd.planes+tc.roi)
	}
	odd := res.y0 & 1
	bd.top, bd.step = res.top, 1<<(cod.levels-r)
	if r > 0 {
		bd.top, bd.step = bd.top+(odd^yo)<<(cod.levels-r), 2*bd.step
	}
	bd.delta = 1
	if quant.style != 0 {
		gain := [4]int{0, 1, 1, 2}[b]
		bd.delta = float32((1 + float64(quant.mantissa[at])/2048) * math.Exp2(float64(precision+gain-quant.exponent[at])))
	}
	return bd, nil
}

// rows gives the row of the plane where each resolution starts. A resolution's rows lie between those of
// its high-pass bands, as they do in the picture, so that the transform down the columns moves none.
func (tc *tileComponent) rows() []int {
	out := make([]int, tc.coding.levels+1)
	for r := tc.coding.levels; r > 0; r-- {
		n := tc.coding.levels - r
		out[r-1] = out[r] + ceilShift(tc.y0, n)&1<<n
	}
	return out
}

// precinct gives precinct n of a resolution, made when it is first asked for.
func (t *tile) precinct(tc *tileComponent, r, n int) (*precinct, error) {
	res := &tc.resolutions[r]
	if p := res.precincts[n]; p != nil {
		return p, nil
	}
	p := &precinct{}
	px, py := res.x0>>res.ppx+n%res.px, res.y0>>res.ppy+n/res.px
	ppx, ppy := res.ppx, res.ppy
	if r > 0 {
		ppx, ppy = ppx-1, ppy-1
	}
	xcb, ycb := min(tc.coding.xcb, ppx), min(tc.coding.ycb, ppy)
	for _, b := range res.bands {
		x0, y0 := max(b.x0, px<<ppx), max(b.y0, py<<ppy)
		x1, y1 := min(b.x1, (px+1)<<ppx), min(b.y1, (py+1)<<ppy)
		var pb precinctBand
		if x1 > x0 && y1 > y0 {
			cx, cy := x0>>xcb, y0>>ycb
			pb.cw, pb.ch = ceilShift(x1, xcb)-cx, ceilShift(y1, ycb)-cy
			if t.blocks += pb.cw * pb.ch; t.blocks > maxBlocks {
				return nil, frame.Errorf(where, "tile %d: want at most %d code-blocks, got more", t.index, maxBlocks)
			}
			pb.blocks = make([]codeBlock, pb.cw*pb.ch)
			for i := range pb.blocks {
				bx, by := cx+i%pb.cw, cy+i/pb.cw
				pb.blocks[i] = codeBlock{x0: max(x0, bx<<xcb), y0: max(y0, by<<ycb), x1: min(x1, (bx+1)<<xcb), y1: min(y1, (by+1)<<ycb), lblock: 3}
			}
			pb.include, pb.zero = newTagTree(pb.cw, pb.ch), newTagTree(pb.cw, pb.ch)
		}
		p.bands = append(p.bands, pb)
	}
	res.precincts[n] = p
	return p, nil
}
