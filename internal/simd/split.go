package simd

import "unsafe"

// Split4 takes vecs·4 vectors at src apart: element i goes to row i mod 4, place i/4; row k starts k·stride bytes behind dst.
func Split4(dst, src *float32, stride, vecs int) { active.split4(dst, src, stride, vecs) }

// Merge4 is the inverse of Split4: dst gets vecs·4 vectors from the four rows that start k·stride bytes behind src.
func Merge4(dst, src *float32, stride, vecs int) { active.merge4(dst, src, stride, vecs) }

// EverySecond sets dst[i] = src[2i]; src has at least twice the length of dst less one.
func EverySecond(dst, src []float32) {
	if n := len(dst); n > 0 {
		_ = src[2*n-2]
		active.everySecond(&dst[0], &src[0], n)
	}
}

// CopyRows copies rows of vecs vectors, both at least 1, from srcOff bytes behind src, at strides in bytes. Lanes that the masks (see AppendMasks) leave out are
// not read and become 0; whole vectors are written, rows in their order.
func CopyRows(dst, src *float32, srcOff, dstStride, srcStride, rows, vecs int, masks *uint32) {
	active.copyRows(dst, src, srcOff, dstStride, srcStride, rows, vecs, masks)
}

func copyRowsPlain(dst, src *float32, srcOff, dstStride, srcStride, rows, vecs int, masks *uint32, lanes int) {
	words := unsafe.Slice(masks, vecs)
	for r := range rows {
		for i := range vecs * lanes {
			x := float32(0)
			if words[i/lanes]>>(i%lanes)&1 != 0 {
				x = *at(src, srcOff+r*srcStride+4*i)
			}
			*at(dst, r*dstStride+4*i) = x
		}
	}
}

func everySecondPlain(dst, src *float32, n int) {
	for i := range n {
		*at(dst, 4*i) = *at(src, 8*i)
	}
}

func split4Plain(dst, src *float32, stride, vecs, lanes int) {
	for i := range 4 * vecs * lanes {
		*at(dst, i%4*stride+i/4*4) = *at(src, 4*i)
	}
}

func merge4Plain(dst, src *float32, stride, vecs, lanes int) {
	for i := range 4 * vecs * lanes {
		*at(dst, 4*i) = *at(src, i%4*stride+i/4*4)
	}
}
