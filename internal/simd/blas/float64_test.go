package blas

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/testblas"
)

// TestFloat64 is gonum's own bank of BLAS, on this implementation.
func TestFloat64(t *testing.T) {
	f := Float64{Threads: 2}
	for name, test := range map[string]func(*testing.T){
		"dasum": func(t *testing.T) { testblas.DasumTest(t, f) }, "daxpy": func(t *testing.T) { testblas.DaxpyTest(t, f) },
		"ddot": func(t *testing.T) { testblas.DdotTest(t, f) }, "dnrm2": func(t *testing.T) { testblas.Dnrm2Test(t, f) },
		"idamax": func(t *testing.T) { testblas.IdamaxTest(t, f) }, "dswap": func(t *testing.T) { testblas.DswapTest(t, f) },
		"dcopy": func(t *testing.T) { testblas.DcopyTest(t, f) }, "drotg": func(t *testing.T) { testblas.DrotgTest(t, f, false) },
		"drotmg": func(t *testing.T) { testblas.DrotmgTest(t, f) }, "drot": func(t *testing.T) { testblas.DrotTest(t, f) },
		"drotm": func(t *testing.T) { testblas.DrotmTest(t, f) }, "dscal": func(t *testing.T) { testblas.DscalTest(t, f) },
		"dgemv": func(t *testing.T) { testblas.DgemvTest(t, f) }, "dger": func(t *testing.T) { testblas.DgerTest(t, f) },
		"dtxmv": func(t *testing.T) { testblas.DtxmvTest(t, f) }, "dgbmv": func(t *testing.T) { testblas.DgbmvTest(t, f) },
		"dtbsv": func(t *testing.T) { testblas.DtbsvTest(t, f) }, "dsbmv": func(t *testing.T) { testblas.DsbmvTest(t, f) },
		"dtbmv": func(t *testing.T) { testblas.DtbmvTest(t, f) }, "dtrsv": func(t *testing.T) { testblas.DtrsvTest(t, f) },
		"dtrmv": func(t *testing.T) { testblas.DtrmvTest(t, f) }, "dsymv": func(t *testing.T) { testblas.DsymvTest(t, f) },
		"dsyr": func(t *testing.T) { testblas.DsyrTest(t, f) }, "dsyr2": func(t *testing.T) { testblas.Dsyr2Test(t, f) },
		"dspr2": func(t *testing.T) { testblas.Dspr2Test(t, f) }, "dspr": func(t *testing.T) { testblas.DsprTest(t, f) },
		"dspmv": func(t *testing.T) { testblas.DspmvTest(t, f) }, "dtpsv": func(t *testing.T) { testblas.DtpsvTest(t, f) },
		"dtpmv": func(t *testing.T) { testblas.DtpmvTest(t, f) }, "dgemm": func(t *testing.T) { testblas.TestDgemm(t, f) },
		"dsymm": func(t *testing.T) { testblas.DsymmTest(t, f) }, "dtrsm": func(t *testing.T) { testblas.DtrsmTest(t, f) },
		"dsyrk": func(t *testing.T) { testblas.DsyrkTest(t, f) }, "dsyr2k": func(t *testing.T) { testblas.Dsyr2kTest(t, f) },
		"dtrmm": func(t *testing.T) { testblas.DtrmmTest(t, f) },
	} {
		t.Run(name, test)
	}
}

func random64(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.Float64()*2 - 1
	}
	return x
}

func same64(t *testing.T, what string, got, want []float64, k int) {
	t.Helper()
	for i := range want {
		if d := math.Abs(got[i] - want[i]); !(d <= 5e-16*float64(k+4)) {
			t.Fatalf("%s: element %d: got %g, gonum has %g", what, i, got[i], want[i])
		}
	}
}

// TestDgemm compares products of the sizes at which tiles, panels and blocks end with gonum's, and those of one thread and of
// three with each other, bit by bit.
func TestDgemm(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][3]int{{2, 3, 1000}, {13, 15, 40}, {14, 16, 40}, {15, 17, 41}, {64, 63, 62}, {168, 33, 256}, {169, 34, 257}, {6, 1025, 5}, {337, 48, 12}} {
		m, n, k := s[0], s[1], s[2]
		for trans := range 4 {
			tA, tB := blas.NoTrans, blas.NoTrans
			rowsA, colsA, rowsB, colsB := m, k, k, n
			if trans&1 > 0 {
				tA, rowsA, colsA = blas.Trans, k, m
			}
			if trans&2 > 0 {
				tB, rowsB, colsB = blas.ConjTrans, n, k
			}
			lda, ldb, ldc := colsA+rng.IntN(3), colsB+rng.IntN(3), n+rng.IntN(3)
			a, b, c := random64(rng, rowsA*lda), random64(rng, rowsB*ldb), random64(rng, m*ldc)
			alpha, beta := []float64{1, 0.5}[rng.IntN(2)], []float64{0, 1, -0.5}[rng.IntN(3)]
			one, three, want := append([]float64(nil), c...), append([]float64(nil), c...), append([]float64(nil), c...)
			Float64{Threads: 1}.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, one, ldc)
			Float64{Threads: 3}.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, three, ldc)
			theirs.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
			same64(t, "dgemm", one, want, k)
			for i := range one {
				if one[i] != three[i] {
					t.Fatalf("%v: element %d: %v on one thread, %v on three", s, i, one[i], three[i])
				}
			}
		}
	}
}

func BenchmarkDgemm(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n = 512
	x, y, z := random64(rng, n*n), random64(rng, n*n), make([]float64, n*n)
	for name, f := range map[string]blas.Float64{"ours": Float64{Threads: 1}, "gonum": theirs} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, x, n, y, n, 0, z, n)
			}
			b.ReportMetric(2*n*n*n*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
