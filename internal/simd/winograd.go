package simd

import "math"

// WinogradIn is the work of one call of the input transform of Winograd's short convolution along one axis, on whole rows:
// n rows of input become n points. F(2,3), n = 4, is (d0−d2, d1+d2, d2−d1, d1−d3); F(4,3), n = 6, has the points 0, ±1, ±2, ∞.
type WinogradIn struct {
	Src       [6]*float32 // the rows' starts
	SrcOff    int         // bytes from there to vector 0; may be negative, as lanes that the mask leaves out are not read but are 0
	Dst       *float32    // point 0's row; whole vectors are written
	DstStride int         // bytes from a point's row to the next one's
	Masks     *uint32     // by vector, bit i for lane i
	Vecs      int         // at least 1
	// For RunWinogradWholeIn alone: the number of sets of rows, at least 1, and the bytes from one to the next.
	Repeat, SrcStep, DstStep int
}

// WinogradOut is the work of one call of the output transform along one axis: n points become n−2 rows, to which Bias is added
// and which are clamped.
type WinogradOut struct {
	Src          *float32
	SrcStride    int // bytes
	Dst          [4]*float32
	Masks        *uint32 // lanes that are written, by vector
	Vecs         int     // at least 1
	Bias, Lo, Hi float32
	// For RunWinogradWholeOut alone: the number of sets of points, at least 1, and the bytes from one to the next.
	Repeat, SrcStep, DstStep int
}

// RunWinogradIn runs the input transform of 4 or 6 rows.
func RunWinogradIn(n int, t *WinogradIn) { active.winogradIn[n](t) }

// RunWinogradOut runs the output transform of 4 or 6 points.
func RunWinogradOut(n int, t *WinogradOut) { active.winogradOut[n](t) }

// RunWinogradWholeIn runs the input transform of 4 or 6 rows on whole vectors, without masks and SrcOff, Repeat times.
func RunWinogradWholeIn(n int, t *WinogradIn) { active.wholeIn[n](t) }

// RunWinogradWholeOut runs the output transform of 4 or 6 points on whole vectors, without masks, bias and clamp, Repeat times.
func RunWinogradWholeOut(n int, t *WinogradOut) { active.wholeOut[n](t) }

// NoClamp sets Lo and Hi so that nothing is clamped.
func (t *WinogradOut) NoClamp() {
	t.Lo, t.Hi = float32(math.Inf(-1)), float32(math.Inf(1))
}

// AppendMasks appends the masks of vecs vectors in which the lanes lo ≤ i < hi, counted through all of them, are set.
func AppendMasks(masks []uint32, vecs, lo, hi int) []uint32 {
	return appendMasks(masks, vecs, lo, hi, active.lanes)
}

func appendMasks(masks []uint32, vecs, lo, hi, lanes int) []uint32 {
	for v := range vecs {
		from, to := max(lo-v*lanes, 0), min(hi-v*lanes, lanes)
		m := uint32(0)
		if from < to {
			m = (1<<to - 1) &^ (1<<from - 1)
		}
		masks = append(masks, m)
	}
	return masks
}
