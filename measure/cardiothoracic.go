package measure

import (
	"fmt"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// ChestLabels says which label of a mask is which structure.
type ChestLabels struct{ RightLung, LeftLung, Heart uint16 }

// Cardiothoracic is the ratio and the points that it was taken between, in pixels of the image (pixel
// (0, 0) covers 0 to 1).
type Cardiothoracic struct {
	Ratio        float64
	HeartPx      float64 // greatest reach of the heart to the right plus to the left of the midline
	ThoraxPx     float64 // greatest width between the outer borders of the lungs on one level
	HeartAt      [2][2]float64
	ThoraxAt     [2][2]float64
	MidlinePx    float64
	Measurements []study.Measurement
}

const ctrMethod = "(greatest reach of the heart to the right + to the left of the midline) / greatest inner width of the thorax, from the outlines of heart and lungs"

// CTR is the cardiothoracic ratio of a frontal chest radiograph from a mask of lungs and heart.
// Rows of the image run across the patient. The two half-widths of the heart are added, which is its
// horizontal extent wherever the midline lies within it. SpacingMM of columns may be nil.
func CTR(m *volume.Mask, l ChestLabels, spacingMM *[2]float64, plane string) (*Cardiothoracic, error) {
	if m.Size[2] != 1 {
		return nil, fmt.Errorf("measure: cardiothoracic ratio: want one slice, got %d", m.Size[2])
	}
	heart := largestPart(m, l.Heart)
	right, left := largestPart(m, l.RightLung), largestPart(m, l.LeftLung)
	for _, part := range []struct {
		name string
		is   []bool
	}{{"heart", heart}, {"right lung", right}, {"left lung", left}} {
		if part.is == nil {
			return nil, fmt.Errorf("measure: cardiothoracic ratio: want a mask with right lung, left lung and heart, got no %s", part.name)
		}
	}
	w, h := m.Size[0], m.Size[1]
	c := &Cardiothoracic{}
	lo, hi := w, -1
	for y := range h {
		first, last := rowSpan(heart[y*w : (y+1)*w])
		if first < 0 {
			continue
		}
		if first < lo {
			lo = first
			c.HeartAt[0] = [2]float64{float64(first), float64(y) + 0.5}
		}
		if last > hi {
			hi = last
			c.HeartAt[1] = [2]float64{float64(last + 1), float64(y) + 0.5}
		}
	}
	c.HeartPx = float64(hi + 1 - lo)
	var middle, rows float64
	for y := range h {
		r0, r1 := rowSpan(right[y*w : (y+1)*w])
		l0, l1 := rowSpan(left[y*w : (y+1)*w])
		if r0 < 0 || l0 < 0 {
			continue
		}
		a, b := min(r0, l0), max(r1, l1)
		inner := float64(max(r0, l0)+min(r1, l1)+1) / 2
		middle += inner
		rows++
		if width := float64(b + 1 - a); width > c.ThoraxPx {
			c.ThoraxPx = width
			c.ThoraxAt = [2][2]float64{{float64(a), float64(y) + 0.5}, {float64(b + 1), float64(y) + 0.5}}
		}
	}
	if rows == 0 {
		return nil, fmt.Errorf("measure: cardiothoracic ratio: want both lungs on one level, got none")
	}
	c.MidlinePx = middle / rows
	c.Ratio = c.HeartPx / c.ThoraxPx
	scale, unit := 1.0, "{pixels}"
	if spacingMM != nil {
		scale, unit = spacingMM[0], "mm"
	} else {
		plane = ""
	}
	c.Measurements = []study.Measurement{
		{Key: "cardiothoracic_ratio", Value: c.Ratio, Unit: "1", Method: ctrMethod, AtPixels: append(c.HeartAt[:], c.ThoraxAt[:]...)},
		{Key: "heart_width", Value: c.HeartPx * scale, Unit: unit, Plane: plane, Method: "greatest reach to the right plus to the left",
			AtPixels: [][2]float64{c.HeartAt[0], {c.MidlinePx, c.HeartAt[0][1]}, {c.MidlinePx, c.HeartAt[1][1]}, c.HeartAt[1]}},
		{Key: "thoracic_width", Value: c.ThoraxPx * scale, Unit: unit, Plane: plane, Method: "greatest width between the outer borders of the lungs on one level", AtPixels: c.ThoraxAt[:]},
	}
	return c, nil
}

// rowSpan is the first and last position that is set; -1 where there is none.
func rowSpan(row []bool) (first, last int) {
	first, last = -1, -1
	for x, set := range row {
		if set {
			if first < 0 {
				first = x
			}
			last = x
		}
	}
	return first, last
}

// largestPart is the largest 4-connected part of a label on the first slice; nil where there is none.
func largestPart(m *volume.Mask, label uint16) []bool {
	w, h := m.Size[0], m.Size[1]
	part := make([]int32, w*h)
	var stack []int
	best, bestSize, next := int32(0), 0, int32(0)
	for start := range part {
		if m.Labels[start] != label || part[start] != 0 {
			continue
		}
		next++
		size := 0
		stack = append(stack[:0], start)
		part[start] = next
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			size++
			x, y := p%w, p/w
			for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				nx, ny := x+d[0], y+d[1]
				if nx < 0 || ny < 0 || nx >= w || ny >= h {
					continue
				}
				if q := ny*w + nx; m.Labels[q] == label && part[q] == 0 {
					part[q] = next
					stack = append(stack, q)
				}
			}
		}
		if size > bestSize {
			best, bestSize = next, size
		}
	}
	if best == 0 {
		return nil
	}
	out := make([]bool, len(part))
	for n, p := range part {
		out[n] = p == best
	}
	return out
}
