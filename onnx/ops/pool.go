package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func maxPoolOp(n *graph.Node) Kernel {
	w := windowOf(n)
	colMajor := n.Int("storage_order", 0) == 1
	return func(c *Call) {
		x := c.in(0)
		p := w.place(spatialOf(x), w.kernel)
		w.forward(&p)
		s := x.Shape()
		shape := p.outShape(s[0], s[1])
		if x.DType() == tensor.Float32 && (len(c.Out) < 2) {
			out := c.New(tensor.Float32, shape...)
			if r := newRowPool(&p, true, nil); r != nil {
				r.run(c, x.Float32(), out.Float32(), s[0]*s[1])
			} else {
				c.poolRows(&p, x.Float32(), out.Float32(), s[0]*s[1], float32(math.Inf(-1)), simd.Max, nil)
			}
			c.Out[0] = out
			return
		}
		out := c.New(x.DType(), shape...)
		var idx []int64
		if len(c.Out) > 1 {
			t := c.New(tensor.Int64, shape...)
			idx = t.Int64()
			c.Out[1] = t
		}
		switch x.DType() {
		case tensor.Float32:
			maxPool(&p, x.Float32(), out.Float32(), idx, s[0]*s[1], colMajor)
		case tensor.Float64:
			maxPool(&p, x.Float64(), out.Float64(), idx, s[0]*s[1], colMajor)
		case tensor.Int8:
			maxPool(&p, tensor.Data[int8](x), tensor.Data[int8](out), idx, s[0]*s[1], colMajor)
		case tensor.Uint8:
			maxPool(&p, x.Uint8(), out.Uint8(), idx, s[0]*s[1], colMajor)
		default:
			dtypeError(x)
		}
		c.Out[0] = out
	}
}

// maxPool is the plain form, with the indices of the maxima over the whole input.
func maxPool[T number](p *placed, x, out []T, idx []int64, planes int, colMajor bool) {
	ni, no := size3(p.in), size3(p.out)
	for pl := range planes {
		in := x[pl*ni:][:ni]
		p.windows(func(o int, vox func(f func(at int))) {
			best, first := -1, true
			vox(func(at int) {
				if first || in[at] > in[best] {
					best, first = at, false
				}
			})
			if best < 0 {
				return
			}
			out[pl*no+o] = in[best]
			if idx == nil {
				return
			}
			at := best
			if colMajor {
				w, h, d := best%p.in[2], best/p.in[2]%p.in[1], best/p.in[2]/p.in[1]
				at = d + p.in[0]*(h+p.in[1]*w)
				if p.rank == 2 {
					at = h + p.in[1]*w
				}
			}
			idx[pl*no+o] = int64(pl*ni + at)
		})
	}
}

// windows calls f for each output voxel with a walk over its window's voxels inside the input.
func (p *placed) windows(f func(o int, vox func(func(at int)))) {
	o := 0
	for od := range p.out[0] {
		for oh := range p.out[1] {
			for ow := range p.out[2] {
				f(o, func(g func(at int)) {
					for kd := range p.kernel[0] {
						d := od*p.stride[0] + kd*p.dilate[0] - p.lo[0]
						if d < 0 || d >= p.in[0] {
							continue
						}
						for kh := range p.kernel[1] {
							h := oh*p.stride[1] + kh*p.dilate[1] - p.lo[1]
							if h < 0 || h >= p.in[1] {
								continue
							}
							for kw := range p.kernel[2] {
								w := ow*p.stride[2] + kw*p.dilate[2] - p.lo[2]
								if w >= 0 && w < p.in[2] {
									g((d*p.in[1]+h)*p.in[2] + w)
								}
							}
						}
					}
				})
				o++
			}
		}
	}
}

