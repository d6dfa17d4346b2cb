package simd

import "unsafe"

// Block sizes of the product: kc steps of the inner dimension at a time, nc columns of B packed at a time, mc rows of A a task.
const (
	gemmKC = 768
	gemmNC = 2048
	gemmMC = 168
)

// Sgemm computes C = alpha·op(A)·op(B) + beta·C for row-major matrices: op(A) is m×k, op(B) k×n, C m×n; op transposes when its
// flag is set. A zero beta overwrites C, NaN in it included. The result is the same for any number of threads. It panics when a
// slice is too short for its shape and stride.
func Sgemm(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc, threads int) {
	if m <= 0 || n <= 0 {
		return
	}
	_ = c[(m-1)*ldc+n-1]
	if k <= 0 || alpha == 0 {
		scaleC(m, n, beta, c, ldc)
		return
	}
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
	if m <= 2 && transB && !transA {
		gemvDots(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, threads)
		return
	}
	if beta != 0 && beta != 1 {
		scaleC(m, n, beta, c, ldc)
		beta = 1
	}
	g := gemm{transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b, ldb: ldb, c: c, ldc: ldc, threads: threads}
	g.run(beta == 1)
}

func scaleC(m, n int, beta float32, c []float32, ldc int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if beta == 0 {
			clear(row)
		} else if beta != 1 {
			ScaleShift(row, row, beta, 0)
		}
	}
}

// gemvDots is the product for one or two rows against a transposed B, whose rows are read in place.
func gemvDots(m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc, threads int) {
	if m*n*k < 1<<16 {
		threads = 1
	}
	Parallel(threads, n, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			for i := range m {
				s := alpha * Dot(a[i*lda:i*lda+k], b[j*ldb:j*ldb+k])
				if beta != 0 {
					s += beta * c[i*ldc+j]
				}
				c[i*ldc+j] = s
			}
		}
	})
}

type gemm struct {
	transA, transB bool
	m, n, k        int
	alpha          float32
	a, b, c        []float32
	lda, ldb, ldc  int
	packed         *PackedB // in place of b
	threads        int
}

// gemmBlocks is the number of blocks of the inner dimension: block i has steps i·k/blocks to (i+1)·k/blocks.
func gemmBlocks(k int) int { return (k + gemmKC - 1) / gemmKC }

func (g *gemm) run(accumulate bool) {
	nv := gemmVecs(g.m)
	if g.packed != nil {
		nv = g.packed.nv
	}
	nr := nv * active.lanes
	if g.m*g.n*g.k < 1<<17 {
		g.threads = 1
	}
	inPlace := g.packed == nil && !g.transB && g.m <= active.maxRows[nv]
	across := gemmNC
	if g.packed != nil {
		across = g.n // each tile of A is packed once
	}
	panels := (min(g.n, across) + nr - 1) / nr
	kBlocks := gemmBlocks(g.k)
	deepest := (g.k + kBlocks - 1) / kBlocks
	var pb *Scratch
	if !inPlace && g.packed == nil {
		pb = Borrow(panels * nr * deepest)
		defer pb.Return()
	}
	for jc := 0; jc < g.n; jc += across {
		nc := min(across, g.n-jc)
		panels := (nc + nr - 1) / nr
		for kb := range kBlocks {
			pc := kb * g.k / kBlocks
			kc := (kb+1)*g.k/kBlocks - pc
			load := accumulate || pc > 0
			if inPlace {
				g.rowsInPlace(jc, nc, pc, kc, nv, load)
				continue
			}
			if g.packed != nil {
				g.blocks(g.packed.at(pc), jc, nc, pc, kc, nv, load)
				continue
			}
			packPanels(pb.F, g.b, g.ldb, g.transB, pc, kc, jc, nc, nr, panels, g.threads)
			g.blocks(pb.F, jc, nc, pc, kc, nv, load)
		}
	}
}

// packPanels packs nc columns from jc of inner steps pc…pc+kc.
func packPanels(dst, b []float32, ldb int, trans bool, pc, kc, jc, nc, nr, panels, threads int) {
	Parallel(threads, panels, func(lo, hi int) {
		for p := lo; p < hi; p += panelsTogether {
			q := min(p+panelsTogether, hi)
			packB(dst[p*nr*kc:q*nr*kc], b, ldb, trans, pc, kc, jc+p*nr, min(nr*(q-p), nc-p*nr), nr)
		}
	})
}

