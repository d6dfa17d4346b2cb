package ops

import (
	"math"
	"slices"

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
	type candidate struct {
		score float32
		at    int
	}
	order := make([]candidate, 0, len(score))
	for i, s := range score {
		if s > least {
			order = append(order, candidate{s, i})
		}
	}
	slices.SortFunc(order, func(a, b candidate) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return a.at - b.at
	})
	var kept []int
	var boxes [][5]float32 // of those kept, with their areas
	for _, o := range order {
		if len(kept) >= limit {
			break
		}
		if r := &rect[o.at]; !overlaps(r, boxes, overlap) {
			kept = append(kept, o.at)
			boxes = append(boxes, [5]float32{r[0], r[1], r[2], r[3], (r[2] - r[0]) * (r[3] - r[1])})
		}
	}
	return kept
}

// overlaps tells whether the intersection of a with one of the boxes is more than limit of their union.
func overlaps(a *[4]float32, boxes [][5]float32, limit float32) bool {
	area := (a[2] - a[0]) * (a[3] - a[1])
	if limit < 0 && len(boxes) > 0 {
		return true // no overlap at all is more than that
	}
	for i := range boxes {
		b := &boxes[i]
		h := min(a[2], b[2]) - max(a[0], b[0])
		if !(h > 0) {
			continue
		}
		w := min(a[3], b[3]) - max(a[1], b[1])
		if !(w > 0) {
			continue
		}
		if inter := h * w; inter/(area+b[4]-inter) > limit {
			return true
		}
	}
	return false
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
