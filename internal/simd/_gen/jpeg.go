package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// jpegs writes the kernels of dicom/codec/jpeg: the inverse DCT of a block, the doubling of rows, and the
// interleaving of three planes.
func jpegs() {
	inverseDCT()
	doubleRow("doubleRowFast", true)
	doubleRow("widenRowFast", false)
	interleaveThree()
}

// words256 is a vector of one 32-bit word.
func words256(name string, v uint32) Mem {
	g := GLOBL(name, RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(v))
	}
	return g
}

// inverseDCT is idct of dicom/codec/jpeg with 8-bit samples: a lane is a column in the first pass and, turned
// over, a row in the second.
func inverseDCT() {
	fix := map[uint32]Mem{}
	for _, c := range []struct {
		name string
		v    uint32
	}{{"fix0298", 2446}, {"fix0390", 3196}, {"fix0541", 4433}, {"fix0765", 6270}, {"fix0899", 7373}, {"fix1175", 9633}, {"fix1501", 12299},
		{"fix1847", 15137}, {"fix1961", 16069}, {"fix2053", 16819}, {"fix2562", 20995}, {"fix3072", 25172}} {
		fix[c.v] = words256(c.name, c.v)
	}
	round1, round2, centre := words256("round11", 1<<10), words256("round18", 1<<17), words256("centre128", 128)
	columns := GLOBL("fourColumns", RODATA|NOPTR)
	for i := range 8 {
		r := uint32(i % 4)
		DATA(4*i, U32(r|(r+4)<<8|(r+8)<<16|(r+12)<<24))
	}

	TEXT("idctFast", NOSPLIT, "func(dst *byte, stride int, coefs *int16, quant *int32)")
	Pragma("noescape")
	dst, stride := Load(Param("dst"), GP64()), Load(Param("stride"), GP64())
	coefs, quant := Load(Param("coefs"), GP64()), Load(Param("quant"), GP64())
	x := make([]reg.VecVirtual, 8)
	for i := range x {
		x[i] = YMM()
		VPMOVSXWD(Mem{Base: coefs, Disp: 16 * i}, x[i])
		VPMULLD(Mem{Base: quant, Disp: 32 * i}, x[i], x[i])
	}
	x = butterfly(x, fix, round1, 11)
	x = turnOver(x)
	x = butterfly(x, fix, round2, 18)
	for i := range x {
		VPADDD(centre, x[i], x[i])
	}
	for i := 0; i < 8; i += 2 {
		VPACKSSDW(x[i+1], x[i], x[i])
	}
	VPACKUSWB(x[2], x[0], x[0])
	VPACKUSWB(x[6], x[4], x[4])
	VPSHUFB(columns, x[0], x[0]) // four columns of a row together
	VPSHUFB(columns, x[4], x[4])
	low, high := YMM(), YMM()
	VPUNPCKLDQ(x[4], x[0], low)  // rows 0, 1 | 4, 5
	VPUNPCKHDQ(x[4], x[0], high) // rows 2, 3 | 6, 7
	two := func(v reg.VecVirtual) {
		VMOVLPS(v.AsX(), Mem{Base: dst})
		VMOVHPS(v.AsX(), Mem{Base: dst, Index: stride, Scale: 1})
		LEAQ(Mem{Base: dst, Index: stride, Scale: 2}, dst)
	}
	two(low)
	two(high)
	VEXTRACTI128(Imm(1), low, low.AsX())
	VEXTRACTI128(Imm(1), high, high.AsX())
	two(low)
	two(high)
	VZEROUPPER()
	RET()
}

// butterfly is an 8-point pass whose results are rounded and shifted down by n.
func butterfly(x []reg.VecVirtual, fix map[uint32]Mem, round Mem, n uint64) []reg.VecVirtual {
	times := func(v reg.VecVirtual, c uint32) reg.VecVirtual {
		r := YMM()
		VPMULLD(fix[c], v, r)
		return r
	}
	sum := func(a, b reg.VecVirtual) reg.VecVirtual {
		r := YMM()
		VPADDD(b, a, r)
		return r
	}
	// The odd part, whose sums go where the inputs were.
	z1, z2, z3, z4 := sum(x[7], x[1]), sum(x[5], x[3]), sum(x[7], x[3]), sum(x[5], x[1])
	z5 := times(sum(z3, z4), 9633)
	VPMULLD(fix[16069], z3, z3)
	VPSUBD(z3, z5, z3)
	VPMULLD(fix[3196], z4, z4)
	VPSUBD(z4, z5, z4)
	VPMULLD(fix[7373], z1, z1)
	VPMULLD(fix[20995], z2, z2)
	odd := []struct {
		at   int
		c    uint32
		a, b reg.VecVirtual
	}{{7, 2446, z1, z3}, {5, 16819, z2, z4}, {3, 25172, z2, z3}, {1, 12299, z1, z4}}
	for _, o := range odd {
		VPMULLD(fix[o.c], x[o.at], x[o.at])
		VPSUBD(o.a, x[o.at], x[o.at])
		VPADDD(o.b, x[o.at], x[o.at])
	}
	t0, t1, t2, t3 := x[7], x[5], x[3], x[1]
	// The even part.
	z := times(sum(x[2], x[6]), 4433)
	VPMULLD(fix[15137], x[6], x[6])
	VPSUBD(x[6], z, x[6]) // e2
	VPMULLD(fix[6270], x[2], x[2])
	VPADDD(x[2], z, x[2]) // e3
	e0 := sum(x[0], x[4])
	VPSUBD(x[4], x[0], x[0])
	e1 := x[0]
	VPSLLD(Imm(13), e0, e0)
	VPSLLD(Imm(13), e1, e1)
	VPADDD(round, e0, e0)
	VPADDD(round, e1, e1)
	t10 := sum(e0, x[2])
	VPSUBD(x[2], e0, x[2])
	t13 := x[2]
	t11 := sum(e1, x[6])
	VPSUBD(x[6], e1, x[6])
	t12 := x[6]
	out := make([]reg.VecVirtual, 8)
	for i, p := range [][2]reg.VecVirtual{{t10, t3}, {t11, t2}, {t12, t1}, {t13, t0}} {
		out[i] = sum(p[0], p[1])
		VPSUBD(p[1], p[0], p[0])
		out[7-i] = p[0]
		VPSRAD(Imm(n), out[i], out[i])
		VPSRAD(Imm(n), out[7-i], out[7-i])
	}
	return out
}

