package blas

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

var theirs gonum.Implementation

func random(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()*2 - 1
	}
	return x
}

// same compares with gonum's result; each of the k terms may be rounded once more on either side.
func same(t *testing.T, what string, got, want []float32, k int) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= 2.5e-7*float64(k+4)) {
			t.Fatalf("%s: element %d: got %g, gonum has %g", what, i, got[i], want[i])
		}
	}
}

func TestSgemm(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	sizes := []int{0, 1, 2, 3, 7, 8, 15, 16, 17, 33, 50, 65}
	for _, m := range sizes {
		for _, n := range sizes {
			for _, k := range []int{0, 1, 5, 16, 31, 90} {
				for trans := range 4 {
					tA, tB := blas.NoTrans, blas.NoTrans
					rowsA, colsA, rowsB, colsB := m, k, k, n
					if trans&1 > 0 {
						tA, rowsA, colsA = blas.Trans, k, m
					}
					if trans&2 > 0 {
						tB, rowsB, colsB = blas.ConjTrans, n, k
					}
					lda, ldb, ldc := max(1, colsA)+rng.IntN(3), max(1, colsB)+rng.IntN(3), max(1, n)+rng.IntN(3)
					a, b, c := random(rng, rowsA*lda+1), random(rng, rowsB*ldb+1), random(rng, m*ldc+1)
					alpha, beta := []float32{1, 0.5, 0}[rng.IntN(3)], []float32{0, 1, -0.5}[rng.IntN(3)]
					got, want := append([]float32(nil), c...), append([]float32(nil), c...)
					Float32{Threads: 2}.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, got, ldc)
					theirs.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
					same(t, "sgemm", got, want, k)
				}
			}
		}
	}
}

func TestVectors(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for n := range 70 {
		for _, incX := range []int{1, 2, -1} {
			for _, incY := range []int{1, 3, -2} {
				x, y := random(rng, 3*n+3), random(rng, 3*n+3)
				for _, alpha := range []float32{0, 1, -0.3} {
					got, want := append([]float32(nil), y...), append([]float32(nil), y...)
					Float32{}.Saxpy(n, alpha, x, incX, got, incY)
					theirs.Saxpy(n, alpha, x, incX, want, incY)
					same(t, "saxpy", got, want, 1)
					if incX > 0 {
						got, want = append(got[:0], x...), append(want[:0], x...)
						Float32{}.Sscal(n, alpha, got, incX)
						theirs.Sscal(n, alpha, want, incX)
						same(t, "sscal", got, want, 1)
					}
				}
				same(t, "sdot", []float32{Float32{}.Sdot(n, x, incX, y, incY)}, []float32{theirs.Sdot(n, x, incX, y, incY)}, n)
				m := 1 + rng.IntN(20)
				for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
					lenX, lenY := n, m
					if tA == blas.Trans {
						lenX, lenY = m, n
					}
					lda := max(1, n) + rng.IntN(3)
					a, v, w := random(rng, m*lda), random(rng, 3*lenX+3), random(rng, 3*lenY+3)
					got, want := append([]float32(nil), w...), append([]float32(nil), w...)
					beta := []float32{0, 1, 0.5}[rng.IntN(3)]
					Float32{}.Sgemv(tA, m, n, 0.75, a, lda, v, incX, beta, got, incY)
					theirs.Sgemv(tA, m, n, 0.75, a, lda, v, incX, beta, want, incY)
					// What lies behind y is not compared: with beta 0 gonum clears some of it.
					end := 1 + (lenY-1)*max(incY, -incY)
					same(t, "sgemv", got[:max(0, end)], want[:max(0, end)], lenX)
				}
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for what, f := range map[string]func(b blas.Float32){
		"short C": func(b blas.Float32) {
			b.Sgemm(blas.NoTrans, blas.NoTrans, 2, 2, 2, 1, make([]float32, 4), 2, make([]float32, 4), 2, 0, make([]float32, 3), 2)
		},
		"bad lda": func(b blas.Float32) {
			b.Sgemm(blas.NoTrans, blas.NoTrans, 2, 2, 3, 1, make([]float32, 9), 2, make([]float32, 9), 2, 0, make([]float32, 9), 2)
		},
		"zero inc": func(b blas.Float32) { b.Sdot(2, make([]float32, 2), 0, make([]float32, 2), 1) },
		"short x":  func(b blas.Float32) { b.Saxpy(3, 1, make([]float32, 2), 1, make([]float32, 3), 1) },
	} {
		refusal := func(b blas.Float32) (r any) {
			defer func() { r = recover() }()
			f(b)
			return nil
		}
		if got, want := refusal(Float32{}), refusal(theirs); got == nil || got != want {
			t.Errorf("%s: got panic %v, gonum's is %v", what, got, want)
		}
	}
}
