package ops

import (
	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// taps calls f with the offsets of each pair of input and output voxel that tap (kd, kh, kw) of a
// convolution joins.
func taps(p *conv.Params, kd, kh, kw int, f func(in, out int)) {
	for od := range p.Out[0] {
		d := od*p.Stride[0] + kd*p.Dilation[0] - p.PadLo[0]
		if d < 0 || d >= p.In[0] {
			continue
		}
		for oh := range p.Out[1] {
			h := oh*p.Stride[1] + kh*p.Dilation[1] - p.PadLo[1]
			if h < 0 || h >= p.In[1] {
				continue
			}
			for ow := range p.Out[2] {
				w := ow*p.Stride[2] + kw*p.Dilation[2] - p.PadLo[2]
				if w >= 0 && w < p.In[2] {
					f((d*p.In[1]+h)*p.In[2]+w, (od*p.Out[1]+oh)*p.Out[2]+ow)
				}
			}
		}
	}
}

// convLoop adds a plain convolution to dst, in A from elements of type T.
func convLoop[T, A number](dst []A, x, weight []T, p *conv.Params) {
	inC, outC := p.InC/p.Group, p.OutC/p.Group
	ni, no, nk := size3(p.In), size3(p.Out), size3(p.Kernel)
	for b := range p.Batch {
		for o := range p.OutC {
			out := dst[(b*p.OutC+o)*no:][:no]
			for i := range inC {
				in := x[(b*p.InC+o/outC*inC+i)*ni:][:ni]
				k := weight[(o*inC+i)*nk:][:nk]
				t := 0
				for kd := range p.Kernel[0] {
					for kh := range p.Kernel[1] {
						for kw := range p.Kernel[2] {
							v := A(k[t])
							t++
							taps(p, kd, kh, kw, func(in0, out0 int) { out[out0] += v * A(in[in0]) })
						}
					}
				}
			}
		}
	}
}

func (c *Call) conv64(x, weight, bias *tensor.Tensor, p *conv.Params, shape []int) *tensor.Tensor {
	out := c.Zeros(tensor.Float64, shape...)
	dst := out.Float64()
	addBias(dst, bias, p)
	convLoop(dst, x.Float64(), weight.Float64(), p)
	return out
}

func addBias(dst []float64, bias *tensor.Tensor, p *conv.Params) {
	if bias == nil {
		return
	}
	no := size3(p.Out)
	for i := range dst {
		dst[i] = bias.Float64()[i/no%p.OutC]
	}
}

func (c *Call) convTranspose64(x, weight, bias *tensor.Tensor, p *conv.Params, shape []int) *tensor.Tensor {
	out := c.Zeros(tensor.Float64, shape...)
	dst, src, w := out.Float64(), x.Float64(), weight.Float64()
	addBias(dst, bias, p)
	inC, outC := p.InC/p.Group, p.OutC/p.Group
	ni, no, nk := size3(p.In), size3(p.Out), size3(p.Kernel)
	back := *p // a convolution from the output to the input
	back.In, back.Out = p.Out, p.In
	for b := range p.Batch {
		for i := range p.InC {
			g := i / inC
			for o := range outC {
				t := 0
				to := dst[(b*p.OutC+g*outC+o)*no:][:no]
				from := src[(b*p.InC+i)*ni:][:ni]
				for kd := range p.Kernel[0] {
					for kh := range p.Kernel[1] {
						for kw := range p.Kernel[2] {
							v := w[(i*outC+o)*nk+t]
							t++
							taps(&back, kd, kh, kw, func(a, z int) { to[a] += v * from[z] })
						}
					}
				}
			}
		}
	}
	return out
}
