package measure

import (
	"math"

	"github.com/caliper-imaging/caliper/study"
)

const faceMethod = "between the outer faces of border voxels"

var longestDiameter = Measure{
	Key: "longest_diameter", Title: "Longest diameter", Unit: "mm", Concept: sct("103339001", "Long axis"),
	Doc: "Longest diameter within one slice, over all slices (RECIST 1.1), " + faceMethod + ".",
	Compute: func(r *Region) (study.Measurement, bool) {
		p := r.planar()
		return study.Measurement{
			Value: p.long, Unit: r.lengthUnit(), Plane: p.plane, Method: "longest diameter within a slice, " + faceMethod,
			At: r.lps(p.longAt[:], p.slice), AtPixels: r.pixels(p.longAt[:]),
		}, true
	},
}

var shortAxis = Measure{
	Key: "short_axis", Title: "Short axis", Unit: "mm", Concept: sct("103340004", "Short axis"),
	Doc: "Longest diameter perpendicular to the longest diameter, in its slice (RECIST 1.1), on the outline's convex hull.",
	Compute: func(r *Region) (study.Measurement, bool) {
		p := r.planar()
		return study.Measurement{
			Value: p.short, Unit: r.lengthUnit(), Plane: p.plane, Method: "longest diameter perpendicular to the longest diameter, same slice",
			At: r.lps(p.shortAt[:], p.slice), AtPixels: r.pixels(p.shortAt[:]),
		}, true
	},
}

var meanDiameter = Measure{
	Key: "mean_diameter", Title: "Mean diameter", Unit: "mm",
	Doc: "Mean of the longest diameter and the short axis (Fleischner 2017), not rounded.",
	Compute: func(r *Region) (study.Measurement, bool) {
		p := r.planar()
		return study.Measurement{
			Value: (p.long + p.short) / 2, Unit: r.lengthUnit(), Plane: p.plane, Method: "mean of longest diameter and short axis",
		}, true
	},
}

var longestDiameter3D = Measure{
	Key: "longest_diameter_3d", Title: "Longest diameter in 3-D", Unit: "mm",
	Concept: &study.Concept{Scheme: "IBSI", Code: "L0JK", Meaning: "Maximum 3D Diameter of a Mesh"},
	Doc:     "Longest distance between any two border points, " + faceMethod + ".",
	Compute: func(r *Region) (study.Measurement, bool) {
		if r.single() || r.noSpacing {
			return study.Measurement{}, false
		}
		p, q, d := farthest3(r.surface())
		return study.Measurement{Value: d, Method: "longest distance in 3-D, " + faceMethod, At: [][3]float64{p, q}}, true
	},
}

// planar is the slice with the longest diameter and its two axes, in mm (or pixels) of that slice.
type planar struct {
	slice       int
	plane       string
	long, short float64
	longAt      [2]point2 // continuous index along the two in-plane axes
	shortAt     [2]point2
}

// planar finds the longest diameter over all slices and the widest chord perpendicular to it.
func (r *Region) planar() *planar {
	if r.axial != nil {
		return r.axial
	}
	a, b := inPlane(r.sliceAxis)
	to, from := r.planeMetric(a, b)
	best := &planar{slice: r.Lo[r.sliceAxis], plane: PlaneName(r.Mask.Geometry, r.sliceAxis), long: -1}
	for s := r.Lo[r.sliceAxis]; s <= r.Hi[r.sliceAxis]; s++ {
		points := r.facePoints(s, a, b)
		if len(points) == 0 {
			continue
		}
		for n := range points {
			points[n] = to(points[n])
		}
		hull := convexHull(points)
		p, q, d := farthest2(hull)
		if d <= best.long {
			continue
		}
		x, y, w := widestAcross(hull, p, q)
		best.slice, best.long, best.short = s, d, w
		best.longAt = [2]point2{from(p), from(q)}
		best.shortAt = [2]point2{from(x), from(y)}
	}
	r.axial = best
	return best
}

