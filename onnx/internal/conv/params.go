// Package conv computes ONNX Conv and ConvTranspose on float32 tensors of one to three spatial dimensions.
package conv

import "fmt"

// Params is the shape of a convolution. Spatial arrays are depth, height, width; one- and two-dimensional convolutions have 1 in
// the leading places (and no padding there). Zero in Stride, Dilation or Group means 1. Tensors are dense: input N×InC×In, weight
// OutC×(InC/Group)×Kernel (transposed: InC×(OutC/Group)×Kernel), output N×OutC×Out.
type Params struct {
	Batch, InC, OutC, Group int
	In, Out                 [3]int
	Kernel                  [3]int
	Stride, Dilation        [3]int
	PadLo, PadHi            [3]int
}

func (p *Params) normalise() {
	p.Group = max(p.Group, 1)
	for i := range 3 {
		p.Stride[i] = max(p.Stride[i], 1)
		p.Dilation[i] = max(p.Dilation[i], 1)
	}
}

// OutSize returns the output's spatial size that In, Kernel, Stride, Dilation and the pads give a convolution.
func (p *Params) OutSize() [3]int {
	q := *p
	q.normalise()
	var out [3]int
	for i := range 3 {
		out[i] = (q.In[i]+q.PadLo[i]+q.PadHi[i]-(q.Kernel[i]-1)*q.Dilation[i]-1)/q.Stride[i] + 1
	}
	return out
}

// Check says what is wrong with the shape of a convolution, or nil. Forward and Pack panic on a shape that it refuses.
func (p *Params) Check() error {
	q := *p
	q.normalise()
	if err := q.checkCommon(); err != nil {
		return err
	}
	for i := range 3 {
		if q.In[i]+q.PadLo[i]+q.PadHi[i] < (q.Kernel[i]-1)*q.Dilation[i]+1 {
			return fmt.Errorf("conv: kernel: want at most the padded input's %d, got %d", q.In[i]+q.PadLo[i]+q.PadHi[i], (q.Kernel[i]-1)*q.Dilation[i]+1)
		}
	}
	if out := q.OutSize(); q.Out != out {
		return fmt.Errorf("conv: output: want %v, got %v", out, q.Out)
	}
	return nil
}

func (p *Params) checkCommon() error {
	if p.Batch < 0 || p.InC < 1 || p.OutC < 1 || p.InC%p.Group != 0 || p.OutC%p.Group != 0 {
		return fmt.Errorf("conv: channels: want multiples of %d groups, got %d in and %d out", p.Group, p.InC, p.OutC)
	}
	for i := range 3 {
		if p.In[i] < 1 || p.Kernel[i] < 1 || p.Out[i] < 1 {
			return fmt.Errorf("conv: sizes: want at least 1, got input %v, kernel %v, output %v", p.In, p.Kernel, p.Out)
		}
		if p.PadLo[i] < 0 || p.PadHi[i] < 0 {
			return fmt.Errorf("conv: pads: want at least 0, got %v and %v", p.PadLo, p.PadHi)
		}
	}
	return nil
}

func (p *Params) inVoxels() int  { return p.In[0] * p.In[1] * p.In[2] }
func (p *Params) outVoxels() int { return p.Out[0] * p.Out[1] * p.Out[2] }
func (p *Params) taps() int      { return p.Kernel[0] * p.Kernel[1] * p.Kernel[2] }

// need panics when a slice is shorter than the shape says: a programmer's mistake.
func need(what string, have, want int) {
	if have < want {
		panic(fmt.Sprintf("conv: %s: want %d elements, got %d", what, want, have))
	}
}
