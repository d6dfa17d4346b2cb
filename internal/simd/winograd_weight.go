package simd

// WinogradWeight turns three rows of weights, srcStride bytes apart, into the six points of F(4,3), dstStride bytes apart: the
// third side of WinogradIn and WinogradOut. n floats are read and written of each, rounded up to whole vectors.
func WinogradWeight(dst *float32, dstStride int, src *float32, srcStride, n int) {
	vecs := (n + active.lanes - 1) / active.lanes
	active.winogradWeight(dst, dstStride, src, srcStride, vecs)
}

func winogradWeightPlain(dst *float32, dstStride int, src *float32, srcStride, n int) {
	for i := range n {
		a, b, c := *at(src, 4*i), *at(src, srcStride+4*i), *at(src, 2*srcStride+4*i)
		s, t := -(a+c)/6, b/6
		p, q := a/24+c/6, b/12
		for k, v := range [6]float32{a / 4, s - t, s + t, p + q, p - q, c} {
			*at(dst, k*dstStride+4*i) = v
		}
	}
}
