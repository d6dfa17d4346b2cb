package measure

import (
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Region is one label of a mask and, where there is one, the image under it.
type Region struct {
	Image *volume.Volume // nil where there is none
	Mask  *volume.Mask
	Label uint16
	Count int    // voxels
	Lo    [3]int // smallest index
	Hi    [3]int // largest index

	sliceAxis int
	noSpacing bool
	values    []float32 // finite values of the image, sorted; nil until asked for
	axial     *planar
}

// Name is the label's name, or its number where it has none.
func (r *Region) Name() string {
	if name := r.Mask.Name(r.Label); name != "" {
		return name
	}
	return fmt.Sprintf("label %d", r.Label)
}

// SliceAxis is the index axis that counts slices: the only one of size 1, or the one nearest to the
// patient's long axis.
func SliceAxis(g volume.Geometry) int {
	flat, n := -1, 0
	for a := range 3 {
		if g.Size[a] == 1 {
			flat, n = a, n+1
		}
	}
	if n == 1 {
		return flat
	}
	best := 2
	for a := range 3 {
		if math.Abs(g.Axes[a][2]) > math.Abs(g.Axes[best][2])+1e-6 {
			best = a
		}
	}
	return best
}

// PlaneName says in which plane of the body the slices of a grid lie.
func PlaneName(g volume.Geometry, sliceAxis int) string {
	n := g.Axes[sliceAxis]
	names := [3]string{"sagittal", "coronal", "axial"}
	for a, name := range names {
		switch c := math.Abs(n[a]); {
		case c > 0.99:
			return name
		case c > 0.7071:
			return "oblique " + name
		}
	}
	return "oblique"
}

func regionsOf(v *volume.Volume, m *volume.Mask, o Options) []*Region {
	axis := SliceAxis(m.Geometry)
	if o.SliceIndex != nil {
		axis = *o.SliceIndex
	}
	byLabel := map[uint16]*Region{}
	at := 0
	for k := range m.Size[2] {
		for j := range m.Size[1] {
			var last *Region
			for i := range m.Size[0] {
				label := m.Labels[at]
				at++
				if label == 0 {
					continue
				}
				if last == nil || last.Label != label {
					last = byLabel[label]
					if last == nil {
						last = &Region{Image: v, Mask: m, Label: label, Lo: [3]int{i, j, k}, Hi: [3]int{i, j, k}, sliceAxis: axis, noSpacing: o.NoSpacing}
						byLabel[label] = last
					}
				}
				last.Count++
				last.Lo = [3]int{min(last.Lo[0], i), min(last.Lo[1], j), min(last.Lo[2], k)}
				last.Hi = [3]int{max(last.Hi[0], i), max(last.Hi[1], j), max(last.Hi[2], k)}
			}
		}
	}
	var out []*Region
	for label, r := range byLabel {
		if o.Labels == nil || slices.Contains(o.Labels, label) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *Region) int { return int(a.Label) - int(b.Label) })
	return out
}

// has says whether the voxel carries the label; indices outside the grid do not.
func (r *Region) has(i, j, k int) bool {
	m := r.Mask
	if i < 0 || j < 0 || k < 0 || i >= m.Size[0] || j >= m.Size[1] || k >= m.Size[2] {
		return false
	}
	return m.Labels[m.Offset(i, j, k)] == r.Label
}

// Values are the finite intensities under the label, ascending; nil without an image.
func (r *Region) Values() []float32 {
	if r.Image == nil || r.values != nil {
		return r.values
	}
	values := make([]float32, 0, r.Count)
	for k := r.Lo[2]; k <= r.Hi[2]; k++ {
		for j := r.Lo[1]; j <= r.Hi[1]; j++ {
			row := r.Mask.Offset(0, j, k)
			for i := r.Lo[0]; i <= r.Hi[0]; i++ {
				if r.Mask.Labels[row+i] != r.Label {
					continue
				}
				if x := r.Image.Data[row+i]; x-x == 0 {
					values = append(values, x)
				}
			}
		}
	}
	slices.Sort(values)
	r.values = values
	return values
}

// intensity is a figure in the image's unit; it is absent where there is no image or no finite value.
func (r *Region) intensity(f func(sorted []float32) float64, method string) (study.Measurement, bool) {
	values := r.Values()
	if len(values) == 0 {
		return study.Measurement{}, false
	}
	unit := string(r.Image.Unit)
	if unit == "" {
		unit = "{arbitrary}"
	}
	return study.Measurement{Value: f(values), Unit: unit, Method: method}, true
}

// lengthUnit is mm, or pixels where the spacing isn't known.
func (r *Region) lengthUnit() string {
	if r.noSpacing {
		return "{pixels}"
	}
	return "mm"
}

// lattice is the grid lengths are taken on: the mask's, or unit pixels where the spacing isn't known.
func (r *Region) lattice() volume.Geometry {
	g := r.Mask.Geometry
	if r.noSpacing {
		g.Spacing = [3]float64{1, 1, 1}
	}
	return g
}
