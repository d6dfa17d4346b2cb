package segment

import (
	"fmt"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/morph"
)

// sides parts air-filled lung into right (1) and left (2). Lungs that touch are parted where the bridge
// is thin: by erosion until two parts remain, to the nearer of which each voxel goes. A lone part is
// right or left by its place in the grid. The grid is in LPS order.
func sides(g volume.Geometry, lung []bool) ([]uint16, error) {
	out := make([]uint16, len(lung))
	m := volume.Mask{Geometry: g, Labels: make([]uint16, len(lung))}
	for i, on := range lung {
		if on {
			m.Labels[i] = 1
		}
	}
	lo, hi, ok := m.Bounds(nil)
	if !ok {
		return out, nil
	}
	for n := range 3 {
		lo[n], hi[n] = max(lo[n]-1, 0), min(hi[n]+1, g.Size[n])
	}
	part, err := m.Crop(lo, hi)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	on := morph.Select(part, 1)
	labels, err := twoSides(part.Geometry, on, float64(g.Size[0])/2-float64(lo[0]))
	if err != nil {
		return nil, err
	}
	at := 0
	for k := lo[2]; k < hi[2]; k++ {
		for j := lo[1]; j < hi[1]; j++ {
			for i := lo[0]; i < hi[0]; i++ {
				out[g.Offset(i, j, k)] = labels[at]
				at++
			}
		}
	}
	return out, nil
}

func twoSides(g volume.Geometry, on []bool, middle float64) ([]uint16, error) {
	whole := 0
	for _, x := range on {
		if x {
			whole++
		}
	}
	for _, radiusMM := range []float64{0, 2, 4, 6, 8, 11, 14} {
		core := on
		if radiusMM > 0 {
			core = morph.Erode(on, g, radiusMM)
		}
		labels, sizes, err := morph.Components(core, g.Size, 6)
		if err != nil {
			return nil, fmt.Errorf("segment: %w", err)
		}
		a, b := 0, 0
		for c := 1; c < len(sizes); c++ {
			switch {
			case a == 0 || sizes[c] > sizes[a]:
				a, b = c, a
			case b == 0 || sizes[c] > sizes[b]:
				b = c
			}
		}
		if a == 0 {
			break
		}
		if b == 0 || sizes[b]*5 < sizes[a] || float64(sizes[b]) < 0.05*float64(whole) {
			continue
		}
		ca := centreX(g, func(i int) bool { return int(labels[i]) == a })
		cb := centreX(g, func(i int) bool { return int(labels[i]) == b })
		if d := ca - cb; d < 0.2*float64(g.Size[0]) && d > -0.2*float64(g.Size[0]) {
			continue // one above or behind the other
		}
		if ca > cb {
			a, b = b, a // a is on the patient's right: x grows to the left
		}
		return nearer(g, on, labels, int32(a), int32(b)), nil
	}
	out := make([]uint16, len(on))
	at := centreX(g, func(i int) bool { return on[i] })
	for i, x := range on {
		if x {
			out[i] = 1
			if at > middle {
				out[i] = 2
			}
		}
	}
	return out, nil
}

func nearer(g volume.Geometry, on []bool, labels []int32, a, b int32) []uint16 {
	mark := func(l int32) []bool {
		m := make([]bool, len(labels))
		for i, x := range labels {
			m[i] = x == l
		}
		return m
	}
	da, db := morph.DistanceMM(mark(a), g), morph.DistanceMM(mark(b), g)
	out := make([]uint16, len(on))
	for i, x := range on {
		if x {
			out[i] = 1
			if db[i] < da[i] {
				out[i] = 2
			}
		}
	}
	return out
}

func centreX(g volume.Geometry, in func(i int) bool) float64 {
	sum, n := 0, 0
	for i := range g.Voxels() {
		if in(i) {
			sum += i % g.Size[0]
			n++
		}
	}
	return float64(sum) / float64(max(n, 1))
}
