package register

import (
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// candidates are transforms to start from: the two frames as they are, the centres of the grids and
// the centres of mass on each other, each with turns about the centre; for slices also with shifts and
// scales, which cost little there.
func (j *job) candidates(fixed, moving []float32) []*Linear {
	gridF, gridM := gridCentre(j.fixed.Geometry), gridCentre(j.moving.Geometry)
	massF, massM := massCentre(j.fixed, fixed), massCentre(j.moving, moving)
	kind := j.preset.Kinds[0]
	var out []*Linear
	for n, pair := range [][2][3]float64{{gridF, gridF}, {gridF, gridM}, {massF, massM}} {
		for _, turn := range j.turns() {
			if n == 0 && turn != identity3 {
				continue
			}
			t := &Linear{Kind: kind, A: turn, Centre: pair[0]}
			for c := range 3 {
				t.Translation[c] = pair[1][c] - pair[0][c]
			}
			if !j.preset.Planar {
				out = append(out, t)
				continue
			}
			t.Translation = j.intoPlane(t)
			if n == 1 {
				out = append(out, j.around(t)...)
			} else {
				out = append(out, t)
			}
		}
	}
	return out
}

// around adds shifts by a seventh of the image along both axes and, where the kind has it, scales.
func (j *job) around(t *Linear) []*Linear {
	scales := []float64{1}
	if j.preset.Kinds[0] == Similarity2D {
		scales = []float64{0.87, 1, 1.15}
	}
	g := j.moving.Geometry
	normal := cross3(j.fixed.Axes[0], j.fixed.Axes[1])
	var out []*Linear
	for _, f := range scales {
		for dy := -1.0; dy <= 1; dy++ {
			for dx := -1.0; dx <= 1; dx++ {
				s := *t
				for r := range 3 {
					s.Translation[r] += dx*float64(g.Size[0])*g.Spacing[0]/7*g.Axes[0][r] + dy*float64(g.Size[1])*g.Spacing[1]/7*g.Axes[1][r]
					for c := range 3 { // along the normal nothing is scaled
						along := 0.0
						for k := range 3 {
							along += normal[r] * normal[k] * t.A[k][c]
						}
						s.A[r][c] = f*t.A[r][c] + (1-f)*along
					}
				}
				out = append(out, &s)
			}
		}
	}
	return out
}

// intoPlane moves a translation so that the fixed slice lands in the moving slice.
func (j *job) intoPlane(t *Linear) [3]float64 {
	normal := cross3(j.moving.Axes[0], j.moving.Axes[1])
	at := t.Map(gridCentre(j.fixed.Geometry))
	to := gridCentre(j.moving.Geometry)
	off := 0.0
	for n := range 3 {
		off += (to[n] - at[n]) * normal[n]
	}
	out := t.Translation
	for n := range 3 {
		out[n] += off * normal[n]
	}
	return out
}

// turns are the rotations tried about the centre.
func (j *job) turns() [][3][3]float64 {
	out := [][3][3]float64{identity3}
	if j.preset.Planar {
		normal := cross3(j.fixed.Axes[0], j.fixed.Axes[1])
		for _, deg := range []float64{-20, -10, 10, 20} {
			a := deg * math.Pi / 180
			out = append(out, rotation([3]float64{a * normal[0], a * normal[1], a * normal[2]}))
		}
		return out
	}
	for _, deg := range []float64{20, 40} {
		for axis := range 3 {
			for _, s := range []float64{-1, 1} {
				var w [3]float64
				w[axis] = s * deg * math.Pi / 180
				out = append(out, rotation(w))
			}
		}
	}
	return out
}

func gridCentre(g volume.Geometry) [3]float64 {
	return g.PointLPS([3]float64{float64(g.Size[0]-1) / 2, float64(g.Size[1]-1) / 2, float64(g.Size[2]-1) / 2})
}

// massCentre is the centre of the values above the image's smallest one.
func massCentre(v *volume.Volume, data []float32) [3]float64 {
	lo := data[0]
	for _, x := range data {
		lo = min(lo, x)
	}
	var sum [3]float64
	total := 0.0
	at := 0
	for k := range v.Size[2] {
		for j := range v.Size[1] {
			for i := range v.Size[0] {
				w := float64(data[at] - lo)
				at++
				total += w
				sum[0] += w * float64(i)
				sum[1] += w * float64(j)
				sum[2] += w * float64(k)
			}
		}
	}
	if !(total > 0) {
		return gridCentre(v.Geometry)
	}
	return v.PointLPS([3]float64{sum[0] / total, sum[1] / total, sum[2] / total})
}