// planeMetric maps continuous in-plane indices to orthonormal coordinates in mm, and back.
func (r *Region) planeMetric(a, b int) (to, from func(point2) point2) {
	g := r.lattice()
	u, v := g.Axes[a], g.Axes[b]
	shear := u[0]*v[0] + u[1]*v[1] + u[2]*v[2]
	rest := math.Sqrt(max(1-shear*shear, 1e-12))
	to = func(p point2) point2 {
		x, y := p[0]*g.Spacing[a], p[1]*g.Spacing[b]
		return point2{x + shear*y, rest * y}
	}
	from = func(p point2) point2 {
		y := p[1] / rest
		return point2{(p[0] - shear*y) / g.Spacing[a], y / g.Spacing[b]}
	}
	return to, from
}

// facePoints are the centres of the outermost faces of slice s along both in-plane axes, as
// continuous in-plane indices.
func (r *Region) facePoints(s, a, b int) []point2 {
	var out []point2
	var at [3]int
	at[r.sliceAxis] = s
	scan := func(fixed, along int, put func(f, lo, hi float64)) {
		for f := r.Lo[fixed]; f <= r.Hi[fixed]; f++ {
			at[fixed] = f
			first, last := -1, -1
			for x := r.Lo[along]; x <= r.Hi[along]; x++ {
				at[along] = x
				if r.Mask.Labels[r.Mask.Offset(at[0], at[1], at[2])] == r.Label {
					if first < 0 {
						first = x
					}
					last = x
				}
			}
			if first >= 0 {
				put(float64(f), float64(first)-0.5, float64(last)+0.5)
			}
		}
	}
	scan(b, a, func(f, lo, hi float64) { out = append(out, point2{lo, f}, point2{hi, f}) })
	scan(a, b, func(f, lo, hi float64) { out = append(out, point2{f, lo}, point2{f, hi}) })
	return out
}

// surface is the points of the border that may be an end of the longest diameter, in LPS mm: the
// corners of the convex hull at every level of k, whole (faces along i and j) and half (along k).
func (r *Region) surface() [][3]float64 {
	var out [][3]float64
	add := func(points []point2, level float64) {
		for _, p := range convexHull(points) {
			out = append(out, r.Mask.PointLPS([3]float64{p[0], p[1], level}))
		}
	}
	for k := r.Lo[2]; k <= r.Hi[2]; k++ {
		var flat, below, above []point2
		for j := r.Lo[1]; j <= r.Hi[1]; j++ {
			for i := r.Lo[0]; i <= r.Hi[0]; i++ {
				if !r.has(i, j, k) {
					continue
				}
				x, y := float64(i), float64(j)
				if !r.has(i-1, j, k) {
					flat = append(flat, point2{x - 0.5, y})
				}
				if !r.has(i+1, j, k) {
					flat = append(flat, point2{x + 0.5, y})
				}
				if !r.has(i, j-1, k) {
					flat = append(flat, point2{x, y - 0.5})
				}
				if !r.has(i, j+1, k) {
					flat = append(flat, point2{x, y + 0.5})
				}
				if !r.has(i, j, k-1) {
					below = append(below, point2{x, y})
				}
				if !r.has(i, j, k+1) {
					above = append(above, point2{x, y})
				}
			}
		}
		add(below, float64(k)-0.5)
		add(flat, float64(k))
		add(above, float64(k)+0.5)
	}
	return out
}

// lps maps in-plane continuous indices of a slice to LPS mm; nothing where the spacing isn't known.
func (r *Region) lps(points []point2, slice int) [][3]float64 {
	if r.noSpacing {
		return nil
	}
	a, b := inPlane(r.sliceAxis)
	out := make([][3]float64, len(points))
	for n, p := range points {
		var index [3]float64
		index[a], index[b], index[r.sliceAxis] = p[0], p[1], float64(slice)
		out[n] = r.Mask.PointLPS(index)
	}
	return out
}

// pixels turns continuous indices (centre of the first pixel at 0) into pixel coordinates whose
// origin is the corner of the first pixel, as boxes have it.
func (r *Region) pixels(points []point2) [][2]float64 {
	out := make([][2]float64, len(points))
	for n, p := range points {
		out[n] = [2]float64{p[0] + 0.5, p[1] + 0.5}
	}
	return out
}
