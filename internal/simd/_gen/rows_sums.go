package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// momentsRow is Σ(x−p) and Σ(x−p)² of n floats.
func (m *machine) momentsRow() {
	TEXT(m.name("momentsRow"), NOSPLIT, "func(x *float32, n int, p float32) (s, q float32)")
	Pragma("noescape")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	p := m.v()
	m.param("p", p)
	var sum, square [4]reg.VecVirtual
	for i := range 4 {
		sum[i], square[i] = m.v(), m.v()
		m.clear(sum[i])
		m.clear(square[i])
	}
	m.across(n, func(vecs int, at Register, last *mask) {
		for j := range max(vecs, 1) {
			y := m.v()
			from := Mem{Base: x, Index: at, Scale: 1, Disp: j * m.bytes()}
			if last != nil {
				m.loadFirst(*last, from, y)
				if m.wide() {
					VSUBPS_Z(p, y, last.k, y)
				} else {
					VSUBPS(p, y, y)
					VANDPS(last.v, y, y)
				}
			} else {
				VMOVUPS(from, y)
				VSUBPS(p, y, y)
			}
			VADDPS(y, sum[j], sum[j])
			VFMADD231PS(y, y, square[j])
		}
	})
	for i, acc := range [][4]reg.VecVirtual{sum, square} {
		VADDPS(acc[1], acc[0], acc[0])
		VADDPS(acc[3], acc[2], acc[2])
		VADDPS(acc[2], acc[0], acc[0])
		Store(m.fold(acc[0], func(a, b, dst Op) { VADDPS(a, b, dst) }), ReturnIndex(i))
	}
	finish()
}

// expSum sets dst = e^(x·p + q) and gives the sum.
func (m *machine) expSum() {
	TEXT(m.name("expSum"), NOSPLIT, "func(dst, x *float32, n int, p, q float32) float32")
	Pragma("noescape")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	p, q, sum := m.v(), m.v(), m.v()
	m.param("p", p)
	m.param("q", q)
	m.clear(sum)
	m.held = map[uint32]reg.VecVirtual{}
	m.loadExp()
	at := GP64()
	XORQ(at, at)
	Label("one")
	CMPQ(n, U32(uint32(m.lanes)))
	JLT(LabelRef("rest"))
	y := m.v()
	VMOVUPS(Mem{Base: x, Index: at, Scale: 1}, y)
	VFMADD213PS(q, p, y)
	m.exp(y)
	VMOVUPS(y, Mem{Base: dst, Index: at, Scale: 1})
	VADDPS(y, sum, sum)
	ADDQ(U32(uint32(m.bytes())), at)
	SUBQ(U32(uint32(m.lanes)), n)
	JMP(LabelRef("one"))
	Label("rest")
	TESTQ(n, n)
	JZ(LabelRef("end"))
	k := m.firstLanes(n)
	z := m.v()
	m.loadFirst(k, Mem{Base: x, Index: at, Scale: 1}, z)
	VFMADD213PS(q, p, z)
	m.exp(z)
	m.storeFirst(k, z, Mem{Base: dst, Index: at, Scale: 1})
	if m.wide() {
		VADDPS(z, sum, k.k, sum)
	} else {
		VANDPS(k.v, z, z)
		VADDPS(z, sum, sum)
	}
	Label("end")
	Store(m.fold(sum, func(a, b, dst Op) { VADDPS(a, b, dst) }), ReturnIndex(0))
	m.held = nil
	finish()
}

// expRows sets x = e^(x·p + q) in every one of count rows of whole vectors, stride bytes apart, and sum to their sum; q and sum are
// rows too.
func (m *machine) expRows() {
	TEXT(m.name("expRows"), NOSPLIT, "func(x *float32, vecs, count, stride int, p float32, q, sum *float32)")
	Pragma("noescape")
	x, vecs, count := Load(Param("x"), GP64()), Load(Param("vecs"), GP64()), Load(Param("count"), GP64())
	stride, q, sums := Load(Param("stride"), GP64()), Load(Param("q"), GP64()), Load(Param("sum"), GP64())
	p := m.v()
	m.param("p", p)
	m.held = map[uint32]reg.VecVirtual{}
	m.loadExp()
	Label("across")
	shift, sum := m.v(), m.v()
	VMOVUPS(Mem{Base: q}, shift)
	m.clear(sum)
	at, left := GP64(), GP64()
	MOVQ(x, at)
	MOVQ(count, left)
	Label("down")
	y := m.v()
	VMOVUPS(Mem{Base: at}, y)
	VFMADD213PS(shift, p, y)
	m.exp(y)
	VMOVUPS(y, Mem{Base: at})
	VADDPS(y, sum, sum)
	ADDQ(stride, at)
	DECQ(left)
	JNZ(LabelRef("down"))
	VMOVUPS(sum, Mem{Base: sums})
	for _, r := range []Register{x, q, sums} {
		ADDQ(Imm(uint64(m.bytes())), r)
	}
	DECQ(vecs)
	JNZ(LabelRef("across"))
	m.held = nil
	finish()
}

