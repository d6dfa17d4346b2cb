package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows writes the functions on rows of any length: weighted sums and maxima of several rows, affine maps with a bound, moments,
// the sum of exponentials, normalised rows, and rows whose elements are picked from others. The last vector is masked.
func (m *machine) rows() {
	for _, stream := range []bool{false, true} {
		m.mix(stream)
		m.affine("affineClamp", stream, func(x, p, q reg.VecVirtual) {
			VMAXPS(x, p, x)
			VMINPS(x, q, x)
		})
		m.affine("affineLeaky", stream, func(x, p, _ reg.VecVirtual) {
			y := m.v()
			VMULPS(x, p, y)
			m.whereNegative(x, y)
		})
		m.copyRow(stream)
	}
	m.topRows("maxOfRows", 1)
	m.topRows("pairMaxOfRows", 2)
	m.spread("pick", false)
	m.spread("blend", true)
	m.momentsRow()
	m.expSum()
	m.expRows()
	m.normRow()
	m.transpose8()
	m.elementary()
	TEXT(m.name("endStreams"), NOSPLIT, "func()")
	SFENCE()
	RET()
}

// lastLanes holds, by width, a vector of set lanes before one of clear lanes.
var lastLanes = map[int]Mem{}

func (m *machine) lastMask() Mem {
	g, ok := lastLanes[m.lanes]
	if !ok {
		g = GLOBL(m.name("lastLanes"), RODATA|NOPTR)
		for i := range 2 * m.lanes {
			v := uint32(0)
			if i < m.lanes {
				v = 0xffffffff
			}
			DATA(4*i, U32(v))
		}
		lastLanes[m.lanes] = g
	}
	return g
}

// mask is the first lanes of a vector.
type mask struct {
	k reg.Register
	v reg.VecVirtual
}

// firstLanes sets the mask of the first n lanes, 0 ≤ n ≤ lanes.
func (m *machine) firstLanes(n Register) mask {
	table, at := GP64(), GP64()
	LEAQ(m.lastMask(), table)
	MOVQ(U64(uint64(m.lanes)), at)
	SUBQ(n, at)
	v := m.v()
	VMOVUPS(Mem{Base: table, Index: at, Scale: 4}, v)
	if m.wide() {
		k := K()
		VPMOVD2M(v, k)
		return mask{k: k}
	}
	return mask{v: v}
}

// loadFirst loads the lanes of the mask, zero elsewhere.
func (m *machine) loadFirst(k mask, from Mem, to reg.VecVirtual) {
	if m.wide() {
		VMOVUPS_Z(from, k.k, to)
	} else {
		VMASKMOVPS(from, k.v, to)
	}
}

func (m *machine) storeFirst(k mask, from reg.VecVirtual, to Mem) {
	if m.wide() {
		VMOVUPS(from, k.k, to)
	} else {
		VMASKMOVPS(from, k.v, to)
	}
}

func (m *machine) store(stream bool, from reg.VecVirtual, to Mem) {
	if stream {
		VMOVNTPS(from, to)
	} else {
		VMOVUPS(from, to)
	}
}

func streamName(name string, stream bool) string {
	if stream {
		return name + "Stream"
	}
	return name
}

func finish() {
	VZEROUPPER()
	RET()
}

// across runs body for blocks of four vectors, then of one, then for what is left of n floats, with the byte offset of the block.
func (m *machine) across(n Register, body func(vecs int, at Register, last *mask)) {
	at := GP64()
	XORQ(at, at)
	Label("four")
	CMPQ(n, U32(uint32(4*m.lanes)))
	JLT(LabelRef("one"))
	body(4, at, nil)
	ADDQ(U32(uint32(4*m.bytes())), at)
	SUBQ(U32(uint32(4*m.lanes)), n)
	JMP(LabelRef("four"))
	Label("one")
	CMPQ(n, U32(uint32(m.lanes)))
	JLT(LabelRef("rest"))
	body(1, at, nil)
	ADDQ(U32(uint32(m.bytes())), at)
	SUBQ(U32(uint32(m.lanes)), n)
	JMP(LabelRef("one"))
	Label("rest")
	TESTQ(n, n)
	JZ(LabelRef("end"))
	k := m.firstLanes(n)
	body(0, at, &k)
	Label("end")
}

