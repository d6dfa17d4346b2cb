package jpeg2000

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Markers of T.800 table A.2.
const (
	mSOC = 0xff4f
	mSIZ = 0xff51
	mCOD = 0xff52
	mCOC = 0xff53
	mQCD = 0xff5c
	mQCC = 0xff5d
	mRGN = 0xff5e
	mPOC = 0xff5f
	mPPM = 0xff60
	mPPT = 0xff61
	mSOT = 0xff90
	mSOP = 0xff91
	mEPH = 0xff92
	mSOD = 0xff93
	mEOC = 0xffd9
)

// size is the SIZ segment: T.800 A.5.1.
type size struct {
	x1, y1, x0, y0   int // of the image on the reference grid
	tw, th, tx0, ty0 int // of the tiles
	tilesX, tilesY   int
	components       []component
	multi            bool // T.801 transforms between components may follow: table A.3 there
}

// component is one row of SIZ.
type component struct {
	precision int
	signed    bool
	dx, dy    int
	unshifted bool // the transform between components has undone the shift
}

// coding holds COD or COC for one component: T.800 A.6.1.
type coding struct {
	levels     int
	xcb, ycb   int // exponents of the code-block size
	style      int
	reversible bool
	precincts  [33][2]int // exponents by resolution
}

// quantisation holds QCD or QCC for one component: T.800 A.6.4.
type quantisation struct {
	style    int // 0 none, 1 derived, 2 expounded
	guard    int
	exponent [97]int
	mantissa [97]int
}

// order is one progression: T.800 A.6.6.
type order struct {
	progression  int
	res0, res1   int
	comp0, comp1 int
	layers       int
}

// header is what the main header says, or a tile's copy of it.
type header struct {
	coding    []coding
	quant     []quantisation
	roi       []int
	order     int
	layers    int
	transform bool // of the first three components
	matrices  bool // by multi
	sop, eph  bool
	orders    []order
	multi     *multi
	ownCOC    []bool // a COC has set this component in this header
	ownQCC    []bool
}

func (h *header) clone() *header {
	c := *h
	c.coding = append([]coding(nil), h.coding...)
	c.quant = append([]quantisation(nil), h.quant...)
	c.roi = append([]int(nil), h.roi...)
	c.orders = append([]order(nil), h.orders...)
	if h.multi != nil {
		m := *h.multi
		c.multi = &m
	}
	c.ownCOC, c.ownQCC = make([]bool, len(h.coding)), make([]bool, len(h.coding))
	return &c
}

func parseSize(b []byte) (*size, error) {
	if len(b) < 36 {
		return nil, frame.Truncatedf(where, "SIZ: want 36 bytes and more, got %d", len(b))
	}
	u := func(at int) int { return int(binary.BigEndian.Uint32(b[at:])) }
	s := &size{x1: u(2), y1: u(6), x0: u(10), y0: u(14), tw: u(18), th: u(22), tx0: u(26), ty0: u(30)}
	s.multi = binary.BigEndian.Uint16(b)&0x8100 == 0x8100
	n := int(binary.BigEndian.Uint16(b[34:]))
	if n < 1 || n > frame.MaxSamples || len(b) < 36+3*n {
		return nil, frame.Errorf(where, "SIZ: want 1 to %d components, got %d", frame.MaxSamples, n)
	}
	if s.x0 >= s.x1 || s.y0 >= s.y1 || s.tw < 1 || s.th < 1 || s.tx0 > s.x0 || s.ty0 > s.y0 || s.tx0+s.tw <= s.x0 || s.ty0+s.th <= s.y0 {
		return nil, frame.Errorf(where, "SIZ: want an image within its tiles, got %d %d to %d %d", s.x0, s.y0, s.x1, s.y1)
	}
	if s.x1 > 1<<30 || s.y1 > 1<<30 {
		return nil, frame.Errorf(where, "SIZ: want a grid of at most %d, got %d × %d", 1<<30, s.x1, s.y1)
	}
	for i := range n {
		c := b[36+3*i:]
		k := component{precision: int(c[0]&0x7f) + 1, signed: c[0]&0x80 != 0, dx: int(c[1]), dy: int(c[2])}
		if k.precision > 31 && k.precision <= 38 {
			return nil, frame.Unsupportedf(where, "SIZ: component %d: want at most 31 bits, got %d", i, k.precision)
		}
		if k.precision > 38 || k.dx < 1 || k.dy < 1 {
			return nil, frame.Errorf(where, "SIZ: component %d: want at most 38 bits and steps of 1 and more, got %d, %d and %d", i, k.precision, k.dx, k.dy)
		}
		s.components = append(s.components, k)
	}
	s.tilesX, s.tilesY = ceilDiv(s.x1-s.tx0, s.tw), ceilDiv(s.y1-s.ty0, s.th)
	if s.tilesX > 65535 || s.tilesY > 65535 || s.tilesX*s.tilesY > 65535 {
		return nil, frame.Errorf(where, "SIZ: want at most 65535 tiles, got %d × %d", s.tilesX, s.tilesY)
	}
	return s, nil
}

