// Package wavelet holds the kernels of the wavelet transforms of ITU-T T.800 annex F on lines of samples.
package wavelet

import "math"

// Down takes a share of both neighbours off: a −= (l + r + 2) / 4, rounded down. l and r have at least
// len(a) elements; so in all functions here.
func Down(a, l, r []int32) {
	l, r = l[:len(a)], r[:len(a)]
	for i := range a {
		a[i] -= (l[i] + r[i] + 2) >> 2
	}
}

// Up adds the mean of both neighbours: a += (l + r) / 2, rounded down.
func Up(a, l, r []int32) {
	l, r = l[:len(a)], r[:len(a)]
	for i := range a {
		a[i] += (l[i] + r[i]) >> 1
	}
}

// Share sets a −= f·(l + r).
func Share(a, l, r []float32, f float32) {
	l, r = l[:len(a)], r[:len(a)]
	for i := range a {
		s := l[i] + r[i]
		s *= f
		a[i] -= s
	}
}

// Zip lays the elements of a and b out by turns, a first, in dst; a has as many as b, or one more.
func Zip[T int32 | float32](dst, a, b []T) {
	for i, v := range b {
		d := (*[2]T)(dst[2*i:])
		d[0], d[1] = a[i], v
	}
	if len(a) > len(b) {
		dst[2*len(b)] = a[len(b)]
	}
}

// Whole sets dst to the halves, rounded towards 0, of magnitudes whose sign is bit 31.
func Whole(dst []int32, src []uint32) {
	src = src[:len(dst)]
	for i, v := range src {
		sign := int32(v) >> 31
		dst[i] = (int32(v<<1>>2) ^ sign) - sign
	}
}

// Scaled sets dst to f times magnitudes whose sign is bit 31.
func Scaled(dst []float32, src []uint32, f float32) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] = math.Float32frombits(math.Float32bits(float32(int32(v&^(1<<31)))*f) | v&(1<<31))
	}
}