// mix sums k rows, each so many floats behind src and with a weight.
func (m *machine) mix(stream bool) {
	TEXT(m.name(streamName("mix", stream)), NOSPLIT, "func(dst *float32, n int, src *float32, off *int, w *float32, k int)")
	Pragma("noescape")
	dst, n, src := Load(Param("dst"), GP64()), Load(Param("n"), GP64()), Load(Param("src"), GP64())
	off, w, k := Load(Param("off"), GP64()), Load(Param("w"), GP64()), Load(Param("k"), GP64())
	block := 0
	m.across(n, func(vecs int, at Register, last *mask) {
		block++
		name := []string{"", "fourRows", "oneRows", "restRows"}[block]
		count := max(vecs, 1)
		acc := make([]reg.VecVirtual, count)
		for i := range acc {
			acc[i] = m.v()
			m.clear(acc[i])
		}
		i, row := GP64(), GP64()
		XORQ(i, i)
		Label(name)
		MOVQ(Mem{Base: off, Index: i, Scale: 8}, row)
		LEAQ(Mem{Base: src, Index: row, Scale: 4}, row)
		weight := m.v()
		VBROADCASTSS(Mem{Base: w, Index: i, Scale: 4}, weight)
		for j := range acc {
			from := Mem{Base: row, Index: at, Scale: 1, Disp: j * m.bytes()}
			if last != nil {
				x := m.v()
				m.loadFirst(*last, from, x)
				VFMADD231PS(x, weight, acc[j])
			} else {
				VFMADD231PS(from, weight, acc[j])
			}
		}
		INCQ(i)
		CMPQ(i, k)
		JLT(LabelRef(name))
		for j := range acc {
			to := Mem{Base: dst, Index: at, Scale: 1, Disp: j * m.bytes()}
			if last != nil {
				m.storeFirst(*last, acc[j], to)
			} else {
				m.store(stream, acc[j], to)
			}
		}
	})
	finish()
}

