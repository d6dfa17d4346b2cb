package simd

import (
	"math"
	"unsafe"
)

// Words is what the 32-bit words of a Tile's A and B hold. The sums are of products value by value, so that a word stands for
// several steps of the sum.
type Words int

// The kinds of words. Values lie in a word from its low end.
const (
	Floats   Words = iota // one float32; sums in float32
	Bfloat16              // two bfloat16; sums in float32
	Bytes                 // four: B unsigned, A signed 8-bit; sums in int32
	Pairs                 // two signed 16-bit; sums in int32
	numWords
)

const maxWordVecs = 2

// PerWord returns how many values a word holds.
func (w Words) PerWord() int { return [numWords]int{1, 2, 4, 2}[w] }

// Native tells whether this processor has instructions for such words in the tier in use.
func (w Words) Native() bool { return w == Floats || active.words[w] != nil }

// Integers returns the kind of words for products of 8-bit integers: Bytes where the processor has them, else Pairs.
func Integers() Words {
	if active.words[Bytes] != nil {
		return Bytes
	}
	return Pairs
}

// runWords runs a tile over words. Integer sums go out as float32(sum)·Scale[r], with Bias, Init and clamp as for floats, or as the
// int32 that they are, and without those, where Scale is nil.
func (t *tier) runWords(rows, nv int, tile *Tile) {
	run := t.words[tile.Words]
	if run == nil {
		wordTilePlain(rows, nv, t.lanes, tile)
		return
	}
	if nv <= maxWordVecs {
		run(rows, nv, tile)
		return
	}
	part := *tile
	for at := 0; at < nv; at += maxWordVecs {
		n := min(maxWordVecs, nv-at)
		part.B, part.C = Ahead(tile.B, at*t.lanes), Ahead(tile.C, at*t.lanes)
		if tile.Init != nil {
			part.Init = Ahead(tile.Init, at*t.lanes)
		}
		part.Tail = t.lanes
		if at+n == nv {
			part.Tail = tile.Tail
		}
		run(rows, n, &part)
	}
}

// wordTilePlain is the twin of the tiles over words.
func wordTilePlain(rows, nv, lanes int, t *Tile) {
	taps := unsafe.Slice(t.Taps, t.NTaps)
	for r := range rows {
		for j := range (nv-1)*lanes + t.Tail {
			var f float32
			var sum int32
			for _, tap := range taps {
				a, b := tap.A+4*r, tap.B+4*j
				for range t.N {
					x, y := math.Float32bits(*at(t.A, a)), math.Float32bits(*at(t.B, b))
					switch t.Words {
					case Bfloat16:
						f += math.Float32frombits(x&0xffff0000) * math.Float32frombits(y&0xffff0000)
						f += math.Float32frombits(x<<16) * math.Float32frombits(y<<16)
					case Bytes:
						for i := range 4 {
							sum += int32(int8(x>>(8*i))) * int32(uint8(y>>(8*i)))
						}
					case Pairs:
						sum += int32(int16(x))*int32(int16(y)) + int32(int16(x>>16))*int32(int16(y>>16))
					}
					a += 4 * rows
					b += t.BStride
				}
			}
			switch {
			case t.Words == Bfloat16:
				finish(t, r, j, f)
			case t.Scale != nil:
				finish(t, r, j, float32(sum)*(*at(t.Scale, 4*r)))
			default:
				*at(t.C, r*t.CStride+4*j) = math.Float32frombits(uint32(sum))
			}
		}
	}
}

// QuantiseBytes packs four rows into words of Bytes: clamp(round(x·inverse) + zero, 0, 255), ties to even. Rows that are nil are of
// zeros.
func QuantiseBytes(dst []uint32, a, b, c, d []float32, inverse float32, zero int32) {
	rows := [4][]float32{a, b, c, d}
	whole := 0
	if f := active.quantise4; f != nil && a != nil && b != nil && c != nil && d != nil {
		whole = len(dst) - len(dst)%active.lanes
		f(dst[:whole], a, b, c, d, inverse, zero)
	}
	for i := whole; i < len(dst); i++ {
		var word uint32
		for k, row := range rows {
			q := zero
			if row != nil {
				q = clampedInt(row[i]*inverse, zero, 0, 255)
			}
			word |= uint32(q) << (8 * k)
		}
		dst[i] = word
	}
}

// QuantisePairs packs two rows into words of Pairs: clamp(round(x·inverse) + zero, 0, 255) − zero, ties to even. b may be nil.
func QuantisePairs(dst []uint32, a, b []float32, inverse float32, zero int32) {
	whole := 0
	if f := active.centre2; f != nil && b != nil {
		whole = len(dst) - len(dst)%active.lanes
		f(dst[:whole], a, b, inverse, zero)
	}
	for i := whole; i < len(dst); i++ {
		word := uint32(clampedInt(a[i]*inverse, zero, 0, 255)-zero) & 0xffff
		if b != nil {
			word |= uint32(clampedInt(b[i]*inverse, zero, 0, 255)-zero) << 16
		}
		dst[i] = word
	}
}

// PairBfloat16 packs two rows into words of Bfloat16, rounded to nearest, ties to even; b may be nil for zeros.
func PairBfloat16(dst []uint32, a, b []float32) {
	whole := 0
	if f := active.pairBfloat16; f != nil && b != nil {
		whole = len(dst) - len(dst)%active.lanes
		f(dst[:whole], a, b)
	}
	for i := whole; i < len(dst); i++ {
		word := toBfloat16(a[i]) >> 16
		if b != nil {
			word |= toBfloat16(b[i])
		}
		dst[i] = word
	}
}

// RoundBfloat16 sets dst to x rounded to bfloat16, to nearest, ties to even. dst may be x.
func RoundBfloat16(dst, x []float32) {
	whole := 0
	if f := active.roundBfloat16; f != nil {
		whole = len(dst) - len(dst)%active.lanes
		f(dst[:whole], x)
	}
	for i := whole; i < len(dst); i++ {
		dst[i] = math.Float32frombits(toBfloat16(x[i]))
	}
}

// toBfloat16 returns the bits of the nearest bfloat16 as a float32.
func toBfloat16(x float32) uint32 {
	u := math.Float32bits(x)
	if x != x {
		return (u | 0x400000) & 0xffff0000
	}
	return (u + 0x7fff + u>>16&1) & 0xffff0000
}

// Range returns the least and the greatest element of x, which is not empty; both are NaN where one is NaN or infinite.
func Range(x []float32) (lo, hi float32) {
	whole := 0
	lo, hi = x[0], x[0]
	if f := active.rangeOf; f != nil && len(x) >= active.lanes {
		whole = len(x) - len(x)%active.lanes
		var low, high [16]float32
		f(x[:whole], &low, &high)
		lo, hi = low[0], high[0]
		for i := 1; i < active.lanes; i++ {
			lo, hi = min(lo, low[i]), max(hi, high[i])
		}
	}
	var bad float32
	for _, v := range x[whole:] {
		lo, hi = min(lo, v), max(hi, v)
		bad += v - v
	}
	lo, hi = lo+bad, hi+bad
	if lo-lo != 0 || hi-hi != 0 {
		lo = float32(math.NaN())
		hi = lo
	}
	return lo, hi
}

// Bits is the same memory as bits.
func Bits(x []float32) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}
