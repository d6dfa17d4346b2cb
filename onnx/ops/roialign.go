package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// roiPooling is the attributes of RoiAlign.
type roiPooling struct {
	half, max     bool
	oh, ow, ratio int
	scale         float64
}

func roiAlignOp(n *graph.Node) Kernel {
	def := "half_pixel"
	if n.Version < 16 {
		def = "output_half_pixel"
	}
	p := &roiPooling{half: n.Str("coordinate_transformation_mode", def) == "half_pixel", max: n.Str("mode", "avg") == "max",
		oh: n.Int("output_height", 1), ow: n.Int("output_width", 1), ratio: n.Int("sampling_ratio", 0), scale: float64(n.Float("spatial_scale", 1))}
	return func(c *Call) {
		x, rois, bt := c.in(0), c.in(1), c.in(2)
		if x.Rank() != 4 || rois.Rank() != 2 || rois.Shape()[1] != 4 || bt.Len() != rois.Shape()[0] {
			fail("input %v, rois %v and batch %v do not fit", x, rois, bt)
		}
		batch := ints(bt)
		for i, b := range batch {
			batch[i] = index(b, x.Shape()[0])
		}
		out := c.New(x.DType(), rois.Shape()[0], x.Shape()[1], p.oh, p.ow)
		c.Out[0] = out
		if out.Len() == 0 {
			return
		}
		wide := out
		if x.DType() != tensor.Float32 {
			wide = c.New(tensor.Float32, out.Shape()...)
		}
		c.roiAlign(p, wide.Float32(), c.cast(x, tensor.Float32, true, ""), c.cast(rois, tensor.Float64, true, "").Float64(), batch)
		c.Out[0] = c.cast(wide, x.DType(), true, "")
	}
}

// roiAlign pools every box. Where the boxes read much of the planes, these are turned so that the channels of a pixel lie side by
// side and are summed together.
func (c *Call) roiAlign(p *roiPooling, dst []float32, x *tensor.Tensor, boxes []float64, batch []int) {
	ch, h, w := x.Shape()[1], x.Shape()[2], x.Shape()[3]
	src, each := x.Float32(), ch*p.oh*p.ow
	var turned map[int][]float32
	if !p.max && len(batch)*p.oh*p.ow*16 > h*w/2 {
		turned = c.turnPlanes(src, batch, ch, h*w)
	}
	c.parallel(len(batch), 1, func(lo, hi int) {
		var g roiGrid
		bins := make([]float32, each)
		for r := lo; r < hi; r++ {
			g.place(p, boxes[r*4:][:4])
			if turned != nil {
				g.alignTurned(dst[r*each:][:each], bins, turned[batch[r]], ch, h, w)
			} else {
				g.align(dst[r*each:][:each], src[batch[r]*ch*h*w:], ch, h, w)
			}
		}
	})
}

// turnPlanes gives the images of the batch that occur as pixels by channels.
func (c *Call) turnPlanes(src []float32, batch []int, ch, plane int) map[int][]float32 {
	turned := map[int][]float32{}
	for _, b := range batch {
		if turned[b] != nil {
			continue
		}
		t := c.Floats(ch * plane)
		c.parallel((plane+63)/64, grainOf(64*ch), func(lo, hi int) {
			from, n := lo*64, min(hi*64, plane)-lo*64
			simd.Transpose(t[from*ch:], ch, src[b*ch*plane+from:], plane, ch, n)
		})
		turned[b] = t
	}
	return turned
}

// roiGrid is where one box's samples lie.
type roiGrid struct {
	*roiPooling
	x0, y0, bh, bw float64
	gh, gw         int // samples in a bin
	points         []bilinear
	off            []int
	weight         []float32
}

