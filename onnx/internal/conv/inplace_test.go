package conv

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestInPlace holds convolutions in place to the numbers of those that are not, for depths that are and are no multiple of the
// tiles, dilations above the depth, and fewer channels out than in.
func TestInPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func(n int) []float32 {
		f := make([]float32, n)
		for i := range f {
			f[i] = float32(rng.NormFloat64())
		}
		return f
	}
	done := 0
	for _, size := range [][3]int{{1, 9, 20}, {4, 8, 70}, {7, 16, 33}, {13, 5, 16}, {16, 16, 16}} {
		for _, dilation := range []int{1, 2, 4, 8} {
			for _, outC := range []int{21, 10, 5} {
				d := [3]int{dilation, dilation, dilation}
				p := Params{Batch: 1, InC: 21, OutC: outC, In: size, Out: size, Kernel: [3]int{3, 3, 3}, Dilation: d, PadLo: d, PadHi: d}
				weight, bias := random(p.InC*p.OutC*27), random(p.OutC)
				src := random(p.InC * p.inVoxels())
				for _, f := range []form{{4, 4, 1}, {4, 6, 1}, {6, 6, 1}} {
					q := p
					q.normalise()
					k := packForm(weight, q, f)
					if !k.InPlace(&p) {
						t.Fatalf("%v: not in place", p)
					}
					want := make([]float32, p.OutC*p.outVoxels())
					k.Forward(want, src, bias, &p, Activation{Kind: Relu}, 1)
					for _, threads := range []int{1, 3} {
						got := slices.Clone(src)
						k.ForwardInPlace(got, bias, make([]float32, k.Aside(&p)), &p, Activation{Kind: Relu}, threads)
						if !slices.Equal(got[:len(want)], want) {
							t.Fatalf("%v, form %v, %d threads: not the numbers of Forward", p, f, threads)
						}
						done++
					}
				}
			}
		}
	}
	if done == 0 {
		t.Fatal("nothing is tested")
	}
	p := Params{Batch: 1, InC: 10, OutC: 21, In: [3]int{8, 8, 8}, Out: [3]int{8, 8, 8}, Kernel: [3]int{3, 3, 3}, PadLo: [3]int{1, 1, 1}, PadHi: [3]int{1, 1, 1}}
	if Pack(random(10*21*27), &p).InPlace(&p) {
		t.Error("more channels than there is room for")
	}
}
