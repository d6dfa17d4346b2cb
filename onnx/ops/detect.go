package ops

import (
	"math"
	"sort"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func nonMaxSuppressionOp(n *graph.Node) Kernel {
	center := n.Int("center_point_box", 0) == 1
	return func(c *Call) {
		boxes, scores := c.in(0), c.in(1)
		if boxes.Rank() != 3 || scores.Rank() != 3 || boxes.Shape()[2] != 4 || boxes.Shape()[0] != scores.Shape()[0] || boxes.Shape()[1] != scores.Shape()[2] {
			fail("boxes %v and scores %v do not fit", boxes, scores)
		}
		limit, overlap, least := 0, float32(0), float32(math.Inf(-1))
		if v := c.ints(2); len(v) > 0 {
			limit = v[0]
		}
		if t := c.opt(3); t != nil && t.Len() > 0 {
			overlap = t.Float32()[0]
		}
		if t := c.opt(4); t != nil && t.Len() > 0 {
			least = t.Float32()[0]
		}
		nb, nc, k := scores.Shape()[0], scores.Shape()[1], scores.Shape()[2]
		var out []int64
		for b := range nb {
			rect := make([][4]float32, k)
			for i := range rect {
				rect[i] = corners(boxes.Float32()[(b*k+i)*4:], center)
			}
			for cl := range nc {
				for _, i := range suppress(rect, scores.Float32()[(b*nc+cl)*k:][:k], limit, overlap, least) {
					out = append(out, int64(b), int64(cl), int64(i))
				}
			}
		}
		c.Out[0] = tensor.FromInt64([]int{len(out) / 3, 3}, out)
	}
}

func corners(b []float32, center bool) [4]float32 {
	if center {
		return [4]float32{b[0] - b[2]/2, b[1] - b[3]/2, b[0] + b[2]/2, b[1] + b[3]/2}
	}
	return [4]float32{min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3])}
}

// suppress keeps, best first, at most limit boxes that overlap none of those kept before by more than
// overlap.
func suppress(rect [][4]float32, score []float32, limit int, overlap, least float32) []int {
	var order, kept []int
	for i, s := range score {
		if s > least {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return score[order[a]] > score[order[b]] })
	for _, i := range order {
		if len(kept) >= limit {
			break
		}
		free := true
		for _, j := range kept {
			if iou(rect[i], rect[j]) > overlap {
				free = false
				break
			}
		}
		if free {
			kept = append(kept, i)
		}
	}
	return kept
}

func iou(a, b [4]float32) float32 {
	h := min(a[2], b[2]) - max(a[0], b[0])
	w := min(a[3], b[3]) - max(a[1], b[1])
	if h <= 0 || w <= 0 {
		return 0
	}
	inter := h * w
	return inter / ((a[2]-a[0])*(a[3]-a[1]) + (b[2]-b[0])*(b[3]-b[1]) - inter)
}

func roiAlignOp(n *graph.Node) Kernel {
	def := "half_pixel"
	if n.Version < 16 {
		def = "output_half_pixel"
	}
	half := n.Str("coordinate_transformation_mode", def) == "half_pixel"
	useMax := n.Str("mode", "avg") == "max"
	oh, ow := n.Int("output_height", 1), n.Int("output_width", 1)
	ratio, scale := n.Int("sampling_ratio", 0), float64(n.Float("spatial_scale", 1))
	return func(c *Call) {
		x, rois, bt := c.in(0), c.in(1), c.in(2)
		if x.Rank() != 4 || rois.Rank() != 2 || rois.Shape()[1] != 4 || bt.Len() != rois.Shape()[0] {
			fail("input %v, rois %v and batch %v do not fit", x, rois, bt)
		}
		batch := ints(bt)
		k, ch, h, w := rois.Shape()[0], x.Shape()[1], x.Shape()[2], x.Shape()[3]
		out := c.New(x.DType(), k, ch, oh, ow)
		c.Out[0] = out
		src := c.cast(x, tensor.Float32, true, "").Float32()
		box := c.cast(rois, tensor.Float64, true, "").Float64()
		wide := out
		if x.DType() != tensor.Float32 {
			wide = c.New(tensor.Float32, out.Shape()...)
		}
		dst := wide.Float32()
		c.parallel(k, 1, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				b := index(batch[r], x.Shape()[0])
				roiAlign(dst[r*ch*oh*ow:][:ch*oh*ow], src[b*ch*h*w:], box[r*4:][:4], ch, h, w, oh, ow, ratio, scale, half, useMax)
			}
		})
		c.Out[0] = c.cast(wide, x.DType(), true, "")
	}
}

