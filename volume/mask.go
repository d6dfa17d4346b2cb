package volume

import "slices"

// Mask is a label image on a grid: Labels[Offset(i, j, k)] is 0 for background.
// Names[n] says what label n is, where known; Names[0] is the background.
type Mask struct {
	Geometry
	Labels []uint16
	Names  []string
}

// NewMask allocates an empty mask.
func NewMask(g Geometry, names ...string) (*Mask, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	return &Mask{Geometry: g, Labels: make([]uint16, g.Voxels()), Names: names}, nil
}

// Name is the name of a label, or "" where it has none.
func (m *Mask) Name(label uint16) string {
	if int(label) < len(m.Names) {
		return m.Names[label]
	}
	return ""
}

// Present lists the labels other than 0 that occur, in ascending order.
func (m *Mask) Present() []uint16 {
	var seen [1 << 16]bool
	for _, l := range m.Labels {
		seen[l] = true
	}
	var out []uint16
	for l := 1; l < len(seen); l++ {
		if seen[l] {
			out = append(out, uint16(l))
		}
	}
	return out
}

// Count is the number of voxels that carry the label.
func (m *Mask) Count(label uint16) int {
	n := 0
	for _, l := range m.Labels {
		if l == label {
			n++
		}
	}
	return n
}

// Clone copies the mask with its labels.
func (m *Mask) Clone() *Mask {
	c := *m
	c.Labels = slices.Clone(m.Labels)
	c.Names = slices.Clone(m.Names)
	return &c
}

// VolumeML is the volume of a label in ml: its voxels counted at full weight.
func (m *Mask) VolumeML(label uint16) float64 {
	return float64(m.Count(label)) * m.VoxelMM3() / 1000
}
