package conv

import (
	"math"
	"runtime"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// Precision is the arithmetic of a convolution's products.
type Precision int

// The precisions. Outputs, biases, activations and what is added are float32 in each.
const (
	Float32  Precision = iota
	BFloat16           // factors rounded to bfloat16, sums in float32
	Int8               // weights in 8 bits by output channel, inputs in 8 bits by tensor, sums in int32
)

// Reduced is a convolution's weight packed for arithmetic below float32. It is read only, so calls may share it.
type Reduced struct {
	p         Params // as given to PackReduced
	precision Precision
	words     simd.Words
	packed    *Packed   // over words, or over rounded values where the processor has no such words
	scale     []float32 // Int8: of each output channel's weights
	sums      []float32 // Bytes: the sum of each output channel's weights, for the input's zero point
}

// rate is how many times as fast as float32 the products of a kind of words are, measured on AMD EPYC of the Zen 4 generation.
func rate(w simd.Words) float64 {
	if !w.Native() {
		return 0
	}
	return [...]float64{simd.Floats: 1, simd.Bfloat16: 1.8, simd.Bytes: 3.4, simd.Pairs: 1}[w]
}

// wordsOf returns the words for a precision on this processor.
func wordsOf(precision Precision) simd.Words {
	if precision == Int8 {
		return simd.Integers()
	}
	return simd.Bfloat16
}

// ReducedPays tells whether a convolution gains time from a precision: whether its products are many enough for the conversion, and
// cheaper so than by the best algorithm in float32.
func ReducedPays(p *Params, precision Precision, winograd bool) bool {
	q := *p
	q.normalise()
	w := wordsOf(precision)
	icg, ocg := q.InC/q.Group, q.OutC/q.Group
	if q.unusual() || icg < w.PerWord() || ocg*q.taps() < 24*q.Stride[1]*q.Stride[2] {
		return false
	}
	saved := 1.0
	if winograd {
		f, _ := chooseForm(&q)
		saved = f.saved(&q)
	}
	filled := float64(icg) / float64((icg+w.PerWord()-1)/w.PerWord()*w.PerWord())
	return rate(w)*filled > saved*1.05
}

// saved is how many times fewer products a form needs than the direct one, less what its transforms cost.
func (f form) saved(q *Params) float64 {
	if f == (form{}) {
		return 1
	}
	products := float64(q.Kernel[0]*q.Kernel[1]) * float64(outputs(f.d)*outputs(f.h)) / float64(f.d*f.h)
	if f.w > 1 {
		products *= float64(q.Kernel[2]*outputs(f.w)) / float64(f.w)
	}
	return max(1, 0.6*products)
}

// PackDirect is Pack without Winograd's algorithm.
func PackDirect(weight []float32, p *Params) *Packed {
	return PackAs(weight, p, DirectLayoutOf(p))
}

// PackReduced lays the weight out for Forward in a precision other than Float32.
func PackReduced(weight []float32, p *Params, precision Precision) *Reduced {
	q := *p
	q.normalise()
	n := q.InC / q.Group * q.taps()
	need("weight", len(weight), q.OutC*n)
	k := &Reduced{p: q, precision: precision, words: wordsOf(precision)}
	if precision == BFloat16 && !k.words.Native() {
		rounded := make([]float32, q.OutC*n)
		simd.RoundBfloat16(rounded, weight)
		k.packed = Pack(rounded, &q)
		return k
	}
	if precision == Int8 {
		k.scale = make([]float32, q.OutC)
		k.sums = make([]float32, q.OutC)
	}
	k.packed = packWords(&q, k.words, func(o int) func(i int) uint32 {
		encode := k.encoder(o, weight[o*n:][:n])
		return func(i int) uint32 { return encode(weight[o*n+i]) }
	})
	return k
}

// packWords packs the weight of a convolution over words of q's channels. value gives, for an output channel, the function from a
// weight's place among the channel's to the low bits of its value.
func packWords(q *Params, w simd.Words, value func(o int) func(i int) uint32) *Packed {
	icg, taps, per := q.InC/q.Group, q.taps(), w.PerWord()
	bits := 32 / per
	mask := uint32(1)<<bits - 1
	icw := (icg + per - 1) / per
	words := make([]float32, q.OutC*icw*taps)
	dst := simd.Bits(words)
	for o := range q.OutC {
		of := value(o)
		for i := range icg * taps {
			tap, c := i%taps, i/taps
			dst[(o*icw+c/per)*taps+tap] |= of(i) & mask << (bits * (c % per))
		}
	}
	return packForm(words, innerOf(q, per), form{})
}

// encoder returns the function that makes a weight of an output channel a value of a word, and notes what its sums need.
func (k *Reduced) encoder(o int, weights []float32) func(v float32) uint32 {
	if k.precision == BFloat16 {
		return func(v float32) uint32 {
			one := []float32{v}
			simd.RoundBfloat16(one, one)
			return math.Float32bits(one[0]) >> 16
		}
	}
	var most float32
	for _, v := range weights {
		most = max(most, v, -v)
	}
	scale := most / 127
	k.scale[o] = scale
	return func(v float32) uint32 {
		if scale == 0 {
			return 0
		}
		q := int32(math.RoundToEven(float64(v / scale)))
		k.sums[o] += float32(q)
		return uint32(q)
	}
}

// innerOf returns the convolution over words of so many channels, of an input that has its padding already.
func innerOf(p *Params, per int) Params {
	q := *p
	q.InC = q.Group * ((q.InC/q.Group + per - 1) / per)
	for i := range 3 {
		q.In[i] += q.PadLo[i] + q.PadHi[i]
		q.PadLo[i], q.PadHi[i] = 0, 0
	}
	return q
}

// Range is what an input's values lie in. The zero value asks for it to be measured.
type Range struct{ Lo, Hi float32 }

// quantisation returns the step and the zero point that 8 bits give the range, 0 among its values.
func (r Range) quantisation() (step float32, zero int32) {
	lo, hi := min(r.Lo, 0), max(r.Hi, 0)
	step = (hi - lo) / 255
	if step == 0 {
		return 1, 0
	}
	return step, int32(math.RoundToEven(float64(-lo / step)))
}

// RangeOf measures an input's range; ok is false where a value is NaN or infinite.
func RangeOf(x []float32, threads int) (r Range, ok bool) {
	if len(x) == 0 {
		return r, true
	}
	const part = 1 << 16
	n := (len(x) + part - 1) / part
	lo, hi := make([]float32, n), make([]float32, n)
	simd.Each(threads, n, func(_, i int) {
		lo[i], hi[i] = simd.Range(x[i*part : min((i+1)*part, len(x))])
	})
	r = Range{lo[0], hi[0]}
	for i := range n {
		r.Lo, r.Hi = min(r.Lo, lo[i]), max(r.Hi, hi[i])
	}
	return r, r.Lo-r.Lo == 0 && r.Hi-r.Hi == 0
}

// Forward computes dst = act(conv(src, weight) + bias + add) with threads workers, as Packed.ForwardAdd does, in the precision that
// the weight was packed for. in is the input's range, for Int8 only; values outside of it are clamped to it. The result is the same
// for any number of threads.
func (k *Reduced) Forward(dst, src, bias, add []float32, in Range, p *Params, act Activation, threads int) {
	defer runtime.KeepAlive(k)
	q := *p
	q.normalise()
	need("input", len(src), q.Batch*q.InC*q.inVoxels())
	if k.precision == BFloat16 && !k.words.Native() {
		rounded := simd.Borrow(q.Batch * q.InC * q.inVoxels())
		defer rounded.Return()
		simd.Each(threads, q.Batch*q.InC, func(_, i int) {
			simd.RoundBfloat16(rounded.F[i*q.inVoxels():][:q.inVoxels()], src[i*q.inVoxels():])
		})
		k.packed.ForwardAdd(dst, rounded.F, bias, add, &q, act, threads)
		return
	}
	inner := innerOf(&q, k.words.PerWord())
	words := simd.Borrow(inner.Batch * inner.InC * inner.inVoxels())
	defer words.Return()
	d := newDirect(k.packed, &inner, threads)
	d.dst, d.src, d.bias, d.add, d.act, d.words = dst, words.F, bias, add, act, k.words
	fill := &filler{q: &q, inner: &inner, src: src, dst: words.F, per: k.words.PerWord()}
	if k.precision == Int8 {
		step, zero := in.quantisation()
		fill.inverse, fill.zero = 1/step, zero
		d.scale = make([]float32, q.OutC)
		d.bias = make([]float32, q.OutC)
		copy(d.bias, bias)
		for o := range d.scale {
			d.scale[o] = k.scale[o] * step
			if k.words == simd.Bytes {
				d.bias[o] -= float32(zero) * k.sums[o] * d.scale[o]
			}
		}
	}
	fill.convert(k.words, threads)
	d.run(threads)
}

// filler makes the padded input in words of an input in floats.
type filler struct {
	q, inner *Params
	src      []float32
	dst      []float32
	per      int
	inverse  float32
	zero     int32
}

func (f *filler) convert(w simd.Words, threads int) {
	q, n := f.q, f.inner
	icg, icw := q.InC/q.Group, n.InC/q.Group
	var pad float32
	if w == simd.Bytes {
		pad = math.Float32frombits(uint32(f.zero) * 0x01010101)
	}
	planes := n.In[0]
	simd.Each(threads, q.Batch*n.InC*planes, func(_, i int) {
		d := i%planes - q.PadLo[0]
		channel := i / planes
		dst := f.dst[i*n.In[1]*n.In[2]:][:n.In[1]*n.In[2]]
		if d < 0 || d >= q.In[0] {
			fillWith(dst, pad)
			return
		}
		batchGroup, first := channel/icw, channel%icw*f.per
		var rows [4][]float32
		for j := range f.per {
			// Places behind the last channel take the word's first one: their weights are 0.
			c := first
			if first+j < icg {
				c += j
			}
			at := ((batchGroup*icg+c)*q.In[0] + d) * q.In[1] * q.In[2]
			rows[j] = f.src[at:][:q.In[1]*q.In[2]]
		}
		f.plane(w, dst, rows, pad)
	})
}

// plane converts one plane of the channels of a word.
func (f *filler) plane(w simd.Words, dst []float32, rows [4][]float32, pad float32) {
	q, n := f.q, f.inner
	if n.In[1] == q.In[1] && n.In[2] == q.In[2] {
		f.row(w, dst, rows)
		return
	}
	fillWith(dst[:q.PadLo[1]*n.In[2]], pad)
	fillWith(dst[(q.PadLo[1]+q.In[1])*n.In[2]:], pad)
	for h := range q.In[1] {
		row := dst[(q.PadLo[1]+h)*n.In[2]:][:n.In[2]]
		fillWith(row[:q.PadLo[2]], pad)
		fillWith(row[q.PadLo[2]+q.In[2]:], pad)
		var part [4][]float32
		for j, r := range rows {
			if r != nil {
				part[j] = r[h*q.In[2]:][:q.In[2]]
			}
		}
		f.row(w, row[q.PadLo[2]:][:q.In[2]], part)
	}
}

func (f *filler) row(w simd.Words, dst []float32, rows [4][]float32) {
	words := simd.Bits(dst)
	switch w {
	case simd.Bfloat16:
		simd.PairBfloat16(words, rows[0], rows[1])
	case simd.Bytes:
		simd.QuantiseBytes(words, rows[0], rows[1], rows[2], rows[3], f.inverse, f.zero)
	case simd.Pairs:
		simd.QuantisePairs(words, rows[0], rows[1], f.inverse, f.zero)
	}
}

func fillWith(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}
