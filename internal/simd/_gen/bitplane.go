package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Places in the structure that dicom/codec/jpeg2000 hands to the passes, which checks them.
const (
	atA      = 0
	atC      = 8
	atAhead  = 16
	atIn     = 24
	atFlags  = 32
	atData   = 40
	atWidth  = 48 // bytes of a row of data
	atHeight = 56
	atStride = 64 // bytes of a row of flags
	atZero   = 72
	atCausal = 80
	atValue  = 88
	atRows   = 96
	atSigns  = 104
	atLeft   = 112 // columns, and rows, to go
	atDown   = 120
	atState  = 128
)

// everyRow has the lowest bit of each row of a flag word; the constants below are of its first row.
const (
	everyRow = 0x249
	sigThis  = 1 << 4
	piThis   = 1 << 21
	piAll    = everyRow << 21
)

// passes is what the registers of the passes over a code-block (ITU-T T.800 annex D) hold.
type passes struct {
	b, a, c, ahead, f, word reg.GPVirtual
	name                    string
	count                   int
	cold                    []func() // code out of the way, written at the end
}

// bitplanes writes the passes over a code-block.
func bitplanes() {
	(&passes{name: "significance"}).write(func(p *passes) { p.propagate() })
	(&passes{name: "refinement"}).write(func(p *passes) { p.refine() })
	(&passes{name: "cleanup"}).write(func(p *passes) { p.clean() })
}

func (p *passes) label(what string) string {
	p.count++
	return fmt.Sprintf("%s%d", what, p.count)
}

func (p *passes) at(disp int) Mem { return Mem{Base: p.b, Disp: disp} }

// write frames a pass: column, which ends at label next, for each word of flags.
func (p *passes) write(column func(*passes)) {
	TEXT(p.name+"Fast", NOSPLIT, "func(p *byte)")
	Pragma("noescape")
	p.b = Load(Param("p"), GP64()).(reg.GPVirtual)
	p.a, p.c, p.ahead, p.f, p.word = GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(p.at(atA), p.a)
	MOVQ(p.at(atC), p.c)
	MOVQ(p.at(atAhead), p.ahead)
	MOVQ(p.at(atFlags), p.f)
	t := GP64()
	MOVQ(p.at(atHeight), t)
	MOVQ(t, p.at(atDown))
	Label("stripe")
	t = GP64()
	MOVQ(p.at(atWidth), t)
	MOVQ(t, p.at(atLeft))
	Label("column")
	MOVL(Mem{Base: p.f}, p.word.As32())
	column(p)
	Label("next")
	ADDQ(Imm(4), p.f)
	ADDQ(Imm(4), p.at(atData))
	SUBQ(Imm(4), p.at(atLeft))
	JNZ(LabelRef("column"))
	t = GP64()
	MOVQ(p.at(atWidth), t)
	SUBQ(t, p.f)
	ADDQ(p.at(atStride), p.f)
	LEAQ(Mem{Base: t, Index: t, Scale: 2}, t)
	ADDQ(t, p.at(atData))
	SUBQ(Imm(4), p.at(atDown))
	JG(LabelRef("stripe"))
	MOVQ(p.a, p.at(atA))
	MOVQ(p.c, p.at(atC))
	MOVQ(p.ahead, p.at(atAhead))
	RET()
	for _, f := range p.cold {
		f()
	}
}

// decide decodes a decision in context cx. Bit 0 of the result is the decision.
func (p *passes) decide(cx reg.GPVirtual) reg.GPVirtual {
	row, q, lower, less, n, next := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	state := Mem{Base: p.b, Disp: atState, Index: cx, Scale: 8}
	MOVQ(state, row)
	MOVQ(row, q)
	SHRQ(Imm(48), q)
	SHLQ(Imm(48), q)
	SUBQ(q, p.a)
	MOVQ(p.c, lower)
	SUBQ(q, lower)
	CMOVQCC(lower, p.c)
	SBBQ(lower, lower)
	CMPQ(p.a, q)
	SBBQ(less, less)
	XORQ(lower, less)
	TESTQ(lower, lower)
	CMOVQNE(q, p.a)
	LZCNTQ(p.a, n)
	MOVL(less.As32(), next.As32())
	ANDL(Imm(8), next.As32())
	ADDL(Imm(8), next.As32())
	SHRXQ(next, row, next)
	ANDL(Imm(127), next.As32())
	rows := GP64()
	MOVQ(p.at(atRows), rows)
	MOVQ(Mem{Base: rows, Index: next, Scale: 8}, next)
	XORL(row.As32(), less.As32())
	TESTL(n.As32(), n.As32())
	CMOVQEQ(row, next)
	MOVQ(next, state)
	SHLXQ(n, p.a, p.a)
	SHLXQ(n, p.c, p.c)
	SUBQ(n, p.ahead)
	more, back := p.label("more"), p.label("back")
	JLT(LabelRef(more))
	Label(back)
	p.cold = append(p.cold, func() { p.refill(more, back) })
	return less
}