// normRow sets dst = (x·p + q)·g + b, g and b rows.
func (m *machine) normRow() {
	TEXT(m.name("normRow"), NOSPLIT, "func(dst, x *float32, n int, gain, shift *float32, p, q float32)")
	Pragma("noescape")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	g, b := Load(Param("gain"), GP64()), Load(Param("shift"), GP64())
	p, q := m.v(), m.v()
	m.param("p", p)
	m.param("q", q)
	m.across(n, func(vecs int, at Register, last *mask) {
		for j := range max(vecs, 1) {
			y, gains, shifts := m.v(), m.v(), m.v()
			place := func(base Register) Mem { return Mem{Base: base, Index: at, Scale: 1, Disp: j * m.bytes()} }
			if last != nil {
				m.loadFirst(*last, place(x), y)
				m.loadFirst(*last, place(g), gains)
				m.loadFirst(*last, place(b), shifts)
			} else {
				VMOVUPS(place(x), y)
				VMOVUPS(place(g), gains)
				VMOVUPS(place(b), shifts)
			}
			VFMADD213PS(q, p, y)
			VFMADD213PS(shifts, gains, y)
			if last != nil {
				m.storeFirst(*last, y, place(dst))
			} else {
				VMOVUPS(y, place(dst))
			}
		}
	})
	finish()
}

// transpose8 turns blocks of 8×8 side by side in eight rows of src into blocks one below the other in dst. Strides are in bytes.
func (m *machine) transpose8() {
	TEXT(m.name("transpose8x"), NOSPLIT, "func(dst, src *float32, dstStride, srcStride, blocks int)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	ds, ss, blocks := Load(Param("dstStride"), GP64()), Load(Param("srcStride"), GP64()), Load(Param("blocks"), GP64())
	ds3, ss3 := GP64(), GP64()
	LEAQ(Mem{Base: ds, Index: ds, Scale: 2}, ds3)
	LEAQ(Mem{Base: ss, Index: ss, Scale: 2}, ss3)
	place := func(base, lower, s, s3 Register, i, disp int) Mem {
		if i >= 4 {
			base, i = lower, i-4
		}
		r := Mem{Base: base, Disp: disp}
		switch i {
		case 1:
			r.Index, r.Scale = s, 1
		case 2:
			r.Index, r.Scale = s, 2
		case 3:
			r.Index, r.Scale = s3, 1
		}
		return r
	}
	Label("loop")
	low := GP64()
	LEAQ(Mem{Base: src, Index: ss, Scale: 4}, low)
	// The halves of row i and i+4 share a register, so that shuffles within quarters do all that is left.
	var half [2][4]reg.VecVirtual
	for h := range 2 {
		for i := range 4 {
			x := XMM()
			VMOVUPS(place(src, low, ss, ss3, i, 16*h), x)
			half[h][i] = YMM()
			VINSERTF128(Imm(1), place(src, low, ss, ss3, i+4, 16*h), x.AsY(), half[h][i])
		}
	}
	out := GP64()
	LEAQ(Mem{Base: dst, Index: ds, Scale: 4}, out)
	for h := range 2 {
		v := half[h]
		u := [4]reg.VecVirtual{YMM(), YMM(), YMM(), YMM()}
		VUNPCKLPS(v[1], v[0], u[0])
		VUNPCKHPS(v[1], v[0], u[1])
		VUNPCKLPS(v[3], v[2], u[2])
		VUNPCKHPS(v[3], v[2], u[3])
		for i := range 4 {
			r := YMM()
			if i%2 == 0 {
				VUNPCKLPD(u[2+i/2], u[i/2], r)
			} else {
				VUNPCKHPD(u[2+i/2], u[i/2], r)
			}
			VMOVUPS(r, place(dst, out, ds, ds3, 4*h+i, 0))
		}
	}
	ADDQ(Imm(32), src)
	LEAQ(Mem{Base: dst, Index: ds, Scale: 8}, dst)
	DECQ(blocks)
	JNZ(LabelRef("loop"))
	finish()
}