// poolRows folds windows row by row: rows of one window with fold, then along the row. finish, where
// given, is called on each output row with its place.
func (c *Call) poolRows(p *placed, x, out []float32, planes int, start float32, fold func(dst, a, b []float32), finish func(row []float32, od, oh int)) {
	ni, no := size3(p.in), size3(p.out)
	c.parallel(planes, grainOf(ni*p.kernel[1]), func(lo, hi int) {
		tmp := make([]float32, p.in[2])
		for pl := lo; pl < hi; pl++ {
			in := x[pl*ni:][:ni]
			for od := range p.out[0] {
				for oh := range p.out[1] {
					row := out[pl*no+(od*p.out[1]+oh)*p.out[2]:][:p.out[2]]
					rows := p.foldRows(tmp, in, od, oh, fold)
					p.foldAlong(row, rows, start, fold)
					if finish != nil {
						finish(row, od, oh)
					}
				}
			}
		}
	})
}

// foldRows folds the input rows that output row (od, oh) sees; nil where there are none.
func (p *placed) foldRows(tmp, in []float32, od, oh int, fold func(dst, a, b []float32)) []float32 {
	var acc []float32
	for kd := range p.kernel[0] {
		d := od*p.stride[0] + kd*p.dilate[0] - p.lo[0]
		if d < 0 || d >= p.in[0] {
			continue
		}
		for kh := range p.kernel[1] {
			h := oh*p.stride[1] + kh*p.dilate[1] - p.lo[1]
			if h < 0 || h >= p.in[1] {
				continue
			}
			r := in[(d*p.in[1]+h)*p.in[2]:][:p.in[2]]
			if acc == nil {
				acc = r
				continue
			}
			fold(tmp, acc, r)
			acc = tmp
		}
	}
	return acc
}

func (p *placed) foldAlong(row, src []float32, start float32, fold func(dst, a, b []float32)) {
	if src == nil {
		for i := range row {
			row[i] = start
		}
		return
	}
	k, s, dl, lo := p.kernel[2], p.stride[2], p.dilate[2], p.lo[2]
	isMax := math.IsInf(float64(start), -1)
	if s == 1 { // whole shifted rows
		for i := range row {
			row[i] = start
		}
		for kw := range k {
			shift := kw*dl - lo
			a, b := max(0, -shift), min(len(row), len(src)-shift)
			if a < b {
				fold(row[a:b], row[a:b], src[a+shift:b+shift])
			}
		}
		return
	}
	for ow := range row {
		acc := start
		at := ow*s - lo
		for range k {
			if at >= 0 && at < len(src) {
				if isMax {
					acc = max(acc, src[at])
				} else {
					acc += src[at]
				}
			}
			at += dl
		}
		row[ow] = acc
	}
}

// inside counts a window's places that lie in [0, n), or in the padded input where pad is set.
func (p *placed) inside(i, o int, pad bool) int {
	from, to := 0, p.in[i]
	if pad {
		from, to = -p.lo[i], p.in[i]+p.hi[i]
	}
	n := 0
	for k := range p.kernel[i] {
		at := o*p.stride[i] + k*p.dilate[i] - p.lo[i]
		if at >= from && at < to {
			n++
		}
	}
	return n
}

func averagePoolOp(n *graph.Node) Kernel {
	w := windowOf(n)
	return func(c *Call) {
		x := c.in(0)
		p := w.place(spatialOf(x), w.kernel)
		w.forward(&p)
		s := x.Shape()
		out := c.New(x.DType(), p.outShape(s[0], s[1])...)
		c.Out[0] = out
		var counts [3][]int
		for i := range 3 {
			for o := range p.out[i] {
				counts[i] = append(counts[i], p.inside(i, o, w.includePad))
			}
		}
		if x.DType() == tensor.Float64 {
			averagePool64(&p, x.Float64(), out.Float64(), s[0]*s[1], &counts)
			return
		}
		if r := newRowPool(&p, false, &counts); r != nil {
			r.run(c, x.Float32(), out.Float32(), s[0]*s[1])
			return
		}
		c.poolRows(&p, x.Float32(), out.Float32(), s[0]*s[1], 0, simd.Add, func(row []float32, od, oh int) {
			area := counts[0][od] * counts[1][oh]
			for i := range row {
				row[i] /= float32(area * counts[2][i])
			}
		})
	}
}

