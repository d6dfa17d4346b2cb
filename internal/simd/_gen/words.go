package main

import (
	"fmt"
	"go/format"
	"os"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileScale is the offset of Scale in simd.Tile.
const tileScale = 96

// wordKind is a row tile over 32-bit words of several narrow values.
type wordKind struct {
	name  string
	float bool // sums are float32; else int32
	step  func(m *machine, b, w, acc, tmp reg.VecPhysical)
}

// wordVecs is the most vectors across of a tile of words.
const wordVecs = 2

func (m *machine) wordRows() int {
	if m.wide() {
		return 14
	}
	return 6
}

func (m *machine) wordKinds() []wordKind {
	pairs := wordKind{"Pairs", false, func(_ *machine, b, w, acc, tmp reg.VecPhysical) {
		VPMADDWD(b, w, tmp)
		VPADDD(tmp, acc, acc)
	}}
	if !m.wide() {
		return []wordKind{pairs}
	}
	return []wordKind{
		pairs,
		{"Bytes", false, func(_ *machine, b, w, acc, _ reg.VecPhysical) { VPDPBUSD(w, b, acc) }},
		{"Bfloat16", true, func(_ *machine, b, w, acc, _ reg.VecPhysical) { dotBfloat16(w, b, acc) }},
	}
}

// dotBfloat16 is VDPBF16PS zmm acc, b, w, which avo and the assembler do not know: EVEX.512.F3.0F38.W0 52 /r.
func dotBfloat16(w, b, acc reg.VecPhysical) {
	id := func(r reg.VecPhysical) int { return int(r.PhysicalIndex()) }
	bit := func(r, n int) int { return r >> n & 1 }
	d, v, s := id(acc), id(b), id(w)
	p0 := (1-bit(d, 3))<<7 | (1-bit(s, 4))<<6 | (1-bit(s, 3))<<5 | (1-bit(d, 4))<<4 | 2
	p1 := (15-v&15)<<3 | 1<<2 | 2
	p2 := 2<<5 | (1-bit(v, 4))<<3
	for _, x := range []int{0x62, p0, p1, p2, 0x52, 0xc0 | d&7<<3 | s&7} {
		Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []Op{U8(x)}})
	}
}

func (m *machine) wordTileName(k wordKind, rows, nv int) string {
	return m.name(fmt.Sprintf("tile%s%dx%dx", k.name, rows, nv))
}

// words writes the row tiles over words and the conversions into them.
func (m *machine) words() {
	for _, k := range m.wordKinds() {
		for nv := 1; nv <= wordVecs; nv++ {
			for rows := 1; rows <= m.wordRows(); rows++ {
				m.wordTile(k, rows, nv)
			}
		}
	}
	m.quantise4()
	m.centre2()
	m.roundBfloat16()
	m.rangeOf()
	if m.wide() {
		m.pairBfloat16()
		m.floatBytes()
		m.requantise()
		m.dequantise()
	}
}

