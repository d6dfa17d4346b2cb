package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// winogradTolerance is how far an output computed through points may be from the exact one, of the largest output: the transforms
// of F(4,3) along two axes cost about two decimal digits of float32's seven.
const winogradTolerance = 2e-5

func TestForms(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 1))
	for _, f := range []form{{}, {1, 4, 1}, {1, 6, 1}, {4, 4, 1}, {6, 4, 1}, {4, 6, 1}, {6, 6, 1}, {1, 6, 6}} {
		for i := range 12 {
			p := Params{Batch: 1 + rng.IntN(2), InC: 1 + rng.IntN(6), OutC: 1 + rng.IntN(17), Kernel: [3]int{1, 3, 3}}
			p.Dilation = [3]int{1, 1 + rng.IntN(3), 1}
			p.In = [3]int{1 + rng.IntN(2), 1 + rng.IntN(12), 1 + rng.IntN(70)}
			if f.d > 1 {
				p.Kernel[0] = 3
				p.In[0] += 4
				p.Dilation[0] = 1 + rng.IntN(3)
			}
			if f.w > 1 {
				p.Dilation[1] = 1
			} else {
				p.Dilation[2] = 1 + rng.IntN(4)
				p.Kernel[2] = 1 + rng.IntN(4)
			}
			if i%5 == 0 {
				p.Group = 2
				p.InC, p.OutC = 2*p.InC, 2*p.OutC
			}
			for a := range 3 {
				reach := (p.Kernel[a] - 1) * p.Dilation[a]
				p.PadLo[a], p.PadHi[a] = rng.IntN(reach+1), rng.IntN(reach+1)
				p.In[a] = max(p.In[a], reach+1-p.PadLo[a]-p.PadHi[a])
			}
			p.normalise()
			p.Out = p.OutSize()
			t.Run(fmt.Sprintf("%v %+v", f, p), func(t *testing.T) {
				src := random(rng, p.Batch*p.InC*p.inVoxels())
				w := random(rng, p.OutC*p.InC/p.Group*p.taps())
				bias, add := random(rng, p.OutC), random(rng, p.Batch*p.OutC*p.outVoxels())
				if i%3 > 0 {
					add = nil
				}
				act := Activation{Kind: Kind(i % 5), A: -0.5, B: 0.75}
				want := naive(src, w, bias, add, p, Activation{})
				scale := largest(want)
				act.Apply(want, want)
				k := packForm(w, p, f)
				for threads := 1; threads <= 3; threads++ {
					got := make([]float32, len(want))
					out := got
					if add != nil && threads == 2 {
						copy(got, add) // the addend may be the output itself
						k.ForwardAdd(out, src, bias, got, &p, act, threads)
					} else {
						k.ForwardAdd(out, src, bias, add, &p, act, threads)
					}
					compareTo(t, got, want, winogradTolerance*scale)
				}
			})
		}
	}
}

// TestWidePad has more padding on the left than a strip is wide, and one strip for several workers.
func TestWidePad(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 1))
	for _, pad := range []int{0, 1, 1040, 1041, 1500} {
		p := Params{Batch: 1, InC: 34, OutC: 30, In: [3]int{1, 3, 40}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, pad}, PadHi: [3]int{0, 1, 2}}
		p.normalise()
		p.Out = p.OutSize()
		src, w := random(rng, p.InC*p.inVoxels()), random(rng, p.OutC*p.InC*p.taps())
		want := naive(src, w, nil, nil, p, Activation{})
		k := packForm(w, p, form{1, 6, 6})
		first := make([]float32, len(want))
		for threads := 1; threads <= 3; threads++ {
			got := make([]float32, len(want))
			k.Forward(got, src, nil, &p, Activation{}, threads)
			compareTo(t, got, want, winogradTolerance*largest(want))
			if threads == 1 {
				copy(first, got)
			} else if !slices.Equal(got, first) {
				t.Fatalf("pad %d: %d threads give other bits", pad, threads)
			}
		}
	}
}

// TestWinogradError measures each form at the channels of real networks, on normal input and weights.
func TestWinogradError(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 1))
	normal := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	for _, c := range []int{16, 64, 128} {
		for _, f := range []form{{}, {1, 4, 1}, {1, 6, 1}, {4, 4, 1}, {6, 6, 1}, {1, 6, 6}} {
			p := Params{Batch: 1, InC: c, OutC: 4, In: [3]int{1, 8, 20}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}
			if f.d > 1 {
				p.In[0], p.Kernel[0], p.PadLo[0], p.PadHi[0] = 4, 3, 1, 1
			}
			p.normalise()
			p.Out = p.OutSize()
			src, w := normal(c*p.inVoxels()), normal(4*c*p.taps())
			want := naive(src, w, nil, nil, p, Activation{})
			got := make([]float32, len(want))
			packForm(w, p, f).Forward(got, src, nil, &p, Activation{}, 1)
			worst, scale := 0.0, 0.0
			for i := range want {
				worst = max(worst, math.Abs(float64(got[i]-want[i])))
				scale = max(scale, math.Abs(float64(want[i])))
			}
			t.Logf("%3d channels, points %v: largest error %.1e of the largest output", c, f, worst/scale)
			if worst > winogradTolerance*scale {
				t.Errorf("%d channels, points %v: error %g of %g", c, f, worst, scale)
			}
		}
	}
}
