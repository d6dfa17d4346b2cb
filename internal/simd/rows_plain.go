package simd

import (
	"math"
	"unsafe"
)

var rowsPlain = rowKernels{
	mix: mixPlain, mixStream: mixPlain, clamp: affineClampPlain, clampStream: affineClampPlain, leaky: affineLeakyPlain,
	leakyStream: affineLeakyPlain, copyStream: copyRowPlain, top: maxOfRowsPlain, pairTop: pairMaxOfRowsPlain,
	pick: func(dst, src *float32, base *int32, vecs int, idx *int32) {
		pickPlain(plainTier.lanes, dst, src, base, vecs, idx)
	},
	blend: func(dst, src *float32, base *int32, vecs int, idx *int32, w *float32) {
		blendPlain(plainTier.lanes, dst, src, base, vecs, idx, w)
	},
	moments: momentsRowPlain, expSum: expSumPlain, expRows: expRowsPlain, norm: normRowPlain, transpose: transposePlain, endStreams: func() {}, elementary: elementaryPlain,
}

func mixPlain(dst *float32, n int, src *float32, off *int, w *float32, k int) {
	d := unsafe.Slice(dst, n)
	clear(d)
	for t, v := range unsafe.Slice(w, k) {
		for j, x := range unsafe.Slice(Ahead(src, unsafe.Slice(off, k)[t]), n) {
			d[j] += v * x
		}
	}
}

func affineClampPlain(dst, x *float32, n int, a, b, p, q float32) {
	d := unsafe.Slice(dst, n)
	for i, v := range unsafe.Slice(x, n) {
		v = v*a + b
		if v < p {
			v = p
		}
		if v > q {
			v = q
		}
		d[i] = v
	}
}

func affineLeakyPlain(dst, x *float32, n int, a, b, p, _ float32) {
	d := unsafe.Slice(dst, n)
	for i, v := range unsafe.Slice(x, n) {
		v = v*a + b
		if v < 0 {
			v *= p
		}
		d[i] = v
	}
}

func copyRowPlain(dst, x *float32, n int) { copy(unsafe.Slice(dst, n), unsafe.Slice(x, n)) }

func maxOfRowsPlain(dst *float32, n int, src *float32, off *int, k int) {
	d := unsafe.Slice(dst, n)
	for t, o := range unsafe.Slice(off, k) {
		for j, x := range unsafe.Slice(Ahead(src, o), n) {
			if t == 0 {
				d[j] = x
			} else {
				d[j] = max(d[j], x)
			}
		}
	}
}

func pairMaxOfRowsPlain(dst *float32, n int, src *float32, off *int, k int) {
	d := unsafe.Slice(dst, n)
	for t, o := range unsafe.Slice(off, k) {
		row := unsafe.Slice(Ahead(src, o), 2*n)
		for j := range d {
			x := max(row[2*j], row[2*j+1])
			if t > 0 {
				x = max(x, d[j])
			}
			d[j] = x
		}
	}
}

func pickPlain(lanes int, dst, src *float32, base *int32, vecs int, idx *int32) {
	d, at := unsafe.Slice(dst, vecs*lanes), unsafe.Slice(idx, vecs*lanes)
	for v, b := range unsafe.Slice(base, vecs) {
		row := unsafe.Slice(Ahead(src, int(b)), 2*lanes)
		for j := v * lanes; j < (v+1)*lanes; j++ {
			d[j] = row[at[j]]
		}
	}
}

func blendPlain(lanes int, dst, src *float32, base *int32, vecs int, idx *int32, w *float32) {
	d, at, weight := unsafe.Slice(dst, vecs*lanes), unsafe.Slice(idx, 2*vecs*lanes), unsafe.Slice(w, 2*vecs*lanes)
	for v, b := range unsafe.Slice(base, vecs) {
		row := unsafe.Slice(Ahead(src, int(b)), 2*lanes)
		for j := range lanes {
			p, q := 2*v*lanes+j, (2*v+1)*lanes+j
			d[v*lanes+j] = row[at[p]]*weight[p] + row[at[q]]*weight[q]
		}
	}
}

func momentsRowPlain(x *float32, n int, p float32) (s, q float32) {
	var sum, square [8]float32
	for i, v := range unsafe.Slice(x, n) {
		v -= p
		sum[i&7] += v
		square[i&7] += v * v
	}
	return sum8(&sum), sum8(&square)
}

func expSumPlain(dst, x *float32, n int, p, q float32) float32 {
	d := unsafe.Slice(dst, n)
	var s [8]float32
	for i, v := range unsafe.Slice(x, n) {
		d[i] = float32(math.Exp(float64(v*p + q)))
		s[i&7] += d[i]
	}
	return sum8(&s)
}

func expRowsPlain(x *float32, vecs, count, stride int, p float32, q, sum *float32) {
	n := vecs * plainTier.lanes
	shift, sums := unsafe.Slice(q, n), unsafe.Slice(sum, n)
	clear(sums)
	for r := range count {
		for j, v := range unsafe.Slice(at(x, r*stride), n) {
			v = float32(math.Exp(float64(v*p + shift[j])))
			*at(x, r*stride+4*j) = v
			sums[j] += v
		}
	}
}

func normRowPlain(dst, x *float32, n int, g, b *float32, p, q float32) {
	d, gain, shift := unsafe.Slice(dst, n), unsafe.Slice(g, n), unsafe.Slice(b, n)
	for i, v := range unsafe.Slice(x, n) {
		d[i] = (v*p+q)*gain[i] + shift[i]
	}
}

func transposePlain(dst, src *float32, dstStride, srcStride, blocks int) {
	for j := range 8 * blocks {
		for i := range 8 {
			*at(dst, j*dstStride+4*i) = *at(src, i*srcStride+4*j)
		}
	}
}