func (m *machine) wordTile(k wordKind, rows, nv int) {
	TEXT(m.wordTileName(k, rows, nv), NOSPLIT, "func(t *byte)")
	regs := m.regs()
	acc := func(r, v int) reg.VecPhysical { return regs[r*nv+v] }
	bvec := func(v int) reg.VecPhysical { return regs[rows*nv+v] }
	w, tmp := regs[rows*nv+nv], regs[rows*nv+nv+1]
	t, a0, b0, taps, ntaps := reg.RDI, reg.RAX, reg.RBX, reg.RSI, reg.RDX
	n, bstride, a, b, left := reg.R8, reg.R9, reg.R10, reg.R11, reg.R12
	Load(Param("t"), t)
	field := func(off int) Mem { return Mem{Base: t, Disp: off} }
	MOVQ(field(tileA), a0)
	MOVQ(field(tileB), b0)
	MOVQ(field(tileTaps), taps)
	MOVQ(field(tileNTaps), ntaps)
	MOVQ(field(tileN), n)
	MOVQ(field(tileBStride), bstride)
	for r := range rows {
		for v := range nv {
			m.zero(acc(r, v))
		}
	}
	TESTQ(n, n)
	JZ(LabelRef("summed"))
	TESTQ(ntaps, ntaps)
	JZ(LabelRef("summed"))
	Label("tap")
	MOVQ(Mem{Base: taps}, a)
	ADDQ(a0, a)
	MOVQ(Mem{Base: taps, Disp: 8}, b)
	ADDQ(b0, b)
	ADDQ(Imm(16), taps)
	MOVQ(n, left)
	Label("step")
	for v := range nv {
		VMOVUPS(Mem{Base: b, Disp: v * m.bytes()}, bvec(v))
	}
	for r := range rows {
		VBROADCASTSS(Mem{Base: a, Disp: 4 * r}, w)
		for v := range nv {
			k.step(m, bvec(v), w, acc(r, v), tmp)
		}
	}
	ADDQ(bstride, b)
	ADDQ(Imm(uint64(4*rows)), a)
	DECQ(left)
	JNZ(LabelRef("step"))
	DECQ(ntaps)
	JNZ(LabelRef("tap"))
	Label("summed")
	if !k.float {
		p := reg.R10
		MOVQ(field(tileScale), p)
		TESTQ(p, p)
		JZ(LabelRef("raw"))
		for r := range rows {
			VBROADCASTSS(Mem{Base: p, Disp: 4 * r}, w)
			for v := range nv {
				VCVTDQ2PS(acc(r, v), acc(r, v))
				VMULPS(w, acc(r, v), acc(r, v))
			}
		}
	}
	m.addBias(rows, nv, acc, field)
	if m.wide() {
		m.tailMask(field)
	}
	m.tileEnd(rows, nv, acc, field)
	VZEROUPPER()
	RET()
	if !k.float {
		Label("raw")
		m.rawEnd(rows, nv, acc, field)
		VZEROUPPER()
		RET()
	}
}

// rawEnd stores the int32 sums as they are.
func (m *machine) rawEnd(rows, nv int, acc func(r, v int) reg.VecPhysical, field func(int) Mem) {
	mask := m.regs()[rows*nv]
	c, cstride, tail := reg.RBX, reg.R9, reg.RCX
	MOVQ(field(tileC), c)
	MOVQ(field(tileCStride), cstride)
	MOVQ(field(tileTail), tail)
	if m.wide() {
		MOVL(U32(1), reg.EAX)
		SHLL(reg.CL, reg.EAX)
		DECL(reg.EAX)
		KMOVW(reg.EAX, reg.K1)
	} else {
		LEAQ(m.maskTable(), reg.RAX)
		SHLQ(Imm(2), tail)
		SUBQ(tail, reg.RAX)
		VMOVUPS(Mem{Base: reg.RAX, Disp: 4 * m.lanes}, mask)
	}
	for r := range rows {
		for v := range nv {
			dst := Mem{Base: c, Disp: v * m.bytes()}
			switch {
			case v < nv-1:
				VMOVUPS(acc(r, v), dst)
			case m.wide():
				VMOVUPS(acc(r, v), reg.K1, dst)
			default:
				VMASKMOVPS(acc(r, v), mask, dst)
			}
		}
		if r < rows-1 {
			ADDQ(cstride, c)
		}
	}
}

// quantised leaves clamp(round(x·inverse) + zero, 0, 255) of the 16 or 8 floats at src in x.
func (m *machine) quantised(src Mem, inverse, zero, low, high, x reg.VecVirtual) {
	VMOVUPS(src, x)
	VMULPS(inverse, x, x)
	VMINPS(m.far, x, x) // the conversion's range ends at 2³¹; below it, it gives the least integer
	VCVTPS2DQ(x, x)
	VPADDD(zero, x, x)
	VPMAXSD(low, x, x)
	VPMINSD(high, x, x)
}