// refill adds bytes to c: T.800 C.3.4.
func (p *passes) refill(label, back string) {
	Label(label)
	in, t, s := GP64(), GP64(), GP64()
	again, full, end, place := p.label("byte"), p.label("full"), p.label("end"), p.label("place")
	MOVQ(p.at(atIn), in)
	Label(again)
	MOVL(U32(40), s.As32())
	MOVBLZX(Mem{Base: in}, t.As32())
	CMPL(t.As32(), U32(255))
	JEQ(LabelRef(full))
	INCQ(in)
	MOVBLZX(Mem{Base: in}, t.As32())
	Label(place)
	SUBQ(p.ahead, s)
	SHLXQ(s, t, t)
	ADDQ(t, p.c)
	ADDQ(Imm(8), p.ahead)
	CMPQ(p.ahead, Imm(40))
	JLE(LabelRef(again))
	MOVQ(in, p.at(atIn))
	JMP(LabelRef(back))
	Label(full)
	MOVBLZX(Mem{Base: in, Disp: 1}, t.As32())
	CMPL(t.As32(), U32(0x8f))
	JHI(LabelRef(end))
	INCQ(in)
	INCL(s.As32()) // seven bits
	SUBQ(p.ahead, s)
	SHLXQ(s, t, t)
	ADDQ(t, p.c)
	ADDQ(Imm(7), p.ahead)
	CMPQ(p.ahead, Imm(40))
	JLE(LabelRef(again))
	MOVQ(in, p.at(atIn))
	JMP(LabelRef(back))
	Label(end)
	MOVL(U32(255), t.As32())
	JMP(LabelRef(place))
}

// near gives for each row whether any sample around it is significant.
func (p *passes) near() reg.GPVirtual {
	t, u := GP64(), GP64()
	t32, u32, w := t.As32(), u.As32(), p.word.As32()
	MOVL(w, t32)
	SHRL(Imm(1), t32)
	ORL(w, t32)
	MOVL(w, u32)
	SHRL(Imm(2), u32)
	ORL(u32, t32)
	MOVL(t32, u32)
	SHRL(Imm(6), u32)
	ORL(u32, t32)
	MOVL(w, u32)
	SHRL(Imm(3), u32)
	ORL(u32, t32)
	SHRL(Imm(2), u32)
	ORL(u32, t32)
	return t
}

// done gives in the lowest bit of each row whether the sample is significant or has been visited.
func (p *passes) done() reg.GPVirtual {
	t, u := GP64(), GP64()
	MOVL(p.word.As32(), t.As32())
	SHRL(Imm(4), t.As32())
	MOVL(p.word.As32(), u.As32())
	SHRL(Imm(21), u.As32())
	ORL(u.As32(), t.As32())
	return t
}

// zero decodes whether the sample of row r becomes significant.
func (p *passes) zero(r int) reg.GPVirtual {
	cx, table := GP64(), GP64()
	MOVL(p.word.As32(), cx.As32())
	if r > 0 {
		SHRL(Imm(uint64(3*r)), cx.As32())
	}
	ANDL(U32(0x1ff), cx.As32())
	MOVQ(p.at(atZero), table)
	MOVBLZX(Mem{Base: table, Index: cx, Scale: 1}, cx.As32())
	return p.decide(cx)
}

