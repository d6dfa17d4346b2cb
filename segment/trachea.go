package segment

import (
	"math"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/morph"
)

// removeTrachea follows the windpipe from the uppermost slice that shows it, slice by slice downward
// until it opens into the lungs, and takes it out of lung. The image is in LPS order.
func removeTrachea(w *volume.Volume, body, lung []bool) {
	const leastMM2, mostMM2, roundness = 40, 900, 0.5
	nx, ny := w.Size[0], w.Size[1]
	n := nx * ny
	pixel := w.Spacing[0] * w.Spacing[1]
	flat := [3]int{nx, ny, 1}
	var tube []bool // in the slice above
	area := 0.0
	gap := 0.0
	for k := w.Size[2] - 1; k >= 0; k-- {
		air := make([]bool, n)
		for i := range n {
			air[i] = body[k*n+i] && w.Data[k*n+i] < (lungHU+airHU)/2
		}
		labels, sizes, err := morph.Components(air, flat, 8)
		if err != nil {
			return
		}
		pick := make([]bool, len(sizes))
		found := 0.0
		if tube == nil {
			if c := windpipe(w, body[k*n:(k+1)*n], labels, sizes, leastMM2, mostMM2, roundness); c > 0 {
				pick[c] = true
				area = float64(sizes[c]) * pixel
				found = area
			}
		} else {
			for i, on := range tube {
				if on && labels[i] > 0 {
					pick[labels[i]] = true
				}
			}
			for c, on := range pick {
				if on && c > 0 {
					found += float64(sizes[c]) * pixel
				}
			}
			if found > 2.2*area+60 {
				return // it has opened into the lung
			}
			if found == 0 {
				if gap += w.Spacing[2]; gap > 10 {
					return
				}
				continue
			}
			gap = 0
		}
		if found == 0 {
			continue
		}
		tube = make([]bool, n)
		for i, l := range labels {
			tube[i] = l > 0 && pick[l]
		}
		wall := morph.Dilate(tube, volume.Identity(flat, [3]float64{w.Spacing[0], w.Spacing[1], 1}), 2)
		for i, on := range wall {
			if on {
				lung[k*n+i] = false
			}
		}
	}
}

// windpipe picks the component of a slice that is round, of its size and nearest to the middle of the
// body; 0 where there is none.
func windpipe(w *volume.Volume, body []bool, labels []int32, sizes []int, leastMM2, mostMM2, roundness float64) int {
	nx := w.Size[0]
	x0, x1 := nx, 0
	for i, on := range body {
		if on {
			x0, x1 = min(x0, i%nx), max(x1, i%nx)
		}
	}
	type box struct{ x0, x1, y0, y1 int }
	boxes := make([]box, len(sizes))
	for c := range boxes {
		boxes[c] = box{nx, -1, w.Size[1], -1}
	}
	for i, l := range labels {
		b := &boxes[l]
		x, y := i%nx, i/nx
		b.x0, b.x1, b.y0, b.y1 = min(b.x0, x), max(b.x1, x), min(b.y0, y), max(b.y1, y)
	}
	best, bestOff := 0, math.Inf(1)
	width := float64(x1 - x0 + 1)
	for c := 1; c < len(sizes); c++ {
		b := boxes[c]
		area := float64(sizes[c]) * w.Spacing[0] * w.Spacing[1]
		wide, high := float64(b.x1-b.x0+1)*w.Spacing[0], float64(b.y1-b.y0+1)*w.Spacing[1]
		off := math.Abs(float64(b.x0+b.x1)/2-float64(x0+x1)/2) / width
		if area < leastMM2 || area > mostMM2 || off > 0.12 || area < roundness*wide*high || wide > 2.5*high || high > 2.5*wide {
			continue
		}
		if off < bestOff {
			best, bestOff = c, off
		}
	}
	return best
}
