package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in simd.Turn.
const (
	turnSrc       = 0
	turnSrcStride = 8
	turnDst       = 16
	turnDstStride = 24
	turnRows      = 32
	turnColumns   = 40
	turnBias      = 48
	turnAdd       = 56
	turnLo        = 64
	turnHi        = 68
)

// turn writes the kernel that turns a block of as many rows and columns as a vector has lanes.
func (m *machine) turn() {
	TEXT(m.name("turn"), NOSPLIT, "func(t *byte)")
	t := reg.RDI
	Load(Param("t"), t)
	field := func(off int) Mem { return Mem{Base: t, Disp: off} }
	src, stride, dst, columns, bias, add := reg.RAX, reg.RBX, reg.RSI, reg.RDX, reg.R8, reg.R9
	MOVQ(field(turnSrc), src)
	MOVQ(field(turnSrcStride), stride)
	regs := m.regs()
	x, y := regs[:m.lanes], regs[m.lanes:2*m.lanes:2*m.lanes]
	for i := range m.lanes {
		VMOVUPS(Mem{Base: src}, x[i])
		if i < m.lanes-1 {
			ADDQ(stride, src)
		}
	}
	for i := 0; i < m.lanes; i += 2 { // pairs of rows, then fours
		VUNPCKLPS(x[i+1], x[i], y[i])
		VUNPCKHPS(x[i+1], x[i], y[i+1])
	}
	for i := 0; i < m.lanes; i += 4 {
		VUNPCKLPD(y[i+2], y[i], x[i])
		VUNPCKHPD(y[i+2], y[i], x[i+1])
		VUNPCKLPD(y[i+3], y[i+1], x[i+2])
		VUNPCKHPD(y[i+3], y[i+1], x[i+3])
	}
	// x[4b+c] now holds, in part q of four lanes, column 4q+c of rows 4b…4b+3.
	if m.wide() {
		for c := range 4 {
			VSHUFF32X4(Imm(0x88), x[4+c], x[c], y[c])      // parts 0 and 2 of rows 0…7
			VSHUFF32X4(Imm(0xdd), x[4+c], x[c], y[4+c])    // parts 1 and 3
			VSHUFF32X4(Imm(0x88), x[12+c], x[8+c], y[8+c]) // the same of rows 8…15
			VSHUFF32X4(Imm(0xdd), x[12+c], x[8+c], y[12+c])
		}
		for c := range 4 {
			VSHUFF32X4(Imm(0x88), y[8+c], y[c], x[c])
			VSHUFF32X4(Imm(0x88), y[12+c], y[4+c], x[4+c])
			VSHUFF32X4(Imm(0xdd), y[8+c], y[c], x[8+c])
			VSHUFF32X4(Imm(0xdd), y[12+c], y[4+c], x[12+c])
		}
	} else {
		for c := range 4 {
			VPERM2F128(Imm(0x20), x[4+c], x[c], y[c])
			VPERM2F128(Imm(0x31), x[4+c], x[c], y[4+c])
		}
		x, y = y, x
	}
	lo, hi, tmp, mask := y[0], y[1], y[2], y[3]
	VBROADCASTSS(field(turnLo), lo)
	VBROADCASTSS(field(turnHi), hi)
	MOVQ(field(turnRows), reg.RCX)
	if m.wide() {
		MOVL(U32(1), reg.EAX)
		SHLL(reg.CL, reg.EAX)
		DECL(reg.EAX)
		KMOVW(reg.EAX, reg.K1)
	} else {
		LEAQ(m.maskTable(), reg.RAX)
		SHLQ(Imm(2), reg.RCX)
		SUBQ(reg.RCX, reg.RAX)
		VMOVUPS(Mem{Base: reg.RAX, Disp: 4 * m.lanes}, mask)
	}
	MOVQ(field(turnDst), dst)
	MOVQ(field(turnDstStride), stride)
	MOVQ(field(turnColumns), columns)
	MOVQ(field(turnBias), bias)
	MOVQ(field(turnAdd), add)
	for c, v := range x {
		VBROADCASTSS(Mem{Base: bias, Disp: 4 * c}, tmp)
		VADDPS(tmp, v, v)
		plain := fmt.Sprintf("plain%d", c)
		TESTQ(add, add)
		JZ(LabelRef(plain))
		if m.wide() {
			VMOVUPS_Z(Mem{Base: add}, reg.K1, tmp)
		} else {
			VMASKMOVPS(Mem{Base: add}, mask, tmp)
		}
		VADDPS(tmp, v, v)
		ADDQ(stride, add)
		Label(plain)
		VMAXPS(v, lo, v)
		VMINPS(v, hi, v)
		if m.wide() {
			VMOVUPS(v, reg.K1, Mem{Base: dst})
		} else {
			VMASKMOVPS(v, mask, Mem{Base: dst})
		}
		if c < m.lanes-1 {
			ADDQ(stride, dst)
			DECQ(columns)
			JZ(LabelRef("end"))
		}
	}
	Label("end")
	VZEROUPPER()
	RET()
}
