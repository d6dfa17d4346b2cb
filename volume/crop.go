package volume

import (
	"fmt"
	"math"
)

// Cropped is the part of the grid from index lo up to but not including hi. Indices outside the
// grid extend it.
func (g Geometry) Cropped(lo, hi [3]int) Geometry {
	out := g
	out.Origin = g.PointLPS([3]float64{float64(lo[0]), float64(lo[1]), float64(lo[2])})
	for n := range 3 {
		out.Size[n] = hi[n] - lo[n]
	}
	return out
}

// Resized is a grid of another size over the same field of view: the outer borders of the voxels stay.
func (g Geometry) Resized(size [3]int) Geometry {
	out := g
	out.Size = size
	var first [3]float64
	for n := range 3 {
		ratio := float64(g.Size[n]) / float64(size[n])
		out.Spacing[n] = g.Spacing[n] * ratio
		first[n] = (ratio - 1) / 2
	}
	out.Origin = g.PointLPS(first)
	return out
}

// Respaced is a grid of exactly the given spacing in mm over the same field of view as nearly as whole
// voxels allow: the size is rounded, and the centre of the field of view stays.
func (g Geometry) Respaced(spacingMM [3]float64) Geometry {
	out := g
	out.Spacing = spacingMM
	var first [3]float64
	for n := range 3 {
		ratio := spacingMM[n] / g.Spacing[n]
		out.Size[n] = max(1, int(math.Round(float64(g.Size[n])/ratio)))
		first[n] = float64(g.Size[n]-1)/2 - ratio*float64(out.Size[n]-1)/2
	}
	out.Origin = g.PointLPS(first)
	return out
}

// RespacedFromOrigin is a grid of exactly the given spacing in mm whose voxel 0 has the same centre,
// large enough to reach the centre of the last voxel.
func (g Geometry) RespacedFromOrigin(spacingMM [3]float64) Geometry {
	out := g
	out.Spacing = spacingMM
	for n := range 3 {
		extent := float64(g.Size[n]-1) * g.Spacing[n]
		out.Size[n] = int(math.Ceil(extent/spacingMM[n]-1e-6)) + 1
	}
	return out
}

// CentreLPS is the middle of the field of view in mm.
func (g Geometry) CentreLPS() [3]float64 {
	return g.PointLPS([3]float64{float64(g.Size[0]-1) / 2, float64(g.Size[1]-1) / 2, float64(g.Size[2]-1) / 2})
}

// Crop copies the part from index lo up to but not including hi, which must lie inside the grid.
func (v *Volume) Crop(lo, hi [3]int) (*Volume, error) {
	if err := v.inside(lo, hi); err != nil {
		return nil, err
	}
	return v.Window(lo, hi, 0)
}

// Window copies the part from index lo up to but not including hi, which may reach over the grid's
// border: what lies outside is filled.
func (v *Volume) Window(lo, hi [3]int, fill float32) (*Volume, error) {
	out := *v
	out.Geometry = v.Cropped(lo, hi)
	if err := out.Validate(); err != nil {
		return nil, err
	}
	n := out.Voxels()
	out.Data = make([]float32, n*v.Channels)
	for c := range v.Channels {
		window(out.Data[c*n:(c+1)*n], v.Channel(c), v.Size, lo, hi, fill)
	}
	return &out, nil
}

// Crop copies the part from index lo up to but not including hi, which must lie inside the grid.
func (m *Mask) Crop(lo, hi [3]int) (*Mask, error) {
	if err := m.inside(lo, hi); err != nil {
		return nil, err
	}
	return m.Window(lo, hi)
}

// Window copies the part from index lo up to but not including hi; outside the grid is background.
func (m *Mask) Window(lo, hi [3]int) (*Mask, error) {
	out := *m
	out.Geometry = m.Cropped(lo, hi)
	if err := out.Validate(); err != nil {
		return nil, err
	}
	out.Labels = make([]uint16, out.Voxels())
	window(out.Labels, m.Labels, m.Size, lo, hi, 0)
	return &out, nil
}

// Bounds is the smallest box [lo, hi) of indices that holds every voxel that carries a label for which
// keep is true (any label but 0 where keep is nil); ok is false where there is none.
func (m *Mask) Bounds(keep func(label uint16) bool) (lo, hi [3]int, ok bool) {
	lo = m.Size
	at := 0
	for k := range m.Size[2] {
		for j := range m.Size[1] {
			for i := range m.Size[0] {
				l := m.Labels[at]
				at++
				if l == 0 || keep != nil && !keep(l) {
					continue
				}
				ok = true
				for n, x := range [3]int{i, j, k} {
					lo[n], hi[n] = min(lo[n], x), max(hi[n], x+1)
				}
			}
		}
	}
	return lo, hi, ok
}

func (g Geometry) inside(lo, hi [3]int) error {
	for n := range 3 {
		if lo[n] < 0 || hi[n] > g.Size[n] || lo[n] >= hi[n] {
			return fmt.Errorf("volume: crop: want a box inside size %v, got %v to %v", g.Size, lo, hi)
		}
	}
	return nil
}

func window[T any](dst, src []T, size, lo, hi [3]int, fill T) {
	at := 0
	for k := lo[2]; k < hi[2]; k++ {
		for j := lo[1]; j < hi[1]; j++ {
			row := dst[at : at+hi[0]-lo[0]]
			at += len(row)
			if k < 0 || k >= size[2] || j < 0 || j >= size[1] {
				for x := range row {
					row[x] = fill
				}
				continue
			}
			from := (k*size[1] + j) * size[0]
			for x := range row {
				if i := lo[0] + x; i >= 0 && i < size[0] {
					row[x] = src[from+i]
				} else {
					row[x] = fill
				}
			}
		}
	}
}
