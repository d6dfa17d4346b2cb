package register

import (
	"slices"

	"github.com/caliper-imaging/caliper/volume"
)

// exposedPart marks the pixels of a radiograph that show the patient: flat regions that touch the border
// (collimator, filled corners, air at full exposure) are left out, with a margin.
func exposedPart(g volume.Geometry, data []float32) *volume.Mask {
	small, values := shrink(g, data, factors(g, max(g.Spacing[0]*float64(g.Size[0]), g.Spacing[1]*float64(g.Size[1]))/256))
	w, h := small.Size[0], small.Size[1]
	flat := flatPixels(values, w, h)
	out := &volume.Mask{Geometry: small, Labels: make([]uint16, w*h)}
	outside := make([]bool, w*h)
	var stack []int
	push := func(at int) {
		if flat[at] && !outside[at] {
			outside[at] = true
			stack = append(stack, at)
		}
	}
	for x := range w {
		push(x)
		push((h-1)*w + x)
	}
	for y := range h {
		push(y * w)
		push(y*w + w - 1)
	}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		x, y := at%w, at/w
		if x > 0 {
			push(at - 1)
		}
		if x < w-1 {
			push(at + 1)
		}
		if y > 0 {
			push(at - w)
		}
		if y < h-1 {
			push(at + w)
		}
	}
	const margin = 3
	for y := range h {
		for x := range w {
			out.Labels[y*w+x] = 1
			for dy := max(0, y-margin); dy <= min(h-1, y+margin); dy++ {
				if slices.Contains(outside[dy*w+max(0, x-margin):dy*w+min(w-1, x+margin)+1], true) {
					out.Labels[y*w+x] = 0
					break
				}
			}
		}
	}
	if kept := out.Count(1); kept < w*h/5 { // nearly everything is flat: not a radiograph with a surround
		for n := range out.Labels {
			out.Labels[n] = 1
		}
	}
	return out
}

// flatPixels are those whose 5×5 neighbourhood spans less than a fiftieth of the image's range.
func flatPixels(values []float32, w, h int) []bool {
	lo, hi := spread(values)
	limit := float32((hi - lo) / 50)
	rowLo, rowHi := make([]float32, w*h), make([]float32, w*h)
	for y := range h {
		for x := range w {
			part := values[y*w+max(0, x-2) : y*w+min(w-1, x+2)+1]
			rowLo[y*w+x], rowHi[y*w+x] = slices.Min(part), slices.Max(part)
		}
	}
	out := make([]bool, w*h)
	for y := range h {
		for x := range w {
			a, b := rowLo[y*w+x], rowHi[y*w+x]
			for dy := max(0, y-2); dy <= min(h-1, y+2); dy++ {
				a, b = min(a, rowLo[dy*w+x]), max(b, rowHi[dy*w+x])
			}
			out[y*w+x] = b-a < limit
		}
	}
	return out
}

// normaliseLocally takes from each pixel the mean around it and divides by the spread around it, both
// over the exposed part alone, so that exposure, gain and slow shading drop out. What is not exposed
// becomes 0.
func normaliseLocally(g volume.Geometry, data []float32, exposed func([3]float64) bool) []float32 {
	sigma := 0.06 * float64(max(g.Size[0], g.Size[1]))
	s := [3]float64{sigma, sigma, 0}
	weight := make([]float32, len(data))
	for at := range data {
		if exposed(g.PointLPS([3]float64{float64(at % g.Size[0]), float64(at / g.Size[0]), 0})) {
			weight[at] = 1
		}
	}
	around := smooth(g, weight, s)
	mean := func(values []float32) []float32 {
		for n := range values {
			values[n] *= weight[n]
		}
		out := smooth(g, values, s)
		for n := range out {
			out[n] /= max(around[n], 1e-6)
		}
		return out
	}
	low := mean(append([]float32(nil), data...))
	rest, square := make([]float32, len(data)), make([]float32, len(data))
	total, count := 0.0, 0.0
	for n, x := range data {
		rest[n] = (x - low[n]) * weight[n]
		square[n] = rest[n] * rest[n]
		total += float64(square[n])
		count += float64(weight[n])
	}
	square = mean(square)
	floor := float32(0.02 * total / max(count, 1)) // a spread below a seventh of the typical one is not amplified further
	for n := range rest {
		rest[n] = min(max(rest[n]/sqrt32(square[n]+floor+1e-20), -3), 3)
	}
	return rest
}
