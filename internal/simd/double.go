package simd

import "unsafe"

// doubles is a tier's float64 kernels. The vector functions take whole granules.
type doubles struct {
	rows, cols, granule int
	tile                func(a, b, c *float64, k, cStride int)
	dot                 func(x, y []float64) float64
	axpy                func(dst, x []float64, p float64)
}

var doublePlain = doubles{rows: 4, cols: 4, granule: 1, tile: func(a, b, c *float64, k, cStride int) { doubleTilePlain(4, 4, a, b, c, k, cStride) },
	dot: doubleDotPlain, axpy: doubleAxpyPlain}

// doubleTilePlain is the twin of the assembly tiles.
func doubleTilePlain(rows, cols int, a, b, c *float64, k, cStride int) {
	as, bs := unsafe.Slice(a, rows*k), unsafe.Slice(b, cols*k)
	for r := range rows {
		row := unsafe.Slice((*float64)(unsafe.Add(unsafe.Pointer(c), r*cStride)), cols)
		for j := range row {
			s := 0.0
			for p := range k {
				s += as[p*rows+r] * bs[p*cols+j]
			}
			row[j] += s
		}
	}
}

func doubleDotPlain(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

func doubleAxpyPlain(dst, x []float64, p float64) {
	for i, v := range x {
		dst[i] += p * v
	}
}

// DotFloat64 returns Σx·y; y has at least the length of x. The order of summation depends only on the length and the tier.
func DotFloat64(x, y []float64) float64 { return active.double.runDot(x, y[:len(x)]) }

// AxpyFloat64 adds alpha·x to y, which has at least the length of x.
func AxpyFloat64(alpha float64, x, y []float64) { active.double.runAxpy(alpha, x, y[:len(x)]) }

func (d *doubles) runDot(x, y []float64) float64 {
	whole := len(x) / d.granule * d.granule
	s := 0.0
	if whole > 0 {
		s = d.dot(x[:whole], y[:whole])
	}
	if whole < len(x) {
		s += doubleDotPlain(x[whole:], y[whole:])
	}
	return s
}

func (d *doubles) runAxpy(alpha float64, x, y []float64) {
	whole := len(x) / d.granule * d.granule
	if whole > 0 {
		d.axpy(y[:whole], x[:whole], alpha)
	}
	doubleAxpyPlain(y[whole:], x[whole:], alpha)
}

// Block sizes of the float64 product: see gemmKC.
const (
	doubleKC = 256
	doubleNC = 1024
	doubleMC = 168
)

// Dgemm computes C += alpha·op(A)·op(B) for row-major matrices: op(A) is m×k, op(B) k×n, C m×n; op transposes when its flag is
// set. The result is the same for any number of threads. It panics when a slice is too short for its shape and stride.
func Dgemm(transA, transB bool, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, c []float64, ldc, threads int) {
	if m <= 0 || n <= 0 || k <= 0 {
		return
	}
	_ = c[(m-1)*ldc+n-1]
	if transA {
		_ = a[(k-1)*lda+m-1]
	} else {
		_ = a[(m-1)*lda+k-1]
	}
	if transB {
		_ = b[(n-1)*ldb+k-1]
	} else {
		_ = b[(k-1)*ldb+n-1]
	}
	active.double.gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, c, ldc, threads)
}

func (d *doubles) gemm(transA, transB bool, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, c []float64, ldc, threads int) {
	mr, nr := d.rows, d.cols
	most := min(doubleNC, (n+nr-1)/nr*nr)
	packed, back := borrowFloat64(most * min(k, doubleKC))
	defer back()
	for j0 := 0; j0 < n; j0 += doubleNC {
		nc := min(doubleNC, n-j0)
		panels := (nc + nr - 1) / nr
		for p0 := 0; p0 < k; p0 += doubleKC {
			kc := min(doubleKC, k-p0)
			Parallel(threads, panels, func(lo, hi int) {
				for p := lo; p < hi; p++ {
					packDouble(packed[p*nr*kc:][:nr*kc], b, ldb, !transB, 1, j0+p*nr, min(nr, nc-p*nr), nr, p0, kc)
				}
			})
			perTask := max(1, doubleMC/mr)
			tiles := (m + mr - 1) / mr
			tasks := (tiles + perTask - 1) / perTask
			parts := 1
			for tasks*parts < 2*threads && parts < panels {
				parts++
			}
			Each(threads, tasks*parts, func(_, task int) {
				t0, t1 := task/parts*perTask, min(tiles, (task/parts+1)*perTask)
				pa, back := borrowFloat64((t1 - t0) * mr * kc)
				defer back()
				for t := t0; t < t1; t++ {
					packDouble(pa[(t-t0)*mr*kc:][:mr*kc], a, lda, transA, alpha, t*mr, min(mr, m-t*mr), mr, p0, kc)
				}
				edge, back := borrowFloat64(mr * nr)
				defer back()
				part := task % parts
				for p := part * panels / parts; p < (part+1)*panels/parts; p++ {
					cols := min(nr, nc-p*nr)
					for t := t0; t < t1; t++ {
						rows := min(mr, m-t*mr)
						at := t*mr*ldc + j0 + p*nr
						if rows == mr && cols == nr {
							d.tile(&pa[(t-t0)*mr*kc], &packed[p*nr*kc], &c[at], kc, 8*ldc)
							continue
						}
						clear(edge)
						d.tile(&pa[(t-t0)*mr*kc], &packed[p*nr*kc], &edge[0], kc, 8*nr)
						for r := range rows {
							row := c[at+r*ldc:][:cols]
							for j := range row {
								row[j] += edge[r*nr+j]
							}
						}
					}
				}
			})
		}
	}
}

// packDouble lays n of a matrix's lines from i0, the steps p0…p0+kc of each, times alpha, out as [kc][width], zeros behind them.
// A line is a row of x, or where across is set a column.
func packDouble(dst, x []float64, ld int, across bool, alpha float64, i0, n, width, p0, kc int) {
	if across {
		for p := range kc {
			d := dst[p*width:][:width]
			for i, v := range x[(p0+p)*ld+i0:][:n] {
				d[i] = v * alpha
			}
			clear(d[n:])
		}
		return
	}
	if n < width {
		clear(dst)
	}
	for i := range n {
		q := i
		for _, v := range x[(i0+i)*ld+p0:][:kc] {
			dst[q] = v * alpha
			q += width
		}
	}
}

// borrowFloat64 lends n float64 of scratch, contents undefined, until the function is called.
func borrowFloat64(n int) ([]float64, func()) {
	s := Borrow(2 * n)
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(s.F))), n), s.Return
}
