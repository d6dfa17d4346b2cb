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
	workers := make([]planesWorker, max(threads, 1))
	simd.Each(threads, channels*bands, func(worker, i int) {
		c, b := i/bands, i%bands
		s := &workers[worker]
		s.depthwisePlanes = w
		s.channel(dst, src, c, b*p.Out[0]/bands, (b+1)*p.Out[0]/bands)
		if w.stream {
			simd.EndStreams()
		}
	})
	for i := range workers {
		workers[i].ring.release()
		workers[i].sums.release()
	}
}

// planesWorker is what a worker keeps from channel to channel.
type planesWorker struct {
	*depthwisePlanes
	ring, sums scratch
	have       []int // by slot of the ring: the input plane that it holds
	off        []int // by tap
	share      []float32
}

// channel computes output planes d0 to d1 of a channel of the batch.
func (w *planesWorker) channel(dst, src []float32, c, d0, d1 int) {
	oc := c % w.OutC
	in := src[(c/w.OutC*w.InC+oc/(w.OutC/w.Group))*w.inVoxels():][:w.inVoxels()]
	slots := min((w.Kernel[0]-1)*w.Dilation[0]+1, w.In[0])
	plane := w.rows * w.pitch
	if w.have == nil {
		clear(w.ring.grow(slots * plane)) // the padding stays as it is
		w.sums.grow(w.together * w.pitch)
		w.have = make([]int, slots)
	}
	ring, sums, have, off, share := w.ring.F, w.sums.F, w.have, w.off, w.share
	for i := range have {
		have[i] = -1
	}
	taps := w.taps()
	weight := w.weight[oc*taps:][:taps]
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
				w.copyPlane(ring[slot*plane:][:plane], in[z*w.In[1]*w.In[2]:])
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
			run := sums[:(n-1)*w.pitch+w.Out[2]]
			simd.Mix(run, ring[h*w.pitch:], off, share, false)
			at := ((c*w.Out[0]+d)*w.Out[1] + h) * w.Out[2]
			if w.Out[2] <= shortRow && w.add == nil && !w.stream {
				w.finishRows(dst[at:][:n*w.Out[2]], run, oc)
				continue
			}
			for r := range n {
				w.finish(dst, sums[r*w.pitch:][:w.Out[2]], oc, at+r*w.Out[2])
			}
		}
	}
	w.off, w.share = off, share
}

// shortRow is the length of row up to which rows are finished together.
const shortRow = 64

// finishRows writes rows of sums, with what lies between them, to the output's rows dst, which follow each other.
func (w *depthwisePlanes) finishRows(dst, run []float32, oc int) {
	bias := float32(0)
	if w.bias != nil {
		bias = w.bias[oc]
	}
	lo, hi, all := w.act.clamp()
	simd.AffineClamp(run, run, 1, bias, lo, hi, false)
	for to, from := 0, 0; to < len(dst); to, from = to+w.Out[2], from+w.pitch {
		copy(dst[to:to+w.Out[2]], run[from:])
	}
	if !all {
		w.act.Apply(dst, dst)
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
