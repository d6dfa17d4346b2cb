package conv

import (
	"runtime"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// planes says where the planes of an input along depth lie: a channel's plane d starts pitch·channel floats into element d.
type planes []struct {
	data  []float32
	pitch int
}

// planesOf are the planes of a dense input.
func planesOf(src []float32, p *Params) planes {
	at := make(planes, p.In[0])
	for d := range at {
		at[d].data, at[d].pitch = src[d*p.In[1]*p.In[2]:], p.inVoxels()
	}
	return at
}

// InPlace tells whether ForwardInPlace computes a convolution of p's shape.
func (k *Packed) InPlace(p *Params) bool { return k.form.inPlace(p) }

// InPlace is the same of a layout.
func (l Layout) InPlace(p *Params) bool { return l.form.inPlace(p) }

func (f form) inPlace(p *Params) bool {
	q := *p
	q.normalise()
	return f.w == 1 && f.d > 1 && q.Batch == 1 && q.Group == 1 && q.OutC <= q.InC && q.In == q.Out && q.PadLo[0] == q.Dilation[0]
}

// asideGap keeps the channels that are put aside from falling on each other's cache lines.
const asideGap = 16

// Aside is the floats that ForwardInPlace needs beside the input.
func (k *Packed) Aside(p *Params) int {
	return p.InC * ((outputs(k.form.d)+1)*p.In[1]*p.In[2] + asideGap)
}

// ForwardInPlace is Forward where the input, whose contents are lost, is also where the output goes: its first OutC channels. The
// numbers are those of Forward. Outputs are computed a block of planes at a time, of which the inputs are put aside, into memory of
// Aside floats.
func (k *Packed) ForwardInPlace(data, bias, aside []float32, p *Params, act Activation, threads int) {
	defer runtime.KeepAlive(k)
	q := *p
	q.normalise()
	if err := q.Check(); err != nil {
		panic(err.Error())
	}
	if !k.InPlace(p) {
		panic("conv: not a convolution that is computed in place")
	}
	need("input", len(data), q.InC*q.inVoxels())
	if bias != nil {
		need("bias", len(bias), q.OutC)
	}
	m, step := outputs(k.form.d), q.Dilation[0]
	w := newWinograd(k, &q, threads, []int{0})
	w.dst, w.bias, w.act = data, bias, act
	area := q.In[1] * q.In[2]
	pitch := (m+1)*area + asideGap
	need("aside", len(aside), k.Aside(p))
	for phase := range min(step, q.In[0]) {
		w.planes = planesOf(data, &q)
		last := m // the slot that is not overwritten: of the plane before the block
		for o := phase; o < q.In[0]; o += m * step {
			n := min(m, (q.In[0]-o+step-1)/step)
			slot := func(j int) int { return (last + 1 + j) % (m + 1) }
			simd.Each(threads, q.InC*n, func(_, i int) {
				c, j := i/n, i%n
				copy(aside[c*pitch+slot(j)*area:][:area], data[c*q.inVoxels()+(o+j*step)*area:])
			})
			for j := range n {
				at := &w.planes[o+j*step]
				at.data, at.pitch = aside[slot(j)*area:], pitch
			}
			w.tilesD[0] = o
			w.run(threads)
			last = slot(n - 1)
		}
	}
}