// bilinear is the four neighbours of a point and their weights.
type bilinear struct {
	at [4]int
	w  [4]float32
}

func bilinearAt(y, x float64, h, w int) (p bilinear, ok bool) {
	if y < -1 || y > float64(h) || x < -1 || x > float64(w) {
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

func roiAlign(dst, src []float32, box []float64, ch, h, w, oh, ow, ratio int, scale float64, half, useMax bool) {
	off := 0.0
	if half {
		off = 0.5
	}
	x0, y0 := box[0]*scale-off, box[1]*scale-off
	rw, rh := box[2]*scale-off-x0, box[3]*scale-off-y0
	if !half {
		rw, rh = max(rw, 1), max(rh, 1)
	}
	bh, bw := rh/float64(oh), rw/float64(ow)
	gh, gw := ratio, ratio
	if ratio <= 0 {
		gh, gw = int(math.Ceil(rh/float64(oh))), int(math.Ceil(rw/float64(ow)))
	}
	if gh > 1<<12 || gw > 1<<12 {
		fail("region of interest is too large")
	}
	count := float32(max(1, gh*gw))
	points := make([]bilinear, 0, max(0, gh*gw))
	for py := range oh {
		for px := range ow {
			points = points[:0]
			for iy := range max(0, gh) {
				y := y0 + float64(py)*bh + (float64(iy)+0.5)*bh/float64(gh)
				for ix := range max(0, gw) {
					x := x0 + float64(px)*bw + (float64(ix)+0.5)*bw/float64(gw)
					if p, ok := bilinearAt(y, x, h, w); ok {
						points = append(points, p)
					} else if useMax {
						points = append(points, bilinear{})
					}
				}
			}
			for k := range ch {
				dst[(k*oh+py)*ow+px] = roiPool(src[k*h*w:][:h*w], points, count, useMax)
			}
		}
	}
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

func maxRoiPoolOp(n *graph.Node) Kernel {
	size, scale := n.Ints("pooled_shape"), float64(n.Float("spatial_scale", 1))
	if len(size) != 2 {
		fail("pooled_shape: want 2 values, got %d", len(size))
	}
	return func(c *Call) {
		x, rois := c.in(0), c.in(1)
		if x.Rank() != 4 || rois.Rank() != 2 || rois.Shape()[1] != 5 {
			fail("input %v and rois %v do not fit", x, rois)
		}
		k, ch, h, w := rois.Shape()[0], x.Shape()[1], x.Shape()[2], x.Shape()[3]
		oh, ow := size[0], size[1]
		out := c.New(tensor.Float32, k, ch, oh, ow)
		c.Out[0] = out
		for r := range k {
			box := rois.Float32()[r*5:][:5]
			b := index(int(box[0]), x.Shape()[0])
			round := func(v float32) int { return int(math.Floor(float64(v)*scale + 0.5)) }
			x0, y0, x1, y1 := round(box[1]), round(box[2]), round(box[3]), round(box[4])
			bh, bw := float64(max(y1-y0+1, 1))/float64(oh), float64(max(x1-x0+1, 1))/float64(ow)
			for k2 := range ch {
				plane := x.Float32()[(b*ch+k2)*h*w:][:h*w]
				for py := range oh {
					ya, yz := clampTo(y0+int(math.Floor(float64(py)*bh)), h), clampTo(y0+int(math.Ceil(float64(py+1)*bh)), h)
					for px := range ow {
						xa, xz := clampTo(x0+int(math.Floor(float64(px)*bw)), w), clampTo(x0+int(math.Ceil(float64(px+1)*bw)), w)
						best := float32(0)
						for y := ya; y < yz; y++ {
							for xx := xa; xx < xz; xx++ {
								if v := plane[y*w+xx]; y == ya && xx == xa || v > best {
									best = v
								}
							}
						}
						out.Float32()[((r*ch+k2)*oh+py)*ow+px] = best
					}
				}
			}
		}
	}
}

func clampTo(v, n int) int { return min(max(v, 0), n) }
