package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// wavelets writes the kernels of package wavelet. They take whole vectors.
func (m *machine) wavelets() {
	m.lifting("down", "func(dst, a, l, r []int32)", func() func(a, l, r reg.VecVirtual) {
		two := m.allBits(2)
		return func(a, l, r reg.VecVirtual) {
			VPADDD(r, l, l)
			VPADDD(two, l, l)
			VPSRAD(Imm(2), l, l)
			VPSUBD(l, a, a)
		}
	})
	m.lifting("up", "func(dst, a, l, r []int32)", func() func(a, l, r reg.VecVirtual) {
		return func(a, l, r reg.VecVirtual) {
			VPADDD(r, l, l)
			VPSRAD(Imm(1), l, l)
			VPADDD(l, a, a)
		}
	})
	m.lifting("share", "func(dst, a, l, r []float32, f float32)", func() func(a, l, r reg.VecVirtual) {
		f := m.v()
		VBROADCASTSS(argument("f"), f)
		return func(a, l, r reg.VecVirtual) {
			VADDPS(r, l, l)
			VMULPS(f, l, l)
			VSUBPS(l, a, a)
		}
	})
	m.rowsOf("whole", "func(dst *int32, dstStep int, src *uint32, srcStep, w, h int)", func() func(x reg.VecVirtual) {
		return func(x reg.VecVirtual) {
			sign := m.v()
			VPSRAD(Imm(31), x, sign)
			VPSLLD(Imm(1), x, x)
			VPSRLD(Imm(2), x, x)
			m.xor(sign, x)
			VPSUBD(sign, x, x)
		}
	})
	m.rowsOf("scaled", "func(dst *float32, dstStep int, src *uint32, srcStep, w, h int, f float32)", func() func(x reg.VecVirtual) {
		f, sign := m.v(), m.allBits(1<<31)
		VBROADCASTSS(argument("f"), f)
		return func(x reg.VecVirtual) {
			s := m.v()
			VANDPS(sign, x, s)
			VANDNPS(x, sign, x)
			VCVTDQ2PS(x, x)
			VMULPS(f, x, x)
			VORPS(s, x, x)
		}
	})
	m.mapping("within", "func(dst, src []int32, lo, hi, shift int32)", func() func(x reg.VecVirtual) {
		lo, hi, shift := m.everywhere("lo"), m.everywhere("hi"), m.everywhere("shift")
		return func(x reg.VecVirtual) {
			VPMAXSD(lo, x, x)
			VPMINSD(hi, x, x)
			VPADDD(shift, x, x)
		}
	})
	m.mapping("nearest", "func(dst []int32, src []float32, lo, hi float32, shift int32)", func() func(x reg.VecVirtual) {
		lo, hi, shift := m.everywhere("lo"), m.everywhere("hi"), m.everywhere("shift")
		return func(x reg.VecVirtual) {
			VMAXPS(lo, x, x) // lo where x is NaN
			VMINPS(hi, x, x)
			VCVTPS2DQ(x, x)
			VPADDD(shift, x, x)
		}
	})
	m.zipWords()
	m.narrow()
	m.colour("reversible", "func(a, b, c []int32)", func() func(a, b, c, t reg.VecVirtual) {
		return func(a, b, c, t reg.VecVirtual) {
			VPADDD(c, b, t)
			VPSRAD(Imm(2), t, t)
			VPSUBD(t, a, t) // green
			VPADDD(t, c, a)
			VPADDD(t, b, c)
			VMOVAPS(t, b)
		}
	})
	m.colour("irreversible", "func(a, b, c []float32)", func() func(a, b, c, t reg.VecVirtual) {
		red, gb, gr, blue := m.all(1.402), m.all(0.34413), m.all(0.71414), m.all(1.772)
		return func(a, b, c, t reg.VecVirtual) {
			u := m.v()
			VMULPS(gb, b, t)
			VSUBPS(t, a, t)
			VMULPS(gr, c, u)
			VSUBPS(u, t, t) // green
			VMULPS(red, c, u)
			VMULPS(blue, b, c)
			VADDPS(a, c, c)
			VADDPS(u, a, a)
			VMOVAPS(t, b)
		}
	})
	if !m.wide() {
		m.pixels()
	}
}

