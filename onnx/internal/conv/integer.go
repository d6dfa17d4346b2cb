package conv

import (
	"math"
	"runtime"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// Integer is the weight of a convolution of 8-bit integers, packed. It is read only, so calls may share it.
type Integer struct {
	p      Params
	words  simd.Words
	packed *Packed
	sums   []int32 // of each output channel's weights
}

// IntegerFits tells whether Forward of Integer computes such a shape: its strides, dilations and pads are none that only a hostile
// model has.
func IntegerFits(p *Params) bool {
	q := *p
	q.normalise()
	return !q.unusual()
}

// PackInteger lays weights out for Forward: integers less their zero point, which lie in ±255.
func PackInteger(weight []int32, p *Params) *Integer {
	q := *p
	q.normalise()
	icg, taps := q.InC/q.Group, q.taps()
	need("weight", len(weight), q.OutC*icg*taps)
	k := &Integer{p: q, words: simd.Integers(), sums: make([]int32, q.OutC)}
	for _, v := range weight {
		if v < math.MinInt8 || v > math.MaxInt8 {
			k.words = simd.Pairs
			break
		}
	}
	n := icg * taps
	k.packed = packWords(&q, k.words, func(o int) func(i int) uint32 {
		return func(i int) uint32 {
			v := weight[o*n+i]
			k.sums[o] += v
			return uint32(v)
		}
	})
	return k
}

// Forward computes dst[o] + offset[o] = Σ (x − zero)·w with threads workers, exactly (int32 arithmetic), where x are bytes, signed or
// not. The offsets, one an output channel, are what it returns. The result is the same for any number of threads.
func (k *Integer) Forward(dst []int32, src []byte, signed bool, zero int32, p *Params, threads int) (offset []int32) {
	defer runtime.KeepAlive(k)
	q := *p
	q.normalise()
	if err := q.Check(); err != nil {
		panic(err.Error())
	}
	need("input", len(src), q.Batch*q.InC*q.inVoxels())
	need("output", len(dst), q.Batch*q.OutC*q.outVoxels())
	inner := innerOf(&q, k.words.PerWord())
	words := simd.Borrow(inner.Batch * inner.InC * inner.inVoxels())
	defer words.Return()
	f := &byteFiller{q: &q, inner: &inner, src: src, dst: simd.Bits(words.F), zero: zero}
	if signed {
		f.flip, f.zero = 0x80808080, zero+128
	}
	f.convert(k.words, threads)
	d := newDirect(k.packed, &inner, threads)
	d.dst, d.src, d.words = simd.FloatsOf(dst), words.F, k.words
	d.run(threads)
	offset = make([]int32, q.OutC)
	if k.words == simd.Bytes {
		for o, s := range k.sums {
			offset[o] = -f.zero * s
		}
	}
	return offset
}

// byteFiller makes the padded input in words of an input in bytes.
type byteFiller struct {
	q, inner *Params
	src      []byte
	dst      []uint32
	zero     int32  // of unsigned bytes
	flip     uint32 // makes signed bytes unsigned
}

func (f *byteFiller) convert(w simd.Words, threads int) {
	q, n := f.q, f.inner
	icg, icw, per := q.InC/q.Group, n.InC/q.Group, w.PerWord()
	var pad uint32
	if w == simd.Bytes {
		pad = uint32(f.zero&0xff) * 0x01010101
	}
	area := q.In[1] * q.In[2]
	simd.Each(threads, q.Batch*n.InC*n.In[0], func(_, i int) {
		d, channel := i%n.In[0]-q.PadLo[0], i/n.In[0]
		dst := f.dst[i*n.In[1]*n.In[2]:][:n.In[1]*n.In[2]]
		for j := range dst {
			dst[j] = pad
		}
		if d < 0 || d >= q.In[0] {
			return
		}
		batchGroup, first := channel/icw, channel%icw*per
		var rows [4][]byte
		for j := range per {
			// Places behind the last channel take the word's first one: their weights are 0.
			c := first
			if first+j < icg {
				c += j
			}
			rows[j] = f.src[((batchGroup*icg+c)*q.In[0]+d)*area:][:area]
		}
		for h := range q.In[1] {
			row := dst[(q.PadLo[1]+h)*n.In[2]+q.PadLo[2]:][:q.In[2]]
			at := h * q.In[2]
			a, b := rows[0][at:][:len(row)], rows[1][at:][:len(row)]
			if w == simd.Pairs {
				flip := byte(f.flip)
				for x := range row {
					lo, hi := int32(a[x]^flip)-f.zero, int32(b[x]^flip)-f.zero
					row[x] = uint32(lo)&0xffff | uint32(hi)<<16
				}
				continue
			}
			c, e := rows[2][at:][:len(row)], rows[3][at:][:len(row)]
			for x := range row {
				row[x] = (uint32(a[x]) | uint32(b[x])<<8 | uint32(c[x])<<16 | uint32(e[x])<<24) ^ f.flip
			}
		}
	})
}
