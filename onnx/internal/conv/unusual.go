package conv

import "github.com/caliper-imaging/caliper/internal/simd"

// Strides and reaches beyond these are computed tap by tap: strips of them would hold mostly padding, which a hostile model could
// make as large as it likes.
const (
	usualStride = 64
	usualReach  = 4096
)

func (p *Params) unusual() bool {
	for i := range 3 {
		if p.Stride[i] > usualStride || p.Dilation[i] > usualReach || (p.Kernel[i]-1)*p.Dilation[i] > usualReach {
			return true
		}
	}
	return false
}

// forwardByTap computes the convolution of weights in ONNX's own layout.
func (p *Params) forwardByTap(dst, src, weight, bias, add []float32, act Activation, threads int) {
	icg, ocg := p.InC/p.Group, p.OutC/p.Group
	simd.Each(threads, p.Batch*p.OutC, func(_, i int) {
		n, oc := i/p.OutC, i%p.OutC
		out := p.startPlane(dst, bias, i, oc)
		if add != nil {
			simd.Add(out, out, add[i*p.outVoxels():])
		}
		for ic := range icg {
			in := src[(n*p.InC+oc/ocg*icg+ic)*p.inVoxels():][:p.inVoxels()]
			w := weight[(oc*icg+ic)*p.taps():][:p.taps()]
			p.eachPair(func(o, i, tap int) { out[o] += w[tap] * in[i] })
		}
		act.Apply(out, out)
	})
}

// transposeByTap is forwardByTap for the transposed convolution.
func (p *Params) transposeByTap(dst, src, weight, bias []float32, act Activation, threads int) {
	icg, ocg := p.InC/p.Group, p.OutC/p.Group
	mirror := *p
	mirror.In, mirror.Out = p.Out, p.In
	simd.Each(threads, p.Batch*p.OutC, func(_, i int) {
		n, oc := i/p.OutC, i%p.OutC
		out := p.startPlane(dst, bias, i, oc)
		for ic := range icg {
			in := src[(n*p.InC+oc/ocg*icg+ic)*p.inVoxels():][:p.inVoxels()]
			w := weight[((oc/ocg*icg+ic)*ocg+oc%ocg)*p.taps():][:p.taps()]
			mirror.eachPair(func(i, o, tap int) { out[o] += w[tap] * in[i] })
		}
		act.Apply(out, out)
	})
}

// startPlane returns output plane i, of channel oc, filled with the bias.
func (p *Params) startPlane(dst, bias []float32, i, oc int) []float32 {
	out := dst[i*p.outVoxels():][:p.outVoxels()]
	b := float32(0)
	if bias != nil {
		b = bias[oc]
	}
	for j := range out {
		out[j] = b
	}
	return out
}

// eachPair calls f for each output voxel, tap and the input voxel that they meet, in the order of the taps for each output.
func (p *Params) eachPair(f func(o, i, tap int)) {
	var at [3][][2]int // by axis: the taps that lie inside for the output at hand, with the input's index
	inside := func(axis, o int) [][2]int {
		list := at[axis][:0]
		for k := range p.Kernel[axis] {
			if i := o*p.Stride[axis] + k*p.Dilation[axis] - p.PadLo[axis]; i >= 0 && i < p.In[axis] {
				list = append(list, [2]int{k, i})
			}
		}
		at[axis] = list
		return list
	}
	for od := range p.Out[0] {
		ds := inside(0, od)
		for oh := range p.Out[1] {
			hs := inside(1, oh)
			for ow := range p.Out[2] {
				ws := inside(2, ow)
				o := (od*p.Out[1]+oh)*p.Out[2] + ow
				for _, d := range ds {
					for _, h := range hs {
						for _, w := range ws {
							f(o, (d[1]*p.In[1]+h[1])*p.In[2]+w[1], (d[0]*p.Kernel[1]+h[0])*p.Kernel[2]+w[0])
						}
					}
				}
			}
		}
	}
}
