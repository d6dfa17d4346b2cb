package simd

import "runtime"

// PackedB is the right factor of a product laid out once for many: in blocks of the inner dimension, each in panels [kc][nr] with
// zeros behind the last column. It is read only and may serve several products at once.
type PackedB struct {
	n, k, nv int
	f        []float32
}

// PackPays reports whether a product of m rows gains from a packed right factor: fewer rows than that read it in place.
func PackPays(transB bool, m int) bool {
	if transB {
		return m > 2
	}
	return m > active.maxRows[gemmVecs(m)]
}

// PackB lays op(B), which is k×n and transposed when the flag is set, out for SgemmPacked; both must be positive. The same for
// any number of threads. It takes 4·k·n bytes, n rounded up to whole panels.
func PackB(transB bool, n, k int, b []float32, ldb, threads int) *PackedB {
	nv := packedVecs()
	nr := nv * active.lanes
	if transB {
		_ = b[(n-1)*ldb+k-1]
	} else {
		_ = b[(k-1)*ldb+n-1]
	}
	p := &PackedB{n: n, k: k, nv: nv}
	p.f = AllocFor(p, (n+nr-1)/nr*nr*k)
	blocks := gemmBlocks(k)
	for kb := range blocks {
		pc := kb * k / blocks
		kc := (kb+1)*k/blocks - pc
		packPanels(p.at(pc), b, ldb, transB, pc, kc, 0, n, nr, (n+nr-1)/nr, threads)
	}
	return p
}

func packedVecs() int {
	if active.maxRows[2] > 0 {
		return 2
	}
	return 1
}

// at is where the block of inner steps from pc starts.
func (p *PackedB) at(pc int) []float32 {
	nr := p.nv * active.lanes
	return p.f[(p.n+nr-1)/nr*nr*pc:]
}

// SgemmPacked computes C = alpha·op(A)·B + beta·C as Sgemm does, B packed by PackB. It panics when a slice is too short for its
// shape and stride.
func SgemmPacked(transA bool, m int, alpha float32, a []float32, lda int, b *PackedB, beta float32, c []float32, ldc, threads int) {
	if m <= 0 {
		return
	}
	_ = c[(m-1)*ldc+b.n-1]
	if alpha == 0 {
		scaleC(m, b.n, beta, c, ldc)
		return
	}
	if transA {
		_ = a[(b.k-1)*lda+m-1]
	} else {
		_ = a[(m-1)*lda+b.k-1]
	}
	if beta != 0 && beta != 1 {
		scaleC(m, b.n, beta, c, ldc)
		beta = 1
	}
	g := gemm{transA: transA, m: m, n: b.n, k: b.k, alpha: alpha, a: a, lda: lda, packed: b, c: c, ldc: ldc, threads: threads}
	g.run(beta == 1)
	runtime.KeepAlive(b)
}
