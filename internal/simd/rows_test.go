package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// sameRow holds a row of finite or special values to the twin's, to rel of the size of what was summed.
func sameRow(t *testing.T, what string, got, want []float32, size float64) {
	t.Helper()
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if g == w || math.IsNaN(g) && math.IsNaN(w) || math.Abs(g-w) <= 1e-6*size+3e-7*math.Abs(w) {
			continue
		}
		t.Fatalf("%s: element %d of %d is %g, want %g", what, i, len(want), g, w)
	}
}

func plainNumbers(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// checkRows holds every row function of a tier to its twin for rows of n floats and k rows.
func checkRows(t *testing.T, tr *tier, rng *rand.Rand, n, k int) {
	t.Helper()
	r := rowsOf(tr)
	name := func(f string) string { return fmt.Sprintf("%s %s, %d floats, %d rows", tr.name, f, n, k) }
	off, w := make([]int, k), plainNumbers(rng, k)
	for i := range off {
		off[i] = rng.IntN(3*n + 5)
	}
	src, tidy := window(rng, plainNumbers(rng, 5*n+5))
	special, tidy2 := window(rng, inputs(rng, 5*n+5))
	out := func(f func(dst []float32), want []float32, size float64, what string) {
		t.Helper()
		dst, clean := window(rng, make([]float32, n))
		f(dst)
		sameRow(t, name(what), dst, want, size)
		if !clean() || !tidy() || !tidy2() {
			t.Fatalf("%s wrote outside its row", name(what))
		}
	}
	want := make([]float32, n)
	for _, stream := range []bool{false, true} {
		rowsPlain.runMix(want, src, off, w, false)
		out(func(d []float32) { r.runMix(d, src, off, w, stream) }, want, float64(4*k), "mix")
		rowsPlain.runAffine(affineClampPlain, nil, want, special[:n], 1.5, -0.25, -1, 2, false)
		out(func(d []float32) { r.runAffine(r.clamp, r.clampStream, d, special[:n], 1.5, -0.25, -1, 2, stream) }, want, 1, "affine clamp")
		rowsPlain.runAffine(affineLeakyPlain, nil, want, special[:n], 1.5, -0.25, 0.1, 0, false)
		out(func(d []float32) { r.runAffine(r.leaky, r.leakyStream, d, special[:n], 1.5, -0.25, 0.1, 0, stream) }, want, 1, "affine leaky")
	}
	copy(want, special)
	out(func(d []float32) { r.runCopy(d, special[:n]) }, want, 0, "copy")
	maxOfRowsPlain(&want[0], n, &special[0], &off[0], k)
	out(func(d []float32) { r.top(&d[0], n, &special[0], &off[0], k) }, want, 0, "top")
	pairMaxOfRowsPlain(&want[0], n, &special[0], &off[0], k)
	out(func(d []float32) { r.pairTop(&d[0], n, &special[0], &off[0], k) }, want, 0, "pair top")
	normRowPlain(&want[0], &src[0], n, &src[n], &src[2*n], 1.5, 0.5)
	out(func(d []float32) { r.norm(&d[0], &src[0], n, &src[n], &src[2*n], 1.5, 0.5) }, want, 8, "norm")

	expSumPlain(&want[0], &special[0], n, 0.5, -1)
	var got float32
	finite := make([]float32, n)
	copy(finite, src)
	out(func(d []float32) { r.expSum(&d[0], &special[0], n, 0.5, -1) }, want, 0, "exp sum")
	sum := expSumPlain(&want[0], &finite[0], n, 0.5, -1)
	out(func(d []float32) { got = r.expSum(&d[0], &finite[0], n, 0.5, -1) }, want, 0, "exp sum")
	sameRow(t, name("sum of exp"), []float32{got}, []float32{sum}, float64(n))
	s1, q1 := momentsRowPlain(&src[0], n, 0.25)
	s2, q2 := r.moments(&src[0], n, 0.25)
	sameRow(t, name("moments"), []float32{s2, q2}, []float32{s1, q1}, float64(2*n))
}

// checkSpread holds picking and blending to the definition.
func checkSpread(t *testing.T, tr *tier, rng *rand.Rand, in, n int) {
	t.Helper()
	r := rowsOf(tr)
	from0, from1, w0, w1 := make([]int, n), make([]int, n), plainNumbers(rng, n), plainNumbers(rng, n)
	for j := range n {
		x := float64(j) * float64(in-1) / float64(max(1, n-1))
		from0[j] = int(x)
		from1[j] = min(in-1, from0[j]+1)
	}
	for _, blend := range []bool{false, true} {
		s := newSpread(tr.lanes, from0, nil, nil, nil)
		if blend {
			s = newSpread(tr.lanes, from0, from1, w0, w1)
		}
		if s == nil {
			if in <= n {
				t.Fatalf("%s: a row of %d does not spread to %d", tr.name, in, n)
			}
			continue
		}
		src, _ := window(rng, plainNumbers(rng, max(in, s.Reads)))
		dst, clean := window(rng, make([]float32, s.Writes))
		s.run(r, dst, src)
		for j := range n {
			want := src[from0[j]]
			if blend {
				want = src[from0[j]]*w0[j] + src[from1[j]]*w1[j]
			}
			if !agrees(dst[j], want, 1, 1e-6) || !blend && dst[j] != want {
				t.Fatalf("%s: %d to %d, blend %v: element %d is %g, want %g", tr.name, in, n, blend, j, dst[j], want)
			}
		}
		if !clean() {
			t.Fatalf("%s: %d to %d: wrote outside its row", tr.name, in, n)
		}
	}
}

// checkTranspose holds a transpose of bits, NaN among them, to the definition.
func checkTranspose(t *testing.T, tr *tier, rng *rand.Rand, m, n int) {
	t.Helper()
	ds, ss := m+rng.IntN(4), n+rng.IntN(4)
	src, dst := inputs(rng, m*ss), make([]float32, n*ds)
	rowsOf(tr).runTranspose(dst, ds, src, ss, m, n)
	for i := range dst {
		want := float32(0)
		if i%ds < m {
			want = src[i%ds*ss+i/ds]
		}
		if math.Float32bits(dst[i]) != math.Float32bits(want) {
			t.Fatalf("%s: transpose of %d×%d: element %d is %g, want %g", tr.name, m, n, i, dst[i], want)
		}
	}
}

// checkExpRows holds exponentials down columns to the twin for rows.
func checkExpRows(t *testing.T, tr *tier, rng *rand.Rand, vecs, count int) {
	t.Helper()
	n := vecs * tr.lanes
	stride := n + rng.IntN(5)
	x, shift, sum := plainNumbers(rng, count*stride), plainNumbers(rng, n), make([]float32, n)
	before := append([]float32{}, x...)
	rowsOf(tr).runExpRows(tr.lanes, x, count, stride, 0.5, shift, sum)
	for j := range n {
		want := 0.0
		for r := range count {
			e := math.Exp(float64(before[r*stride+j]*0.5 + shift[j]))
			want += e
			if !agrees(x[r*stride+j], float32(e), 4, 0) {
				t.Fatalf("%s: exp rows: row %d, column %d is %g, want %g", tr.name, r, j, x[r*stride+j], e)
			}
		}
		if !agrees(sum[j], float32(want), float64(count+4), 0) {
			t.Fatalf("%s: exp rows: sum %d is %g, want %g", tr.name, j, sum[j], want)
		}
	}
}

// checkElementary holds the functions of one number to the twins.
func checkElementary(t *testing.T, tr *tier, rng *rand.Rand, n int) {
	t.Helper()
	x := inputs(rng, n)
	if n > 2 {
		x[0], x[1], x[2] = 1e-40, math.MaxFloat32, 2.5
	}
	for f := range numElementary {
		want := make([]float32, n)
		rowsPlain.runElementary(f, want, x)
		dst, clean := window(rng, make([]float32, n))
		rowsOf(tr).runElementary(f, dst, x)
		for i := range want {
			if !agrees(dst[i], want[i], 5, 1.2e-38) && !(f == rowLog && agrees(dst[i], want[i], 5, 1e-7)) {
				t.Fatalf("%s: function %d of %g is %g, want %g", tr.name, f, x[i], dst[i], want[i])
			}
		}
		if !clean() {
			t.Fatalf("%s: function %d wrote outside its row", tr.name, f)
		}
	}
}

func TestRows(t *testing.T) {
	for _, tr := range append(supported(), &plainTier) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := 1; n < 150; n++ {
			checkRows(t, tr, rng, n, 1+n%9)
			checkSpread(t, tr, rng, 1+rng.IntN(n), n)
			checkTranspose(t, tr, rng, n, 1+rng.IntN(40))
			checkExpRows(t, tr, rng, 1+n%4, n)
			checkElementary(t, tr, rng, n)
			checkSpread(t, tr, rng, n+rng.IntN(2*n), n)
		}
	}
}

func FuzzRows(f *testing.F) {
	f.Add(uint64(1), uint(37), uint(4))
	f.Fuzz(func(t *testing.T, seed uint64, n, k uint) {
		rng := rand.New(rand.NewPCG(seed, 3))
		for _, tr := range append(supported(), &plainTier) {
			checkTranspose(t, tr, rng, 1+int(n%40), 1+int(k%300))
			checkRows(t, tr, rng, 1+int(n%400), 1+int(k%30))
			checkSpread(t, tr, rng, 1+int(k%400), 1+int(n%400))
		}
	})
}