// check holds the size to what the data set says.
func (s *size) check(info frame.Info) error {
	if w, h := s.x1-s.x0, s.y1-s.y0; w != info.Columns || h != info.Rows {
		return frame.Errorf(where, "SIZ: want %d × %d pixels as the data set says, got %d × %d", info.Columns, info.Rows, w, h)
	}
	if len(s.components) != info.Samples {
		return frame.Errorf(where, "SIZ: want %d components as the data set says, got %d", info.Samples, len(s.components))
	}
	if s.multi { // the samples that come out have depths of their own
		return nil
	}
	return within(s.components, info)
}

// within holds samples to the bits of the frame's.
func within(components []component, info frame.Info) error {
	for i, c := range components {
		if c.precision > 8*info.BytesPerSample() {
			return frame.Errorf(where, "component %d: want a precision within %d bits, got %d", i, 8*info.BytesPerSample(), c.precision)
		}
	}
	return nil
}

// parseCoding reads what COD and COC share.
func parseCoding(b []byte, ownPrecincts bool) (coding, error) {
	var c coding
	if len(b) < 5 {
		return c, frame.Truncatedf(where, "COD: want 5 bytes and more, got %d", len(b))
	}
	c.levels, c.xcb, c.ycb, c.style, c.reversible = int(b[0]), int(b[1]&15)+2, int(b[2]&15)+2, int(b[3]), b[4] == 1
	if c.levels > 32 || c.xcb > 10 || c.ycb > 10 || c.xcb+c.ycb > 12 || b[4] > 1 {
		return c, frame.Errorf(where, "COD: want at most 32 levels, code-blocks of at most 4096 and a known transform, got %d, %d × %d and %d", c.levels, 1<<c.xcb, 1<<c.ycb, b[4])
	}
	for r := range c.precincts {
		c.precincts[r] = [2]int{15, 15}
	}
	if ownPrecincts {
		if len(b) < 6+c.levels {
			return c, frame.Truncatedf(where, "COD: want %d precinct sizes, got %d", c.levels+1, len(b)-5)
		}
		for r := 0; r <= c.levels; r++ {
			c.precincts[r] = [2]int{int(b[5+r] & 15), int(b[5+r] >> 4)}
			if r > 0 && (c.precincts[r][0] == 0 || c.precincts[r][1] == 0) {
				return c, frame.Errorf(where, "COD: want precincts of 2 and more at resolution %d, got 1", r)
			}
		}
	}
	return c, nil
}

