package simd

import (
	"slices"
	"unsafe"
)

// rowKernels are one tier's functions on rows of n floats, n > 0 of any length. Those that stream write past the caches, and take
// a dst that lies at a multiple of 64 bytes.
type rowKernels struct {
	mix, mixStream     func(dst *float32, n int, src *float32, off *int, w *float32, k int)
	clamp, clampStream func(dst, x *float32, n int, a, b, p, q float32)
	leaky, leakyStream func(dst, x *float32, n int, a, b, p, q float32)
	copyStream         func(dst, x *float32, n int)
	top, pairTop       func(dst *float32, n int, src *float32, off *int, k int)
	pick               func(dst, src *float32, base *int32, vecs int, idx *int32)
	blend              func(dst, src *float32, base *int32, vecs int, idx *int32, w *float32)
	moments            func(x *float32, n int, p float32) (s, q float32)
	expSum             func(dst, x *float32, n int, p, q float32) float32
	expRows            func(x *float32, vecs, count, stride int, p float32, q, sum *float32) // stride in bytes
	norm               func(dst, x *float32, n int, g, b *float32, p, q float32)
	transpose          func(dst, src *float32, dstStride, srcStride, blocks int) // strides in bytes
	endStreams         func()
	elementary         [numElementary]func(dst, x *float32, n int)
}

var rows = rowsOf(active)

// ahead is how many of dst's n floats lie before the next multiple of 64 bytes.
func ahead(dst *float32, n int) int {
	return min(n, int(-uintptr(unsafe.Pointer(dst))%64)/4)
}

// fits panics where rows of n floats at off do not lie in src.
func fits(src []float32, off []int, n int) {
	_ = src[slices.Min(off):]
	_ = src[:slices.Max(off)+n]
}

// EndStreams makes what the calling goroutine wrote past the caches visible to others before all that it writes from then on. It
// is due once after all such calls.
func EndStreams() { rows.endStreams() }

// Mix sets dst[j] = Σ w[t]·src[off[t]+j]. With stream set dst is written past the caches, for results that do not fit them; see
// EndStreams.
func Mix(dst, src []float32, off []int, w []float32, stream bool) {
	if len(dst) == 0 {
		return
	}
	if len(off) == 0 {
		clear(dst)
		return
	}
	fits(src, off, len(dst))
	rows.runMix(dst, src, off, w[:len(off)], stream)
}

func (r *rowKernels) runMix(dst, src []float32, off []int, w []float32, stream bool) {
	d, s, n := unsafe.SliceData(dst), unsafe.SliceData(src), len(dst)
	f := r.mix
	if stream {
		if head := ahead(d, n); head > 0 {
			f(d, head, s, &off[0], &w[0], len(off))
			d, s, n = Ahead(d, head), Ahead(s, head), n-head
		}
		f = r.mixStream
	}
	if n > 0 {
		f(d, n, s, &off[0], &w[0], len(off))
	}
}

// AffineClamp sets dst = min(max(x·a + b, lo), hi), NaN staying NaN; stream as for Mix.
func AffineClamp(dst, x []float32, a, b, lo, hi float32, stream bool) {
	rows.runAffine(rows.clamp, rows.clampStream, dst, x[:len(dst)], a, b, lo, hi, stream)
}

// AffineLeaky sets dst to x·a + b, multiplied by slope where it is negative; stream as for Mix.
func AffineLeaky(dst, x []float32, a, b, slope float32, stream bool) {
	rows.runAffine(rows.leaky, rows.leakyStream, dst, x[:len(dst)], a, b, slope, 0, stream)
}

func (r *rowKernels) runAffine(f, streamed func(dst, x *float32, n int, a, b, p, q float32), dst, x []float32, a, b, p, q float32, stream bool) {
	d, s, n := unsafe.SliceData(dst), unsafe.SliceData(x), len(dst)
	if stream {
		if head := ahead(d, n); head > 0 {
			f(d, s, head, a, b, p, q)
			d, s, n = Ahead(d, head), Ahead(s, head), n-head
		}
		f = streamed
	}
	if n > 0 {
		f(d, s, n, a, b, p, q)
	}
}

// CopyStream copies x to dst past the caches; see EndStreams.
func CopyStream(dst, x []float32) { rows.runCopy(dst, x[:len(dst)]) }

