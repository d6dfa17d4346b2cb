package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// naive is the definition, in float64.
func naive(src, w, bias, add []float32, p Params, act Activation) []float32 {
	p.normalise()
	dst := make([]float32, p.Batch*p.OutC*p.outVoxels())
	icg, ocg := p.InC/p.Group, p.OutC/p.Group
	for i := range dst {
		o := i
		ow := o % p.Out[2]
		o /= p.Out[2]
		oh := o % p.Out[1]
		o /= p.Out[1]
		od := o % p.Out[0]
		o /= p.Out[0]
		oc, n := o%p.OutC, o/p.OutC
		s := 0.0
		if bias != nil {
			s = float64(bias[oc])
		}
		if add != nil {
			s += float64(add[i])
		}
		for ic := range icg {
			for kd := range p.Kernel[0] {
				for kh := range p.Kernel[1] {
					for kw := range p.Kernel[2] {
						d := od*p.Stride[0] - p.PadLo[0] + kd*p.Dilation[0]
						h := oh*p.Stride[1] - p.PadLo[1] + kh*p.Dilation[1]
						x := ow*p.Stride[2] - p.PadLo[2] + kw*p.Dilation[2]
						if d < 0 || h < 0 || x < 0 || d >= p.In[0] || h >= p.In[1] || x >= p.In[2] {
							continue
						}
						c := n*p.InC + oc/ocg*icg + ic
						s += float64(src[((c*p.In[0]+d)*p.In[1]+h)*p.In[2]+x]) *
							float64(w[(((oc*icg+ic)*p.Kernel[0]+kd)*p.Kernel[1]+kh)*p.Kernel[2]+kw])
					}
				}
			}
		}
		dst[i] = float32(s)
	}
	act.Apply(dst, dst)
	return dst
}

func naiveTranspose(src, w, bias []float32, p Params) []float32 {
	p.normalise()
	acc := make([]float64, p.Batch*p.OutC*p.outVoxels())
	icg, ocg := p.InC/p.Group, p.OutC/p.Group
	for n := range p.Batch {
		for ic := range p.InC {
			for oc := range ocg {
				g := ic / icg
				for v := range p.inVoxels() {
					x := float64(src[(n*p.InC+ic)*p.inVoxels()+v])
					iw, ih, id := v%p.In[2], v/p.In[2]%p.In[1], v/p.In[2]/p.In[1]
					for k := range p.taps() {
						kw, kh, kd := k%p.Kernel[2], k/p.Kernel[2]%p.Kernel[1], k/p.Kernel[2]/p.Kernel[1]
						d := id*p.Stride[0] - p.PadLo[0] + kd*p.Dilation[0]
						h := ih*p.Stride[1] - p.PadLo[1] + kh*p.Dilation[1]
						c := iw*p.Stride[2] - p.PadLo[2] + kw*p.Dilation[2]
						if d < 0 || h < 0 || c < 0 || d >= p.Out[0] || h >= p.Out[1] || c >= p.Out[2] {
							continue
						}
						acc[(((n*p.OutC+g*ocg+oc)*p.Out[0]+d)*p.Out[1]+h)*p.Out[2]+c] += x * float64(w[(ic*ocg+oc)*p.taps()+k])
					}
				}
			}
		}
	}
	dst := make([]float32, len(acc))
	for i := range acc {
		if bias != nil {
			acc[i] += float64(bias[i/p.outVoxels()%p.OutC])
		}
		dst[i] = float32(acc[i])
	}
	return dst
}

func random(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()*2 - 1
	}
	return x
}

func largest(x []float32) float64 {
	m := 1e-3
	for _, v := range x {
		m = max(m, math.Abs(float64(v)))
	}
	return m
}

// compare fails where got is further from want than tol of the largest |want|.
func compare(t *testing.T, got, want []float32, tol float64) {
	t.Helper()
	compareTo(t, got, want, tol*largest(want))
}

func compareTo(t *testing.T, got, want []float32, within float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= within) {
			t.Fatalf("element %d of %d: got %g, want %g within %g", i, len(want), got[i], want[i], within)
		}
	}
}

// tolerance is how far a float32 convolution may be from the exact one, of the largest output.
const tolerance = 2e-5

