package jpeg2000

import (
	"encoding/binary"
	"math"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Markers of ITU-T T.801 (ISO/IEC 15444-2) A.3.
const (
	mMCT = 0xff74
	mMCC = 0xff75
	mMCO = 0xff77
	mCBD = 0xff78
)

// multi is a transform between components by matrices: T.801 annex J.
type multi struct {
	arrays      [2][256][]float64 // decorrelation and offset arrays by index
	collections [256][]collection
	stages      []byte      // collections in their order
	depths      []component // of the samples that come out
}

// collection is one group of components that a stage of the transform takes: T.801 A.3.8.
type collection struct {
	in, out        []int
	matrix, offset byte // 0 is none
}

const multiWhere = where + ": part 2"

// segment takes in a marker segment of the transform.
func (m *multi) segment(marker int, b []byte, components int) error {
	switch marker {
	case mMCT:
		return m.array(b)
	case mMCC:
		return m.collect(b, components)
	case mMCO:
		if len(b) < 1 || len(b) < 1+int(b[0]) {
			return frame.Truncatedf(multiWhere, "MCO: want stages, got %d bytes", len(b))
		}
		m.stages = b[1:][:b[0]]
	case mCBD:
		if len(b) < 3 {
			return frame.Truncatedf(multiWhere, "CBD: want 3 bytes and more, got %d", len(b))
		}
		n, depths := int(binary.BigEndian.Uint16(b)), b[2:]
		all := n&0x8000 != 0
		if n &= 0x7fff; n != components || len(depths) < n && !all {
			return frame.Errorf(multiWhere, "CBD: want the depths of %d components, got %d", components, n)
		}
		m.depths = make([]component, n)
		for i := range m.depths {
			d := depths[0]
			if !all {
				d = depths[i]
			}
			m.depths[i] = component{precision: int(d&0x7f) + 1, signed: d&0x80 != 0}
			if m.depths[i].precision > 31 {
				return frame.Unsupportedf(multiWhere, "CBD: want at most 31 bits, got %d", m.depths[i].precision)
			}
		}
	}
	return nil
}

// array reads a matrix or offsets: T.801 A.3.7.
func (m *multi) array(b []byte) error {
	if len(b) < 6 {
		return frame.Truncatedf(multiWhere, "MCT: want 6 bytes and more, got %d", len(b))
	}
	z, i, y := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:])
	kind := i >> 8 & 3
	if z != 0 || y != 0 || kind == 0 {
		return frame.Unsupportedf(multiWhere, "MCT: want decorrelation and offset arrays of one segment each, got another kind")
	}
	var list []float64
	b = b[6:]
	size := []int{2, 4, 4, 8}[i>>10&3]
	for ; len(b) >= size; b = b[size:] {
		v := 0.0
		switch i >> 10 & 3 {
		case 0:
			v = float64(int16(binary.BigEndian.Uint16(b)))
		case 1:
			v = float64(int32(binary.BigEndian.Uint32(b)))
		case 2:
			v = float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
		default:
			v = math.Float64frombits(binary.BigEndian.Uint64(b))
		}
		list = append(list, v)
	}
	if kind == 3 {
		return frame.Errorf(multiWhere, "MCT: want a kind of array up to 2, got 3")
	}
	m.arrays[kind-1][i&255] = list
	return nil
}

// collect reads the collections of one stage.
func (m *multi) collect(b []byte, components int) error {
	short := frame.Truncatedf(multiWhere, "MCC: want a whole collection, got fewer bytes")
	if len(b) < 7 {
		return short
	}
	z, index, y, n := binary.BigEndian.Uint16(b), b[2], binary.BigEndian.Uint16(b[3:]), int(binary.BigEndian.Uint16(b[5:]))
	if z != 0 || y != 0 {
		return frame.Unsupportedf(multiWhere, "MCC: want one segment a stage, got more")
	}
	b = b[7:]
	var stage []collection
	list := func() ([]int, bool) {
		if len(b) < 2 {
			return nil, false
		}
		k := int(binary.BigEndian.Uint16(b))
		size := 1 + k>>15
		k &= 0x7fff
		if b = b[2:]; k > components || len(b) < k*size {
			return nil, false
		}
		out := make([]int, k)
		for i := range out {
			if size == 1 {
				out[i] = int(b[i])
			} else {
				out[i] = int(binary.BigEndian.Uint16(b[2*i:]))
			}
			if out[i] >= components {
				return nil, false
			}
		}
		b = b[k*size:]
		return out, true
	}
	for range n {
		if len(b) < 1 {
			return short
		}
		if b[0]&3 != 1 {
			return frame.Unsupportedf(multiWhere, "MCC: want decorrelation by arrays (1), got kind %d", b[0]&3)
		}
		b = b[1:]
		in, okIn := list()
		out, okOut := list()
		if !okIn || !okOut || len(b) < 3 {
			return short
		}
		if b[0]&1 != 0 {
			return frame.Unsupportedf(multiWhere, "MCC: want an irreversible transform, got a reversible one")
		}
		stage = append(stage, collection{in: in, out: out, offset: b[1], matrix: b[2]})
		b = b[3:]
	}
	m.collections[index] = stage
	return nil
}

// apply undoes the transform.
func (m *multi) apply(p []plane) error {
	for i := range p {
		if p[i].w != p[0].w || p[i].h != p[0].h {
			return frame.Unsupportedf(multiWhere, "want components of one size, got several")
		}
		if p[i].whole != nil {
			p[i].real = make([]float32, len(p[i].whole))
			for k, v := range p[i].whole {
				p[i].real[k] = float32(v)
			}
			p[i].whole = nil
		}
	}
	for _, index := range m.stages {
		for _, c := range m.collections[index] {
			if err := m.stage(c, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *multi) stage(c collection, p []plane) error {
	matrix, offset := m.arrays[0][c.matrix], m.arrays[1][c.offset]
	if c.matrix != 0 && len(matrix) != len(c.in)*len(c.out) || c.matrix == 0 && len(c.in) != len(c.out) || c.offset != 0 && len(offset) != len(c.out) {
		return frame.Errorf(multiWhere, "MCC: want arrays for %d components of %d, got %d and %d elements", len(c.out), len(c.in), len(matrix), len(offset))
	}
	out := make([][]float32, len(c.out))
	for j := range out {
		line := make([]float32, p[0].w*p[0].h)
		if c.offset != 0 {
			for k := range line {
				line[k] = float32(offset[j])
			}
		}
		for i, from := range c.in {
			f := float32(0)
			switch {
			case c.matrix != 0:
				f = float32(matrix[j*len(c.in)+i])
			case i == j:
				f = 1
			}
			for k, v := range p[from].real {
				line[k] += f * v
			}
		}
		out[j] = line
	}
	for j, to := range c.out {
		p[to].real = out[j]
	}
	return nil
}
