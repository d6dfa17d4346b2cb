package morph

import "github.com/caliper-imaging/caliper/volume"

// slack keeps voxels whose centre lies on the ball's surface, against rounding.
const slack = 1e-9

// Dilate adds the voxels whose centre lies within radiusMM of a true voxel's centre.
func Dilate(mask []bool, g volume.Geometry, radiusMM float64) []bool {
	d := squaredMM(mask, g, true)
	out := make([]bool, len(mask))
	limit := radiusMM*radiusMM + slack
	for n, x := range d {
		out[n] = x <= limit
	}
	return out
}

// Erode removes the voxels whose centre lies within radiusMM of a false voxel's centre. What is outside
// the grid does not erode.
func Erode(mask []bool, g volume.Geometry, radiusMM float64) []bool {
	d := squaredMM(mask, g, false)
	out := make([]bool, len(mask))
	limit := radiusMM*radiusMM + slack
	for n, x := range d {
		out[n] = x > limit
	}
	return out
}

// Open erodes, then dilates: parts thinner than the ball go.
func Open(mask []bool, g volume.Geometry, radiusMM float64) []bool {
	return Dilate(Erode(mask, g, radiusMM), g, radiusMM)
}

// Close dilates, then erodes: gaps thinner than the ball fill. The grid is widened meanwhile, so that its
// border neither fills nor erodes.
func Close(mask []bool, g volume.Geometry, radiusMM float64) []bool {
	var pad, lo [3]int
	big := g
	for n := range 3 {
		if g.Size[n] > 1 {
			pad[n] = int(radiusMM/g.Spacing[n]) + 1
		}
		big.Size[n] += 2 * pad[n]
		lo[n] = pad[n]
	}
	wide := make([]bool, big.Voxels())
	copyBlock(mask, g, [3]int{}, wide, big, lo, g.Size)
	wide = Erode(Dilate(wide, big, radiusMM), big, radiusMM)
	out := make([]bool, len(mask))
	copyBlock(wide, big, lo, out, g, [3]int{}, g.Size)
	return out
}

func copyBlock(src []bool, sg volume.Geometry, from [3]int, dst []bool, dg volume.Geometry, to, size [3]int) {
	for k := range size[2] {
		for j := range size[1] {
			s := sg.Offset(from[0], from[1]+j, from[2]+k)
			d := dg.Offset(to[0], to[1]+j, to[2]+k)
			copy(dst[d:d+size[0]], src[s:s+size[0]])
		}
	}
}
