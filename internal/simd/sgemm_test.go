package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

func randomFloats(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()*2 - 1
	}
	return x
}

// gemmTolerance is how far a product may be from the exact one, for each step of the inner dimension.
const gemmTolerance = 1e-7

func checkGemm(t *testing.T, rng *rand.Rand, transA, transB bool, m, n, k int, alpha, beta float32) {
	t.Helper()
	lda, ldb, ldc := k+rng.IntN(4), n+rng.IntN(4), n+rng.IntN(4)
	if transA {
		lda = m + rng.IntN(4)
	}
	if transB {
		ldb = k + rng.IntN(4)
	}
	a, b := randomFloats(rng, max(m*lda, k*lda)+1), randomFloats(rng, max(k*ldb, n*ldb)+1)
	c := randomFloats(rng, m*ldc+1)
	if beta == 0 {
		c[0] = float32(math.NaN())
	}
	if !transB && k > 0 { // exactly as long as needed: nothing behind the last row may be read
		b = b[: (k-1)*ldb+n : (k-1)*ldb+n]
	}
	want := make([]float64, len(c))
	for i := range c {
		want[i] = float64(c[i])
	}
	for i := range m {
		for j := range n {
			s := 0.0
			for p := range k {
				x, y := a[i*lda+p:], b[p*ldb+j:]
				if transA {
					x = a[p*lda+i:]
				}
				if transB {
					y = b[j*ldb+p:]
				}
				s += float64(x[0]) * float64(y[0])
			}
			s *= float64(alpha)
			if beta != 0 {
				s += float64(beta) * float64(c[i*ldc+j])
			}
			want[i*ldc+j] = s
		}
	}
	if k > 0 {
		plain, packed := append([]float32(nil), c...), append([]float32(nil), c...)
		Sgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, plain, ldc, 1)
		for _, threads := range []int{1, 3} {
			copy(packed, c)
			SgemmPacked(transA, m, alpha, a, lda, PackB(transB, n, k, b, ldb, threads), beta, packed, ldc, threads)
			for i := range packed {
				if d := math.Abs(float64(packed[i]) - want[i]); !(d <= gemmTolerance*float64(k+4)) {
					t.Fatalf("packed %v %v m=%d n=%d k=%d threads=%d: element %d: got %g, want %g", transA, transB, m, n, k, threads, i, packed[i], want[i])
				}
				if PackPays(false, m) && packed[i] != plain[i] {
					t.Fatalf("m=%d n=%d k=%d: element %d depends on packing", m, n, k, i)
				}
			}
		}
	}
	var first []float32
	for _, threads := range []int{1, 3} {
		got := append([]float32(nil), c...)
		Sgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, got, ldc, threads)
		for i := range got {
			if d := math.Abs(float64(got[i]) - want[i]); !(d <= gemmTolerance*float64(k+4)) {
				t.Fatalf("%v %v m=%d n=%d k=%d alpha=%g beta=%g threads=%d: element %d: got %g, want %g", transA, transB, m, n, k, alpha, beta, threads, i, got[i], want[i])
			}
		}
		if first == nil {
			first = got
		}
		for i := range got {
			if got[i] != first[i] {
				t.Fatalf("m=%d n=%d k=%d: element %d depends on the number of threads", m, n, k, i)
			}
		}
	}
}

func TestSgemm(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sizes := []int{1, 2, 3, 5, 8, 13, 16, 17, 29, 33, 47}
	for _, m := range sizes {
		for _, n := range sizes {
			k := sizes[rng.IntN(len(sizes))]
			for trans := range 4 {
				checkGemm(t, rng, trans&1 > 0, trans&2 > 0, m, n, k, []float32{1, -0.5}[rng.IntN(2)], []float32{0, 1, 0.25}[rng.IntN(3)])
			}
		}
	}
	for _, s := range [][3]int{{200, 70, 350}, {3, 2100, 20}, {60, 33, 700}, {1, 50, 400}, {14, 2060, 5}, {4, 4, 0}} {
		for trans := range 4 {
			checkGemm(t, rng, trans&1 > 0, trans&2 > 0, s[0], s[1], s[2], 1, 1)
		}
	}
}
