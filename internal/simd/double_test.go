package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

func numbers64(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// checkDoubles holds a tier's float64 kernels to the twin: sums of k terms are rounded once more for each of them.
func checkDoubles(t *testing.T, tr *tier, rng *rand.Rand, n, k int) {
	t.Helper()
	d := &tr.double
	far := func(got, want, size float64) bool { return !(math.Abs(got-want) <= 2.3e-16*size) }
	x, y := numbers64(rng, n), numbers64(rng, n)
	if got, want := d.runDot(x, y), doubleDotPlain(x, y); far(got, want, float64(n+1)*10) {
		t.Fatalf("%s: dot of %d: want %v, got %v", tr.name, n, want, got)
	}
	all := numbers64(rng, n+2)
	got, want := append([]float64{}, all...), append([]float64{}, all...)
	d.runAxpy(0.3, x, got[1:n+1])
	doubleAxpyPlain(want[1:n+1], x, 0.3)
	for i := range got {
		if far(got[i], want[i], 10) || (i == 0 || i == n+1) && got[i] != all[i] {
			t.Fatalf("%s: axpy of %d: element %d: want %v, got %v", tr.name, n, i, want[i], got[i])
		}
	}
	a, b := numbers64(rng, d.rows*max(k, 1)), numbers64(rng, d.cols*max(k, 1))
	stride := d.cols + 1 + rng.IntN(4)
	c := numbers64(rng, d.rows*stride)
	got, want = append([]float64{}, c...), append([]float64{}, c...)
	d.tile(&a[0], &b[0], &got[0], k, 8*stride)
	doubleTilePlain(d.rows, d.cols, &a[0], &b[0], &want[0], k, 8*stride)
	for i := range got {
		if far(got[i], want[i], float64(k+1)*10) || i%stride >= d.cols && got[i] != c[i] {
			t.Fatalf("%s: tile of %d steps: element %d: want %v, got %v", tr.name, k, i, want[i], got[i])
		}
	}
}

func TestDoubles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, tr := range tiers() {
		for n := range 140 {
			checkDoubles(t, tr, rng, n, n%40)
		}
	}
}

// TestDoubleSpecials wants NaN and infinities to come through in every lane.
func TestDoubleSpecials(t *testing.T) {
	for _, tr := range tiers() {
		d := &tr.double
		for n := 1; n < 40; n++ {
			for at := range n {
				x, y := make([]float64, n), make([]float64, n)
				for i := range y {
					y[i] = 1
				}
				x[at] = math.NaN()
				if s := d.runDot(x, y); s == s {
					t.Fatalf("%s: NaN at %d of %d is lost", tr.name, at, n)
				}
				x[at] = math.Inf(-1)
				if s := d.runDot(x, y); !math.IsInf(s, -1) {
					t.Fatalf("%s: infinity at %d of %d becomes %v", tr.name, at, n, s)
				}
			}
		}
	}
}

func FuzzDoubles(f *testing.F) {
	f.Add(uint64(1), uint8(17), uint8(9))
	f.Fuzz(func(t *testing.T, seed uint64, n, k uint8) {
		for _, tr := range tiers() {
			checkDoubles(t, tr, rand.New(rand.NewPCG(seed, 1)), int(n), int(k))
		}
	})
}
