package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in simd.WinogradIn and simd.WinogradOut.
const (
	inSrc       = 0
	inSrcOff    = 48
	inDst       = 56
	inDstStride = 64
	inMasks     = 72
	inVecs      = 80
	inRepeat    = 88
	inSrcStep   = 96
	inDstStep   = 104

	outSrc       = 0
	outSrcStride = 8
	outDst       = 16
	outMasks     = 48
	outVecs      = 56
	outBias      = 64
	outLo        = 68
	outHi        = 72
	outRepeat    = 80
	outSrcStep   = 88
	outDstStep   = 96
)

func (m *machine) winograd() {
	for _, n := range []int{4, 6} {
		m.winogradIn(n)
		m.winogradOut(n)
		m.wholeIn(n)
		m.wholeOut(n)
	}
	m.winogradWeight()
}

// strided returns the places of six rows at equal distances, as base, base of the fourth and distance.
func strided(k int, base, fourth, stride reg.Register) Mem {
	r := base
	if k >= 3 {
		r, k = fourth, k-3
	}
	if k == 0 {
		return Mem{Base: r}
	}
	return Mem{Base: r, Index: stride, Scale: uint8(k)}
}

// loadMask sets K1, or the register mask, from the word at masks.
func (m *machine) loadMask(masks reg.Register, mask, bits reg.VecPhysical) {
	if m.wide() {
		KMOVW(Mem{Base: masks}, reg.K1)
		return
	}
	VPBROADCASTD(Mem{Base: masks}, mask)
	VPAND(bits, mask, mask)
	VPCMPEQD(bits, mask, mask)
}

var bitData Mem

// laneBits is 1, 2, 4, … by lane.
func (m *machine) laneBits() Mem {
	if bitData.Symbol.Name == "" {
		bitData = GLOBL("laneBits", RODATA|NOPTR)
		for i := range m.lanes {
			DATA(4*i, U32(uint32(1)<<i))
		}
	}
	return bitData
}