// become decodes the sign of row r, which has become significant, and tells those around it.
func (p *passes) become(r int) {
	s := 3 * r
	i, t := GP64(), GP64()
	i32, t32, w := i.As32(), t.As32(), p.word.As32()
	MOVL(w, i32)
	if s > 0 {
		SHRL(Imm(uint64(s)), i32)
	}
	ANDL(U32(0xaa), i32)
	MOVL(Mem{Base: p.f, Disp: -4}, t32)
	SHRL(Imm(uint64(19+s)), t32)
	ANDL(Imm(1), t32)
	ORL(t32, i32)
	MOVL(Mem{Base: p.f, Disp: 4}, t32)
	SHRL(Imm(uint64(17+s)), t32)
	ANDL(Imm(4), t32)
	ORL(t32, i32)
	MOVL(w, t32)
	SHRL(Imm(uint64([4]int{14, 15, 18, 21}[r])), t32)
	ANDL(Imm(16), t32)
	ORL(t32, i32)
	MOVL(w, t32)
	SHRL(Imm(uint64(16+s)), t32)
	ANDL(Imm(64), t32)
	ORL(t32, i32)
	table, flip, cx := GP64(), GP64(), GP64()
	MOVQ(p.at(atSigns), table)
	MOVBLZX(Mem{Base: table, Index: i, Scale: 1}, flip.As32())
	MOVL(flip.As32(), cx.As32())
	ANDL(Imm(31), cx.As32())
	SHRL(Imm(7), flip.As32())
	negative := p.decide(cx)
	n := negative.As32()
	XORL(flip.As32(), n)
	ANDL(Imm(1), n)
	// Its own word and those beside it.
	ORL(U32(sigThis<<1<<s), Mem{Base: p.f, Disp: -4})
	ORL(U32(sigThis>>1<<s), Mem{Base: p.f, Disp: 4})
	ORL(U32(sigThis<<s), w)
	t = GP64()
	MOVL(n, t.As32())
	SHLL(Imm(uint64(19+s)), t.As32())
	ORL(t.As32(), w)
	switch r {
	case 0:
		skip := p.label("causal")
		CMPQ(p.at(atCausal), Imm(0))
		JNE(LabelRef(skip))
		up, sign := GP64(), GP64()
		MOVQ(p.f, up)
		SUBQ(p.at(atStride), up)
		MOVL(n, sign.As32())
		SHLL(Imm(31), sign.As32())
		ORL(U32(1<<16), sign.As32())
		ORL(sign.As32(), Mem{Base: up})
		ORL(U32(1<<17), Mem{Base: up, Disp: -4})
		ORL(U32(1<<15), Mem{Base: up, Disp: 4})
		Label(skip)
	case 3:
		down, sign := GP64(), GP64()
		MOVQ(p.f, down)
		ADDQ(p.at(atStride), down)
		MOVL(n, sign.As32())
		SHLL(Imm(18), sign.As32())
		ORL(Imm(2), sign.As32())
		ORL(sign.As32(), Mem{Base: down})
		ORL(Imm(4), Mem{Base: down, Disp: -4})
		ORL(Imm(1), Mem{Base: down, Disp: 4})
	}
	SHLL(Imm(31), n)
	ORL(p.at(atValue), n)
	place := p.sample(r)
	MOVL(n, place)
}

// sample is where the sample of row r stands in data.
func (p *passes) sample(r int) Mem {
	d := GP64()
	MOVQ(p.at(atData), d)
	if r == 0 {
		return Mem{Base: d}
	}
	w := GP64()
	MOVQ(p.at(atWidth), w)
	if r == 3 {
		LEAQ(Mem{Base: w, Index: w, Scale: 2}, w)
		return Mem{Base: d, Index: w, Scale: 1}
	}
	return Mem{Base: d, Index: w, Scale: uint8(r)}
}

