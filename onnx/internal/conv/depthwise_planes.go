package conv

import "github.com/caliper-imaging/caliper/internal/simd"

// isDepthwisePlanes tells whether a convolution has one input channel a group and every position an output, and a kernel that
// isDepthwise does not take: of several planes, dilated or not square.
func (p *Params) isDepthwisePlanes() bool {
	if p.Group == 1 || p.Group != p.InC || p.isDepthwise() || p.taps() < 2 || p.taps() > 512 || p.Stride != [3]int{1, 1, 1} {
		return false
	}
	for i := range 3 {
		if (p.Kernel[i]-1)*p.Dilation[i] > 64 {
			return false
		}
	}
	return true
}

// streamFrom is the size in bytes from which results are written past the caches.
const streamFrom = 16 << 20

// depthwisePlanes computes one channel after the other from padded copies of the few input planes that an output plane needs. Rows
// of the copies follow each other, so that each tap is one run over many output rows, with what falls between them thrown away.
type depthwisePlanes struct {
	*Params
	pitch, rows int // of a padded plane
	together    int // output rows in a run
	weight      []float32
	bias, add   []float32
	act         Activation
	stream      bool
}

func (p *Params) forwardDepthwisePlanes(dst, src, weight, bias, add []float32, act Activation, threads int) {
	w := &depthwisePlanes{Params: p, pitch: p.In[2] + p.PadLo[2] + p.PadHi[2], rows: p.In[1] + p.PadLo[1] + p.PadHi[1],
		weight: weight, bias: bias, add: add, act: act}
	w.together = min(p.Out[1], max(1, 1024/w.pitch))
	w.stream = add == nil && 4*p.Batch*p.OutC*p.outVoxels() >= streamFrom
	channels, bands := p.Batch*p.OutC, 1
	if channels < 4*threads {
		bands = min(p.Out[0], threads)
	}
	simd.Each(threads, channels*bands, func(_, i int) {
		c, b := i/bands, i%bands
		w.channel(dst, src, c, b*p.Out[0]/bands, (b+1)*p.Out[0]/bands)
		if w.stream {
			simd.EndStreams()
		}
	})
}

// channel computes output planes d0 to d1 of a channel of the batch.
func (w *depthwisePlanes) channel(dst, src []float32, c, d0, d1 int) {
	oc := c % w.OutC
	in := src[(c/w.OutC*w.InC+oc/(w.OutC/w.Group))*w.inVoxels():][:w.inVoxels()]
	slots := min((w.Kernel[0]-1)*w.Dilation[0]+1, w.In[0])
	plane := w.rows * w.pitch
	ring := simd.Borrow(slots * plane)
	defer ring.Return()
	clear(ring.F)
	have := make([]int, slots)
	for i := range have {
		have[i] = -1
	}
	sums := simd.Borrow(w.together * w.pitch)
	defer sums.Return()
	taps := w.taps()
	weight := w.weight[oc*taps:][:taps]
	off, share := make([]int, 0, taps), make([]float32, 0, taps)
	for d := d0; d < d1; d++ {
		off, share = off[:0], share[:0]
		for kd := range w.Kernel[0] {
			z := d - w.PadLo[0] + kd*w.Dilation[0]
			if z < 0 || z >= w.In[0] {
				continue
			}
			slot := z % slots
			if have[slot] != z {
				have[slot] = z
				w.copyPlane(ring.F[slot*plane:][:plane], in[z*w.In[1]*w.In[2]:])
			}
			for kh := range w.Kernel[1] {
				for kw := range w.Kernel[2] {
					off = append(off, slot*plane+kh*w.Dilation[1]*w.pitch+kw*w.Dilation[2])
					share = append(share, weight[(kd*w.Kernel[1]+kh)*w.Kernel[2]+kw])
				}
			}
		}
		for h := 0; h < w.Out[1]; h += w.together {
			n := min(w.together, w.Out[1]-h)
			simd.Mix(sums.F[:(n-1)*w.pitch+w.Out[2]], ring.F[h*w.pitch:], off, share, false)
			for r := range n {
				w.finish(dst, sums.F[r*w.pitch:][:w.Out[2]], oc, ((c*w.Out[0]+d)*w.Out[1]+h+r)*w.Out[2])
			}
		}
	}
}

// copyPlane copies a plane between its paddings, which are zero.
func (w *depthwisePlanes) copyPlane(dst, src []float32) {
	for y := range w.In[1] {
		copy(dst[(y+w.PadLo[1])*w.pitch+w.PadLo[2]:], src[y*w.In[2]:][:w.In[2]])
	}
}

// finish writes a row of sums to the output at place at.
func (w *depthwisePlanes) finish(dst, sums []float32, oc, at int) {
	d := dst[at:][:len(sums)]
	bias := float32(0)
	if w.bias != nil {
		bias = w.bias[oc]
	}
	lo, hi, all := w.act.clamp()
	switch {
	case w.add != nil:
		simd.ScaleShift(sums, sums, 1, bias)
		simd.Add(d, sums, w.add[at:])
		w.act.Apply(d, d)
	case all:
		simd.AffineClamp(d, sums, 1, bias, lo, hi, w.stream)
	case w.act.Kind == LeakyRelu:
		simd.AffineLeaky(d, sums, 1, bias, w.act.A, w.stream)
	default:
		simd.AffineClamp(d, sums, 1, bias, lo, hi, false)
		w.act.Apply(d, d)
	}
}
