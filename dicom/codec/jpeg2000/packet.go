package jpeg2000

import (
	"math/bits"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// errEnd stops the progression where the data end between two packets.
var errEnd = frame.Truncatedf(where, "want more packets, got the end of the tile")

// packet reads one packet of a precinct: T.800 B.9 and B.10.
func (t *tile) packet(tc *tileComponent, r, n int) error {
	if len(t.body) == 0 && (!t.hasPacked || len(t.packed) == 0) {
		return errEnd
	}
	p, err := t.precinct(tc, r, n)
	if err != nil {
		return err
	}
	layer := p.layer
	p.layer++
	if len(t.body) >= 6 && t.body[0] == 0xff && t.body[1] == 0x91 {
		t.body = t.body[6:]
	}
	source := &t.body
	if t.hasPacked {
		source = &t.packed
	}
	in := headerBits{data: *source}
	type chunk struct {
		block  *codeBlock
		at     int // segment
		passes int
		length int
	}
	var chunks []chunk
	if in.bit() == 1 {
		for bi := range p.bands {
			pb := &p.bands[bi]
			for i := range pb.blocks {
				cb := &pb.blocks[i]
				x, y := i%pb.cw, i/pb.cw
				present := false
				if cb.included {
					present = in.bit() == 1
				} else {
					present = pb.include.decode(&in, x, y, layer+1)
				}
				if in.over {
					return frame.Truncatedf(where, "packet header: want more, got the end of the tile")
				}
				if !present {
					continue
				}
				if !cb.included {
					zero, ok := pb.zero.value(&in, x, y, 40)
					if !ok {
						return frame.Errorf(where, "packet header: want at most 40 empty bit-planes, got more")
					}
					cb.included, cb.zeroPlanes = true, zero
				}
				passes := readPasses(&in)
				if most := 3 * (tc.resolutions[r].bands[bi].planes + tc.roi); cb.passes+passes > most {
					return frame.Errorf(where, "packet header: want at most %d passes of a code-block, got more", most)
				}
				cb.passes += passes
				for in.bit() == 1 {
					if cb.lblock++; cb.lblock > 31 {
						return frame.Errorf(where, "packet header: want lengths of at most 31 bits, got more")
					}
				}
				for passes > 0 {
					seg := cb.current(tc.coding.style, passes)
					k := min(passes, seg.maxPasses-seg.passes)
					length := in.bits(cb.lblock + bits.Len(uint(k)) - 1)
					seg.passes += k
					passes -= k
					chunks = append(chunks, chunk{cb, len(cb.segments) - 1, k, length})
				}
			}
		}
	}
	in.align()
	if in.over {
		return frame.Truncatedf(where, "packet header: want more, got the end of the tile")
	}
	*source = (*source)[in.pos:]
	if len(*source) >= 2 && (*source)[0] == 0xff && (*source)[1] == 0x92 {
		*source = (*source)[2:]
	}
	for i, c := range chunks {
		if c.length > len(t.body) {
			for _, c := range chunks[i:] {
				c.block.segments[c.at].passes -= c.passes
			}
			return frame.Truncatedf(where, "packet: want %d bytes of a code-block, got %d", c.length, len(t.body))
		}
		seg := &c.block.segments[c.at]
		if seg.data == nil {
			seg.data = t.body[:c.length:c.length]
		} else {
			seg.data = append(seg.data, t.body[:c.length]...)
		}
		t.body = t.body[c.length:]
	}
	return nil
}

// current gives the segment that the next of some passes belongs to: T.800 D.4.2 and D.6, T.814 B.3.
func (cb *codeBlock) current(style, passes int) *segment {
	n := len(cb.segments)
	if n > 0 && cb.segments[n-1].passes < cb.segments[n-1].maxPasses {
		return &cb.segments[n-1]
	}
	most := 109
	switch {
	case style&styleHT != 0 && n == 0: // placeholders come three by three before the first cleanup pass
		most = (passes-1)/3*3 + 1
	case style&styleHT != 0:
		most = 1 + n%2
	case style&styleTermAll != 0:
		most = 1
	case style&styleBypass != 0 && n == 0:
		most = 10
	case style&styleBypass != 0 && cb.segments[n-1].maxPasses == 2:
		most = 1
	case style&styleBypass != 0:
		most = 2
	}
	cb.segments = append(cb.segments, segment{maxPasses: most})
	return &cb.segments[n]
}

// readPasses decodes the number of passes: T.800 table B.4.
func readPasses(in *headerBits) int {
	if in.bit() == 0 {
		return 1
	}
	if in.bit() == 0 {
		return 2
	}
	if n := in.bits(2); n < 3 {
		return 3 + n
	}
	if n := in.bits(5); n < 31 {
		return 6 + n
	}
	return 37 + in.bits(7)
}

// packets reads all packets in the order that the header gives.
func (t *tile) packets() error {
	orders := t.header.orders
	if len(orders) == 0 {
		orders = []order{{progression: t.header.order, res1: 33, comp1: len(t.components), layers: t.header.layers}}
	}
	for _, o := range orders {
		if o.comp1 == 0 {
			o.comp1 = 256
		}
		o.comp1, o.layers = min(o.comp1, len(t.components)), min(o.layers, t.header.layers)
		most := 0
		for i := range t.components {
			most = max(most, len(t.components[i].resolutions))
		}
		o.res1 = min(o.res1, most)
		if err := t.progress(o); err != nil {
			return err
		}
	}
	return nil
}

// progress walks one progression: T.800 B.12.
func (t *tile) progress(o order) error {
	any := false
	for c := o.comp0; c < o.comp1; c++ {
		for r := o.res0; r < min(o.res1, len(t.components[c].resolutions)); r++ {
			any = any || len(t.components[c].resolutions[r].precincts) > 0
		}
	}
	if !any {
		return nil
	}
	// one reads the packet of a layer where the precinct has not had it yet.
	one := func(layer, r, c, n int) error {
		tc := &t.components[c]
		if r >= len(tc.resolutions) || n >= len(tc.resolutions[r].precincts) {
			return nil
		}
		if p := tc.resolutions[r].precincts[n]; p != nil && p.layer > layer {
			return nil
		}
		return t.packet(tc, r, n)
	}
	all := func(layer, r, c int) error {
		tc := &t.components[c]
		if r >= len(tc.resolutions) {
			return nil
		}
		for n := range tc.resolutions[r].precincts {
			if err := one(layer, r, c, n); err != nil {
				return err
			}
		}
		return nil
	}
	layers := func(r, c, n int) error {
		for l := range o.layers {
			if err := one(l, r, c, n); err != nil {
				return err
			}
		}
		return nil
	}
	switch o.progression {
	case 0: // LRCP
		for l := range o.layers {
			for r := o.res0; r < o.res1; r++ {
				for c := o.comp0; c < o.comp1; c++ {
					if err := all(l, r, c); err != nil {
						return err
					}
				}
			}
		}
	case 1: // RLCP
		for r := o.res0; r < o.res1; r++ {
			for l := range o.layers {
				for c := o.comp0; c < o.comp1; c++ {
					if err := all(l, r, c); err != nil {
						return err
					}
				}
			}
		}
	case 2: // RPCL
		for r := o.res0; r < o.res1; r++ {
			if err := t.positions(o.comp0, o.comp1, r, r+1, layers); err != nil {
				return err
			}
		}
	case 3: // PCRL
		return t.positions(o.comp0, o.comp1, o.res0, o.res1, layers)
	default: // CPRL
		for c := o.comp0; c < o.comp1; c++ {
			if err := t.positions(c, c+1, o.res0, o.res1, layers); err != nil {
				return err
			}
		}
	}
	return nil
}