// gemmVecs returns how many vectors wide the tiles for a product of m rows are.
func gemmVecs(m int) int {
	if m < active.maxRows[2] {
		return MaxVecs(max(m, 1))
	}
	if active.maxRows[2] > 0 {
		return 2
	}
	return 1
}

func (g *gemm) blocks(pb []float32, jc, nc, pc, kc, nv int, load bool) {
	nr := nv * active.lanes
	most := active.maxRows[nv]
	tiles := (g.m + most - 1) / most // of nearly equal height: tile i has rows i·m/tiles to (i+1)·m/tiles
	perBlock := max(1, gemmMC/most)
	mBlocks := (tiles + perBlock - 1) / perBlock
	panels := (nc + nr - 1) / nr
	nBlocks := 1
	for mBlocks*nBlocks < 2*g.threads && nBlocks < panels {
		nBlocks++
	}
	top := func(tile int) int { return tile * g.m / tiles }
	Each(g.threads, mBlocks*nBlocks, func(_, task int) {
		ib, jb := task/nBlocks, task%nBlocks
		t0, t1 := ib*tiles/mBlocks, (ib+1)*tiles/mBlocks
		i0 := top(t0)
		pa := Borrow((top(t1) - i0) * kc)
		defer pa.Return()
		for i := t0; i < t1; i++ {
			packA(pa.F[(top(i)-i0)*kc:], g.a, g.lda, g.transA, g.alpha, top(i), top(i+1)-top(i), pc, kc)
		}
		tap := Tap{}
		t := Tile{Taps: &tap, NTaps: 1, N: kc, BStride: 4 * nr, CStride: 4 * g.ldc}
		t.NoClamp()
		for p := jb * panels / nBlocks; p < (jb+1)*panels/nBlocks; p++ {
			cols := min(nr, nc-p*nr)
			t.B = &pb[p*nr*kc]
			vecs := (cols + active.lanes - 1) / active.lanes
			t.Tail = cols - (vecs-1)*active.lanes
			for i := t0; i < t1; i++ {
				t.A = &pa.F[(top(i)-i0)*kc]
				t.C = &g.c[top(i)*g.ldc+jc+p*nr]
				t.Init = nil
				if load {
					t.Init = t.C
				}
				t.Fetch, t.FetchStep = 0, 0
				if half := i - t0; half < 2 { // a half of the next panel each
					t.Fetch, t.FetchStep = uintptr(unsafe.Pointer(t.B))+uintptr((4*nr+64*half)*kc), 64
				}
				active.tile(top(i+1)-top(i), vecs, &t)
			}
		}
	})
}

// rowsInPlace is the product for so few rows that B is read once: it is not packed, but for the columns at the right edge.
func (g *gemm) rowsInPlace(jc, nc, pc, kc, nv int, load bool) {
	nr := nv * active.lanes
	panels := (nc + nr - 1) / nr
	pa := Borrow(g.m * kc)
	defer pa.Return()
	packA(pa.F, g.a, g.lda, g.transA, g.alpha, 0, g.m, pc, kc)
	Parallel(g.threads, panels, func(lo, hi int) {
		tap := Tap{}
		t := Tile{A: unsafe.SliceData(pa.F), Taps: &tap, NTaps: 1, N: kc, CStride: 4 * g.ldc}
		t.NoClamp()
		for p := lo; p < hi; p++ {
			cols := min(nr, nc-p*nr)
			j := jc + p*nr
			vecs := (cols + active.lanes - 1) / active.lanes
			t.Tail = cols - (vecs-1)*active.lanes
			var edge *Scratch
			if (pc+kc-1)*g.ldb+j+vecs*active.lanes <= len(g.b) {
				t.B, t.BStride = &g.b[pc*g.ldb+j], 4*g.ldb
			} else {
				edge = Borrow(kc * nr)
				packB(edge.F, g.b, g.ldb, false, pc, kc, j, cols, nr)
				t.B, t.BStride = &edge.F[0], 4*nr
			}
			t.C = &g.c[j]
			t.Init = nil
			if load {
				t.Init = t.C
			}
			active.tile(g.m, vecs, &t)
			if edge != nil {
				edge.Return()
			}
		}
	})
}