func (r *rowKernels) runCopy(dst, x []float32) {
	if len(dst) == 0 {
		return
	}
	head := ahead(&dst[0], len(dst))
	copy(dst[:head], x)
	if head < len(dst) {
		r.copyStream(&dst[head], &x[head], len(dst)-head)
	}
}

// MaxOfRows sets dst[j] to the largest of src[off[t]+j], NaN where one is NaN; there is at least one row.
func MaxOfRows(dst, src []float32, off []int) {
	if len(dst) > 0 {
		fits(src, off, len(dst))
		rows.top(&dst[0], len(dst), &src[0], &off[0], len(off))
	}
}

// PairMaxOfRows sets dst[j] to the largest of src[off[t]+2j] and src[off[t]+2j+1], NaN where one is NaN.
func PairMaxOfRows(dst, src []float32, off []int) {
	if len(dst) > 0 {
		fits(src, off, 2*len(dst))
		rows.pairTop(&dst[0], len(dst), &src[0], &off[0], len(off))
	}
}

// MomentsFrom returns Σ(x−p) and Σ(x−p)²; the order of summation depends only on the length and the tier.
func MomentsFrom(x []float32, p float32) (sum, squares float32) {
	if len(x) == 0 {
		return 0, 0
	}
	return rows.moments(&x[0], len(x), p)
}

// ExpSum sets dst = e^(x·scale + shift) and returns the sum, as softmax needs. It is as accurate as Exp.
func ExpSum(dst, x []float32, scale, shift float32) float32 {
	if len(dst) == 0 {
		return 0
	}
	return rows.expSum(&dst[0], &x[:len(dst)][0], len(dst), scale, shift)
}

// ExpRows sets x = e^(x·scale + shift[j]) for every column j < len(shift) of count rows that begin stride floats apart, and sum[j]
// to the column's sum. The number of columns is a multiple of Lanes.
func ExpRows(x []float32, count, stride int, scale float32, shift, sum []float32) {
	rows.runExpRows(active.lanes, x, count, stride, scale, shift, sum)
}

func (r *rowKernels) runExpRows(lanes int, x []float32, count, stride int, scale float32, shift, sum []float32) {
	n := len(shift)
	if n == 0 || count <= 0 {
		clear(sum)
		return
	}
	if n%lanes != 0 {
		panic("simd: exp rows: columns are no multiple of the lanes")
	}
	_, _ = x[(count-1)*stride+n-1], sum[n-1]
	r.expRows(&x[0], n/lanes, count, 4*stride, scale, &shift[0], &sum[0])
}

// NormRow sets dst = (x·scale + shift)·g + b, g and b of the length of dst.
func NormRow(dst, x, g, b []float32, scale, shift float32) {
	if n := len(dst); n > 0 {
		rows.norm(&dst[0], &x[:n][0], n, &g[:n][0], &b[:n][0], scale, shift)
	}
}

// Transpose copies rows×cols floats of src, whose rows are srcStride floats apart, to dst as cols×rows, rows dstStride apart.
func Transpose(dst []float32, dstStride int, src []float32, srcStride, rowCount, cols int) {
	rows.runTranspose(dst, dstStride, src, srcStride, rowCount, cols)
}

func (r *rowKernels) runTranspose(dst []float32, dstStride int, src []float32, srcStride, rowCount, cols int) {
	if rowCount <= 0 || cols <= 0 {
		return
	}
	_, _ = dst[(cols-1)*dstStride+rowCount-1], src[(rowCount-1)*srcStride+cols-1]
	const band = 128 // columns at a time, so that the lines of dst that are begun stay in the nearest cache
	whole := cols &^ 7
	for c0 := 0; c0 < whole; c0 += band {
		blocks := min(band, whole-c0) / 8
		for i := 0; i+8 <= rowCount; i += 8 {
			r.transpose(&dst[c0*dstStride+i], &src[i*srcStride+c0], 4*dstStride, 4*srcStride, blocks)
		}
	}
	for i := rowCount &^ 7; i < rowCount; i++ {
		for j, v := range src[i*srcStride:][:whole] {
			dst[j*dstStride+i] = v
		}
	}
	for j := whole; j < cols; j++ {
		d := dst[j*dstStride:][:rowCount]
		for i := range d {
			d[i] = src[i*srcStride+j]
		}
	}
}