// colour writes a function that changes three components in place.
func (m *machine) colour(name, signature string, body func() func(a, b, c, t reg.VecVirtual)) {
	TEXT(m.name(name), NOSPLIT, signature)
	Pragma("noescape")
	var p [3]reg.Register
	for i, part := range []string{"a", "b", "c"} {
		p[i] = Load(Param(part).Base(), GP64())
	}
	n := Load(Param("a").Len(), GP64())
	do := body()
	at := GP64()
	XORQ(at, at)
	Label("next")
	v := [4]reg.VecVirtual{m.v(), m.v(), m.v(), m.v()}
	for i, base := range p {
		VMOVUPS(Mem{Base: base, Index: at, Scale: 4}, v[i])
	}
	do(v[0], v[1], v[2], v[3])
	for i, base := range p {
		VMOVUPS(v[i], Mem{Base: base, Index: at, Scale: 4})
	}
	ADDQ(Imm(uint64(m.lanes)), at)
	CMPQ(at, n)
	JLT(LabelRef("next"))
	VZEROUPPER()
	RET()
}

// pixels writes the function that lays the lowest bytes of three lines out by turns. It writes four bytes more.
func (m *machine) pixels() {
	order := GLOBL(m.name("pixelOrder"), RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32([4]uint32{0x04020100, 0x09080605, 0x0e0d0c0a, 0x80808080}[i%4]))
	}
	TEXT(m.name("pixels"), NOSPLIT, "func(dst *byte, a, b, c []int32)")
	Pragma("noescape")
	dst := Load(Param("dst"), GP64())
	a, b, c := Load(Param("a").Base(), GP64()), Load(Param("b").Base(), GP64()), Load(Param("c").Base(), GP64())
	n := Load(Param("a").Len(), GP64())
	mask, perm := m.allBits(255), m.v()
	VMOVDQU(order, perm)
	at := GP64()
	XORQ(at, at)
	Label("next")
	x, y, z := m.v(), m.v(), m.v()
	VPAND(Mem{Base: a, Index: at, Scale: 4}, mask, x)
	VPAND(Mem{Base: b, Index: at, Scale: 4}, mask, y)
	VPAND(Mem{Base: c, Index: at, Scale: 4}, mask, z)
	VPSLLD(Imm(8), y, y)
	VPSLLD(Imm(16), z, z)
	VPOR(y, x, x)
	VPOR(z, x, x)
	VPSHUFB(perm, x, x)
	VMOVDQU(x.AsX(), Mem{Base: dst})
	VEXTRACTI128(Imm(1), x, Mem{Base: dst, Disp: 12})
	ADDQ(Imm(24), dst)
	ADDQ(Imm(8), at)
	CMPQ(at, n)
	JLT(LabelRef("next"))
	VZEROUPPER()
	RET()
}

// argument is where a parameter lies.
func argument(name string) Mem {
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return a.Addr
}

// everywhere gives a parameter of four bytes in every lane.
func (m *machine) everywhere(name string) reg.VecVirtual {
	v := m.v()
	VBROADCASTSS(argument(name), v)
	return v
}

func (m *machine) xor(a, x reg.VecVirtual) {
	if m.wide() {
		VPXORD(a, x, x)
	} else {
		VPXOR(a, x, x)
	}
}

// lifting writes a function that sets dst to each element of a changed by those of l and r.
func (m *machine) lifting(name, signature string, body func() func(a, l, r reg.VecVirtual)) {
	TEXT(m.name(name), NOSPLIT, signature)
	Pragma("noescape")
	dst, a, l, r := Load(Param("dst").Base(), GP64()), Load(Param("a").Base(), GP64()), Load(Param("l").Base(), GP64()), Load(Param("r").Base(), GP64())
	n := Load(Param("dst").Len(), GP64())
	do := body()
	at := GP64()
	XORQ(at, at)
	Label("next")
	va, vl, vr := m.v(), m.v(), m.v()
	VMOVUPS(Mem{Base: a, Index: at, Scale: 4}, va)
	VMOVUPS(Mem{Base: l, Index: at, Scale: 4}, vl)
	VMOVUPS(Mem{Base: r, Index: at, Scale: 4}, vr)
	do(va, vl, vr)
	VMOVUPS(va, Mem{Base: dst, Index: at, Scale: 4})
	ADDQ(Imm(uint64(m.lanes)), at)
	CMPQ(at, n)
	JLT(LabelRef("next"))
	VZEROUPPER()
	RET()
}

// mapping writes a function of each element of src.
func (m *machine) mapping(name, signature string, body func() func(x reg.VecVirtual)) {
	TEXT(m.name(name), NOSPLIT, signature)
	Pragma("noescape")
	dst, src := Load(Param("dst").Base(), GP64()), Load(Param("src").Base(), GP64())
	n := Load(Param("dst").Len(), GP64())
	do := body()
	at := GP64()
	XORQ(at, at)
	Label("next")
	x := m.v()
	VMOVUPS(Mem{Base: src, Index: at, Scale: 4}, x)
	do(x)
	VMOVUPS(x, Mem{Base: dst, Index: at, Scale: 4})
	ADDQ(Imm(uint64(m.lanes)), at)
	CMPQ(at, n)
	JLT(LabelRef("next"))
	VZEROUPPER()
	RET()
}