// propagate is the significance propagation pass on one column.
func (p *passes) propagate() {
	TESTL(p.word.As32(), p.word.As32())
	JZ(LabelRef("next"))
	open, done := p.near(), p.done()
	ANDNL(open.As32(), done.As32(), open.As32())
	ANDL(U32(everyRow), open.As32())
	JZ(LabelRef("next"))
	for r := range 4 {
		skip := p.label("row")
		TESTL(U32(1<<(3*r)), open.As32())
		JZ(LabelRef(skip))
		bit := p.zero(r)
		ORL(U32(piThis<<(3*r)), p.word.As32())
		TESTL(U32(1), bit.As32())
		JZ(LabelRef(skip))
		p.become(r)
		if r < 3 { // the sample below has one beside it now
			TESTL(U32((sigThis|piThis)<<(3*r+3)), p.word.As32())
			JNZ(LabelRef(skip))
			ORL(U32(8<<(3*r)), open.As32())
		}
		Label(skip)
	}
	MOVL(p.word.As32(), Mem{Base: p.f})
}

// refine is the magnitude refinement pass on one column.
func (p *passes) refine() {
	open, t := GP64(), GP64()
	MOVL(p.word.As32(), open.As32())
	SHRL(Imm(4), open.As32())
	MOVL(p.word.As32(), t.As32())
	SHRL(Imm(21), t.As32())
	ANDNL(open.As32(), t.As32(), open.As32())
	ANDL(U32(everyRow), open.As32())
	JZ(LabelRef("next"))
	// Two bits a row: 2 where the sample has been refined, else 1 where any around it is significant.
	kind, again := p.near(), GP64()
	MOVL(p.word.As32(), again.As32())
	SHRL(Imm(20), again.As32())
	ANDNL(kind.As32(), again.As32(), kind.As32())
	ANDL(U32(everyRow), kind.As32())
	ANDL(U32(everyRow), again.As32())
	LEAL(Mem{Base: kind, Index: again, Scale: 2}, kind.As32())
	mu := GP64()
	MOVL(open.As32(), mu.As32())
	SHLL(Imm(20), mu.As32())
	ORL(mu.As32(), Mem{Base: p.f})
	for r := range 4 {
		skip := p.label("row")
		TESTL(U32(1<<(3*r)), open.As32())
		JZ(LabelRef(skip))
		cx := GP64()
		MOVL(kind.As32(), cx.As32())
		if r > 0 {
			SHRL(Imm(uint64(3*r)), cx.As32())
		}
		ANDL(Imm(3), cx.As32())
		ADDL(Imm(14), cx.As32())
		bit := p.decide(cx)
		half := GP64()
		ANDL(Imm(1), bit.As32())
		DECL(bit.As32())
		MOVL(p.at(atValue), half.As32())
		XORL(bit.As32(), half.As32())
		SUBL(bit.As32(), half.As32())
		place := p.sample(r)
		ADDL(half.As32(), place)
		Label(skip)
	}
}

// clean is the cleanup pass on one column.
func (p *passes) clean() {
	open := GP64()
	TESTL(p.word.As32(), p.word.As32())
	JZ(LabelRef("run"))
	done := p.done()
	MOVL(done.As32(), open.As32())
	NOTL(open.As32())
	Label("rows")
	for r := range 4 {
		skip := p.label("row")
		TESTL(U32(1<<(3*r)), open.As32())
		JZ(LabelRef(skip))
		bit := p.zero(r)
		TESTL(U32(1), bit.As32())
		JZ(LabelRef(skip))
		Label(fmt.Sprintf("known%d", r))
		p.become(r)
		Label(skip)
	}
	ANDL(U32(0xffffffff&^piAll), p.word.As32())
	MOVL(p.word.As32(), Mem{Base: p.f})
	JMP(LabelRef("next"))
	Label("run")
	decide := func(context uint64) reg.GPVirtual {
		cx := GP64()
		MOVL(U32(context), cx.As32())
		return p.decide(cx)
	}
	bit := decide(17)
	TESTL(U32(1), bit.As32())
	JZ(LabelRef("next"))
	MOVL(U32(everyRow), open.As32())
	high := decide(18)
	ANDL(Imm(1), high.As32())
	low := decide(18)
	ANDL(Imm(1), low.As32())
	TESTL(high.As32(), high.As32())
	JNZ(LabelRef("lower"))
	TESTL(low.As32(), low.As32())
	JZ(LabelRef("known0"))
	JMP(LabelRef("known1"))
	Label("lower")
	TESTL(low.As32(), low.As32())
	JZ(LabelRef("known2"))
	JMP(LabelRef("known3"))
}