func check(t *testing.T, p Params, seed uint64) {
	t.Helper()
	p.normalise()
	p.Out = p.OutSize()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	src := random(rng, p.Batch*p.InC*p.inVoxels())
	w := random(rng, p.OutC*p.InC/p.Group*p.taps())
	bias := random(rng, p.OutC)
	add := random(rng, p.Batch*p.OutC*p.outVoxels())
	if seed%3 == 0 {
		bias = nil
	}
	if seed%4 != 0 {
		add = nil
	}
	act := Activation{Kind: Kind(seed % 5), A: -0.5, B: 0.75}
	want := naive(src, w, bias, add, p, Activation{})
	scale := largest(want)
	act.Apply(want, want)
	guard := float32(12345)
	first := []float32(nil)
	for threads := 1; threads <= 3; threads += 2 {
		got := make([]float32, len(want)+2)
		for i := range got {
			got[i] = guard
		}
		Pack(w, &p).ForwardAdd(got[1:1+len(want)], src, bias, add, &p, act, threads)
		if got[0] != guard || got[len(want)+1] != guard {
			t.Fatal("wrote outside of the output")
		}
		compareTo(t, got[1:], want, tolerance*scale)
		if first == nil {
			first = got
			continue
		}
		for i := range got {
			if got[i] != first[i] {
				t.Fatalf("element %d depends on the number of threads: %g and %g", i, first[i], got[i])
			}
		}
	}
}

func TestForwardTable(t *testing.T) {
	ones := [3]int{1, 1, 1}
	for i, p := range []Params{
		{Batch: 1, InC: 1, OutC: 5, In: [3]int{9, 10, 40}, Kernel: [3]int{3, 3, 3}, PadLo: ones, PadHi: ones},
		{Batch: 1, InC: 21, OutC: 21, In: [3]int{5, 6, 48}, Kernel: [3]int{3, 3, 3}, PadLo: [3]int{2, 2, 2}, PadHi: [3]int{2, 2, 2}, Dilation: [3]int{2, 2, 2}},
		{Batch: 1, InC: 10, OutC: 10, In: [3]int{18, 17, 33}, Kernel: [3]int{3, 3, 3}, PadLo: [3]int{16, 16, 16}, PadHi: [3]int{16, 16, 16}, Dilation: [3]int{16, 16, 16}},
		{Batch: 2, InC: 8, OutC: 16, In: [3]int{1, 24, 24}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}},
		{Batch: 1, InC: 3, OutC: 20, In: [3]int{1, 31, 29}, Kernel: [3]int{1, 7, 7}, Stride: [3]int{1, 2, 2}, PadLo: [3]int{0, 3, 3}, PadHi: [3]int{0, 3, 3}},
		{Batch: 1, InC: 16, OutC: 40, In: [3]int{1, 14, 14}, Kernel: [3]int{1, 1, 1}},
		{Batch: 3, InC: 18, OutC: 20, Group: 2, In: [3]int{2, 15, 23}, Kernel: [3]int{1, 1, 1}},
		{Batch: 2, InC: 20, OutC: 20, Group: 20, In: [3]int{1, 13, 14}, Kernel: [3]int{1, 5, 5}, Stride: [3]int{1, 2, 2}, PadLo: [3]int{0, 2, 2}, PadHi: [3]int{0, 2, 2}},
		{Batch: 1, InC: 16, OutC: 33, In: [3]int{1, 15, 13}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 2, 2}},
		{Batch: 1, InC: 24, OutC: 24, Group: 24, In: [3]int{1, 17, 19}, Kernel: [3]int{1, 5, 5}, PadLo: [3]int{0, 2, 2}, PadHi: [3]int{0, 2, 2}},
		{Batch: 1, InC: 12, OutC: 12, Group: 12, In: [3]int{6, 7, 18}, Kernel: [3]int{3, 3, 3}, Stride: [3]int{2, 2, 2}, PadLo: ones, PadHi: ones},
		{Batch: 1, InC: 12, OutC: 18, Group: 3, In: [3]int{1, 1, 50}, Kernel: [3]int{1, 1, 4}, PadLo: [3]int{0, 0, 1}, PadHi: [3]int{0, 0, 2}},
		{Batch: 1, InC: 40, OutC: 36, In: [3]int{6, 6, 6}, Kernel: [3]int{3, 3, 3}, PadLo: ones, PadHi: ones},
		{Batch: 1, InC: 64, OutC: 30, In: [3]int{1, 7, 7}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}},
		{Batch: 1, InC: 3, OutC: 48, In: [3]int{1, 32, 32}, Kernel: [3]int{1, 16, 16}, Stride: [3]int{1, 16, 16}},
		{Batch: 1, InC: 32, OutC: 10, In: [3]int{12, 12, 12}, Kernel: [3]int{3, 3, 3}, Stride: [3]int{2, 2, 2}, PadLo: ones, PadHi: ones},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) { check(t, p, uint64(i)) })
	}
}

