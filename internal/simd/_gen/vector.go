package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vectors writes the functions on slices. Their lengths are multiples of the vector.
func (m *machine) vectors() {
	m.binary("add", func(a, b reg.VecVirtual) { VADDPS(b, a, a) })
	m.binary("sub", func(a, b reg.VecVirtual) { VSUBPS(b, a, a) })
	m.binary("mul", func(a, b reg.VecVirtual) { VMULPS(b, a, a) })
	m.binary("div", func(a, b reg.VecVirtual) { VDIVPS(b, a, a) })
	m.binary("max", func(a, b reg.VecVirtual) { m.extreme(a, b, true) })
	m.binary("min", func(a, b reg.VecVirtual) { m.extreme(a, b, false) })

	m.unary("scaleShift", func(x, _, p, q reg.VecVirtual) { VFMADD213PS(q, p, x) })
	m.unary("axpy", func(x, y, p, _ reg.VecVirtual) { VFMADD213PS(y, p, x) })
	m.unary("clamp", func(x, _, p, q reg.VecVirtual) {
		VMAXPS(x, p, x)
		VMINPS(x, q, x)
	})
	m.unary("leaky", func(x, _, p, _ reg.VecVirtual) {
		y := m.v()
		VMULPS(x, p, y)
		m.whereNegative(x, y)
	})
	m.loads = m.loadExp
	m.unary("exp", func(x, _, _, q reg.VecVirtual) {
		VADDPS(q, x, x)
		m.exp(x)
	})
	m.unary("sigmoid", func(x, _, _, _ reg.VecVirtual) {
		m.onePlusExp(x)
		VDIVPS(x, m.kept(1), x)
	})
	m.unary("silu", func(x, _, _, _ reg.VecVirtual) {
		y := m.v()
		VMOVAPS(x, y)
		m.onePlusExp(x)
		VDIVPS(x, y, x)
	})
	m.unary("tanh", func(x, _, _, _ reg.VecVirtual) { m.tanh(x) })
	m.loads = m.loadErf
	m.unary("erf", func(x, _, _, _ reg.VecVirtual) { m.erf(x) })
	m.unary("gelu", func(x, _, _, _ reg.VecVirtual) {
		y := m.v()
		VMULPS(m.kept(float32(math.Sqrt2/2)), x, y)
		m.erf(y)
		VMULPS(m.kept(0.5), x, x)
		VFMADD213PS(x, y, x) // y·x + x
	})
	m.loads = func() { m.keep(1./6, 0.5, 0, 1) }
	m.unary("hardSwish", func(x, _, _, _ reg.VecVirtual) {
		y := m.v()
		VMOVAPS(x, y)
		VMULPS(m.kept(1./6), y, y)
		VADDPS(m.kept(0.5), y, y)
		VMAXPS(y, m.kept(0), y)
		VMINPS(y, m.kept(1), y)
		VMULPS(y, x, x)
	})
	m.loads = m.loadExp
	m.unary("elu", func(x, _, p, _ reg.VecVirtual) {
		y := m.v()
		VMOVAPS(x, y)
		m.exp(y)
		VSUBPS(m.all(1), y, y)
		VMULPS(p, y, y)
		m.whereNegative(x, y)
	})

	m.loads = nil
	m.reduction("sum", func(acc, x, _, _ reg.VecVirtual) { VADDPS(x, acc, acc) })
	m.reduction("sumSq", func(acc, x, _, p reg.VecVirtual) {
		VSUBPS(p, x, x)
		VFMADD231PS(x, x, acc)
	})
	m.reduction("dot", func(acc, x, y, _ reg.VecVirtual) { VFMADD231PS(x, y, acc) })
	m.maxOf()
	m.zip()
	m.pairMax()
}

