package conv

import "github.com/caliper-imaging/caliper/internal/simd"

// lateWeights is the number of weights of a group from which F(4×4) keeps them as they are for a direct sum, a quarter of the
// memory, and makes their points tile by tile when they are needed. Smaller ones are transformed once.
const lateWeights = 1 << 14

// lateTransform is the cost of making the points of a weight, in vector operations.
const lateTransform = 8

// isLate tells whether a weight's points are made when they are needed.
func (f form) isLate(icg, ocg int) bool { return f == form{1, 6, 6} && icg*ocg > lateWeights }

// lateStrips estimates how often the weights of a group are transformed: the strips of a convolution with so many tiles.
func lateStrips(tiles, icg, ocg int) int {
	most := max(32, planeBudget/(36*(icg+ocg)))
	return (tiles + most - 1) / most
}

// lateProducts computes all points for some of the row tiles, whose weights it transforms first.
func (s *planeStrip) lateProducts(lo, hi int) {
	lanes := simd.Lanes()
	n := (s.n*s.across + lanes - 1) / lanes * lanes
	tile := &s.kernel
	*tile = simd.Tile{Taps: &s.tap, NTaps: 1, N: s.icg, BStride: 4 * s.vStride, CStride: 4 * s.mStride}
	tile.NoClamp()
	weight := s.k.weight[s.group*s.k.groupSize:]
	for _, t := range s.k.tiles[lo:hi] {
		stride := (s.icg*t.rows+lanes-1)/lanes*lanes | 16
		points := s.weights.grow(36*stride + lanes)
		weightPoints(points, stride, weight[t.at:], s.icg*t.rows)
		for point := range 36 {
			tile.A = &points[point*stride]
			tile.B = &s.v.F[point*s.vPoint]
			tile.C = &s.m.F[point*s.mPoint+t.first*s.mStride]
			columns(t.rows, n, tile, true)
		}
	}
}

// weightPoints sets 36 rows, stride apart, to the points of n weights, whose nine taps lie n apart in src. Rows are written, and src
// is read, in whole vectors.
func weightPoints(dst []float32, stride int, src []float32, n int) {
	const block = 256 // floats, so that what lies between stays in the nearest cache
	var half [3 * 6 * block]float32
	for at := 0; at < n; at += block {
		part := min(block, n-at)
		for kw := range 3 {
			simd.WinogradWeight(&half[kw*block], 4*3*block, &src[kw*n+at], 4*3*n, part)
		}
		for ph := range 6 {
			simd.WinogradWeight(&dst[6*ph*stride+at], 4*stride, &half[3*ph*block], 4*block, part)
		}
	}
}