// TestUnusual runs the strides, dilations and pads that only a hostile model has: they must cost no more than their outputs.
func TestUnusual(t *testing.T) {
	far := 1 << 40
	for i, p := range []Params{
		{Batch: 1, InC: 2, OutC: 3, In: [3]int{1, 3, 5}, Kernel: [3]int{1, 2, 2}, Dilation: [3]int{1, 1, far}, PadLo: [3]int{0, 0, far}, PadHi: [3]int{0, 1, 2}},
		{Batch: 1, InC: 2, OutC: 4, Group: 2, In: [3]int{1, 5, 5}, Kernel: [3]int{1, 2, 2}, Stride: [3]int{1, far, far}, PadHi: [3]int{0, far, far}},
		{Batch: 2, InC: 1, OutC: 1, In: [3]int{1, 1, 300}, Kernel: [3]int{1, 1, 3}, Stride: [3]int{1, 1, 70}, Dilation: [3]int{1, 1, 50}},
		{Batch: 1, InC: 3, OutC: 2, In: [3]int{1, 60, 60}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 20, 20}, Dilation: [3]int{1, 15, 15}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) { check(t, p, uint64(i)) })
	}
	p := Params{Batch: 1, InC: 2, OutC: 2, In: [3]int{1, 1, 1}, Kernel: [3]int{1, 2, 3}, Stride: [3]int{far, far, far}}
	p.normalise()
	p.Out = p.TransposeOutSize([3]int{})
	rng := rand.New(rand.NewPCG(1, 1))
	src, w := random(rng, 2), random(rng, 2*2*6)
	want := naiveTranspose(src, w, nil, p)
	got := make([]float32, len(want))
	Transpose(got, src, w, nil, &p, Activation{}, 2)
	compare(t, got, want, tolerance)
}

func randomParams(rng *rand.Rand) Params {
	p := Params{Batch: 1 + rng.IntN(2), Group: 1}
	if rng.IntN(3) == 0 {
		p.Group = 1 + rng.IntN(4)
	}
	p.InC, p.OutC = p.Group*(1+rng.IntN(9)), p.Group*(1+rng.IntN(20))
	dims := 1 + rng.IntN(3)
	for i := range 3 {
		if i < 3-dims {
			p.In[i], p.Kernel[i], p.Stride[i], p.Dilation[i] = 1, 1, 1, 1
			continue
		}
		p.Kernel[i] = 1 + rng.IntN(4)
		if rng.IntN(2) == 0 {
			p.Kernel[i] = 3
		}
		p.Stride[i], p.Dilation[i] = 1, 1
		if rng.IntN(3) == 0 {
			p.Stride[i] = 1 + rng.IntN(3)
		}
		if rng.IntN(3) == 0 {
			p.Dilation[i] = 1 + rng.IntN(4)
		}
		p.PadLo[i], p.PadHi[i] = rng.IntN(4), rng.IntN(4)
		least := max(1, (p.Kernel[i]-1)*p.Dilation[i]+1-p.PadLo[i]-p.PadHi[i])
		p.In[i] = least + rng.IntN(12)
	}
	if rng.IntN(2) == 0 {
		p.In[2] += rng.IntN(60)
	}
	return p
}

func TestForwardRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range 120 {
		p := randomParams(rng)
		t.Run(fmt.Sprintf("%d %+v", i, p), func(t *testing.T) { check(t, p, uint64(i)) })
	}
}

func TestTransposeRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for i := range 100 {
		p := randomParams(rng)
		if i%3 == 0 {
			p.Stride = [3]int{1 + i%2, 2 - i/3%2, 2 + i/6%2}
			p.Kernel, p.Dilation = p.Stride, [3]int{1, 1, 1}
			p.PadLo, p.PadHi = [3]int{}, [3]int{}
		}
		var extra [3]int
		for d := range extra {
			extra[d] = rng.IntN(p.Stride[d])
			if i%3 == 0 && i%4 > 0 {
				extra[d] = 0
			}
		}
		p.Out = p.TransposeOutSize(extra)
		if min(p.Out[0], p.Out[1], p.Out[2]) < 1 {
			continue
		}
		t.Run(fmt.Sprintf("%d %+v", i, p), func(t *testing.T) {
			src := random(rng, p.Batch*p.InC*p.inVoxels())
			w := random(rng, p.InC*p.OutC/p.Group*p.taps())
			bias := random(rng, p.OutC)
			if i%4 == 0 {
				bias = nil
			}
			want := naiveTranspose(src, w, bias, p)
			act := Activation{Kind: Kind(i % 5), A: 0.25, B: 3}
			act.Apply(want, want)
			for threads := 1; threads <= 3; threads++ {
				got := make([]float32, len(want))
				Transpose(got, src, w, bias, &p, act, threads)
				compare(t, got, want, tolerance)
			}
		})
	}
}

func FuzzForward(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		check(t, randomParams(rand.New(rand.NewPCG(seed, 3))), seed)
	})
}
