package detect

import (
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume/morph"
)

type decoder struct {
	card  *models.Card
	size  [3]int // of the tensor
	floor float64
}

func (d decoder) boxes(out map[string]*tensor.Tensor) ([]candidate, error) {
	o := d.card.Output
	boxes, scores := out[o.Boxes], out[o.Scores]
	bs, ss := boxes.Shape(), scores.Shape()
	if len(bs) != 3 || len(ss) != 3 || bs[0] != 1 || ss[0] != 1 || bs[2] != 4 || ss[1] != bs[1] || ss[2] != len(d.card.Labels) {
		return nil, fmt.Errorf("want boxes [1, N, 4] and scores [1, N, %d], got %v and %v", len(d.card.Labels), bs, ss)
	}
	classes := ss[2]
	raw := scores.Float32()
	switch o.Activation {
	case models.Sigmoid:
		raw = append([]float32(nil), raw...)
		models.Sigmoid.Activate(raw, classes)
	case models.Softmax:
		raw = append([]float32(nil), raw...)
		for n := range ss[1] {
			models.Softmax.Activate(raw[n*classes:(n+1)*classes], classes)
		}
	}
	b := boxes.Float32()
	sx, sy := 1.0, 1.0
	if o.Relative {
		sx, sy = float64(d.size[0]), float64(d.size[1])
	}
	first := 0
	if o.Background {
		first = 1
	}
	var found []candidate
	for n := range ss[1] {
		for c := first; c < classes; c++ {
			s := float64(raw[n*classes+c])
			if !(s >= d.floor) {
				continue
			}
			box := [4]float64{float64(b[n*4]) * sx, float64(b[n*4+1]) * sy, float64(b[n*4+2]) * sx, float64(b[n*4+3]) * sy}
			if !finite(box) {
				continue
			}
			found = append(found, candidate{c, s, box, n})
		}
	}
	return found, nil
}

func finite(box [4]float64) bool {
	for _, x := range box {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// heatmap takes cells that are not below any of their eight neighbours.
func (d decoder) heatmap(out map[string]*tensor.Tensor) ([]candidate, error) {
	o := d.card.Output
	heat := out[o.Scores]
	shape := heat.Shape()
	if len(shape) != 4 || shape[0] != 1 || shape[1] != len(d.card.Labels) {
		return nil, fmt.Errorf("want a map [1, %d, h, w], got %v", len(d.card.Labels), shape)
	}
	h, w := shape[2], shape[3]
	n := h * w
	scores := append([]float32(nil), heat.Float32()...)
	o.Activation.Activate(scores, shape[1])
	extent, err := d.map2(out[o.Extent], o.Extent, h, w)
	if err != nil {
		return nil, err
	}
	offset, err := d.map2(out[o.Offset], o.Offset, h, w)
	if err != nil {
		return nil, err
	}
	if offset != nil && len(offset) != 2*n {
		return nil, fmt.Errorf("%s: want two channels, got %d", o.Offset, len(offset)/n)
	}
	first := 0
	if o.Background {
		first = 1
	}
	stride := float64(o.Stride)
	var found []candidate
	for c := first; c < shape[1]; c++ {
		m := scores[c*n : (c+1)*n]
		for y := range h {
			for x := range w {
				s := m[y*w+x]
				if !(float64(s) >= d.floor) || !peak(m, w, h, x, y) {
					continue
				}
				cx, cy := float64(x)+0.5, float64(y)+0.5
				if offset != nil {
					cx, cy = cx+float64(offset[y*w+x]), cy+float64(offset[n+y*w+x])
				}
				bw, bh := o.Side, o.Side
				if extent != nil {
					bw = float64(extent[y*w+x])
					bh = float64(extent[len(extent)-n+y*w+x])
				}
				bw, bh = max(bw, 1), max(bh, 1)
				cx, cy = cx*stride, cy*stride
				box := [4]float64{cx - bw/2, cy - bh/2, cx + bw/2, cy + bh/2}
				if finite(box) {
					found = append(found, candidate{c, float64(s), box, y*w + x})
				}
			}
		}
	}
	return found, nil
}

// map2 checks a map of one or two channels; nil where the card names none.
func (d decoder) map2(t *tensor.Tensor, name string, h, w int) ([]float32, error) {
	if name == "" {
		return nil, nil
	}
	s := t.Shape()
	if len(s) != 4 || s[0] != 1 || s[1] != 1 && s[1] != 2 || s[2] != h || s[3] != w {
		return nil, fmt.Errorf("%s: want [1, 1 or 2, %d, %d], got %v", name, h, w, s)
	}
	return t.Float32(), nil
}

// peak takes the first of equal neighbours.
func peak(m []float32, w, h, x, y int) bool {
	s := m[y*w+x]
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			i, j := x+dx, y+dy
			if i < 0 || j < 0 || i >= w || j >= h || dx == 0 && dy == 0 {
				continue
			}
			if o := m[j*w+i]; o > s || o == s && (dy < 0 || dy == 0 && dx < 0) {
				return false
			}
		}
	}
	return true
}

// components boxes the connected parts of a map above its level, scored by their mean, and grows them.
func (d decoder) components(out map[string]*tensor.Tensor) ([]candidate, error) {
	o := d.card.Output
	t := out[o.Scores]
	shape := t.Shape()
	if len(shape) != 4 || shape[0] != 1 || shape[1] != 1 || shape[2] < 1 || shape[3] < 1 {
		return nil, fmt.Errorf("want a map [1, 1, h, w], got %v", shape)
	}
	h, w := shape[2], shape[3]
	m := append([]float32(nil), t.Float32()...)
	o.Activation.Activate(m, 1)
	on := make([]bool, len(m))
	for i, x := range m {
		on[i] = float64(x) > o.Kernel
	}
	labels, sizes, err := morph.Components(on, [3]int{w, h, 1}, 8)
	if err != nil {
		return nil, err
	}
	type part struct {
		sum            float64
		x0, y0, x1, y1 int
	}
	parts := make([]part, len(sizes))
	for n := range parts {
		parts[n] = part{x0: w, y0: h}
	}
	for at, l := range labels {
		p := &parts[l]
		x, y := at%w, at/w
		p.sum += float64(m[at])
		p.x0, p.y0, p.x1, p.y1 = min(p.x0, x), min(p.y0, y), max(p.x1, x+1), max(p.y1, y+1)
	}
	sx, sy := float64(d.size[0])/float64(w), float64(d.size[1])/float64(h)
	var found []candidate
	for n := 1; n < len(parts); n++ {
		p := parts[n]
		score := p.sum / float64(sizes[n])
		if score < d.floor {
			continue
		}
		bw, bh := float64(p.x1-p.x0), float64(p.y1-p.y0)
		grow := o.Grow * bw * bh / (2 * (bw + bh))
		found = append(found, candidate{0, score, [4]float64{(float64(p.x0) - grow) * sx, (float64(p.y0) - grow) * sy,
			(float64(p.x1) + grow) * sx, (float64(p.y1) + grow) * sy}, n})
	}
	return found, nil
}
