package conv

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestDepthwisePlanes(t *testing.T) {
	rng := rand.New(rand.NewPCG(32, 1))
	for i := range 60 {
		p := Params{Batch: 1 + rng.IntN(2), Group: 2 + rng.IntN(5), In: [3]int{1 + rng.IntN(9), 1 + rng.IntN(20), 1 + rng.IntN(70)},
			Kernel: [3]int{2 + rng.IntN(3), 1 + rng.IntN(4), 1 + rng.IntN(4)}, Dilation: [3]int{1 + rng.IntN(2), 1 + rng.IntN(3), 1 + rng.IntN(2)}}
		p.InC, p.OutC = p.Group, p.Group*(1+i%7/6)
		for a := range 3 {
			reach := (p.Kernel[a] - 1) * p.Dilation[a]
			p.PadLo[a], p.PadHi[a] = rng.IntN(reach+2), rng.IntN(reach+2)
			p.In[a] = max(p.In[a], reach+1-p.PadLo[a]-p.PadHi[a])
		}
		p.normalise()
		p.Out = p.OutSize()
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			if !p.isDepthwisePlanes() {
				t.Fatal("the wrong choice of kernel")
			}
			check(t, p, uint64(i))
			out := p.Batch * p.OutC * p.outVoxels()
			src, w, add := random(rng, p.Batch*p.InC*p.inVoxels()), random(rng, p.OutC*p.taps()), random(rng, out)
			for _, act := range []Activation{{Kind: Silu}, {Kind: Relu}, {Kind: LeakyRelu, A: 0.1}} {
				want := naive(src, w, nil, add, p, act)
				got := append([]float32{}, add...)
				Pack(w, &p).ForwardAdd(got, src, nil, got, &p, act, 3)
				compareTo(t, got, want, tolerance*largest(want))
			}
		})
	}
}

// TestDepthwisePlanesStream holds results that are written past the caches to those of one channel at a time, which are not.
func TestDepthwisePlanesStream(t *testing.T) {
	p := Params{Batch: 1, InC: 3, OutC: 3, Group: 3, In: [3]int{112, 113, 111}, Kernel: [3]int{3, 1, 1}, PadLo: [3]int{1, 0, 0}, PadHi: [3]int{1, 0, 0}}
	p.normalise()
	p.Out = p.OutSize()
	rng := rand.New(rand.NewPCG(33, 1))
	src, w, bias := random(rng, p.InC*p.inVoxels()), random(rng, p.OutC*p.taps()), random(rng, p.OutC)
	got, want := make([]float32, p.OutC*p.outVoxels()), make([]float32, p.OutC*p.outVoxels())
	if 4*len(got) < streamFrom {
		t.Fatal("too small")
	}
	for _, act := range []Activation{{}, {Kind: LeakyRelu, A: 0.1}, {Kind: Silu}} {
		Forward(got, src, w, bias, &p, act, 2)
		for c := range p.InC {
			n := p.outVoxels()
			w := depthwisePlanes{Params: &p, pitch: p.In[2], rows: p.In[1], together: 5, weight: w, bias: bias, act: act}
			(&planesWorker{depthwisePlanes: &w}).channel(want, src, c, 0, p.Out[0])
			compareTo(t, got[c*n:][:n], want[c*n:][:n], 0)
		}
	}
}