// rowsOf writes a function of each element of h rows of w, which start dstStep and srcStep elements apart.
func (m *machine) rowsOf(name, signature string, body func() func(x reg.VecVirtual)) {
	TEXT(m.name(name), NOSPLIT, signature)
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	dstStep, srcStep := Load(Param("dstStep"), GP64()), Load(Param("srcStep"), GP64())
	n, h := Load(Param("w"), GP64()), Load(Param("h"), GP64())
	do := body()
	Label("row")
	at := GP64()
	XORQ(at, at)
	Label("next")
	x := m.v()
	VMOVUPS(Mem{Base: src, Index: at, Scale: 4}, x)
	do(x)
	VMOVUPS(x, Mem{Base: dst, Index: at, Scale: 4})
	ADDQ(Imm(uint64(m.lanes)), at)
	CMPQ(at, n)
	JLT(LabelRef("next"))
	LEAQ(Mem{Base: dst, Index: dstStep, Scale: 4}, dst)
	LEAQ(Mem{Base: src, Index: srcStep, Scale: 4}, src)
	DECQ(h)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// zipWords writes the function that lays two lines out by turns; n elements of each.
func (m *machine) zipWords() {
	var firstOrder, lastOrder Mem
	if m.wide() {
		firstOrder, lastOrder = m.quads("zipFirst", 0, 1, 8, 9, 2, 3, 10, 11), m.quads("zipLast", 4, 5, 12, 13, 6, 7, 14, 15)
	}
	TEXT(m.name("zip"), NOSPLIT, "func(dst, a, b *uint32, n int)")
	Pragma("noescape")
	dst, a, b, n := Load(Param("dst"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64()), Load(Param("n"), GP64())
	var first, last reg.VecVirtual
	if m.wide() {
		first, last = m.v(), m.v()
		VMOVUPS(firstOrder, first)
		VMOVUPS(lastOrder, last)
	}
	Label("next")
	x, y, lo, hi := m.v(), m.v(), m.v(), m.v()
	VMOVUPS(Mem{Base: a}, x)
	VMOVUPS(Mem{Base: b}, y)
	VUNPCKLPS(y, x, lo)
	VUNPCKHPS(y, x, hi)
	if m.wide() {
		VMOVAPS(lo, x)
		VPERMT2Q(hi, first, x)
		VPERMT2Q(hi, last, lo)
		VMOVUPS(x, Mem{Base: dst})
		VMOVUPS(lo, Mem{Base: dst, Disp: m.bytes()})
	} else {
		VPERM2F128(Imm(0x20), hi, lo, x)
		VPERM2F128(Imm(0x31), hi, lo, y)
		VMOVUPS(x, Mem{Base: dst})
		VMOVUPS(y, Mem{Base: dst, Disp: m.bytes()})
	}
	ADDQ(Imm(uint64(m.bytes())), a)
	ADDQ(Imm(uint64(m.bytes())), b)
	if m.wide() {
		ADDQ(U32(128), dst)
	} else {
		ADDQ(Imm(64), dst)
	}
	SUBQ(Imm(uint64(m.lanes)), n)
	JG(LabelRef("next"))
	VZEROUPPER()
	RET()
}

func (m *machine) quads(name string, list ...uint64) Mem {
	g := GLOBL(m.name(name), RODATA|NOPTR)
	for i, v := range list {
		DATA(8*i, U64(v))
	}
	return g
}

// narrow writes the function that keeps the lower halves of words.
func (m *machine) narrow() {
	TEXT(m.name("narrow"), NOSPLIT, "func(dst *uint16, src []int32)")
	Pragma("noescape")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src").Base(), GP64()), Load(Param("src").Len(), GP64())
	var mask reg.VecVirtual
	if !m.wide() {
		mask = m.allBits(0xffff)
	}
	Label("next")
	x := m.v()
	VMOVUPS(Mem{Base: src}, x)
	if m.wide() {
		VPMOVDW(x, Mem{Base: dst})
		ADDQ(Imm(32), dst)
	} else {
		VPAND(mask, x, x)
		VPACKUSDW(x, x, x)
		VPERMQ(Imm(0x08), x, x)
		VMOVUPS(x.AsX(), Mem{Base: dst})
		ADDQ(Imm(16), dst)
	}
	ADDQ(Imm(uint64(m.bytes())), src)
	SUBQ(Imm(uint64(m.lanes)), n)
	JG(LabelRef("next"))
	VZEROUPPER()
	RET()
}