// winogradIn transforms n rows to n points: n = 4 for F(2,3), 6 for F(4,3).
func (m *machine) winogradIn(n int) {
	TEXT(m.name(fmt.Sprintf("winogradIn%dx", n)), NOSPLIT, "func(t *byte)")
	regs := m.regs()
	t := reg.RDI
	Load(Param("t"), t)
	src := []reg.Register{reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.RSI, reg.R8}[:n]
	dst, fourth, stride, masks, vecs := reg.R9, reg.R10, reg.R11, reg.R12, reg.R13
	MOVQ(Mem{Base: t, Disp: inSrcOff}, dst)
	for i, s := range src {
		MOVQ(Mem{Base: t, Disp: inSrc + 8*i}, s.(reg.GPPhysical))
		ADDQ(dst, s.(reg.GPPhysical))
	}
	MOVQ(Mem{Base: t, Disp: inDst}, dst)
	MOVQ(Mem{Base: t, Disp: inDstStride}, stride)
	LEAQ(Mem{Base: dst, Index: stride, Scale: 2}, fourth)
	ADDQ(stride, fourth)
	MOVQ(Mem{Base: t, Disp: inMasks}, masks)
	MOVQ(Mem{Base: t, Disp: inVecs}, vecs)
	mask, bits := regs[15], regs[14]
	if !m.wide() {
		VMOVUPS(m.laneBits(), bits)
	}
	four, five := regs[12], regs[13]
	if n == 6 {
		VBROADCASTSS(m.konst(4), four)
		VBROADCASTSS(m.konst(5), five)
	}
	idx := t
	XORQ(idx, idx)
	Label("loop")
	m.loadMask(masks, mask, bits)
	for i, s := range src {
		p := Mem{Base: s, Index: idx, Scale: 1}
		if m.wide() {
			VMOVUPS_Z(p, reg.K1, regs[i])
		} else {
			VMASKMOVPS(p, mask, regs[i])
		}
	}
	m.inPoints(n, four, five, func(k int, v reg.VecPhysical) { VMOVUPS(v, strided(k, dst, fourth, stride)) })
	ADDQ(Imm(4), masks)
	ADDQ(Imm(uint64(m.bytes())), idx)
	ADDQ(Imm(uint64(m.bytes())), dst)
	ADDQ(Imm(uint64(m.bytes())), fourth)
	DECQ(vecs)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// inPoints transforms the rows in the first n registers.
func (m *machine) inPoints(n int, four, five reg.VecPhysical, out func(k int, v reg.VecPhysical)) {
	d := m.regs()
	if n == 4 {
		VSUBPS(d[2], d[0], d[4])
		out(0, d[4])
		VADDPS(d[2], d[1], d[5])
		out(1, d[5])
		VSUBPS(d[1], d[2], d[6])
		out(2, d[6])
		VSUBPS(d[3], d[1], d[7])
		out(3, d[7])
	} else {
		a, b, c, e, x := d[6], d[7], d[8], d[9], d[10]
		VFMADD213PS(d[4], four, d[0]) // 4·d0 + d4
		VFNMADD231PS(d[2], five, d[0])
		out(0, d[0])
		VMOVAPS(d[4], a)
		VFNMADD231PS(d[2], four, a)
		VMOVAPS(d[3], b)
		VFNMADD231PS(d[1], four, b)
		VADDPS(b, a, x)
		out(1, x)
		VSUBPS(b, a, x)
		out(2, x)
		VSUBPS(d[2], d[4], c)
		VSUBPS(d[1], d[3], e)
		VADDPS(e, e, e)
		VADDPS(e, c, x)
		out(3, x)
		VSUBPS(e, c, x)
		out(4, x)
		VFMADD213PS(d[5], four, d[1]) // 4·d1 + d5
		VFNMADD231PS(d[3], five, d[1])
		out(5, d[1])
	}
}

// outRows transforms the points in the first n registers.
func (m *machine) outRows(n int, out func(k int, v reg.VecPhysical)) {
	d := m.regs()
	if n == 4 {
		VADDPS(d[1], d[0], d[0])
		VADDPS(d[2], d[0], d[0])
		out(0, d[0])
		VSUBPS(d[2], d[1], d[1])
		VSUBPS(d[3], d[1], d[1])
		out(1, d[1])
	} else {
		s1, d1, s2, d2 := d[6], d[7], d[8], d[9]
		VADDPS(d[2], d[1], s1)
		VSUBPS(d[2], d[1], d1)
		VADDPS(d[4], d[3], s2)
		VSUBPS(d[4], d[3], d2)
		VADDPS(d[0], s1, d[0])
		VADDPS(s2, d[0], d[0])
		out(0, d[0])
		VADDPS(d2, d2, d2)
		VADDPS(d2, d1, d[1])
		out(1, d[1])
		VADDPS(s2, s2, s2)
		VADDPS(s2, s2, s2)
		VADDPS(s2, s1, s1)
		out(2, s1)
		VADDPS(d2, d2, d2)
		VADDPS(d2, d2, d2)
		VADDPS(d2, d1, d1)
		VADDPS(d[5], d1, d1)
		out(3, d1)
	}
}

// wholeIn is winogradIn on whole vectors, for several sets of rows at equal distances.
func (m *machine) wholeIn(n int) {
	TEXT(m.name(fmt.Sprintf("winogradWholeIn%dx", n)), NOSPLIT, "func(t *byte)")
	regs := m.regs()
	t := reg.R15
	Load(Param("t"), t)
	src := []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.RSI, reg.R8}[:n]
	dst, fourth, stride, repeat, vecs, idx := reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.RDI
	for i, s := range src {
		MOVQ(Mem{Base: t, Disp: inSrc + 8*i}, s)
	}
	MOVQ(Mem{Base: t, Disp: inDst}, dst)
	MOVQ(Mem{Base: t, Disp: inDstStride}, stride)
	MOVQ(Mem{Base: t, Disp: inRepeat}, repeat)
	four, five := regs[12], regs[13]
	if n == 6 {
		VBROADCASTSS(m.konst(4), four)
		VBROADCASTSS(m.konst(5), five)
	}
	Label("set")
	LEAQ(Mem{Base: dst, Index: stride, Scale: 2}, fourth)
	ADDQ(stride, fourth)
	MOVQ(Mem{Base: t, Disp: inVecs}, vecs)
	XORQ(idx, idx)
	Label("loop")
	for i, s := range src {
		VMOVUPS(Mem{Base: s, Index: idx, Scale: 1}, regs[i])
	}
	m.inPoints(n, four, five, func(k int, v reg.VecPhysical) { VMOVUPS(v, strided(k, dst, fourth, stride)) })
	ADDQ(Imm(uint64(m.bytes())), idx)
	ADDQ(Imm(uint64(m.bytes())), dst)
	ADDQ(Imm(uint64(m.bytes())), fourth)
	DECQ(vecs)
	JNZ(LabelRef("loop"))
	SUBQ(idx, dst)
	ADDQ(Mem{Base: t, Disp: inDstStep}, dst)
	MOVQ(Mem{Base: t, Disp: inSrcStep}, idx)
	for _, s := range src {
		ADDQ(idx, s)
	}
	DECQ(repeat)
	JNZ(LabelRef("set"))
	VZEROUPPER()
	RET()
}

