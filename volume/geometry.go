// Package volume holds the voxel grid and what lies on it: images, masks and stored values.
//
// The patient frame is always DICOM LPS (PS3.3 C.7.6.2.1.1) in millimetres: x grows to the
// patient's left, y to the back, z to the head.
package volume

import (
	"errors"
	"fmt"
	"math"
)

// MaxVoxels caps the number of voxels of one grid, so that a wrong header can't ask for more.
const MaxVoxels = 1 << 34

// Geometry is a regular grid in the patient frame.
// Size counts voxels along i, j, k; i is the fastest index in memory.
// Origin is the LPS position in mm of the centre of voxel (0, 0, 0).
// Spacing is the distance in mm between voxel centres along each index.
// Axes[n] is the unit direction in LPS in which index n grows.
// Frame is the DICOM Frame of Reference UID, or "" where unknown.
type Geometry struct {
	Size    [3]int        `json:"size"`
	Origin  [3]float64    `json:"origin"`
	Spacing [3]float64    `json:"spacing"`
	Axes    [3][3]float64 `json:"axes"`
	Frame   string        `json:"frame,omitempty"`
}

// Identity is the grid of the given size and spacing whose axes are those of the patient.
func Identity(size [3]int, spacingMM [3]float64) Geometry {
	return Geometry{Size: size, Spacing: spacingMM, Axes: [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}
}

// Voxels is the number of voxels of the grid.
func (g Geometry) Voxels() int { return g.Size[0] * g.Size[1] * g.Size[2] }

// VoxelMM3 is the volume of one voxel in mm³; sheared axes are taken into account.
func (g Geometry) VoxelMM3() float64 {
	a, b, c := g.Axes[0], g.Axes[1], g.Axes[2]
	det := a[0]*(b[1]*c[2]-b[2]*c[1]) - a[1]*(b[0]*c[2]-b[2]*c[0]) + a[2]*(b[0]*c[1]-b[1]*c[0])
	return math.Abs(det) * g.Spacing[0] * g.Spacing[1] * g.Spacing[2]
}

// PointLPS maps a continuous index to the patient frame in mm.
func (g Geometry) PointLPS(index [3]float64) [3]float64 {
	p := g.Origin
	for n := range 3 {
		step := index[n] * g.Spacing[n]
		p[0] += step * g.Axes[n][0]
		p[1] += step * g.Axes[n][1]
		p[2] += step * g.Axes[n][2]
	}
	return p
}

// IndexOf maps a patient position in mm to a continuous index.
func (g Geometry) IndexOf(pointLPS [3]float64) [3]float64 {
	inv := invert3(g.matrix())
	d := [3]float64{pointLPS[0] - g.Origin[0], pointLPS[1] - g.Origin[1], pointLPS[2] - g.Origin[2]}
	var out [3]float64
	for r := range 3 {
		out[r] = inv[r][0]*d[0] + inv[r][1]*d[1] + inv[r][2]*d[2]
	}
	return out
}

// Affine is the 4×4 matrix from index to LPS mm, row by row.
func (g Geometry) Affine() [4][4]float64 {
	m := g.matrix()
	var a [4][4]float64
	for r := range 3 {
		a[r] = [4]float64{m[r][0], m[r][1], m[r][2], g.Origin[r]}
	}
	a[3][3] = 1
	return a
}

// FromAffine builds the grid of a 4×4 index-to-LPS matrix.
func FromAffine(size [3]int, a [4][4]float64) (Geometry, error) {
	g := Geometry{Size: size, Origin: [3]float64{a[0][3], a[1][3], a[2][3]}}
	for n := range 3 {
		col := [3]float64{a[0][n], a[1][n], a[2][n]}
		length := math.Sqrt(col[0]*col[0] + col[1]*col[1] + col[2]*col[2])
		if !(length > 0) || math.IsInf(length, 0) {
			return Geometry{}, fmt.Errorf("volume: affine column %d: want a finite direction longer than 0, got length %g", n, length)
		}
		g.Spacing[n] = length
		g.Axes[n] = [3]float64{col[0] / length, col[1] / length, col[2] / length}
	}
	return g, g.Validate()
}

// Validate reports what makes the grid unusable: a size below 1 or over the cap, a spacing that is
// not positive and finite, or axes that are not unit vectors spanning space.
func (g Geometry) Validate() error {
	voxels := 1
	for n := range 3 {
		if g.Size[n] < 1 {
			return fmt.Errorf("volume: size along index %d: want 1 or more, got %d", n, g.Size[n])
		}
		if voxels > MaxVoxels/g.Size[n] {
			return fmt.Errorf("volume: size %v: want at most %d voxels", g.Size, MaxVoxels)
		}
		voxels *= g.Size[n]
		if s := g.Spacing[n]; !(s > 0) || math.IsInf(s, 0) {
			return fmt.Errorf("volume: spacing along index %d: want a positive number of mm, got %g", n, s)
		}
		if math.IsNaN(g.Origin[n]) || math.IsInf(g.Origin[n], 0) {
			return fmt.Errorf("volume: origin: want finite numbers, got %v", g.Origin)
		}
		length := math.Sqrt(dot(g.Axes[n], g.Axes[n]))
		if math.IsNaN(length) || math.Abs(length-1) > 1e-3 {
			return fmt.Errorf("volume: axis %d: want a unit direction, got length %g", n, length)
		}
	}
	unit := g
	unit.Spacing = [3]float64{1, 1, 1}
	if unit.VoxelMM3() < 1e-3 {
		return errors.New("volume: axes: want three directions that span space, got a flat set")
	}
	return nil
}

// SameGrid returns nil where both grids have the same size and every corner of one lies within
// tolMM of the same corner of the other; the error says what differs. Where tolMM is 0, a
// thousandth of the smallest spacing is used.
func (g Geometry) SameGrid(other Geometry, tolMM float64) error {
	if g.Size != other.Size {
		return fmt.Errorf("volume: grids differ: want size %v, got %v", g.Size, other.Size)
	}
	if tolMM == 0 {
		tolMM = 1e-3 * min(g.Spacing[0], g.Spacing[1], g.Spacing[2])
	}
	for corner := range 8 {
		var index [3]float64
		for n := range 3 {
			if corner>>n&1 == 1 {
				index[n] = float64(g.Size[n] - 1)
			}
		}
		p, q := g.PointLPS(index), other.PointLPS(index)
		if d := math.Sqrt(dist2(p, q)); !(d <= tolMM) {
			return fmt.Errorf("volume: grids differ: corner %v lies %.4g mm apart, want at most %.4g mm", index, d, tolMM)
		}
	}
	return nil
}

// matrix has the scaled axes as columns.
func (g Geometry) matrix() [3][3]float64 {
	var m [3][3]float64
	for r := range 3 {
		for n := range 3 {
			m[r][n] = g.Axes[n][r] * g.Spacing[n]
		}
	}
	return m
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func dist2(a, b [3]float64) float64 {
	d := [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]}
	return dot(d, d)
}

func invert3(m [3][3]float64) [3][3]float64 {
	cof := func(r, c int) float64 {
		r1, r2, c1, c2 := (r+1)%3, (r+2)%3, (c+1)%3, (c+2)%3
		return m[r1][c1]*m[r2][c2] - m[r1][c2]*m[r2][c1]
	}
	det := m[0][0]*cof(0, 0) + m[0][1]*cof(0, 1) + m[0][2]*cof(0, 2)
	var inv [3][3]float64
	for r := range 3 {
		for c := range 3 {
			inv[r][c] = cof(c, r) / det
		}
	}
	return inv
}
