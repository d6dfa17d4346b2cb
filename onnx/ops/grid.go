package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// gridSampler reads a plane of one to three dimensions at points between its elements.
type gridSampler struct {
	size    []int
	step    []int
	padding string
	align   bool
	mode    string
}

// fold brings a coordinate inside by the padding mode; ok is false where it stays outside.
func (g *gridSampler) fold(i, d int) (int, bool) {
	if i >= 0 && i < d {
		return i, true
	}
	switch g.padding {
	case "border":
		return min(max(i, 0), d-1), true
	case "reflection":
		lo, hi := -0.5, float64(d)-0.5
		if g.align {
			lo, hi = 0, float64(d-1)
		}
		return min(max(int(math.Round(reflect(float64(i), lo, hi))), 0), d-1), true
	}
	return 0, false
}

func reflect(x, lo, hi float64) float64 {
	span := hi - lo
	if span <= 0 {
		return lo
	}
	switch {
	case x < lo:
		d := lo - x
		k := math.Floor(d / span)
		r := d - k*span
		if int64(k)%2 == 0 {
			return lo + r
		}
		return hi - r
	case x > hi:
		d := x - hi
		k := math.Floor(d / span)
		r := d - k*span
		if int64(k)%2 == 0 {
			return hi - r
		}
		return lo + r
	}
	return x
}

// coordinate turns a grid value in [−1, 1] into an index between elements.
func (g *gridSampler) coordinate(v float64, d int) float64 {
	x := ((v+1)*float64(d) - 1) / 2
	if g.align {
		x = (v + 1) / 2 * float64(d-1)
	}
	if math.IsNaN(x) || math.Abs(x) > 1<<30 {
		x = -1 << 30
		if v > 0 {
			x = 1 << 30
		}
	}
	if g.mode == "nearest" {
		x = math.RoundToEven(x)
	}
	lo, hi := -0.5, float64(d)-0.5
	if g.align {
		lo, hi = 0, float64(d-1)
	}
	if x < lo || x > hi {
		switch g.padding {
		case "border":
			if g.mode != "cubic" && g.mode != "bicubic" { // there each neighbour is taken from the border, as exporters have it
				x = math.Min(math.Max(x, 0), float64(d-1))
			}
		case "reflection":
			x = reflect(x, lo, hi)
		}
	}
	return x
}

// corner is one element that a point draws on, with its weight.
type corner struct {
	at int
	w  float64
}

// corners appends what a point (coordinates in the order of the dimensions) draws on.
func (g *gridSampler) corners(dst []corner, p []float64) []corner {
	dst = append(dst, corner{0, 1})
	for k, x := range p {
		d := g.size[k]
		var idx [4]int
		var w [4]float64
		n := 0
		switch g.mode {
		case "nearest":
			idx[0], w[0], n = int(math.RoundToEven(x)), 1, 1
		case "cubic", "bicubic":
			x0 := math.Floor(x)
			for t := range 4 {
				idx[t] = int(x0) + t - 1
				w[t] = cubicWeight(x-float64(idx[t]), -0.75)
			}
			n = 4
		default:
			x0 := math.Floor(x)
			idx[0], idx[1] = int(x0), int(x0)+1
			w[0], w[1] = 1-(x-x0), x-x0
			n = 2
		}
		var next []corner
		for _, c := range dst {
			for t := range n {
				if i, ok := g.fold(idx[t], d); ok && w[t] != 0 {
					next = append(next, corner{c.at + i*g.step[k], c.w * w[t]})
				}
			}
		}
		dst = next
	}
	return dst
}