// wholeOut is winogradOut on whole vectors without bias and clamp, for several sets of points at equal distances.
func (m *machine) wholeOut(n int) {
	TEXT(m.name(fmt.Sprintf("winogradWholeOut%dx", n)), NOSPLIT, "func(t *byte)")
	regs := m.regs()
	t := reg.R15
	Load(Param("t"), t)
	dst := []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX}[:n-2]
	src, fourth, stride, repeat, vecs, idx := reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.RDI
	for i, d := range dst {
		MOVQ(Mem{Base: t, Disp: outDst + 8*i}, d)
	}
	MOVQ(Mem{Base: t, Disp: outSrc}, src)
	MOVQ(Mem{Base: t, Disp: outSrcStride}, stride)
	MOVQ(Mem{Base: t, Disp: outRepeat}, repeat)
	Label("set")
	LEAQ(Mem{Base: src, Index: stride, Scale: 2}, fourth)
	ADDQ(stride, fourth)
	MOVQ(Mem{Base: t, Disp: outVecs}, vecs)
	XORQ(idx, idx)
	Label("loop")
	for i := range n {
		VMOVUPS(strided(i, src, fourth, stride), regs[i])
	}
	m.outRows(n, func(k int, v reg.VecPhysical) { VMOVUPS(v, Mem{Base: dst[k], Index: idx, Scale: 1}) })
	ADDQ(Imm(uint64(m.bytes())), idx)
	ADDQ(Imm(uint64(m.bytes())), src)
	ADDQ(Imm(uint64(m.bytes())), fourth)
	DECQ(vecs)
	JNZ(LabelRef("loop"))
	SUBQ(idx, src)
	ADDQ(Mem{Base: t, Disp: outSrcStep}, src)
	MOVQ(Mem{Base: t, Disp: outDstStep}, idx)
	for _, d := range dst {
		ADDQ(idx, d)
	}
	DECQ(repeat)
	JNZ(LabelRef("set"))
	VZEROUPPER()
	RET()
}

// winogradOut transforms n points to n−2 rows, adds the bias and clamps.
func (m *machine) winogradOut(n int) {
	TEXT(m.name(fmt.Sprintf("winogradOut%dx", n)), NOSPLIT, "func(t *byte)")
	regs := m.regs()
	t := reg.RDI
	Load(Param("t"), t)
	dst := []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX}[:n-2]
	src, fourth, stride, masks, vecs := reg.R9, reg.R10, reg.R11, reg.R12, reg.R13
	for i, d := range dst {
		MOVQ(Mem{Base: t, Disp: outDst + 8*i}, d)
	}
	MOVQ(Mem{Base: t, Disp: outSrc}, src)
	MOVQ(Mem{Base: t, Disp: outSrcStride}, stride)
	LEAQ(Mem{Base: src, Index: stride, Scale: 2}, fourth)
	ADDQ(stride, fourth)
	MOVQ(Mem{Base: t, Disp: outMasks}, masks)
	MOVQ(Mem{Base: t, Disp: outVecs}, vecs)
	mask, bits, bias, lo, hi := regs[15], regs[14], regs[13], regs[12], regs[11]
	if !m.wide() {
		VMOVUPS(m.laneBits(), bits)
	}
	VBROADCASTSS(Mem{Base: t, Disp: outBias}, bias)
	VBROADCASTSS(Mem{Base: t, Disp: outLo}, lo)
	VBROADCASTSS(Mem{Base: t, Disp: outHi}, hi)
	idx := t
	XORQ(idx, idx)
	Label("loop")
	m.loadMask(masks, mask, bits)
	for i := range n {
		VMOVUPS(strided(i, src, fourth, stride), regs[i])
	}
	out := func(k int, v reg.VecPhysical) {
		VADDPS(bias, v, v)
		VMAXPS(v, lo, v)
		VMINPS(v, hi, v)
		p := Mem{Base: dst[k], Index: idx, Scale: 1}
		if m.wide() {
			VMOVUPS(v, reg.K1, p)
		} else {
			VMASKMOVPS(v, mask, p)
		}
	}
	m.outRows(n, out)
	ADDQ(Imm(4), masks)
	ADDQ(Imm(uint64(m.bytes())), idx)
	ADDQ(Imm(uint64(m.bytes())), src)
	ADDQ(Imm(uint64(m.bytes())), fourth)
	DECQ(vecs)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
