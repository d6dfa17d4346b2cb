package conv

import (
	"runtime"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// Packed is a convolution's weight, laid out for the kernels of this machine. It is read only, so calls may share it.
type Packed struct {
	p         Params
	tiles     []rowTile // of one group
	weight    []float32
	groupSize int // floats of weight in a group
	form      form
	turned    bool      // the tiles are panels of output channels, for a direct sum with places as the kernel's rows
	raw       []float32 // the weight as it came, for what is computed by tap and for depthwise kernels
}

// Pack lays the weight out for convolutions of p's channels, kernel, stride, dilation and group; p's sizes and pads serve to
// choose the algorithm, and may differ from those of Forward. The weight's memory may be reused afterwards.
func Pack(weight []float32, p *Params) *Packed {
	return PackAs(weight, p, LayoutOf(p))
}

func packForm(weight []float32, q Params, f form) *Packed {
	k := &Packed{p: q, form: f}
	icg, ocg := q.InC/q.Group, q.OutC/q.Group
	winograd := f != form{} && !f.isLate(icg, ocg)
	taps := q.taps()
	if winograd {
		taps = k.form.points()
		if k.form.w == 1 {
			taps *= q.Kernel[2]
		}
	}
	k.groupSize = taps * icg * ocg
	k.weight = simd.AllocFor(k, q.Group*k.groupSize+2*simd.Lanes())[:q.Group*k.groupSize] // read in whole vectors
	k.tiles = rowTiles(ocg, icg*q.taps())
	for g := range q.Group {
		src := weight[g*icg*ocg*q.taps():]
		dst := k.weight[g*k.groupSize:][:k.groupSize]
		if winograd {
			packWinograd(dst, src, k.tiles, icg, ocg, k.form, q.Kernel)
		} else {
			packTiles(dst, src, k.tiles, icg, q.taps())
		}
	}
	return k
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
	defer runtime.KeepAlive(k)
	q := *p
	q.normalise()
	if err := q.Check(); err != nil {
		panic(err.Error())
	}
	if k.p.Kernel != q.Kernel || k.p.Stride != q.Stride || k.p.Dilation != q.Dilation || k.p.InC != q.InC || k.p.OutC != q.OutC || k.p.Group != q.Group {
		panic("conv: the weight was packed for another convolution")
	}
	need("input", len(src), q.Batch*q.InC*q.inVoxels())
	need("output", len(dst), q.Batch*q.OutC*q.outVoxels())
	if bias != nil {
		need("bias", len(bias), q.OutC)
	}
	if add != nil {
		need("addend", len(add), q.Batch*q.OutC*q.outVoxels())
	}
	if k.raw != nil {
		if q.isDepthwise() && !q.unusual() {
			q.forwardDepthwise(dst, src, k.raw, bias, add, act, threads)
			return
		}
		if q.isDepthwisePlanes() && !q.unusual() {
			q.forwardDepthwisePlanes(dst, src, k.raw, bias, add, act, threads)
			return
		}
		q.forwardByTap(dst, src, k.raw, bias, add, act, threads)
		return
	}
	if k.form.w > 1 {
		w := newPlane(k, &q)
		w.dst, w.src, w.bias, w.add, w.act = dst, src, bias, add, act
		w.run(threads)
		return
	}
	if k.form != (form{}) {
		w := newWinograd(k, &q, threads, axisTiles(q.Out[0], q.Dilation[0], outputs(k.form.d)))
		w.planes = planesOf(src, &q)
		w.dst, w.bias, w.add, w.act = dst, bias, add, act
		w.run(threads)
		return
	}
	d := newDirect(k, &q, threads)
	d.dst, d.src, d.bias, d.add, d.act = dst, src, bias, add, act
	d.run(threads)
}
