package segment

import (
	"context"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// vote gives each voxel of the target the label that has most weight among the eight voxels around it,
// linearly weighted; the lowest of equal ones. Outside the mask's grid labels stay as they are.
func vote(ctx context.Context, m *volume.Mask, target volume.Geometry, labels []uint16) error {
	start := m.IndexOf(target.PointLPS([3]float64{}))
	var step [3][3]float64
	for n := range 3 {
		var unit [3]float64
		unit[n] = 1
		p := m.IndexOf(target.PointLPS(unit))
		for r := range 3 {
			step[n][r] = p[r] - start[r]
		}
	}
	at := 0
	for k := range target.Size[2] {
		if err := ctx.Err(); err != nil {
			return err
		}
		for j := range target.Size[1] {
			for i := range target.Size[0] {
				var lo, hi [3]int
				var f [3]float64
				inside := true
				for r := range 3 {
					x := start[r] + float64(i)*step[0][r] + float64(j)*step[1][r] + float64(k)*step[2][r]
					last := m.Size[r] - 1
					if x < -0.5-1e-6 || x > float64(last)+0.5+1e-6 {
						inside = false
						break
					}
					if y := math.Round(x); math.Abs(x-y) < 1e-4 {
						x = y
					}
					x = min(max(x, 0), float64(last))
					lo[r] = int(x)
					hi[r] = min(lo[r]+1, last)
					f[r] = x - float64(lo[r])
				}
				if inside {
					labels[at] = heaviest(m, lo, hi, f)
				}
				at++
			}
		}
	}
	return nil
}

func heaviest(m *volume.Mask, lo, hi [3]int, f [3]float64) uint16 {
	if f == [3]float64{} {
		return m.Labels[m.Offset(lo[0], lo[1], lo[2])]
	}
	var label [8]uint16
	var weight [8]float64
	n := 0
	for corner := range 8 {
		w, p := 1.0, lo
		for r := range 3 {
			if corner>>r&1 == 1 {
				w *= f[r]
				p[r] = hi[r]
			} else {
				w *= 1 - f[r]
			}
		}
		if w == 0 {
			continue
		}
		l := m.Labels[m.Offset(p[0], p[1], p[2])]
		x := 0
		for x < n && label[x] != l {
			x++
		}
		if x == n {
			label[n] = l
			n++
		}
		weight[x] += w
	}
	best := 0
	for x := 1; x < n; x++ {
		if d := weight[x] - weight[best]; d > 1e-9 || d > -1e-9 && label[x] < label[best] {
			best = x
		}
	}
	return label[best]
}
