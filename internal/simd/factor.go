package simd

import (
	"math"
	"unsafe"
)

// Factor is the right factor of products over words, k×n, in panels [kw][columns] with zeros behind its edges. It is read only and may
// serve several products at once.
type Factor struct {
	words    Words
	k, kw, n int
	nv       int
	f        []float32
	Sums     []int32 // of integers: of each column's values, as they were packed
}

// PackFactor lays a k×n matrix out; value returns the low bits of element (i, j): a bfloat16, an unsigned 8-bit integer for Bytes, a
// signed 16-bit one for Pairs.
func PackFactor(w Words, k, n int, value func(i, j int) uint32) *Factor {
	per := w.PerWord()
	f := &Factor{words: w, k: k, kw: (k + per - 1) / per, n: n, nv: packedVecs()}
	nr := f.nv * active.lanes
	f.f = Alloc((n + nr - 1) / nr * nr * f.kw)
	bits := 32 / per
	mask := uint32(1)<<bits - 1
	if w != Bfloat16 {
		f.Sums = make([]int32, n)
	}
	words := Bits(f.f)
	for p := 0; p < n; p += nr {
		for i := range f.kw {
			row := words[p*f.kw+i*nr:][:nr]
			for j := p; j < min(p+nr, n); j++ {
				var word uint32
				for l := 0; l < per && i*per+l < k; l++ {
					v := value(i*per+l, j) & mask
					word |= v << (l * bits)
					switch w {
					case Bytes:
						f.Sums[j] += int32(v)
					case Pairs:
						f.Sums[j] += int32(int16(v))
					}
				}
				row[j-p] = word
			}
		}
	}
	return f
}

// Width returns the words in a row of the left factor.
func (f *Factor) Width() int { return f.kw }

// Multiply computes C = A·B, m×n, where A is m rows of Width words: bfloat16 for sums in float32, signed 8-bit integers for Bytes and
// signed 16-bit ones for Pairs. C gets float32 sums, or int32 ones in the same memory. The same for any number of threads.
func (f *Factor) Multiply(c []float32, ldc int, a []uint32, m, threads int) {
	if m <= 0 || f.n <= 0 {
		return
	}
	_, _ = c[(m-1)*ldc+f.n-1], a[m*f.kw-1]
	most := active.maxRows[f.nv]
	tiles := (m + most - 1) / most
	left := Borrow(m * f.kw)
	defer left.Return()
	packed := Bits(left.F)
	Each(threads, tiles, func(_, t int) {
		lo, hi := t*m/tiles, (t+1)*m/tiles
		dst := packed[lo*f.kw : hi*f.kw]
		for r := lo; r < hi; r++ {
			row := a[r*f.kw:][:f.kw]
			for i, v := range row {
				dst[i*(hi-lo)+r-lo] = v
			}
		}
	})
	nr := f.nv * active.lanes
	panels := (f.n + nr - 1) / nr
	// A task is one panel and as many tiles as keep every worker busy.
	parts := min(tiles, max(1, 4*threads/panels))
	tap := Tap{}
	Each(threads, panels*parts, func(_, i int) {
		p, part := i/parts, i%parts
		cols := min(nr, f.n-p*nr)
		nv := (cols + active.lanes - 1) / active.lanes
		for t := part * tiles / parts; t < (part+1)*tiles/parts; t++ {
			lo, hi := t*m/tiles, (t+1)*m/tiles
			tile := Tile{A: &left.F[lo*f.kw], B: &f.f[p*nr*f.kw], C: &c[lo*ldc+p*nr], Taps: &tap, NTaps: 1, N: f.kw, BStride: 4 * nr,
				CStride: 4 * ldc, Tail: cols - (nv-1)*active.lanes, Words: f.words}
			tile.NoClamp()
			RunTile(hi-lo, nv, &tile)
		}
	})
}

// Ints is the same memory as int32.
func Ints(x []float32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// FloatsOf is the same memory as float32.
func FloatsOf(x []int32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// RowBfloat16 packs a row of a left factor into words; the last one is filled with zero.
func RowBfloat16(dst []uint32, x []float32) {
	var part [256]float32
	for at := 0; at < len(x); at += len(part) {
		n := min(len(part), len(x)-at)
		RoundBfloat16(part[:n], x[at:at+n])
		if n%2 == 1 {
			part[n] = 0
		}
		words := Bits(part[:n+n%2])
		for i := 0; i < len(words); i += 2 {
			dst[(at+i)/2] = words[i]>>16 | words[i+1]
		}
	}
}

// FloatBytes sets dst to the low bytes of clamp(round(x/step) + zero, lo, hi), ties to even.
func FloatBytes(dst []byte, x []float32, step float32, zero, lo, hi int32) {
	x = x[:len(dst)]
	whole := 0
	if f := active.floatBytes; f != nil {
		whole = len(dst) &^ 15
		f(dst[:whole], x[:whole], step, zero, lo, hi)
	}
	for i := whole; i < len(dst); i++ {
		dst[i] = byte(clampedInt(x[i]/step, zero, lo, hi))
	}
}

func clampedInt(x float32, zero, lo, hi int32) int32 {
	v := math.RoundToEven(float64(x)) + float64(zero)
	return int32(min(max(v, float64(lo)), float64(hi)))
}

// Requantise sets dst to the low bytes of clamp(round(float32(sum+bias)·scale) + zero, lo, hi), ties to even.
func Requantise(dst []byte, sum []int32, bias int32, scale float32, zero, lo, hi int32) {
	sum = sum[:len(dst)]
	whole := 0
	if f := active.requantise; f != nil {
		whole = len(dst) &^ 15
		f(dst[:whole], sum[:whole], bias, scale, zero, lo, hi)
	}
	for i := whole; i < len(dst); i++ {
		dst[i] = byte(clampedInt(float32(sum[i]+bias)*scale, zero, lo, hi))
	}
}

// Dequantise sets dst to float32(sum − offset)·(scale·factor), element by element. dst may be sum's memory.
func Dequantise(dst []float32, sum []int32, offset int32, factor float32, scale []float32) {
	n := len(dst)
	sum, scale = sum[:n], scale[:n]
	whole := 0
	if f := active.dequantise; f != nil {
		whole = n &^ 15
		f(dst[:whole], sum[:whole], offset, factor, scale[:whole])
	}
	for i := whole; i < n; i++ {
		dst[i] = float32(sum[i]-offset) * (scale[i] * factor)
	}
}