// extreme sets a to the larger (or smaller) of a and b, NaN where either is.
func (m *machine) extreme(a, b reg.VecVirtual, larger bool) {
	r := m.v()
	if larger {
		VMAXPS(b, a, r) // b where either is NaN
	} else {
		VMINPS(b, a, r)
	}
	if m.wide() {
		k := K()
		VCMPPS(Imm(3), a, a, k)
		VMOVAPS(a, k, r)
	} else {
		k := m.v()
		VCMPPS(Imm(3), a, a, k)
		VBLENDVPS(k, a, r, r)
	}
	VMOVAPS(r, a)
}

// whereNegative replaces x by y in the lanes whose sign bit is set.
func (m *machine) whereNegative(x, y reg.VecVirtual) {
	if m.wide() {
		k := K()
		VPMOVD2M(x, k)
		VMOVAPS(y, k, x)
	} else {
		VBLENDVPS(x, y, x, x)
	}
}

// The coefficients of eʳ for |r| ≤ ln 2/2, whose largest relative error is as small as it can be: 2e-9 before rounding.
var expCoefficients = []float32{1.383679403203904e-3, 8.374857074029358e-3, 4.166822868299665e-2, 0.16666419680452868, 0.4999999205609791, 1.0000000364310269, 1}

// loadExp keeps the constants of exp in registers, where there are enough of them.
func (m *machine) loadExp() {
	if m.wide() {
		m.keep(0, 1, -104, 89, float32(math.Log2E), 0.693359375, -2.12194440e-4)
		m.keep(expCoefficients...)
	}
}

// keep loads constants that kept finds until the function's end.
func (m *machine) keep(list ...float32) {
	for _, f := range list {
		m.held[math.Float32bits(f)] = m.all(f)
	}
}

// kept returns a register with the constant in every lane, which must not be changed.
func (m *machine) kept(f float32) reg.VecVirtual {
	if r, ok := m.held[math.Float32bits(f)]; ok {
		return r
	}
	return m.all(f)
}

// exp sets x = eˣ: x = n·ln 2 + r with |r| ≤ ln 2/2, a polynomial in r, and n into the exponent.
func (m *machine) exp(x reg.VecVirtual) {
	n, p := m.v(), m.v()
	VMAXPS(x, m.kept(-104), x)
	VMINPS(x, m.kept(89), x)
	VMULPS(m.kept(float32(math.Log2E)), x, n)
	if m.wide() {
		VRNDSCALEPS(Imm(8), n, n)
	} else {
		VROUNDPS(Imm(8), n, n)
	}
	VFNMADD231PS(m.kept(0.693359375), n, x)
	VFNMADD231PS(m.kept(-2.12194440e-4), n, x)
	VMOVAPS(m.kept(expCoefficients[0]), p)
	for _, c := range expCoefficients[1:] {
		VFMADD213PS(m.kept(c), x, p)
	}
	if m.wide() {
		VSCALEFPS(n, p, x)
		return
	}
	i, half := m.v(), m.v()
	VCVTPS2DQ(n, i)
	VPSRAD(Imm(1), i, half)
	VPSUBD(half, i, i)
	bias := m.allBits(127)
	for _, e := range []reg.VecVirtual{i, half} {
		VPADDD(bias, e, e)
		VPSLLD(Imm(23), e, e)
		VMULPS(e, p, p)
	}
	VMOVAPS(p, x)
}

// onePlusExp sets x = 1+e⁻ˣ.
func (m *machine) onePlusExp(x reg.VecVirtual) {
	VSUBPS(x, m.kept(0), x)
	m.exp(x)
	VADDPS(m.kept(1), x, x)
}

