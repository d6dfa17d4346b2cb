package conv

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestDepthwise(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 1))
	for i := range 80 {
		k, stride := 3+2*(i%3), 1+i/3%2
		p := Params{Batch: 1 + rng.IntN(2), Group: 2 + rng.IntN(40), In: [3]int{1 + i%2, 1 + rng.IntN(30), 1 + rng.IntN(70)},
			Kernel: [3]int{1, k, k}, Stride: [3]int{1, stride, stride}}
		p.InC, p.OutC = p.Group, p.Group*(1+i%7/6)
		for a := 1; a < 3; a++ {
			p.PadLo[a], p.PadHi[a] = rng.IntN(k+1), rng.IntN(k+1)
			p.In[a] = max(p.In[a], k-p.PadLo[a]-p.PadHi[a])
		}
		p.normalise()
		p.Out = p.OutSize()
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			if p.isDepthwise() != (k < 7 || stride == 1) {
				t.Fatal("the wrong choice of kernel")
			}
			check(t, p, uint64(i))
			out := p.Batch * p.OutC * p.outVoxels()
			src, w, add := random(rng, p.Batch*p.InC*p.inVoxels()), random(rng, p.OutC*p.taps()), random(rng, out)
			act := Activation{Kind: Silu}
			want := naive(src, w, nil, add, p, act)
			Pack(w, &p).ForwardAdd(add, src, nil, add, &p, act, 2)
			compareTo(t, add, want, tolerance*largest(want))
		})
	}
}
