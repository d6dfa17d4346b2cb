// Package blas offers package simd's kernels to gonum, as a blas.Float32 for blas32.Use and a blas.Float64 for blas64.Use.
package blas

import (
	"runtime"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/caliper-imaging/caliper/internal/simd"
)

var _ blas.Float32 = Float32{}

// Float32 is gonum's own implementation with the matrix products and the commonest vector functions replaced. Arguments that
// gonum refuses are refused in the same way. Threads limits the workers of a product; 0 means one for each processor.
type Float32 struct {
	gonum.Implementation
	Threads int
}

func (f Float32) threads() int {
	if f.Threads > 0 {
		return f.Threads
	}
	return runtime.GOMAXPROCS(0)
}

func transposed(t blas.Transpose) (trans, ok bool) {
	return t != blas.NoTrans, t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

// fits tells whether a slice holds rows×cols at a stride.
func fits[T float32 | float64](a []T, rows, cols, stride int) bool {
	return stride >= max(1, cols) && len(a) >= (rows-1)*stride+cols
}

// Sgemm computes C = alpha·op(A)·op(B) + beta·C.
func (f Float32) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	transA, okA := transposed(tA)
	transB, okB := transposed(tB)
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if transA {
		rowsA, colsA = k, m
	}
	if transB {
		rowsB, colsB = n, k
	}
	if !okA || !okB || m <= 0 || n <= 0 || k <= 0 || alpha == 0 || !fits(a, rowsA, colsA, lda) || !fits(b, rowsB, colsB, ldb) || !fits(c, m, n, ldc) {
		f.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	simd.Sgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, f.threads())
}

// Sgemv computes y = alpha·op(A)·x + beta·y.
func (f Float32) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	trans, ok := transposed(tA)
	lenX, lenY := n, m
	if trans {
		lenX, lenY = m, n
	}
	if !ok || incX != 1 || incY != 1 || m <= 0 || n <= 0 || alpha == 0 || !fits(a, m, n, lda) || len(x) < lenX || len(y) < lenY {
		f.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	y = y[:lenY]
	if beta == 0 {
		clear(y)
	} else if beta != 1 {
		simd.ScaleShift(y, y, beta, 0)
	}
	for i := range m {
		row := a[i*lda : i*lda+n]
		if trans {
			simd.Axpy(alpha*x[i], row, y)
		} else {
			y[i] += alpha * simd.Dot(row, x[:n])
		}
	}
}

// Sdot returns Σx·y.
func (f Float32) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	if n <= 0 || incX != 1 || incY != 1 || len(x) < n || len(y) < n {
		return f.Implementation.Sdot(n, x, incX, y, incY)
	}
	return simd.Dot(x[:n], y[:n])
}

// Saxpy adds alpha·x to y.
func (f Float32) Saxpy(n int, alpha float32, x []float32, incX int, y []float32, incY int) {
	if n <= 0 || alpha == 0 || incX != 1 || incY != 1 || len(x) < n || len(y) < n {
		f.Implementation.Saxpy(n, alpha, x, incX, y, incY)
		return
	}
	simd.Axpy(alpha, x[:n], y[:n])
}

// Sscal sets x = alpha·x.
func (f Float32) Sscal(n int, alpha float32, x []float32, incX int) {
	if n <= 0 || alpha == 0 || incX != 1 || len(x) < n {
		f.Implementation.Sscal(n, alpha, x, incX)
		return
	}
	simd.ScaleShift(x[:n], x[:n], alpha, 0)
}