// tanh sets x to its hyperbolic tangent: an odd polynomial under 0.625 (Cephes tanhf), else by the exponential.
func (m *machine) tanh(x reg.VecVirtual) {
	sign, a, e := m.v(), m.v(), m.v()
	signBit := m.allBits(0x80000000)
	m.and(x, signBit, sign)
	m.andNot(signBit, x, a)
	VADDPS(a, a, e)
	m.exp(e)
	VADDPS(m.kept(1), e, e)
	VDIVPS(e, m.all(2), e)
	VSUBPS(e, m.kept(1), e)
	m.or(sign, e, e)
	x2 := m.v()
	VMULPS(x, x, x2)
	p := m.all(-5.70498872745e-3)
	for _, c := range []float32{2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		VFMADD213PS(m.all(c), x2, p)
	}
	VMULPS(x2, p, p)
	VFMADD213PS(x, x, p) // p·x + x
	if m.wide() {
		k := K()
		VCMPPS(Imm(1), m.all(0.625), a, k)
		VMOVAPS(p, k, e)
	} else {
		k := m.v()
		VCMPPS(Imm(1), m.all(0.625), a, k)
		VBLENDVPS(k, p, e, e)
	}
	VMOVAPS(e, x)
}

// The polynomials in x² above and below the line of erf's approximation.
var (
	erfAbove = []float32{-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05, -7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02}
	erfBelow = []float32{-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03, -1.42647390514189e-02}
)

// loadErf keeps the constants of erf and of what is made of it in registers, where there are enough of them.
func (m *machine) loadErf() {
	if m.wide() {
		m.keep(-4, 4, 0.5, float32(math.Sqrt2/2))
		m.keep(erfAbove...)
		m.keep(erfBelow...)
	}
}

// erf sets x to its error function: a rational approximation on [−4, 4], beyond which the value rounds to ±1.
func (m *machine) erf(x reg.VecVirtual) {
	VMAXPS(x, m.kept(-4), x)
	VMINPS(x, m.kept(4), x)
	x2, p, q := m.v(), m.v(), m.v()
	VMULPS(x, x, x2)
	VMOVAPS(m.kept(erfAbove[0]), p)
	for _, c := range erfAbove[1:] {
		VFMADD213PS(m.kept(c), x2, p)
	}
	VMULPS(x, p, p)
	VMOVAPS(m.kept(erfBelow[0]), q)
	for _, c := range erfBelow[1:] {
		VFMADD213PS(m.kept(c), x2, q)
	}
	VDIVPS(q, p, x)
}

func (m *machine) and(a, b, dst reg.VecVirtual) {
	if m.wide() {
		VPANDD(a, b, dst)
	} else {
		VPAND(a, b, dst)
	}
}

func (m *machine) or(a, b, dst reg.VecVirtual) {
	if m.wide() {
		VPORD(a, b, dst)
	} else {
		VPOR(a, b, dst)
	}
}

// andNot sets dst = ^a & b.
func (m *machine) andNot(a, b, dst reg.VecVirtual) {
	if m.wide() {
		VPANDND(b, a, dst)
	} else {
		VPANDN(b, a, dst)
	}
}

func (m *machine) binary(name string, op func(a, b reg.VecVirtual)) {
	TEXT(m.name(name), NOSPLIT, "func(dst, a, b []float32)")
	Pragma("noescape")
	dst, pa, pb := Load(Param("dst").Base(), GP64()), Load(Param("a").Base(), GP64()), Load(Param("b").Base(), GP64())
	n := Load(Param("dst").Len(), GP64())
	m.loop(n, func(idx Register, disp int) {
		a, b := m.v(), m.v()
		VMOVUPS(Mem{Base: pa, Index: idx, Scale: 4, Disp: disp}, a)
		VMOVUPS(Mem{Base: pb, Index: idx, Scale: 4, Disp: disp}, b)
		op(a, b)
		VMOVUPS(a, Mem{Base: dst, Index: idx, Scale: 4, Disp: disp})
	})
	VZEROUPPER()
	RET()
}

// Register is short for avo's.
type Register = reg.Register

// loop runs body once for each vector of n floats.
func (m *machine) loop(n Register, body func(idx Register, disp int)) {
	idx := GP64()
	XORQ(idx, idx)
	Label("loop")
	body(idx, 0)
	ADDQ(Imm(uint64(m.lanes)), idx)
	CMPQ(idx, n)
	JLT(LabelRef("loop"))
}

