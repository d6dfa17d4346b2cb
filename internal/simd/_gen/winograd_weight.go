package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winogradWeight turns three rows of weights into the six points of F(4,3), on whole vectors: (a/4, −(a+b+c)/6, −(a−b+c)/6,
// a/24+b/12+c/6, a/24−b/12+c/6, c).
func (m *machine) winogradWeight() {
	TEXT(m.name("winogradWeight"), NOSPLIT, "func(dst *float32, dstStride int, src *float32, srcStride int, vecs int)")
	dst, dstStride := Load(Param("dst"), GP64()).(reg.GPVirtual), Load(Param("dstStride"), GP64()).(reg.GPVirtual)
	src, srcStride := Load(Param("src"), GP64()).(reg.GPVirtual), Load(Param("srcStride"), GP64()).(reg.GPVirtual)
	vecs := Load(Param("vecs"), GP64()).(reg.GPVirtual)
	fourth := GP64()
	LEAQ(Mem{Base: dst, Index: dstStride, Scale: 2}, fourth)
	ADDQ(dstStride, fourth)
	quarter, sixth, twelfth := m.all(1./4), m.all(1./6), m.all(1./12)
	Label("next")
	a, b, c, s, d := m.v(), m.v(), m.v(), m.v(), m.v()
	VMOVUPS(Mem{Base: src}, a)
	VMOVUPS(Mem{Base: src, Index: srcStride, Scale: 1}, b)
	VMOVUPS(Mem{Base: src, Index: srcStride, Scale: 2}, c)
	VMOVUPS(c, strided(5, dst, fourth, dstStride))
	VMULPS(quarter, a, d) // a/4
	VMOVUPS(d, strided(0, dst, fourth, dstStride))
	VADDPS(c, a, s)
	VMULPS(sixth, s, s)      // (a+c)/6
	VMULPS(sixth, b, a)      // b/6
	VMULPS(sixth, c, c)      // c/6
	VFMADD231PS(sixth, d, c) // a/24 + c/6
	VXORPS(d, d, d)
	VSUBPS(s, d, d)
	VSUBPS(a, d, s) // −(a+c)/6 − b/6
	VADDPS(a, d, d) // −(a+c)/6 + b/6
	VMOVUPS(s, strided(1, dst, fourth, dstStride))
	VMOVUPS(d, strided(2, dst, fourth, dstStride))
	VMULPS(twelfth, b, b)
	VADDPS(b, c, s)
	VSUBPS(b, c, d)
	VMOVUPS(s, strided(3, dst, fourth, dstStride))
	VMOVUPS(d, strided(4, dst, fourth, dstStride))
	ADDQ(Imm(uint64(m.bytes())), src)
	ADDQ(Imm(uint64(m.bytes())), dst)
	ADDQ(Imm(uint64(m.bytes())), fourth)
	DECQ(vecs)
	JNZ(LabelRef("next"))
	VZEROUPPER()
	RET()
}
