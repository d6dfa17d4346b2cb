package conv

import "github.com/caliper-imaging/caliper/internal/simd"

// TransposeOutSize returns the output's spatial size of a transposed convolution with the given extra output padding.
func (p *Params) TransposeOutSize(outputPadding [3]int) [3]int {
	q := *p
	q.normalise()
	var out [3]int
	for i := range 3 {
		out[i] = q.Stride[i]*(q.In[i]-1) + outputPadding[i] + (q.Kernel[i]-1)*q.Dilation[i] + 1 - q.PadLo[i] - q.PadHi[i]
	}
	return out
}

// Transpose computes dst = act(convTranspose(src, weight) + bias): input voxel i adds to the outputs i·Stride − PadLo + k·Dilation
// that lie in Out. The weight is InC×(OutC/Group)×Kernel; bias may be nil. PadHi is not used: Out says where the output ends.
func Transpose(dst, src, weight, bias []float32, p *Params, act Activation, threads int) {
	PackTranspose(weight, p).Forward(dst, src, bias, p, act, threads)
}

// PackedTranspose is a transposed convolution's weight, laid out for the kernels of this machine; read only.
type PackedTranspose struct {
	weight []float32
}

// PackTranspose lays the weight out for transposed convolutions of p's channels, kernel, stride, dilation, pads and group.
func PackTranspose(weight []float32, p *Params) *PackedTranspose {
	q := *p
	q.normalise()
	n := q.InC * (q.OutC / q.Group) * q.taps()
	need("weight", len(weight), n)
	return &PackedTranspose{weight: append([]float32(nil), weight[:n]...)}
}

// Forward is Transpose on the packed weight.
func (k *PackedTranspose) Forward(dst, src, bias []float32, p *Params, act Activation, threads int) {
	q := *p
	q.normalise()
	if err := q.checkCommon(); err != nil {
		panic(err.Error())
	}
	need("input", len(src), q.Batch*q.InC*q.inVoxels())
	need("output", len(dst), q.Batch*q.OutC*q.outVoxels())
	if bias != nil {
		need("bias", len(bias), q.OutC)
	}
	ocg, icg := q.OutC/q.Group, q.InC/q.Group
	simd.Each(threads, q.Batch*q.OutC, func(_, i int) {
		n, oc := i/q.OutC, i%q.OutC
		g := oc / ocg
		plane := dst[i*q.outVoxels():][:q.outVoxels()]
		b := float32(0)
		if bias != nil {
			b = bias[oc]
		}
		for j := range plane {
			plane[j] = b
		}
		for ic := range icg {
			in := src[(n*q.InC+g*icg+ic)*q.inVoxels():][:q.inVoxels()]
			w := k.weight[((g*icg+ic)*ocg+oc%ocg)*q.taps():][:q.taps()]
			scatter(plane, in, w, &q)
		}
		act.Apply(plane, plane)
	})
}

func scatter(out, in, w []float32, p *Params) {
	for id := range p.In[0] {
		for kd := range p.Kernel[0] {
			d := id*p.Stride[0] - p.PadLo[0] + kd*p.Dilation[0]
			if d < 0 || d >= p.Out[0] {
				continue
			}
			for ih := range p.In[1] {
				row := in[(id*p.In[1]+ih)*p.In[2]:][:p.In[2]]
				for kh := range p.Kernel[1] {
					h := ih*p.Stride[1] - p.PadLo[1] + kh*p.Dilation[1]
					if h < 0 || h >= p.Out[1] {
						continue
					}
					outRow := out[(d*p.Out[1]+h)*p.Out[2]:][:p.Out[2]]
					for kw := range p.Kernel[2] {
						shift := kw*p.Dilation[2] - p.PadLo[2]
						wt := w[(kd*p.Kernel[1]+kh)*p.Kernel[2]+kw]
						lo, hi := within(shift, p.Stride[2], p.Out[2], p.In[2])
						for i := lo; i < hi; i++ {
							outRow[i*p.Stride[2]+shift] += wt * row[i]
						}
					}
				}
			}
		}
	}
}