// topRows takes the maximum over k rows, and over each pair of neighbours where pair is 2.
func (m *machine) topRows(name string, pair int) {
	TEXT(m.name(name), NOSPLIT, "func(dst *float32, n int, src *float32, off *int, k int)")
	Pragma("noescape")
	dst, n, src := Load(Param("dst"), GP64()), Load(Param("n"), GP64()), Load(Param("src"), GP64())
	off, k := Load(Param("off"), GP64()), Load(Param("k"), GP64())
	even, odd := m.v(), m.v()
	if pair == 2 && m.wide() {
		VMOVUPS(m.everySecond(0), even)
		VMOVUPS(m.everySecond(1), odd)
	}
	// loop takes the maximum as if there were no NaN and looks for one on the way; where there was one, it starts again with care.
	loop := func(name string, at Register, acc []reg.VecVirtual, load func(row Register, j int, to reg.VecVirtual)) {
		row := GP64()
		over := func(label string, each func(j int, x reg.VecVirtual)) {
			i := GP64()
			MOVQ(Mem{Base: off}, row)
			LEAQ(Mem{Base: src, Index: row, Scale: 4}, row)
			for j := range acc {
				load(row, j, acc[j])
			}
			if each == nil {
				return
			}
			MOVQ(U64(1), i)
			Label(label)
			CMPQ(i, k)
			JGE(LabelRef(label + "End"))
			MOVQ(Mem{Base: off, Index: i, Scale: 8}, row)
			LEAQ(Mem{Base: src, Index: row, Scale: 4}, row)
			for j := range acc {
				x := m.v()
				load(row, j, x)
				each(j, x)
			}
			INCQ(i)
			JMP(LabelRef(label))
			Label(label + "End")
		}
		for j := range acc {
			acc[j] = m.v()
		}
		bad := m.newFlags()
		over(name, func(j int, x reg.VecVirtual) {
			m.flagUnordered(bad, x, acc[j])
			VMAXPS(x, acc[j], acc[j])
		})
		m.jumpIfNone(bad, name+"Done")
		over(name+"Care", func(j int, x reg.VecVirtual) { m.extreme(acc[j], x, true) })
		Label(name + "Done")
	}
	block := 0
	m.across(n, func(vecs int, at Register, last *mask) {
		block++
		name := []string{"", "fourRows", "oneRows", "restRows"}[block]
		count := max(vecs, 1)
		if pair == 1 {
			acc := make([]reg.VecVirtual, count)
			loop(name, at, acc, func(row Register, j int, to reg.VecVirtual) {
				from := Mem{Base: row, Index: at, Scale: 1, Disp: j * m.bytes()}
				if last != nil {
					m.loadFirst(*last, from, to)
				} else {
					VMOVUPS(from, to)
				}
			})
			for j := range acc {
				to := Mem{Base: dst, Index: at, Scale: 1, Disp: j * m.bytes()}
				if last != nil {
					m.storeFirst(*last, acc[j], to)
				} else {
					VMOVUPS(acc[j], to)
				}
			}
			return
		}
		var masks [2]mask
		if last != nil { // 2n floats: at most two vectors
			a, b, zero := GP64(), GP64(), GP64()
			XORQ(zero, zero)
			LEAQ(Mem{Base: n, Index: n, Scale: 1}, a)
			MOVQ(a, b)
			full := GP64()
			MOVQ(U64(uint64(m.lanes)), full)
			CMPQ(a, full)
			CMOVQGT(full, a)
			SUBQ(full, b)
			CMOVQLT(zero, b)
			masks[0], masks[1] = m.firstLanes(a), m.firstLanes(b)
		}
		acc := make([]reg.VecVirtual, 2*count)
		loop(name, at, acc, func(row Register, j int, to reg.VecVirtual) {
			from := Mem{Base: row, Index: at, Scale: 2, Disp: j * m.bytes()}
			if last != nil {
				m.loadFirst(masks[j], from, to)
				return
			}
			if m.wide() || j%2 == 0 {
				PREFETCHT0(Mem{Base: row, Index: at, Scale: 2, Disp: j*m.bytes() + 1024})
			}
			VMOVUPS(from, to)
		})
		for j := range count {
			to := Mem{Base: dst, Index: at, Scale: 1, Disp: j * m.bytes()}
			r := m.pairs(acc[2*j], acc[2*j+1], even, odd)
			if last != nil {
				m.storeFirst(*last, r, to)
			} else {
				VMOVUPS(r, to)
			}
		}
	})
	finish()
}

// flags are lanes in which something was met.
type flags struct {
	k reg.Register
	v reg.VecVirtual
}

func (m *machine) newFlags() flags {
	if m.wide() {
		k := K()
		KXORW(k, k, k)
		return flags{k: k}
	}
	v := m.v()
	m.clear(v)
	return flags{v: v}
}

// flagUnordered notes the lanes in which a or b is NaN.
func (m *machine) flagUnordered(f flags, a, b reg.VecVirtual) {
	if m.wide() {
		k := K()
		VCMPPS(Imm(3), a, b, k)
		KORW(k, f.k, f.k)
		return
	}
	v := m.v()
	VCMPPS(Imm(3), a, b, v)
	VORPS(v, f.v, f.v)
}

func (m *machine) jumpIfNone(f flags, label string) {
	if m.wide() {
		KORTESTW(f.k, f.k)
	} else {
		VPTEST(f.v, f.v)
	}
	JZ(LabelRef(label))
}

// everySecond are the lane numbers of every second float of two vectors, from first.
func (m *machine) everySecond(first int) Mem {
	g := GLOBL(m.name([]string{"evenLanes", "oddLanes"}[first]), RODATA|NOPTR)
	for i := range m.lanes {
		DATA(4*i, U32(uint32(2*i+first)))
	}
	return g
}

// pairs is the larger of each two neighbours of the vectors a and b.
func (m *machine) pairs(a, b, even, odd reg.VecVirtual) reg.VecVirtual {
	x, y := m.v(), m.v()
	if m.wide() {
		VMOVAPS(even, x)
		VMOVAPS(odd, y)
		VPERMI2PS(b, a, x)
		VPERMI2PS(b, a, y)
		m.extreme(x, y, true)
		return x
	}
	VSHUFPS(Imm(0x88), b, a, x)
	VSHUFPS(Imm(0xdd), b, a, y)
	m.extreme(x, y, true)
	VPERMPD(Imm(0xd8), x, x)
	return x
}

