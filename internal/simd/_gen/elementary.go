package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementary writes functions of one number over rows of any length.
func (m *machine) elementary() {
	for i, name := range []string{"rowRound", "rowFloor", "rowCeil"} {
		m.elements(name, func(x reg.VecVirtual) {
			if m.wide() {
				VRNDSCALEPS(Imm(uint64(8+i)), x, x)
			} else {
				VROUNDPS(Imm(uint64(8+i)), x, x)
			}
		})
	}
	m.elements("rowSqrt", func(x reg.VecVirtual) { VSQRTPS(x, x) })
	m.elements("rowReciprocal", func(x reg.VecVirtual) { VDIVPS(x, m.kept(1), x) })
	m.elements("rowAbs", func(x reg.VecVirtual) { m.andNot(m.allBits(0x80000000), x, x) })
	m.elements("rowLog", m.log)
	m.elements("rowSoftplus", m.softplus)
	m.elements("rowMish", m.mish)
}

func (m *machine) elements(name string, op func(x reg.VecVirtual)) {
	TEXT(m.name(name), NOSPLIT, "func(dst, x *float32, n int)")
	Pragma("noescape")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	at := GP64()
	XORQ(at, at)
	m.held = map[uint32]reg.VecVirtual{}
	if name == "rowSoftplus" || name == "rowMish" {
		m.loadExp()
	}
	Label("one")
	CMPQ(n, U32(uint32(m.lanes)))
	JLT(LabelRef("rest"))
	y := m.v()
	VMOVUPS(Mem{Base: x, Index: at, Scale: 1}, y)
	op(y)
	VMOVUPS(y, Mem{Base: dst, Index: at, Scale: 1})
	ADDQ(U32(uint32(m.bytes())), at)
	SUBQ(U32(uint32(m.lanes)), n)
	JMP(LabelRef("one"))
	Label("rest")
	TESTQ(n, n)
	JZ(LabelRef("end"))
	k := m.firstLanes(n)
	z := m.v()
	m.loadFirst(k, Mem{Base: x, Index: at, Scale: 1}, z)
	op(z)
	m.storeFirst(k, z, Mem{Base: dst, Index: at, Scale: 1})
	Label("end")
	m.held = nil
	finish()
}

// where replaces x by y in the lanes where a compares with b by the predicate.
func (m *machine) where(predicate uint64, a, b, y, x reg.VecVirtual) {
	if m.wide() {
		k := K()
		VCMPPS(Imm(predicate), b, a, k)
		VMOVAPS(y, k, x)
		return
	}
	k := m.v()
	VCMPPS(Imm(predicate), b, a, k)
	VBLENDVPS(k, y, x, x)
}

const (
	isEqual   = 0
	isLess    = 1
	unordered = 3
)

// log sets x to its natural logarithm: the exponent times ln 2, and a polynomial of what is left, in [√½, √2), less 1 (Cephes logf).
func (m *machine) log(x reg.VecVirtual) {
	from, small, e := m.v(), m.v(), m.v()
	VMOVAPS(x, from)
	// Numbers below the normal range are scaled into it first.
	extra := m.v()
	m.clear(extra)
	VMULPS(m.all(1<<24), x, small)
	least := m.all(math.Float32frombits(0x00800000))
	m.where(isLess, from, least, m.all(-24), extra)
	m.where(isLess, from, least, small, x)
	bits := m.v()
	if m.wide() {
		VPSRLD(Imm(23), x, bits)
		VPSUBD(m.allBits(126), bits, bits)
		VPANDD(m.allBits(0x007fffff), x, x)
		VPORD(m.allBits(0x3f000000), x, x)
	} else {
		VPSRLD(Imm(23), x, bits)
		VPSUBD(m.allBits(126), bits, bits)
		VPAND(m.allBits(0x007fffff), x, x)
		VPOR(m.allBits(0x3f000000), x, x)
	}
	VCVTDQ2PS(bits, e)
	VADDPS(extra, e, e)
	// x is in [½, 1): below √½ it is doubled.
	double, lower, root := m.v(), m.v(), m.all(float32(math.Sqrt2/2))
	before := m.v()
	VMOVAPS(x, before)
	VADDPS(x, x, double)
	VSUBPS(m.all(1), e, lower)
	m.where(isLess, before, root, double, x)
	m.where(isLess, before, root, lower, e)
	VSUBPS(m.all(1), x, x)
	p := m.all(7.0376836292e-2)
	for _, c := range []float32{-1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1} {
		VFMADD213PS(m.all(c), x, p)
	}
	z := m.v()
	VMULPS(x, x, z)
	VMULPS(x, p, p)
	VMULPS(z, p, p)
	VFMADD231PS(m.all(-2.12194440e-4), e, p)
	VFNMADD231PS(m.all(0.5), z, p)
	VADDPS(p, x, x)
	VFMADD231PS(m.all(0.693359375), e, x)
	zero, inf := m.all(0), m.all(float32(math.Inf(1)))
	m.where(isEqual, from, inf, inf, x)
	m.where(isLess, from, zero, m.allBits(0x7fc00000), x)
	m.where(isEqual, from, zero, m.all(float32(math.Inf(-1))), x)
	m.where(unordered, from, from, from, x)
}

// softplus sets x to ln(1+eˣ) = max(x, 0) + 2·artanh(t/(2+t)) with t = e^−|x|.
func (m *machine) softplus(x reg.VecVirtual) {
	t, top, s := m.v(), m.v(), m.v()
	m.or(x, m.allBits(0x80000000), t)
	VMAXPS(x, m.all(0), top) // NaN stays
	m.exp(t)
	VADDPS(m.all(2), t, s)
	VDIVPS(s, t, s)
	z := m.v()
	VMULPS(s, s, z)
	p := m.all(2. / 17)
	for _, d := range []float32{15, 13, 11, 9, 7, 5, 3, 1} {
		VFMADD213PS(m.all(2/d), z, p)
	}
	VMOVAPS(top, x)
	VFMADD231PS(p, s, x)
}

// mish sets x = x·tanh(ln(1+eˣ)) = x·w/(w+2) with w = e²ˣ + 2eˣ, beyond 20 x itself.
func (m *machine) mish(x reg.VecVirtual) {
	e, w, d := m.v(), m.v(), m.v()
	VMINPS(x, m.all(20), e) // NaN stays
	m.exp(e)
	VADDPS(m.all(2), e, w)
	VMULPS(e, w, w)
	VADDPS(m.all(2), w, d)
	VDIVPS(d, w, w)
	VMULPS(w, x, x)
}
