package conv

import "github.com/caliper-imaging/caliper/internal/simd"

// Packed is a convolution's weight, laid out for the kernels of this machine. It is read only, so calls may share it.
type Packed struct {
	p      Params
	weight []float32
}

// Pack lays the weight out for convolutions of p's channels, kernel, stride, dilation and group; p's sizes and pads serve to
// choose the algorithm, and may differ from those of Forward. The weight's memory may be reused afterwards.
func Pack(weight []float32, p *Params) *Packed {
	q := *p
	q.normalise()
	n := q.OutC * (q.InC / q.Group) * q.taps()
	need("weight", len(weight), n)
	return &Packed{p: q, weight: append([]float32(nil), weight[:n]...)}
}

// Forward computes dst = act(conv(src, weight) + bias) with threads workers; bias may be nil. The result is the same for any
// number of threads. It panics when p does not fit its Check, the packed weight or the slices.
func Forward(dst, src, weight, bias []float32, p *Params, act Activation, threads int) {
	Pack(weight, p).Forward(dst, src, bias, p, act, threads)
}

// Forward is the function Forward on the packed weight.
func (k *Packed) Forward(dst, src, bias []float32, p *Params, act Activation, threads int) {
	k.ForwardAdd(dst, src, bias, nil, p, act, threads)
}

// ForwardAdd computes dst = act(conv(src, weight) + bias + add), where add has the output's shape, may be nil and may be dst.
func (k *Packed) ForwardAdd(dst, src, bias, add []float32, p *Params, act Activation, threads int) {
	q := *p
	q.normalise()
	if err := q.Check(); err != nil {
		panic(err.Error())
	}
	need("input", len(src), q.Batch*q.InC*q.inVoxels())
	need("output", len(dst), q.Batch*q.OutC*q.outVoxels())
	if bias != nil {
		need("bias", len(bias), q.OutC)
	}
	if add != nil {
		need("addend", len(add), q.Batch*q.OutC*q.outVoxels())
	}
	simd.Each(threads, q.Batch*q.OutC, func(_, i int) {
		n, oc := i/q.OutC, i%q.OutC
		plane := dst[i*q.outVoxels():][:q.outVoxels()]
		if add != nil {
			copy(plane, add[i*q.outVoxels():])
		} else {
			clear(plane)
		}
		if bias != nil {
			simd.ScaleShift(plane, plane, 1, bias[oc])
		}
		icg := q.InC / q.Group
		g := oc / (q.OutC / q.Group)
		for ic := range icg {
			in := src[(n*q.InC+g*icg+ic)*q.inVoxels():][:q.inVoxels()]
			planeTaps(plane, in, k.weight[(oc*icg+ic)*q.taps():][:q.taps()], &q)
		}
		act.Apply(plane, plane)
	})
}

// planeTaps adds one input channel's part of one output channel.
func planeTaps(out, in, w []float32, p *Params) {
	for od := range p.Out[0] {
		for oh := range p.Out[1] {
			row := out[(od*p.Out[1]+oh)*p.Out[2]:][:p.Out[2]]
			for kd := range p.Kernel[0] {
				d := od*p.Stride[0] - p.PadLo[0] + kd*p.Dilation[0]
				if d < 0 || d >= p.In[0] {
					continue
				}
				for kh := range p.Kernel[1] {
					h := oh*p.Stride[1] - p.PadLo[1] + kh*p.Dilation[1]
					if h < 0 || h >= p.In[1] {
						continue
					}
					inRow := in[(d*p.In[1]+h)*p.In[2]:][:p.In[2]]
					for kw := range p.Kernel[2] {
						shift := kw*p.Dilation[2] - p.PadLo[2]
						wt := w[(kd*p.Kernel[1]+kh)*p.Kernel[2]+kw]
						lo, hi := within(shift, p.Stride[2], p.In[2], p.Out[2])
						if lo >= hi {
							continue
						}
						if p.Stride[2] == 1 {
							simd.Axpy(wt, inRow[lo+shift:hi+shift], row[lo:hi])
							continue
						}
						for o := lo; o < hi; o++ {
							row[o] += wt * inRow[o*p.Stride[2]+shift]
						}
					}
				}
			}
		}
	}
}

// within returns the range of outputs o for which 0 ≤ o·stride+shift < in.
func within(shift, stride, in, out int) (lo, hi int) {
	if shift < 0 {
		lo = (-shift + stride - 1) / stride
	}
	if last := in - 1 - shift; last >= 0 {
		hi = min(out, last/stride+1)
	}
	return lo, hi
}