func averagePool64(p *placed, x, out []float64, planes int, counts *[3][]int) {
	ni, no := size3(p.in), size3(p.out)
	for pl := range planes {
		in := x[pl*ni:][:ni]
		p.windows(func(o int, vox func(func(at int))) {
			sum := 0.0
			vox(func(at int) { sum += in[at] })
			w, h, d := o%p.out[2], o/p.out[2]%p.out[1], o/p.out[2]/p.out[1]
			out[pl*no+o] = sum / float64(counts[0][d]*counts[1][h]*counts[2][w])
		})
	}
}

func lpPoolOp(n *graph.Node) Kernel {
	w := windowOf(n)
	e := float64(n.Int("p", 2))
	if n.Version < 2 {
		e = float64(n.Float("p", 2))
	}
	return func(c *Call) {
		x := c.in(0)
		p := w.place(spatialOf(x), w.kernel)
		w.forward(&p)
		s := x.Shape()
		wide := c.cast(x, tensor.Float64, true, "").Float64()
		out := c.New(tensor.Float64, p.outShape(s[0], s[1])...)
		dst := out.Float64()
		ni, no := size3(p.in), size3(p.out)
		for pl := range s[0] * s[1] {
			p.windows(func(o int, vox func(func(at int))) {
				sum := 0.0
				vox(func(at int) { sum += math.Pow(math.Abs(wide[pl*ni+at]), e) })
				dst[pl*no+o] = math.Pow(sum, 1/e)
			})
		}
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

// globalPoolOp folds all spatial dimensions of each channel to one value.
func globalPoolOp(f32 func(x []float32) float32, f64 func(x []float64) float64) func(*graph.Node) Kernel {
	return func(*graph.Node) Kernel {
		return func(c *Call) {
			x := c.in(0)
			shape := append([]int{}, x.Shape()...)
			for i := range shape {
				if i >= 2 {
					shape[i] = 1
				}
			}
			planes := product(shape)
			n := product(spatialOf(x))
			out := c.New(x.DType(), shape...)
			c.Out[0] = out
			if x.DType() == tensor.Float64 {
				for i := range planes {
					out.Float64()[i] = f64(x.Float64()[i*n:][:n])
				}
				return
			}
			src, dst := x.Float32(), out.Float32()
			c.parallel(planes, grainOf(n), func(lo, hi int) {
				for i := lo; i < hi; i++ {
					dst[i] = f32(src[i*n:][:n])
				}
			})
		}
	}
}

func mean32(x []float32) float32 { return float32(sum64(x) / float64(len(x))) }

// sum64 adds in blocks, so that long sums keep their precision.
func sum64(x []float32) float64 {
	s := 0.0
	for len(x) > 4096 {
		s += float64(simd.Sum(x[:4096]))
		x = x[4096:]
	}
	if len(x) < 256 { // with the fewest steps
		short, _ := simd.MomentsFrom(x, 0)
		return s + float64(short)
	}
	return s + float64(simd.Sum(x))
}

func mean64(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

func max64(x []float64) float64 {
	m := math.Inf(-1)
	for _, v := range x {
		m = math.Max(m, v)
	}
	return m
}

func globalLpPoolOp(n *graph.Node) Kernel {
	e := float64(n.Int("p", 2))
	if n.Version < 2 {
		e = float64(n.Float("p", 2))
	}
	f := func(x []float64) float64 {
		s := 0.0
		for _, v := range x {
			s += math.Pow(math.Abs(v), e)
		}
		return math.Pow(s, 1/e)
	}
	return globalPoolOp(func(x []float32) float32 {
		w := make([]float64, len(x))
		convertTo(x, w)
		return float32(f(w))
	}, f)(n)
}