// vectorsOf runs body over whole vectors of dst, whose length in words counts.
func (m *machine) vectorsOf(pointers []reg.GPVirtual, n reg.GPVirtual, body func()) {
	SHRQ(Imm(uint64(m.shift())), n)
	JZ(LabelRef("end"))
	Label("next")
	body()
	for _, p := range pointers {
		ADDQ(Imm(uint64(m.bytes())), p)
	}
	DECQ(n)
	JNZ(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}

func (m *machine) shift() int {
	if m.wide() {
		return 4
	}
	return 3
}

// pointer loads a slice's or pointer argument.
func base(name string) reg.GPVirtual { return Load(Param(name).Base(), GP64()).(reg.GPVirtual) }

// broadcast loads a 32-bit argument into every lane.
func (m *machine) broadcast(name string) reg.VecVirtual {
	r := m.v()
	addr, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(addr.Addr, r)
	return r
}

func (m *machine) quantise4() {
	TEXT(m.name("quantise4"), NOSPLIT, "func(dst []uint32, a, b, c, d []float32, inverse float32, zero int32)")
	dst := base("dst")
	src := []reg.GPVirtual{base("a"), base("b"), base("c"), base("d")}
	n := Load(Param("dst").Len(), GP64()).(reg.GPVirtual)
	inverse, zero := m.broadcast("inverse"), m.broadcast("zero")
	low, high := m.v(), m.allBits(255)
	m.far = m.all(1 << 20)
	VXORPS(low, low, low)
	m.vectorsOf(append(src, dst), n, func() {
		word, x := m.v(), m.v()
		m.quantised(Mem{Base: src[0]}, inverse, zero, low, high, word)
		for i := 1; i < 4; i++ {
			m.quantised(Mem{Base: src[i]}, inverse, zero, low, high, x)
			VPSLLD(Imm(uint64(8*i)), x, x)
			VPOR_(m, x, word)
		}
		VMOVUPS(word, Mem{Base: dst})
	})
}

// VPOR_ is dst |= x at either width.
func VPOR_(m *machine, x, dst reg.VecVirtual) {
	if m.wide() {
		VPORD(x, dst, dst)
	} else {
		VPOR(x, dst, dst)
	}
}

func vpand(m *machine, x, dst reg.VecVirtual) {
	if m.wide() {
		VPANDD(x, dst, dst)
	} else {
		VPAND(x, dst, dst)
	}
}

// centre2 makes words of two 16-bit values: quantised, less the zero point.
func (m *machine) centre2() {
	TEXT(m.name("centre2"), NOSPLIT, "func(dst []uint32, a, b []float32, inverse float32, zero int32)")
	dst, a, b := base("dst"), base("a"), base("b")
	n := Load(Param("dst").Len(), GP64()).(reg.GPVirtual)
	inverse, zero := m.broadcast("inverse"), m.broadcast("zero")
	low, high, sixteen := m.v(), m.allBits(255), m.allBits(0xffff)
	m.far = m.all(1 << 20)
	VXORPS(low, low, low)
	m.vectorsOf([]reg.GPVirtual{a, b, dst}, n, func() {
		x, y := m.v(), m.v()
		m.quantised(Mem{Base: a}, inverse, zero, low, high, x)
		VPSUBD(zero, x, x)
		vpand(m, sixteen, x)
		m.quantised(Mem{Base: b}, inverse, zero, low, high, y)
		VPSUBD(zero, y, y)
		VPSLLD(Imm(16), y, y)
		VPOR_(m, y, x)
		VMOVUPS(x, Mem{Base: dst})
	})
}

// toBfloat16 rounds x to nearest, ties to even; its low half is left as it falls. What is no number becomes a quiet one of its kind.
func (m *machine) toBfloat16(x, half, one, quiet reg.VecVirtual) {
	y := m.v()
	VPSRLD(Imm(16), x, y)
	vpand(m, one, y)
	VPADDD(half, y, y)
	VPADDD(x, y, y)
	nan := m.v()
	if m.wide() {
		k := K()
		VCMPPS(Imm(3), x, x, k)
		VPORD(quiet, x, nan)
		VMOVAPS(nan, k, y)
		VMOVAPS(y, x)
		return
	}
	VCMPPS(Imm(3), x, x, nan)
	VPOR(quiet, x, x)
	VBLENDVPS(nan, x, y, x)
}

func (m *machine) roundBfloat16() {
	TEXT(m.name("roundBfloat16x"), NOSPLIT, "func(dst, x []float32)")
	dst, src := base("dst"), base("x")
	n := Load(Param("dst").Len(), GP64()).(reg.GPVirtual)
	half, one, quiet, top := m.allBits(0x7fff), m.allBits(1), m.allBits(0x400000), m.allBits(0xffff0000)
	m.vectorsOf([]reg.GPVirtual{src, dst}, n, func() {
		x := m.v()
		VMOVUPS(Mem{Base: src}, x)
		m.toBfloat16(x, half, one, quiet)
		vpand(m, top, x)
		VMOVUPS(x, Mem{Base: dst})
	})
}

func (m *machine) pairBfloat16() {
	TEXT(m.name("pairBfloat16x"), NOSPLIT, "func(dst []uint32, a, b []float32)")
	dst, a, b := base("dst"), base("a"), base("b")
	n := Load(Param("dst").Len(), GP64()).(reg.GPVirtual)
	half, one, quiet, top := m.allBits(0x7fff), m.allBits(1), m.allBits(0x400000), m.allBits(0xffff0000)
	m.vectorsOf([]reg.GPVirtual{a, b, dst}, n, func() {
		x, y := m.v(), m.v()
		VMOVUPS(Mem{Base: a}, x)
		m.toBfloat16(x, half, one, quiet)
		VPSRLD(Imm(16), x, x)
		VMOVUPS(Mem{Base: b}, y)
		m.toBfloat16(y, half, one, quiet)
		vpand(m, top, y)
		VPOR_(m, y, x)
		VMOVUPS(x, Mem{Base: dst})
	})
}

// toBytes clamps the integers of x, which are rounded floats, and stores their low bytes at dst.
func (m *machine) toBytes(x, zero, low, high reg.VecVirtual, dst Mem) {
	VMINPS(m.far, x, x)
	VCVTPS2DQ(x, x)
	VPADDD(zero, x, x)
	VPMAXSD(low, x, x)
	VPMINSD(high, x, x)
	VPMOVDB(x, dst)
}

// bytesOf runs body over 16 elements at a time; wide pointers move 64 bytes and dst 16.
func (m *machine) bytesOf(dst, src, n reg.GPVirtual, body func()) {
	SHRQ(Imm(4), n)
	JZ(LabelRef("end"))
	Label("next")
	body()
	ADDQ(Imm(64), src)
	ADDQ(Imm(16), dst)
	DECQ(n)
	JNZ(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}

func (m *machine) floatBytes() {
	TEXT(m.name("floatBytes"), NOSPLIT, "func(dst []byte, x []float32, step float32, zero, lo, hi int32)")
	dst, src := base("dst"), base("x")
	n := Load(Param("dst").Len(), GP64()).(reg.GPVirtual)
	step, zero, low, high := m.broadcast("step"), m.broadcast("zero"), m.broadcast("lo"), m.broadcast("hi")
	m.far = m.all(1 << 20)
	m.bytesOf(dst, src, n, func() {
		x := m.v()
		VMOVUPS(Mem{Base: src}, x)
		VDIVPS(step, x, x)
		m.toBytes(x, zero, low, high, Mem{Base: dst})
	})
}

func (m *machine) requantise() {
	TEXT(m.name("requantise"), NOSPLIT, "func(dst []byte, sum []int32, bias int32, scale float32, zero, lo, hi int32)")
	dst, src := base("dst"), base("sum")
	n := Load(Param("dst").Len(), GP64()).(reg.GPVirtual)
	bias, scale, zero, low, high := m.broadcast("bias"), m.broadcast("scale"), m.broadcast("zero"), m.broadcast("lo"), m.broadcast("hi")
	m.far = m.all(1 << 20)
	m.bytesOf(dst, src, n, func() {
		x := m.v()
		VPADDD(Mem{Base: src}, bias, x)
		VCVTDQ2PS(x, x)
		VMULPS(scale, x, x)
		m.toBytes(x, zero, low, high, Mem{Base: dst})
	})
}

func (m *machine) dequantise() {
	TEXT(m.name("dequantise"), NOSPLIT, "func(dst []float32, sum []int32, offset int32, factor float32, scale []float32)")
	dst, src, scale := base("dst"), base("sum"), base("scale")
	n := Load(Param("dst").Len(), GP64()).(reg.GPVirtual)
	offset, factor := m.broadcast("offset"), m.broadcast("factor")
	m.vectorsOf([]reg.GPVirtual{src, scale, dst}, n, func() {
		x, f := m.v(), m.v()
		VMOVUPS(Mem{Base: src}, x)
		VPSUBD(offset, x, x)
		VCVTDQ2PS(x, x)
		VMULPS(Mem{Base: scale}, factor, f)
		VMULPS(f, x, x)
		VMOVUPS(x, Mem{Base: dst})
	})
}

// rangeOf finds the least and the greatest element; once a NaN is seen, it stays in both.
func (m *machine) rangeOf() {
	TEXT(m.name("rangeOf"), NOSPLIT, "func(x []float32, lo, hi *[16]float32)")
	src, lop, hip := base("x"), Load(Param("lo"), GP64()).(reg.GPVirtual), Load(Param("hi"), GP64()).(reg.GPVirtual)
	n := Load(Param("x").Len(), GP64()).(reg.GPVirtual)
	lo, hi, bad := m.v(), m.v(), m.v()
	VMOVUPS(Mem{Base: src}, lo)
	VMOVAPS(lo, hi)
	VXORPS(bad, bad, bad)
	SHRQ(Imm(uint64(m.shift())), n)
	Label("next")
	x, zero := m.v(), m.v()
	VMOVUPS(Mem{Base: src}, x)
	VMINPS(x, lo, lo)
	VMAXPS(x, hi, hi)
	// x − x is 0, and NaN for infinities and NaN, which stays in the sum.
	VSUBPS(x, x, zero)
	VADDPS(zero, bad, bad)
	ADDQ(Imm(uint64(m.bytes())), src)
	DECQ(n)
	JNZ(LabelRef("next"))
	VADDPS(bad, lo, lo)
	VADDPS(bad, hi, hi)
	VMOVUPS(lo, Mem{Base: lop})
	VMOVUPS(hi, Mem{Base: hip})
	VZEROUPPER()
	RET()
}

func (m *machine) writeWordTable(path string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "// Code generated by command _gen. DO NOT EDIT.\n\n//go:build amd64 && !noasm\n\npackage simd\n\n")
	fmt.Fprintf(&b, "const %s = %d\n", m.name("wordRows"), m.wordRows())
	for _, k := range m.wordKinds() {
		fmt.Fprintf(&b, "\nvar %s = [maxWordVecs + 1][maxTileRows + 1]func(*Tile){\n", m.name("tiles"+k.name+"x"))
		for nv := 1; nv <= wordVecs; nv++ {
			fmt.Fprintf(&b, "%d: {", nv)
			for rows := 1; rows <= m.wordRows(); rows++ {
				fmt.Fprintf(&b, "%d: %s,", rows, m.wordTileName(k, rows, nv))
			}
			fmt.Fprintf(&b, "},\n")
		}
		fmt.Fprintf(&b, "}\n")
		for nv := 1; nv <= wordVecs; nv++ {
			for rows := 1; rows <= m.wordRows(); rows++ {
				fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(t *Tile)\n", m.wordTileName(k, rows, nv))
			}
		}
	}
	fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(dst []uint32, a, b, c, d []float32, inverse float32, zero int32)\n", m.name("quantise4"))
	fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(dst []uint32, a, b []float32, inverse float32, zero int32)\n", m.name("centre2"))
	fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(dst, x []float32)\n", m.name("roundBfloat16x"))
	fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(x []float32, lo, hi *[16]float32)\n", m.name("rangeOf"))
	if m.wide() {
		fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(dst []uint32, a, b []float32)\n", m.name("pairBfloat16x"))
		fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(dst []byte, x []float32, step float32, zero, lo, hi int32)\n", m.name("floatBytes"))
		fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(dst []byte, sum []int32, bias int32, scale float32, zero, lo, hi int32)\n", m.name("requantise"))
		fmt.Fprintf(&b, "\n//go:noescape\nfunc %s(dst []float32, sum []int32, offset int32, factor float32, scale []float32)\n", m.name("dequantise"))
	}
	src, err := format.Source([]byte(b.String()))
	if err != nil {
		return err
	}
	return os.WriteFile(path, src, 0o644)
}
