package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestWinogradWeight holds the points of three weights to the polynomial that they are values of: a + bx + cx² at 0, ±1, ±2, in the
// scale of F(4,3), and c.
func TestWinogradWeight(t *testing.T) {
	withTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(21, 22))
		for _, vecs := range []int{1, 3} {
			n := vecs * active.lanes
			src := randomFloats(rng, 3*n+5)
			dst := make([]float32, 6*n+30)
			WinogradWeight(&dst[0], 4*(n+3), &src[0], 4*(n+1), n)
			for i := range n {
				a, b, c := float64(src[i]), float64(src[n+1+i]), float64(src[2*n+2+i])
				value := func(x float64) float64 { return a + b*x + c*x*x }
				for k, want := range []float64{value(0) / 4, -value(1) / 6, -value(-1) / 6, value(2) / 24, value(-2) / 24, c} {
					if got := float64(dst[k*(n+3)+i]); math.Abs(got-want) > 1e-6 {
						t.Fatalf("point %d of weight %d: got %g, want %g", k, i, got, want)
					}
				}
			}
		}
	})
}
