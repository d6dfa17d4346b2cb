package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// quads writes the kernel of dicom/codec/jpeg2000 that decodes the samples of rows of quads (ITU-T T.814 7.3.7 and 7.3.8),
// two quads at a time, each in a half of the vectors. No exponent depends on the row's own bits, so that all that is carried
// from pair to pair is the place in the bits.
func quads() {
	words := func(name string, list ...uint32) Mem {
		g := GLOBL(name, RODATA|NOPTR)
		for i := range 8 {
			DATA(4*i, U32(list[i%len(list)]))
		}
		return g
	}
	eachQuad := words("eachQuad", 0x03020100, 0x03020100, 0x03020100, 0x03020100, 0x07060504, 0x07060504, 0x07060504, 0x07060504)
	lowBytes := words("lowBytes", 0, 0x04040404, 0x08080808, 0x0c0c0c0c)
	fourBytes := words("fourBytes", 0x03020100)
	ones := words("ones", 1)
	seven := words("seven", 7)
	bias := words("bias", 127)
	fifteen := words("fifteen", 15)
	longest := words("longest", 31) // so that a row's bits stay within what follows the last
	two := words("twos", 2)
	rho := words("rhoBits", 27, 26, 25, 24) // places of the fields of an entry, to the left
	known := words("knownBits", 12, 13, 14, 15)
	first := words("oneBits", 8, 9, 10, 11)

	TEXT("quadsFast", NOSPLIT, "func(r *byte)")
	Pragma("noescape")
	r := Load(Param("r"), GP64())
	load := func(field int) reg.GPVirtual {
		g := GP64()
		MOVQ(Mem{Base: r, Disp: 8 * field}, g)
		return g
	}
	bits, at, rows := load(5), load(6), load(10)
	plane, most, one := XMM(), YMM(), YMM()
	VMOVQ(Mem{Base: r, Disp: 64}, plane)
	VPXOR(most, most, most)
	VMOVDQU(ones, one)
	Label("row")
	end := load(13)
	CMPQ(at, end)
	CMOVQGT(end, at)
	quad, above, below, top, bottom, pairs := load(0), load(1), load(2), load(3), load(4), load(7)
	Label("pair")
	x := YMM()
	VPBROADCASTQ(Mem{Base: quad}, x)
	VPSHUFB(eachQuad, x, x)

	// The exponent: one below the largest of the four bottom samples around above, where more than one is significant.
	e, t := YMM(), YMM()
	VMOVDQU(Mem{Base: above}, e.AsX())
	VINSERTI128(Imm(1), Mem{Base: above, Disp: 8}, e, e)
	VPSHUFD(Imm(0x4e), e, t)
	VPOR(t, e, e)
	VPSHUFD(Imm(0xb1), e, t)
	VPOR(t, e, e)
	VPSRLD(Imm(1), e, t)
	VPANDN(e, t, e) // no rounding up
	VCVTDQ2PS(e, e)
	VPSRLD(Imm(23), e, e)
	VPSUBD(bias, e, e)
	VPMAXSD(one, e, e)
	s := YMM()
	VPSRLD(Imm(4), x, s)
	VPAND(fifteen, s, s)
	VPSUBD(one, s, t)
	VPAND(s, t, t)
	VPXOR(s, s, s)
	VPCMPEQD(s, t, t)
	VPBLENDVB(t, one, e, e)
	VPSRLD(Imm(16), x, t)
	VPADDD(t, e, e)
	VPMAXUD(e, most, most)
	VPMINUD(longest, e, e)

	// How many bits each sample takes, and where they begin.
	sig, m := YMM(), YMM()
	VPSLLVD(rho, x, sig)
	VPSRAD(Imm(31), sig, sig)
	VPSRLVD(known, x, t)
	VPAND(one, t, t)
	VPSUBD(t, e, m)
	VPAND(sig, m, m)
	sum := YMM()
	VPSLLDQ(Imm(4), m, t)
	VPADDD(m, t, sum)
	VPSLLDQ(Imm(8), sum, t)
	VPADDD(t, sum, sum)
	low, high := GP64(), GP64()
	VPEXTRD(Imm(3), sum.AsX(), low.As32())
	VEXTRACTI128(Imm(1), sum, t.AsX())
	VPEXTRD(Imm(3), t.AsX(), high.As32())
	VPSUBD(m, sum, sum)
	place := GP64()
	d, o, o2 := YMM(), YMM(), XMM()
	MOVQ(at, place)
	SHRQ(Imm(3), place)
	VMOVDQU(Mem{Base: bits, Index: place, Scale: 1}, d.AsX())
	VMOVD(at.As32(), o.AsX())
	ADDQ(low, at)
	MOVQ(at, place)
	SHRQ(Imm(3), place)
	VINSERTI128(Imm(1), Mem{Base: bits, Index: place, Scale: 1}, d, d)
	VMOVD(at.As32(), o2)
	ADDQ(high, at)
	VINSERTI128(Imm(1), o2, o, o)
	VPSHUFD(Imm(0), o, o)
	VPAND(seven, o, o)
	VPADDD(sum, o, o)
	VPSRLD(Imm(3), o, t)
	VPSHUFB(lowBytes, t, t)
	VPADDB(fourBytes, t, t)
	VPSHUFB(t, d, d)
	VPAND(seven, o, o)
	VPSRLVD(o, d, d)

	// The bits, the one known above them, and what they stand for.
	VPSLLVD(m, one, t)
	VPSUBD(one, t, t)
	VPAND(t, d, d)
	VPSRLVD(first, x, t)
	VPAND(one, t, t)
	VPSLLVD(m, t, t)
	VPOR(t, d, d)
	w := YMM()
	VPOR(one, d, w)
	VPSLLD(Imm(31), d, d)
	VPAND(sig, w, t)
	VPADDD(two, w, w)
	VPSLLD(plane, w, w)
	VPOR(d, w, w)
	VPAND(sig, w, w)
	for _, v := range []reg.VecVirtual{w, t} {
		VPSHUFD(Imm(0xd8), v, v)
		VPERMQ(Imm(0xd8), v, v)
	}
	VMOVDQU(w.AsX(), Mem{Base: top})
	VEXTRACTI128(Imm(1), w, Mem{Base: bottom})
	VEXTRACTI128(Imm(1), t, Mem{Base: below})
	ADDQ(Imm(8), quad)
	for _, p := range []reg.GPVirtual{above, below, top, bottom} {
		ADDQ(Imm(16), p)
	}
	DECQ(pairs)
	JNZ(LabelRef("pair"))
	// This row's bottom samples are those above the next one, which leaves its own where those above were.
	step := load(11)
	ADDQ(step, Mem{Base: r, Disp: 24})
	ADDQ(step, Mem{Base: r, Disp: 32})
	step = load(12)
	ADDQ(step, Mem{Base: r, Disp: 0})
	next := load(2)
	SUBQ(Imm(4), next)
	step = load(1)
	ADDQ(Imm(4), step)
	MOVQ(next, Mem{Base: r, Disp: 8})
	MOVQ(step, Mem{Base: r, Disp: 16})
	DECQ(rows)
	JNZ(LabelRef("row"))
	VEXTRACTI128(Imm(1), most, x.AsX())
	VPMAXUD(x.AsX(), most.AsX(), most.AsX())
	MOVQ(U32(0), Mem{Base: r, Disp: 72})
	VPSHUFD(Imm(0x4e), most.AsX(), x.AsX())
	VPMAXUD(x.AsX(), most.AsX(), most.AsX())
	VMOVD(most.AsX(), Mem{Base: r, Disp: 72})
	VZEROUPPER()
	RET()
}
