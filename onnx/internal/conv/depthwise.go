package conv

import "github.com/caliper-imaging/caliper/internal/simd"

// isDepthwise tells whether a convolution has one input channel a group and a kernel of its own: square, of one plane, not dilated.
func (p *Params) isDepthwise() bool {
	return p.Group > 1 && p.Group == p.InC && p.Kernel[0] == 1 && p.Kernel[1] == p.Kernel[2] && p.Stride[0] == 1 &&
		p.Stride[1] == p.Stride[2] && p.Dilation[1] == 1 && p.Dilation[2] == 1 && simd.HasDepthwise(p.Kernel[1], p.Stride[1])
}

// activateAbout is how many outputs, in floats, are left to the activation at a time: few enough that they are still near.
const activateAbout = 2048

// forwardDepthwise computes planes of outputs one by one from planes of the input where they lie. The weight is in ONNX's layout.
func (p *Params) forwardDepthwise(dst, src, weight, bias, add []float32, act Activation, threads int) {
	k, stride, ocg := p.Kernel[1], p.Stride[1], p.OutC/p.Group
	kernel := simd.NewDepthwiseKernel(k, stride, -p.PadLo[2], p.In[2], p.Out[2])
	in, out := p.In[1]*p.In[2], p.Out[1]*p.Out[2]
	planes := p.Batch * p.OutC
	together := max(1, activateAbout/(p.Out[0]*out))
	if threads > 1 {
		together = min(together, max(1, planes/(4*threads)))
	}
	simd.Each(threads, (planes+together-1)/together, func(_, i int) {
		t := simd.Depthwise{SrcStride: 4 * p.In[2], SrcOff: -4 * p.PadLo[2], First: -p.PadLo[1], InRows: p.In[1],
			DstStride: 4 * p.Out[2], Rows: p.Out[1]}
		t.NoClamp()
		all := false
		if add == nil {
			t.Lo, t.Hi, all = act.clamp()
		}
		first, last := i*together, min((i+1)*together, planes)
		done := dst[first*p.Out[0]*out : last*p.Out[0]*out]
		sums := done
		if add != nil { // which may be the output itself
			tmp := simd.Borrow(len(done))
			defer tmp.Return()
			sums = tmp.F
		}
		for plane := first; plane < last; plane++ {
			oc := plane % p.OutC
			t.Weight, t.Bias = &weight[oc*k*k], 0
			if bias != nil {
				t.Bias = bias[oc]
			}
			for d := range p.Out[0] {
				to := sums[((plane-first)*p.Out[0]+d)*out:][:out]
				from := d - p.PadLo[0]
				if from < 0 || from >= p.In[0] { // a plane of padding
					t.InRows = 0
					from = 0
				}
				t.Src = &src[((plane/p.OutC*p.InC+oc/ocg)*p.In[0]+from)*in]
				t.Dst = &to[0]
				kernel.Run(&t)
				t.InRows = p.In[1]
			}
		}
		if all {
			return
		}
		if add != nil {
			simd.Add(done, sums, add[first*p.Out[0]*out:])
		}
		act.Apply(done, done)
	})
}
