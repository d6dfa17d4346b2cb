package conv

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// TestTurned computes convolutions of all kinds with the kernel's roles changed, chosen or not.
func TestTurned(t *testing.T) {
	if simd.Lanes() < 8 {
		t.Skip("vectors are too short")
	}
	rng := rand.New(rand.NewPCG(41, 1))
	for i := range 100 {
		p := randomParams(rng)
		if i%2 == 0 {
			p.OutC *= 1 + rng.IntN(4)
		}
		p.normalise()
		p.Out = p.OutSize()
		t.Run(fmt.Sprintf("%d %+v", i, p), func(t *testing.T) {
			src, w := random(rng, p.Batch*p.InC*p.inVoxels()), random(rng, p.OutC*p.InC/p.Group*p.taps())
			bias, add := random(rng, p.OutC), random(rng, p.Batch*p.OutC*p.outVoxels())
			if i%3 == 0 {
				bias = nil
			}
			if i%4 > 0 {
				add = nil
			}
			act := Activation{Kind: Kind(i % 7), A: -0.5, B: 0.75}
			want := naive(src, w, bias, add, p, Activation{})
			scale := largest(want)
			act.Apply(want, want)
			k := packTurned(w, p)
			for threads := 1; threads <= 3; threads++ {
				got := make([]float32, len(want))
				if add != nil && threads == 2 {
					copy(got, add)
					k.ForwardAdd(got, src, bias, got, &p, act, threads)
				} else {
					k.ForwardAdd(got, src, bias, add, &p, act, threads)
				}
				compareTo(t, got, want, tolerance*scale)
			}
		})
	}
}