// packA lays a tile of h rows from i0 of alpha·op(A), columns p0…p0+kc, out as [kc][h].
func packA(dst, a []float32, lda int, trans bool, alpha float32, i0, h, p0, kc int) {
	d := dst[:h*kc]
	if trans {
		for p := range kc {
			src := a[(p0+p)*lda+i0:][:h]
			for r, v := range src {
				d[p*h+r] = v * alpha
			}
		}
		return
	}
	r := 0
	if alpha == 1 && kc >= active.lanes && h >= 4 {
		r = h / 4 * 4
		packQuads(d, a, lda, i0, h, p0, kc)
	}
	for ; r+4 <= h; r += 4 { // four rows at a time, which become neighbours
		s0, s1 := a[(i0+r)*lda+p0:][:kc], a[(i0+r+1)*lda+p0:][:kc]
		s2, s3 := a[(i0+r+2)*lda+p0:][:kc], a[(i0+r+3)*lda+p0:][:kc]
		for p := range s0 {
			q := (*[4]float32)(d[p*h+r:])
			q[0], q[1], q[2], q[3] = s0[p]*alpha, s1[p]*alpha, s2[p]*alpha, s3[p]*alpha
		}
	}
	for ; r < h; r++ {
		src := a[(i0+r)*lda+p0:][:kc]
		for p, q := 0, r; p < len(src) && q < len(d); p, q = p+1, q+h {
			d[q] = src[p] * alpha
		}
	}
}

// packQuads does packA's work for the rows up to the last multiple of four, in vectors as far as they go.
func packQuads(d, a []float32, lda, i0, h, p0, kc int) {
	vecs := kc / active.lanes
	whole := vecs * active.lanes
	quad := Borrow(4 * whole)
	defer quad.Return()
	for r := 0; r+4 <= h; r += 4 {
		src := a[(i0+r)*lda+p0:][:3*lda+kc]
		active.merge4(&quad.F[0], &src[0], 4*lda, vecs)
		_ = d[(kc-1)*h+r+3] // the last place that is written
		to, from := unsafe.Pointer(&d[r]), unsafe.Pointer(unsafe.SliceData(quad.F))
		for p := range whole {
			*(*[4]float32)(unsafe.Add(to, 4*p*h)) = *(*[4]float32)(unsafe.Add(from, 16*p))
		}
		for p := whole; p < kc; p++ {
			for i := range 4 {
				d[p*h+r+i] = src[i*lda+p]
			}
		}
	}
}

// panelsTogether is how many panels of B are packed at a time, so that longer runs of its rows are read.
const panelsTogether = 8

// packB lays cols columns from j0 of rows p0…p0+kc of op(B) out as panels [kc][nr], zeros behind the columns.
func packB(dst, b []float32, ldb int, trans bool, p0, kc, j0, cols, nr int) {
	if !trans {
		for p := range kc {
			src := b[(p0+p)*ldb+j0:][:cols]
			for at := p * nr; len(src) > 0; at += kc * nr {
				d := dst[at : at+nr]
				n := copy(d, src)
				clear(d[n:])
				src = src[n:]
			}
		}
		return
	}
	if cols%nr > 0 {
		clear(dst[cols/nr*nr*kc:])
	}
	// Four rows of B at a time, which become neighbours.
	for j := 0; j < cols; {
		d := dst[j/nr*nr*kc+j%nr:]
		if j+4 <= cols && j%nr+4 <= nr {
			s0, s1 := b[(j0+j)*ldb+p0:][:kc], b[(j0+j+1)*ldb+p0:][:kc]
			s2, s3 := b[(j0+j+2)*ldb+p0:][:kc], b[(j0+j+3)*ldb+p0:][:kc]
			for p := range s0 {
				q := (*[4]float32)(d[p*nr:])
				q[0], q[1], q[2], q[3] = s0[p], s1[p], s2[p], s3[p]
			}
			j += 4
			continue
		}
		src := b[(j0+j)*ldb+p0:][:kc]
		for p, v := range src {
			d[p*nr] = v
		}
		j++
	}
}
