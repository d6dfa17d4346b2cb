package measure

import (
	"math"

	"github.com/caliper-imaging/caliper/study"
)

var extentNames = [3]string{"left_right", "front_back", "head_foot"}

// boundingBox is the extent along one axis of the patient; At holds the box's two corners.
func boundingBox(axis int) Measure {
	return Measure{
		Key: "extent_" + extentNames[axis], Title: "Extent " + [3]string{"left to right", "front to back", "head to foot"}[axis], Unit: "mm", Detail: true,
		Doc: "Length of the box along the patient's axes that holds the label's voxels with their borders.",
		Compute: func(r *Region) (study.Measurement, bool) {
			if r.noSpacing {
				return study.Measurement{}, false
			}
			lo, hi := r.boxLPS()
			return study.Measurement{
				Value: hi[axis] - lo[axis], Method: "box along the patient's axes, voxel borders", At: [][3]float64{lo, hi},
			}, true
		},
	}
}

// centroid is the coordinate of the centre along one axis of the patient; At holds the point.
func centroid(axis int) Measure {
	return Measure{
		Key: "centroid_" + [3]string{"left", "posterior", "superior"}[axis], Title: "Centroid, " + [3]string{"to the left", "to the back", "to the head"}[axis], Unit: "mm", Detail: true,
		Doc: "Mean LPS position of the label's voxel centres.",
		Compute: func(r *Region) (study.Measurement, bool) {
			if r.noSpacing {
				return study.Measurement{}, false
			}
			c := r.CentroidLPS()
			return study.Measurement{Value: c[axis], Method: "mean of voxel centres", At: [][3]float64{c}}, true
		},
	}
}

// CentroidLPS is the mean position of the label's voxel centres in LPS mm.
func (r *Region) CentroidLPS() [3]float64 { return r.Mask.PointLPS(r.centroidIndex()) }

func (r *Region) centroidIndex() [3]float64 {
	var sum [3]float64
	r.each(func(i, j, k int) {
		sum[0] += float64(i)
		sum[1] += float64(j)
		sum[2] += float64(k)
	})
	n := float64(r.Count)
	return [3]float64{sum[0] / n, sum[1] / n, sum[2] / n}
}

func (r *Region) each(f func(i, j, k int)) {
	for k := r.Lo[2]; k <= r.Hi[2]; k++ {
		for j := r.Lo[1]; j <= r.Hi[1]; j++ {
			row := r.Mask.Offset(0, j, k)
			for i := r.Lo[0]; i <= r.Hi[0]; i++ {
				if r.Mask.Labels[row+i] == r.Label {
					f(i, j, k)
				}
			}
		}
	}
}

// boxLPS bounds the label's voxels, borders and all, along the patient's axes.
func (r *Region) boxLPS() (lo, hi [3]float64) {
	g := r.Mask.Geometry
	for n := range 3 {
		lo[n], hi[n] = math.Inf(1), math.Inf(-1)
	}
	var half [3]float64 // half of a voxel's extent along each axis of the patient
	for n := range 3 {
		for p := range 3 {
			half[p] += math.Abs(g.Axes[n][p]) * g.Spacing[n] / 2
		}
	}
	for _, p := range r.extremes() {
		for n := range 3 {
			lo[n], hi[n] = min(lo[n], p[n]-half[n]), max(hi[n], p[n]+half[n])
		}
	}
	return lo, hi
}

// extremes are the voxel centres, in LPS mm, at both ends of every row of the label.
func (r *Region) extremes() [][3]float64 {
	var out [][3]float64
	for k := r.Lo[2]; k <= r.Hi[2]; k++ {
		for j := r.Lo[1]; j <= r.Hi[1]; j++ {
			row := r.Mask.Offset(0, j, k)
			first, last := -1, -1
			for i := r.Lo[0]; i <= r.Hi[0]; i++ {
				if r.Mask.Labels[row+i] == r.Label {
					if first < 0 {
						first = i
					}
					last = i
				}
			}
			if first >= 0 {
				out = append(out, r.Mask.PointLPS([3]float64{float64(first), float64(j), float64(k)}))
				out = append(out, r.Mask.PointLPS([3]float64{float64(last), float64(j), float64(k)}))
			}
		}
	}
	return out
}