// affine sets dst = op(x·a + b).
func (m *machine) affine(name string, stream bool, op func(x, p, q reg.VecVirtual)) {
	TEXT(m.name(streamName(name, stream)), NOSPLIT, "func(dst, x *float32, n int, a, b, p, q float32)")
	Pragma("noescape")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	var v [4]reg.VecVirtual
	for i, s := range []string{"a", "b", "p", "q"} {
		v[i] = m.v()
		m.param(s, v[i])
	}
	m.across(n, func(vecs int, at Register, last *mask) {
		for j := range max(vecs, 1) {
			y := m.v()
			from, to := Mem{Base: x, Index: at, Scale: 1, Disp: j * m.bytes()}, Mem{Base: dst, Index: at, Scale: 1, Disp: j * m.bytes()}
			if last != nil {
				m.loadFirst(*last, from, y)
			} else {
				VMOVUPS(from, y)
			}
			VFMADD213PS(v[1], v[0], y)
			op(y, v[2], v[3])
			if last != nil {
				m.storeFirst(*last, y, to)
			} else {
				m.store(stream, y, to)
			}
		}
	})
	finish()
}

func (m *machine) copyRow(stream bool) {
	TEXT(m.name(streamName("copyRow", stream)), NOSPLIT, "func(dst, x *float32, n int)")
	Pragma("noescape")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	m.across(n, func(vecs int, at Register, last *mask) {
		for j := range max(vecs, 1) {
			y := m.v()
			from, to := Mem{Base: x, Index: at, Scale: 1, Disp: j * m.bytes()}, Mem{Base: dst, Index: at, Scale: 1, Disp: j * m.bytes()}
			if last != nil {
				m.loadFirst(*last, from, y)
				m.storeFirst(*last, y, to)
			} else {
				VMOVUPS(from, y)
				m.store(stream, y, to)
			}
		}
	})
	finish()
}

// spread writes vecs vectors. Each is picked, by lane numbers, from two vectors of the source that begin at its base; where
// blending, twice, summed with weights.
func (m *machine) spread(name string, blend bool) {
	signature := "func(dst, src *float32, base *int32, vecs int, idx *int32)"
	if blend {
		signature = "func(dst, src *float32, base *int32, vecs int, idx *int32, w *float32)"
	}
	TEXT(m.name(name), NOSPLIT, signature)
	Pragma("noescape")
	dst, src, base := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("base"), GP64())
	vecs, idx := Load(Param("vecs"), GP64()), Load(Param("idx"), GP64())
	var w Register
	if blend {
		w = Load(Param("w"), GP64())
	}
	seven := reg.VecVirtual(nil)
	if !m.wide() {
		seven = m.allBits(7)
	}
	Label("loop")
	b := GP64()
	MOVLQSX(Mem{Base: base}, b)
	lo, hi := m.v(), m.v()
	VMOVUPS(Mem{Base: src, Index: b, Scale: 4}, lo)
	VMOVUPS(Mem{Base: src, Index: b, Scale: 4, Disp: m.bytes()}, hi)
	take := func(disp int) reg.VecVirtual {
		r := m.v()
		VMOVUPS(Mem{Base: idx, Disp: disp}, r)
		if m.wide() {
			VPERMI2PS(hi, lo, r)
			return r
		}
		upper, x, y := m.v(), m.v(), m.v()
		VPCMPGTD(seven, r, upper)
		VPERMPS(lo, r, x)
		VPERMPS(hi, r, y) // takes the lowest three bits
		VBLENDVPS(upper, y, x, x)
		return x
	}
	x := take(0)
	step := m.bytes()
	if blend {
		y := take(m.bytes())
		VMULPS(Mem{Base: w}, x, x)
		VFMADD231PS(Mem{Base: w, Disp: m.bytes()}, y, x)
		step *= 2
		ADDQ(U32(uint32(step)), w)
	}
	VMOVUPS(x, Mem{Base: dst})
	ADDQ(U32(uint32(step)), idx)
	ADDQ(Imm(uint64(m.bytes())), dst)
	ADDQ(Imm(4), base)
	DECQ(vecs)
	JNZ(LabelRef("loop"))
	finish()
}