func (h *header) parseCOD(b []byte) error {
	if len(b) < 10 {
		return frame.Truncatedf(where, "COD: want 10 bytes and more, got %d", len(b))
	}
	c, err := parseCoding(b[5:], b[0]&1 != 0)
	if err != nil {
		return err
	}
	h.sop, h.eph = b[0]&2 != 0, b[0]&4 != 0
	h.order, h.layers, h.transform = int(b[1]), int(binary.BigEndian.Uint16(b[2:])), b[4]&1 != 0
	h.matrices = b[4]&2 != 0
	if h.order > 4 || h.layers < 1 || b[4] > 2 {
		return frame.Errorf(where, "COD: want progression 0 to 4, a layer and a transform of 0 to 2, got %d, %d and %d", h.order, h.layers, b[4])
	}
	for i := range h.coding {
		if !h.ownCOC[i] {
			h.coding[i] = c
		}
	}
	return nil
}

func (h *header) parseCOC(b []byte) error {
	if len(b) < 7 || int(b[0]) >= len(h.coding) {
		return frame.Errorf(where, "COC: want a component of %d and 7 bytes, got %d", len(h.coding), len(b))
	}
	c, err := parseCoding(b[2:], b[1]&1 != 0)
	if err != nil {
		return err
	}
	h.coding[b[0]], h.ownCOC[b[0]] = c, true
	return nil
}

func parseQuant(b []byte) (quantisation, error) {
	var q quantisation
	if len(b) < 2 {
		return q, frame.Truncatedf(where, "QCD: want 2 bytes and more, got %d", len(b))
	}
	q.style, q.guard = int(b[0]&31), int(b[0]>>5)
	b = b[1:]
	switch q.style {
	case 0:
		for i := 0; i < len(b) && i < len(q.exponent); i++ {
			q.exponent[i] = int(b[i] >> 3)
		}
	case 1, 2:
		for i := 0; 2*i+1 < len(b) && i < len(q.exponent); i++ {
			v := int(binary.BigEndian.Uint16(b[2*i:]))
			q.exponent[i], q.mantissa[i] = v>>11, v&0x7ff
		}
		if q.style == 1 {
			for i := 1; i < len(q.exponent); i++ {
				q.exponent[i], q.mantissa[i] = max(0, q.exponent[0]-(i-1)/3), q.mantissa[0]
			}
		}
	default:
		return q, frame.Errorf(where, "QCD: want style 0 to 2, got %d", q.style)
	}
	return q, nil
}

// segment takes in a marker segment that may stand in the main header and in a tile-part's.
func (h *header) segment(marker int, b []byte) error {
	switch marker {
	case mCOD:
		return h.parseCOD(b)
	case mCOC:
		return h.parseCOC(b)
	case mQCD:
		q, err := parseQuant(b)
		if err != nil {
			return err
		}
		for i := range h.quant {
			if !h.ownQCC[i] {
				h.quant[i] = q
			}
		}
	case mQCC:
		if len(b) < 3 || int(b[0]) >= len(h.quant) {
			return frame.Errorf(where, "QCC: want a component of %d and 3 bytes, got %d", len(h.quant), len(b))
		}
		q, err := parseQuant(b[1:])
		if err != nil {
			return err
		}
		h.quant[b[0]], h.ownQCC[b[0]] = q, true
	case mRGN:
		if len(b) < 3 || int(b[0]) >= len(h.roi) || b[1] != 0 || b[2] > 30 {
			return frame.Errorf(where, "RGN: want a component of %d and a shift of at most 30, got %d bytes", len(h.roi), len(b))
		}
		h.roi[b[0]] = int(b[2])
	case mMCT, mMCC, mMCO, mCBD:
		if h.multi == nil {
			h.multi = &multi{}
		}
		return h.multi.segment(marker, b, len(h.coding))
	case mPOC:
		for ; len(b) >= 7; b = b[7:] {
			h.orders = append(h.orders, order{res0: int(b[0]), comp0: int(b[1]), layers: int(binary.BigEndian.Uint16(b[2:])), res1: int(b[4]), comp1: int(b[5]), progression: int(b[6])})
			if b[6] > 4 || len(h.orders) > maxOrders {
				return frame.Errorf(where, "POC: want at most %d progressions of 0 to 4, got %d", maxOrders, b[6])
			}
		}
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// ceilShift is a / 2^n rounded up, for a of either sign.
func ceilShift(a, n int) int { return (a + 1<<n - 1) >> n }