// turnOver makes columns of eight rows of eight words.
func turnOver(x []reg.VecVirtual) []reg.VecVirtual {
	y := make([]reg.VecVirtual, 8)
	for i := 0; i < 8; i += 2 {
		y[i], y[i+1] = YMM(), YMM()
		VPUNPCKLDQ(x[i+1], x[i], y[i])
		VPUNPCKHDQ(x[i+1], x[i], y[i+1])
	}
	z := make([]reg.VecVirtual, 8)
	for i := 0; i < 8; i += 4 {
		for k := range 4 {
			z[i+k] = YMM()
		}
		VPUNPCKLQDQ(y[i+2], y[i], z[i])
		VPUNPCKHQDQ(y[i+2], y[i], z[i+1])
		VPUNPCKLQDQ(y[i+3], y[i+1], z[i+2])
		VPUNPCKHQDQ(y[i+3], y[i+1], z[i+3])
	}
	out := make([]reg.VecVirtual, 8)
	for c := range 4 {
		out[c], out[4+c] = YMM(), YMM()
		VPERM2I128(Imm(0x20), z[4+c], z[c], out[c])
		VPERM2I128(Imm(0x31), z[4+c], z[c], out[4+c])
	}
	return out
}

// doubleRow makes 32 samples of each 16 inputs: of two rows, or of near alone. It reads one sample before and
// one behind them. n is a multiple of 16.
func doubleRow(name string, rows bool) {
	TEXT(name, NOSPLIT, "func(out, near, far *byte, n int)")
	Pragma("noescape")
	out, near, far, n := Load(Param("out"), GP64()), Load(Param("near"), GP64()), Load(Param("far"), GP64()), Load(Param("n"), GP64())
	constant := func(v uint32) reg.VecVirtual {
		g, r := GP32(), YMM()
		MOVL(U32(v*0x10001), g)
		VMOVD(g, r.AsX())
		VPBROADCASTD(r.AsX(), r)
		return r
	}
	left, right, shift := constant(1), constant(2), uint64(2)
	if rows {
		left, right, shift = constant(8), constant(7), 4
	}
	Label("next")
	sums := func(at int) reg.VecVirtual {
		v := YMM()
		VPMOVZXBW(Mem{Base: near, Disp: at}, v)
		if !rows {
			return v
		}
		f, t := YMM(), YMM()
		VPMOVZXBW(Mem{Base: far, Disp: at}, f)
		VPADDW(v, v, t)
		VPADDW(t, v, v)
		VPADDW(f, v, v)
		return v
	}
	this, before, behind, t := sums(0), sums(-1), sums(1), YMM()
	VPADDW(this, this, t)
	VPADDW(t, this, this)
	VPADDW(this, before, before)
	VPADDW(left, before, before)
	VPSRLW(Imm(shift), before, before)
	VPADDW(this, behind, behind)
	VPADDW(right, behind, behind)
	VPSRLW(Imm(shift), behind, behind)
	VPSLLW(Imm(8), behind, behind) // each pair of bytes is a word
	VPOR(behind, before, before)
	VMOVDQU(before, Mem{Base: out})
	ADDQ(Imm(32), out)
	ADDQ(Imm(16), near)
	ADDQ(Imm(16), far)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("next"))
	VZEROUPPER()
	RET()
}

// interleaveThree makes pixels of three planes, 16 at a time; n is a multiple of 16.
func interleaveThree() {
	var masks [3][3]Mem // of the part of the result and the plane
	for part := range 3 {
		for plane := range 3 {
			g := GLOBL("inter"+string(rune('0'+part))+string(rune('a'+plane)), RODATA|NOPTR)
			for i := range 16 {
				v := byte(0x80)
				if at := 16*part + i; at%3 == plane {
					v = byte(at / 3)
				}
				DATA(i, U8(v))
			}
			masks[part][plane] = g
		}
	}
	TEXT("interleaveFast", NOSPLIT, "func(out, a, b, c *byte, n int)")
	Pragma("noescape")
	out, n := Load(Param("out"), GP64()), Load(Param("n"), GP64())
	planes := []reg.Register{Load(Param("a"), GP64()), Load(Param("b"), GP64()), Load(Param("c"), GP64())}
	var held [3][3]reg.VecVirtual
	for part := range 3 {
		for plane := range 3 {
			held[part][plane] = XMM()
			VMOVDQU(masks[part][plane], held[part][plane])
		}
	}
	Label("pixels")
	var v [3]reg.VecVirtual
	for k := range 3 {
		v[k] = XMM()
		VMOVDQU(Mem{Base: planes[k]}, v[k])
		ADDQ(Imm(16), planes[k])
	}
	for part := range 3 {
		sum, t := XMM(), XMM()
		VPSHUFB(held[part][0], v[0], sum)
		for plane := 1; plane < 3; plane++ {
			VPSHUFB(held[part][plane], v[plane], t)
			VPOR(t, sum, sum)
		}
		VMOVDQU(sum, Mem{Base: out, Disp: 16 * part})
	}
	ADDQ(Imm(48), out)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("pixels"))
	RET()
}
