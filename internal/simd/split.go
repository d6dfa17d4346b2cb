package simd

// Split4 takes vecs·4 vectors at src apart: element i goes to row i mod 4, place i/4; row k starts k·stride bytes behind dst.
func Split4(dst, src *float32, stride, vecs int) { active.split4(dst, src, stride, vecs) }

// Merge4 is the inverse of Split4: dst gets vecs·4 vectors from the four rows that start k·stride bytes behind src.
func Merge4(dst, src *float32, stride, vecs int) { active.merge4(dst, src, stride, vecs) }

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
