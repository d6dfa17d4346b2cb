package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// doubles writes the float64 functions under the matrix product and the dot product of package blas. A vector holds half as many
// float64 as float32.
func (m *machine) doubles() {
	rows := 6
	if m.wide() {
		rows = 14
	}
	m.doubleTile(rows)
	m.doubleDot()
	m.doubleAxpy()
}

// doubleTile adds the product of a, k steps of so many rows, and b, k steps of two vectors, to c.
func (m *machine) doubleTile(rows int) {
	TEXT(m.name("doubleTile"), NOSPLIT, "func(a, b, c *float64, k, cStride int)")
	Pragma("noescape")
	a, b, c, k, stride := reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.RSI
	Load(Param("a"), a)
	Load(Param("b"), b)
	Load(Param("c"), c)
	Load(Param("k"), k)
	Load(Param("cStride"), stride)
	regs := m.regs()
	acc := func(r, v int) reg.VecPhysical { return regs[2*r+v] }
	b0, b1, s0, s1 := regs[2*rows], regs[2*rows+1], regs[2*rows+2], regs[2*rows+3]
	for r := range rows {
		m.zero(acc(r, 0))
		m.zero(acc(r, 1))
	}
	TESTQ(k, k)
	JZ(LabelRef("done"))
	Label("step")
	VMOVUPD(Mem{Base: b}, b0)
	VMOVUPD(Mem{Base: b, Disp: m.bytes()}, b1)
	for r := range rows {
		s := s0
		if r%2 == 1 {
			s = s1
		}
		VBROADCASTSD(Mem{Base: a, Disp: 8 * r}, s)
		VFMADD231PD(b0, s, acc(r, 0))
		VFMADD231PD(b1, s, acc(r, 1))
	}
	ADDQ(U32(uint32(8*rows)), a)
	ADDQ(U32(uint32(2*m.bytes())), b)
	DECQ(k)
	JNZ(LabelRef("step"))
	Label("done")
	for r := range rows {
		for v := range 2 {
			VADDPD(Mem{Base: c, Disp: v * m.bytes()}, acc(r, v), acc(r, v))
			VMOVUPD(acc(r, v), Mem{Base: c, Disp: v * m.bytes()})
		}
		if r < rows-1 {
			ADDQ(stride, c)
		}
	}
	VZEROUPPER()
	RET()
}

// doubleDot sums in four vectors in turn, which are then added pairwise, and their lanes by halves.
func (m *machine) doubleDot() {
	TEXT(m.name("doubleDot"), NOSPLIT, "func(x, y []float64) float64")
	Pragma("noescape")
	px, py := Load(Param("x").Base(), GP64()), Load(Param("y").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	var acc [4]reg.VecVirtual
	for i := range acc {
		acc[i] = m.v()
		m.clear(acc[i])
	}
	step := func(i int) {
		x := m.v()
		VMOVUPD(Mem{Base: px, Disp: i * m.bytes()}, x)
		VFMADD231PD(Mem{Base: py, Disp: i * m.bytes()}, x, acc[i])
	}
	m.doubleLoop(n, step, px, py)
	VADDPD(acc[1], acc[0], acc[0])
	VADDPD(acc[3], acc[2], acc[2])
	VADDPD(acc[2], acc[0], acc[0])
	y := acc[0]
	if m.wide() {
		h := YMM()
		VEXTRACTF64X4(Imm(1), y, h)
		VADDPD(h, y.(interface{ AsY() reg.Register }).AsY(), h)
		y = h
	}
	x, t := XMM(), XMM()
	VEXTRACTF128(Imm(1), y, x)
	VADDPD(x, y.(interface{ AsX() reg.Register }).AsX(), x)
	VPERMILPD(Imm(1), x, t)
	VADDSD(t, x, x)
	Store(x, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// doubleAxpy adds p·x to dst.
func (m *machine) doubleAxpy() {
	TEXT(m.name("doubleAxpy"), NOSPLIT, "func(dst, x []float64, p float64)")
	Pragma("noescape")
	dst, px := Load(Param("dst").Base(), GP64()), Load(Param("x").Base(), GP64())
	n := Load(Param("dst").Len(), GP64())
	p := m.v()
	a, err := Param("p").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(a.Addr, p)
	step := func(i int) {
		y := m.v()
		VMOVUPD(Mem{Base: dst, Disp: i * m.bytes()}, y)
		VFMADD231PD(Mem{Base: px, Disp: i * m.bytes()}, p, y)
		VMOVUPD(y, Mem{Base: dst, Disp: i * m.bytes()})
	}
	m.doubleLoop(n, step, dst, px)
	VZEROUPPER()
	RET()
}

// doubleLoop runs step for four vectors a round, and then for single ones.
func (m *machine) doubleLoop(n Register, step func(i int), pointers ...Register) {
	lanes := m.lanes / 2
	Label("four")
	CMPQ(n, Imm(uint64(4*lanes)))
	JLT(LabelRef("one"))
	for i := range 4 {
		step(i)
	}
	for _, p := range pointers {
		ADDQ(U32(uint32(4*m.bytes())), p)
	}
	SUBQ(Imm(uint64(4*lanes)), n)
	JMP(LabelRef("four"))
	Label("one")
	CMPQ(n, Imm(uint64(lanes)))
	JLT(LabelRef("end"))
	step(0)
	for _, p := range pointers {
		ADDQ(Imm(uint64(m.bytes())), p)
	}
	SUBQ(Imm(uint64(lanes)), n)
	JMP(LabelRef("one"))
	Label("end")
}
