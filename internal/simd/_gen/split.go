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