func gridSampleOp(n *graph.Node) Kernel {
	mode := n.Str("mode", "linear")
	return func(c *Call) {
		x, grid := c.in(0), c.in(1)
		rank := x.Rank() - 2
		if rank < 1 || grid.Rank() != x.Rank() || grid.Shape()[rank+1] != rank || grid.Shape()[0] != x.Shape()[0] {
			fail("grid %v does not fit %v", grid, x)
		}
		g := &gridSampler{size: x.Shape()[2:], step: strides(x.Shape()[2:]), padding: n.Str("padding_mode", "zeros"), align: n.Int("align_corners", 0) != 0, mode: mode}
		points := product(grid.Shape()[1 : rank+1])
		ch, plane := x.Shape()[1], product(g.size)
		if plane == 0 {
			fail("nothing to sample in %v", x)
		}
		src := c.cast(x, tensor.Float64, true, "").Float64()
		gs := c.cast(grid, tensor.Float64, true, "").Float64()
		out := c.New(tensor.Float64, append([]int{x.Shape()[0], ch}, grid.Shape()[1:rank+1]...)...)
		dst := out.Float64()
		c.parallel(x.Shape()[0]*points, 256, func(lo, hi int) {
			p := make([]float64, rank)
			var buf []corner
			for i := lo; i < hi; i++ {
				b, q := i/points, i%points
				for k := range rank { // the grid's last dimension is x, y, z
					p[k] = g.coordinate(gs[i*rank+rank-1-k], g.size[k])
				}
				buf = g.corners(buf[:0], p)
				for k := range ch {
					sum := 0.0
					s := src[(b*ch+k)*plane:][:plane]
					for _, cn := range buf {
						sum += s[cn.at] * cn.w
					}
					dst[(b*ch+k)*points+q] = sum
				}
			}
		})
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

func affineGridOp(n *graph.Node) Kernel {
	align := n.Int("align_corners", 0) != 0
	return func(c *Call) {
		theta := c.in(0)
		size := ints(c.in(1))
		rank := len(size) - 2
		if theta.Rank() != 3 || rank < 2 || rank > 3 || !equalShape(theta.Shape(), []int{size[0], rank, rank + 1}) {
			fail("theta %v does not fit size %v", theta, size)
		}
		th := c.cast(theta, tensor.Float64, true, "").Float64()
		space := size[2:]
		out := c.New(tensor.Float64, append(append([]int{size[0]}, space...), rank)...)
		points := product(space)
		for i := range size[0] * points {
			b, rem := i/points, i%points
			v := make([]float64, rank+1)
			v[rank] = 1
			for k := rank - 1; k >= 0; k-- {
				d := space[k]
				o := float64(rem % d)
				rem /= d
				u := (2*o+1)/float64(d) - 1
				if align {
					u = 0
					if d > 1 {
						u = 2*o/float64(d-1) - 1
					} else {
						u = -1
					}
				}
				v[rank-1-k] = u // x first
			}
			for r := range rank {
				sum := 0.0
				for k, u := range v {
					sum += th[(b*rank+r)*(rank+1)+k] * u
				}
				out.Float64()[i*rank+r] = sum
			}
		}
		c.Out[0] = c.cast(out, theta.DType(), true, "")
	}
}

func deformConvOp(n *graph.Node) Kernel {
	w := windowOf(n)
	group, og := n.Int("group", 1), n.Int("offset_group", 1)
	return func(c *Call) {
		x, weight, offset := c.in(0), c.in(1), c.in(2)
		if x.Rank() != 4 || weight.Rank() != 4 {
			fail("want images of two dimensions, got %v", x)
		}
		p, shape := convParams(&w, x, weight, group)
		kh, kw, oh, ow := p.Kernel[1], p.Kernel[2], p.Out[1], p.Out[2]
		taps := kh * kw
		if og < 1 || p.InC%og != 0 || offset.Len() != p.Batch*og*2*taps*oh*ow {
			fail("offset %v does not fit %v", offset, x)
		}
		src := c.cast(x, tensor.Float64, true, "").Float64()
		ws, off := c.cast(weight, tensor.Float64, true, "").Float64(), c.cast(offset, tensor.Float64, true, "").Float64()
		var bias, mask []float64
		if t := c.opt(3); t != nil {
			bias = c.cast(t, tensor.Float64, true, "").Float64()
		}
		if t := c.opt(4); t != nil {
			mask = c.cast(t, tensor.Float64, true, "").Float64()
			if len(mask) != p.Batch*og*taps*oh*ow {
				fail("mask %v does not fit %v", t, x)
			}
		}
		h, wd := p.In[1], p.In[2]
		g := &gridSampler{size: []int{h, wd}, step: []int{wd, 1}, padding: "zeros", mode: "linear"}
		out := c.Zeros(tensor.Float64, shape...)
		dst := out.Float64()
		inPer, outPer := p.InC/group, p.OutC/group
		var buf []corner
		for b := range p.Batch {
			for q := range oh * ow {
				for o := range p.OutC {
					if bias != nil {
						dst[(b*p.OutC+o)*oh*ow+q] = bias[o]
					}
				}
				for ic := range p.InC {
					gi := ic / (p.InC / og)
					for t := range taps {
						at := (((b*og+gi)*taps+t)*2)*oh*ow + q
						y := float64(q/ow*p.Stride[1]-p.PadLo[1]+t/kw*p.Dilation[1]) + off[at]
						xx := float64(q%ow*p.Stride[2]-p.PadLo[2]+t%kw*p.Dilation[2]) + off[at+oh*ow]
						if !(y > -1e9 && y < 1e9 && xx > -1e9 && xx < 1e9) {
							continue
						}
						v := 0.0
						buf = g.corners(buf[:0], []float64{y, xx})
						for _, cn := range buf {
							v += src[(b*p.InC+ic)*h*wd+cn.at] * cn.w
						}
						if mask != nil {
							v *= mask[((b*og+gi)*taps+t)*oh*ow+q]
						}
						for k := range outPer {
							o := ic/inPer*outPer + k
							dst[(b*p.OutC+o)*oh*ow+q] += v * ws[(o*inPer+ic%inPer)*taps+t]
						}
					}
				}
			}
		}
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

func col2imOp(n *graph.Node) Kernel {
	w := windowOf(n)
	return func(c *Call) {
		x := c.in(0)
		image, block := ints(c.in(1)), ints(c.in(2))
		rank := len(image)
		if x.Rank() != 3 || len(block) != rank || product(block) == 0 || x.Shape()[1]%product(block) != 0 {
			fail("%v does not fit blocks of %v", x, block)
		}
		at := func(list []int, i, def int) int {
			if list == nil {
				return def
			}
			return list[i]
		}
		grid := make([]int, rank)
		for i := range rank {
			room := image[i] + at(w.pads, i, 0) + at(w.pads, i+rank, 0) - at(w.dilate, i, 1)*(block[i]-1) - 1
			if room < 0 || at(w.strides, i, 1) < 1 {
				fail("blocks of %v do not fit image %v", block, image)
			}
			grid[i] = room/at(w.strides, i, 1) + 1
		}
		batch, ch := x.Shape()[0], x.Shape()[1]/product(block)
		cols, taps, plane := product(grid), product(block), product(image)
		if x.Shape()[2] != cols {
			fail("want %d columns, got %v", cols, x)
		}
		src := c.cast(x, tensor.Float64, true, "").Float64()
		out := c.Zeros(tensor.Float64, append([]int{batch, ch}, image...)...)
		for t := range taps {
			for q := range cols {
				pos, ok := 0, true
				rt, rq, step := t, q, 1
				for i := rank - 1; i >= 0; i-- {
					v := rq%grid[i]*at(w.strides, i, 1) - at(w.pads, i, 0) + rt%block[i]*at(w.dilate, i, 1)
					rt, rq = rt/block[i], rq/grid[i]
					ok = ok && v >= 0 && v < image[i]
					pos += v * step
					step *= image[i]
				}
				if !ok {
					continue
				}
				for r := range batch * ch {
					out.Float64()[r*plane+pos] += src[(r*taps+t)*cols+q]
				}
			}
		}
		c.Out[0] = c.cast(out, x.DType(), true, "")
	}
}

func maxUnpoolOp(n *graph.Node) Kernel {
	w := windowOf(n)
	return func(c *Call) {
		x, it := c.in(0), c.in(1)
		p := w.place(spatialOf(x), w.kernel)
		w.transposed(&p)
		shape := p.outShape(x.Shape()[0], x.Shape()[1])
		full := shape
		if want := c.ints(2); want != nil {
			full = want
		}
		if len(full) != len(shape) || it.Len() != x.Len() {
			fail("output shape %v does not fit %v", full, x)
		}
		flat := c.Zeros(x.DType(), shape...)
		for i, k := range ints(it) {
			c.copyRows(flat, x, 1, 1, 0, index(k, flat.Len()), 0, i)
		}
		if equalShape(full, shape) {
			c.Out[0] = flat
			return
		}
		lo, hi := make([]int, len(full)), make([]int, len(full))
		for i := range full {
			hi[i] = full[i] - shape[i]
		}
		c.Out[0] = c.pad(flat, lo, hi, "constant", nil)
	}
}
