package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// split writes the pair that takes rows of groups of four apart into four rows, and puts them together again.
func (m *machine) split() {
	m.splitFunc("split4", true)
	m.splitFunc("merge4", false)
	m.everySecondFunc()
	m.copyRows()
}

// transposeOrder is the lane order that undoes a transpose of 4×4 within the quarters (or halves) of the vectors.
func (m *machine) transposeOrder(inverse bool) Mem {
	name := "splitOrder"
	if inverse {
		name = "mergeOrder"
	}
	order := GLOBL(m.name(name), RODATA|NOPTR)
	quarters := m.lanes / 4
	for i := range m.lanes {
		// After the transpose lane 4q + k holds group quarters·k + q.
		j := i%quarters*4 + i/quarters
		if inverse {
			j = i%4*quarters + i/4
		}
		DATA(4*i, U32(uint32(j)))
	}
	return order
}

func (m *machine) splitFunc(name string, apart bool) {
	order := m.transposeOrder(!apart)
	TEXT(m.name(name), NOSPLIT, "func(dst, src *float32, stride, vecs int)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	stride, vecs := Load(Param("stride"), GP64()), Load(Param("vecs"), GP64())
	perm := m.v()
	VMOVUPS(order, perm)
	rows := src
	if apart {
		rows = dst
	}
	fourth := GP64()
	LEAQ(Mem{Base: rows, Index: stride, Scale: 2}, fourth)
	ADDQ(stride, fourth)
	place := func(k int) Mem { return strided(k, rows, fourth, stride) }
	Label("loop")
	v, u := make([]reg.VecVirtual, 4), make([]reg.VecVirtual, 4)
	for k := range 4 {
		v[k], u[k] = m.v(), m.v()
		if apart {
			VMOVUPS(Mem{Base: src, Disp: k * m.bytes()}, v[k])
		} else {
			VPERMPS(place(k), perm, v[k])
		}
	}
	VUNPCKLPS(v[1], v[0], u[0]) // a0 b0 a1 b1
	VUNPCKHPS(v[1], v[0], u[1]) // a2 b2 a3 b3
	VUNPCKLPS(v[3], v[2], u[2])
	VUNPCKHPS(v[3], v[2], u[3])
	VUNPCKLPD(u[2], u[0], v[0]) // a0 b0 c0 d0
	VUNPCKHPD(u[2], u[0], v[1])
	VUNPCKLPD(u[3], u[1], v[2])
	VUNPCKHPD(u[3], u[1], v[3])
	for k := range 4 {
		if apart {
			VPERMPS(v[k], perm, v[k])
			VMOVUPS(v[k], place(k))
		} else {
			VMOVUPS(v[k], Mem{Base: dst, Disp: k * m.bytes()})
		}
	}
	one, four := src, dst
	if apart {
		one, four = dst, src
	}
	ADDQ(Imm(uint64(m.bytes())), one)
	ADDQ(Imm(uint64(m.bytes())), fourth)
	if m.wide() {
		ADDQ(U32(256), four)
	} else {
		ADDQ(U32(128), four)
	}
	DECQ(vecs)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// everySecondFunc writes everySecond, which copies each second float of src, n of them, and reads nothing behind the last.
func (m *machine) everySecondFunc() {
	TEXT(m.name("everySecond"), NOSPLIT, "func(dst, src *float32, n int)")
	Pragma("noescape")
	Load(Param("dst"), reg.RDI)
	Load(Param("src"), reg.RSI)
	Load(Param("n"), reg.RDX)
	regs := m.regs()
	x, y, even, mask := regs[0], regs[1], regs[2], regs[3]
	if m.wide() {
		VMOVDQU32(m.evenLanes(), even)
	}
	// setMask selects the first lanes, as many as AX says, in K1 or the register mask.
	setMask := func() {
		if m.wide() {
			MOVQ(reg.RAX, reg.RCX)
			MOVL(U32(1), reg.EBX)
			SHLL(reg.CL, reg.EBX)
			DECL(reg.EBX)
			KMOVW(reg.EBX, reg.K1)
			return
		}
		LEAQ(m.maskTable(), reg.RBX)
		SHLQ(Imm(2), reg.RAX)
		SUBQ(reg.RAX, reg.RBX)
		VMOVUPS(Mem{Base: reg.RBX, Disp: 4 * m.lanes}, mask)
	}
	load := func(disp int, to reg.VecPhysical) {
		if m.wide() {
			VMOVUPS_Z(Mem{Base: reg.RSI, Disp: disp}, reg.K1, to)
		} else {
			VMASKMOVPS(Mem{Base: reg.RSI, Disp: disp}, mask, to)
		}
	}
	pick := func() {
		if m.wide() {
			VPERMT2PS(y, even, x)
		} else {
			VSHUFPS(Imm(0x88), y, x, x)
			VPERMPD(Imm(0xd8), x, x)
		}
	}
	MOVQ(I32(int32(m.lanes-1)), reg.RAX)
	setMask()
	Label("loop")
	CMPQ(reg.RDX, Imm(uint64(m.lanes)))
	JLT(LabelRef("tail"))
	VMOVUPS(Mem{Base: reg.RSI}, x)
	load(m.bytes(), y)
	pick()
	VMOVUPS(x, Mem{Base: reg.RDI})
	ADDQ(U32(uint32(2*m.bytes())), reg.RSI)
	ADDQ(Imm(uint64(m.bytes())), reg.RDI)
	SUBQ(Imm(uint64(m.lanes)), reg.RDX)
	JMP(LabelRef("loop"))
	Label("tail")
	TESTQ(reg.RDX, reg.RDX)
	JLE(LabelRef("end"))
	count := func(less int) { // of lanes: 2n−1−less, within 0 and the vector
		LEAQ(Mem{Base: reg.RDX, Index: reg.RDX, Scale: 1, Disp: -1 - less}, reg.RAX)
		XORQ(reg.RBX, reg.RBX)
		TESTQ(reg.RAX, reg.RAX)
		CMOVQLT(reg.RBX, reg.RAX)
		MOVQ(I32(int32(m.lanes)), reg.RBX)
		CMPQ(reg.RAX, reg.RBX)
		CMOVQGT(reg.RBX, reg.RAX)
		setMask()
	}
	count(0)
	load(0, x)
	count(m.lanes)
	load(m.bytes(), y)
	pick()
	MOVQ(reg.RDX, reg.RAX)
	setMask()
	if m.wide() {
		VMOVUPS(x, reg.K1, Mem{Base: reg.RDI})
	} else {
		VMASKMOVPS(x, mask, Mem{Base: reg.RDI})
	}
	Label("end")
	VZEROUPPER()
	RET()
}

// copyRows writes copyRows, which copies rows of whole vectors, with zeros in the lanes that the masks leave out.
func (m *machine) copyRows() {
	TEXT(m.name("copyRows"), NOSPLIT, "func(dst, src *float32, srcOff, dstStride, srcStride, rows, vecs int, masks *uint32)")
	Pragma("noescape")
	dst, src, dstStride, srcStride, rows, vecs, masks := reg.RDI, reg.RSI, reg.R8, reg.R9, reg.R10, reg.R11, reg.R12
	off := reg.RAX
	for i, r := range []reg.GPPhysical{dst, src, off, dstStride, srcStride, rows, vecs, masks} {
		Load(Param([]string{"dst", "src", "srcOff", "dstStride", "srcStride", "rows", "vecs", "masks"}[i]), r)
	}
	ADDQ(off, src)
	regs := m.regs()
	x, mask, bits := regs[0], regs[15], regs[14]
	if !m.wide() {
		VMOVUPS(m.laneBits(), bits)
	}
	from, to, word, left := reg.RAX, reg.RBX, reg.RCX, reg.RDX
	Label("row")
	MOVQ(src, from)
	MOVQ(dst, to)
	MOVQ(masks, word)
	MOVQ(vecs, left)
	Label("vec")
	m.loadMask(word, mask, bits)
	if m.wide() {
		VMOVUPS_Z(Mem{Base: from}, reg.K1, x)
	} else {
		VMASKMOVPS(Mem{Base: from}, mask, x)
	}
	VMOVUPS(x, Mem{Base: to})
	ADDQ(Imm(uint64(m.bytes())), from)
	ADDQ(Imm(uint64(m.bytes())), to)
	ADDQ(Imm(4), word)
	DECQ(left)
	JNZ(LabelRef("vec"))
	ADDQ(srcStride, src)
	ADDQ(dstStride, dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