// unary is a function of x, of what dst holds, and of two numbers.
func (m *machine) unary(name string, op func(x, y, p, q reg.VecVirtual)) {
	TEXT(m.name(name), NOSPLIT, "func(dst, x []float32, p, q float32)")
	Pragma("noescape")
	dst, px := Load(Param("dst").Base(), GP64()), Load(Param("x").Base(), GP64())
	n := Load(Param("dst").Len(), GP64())
	p, q := m.v(), m.v()
	m.param("p", p)
	m.param("q", q)
	m.held = map[uint32]reg.VecVirtual{}
	if m.loads != nil {
		m.loads()
	}
	m.loop(n, func(idx Register, disp int) {
		x, y := m.v(), m.v()
		VMOVUPS(Mem{Base: px, Index: idx, Scale: 4, Disp: disp}, x)
		if name == "axpy" {
			VMOVUPS(Mem{Base: dst, Index: idx, Scale: 4, Disp: disp}, y)
		}
		op(x, y, p, q)
		VMOVUPS(x, Mem{Base: dst, Index: idx, Scale: 4, Disp: disp})
	})
	VZEROUPPER()
	RET()
}

func (m *machine) param(name string, v reg.VecVirtual) {
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(a.Addr, v)
}

// reduction sums in four vectors in turn, which are then added pairwise, and their lanes by halves.
func (m *machine) reduction(name string, op func(acc, x, y, p reg.VecVirtual)) {
	TEXT(m.name(name), NOSPLIT, "func(x, y []float32, p float32) float32")
	Pragma("noescape")
	px, py := Load(Param("x").Base(), GP64()), Load(Param("y").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	p := m.v()
	m.param("p", p)
	var acc [4]reg.VecVirtual
	for i := range acc {
		acc[i] = m.v()
		m.clear(acc[i])
	}
	step := func(i, disp int) {
		x, y := m.v(), m.v()
		VMOVUPS(Mem{Base: px, Disp: disp}, x)
		if name == "dot" {
			VMOVUPS(Mem{Base: py, Disp: disp}, y)
		}
		op(acc[i], x, y, p)
	}
	m.fourTimes(px, py, n, step)
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	x := m.fold(acc[0], func(a, b, dst Op) { VADDPS(a, b, dst) })
	Store(x, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// fourTimes runs step for four vectors a round, and then for single ones.
func (m *machine) fourTimes(px, py, n Register, step func(i, disp int)) {
	Label("four")
	CMPQ(n, Imm(uint64(4*m.lanes)))
	JLT(LabelRef("one"))
	for i := range 4 {
		step(i, i*m.bytes())
	}
	ADDQ(U32(uint32(4*m.bytes())), px)
	ADDQ(U32(uint32(4*m.bytes())), py)
	SUBQ(Imm(uint64(4*m.lanes)), n)
	JMP(LabelRef("four"))
	Label("one")
	CMPQ(n, Imm(uint64(m.lanes)))
	JLT(LabelRef("end"))
	step(0, 0)
	ADDQ(Imm(uint64(m.bytes())), px)
	ADDQ(Imm(uint64(m.bytes())), py)
	SUBQ(Imm(uint64(m.lanes)), n)
	JMP(LabelRef("one"))
	Label("end")
}

func (m *machine) clear(v reg.VecVirtual) {
	if m.wide() {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
}

// fold combines the lanes of v by halves.
func (m *machine) fold(v reg.VecVirtual, op func(a, b, dst Op)) Register {
	if m.wide() {
		h := YMM()
		VEXTRACTF64X4(Imm(1), v, h)
		op(h, v.(interface{ AsY() reg.Register }).AsY(), h)
		return m.foldY(h, op)
	}
	return m.foldY(v, op)
}

func (m *machine) foldY(y reg.VecVirtual, op func(a, b, dst Op)) Register {
	h := XMM()
	VEXTRACTF128(Imm(1), y, h)
	op(h, y.(interface{ AsX() reg.Register }).AsX(), h)
	t := XMM()
	VPERMILPD(Imm(1), h, t)
	op(t, h, h)
	VPERMILPS(Imm(1), h, t)
	op(t, h, h)
	return h
}

func (m *machine) maxOf() {
	TEXT(m.name("maxOf"), NOSPLIT, "func(x, y []float32, p float32) float32")
	Pragma("noescape")
	px := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	acc, bad := m.all(float32(math.Inf(-1))), m.v()
	m.clear(bad)
	idx := GP64()
	XORQ(idx, idx)
	Label("loop")
	x := m.v()
	VMOVUPS(Mem{Base: px, Index: idx, Scale: 4}, x)
	VMAXPS(acc, x, acc)
	// x − x is 0 but for NaN and infinities; comparing keeps the NaN alone.
	if m.wide() {
		k := K()
		VCMPPS(Imm(3), x, x, k)
		VMOVAPS(x, k, bad)
	} else {
		k := m.v()
		VCMPPS(Imm(3), x, x, k)
		VBLENDVPS(k, x, bad, bad)
	}
	ADDQ(Imm(uint64(m.lanes)), idx)
	CMPQ(idx, n)
	JLT(LabelRef("loop"))
	largest := m.fold(acc, func(a, b, dst Op) { VMAXPS(a, b, dst) })
	wrong := m.fold(bad, func(a, b, dst Op) { VADDPS(a, b, dst) })
	// bad holds zeros or NaN, so adding it makes the result NaN where one was met.
	VADDSS(wrong, largest, largest)
	Store(largest, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// zip interleaves a and b, each of n whole vectors.
func (m *machine) zip() {
	TEXT(m.name("zip"), NOSPLIT, "func(dst, a, b []float32)")
	Pragma("noescape")
	dst, pa, pb := Load(Param("dst").Base(), GP64()), Load(Param("a").Base(), GP64()), Load(Param("b").Base(), GP64())
	n := Load(Param("a").Len(), GP64())
	Label("loop")
	a, b, lo, hi := YMM(), YMM(), YMM(), YMM()
	for i := range m.lanes / 8 {
		VMOVUPS(Mem{Base: pa, Disp: 32 * i}, a)
		VMOVUPS(Mem{Base: pb, Disp: 32 * i}, b)
		VUNPCKLPS(b, a, lo)
		VUNPCKHPS(b, a, hi)
		VPERM2F128(Imm(0x20), hi, lo, a)
		VPERM2F128(Imm(0x31), hi, lo, b)
		VMOVUPS(a, Mem{Base: dst, Disp: 64 * i})
		VMOVUPS(b, Mem{Base: dst, Disp: 64*i + 32})
	}
	ADDQ(Imm(uint64(m.bytes())), pa)
	ADDQ(Imm(uint64(m.bytes())), pb)
	ADDQ(U32(uint32(2*m.bytes())), dst)
	SUBQ(Imm(uint64(m.lanes)), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// pairMax writes the larger of each two neighbours of x, dst of n whole vectors.
func (m *machine) pairMax() {
	TEXT(m.name("pairMax"), NOSPLIT, "func(dst, x []float32)")
	Pragma("noescape")
	dst, x, n := Load(Param("dst").Base(), GP64()), Load(Param("x").Base(), GP64()), Load(Param("dst").Len(), GP64())
	half := &machine{lanes: 8}
	Label("loop")
	for i := range m.lanes / 8 {
		a, b, even, odd := YMM(), YMM(), YMM(), YMM()
		VMOVUPS(Mem{Base: x, Disp: 64 * i}, a)
		VMOVUPS(Mem{Base: x, Disp: 64*i + 32}, b)
		VSHUFPS(Imm(0x88), b, a, even)
		VSHUFPS(Imm(0xdd), b, a, odd)
		half.extreme(even, odd, true)
		VPERMPD(Imm(0xd8), even, even)
		VMOVUPS(even, Mem{Base: dst, Disp: 32 * i})
	}
	ADDQ(Imm(uint64(m.bytes())), dst)
	ADDQ(U32(uint32(2*m.bytes())), x)
	SUBQ(Imm(uint64(m.lanes)), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
