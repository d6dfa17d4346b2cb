package blas

import (
	"runtime"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/caliper-imaging/caliper/internal/simd"
)

var _ blas.Float64 = Float64{}

// smallProduct is the multiplications under which a product is left to gonum; where there is no assembly, all are.
const smallProduct = 1 << 12

// Float64 is gonum's own implementation with the matrix products and the commonest vector functions replaced. Arguments that
// gonum refuses are refused in the same way. Threads limits the workers of a product; 0 means one for each processor.
type Float64 struct {
	gonum.Implementation
	Threads int
}

func (f Float64) threads() int {
	if f.Threads > 0 {
		return f.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// Dgemm computes C = alpha·op(A)·op(B) + beta·C.
func (f Float64) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	transA, okA := transposed(tA)
	transB, okB := transposed(tB)
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if transA {
		rowsA, colsA = k, m
	}
	if transB {
		rowsB, colsB = n, k
	}
	if !okA || !okB || m <= 1 || n <= 1 || k <= 0 || m*n*k < smallProduct || alpha == 0 || simd.Kernel() == simd.Plain ||
		!fits(a, rowsA, colsA, lda) || !fits(b, rowsB, colsB, ldb) || !fits(c, m, n, ldc) {
		f.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	for i := range m {
		scale(c[i*ldc:][:n], beta)
	}
	simd.Dgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, c, ldc, f.threads())
}

// scale sets x = by·x, zeros where by is 0.
func scale(x []float64, by float64) {
	switch by {
	case 0:
		clear(x)
	case 1:
	default:
		for i := range x {
			x[i] *= by
		}
	}
}

// Dgemv computes y = alpha·op(A)·x + beta·y.
func (f Float64) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	trans, ok := transposed(tA)
	lenX, lenY := n, m
	if trans {
		lenX, lenY = m, n
	}
	if !ok || incX != 1 || incY != 1 || m <= 0 || n <= 0 || alpha == 0 || !fits(a, m, n, lda) || len(x) < lenX || len(y) < lenY {
		f.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	y = y[:lenY]
	scale(y, beta)
	for i := range m {
		row := a[i*lda : i*lda+n]
		if trans {
			simd.AxpyFloat64(alpha*x[i], row, y)
		} else {
			y[i] += alpha * simd.DotFloat64(row, x[:n])
		}
	}
}

// Ddot returns Σx·y.
func (f Float64) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	if n <= 0 || incX != 1 || incY != 1 || len(x) < n || len(y) < n {
		return f.Implementation.Ddot(n, x, incX, y, incY)
	}
	return simd.DotFloat64(x[:n], y[:n])
}

// Daxpy adds alpha·x to y.
func (f Float64) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	if n <= 0 || alpha == 0 || incX != 1 || incY != 1 || len(x) < n || len(y) < n {
		f.Implementation.Daxpy(n, alpha, x, incX, y, incY)
		return
	}
	simd.AxpyFloat64(alpha, x[:n], y[:n])
}
