package conv

import "runtime"

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
	p      Params
	tiles  []rowTile
	pieces []piece
	byTap  []float32 // the weight as it came, for what is computed by tap
}

// piece holds the taps for outputs of one remainder, by the stride, of place + padding along depth and height.
type piece struct {
	remainder [2]int
	taps      [3][][]int // by axis and remainder: the taps, from the last to the first
	weight    [][]float32
}

// axisTaps returns the taps that outputs of each remainder by the stride read, last first.
func axisTaps(kernel, stride, dilation int) [][]int {
	taps := make([][]int, stride)
	for k := kernel - 1; k >= 0; k-- {
		r := k * dilation % stride
		taps[r] = append(taps[r], k)
	}
	return taps
}

// PackTranspose lays the weight out for transposed convolutions of p's channels, kernel, stride, dilation and group.
func PackTranspose(weight []float32, p *Params) *PackedTranspose {
	q := *p
	q.normalise()
	icg, ocg, all := q.InC/q.Group, q.OutC/q.Group, q.taps()
	need("weight", len(weight), q.InC*ocg*all)
	if q.unusual() {
		return &PackedTranspose{p: q, byTap: append([]float32(nil), weight[:q.InC*ocg*all]...)}
	}
	k := &PackedTranspose{p: q, tiles: rowTiles(ocg, 1)}
	var taps [3][][]int
	for axis := range 3 {
		taps[axis] = axisTaps(q.Kernel[axis], q.Stride[axis], q.Dilation[axis])
	}
	for rd := range q.Stride[0] {
		for rh := range q.Stride[1] {
			pc := piece{remainder: [2]int{rd, rh}, taps: taps}
			for rw := range q.Stride[2] {
				td, th, tw := taps[0][rd], taps[1][rh], taps[2][rw]
				n := len(td) * len(th) * len(tw) * icg
				dst := make([]float32, q.Group*ocg*n)
				for g := range q.Group {
					for _, t := range k.tiles {
						at := g*ocg*n + t.first*n
						for _, kd := range td {
							for _, kh := range th {
								for _, kw := range tw {
									for ic := range icg {
										for r := range t.rows {
											tap := (kd*q.Kernel[1]+kh)*q.Kernel[2] + kw
											dst[at+r] = weight[((g*icg+ic)*ocg+t.first+r)*all+tap]
										}
										at += t.rows
									}
								}
							}
						}
					}
				}
				pc.weight = append(pc.weight, dst)
			}
			k.pieces = append(k.pieces, pc)
		}
	}
	return k
}

// Forward is Transpose on the packed weight.
func (k *PackedTranspose) Forward(dst, src, bias []float32, p *Params, act Activation, threads int) {
	defer runtime.KeepAlive(k)
	q := *p
	q.normalise()
	if err := q.checkCommon(); err != nil {
		panic(err.Error())
	}
	if q.Kernel != k.p.Kernel || q.Stride != k.p.Stride || q.Dilation != k.p.Dilation || q.InC != k.p.InC || q.OutC != k.p.OutC || q.Group != k.p.Group {
		panic("conv: transpose: the weight was packed for another convolution")
	}
	need("input", len(src), q.Batch*q.InC*q.inVoxels())
	need("output", len(dst), q.Batch*q.OutC*q.outVoxels())
	if bias != nil {
		need("bias", len(bias), q.OutC)
	}
	if k.byTap != nil {
		q.transposeByTap(dst, src, k.byTap, bias, act, threads)
		return
	}
	if q.isUpsample() {
		u := &upsample{k: k, p: &q, dst: dst, src: src, bias: bias, act: act}
		u.run(threads)
		return
	}
	for i := range k.pieces {
		if d := k.piece(&k.pieces[i], &q, threads); d != nil {
			d.dst, d.src, d.bias, d.act = dst, src, bias, act
			d.run(threads)
		}
	}
}

// piece returns the direct convolution, of stride 1, that computes a piece's outputs, or nil when there are none.
func (k *PackedTranspose) piece(pc *piece, q *Params, threads int) *direct {
	d := &direct{p: *q, tiles: k.tiles, phases: []int{0}}
	d.place = place{size: q.Out, step: q.Stride}
	d.p.Stride = [3]int{1, 1, 1}
	for axis, r := range pc.remainder {
		s := q.Stride[axis]
		first := ((r-q.PadLo[axis])%s + s) % s // the first output of the remainder
		if first >= q.Out[axis] {
			return nil
		}
		d.place.base[axis] = first
		d.p.Out[axis] = (q.Out[axis] - first + s - 1) / s
		taps := pc.taps[axis][r]
		d.p.Kernel[axis] = len(taps)
		d.p.Dilation[axis] = q.Dilation[axis] / gcd(s, q.Dilation[axis])
		d.p.PadLo[axis] = 0
		if len(taps) > 0 {
			d.p.PadLo[axis] = -(first + q.PadLo[axis] - taps[0]*q.Dilation[axis]) / s
		}
	}
	// Along width all remainders are computed together: one set of columns each, in the order of the outputs.
	s, pad := q.Stride[2], -1<<62
	d.p.Out[2] = (q.Out[2] + s - 1) / s
	d.columns = make([]column, s)
	for first := range s {
		r := (first + q.PadLo[2]) % s
		c := &d.columns[first]
		c.weight = pc.weight[r]
		for _, tap := range pc.taps[2][r] {
			shift := (first + q.PadLo[2] - tap*q.Dilation[2]) / s
			c.phase, c.shift = append(c.phase, 0), append(c.shift, shift)
			pad = max(pad, -shift)
		}
	}
	for i := range d.columns {
		for j := range d.columns[i].shift {
			d.columns[i].shift[j] += pad
		}
	}
	d.p.PadLo[2] = pad
	d.p.Dilation[2] = 1
	d.spans = []span{{hi: d.p.Out[2]}}
	d.plan(threads)
	return d
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