func (g *roiGrid) place(p *roiPooling, box []float64) {
	g.roiPooling = p
	off := 0.0
	if p.half {
		off = 0.5
	}
	g.x0, g.y0 = box[0]*p.scale-off, box[1]*p.scale-off
	rw, rh := box[2]*p.scale-off-g.x0, box[3]*p.scale-off-g.y0
	if !p.half {
		rw, rh = max(rw, 1), max(rh, 1)
	}
	g.bh, g.bw = rh/float64(p.oh), rw/float64(p.ow)
	g.gh, g.gw = p.ratio, p.ratio
	if p.ratio <= 0 {
		g.gh, g.gw = int(math.Ceil(g.bh)), int(math.Ceil(g.bw))
	}
	if g.gh > 1<<12 || g.gw > 1<<12 {
		fail("region of interest is too large")
	}
	g.gh, g.gw = max(0, g.gh), max(0, g.gw)
}

// bin finds the samples of one bin.
func (g *roiGrid) bin(py, px, h, w int) {
	g.points = g.points[:0]
	for iy := range g.gh {
		y := g.y0 + float64(py)*g.bh + (float64(iy)+0.5)*g.bh/float64(g.gh)
		for ix := range g.gw {
			x := g.x0 + float64(px)*g.bw + (float64(ix)+0.5)*g.bw/float64(g.gw)
			if p, ok := bilinearAt(y, x, h, w); ok {
				g.points = append(g.points, p)
			} else if g.max {
				g.points = append(g.points, bilinear{})
			}
		}
	}
}

func (g *roiGrid) count() float32 { return float32(max(1, g.gh*g.gw)) }

func (g *roiGrid) align(dst, src []float32, ch, h, w int) {
	count := g.count()
	for py := range g.oh {
		for px := range g.ow {
			g.bin(py, px, h, w)
			for k := range ch {
				dst[(k*g.oh+py)*g.ow+px] = roiPool(src[k*h*w:][:h*w], g.points, count, g.max)
			}
		}
	}
}

// alignTurned is align for means, of an image of pixels by channels.
func (g *roiGrid) alignTurned(dst, bins, src []float32, ch, h, w int) {
	share := 1 / g.count()
	for py := range g.oh {
		for px := range g.ow {
			g.bin(py, px, h, w)
			g.off, g.weight = g.off[:0], g.weight[:0]
			for i := range g.points {
				for k, at := range g.points[i].at {
					g.off, g.weight = append(g.off, at*ch), append(g.weight, g.points[i].w[k]*share)
				}
			}
			simd.Mix(bins[(py*g.ow+px)*ch:][:ch], src, g.off, g.weight, false)
		}
	}
	simd.Transpose(dst, g.oh*g.ow, bins, ch, g.oh*g.ow, ch)
}

// bilinear is the four neighbours of a point and their weights.
type bilinear struct {
	at [4]int
	w  [4]float32
}

func bilinearAt(y, x float64, h, w int) (p bilinear, ok bool) {
	if !(y >= -1 && y <= float64(h) && x >= -1 && x <= float64(w)) {
		return p, false
	}
	y, x = max(y, 0), max(x, 0)
	y0, x0 := int(y), int(x)
	y1, x1 := y0+1, x0+1
	if y0 >= h-1 {
		y0, y1 = h-1, h-1
		y = float64(y0)
	}
	if x0 >= w-1 {
		x0, x1 = w-1, w-1
		x = float64(x0)
	}
	ly, lx := float32(y-float64(y0)), float32(x-float64(x0))
	hy, hx := 1-ly, 1-lx
	p.at = [4]int{y0*w + x0, y0*w + x1, y1*w + x0, y1*w + x1}
	p.w = [4]float32{hy * hx, hy * lx, ly * hx, ly * lx}
	return p, true
}

func roiPool(plane []float32, points []bilinear, count float32, useMax bool) float32 {
	if useMax {
		best := float32(math.Inf(-1))
		for _, p := range points {
			best = max(best, plane[p.at[0]]*p.w[0], plane[p.at[1]]*p.w[1], plane[p.at[2]]*p.w[2], plane[p.at[3]]*p.w[3])
		}
		if len(points) == 0 {
			return 0
		}
		return best
	}
	sum := float32(0)
	for _, p := range points {
		sum += plane[p.at[0]]*p.w[0] + plane[p.at[1]]*p.w[1] + plane[p.at[2]]*p.w[2] + plane[p.at[3]]*p.w[3]
	}
	return sum / count
}
