package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in simd.Depthwise.
const (
	deepSrc       = 0
	deepSrcStride = 8
	deepSrcOff    = 16
	deepFirst     = 24
	deepInRows    = 32
	deepWeight    = 40
	deepDst       = 48
	deepDstStride = 56
	deepRows      = 64
	deepVecs      = 72
	deepMasks     = 80
	deepBias      = 88
	deepLo        = 92
	deepHi        = 96
)

// depthwise writes the kernels of one channel's plane, of 3×3, 5×5 and 7×7 taps, every and every second position.
func (m *machine) depthwise() {
	m.deepFuncs()
	if m.wide() {
		short := &machine{lanes: m.lanes / 2, short: true}
		short.deepFuncs()
	}
}

func (m *machine) deepFuncs() {
	evenData = Mem{}
	for _, k := range []int{3, 5, 7} {
		m.deep(k, 1)
	}
	m.deep(3, 2)
	m.deep(5, 2)
}

// deep computes rows of outputs in blocks, a vector of columns at a time: each input row of a block is read once a tap along the
// width, and serves all the outputs that it is near to.
func (m *machine) deep(k, stride int) {
	block := 7
	if k == 7 {
		block = 4
	}
	TEXT(m.name(fmt.Sprintf("depthwise%ds%dx", k, stride)), NOSPLIT, "func(t *byte)")
	t := reg.RDI
	Load(Param("t"), t)
	field := func(off int) Mem { return Mem{Base: t, Disp: off} }
	first, rows := reg.R8, reg.R9
	MOVQ(field(deepRows), rows)
	XORQ(first, first)
	CMPQ(rows, Imm(uint64(block)))
	JLT(LabelRef("single"))
	Label("block")
	m.deepRows(k, stride, block, "block", field)
	ADDQ(Imm(uint64(block)), first)
	CMPQ(first, rows)
	JGE(LabelRef("end"))
	// The last block ends at the last row, some rows being computed twice.
	MOVQ(rows, reg.RAX)
	SUBQ(Imm(uint64(block)), reg.RAX)
	CMPQ(first, reg.RAX)
	CMOVQGT(reg.RAX, first)
	JMP(LabelRef("block"))
	Label("single")
	m.deepRows(k, stride, 1, "single", field)
	INCQ(first)
	CMPQ(first, rows)
	JLT(LabelRef("single"))
	Label("end")
	VZEROUPPER()
	RET()
}

// deepRows computes block rows of outputs from row first.
func (m *machine) deepRows(k, stride, block int, name string, field func(int) Mem) {
	first := reg.R8
	src, srcStride, dst, dstStride := reg.R10, reg.R11, reg.R12, reg.R13
	inRow, inRows, vecs, masks := reg.RCX, reg.RDX, reg.RSI, reg.RBX
	p, i, weight := reg.RAX, reg.R9, reg.R15
	label := func(format string, a ...any) string { return name + "_" + fmt.Sprintf(format, a...) }

	regs := m.regs()
	acc := regs[:block]
	w := regs[block : block+k]
	x, y, mask, bits := regs[block+k], regs[block+k+1], regs[len(regs)-1], regs[len(regs)-2]
	even := regs[len(regs)-3] // only with wide registers
	if !m.wide() && stride == 2 {
		mask, bits = regs[15], regs[14]
	}

	MOVQ(field(deepSrcStride), srcStride)
	MOVQ(field(deepDstStride), dstStride)
	MOVQ(field(deepFirst), inRow)
	ADDQ(first, inRow)
	if stride == 2 {
		ADDQ(first, inRow)
	}
	MOVQ(inRow, src)
	IMULQ(srcStride, src)
	ADDQ(field(deepSrc), src)
	ADDQ(field(deepSrcOff), src)
	MOVQ(first, dst)
	IMULQ(dstStride, dst)
	ADDQ(field(deepDst), dst)
	MOVQ(field(deepInRows), inRows)
	MOVQ(field(deepMasks), masks)
	MOVQ(field(deepVecs), vecs)
	MOVQ(field(deepWeight), weight)
	if m.wide() {
		if stride == 2 {
			VMOVDQU32(m.evenLanes(), even)
		}
	} else {
		VMOVUPS(m.laneBits(), bits)
	}
	load := func(at Mem, word int, to reg.VecPhysical) {
		if m.wide() {
			VMOVUPS_Z(at, []reg.OpmaskPhysical{reg.K1, reg.K2}[word], to)
			return
		}
		if stride == 2 { // two masks don't fit in registers
			VPBROADCASTD(Mem{Base: masks, Disp: 4 * word}, mask)
			VPAND(bits, mask, mask)
			VPCMPEQD(bits, mask, mask)
		}
		VMASKMOVPS(at, mask, to)
	}
	Label(label("vec"))
	for _, a := range acc {
		m.zero(a)
	}
	for kw := range k {
		for kh := range k {
			VBROADCASTSS(Mem{Base: weight, Disp: 4 * (kh*k + kw)}, w[kh])
		}
		if m.wide() {
			KMOVW(Mem{Base: masks}, reg.K1)
			if stride == 2 {
				KMOVW(Mem{Base: masks, Disp: 4}, reg.K2)
			}
		} else if stride == 1 {
			m.loadMask(masks, mask, bits)
		}
		MOVQ(src, p)
		MOVQ(inRow, i)
		n := (block-1)*stride + k
		for j := range n {
			skip := label("skip%d_%d", kw, j)
			CMPQ(i, inRows)
			JCC(LabelRef(skip)) // above or, as a negative number, far above
			load(Mem{Base: p, Disp: 4 * kw}, 0, x)
			if stride == 2 {
				load(Mem{Base: p, Disp: 4*kw + m.bytes()}, 1, y)
				if m.wide() {
					VPERMT2PS(y, even, x)
				} else {
					VSHUFPS(Imm(0x88), y, x, x)
					VPERMPD(Imm(0xd8), x, x)
				}
			}
			for r := range block {
				if kh := j - r*stride; kh >= 0 && kh < k {
					VFMADD231PS(w[kh], x, acc[r])
				}
			}
			Label(skip)
			if j < n-1 {
				ADDQ(srcStride, p)
				INCQ(i)
			}
		}
		ADDQ(Imm(uint64(4*stride)), masks)
	}
	bias, lo, hi := w[0], w[1], w[2]
	VBROADCASTSS(field(deepBias), bias)
	VBROADCASTSS(field(deepLo), lo)
	VBROADCASTSS(field(deepHi), hi)
	m.loadMask(masks, mask, bits)
	ADDQ(Imm(4), masks)
	MOVQ(dst, p)
	for r, a := range acc {
		VADDPS(bias, a, a)
		VMAXPS(a, lo, a)
		VMINPS(a, hi, a)
		if m.wide() {
			VMOVUPS(a, reg.K1, Mem{Base: p})
		} else {
			VMASKMOVPS(a, mask, Mem{Base: p})
		}
		if r < block-1 {
			ADDQ(dstStride, p)
		}
	}
	ADDQ(U32(uint32(stride*m.bytes())), src)
	ADDQ(Imm(uint64(m.bytes())), dst)
	DECQ(vecs)
	JNZ(LabelRef(label("vec")))
	MOVQ(field(deepRows), reg.R9)
}

var evenData Mem

// evenLanes is the even numbers under 32, which pick every second element of two vectors.
func (m *machine) evenLanes() Mem {
	if evenData.Symbol.Name == "" {
		evenData = GLOBL(m.name("evenLanes"), RODATA|NOPTR)
		for i := range m.lanes {
			DATA(4*i, U32(uint32(2*i)))
		}
	}
	return evenData
}
