// Package wavelet holds the kernels of the wavelet transforms of ITU-T T.800 annex F on lines of samples, and of what
// comes before and behind them, each in Go assembly for AVX-512 and AVX2 with a plain Go twin.
package wavelet

import "unsafe"

// kernels is one tier. Those in assembly take whole vectors of lanes elements.
type kernels struct {
	lanes   int
	down    func(dst, a, l, r []int32)
	up      func(dst, a, l, r []int32)
	share   func(dst, a, l, r []float32, f float32)
	whole   func(dst *int32, dstStep int, src *uint32, srcStep, w, h int)
	scaled  func(dst *float32, dstStep int, src *uint32, srcStep, w, h int, f float32)
	within  func(dst, src []int32, lo, hi, shift int32)
	nearest func(dst []int32, src []float32, lo, hi float32, shift int32)
	zip     func(dst, a, b *uint32, n int)
	narrow  func(dst *uint16, src []int32)

	reversible   func(a, b, c []int32)
	irreversible func(a, b, c []float32)
	pixels       func(dst *byte, a, b, c []int32)
}

// active is the tier of this process, nil for the plain one.
var active = choose()

// vectors is how many of n elements the kernels of the tier take.
func (k *kernels) vectors(n int) int {
	if k == nil {
		return 0
	}
	return n &^ (k.lanes - 1)
}

// Down takes a share of both neighbours off: dst = a − (l + r + 2) / 4, rounded down. The others have at least len(dst)
// elements, and a may be dst; so in all functions here.
func Down(dst, a, l, r []int32) { active.goDown(dst, a[:len(dst)], l[:len(dst)], r[:len(dst)]) }

func (k *kernels) goDown(dst, a, l, r []int32) {
	n := k.vectors(len(dst))
	if n > 0 {
		k.down(dst[:n], a, l, r)
	}
	downPlain(dst[n:], a[n:], l[n:], r[n:])
}

// Up adds the mean of both neighbours: dst = a + (l + r) / 2, rounded down.
func Up(dst, a, l, r []int32) { active.goUp(dst, a[:len(dst)], l[:len(dst)], r[:len(dst)]) }

func (k *kernels) goUp(dst, a, l, r []int32) {
	n := k.vectors(len(dst))
	if n > 0 {
		k.up(dst[:n], a, l, r)
	}
	upPlain(dst[n:], a[n:], l[n:], r[n:])
}

// Share sets dst = a − f·(l + r).
func Share(dst, a, l, r []float32, f float32) {
	active.goShare(dst, a[:len(dst)], l[:len(dst)], r[:len(dst)], f)
}

func (k *kernels) goShare(dst, a, l, r []float32, f float32) {
	n := k.vectors(len(dst))
	if n > 0 {
		k.share(dst[:n], a, l, r, f)
	}
	sharePlain(dst[n:], a[n:], l[n:], r[n:], f)
}

// Whole sets h rows of w, which start dstStep elements apart, to the halves, rounded towards 0, of magnitudes whose sign is bit
// 31, srcStep apart.
func Whole(dst []int32, dstStep int, src []uint32, srcStep, w, h int) {
	active.goWhole(dst, dstStep, src, srcStep, w, h)
}

func (k *kernels) goWhole(dst []int32, dstStep int, src []uint32, srcStep, w, h int) {
	if n := k.vectors(w); n == w && w*h > 0 {
		_, _ = dst[(h-1)*dstStep+w-1], src[(h-1)*srcStep+w-1]
		k.whole(&dst[0], dstStep, &src[0], srcStep, w, h)
		return
	}
	for y := range h {
		wholePlain(dst[y*dstStep:][:w], src[y*srcStep:][:w])
	}
}

// Scaled does the same with f times the magnitudes.
func Scaled(dst []float32, dstStep int, src []uint32, srcStep, w, h int, f float32) {
	active.goScaled(dst, dstStep, src, srcStep, w, h, f)
}

func (k *kernels) goScaled(dst []float32, dstStep int, src []uint32, srcStep, w, h int, f float32) {
	if n := k.vectors(w); n == w && w*h > 0 {
		_, _ = dst[(h-1)*dstStep+w-1], src[(h-1)*srcStep+w-1]
		k.scaled(&dst[0], dstStep, &src[0], srcStep, w, h, f)
		return
	}
	for y := range h {
		scaledPlain(dst[y*dstStep:][:w], src[y*srcStep:][:w], f)
	}
}

// Within keeps src within lo and hi, and adds shift.
func Within(dst, src []int32, lo, hi, shift int32) {
	active.goWithin(dst, src[:len(dst)], lo, hi, shift)
}

func (k *kernels) goWithin(dst, src []int32, lo, hi, shift int32) {
	n := k.vectors(len(dst))
	if n > 0 {
		k.within(dst[:n], src, lo, hi, shift)
	}
	withinPlain(dst[n:], src[n:], lo, hi, shift)
}

// Nearest keeps src within lo and hi (NaN becomes lo), rounds to the nearest whole number, halves to the even one, and adds
// shift. lo and hi are whole numbers of at most 24 bits.
func Nearest(dst []int32, src []float32, lo, hi float32, shift int32) {
	active.goNearest(dst, src[:len(dst)], lo, hi, shift)
}

func (k *kernels) goNearest(dst []int32, src []float32, lo, hi float32, shift int32) {
	n := k.vectors(len(dst))
	if n > 0 {
		k.nearest(dst[:n], src, lo, hi, shift)
	}
	nearestPlain(dst[n:], src[n:], lo, hi, shift)
}

// Zip lays the elements of a and b out by turns, a first, in dst; a has as many as b, or one more.
func Zip[T int32 | float32](dst, a, b []T) {
	dst, b = dst[:len(a)+len(b)], b[:len(b):len(b)]
	n := active.vectors(len(b))
	if n > 0 {
		active.zip(word(&dst[0]), word(&a[0]), word(&b[0]), n)
	}
	zipPlain(dst[2*n:], a[n:], b[n:])
}

func word[T int32 | float32](p *T) *uint32 { return (*uint32)(unsafe.Pointer(p)) }

// Narrow sets dst to the lower halves of src.
func Narrow(dst []uint16, src []int32) { active.goNarrow(dst[:len(src)], src) }

func (k *kernels) goNarrow(dst []uint16, src []int32) {
	n := k.vectors(len(src))
	if n > 0 {
		k.narrow(&dst[0], src[:n])
	}
	narrowPlain(dst[n:], src[n:])
}
