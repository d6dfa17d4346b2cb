package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSplit4(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	for _, tr := range tiers() {
		for vecs := 1; vecs < 5; vecs++ {
			n := vecs * tr.lanes
			for range 10 {
				stride := n + rng.IntN(9)
				off := rng.IntN(5)
				src := randomFloats(rng, off+4*n)
				rows := randomFloats(rng, off+4*stride)
				want := slices.Clone(rows)
				tr.split4(&rows[off], &src[off], 4*stride, vecs)
				split4Plain(&want[off], &src[off], 4*stride, vecs, tr.lanes)
				if !slices.Equal(rows, want) {
					t.Fatalf("%s: split of %d vectors differs from the twin", tr.name, vecs)
				}
				back := make([]float32, off+4*n+1)
				tr.merge4(&back[off], &rows[off], 4*stride, vecs)
				if !slices.Equal(back[off:off+4*n], src[off:]) || back[off+4*n] != 0 {
					t.Fatalf("%s: merge of %d vectors is not the inverse of split", tr.name, vecs)
				}
			}
		}
	}
}

func TestEverySecond(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 2))
	for _, tr := range tiers() {
		for n := range 70 {
			off := rng.IntN(5)
			src := randomFloats(rng, off+2*n+1)
			got := randomFloats(rng, off+n+3)
			want := slices.Clone(got)
			tr.everySecond(&got[off], &src[off], n)
			everySecondPlain(&want[off], &src[off], n)
			if !slices.Equal(got, want) {
				t.Fatalf("%s: every second of %d differs from the twin", tr.name, n)
			}
		}
	}
}

func TestCopyRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 3))
	for _, tr := range tiers() {
		for range 200 {
			vecs, rows := 1+rng.IntN(4), 1+rng.IntN(6)
			width := vecs * tr.lanes
			lo, hi := rng.IntN(width), rng.IntN(width+1)
			masks := appendMasks(nil, vecs, lo, hi, tr.lanes)
			from, to := 1+rng.IntN(width), 1+rng.IntN(width)
			src := randomFloats(rng, rows*from+width)
			got := randomFloats(rng, rows*to+width+3)
			want := slices.Clone(got)
			tr.copyRows(&got[3], &src[0], 0, 4*to, 4*from, rows, vecs, &masks[0])
			copyRowsPlain(&want[3], &src[0], 0, 4*to, 4*from, rows, vecs, &masks[0], tr.lanes)
			if !slices.Equal(got, want) {
				t.Fatalf("%s: %d rows of %d vectors differ from the twin", tr.name, rows, vecs)
			}
		}
	}
}
