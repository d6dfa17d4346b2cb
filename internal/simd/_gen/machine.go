package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine is one vector width.
type machine struct {
	lanes  int
	short  bool // vectors of half the width with the instructions of AVX-512
	consts map[uint32]Mem
	held   map[uint32]reg.VecVirtual // constants in registers, in the function at hand
	loads  func()                    // loads those that the next functions use
	far    reg.VecVirtual            // what quantisation clamps to before it rounds
}

var zmm = []reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7, reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23, reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

var ymm = []reg.VecPhysical{
	reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
}

var shortYmm = append(ymm[:len(ymm):len(ymm)],
	reg.Y16, reg.Y17, reg.Y18, reg.Y19, reg.Y20, reg.Y21, reg.Y22, reg.Y23, reg.Y24, reg.Y25, reg.Y26, reg.Y27, reg.Y28, reg.Y29, reg.Y30, reg.Y31)

func (m *machine) wide() bool { return m.lanes == 16 || m.short }

func (m *machine) bytes() int { return 4 * m.lanes }

func (m *machine) regs() []reg.VecPhysical {
	if m.short {
		return shortYmm
	}
	if m.wide() {
		return zmm
	}
	return ymm
}

// v allocates a vector register.
func (m *machine) v() reg.VecVirtual {
	if m.wide() {
		return ZMM()
	}
	return YMM()
}

func (m *machine) name(s string) string {
	if m.short {
		return s + "short512"
	}
	if m.wide() {
		return s + "512"
	}
	return s + "256"
}

// konst returns a constant's place in memory.
func (m *machine) konst(f float32) Mem { return m.bits(math.Float32bits(f)) }

func (m *machine) bits(u uint32) Mem {
	if m.consts == nil {
		m.consts = map[uint32]Mem{}
	}
	c, ok := m.consts[u]
	if !ok {
		c = ConstData(m.name(fmt.Sprintf("c%08x_", u)), U32(u))
		m.consts[u] = c
	}
	return c
}

// all returns a register with the constant in every lane.
func (m *machine) all(f float32) reg.VecVirtual { return m.allBits(math.Float32bits(f)) }

func (m *machine) allBits(u uint32) reg.VecVirtual {
	r := m.v()
	VBROADCASTSS(m.bits(u), r)
	return r
}
