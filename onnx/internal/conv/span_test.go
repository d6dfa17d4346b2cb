package conv

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// TestSpans computes dilated convolutions whose taps read padding alone for some or all columns, rows or planes.
func TestSpans(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 1))
	for i, p := range []Params{
		{InC: 9, OutC: 33, In: [3]int{1, 14, 14}, Kernel: [3]int{1, 3, 3}, Dilation: [3]int{1, 12, 12}, PadLo: [3]int{0, 12, 12}, PadHi: [3]int{0, 12, 12}},
		{InC: 9, OutC: 33, In: [3]int{1, 14, 14}, Kernel: [3]int{1, 3, 3}, Dilation: [3]int{1, 24, 24}, PadLo: [3]int{0, 24, 24}, PadHi: [3]int{0, 24, 24}},
		{InC: 8, OutC: 16, In: [3]int{1, 28, 28}, Kernel: [3]int{1, 3, 3}, Dilation: [3]int{1, 12, 12}, PadLo: [3]int{0, 12, 12}, PadHi: [3]int{0, 12, 12}},
		{InC: 4, OutC: 16, In: [3]int{3, 5, 6}, Kernel: [3]int{3, 3, 3}, Dilation: [3]int{4, 5, 6}, PadLo: [3]int{4, 5, 6}, PadHi: [3]int{4, 5, 6}},
		{InC: 8, OutC: 16, In: [3]int{1, 4, 5}, Kernel: [3]int{1, 2, 2}, PadLo: [3]int{0, 7, 9}, PadHi: [3]int{0, 8, 6}},
		{InC: 8, OutC: 16, In: [3]int{1, 9, 11}, Kernel: [3]int{1, 3, 5}, Stride: [3]int{1, 2, 2}, Dilation: [3]int{1, 8, 5}, PadLo: [3]int{0, 8, 10}, PadHi: [3]int{0, 9, 10}},
		{InC: 8, OutC: 12, In: [3]int{1, 20, 80}, Kernel: [3]int{1, 3, 3}, Dilation: [3]int{1, 18, 81}, PadLo: [3]int{0, 18, 81}, PadHi: [3]int{0, 18, 81}},
	} {
		p.Batch = 1
		p.normalise()
		p.Out = p.OutSize()
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			check(t, p, uint64(i))
			src, w, bias := random(rng, p.InC*p.inVoxels()), random(rng, p.OutC*p.InC*p.taps()), random(rng, p.OutC)
			want := naive(src, w, bias, nil, p, Activation{})
			packs := []*Packed{packForm(w, p, form{})}
			if simd.Lanes() >= 8 {
				packs = append(packs, packTurned(w, p))
			}
			for _, k := range packs {
				got := make([]float32, len(want))
				k.Forward(got, src, bias, &p, Activation{}, 2)
				compareTo(t, got, want, tolerance*largest(want))
			}
		})
	}
}

// TestSpansDivide holds the columns that are computed together: the few that a far tap reaches apart from the others.
func TestSpansDivide(t *testing.T) {
	far := Params{In: [3]int{1, 1, 14}, Out: [3]int{1, 1, 14}, Kernel: [3]int{1, 1, 3}, Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 12}, PadLo: [3]int{0, 0, 12}}
	near, out := far, far
	near.Dilation[2], near.PadLo[2] = 1, 1
	out.Dilation[2], out.PadLo[2] = 24, 24
	for _, c := range []struct {
		p      Params
		divide bool
		want   string
	}{
		{far, true, "[{0 2 [true false false]} {2 12 [true false true]} {12 14 [false false true]}]"},
		{far, false, "[{0 14 []}]"},
		{near, true, "[{0 14 []}]"},
		{out, true, "[{0 14 [true false true]}]"},
		{out, false, "[{0 14 [true false true]}]"},
	} {
		parts, unpadded := c.p.spans(c.divide)
		if got := fmt.Sprint(parts); got != c.want || unpadded != (c.divide && len(parts[0].dead) > 0) {
			t.Errorf("dilation %d, divide %v: got %s, want %s", c.p.Dilation[2], c.divide, got, c.want)
		}
	}
}
