package segment

import (
	"fmt"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/morph"
)

// Largest keeps the largest component (26 neighbours, 8 in one slice) of each label.
func Largest(m *volume.Mask) error { return post(m, true, false) }

// FillHoles gives background that a label encloses (within each slice where the mask has one slice,
// else in 3-D) that label.
func FillHoles(m *volume.Mask) error { return post(m, false, true) }

func post(m *volume.Mask, largest, fill bool) error {
	if !largest && !fill {
		return nil
	}
	for _, label := range m.Present() {
		lo, hi, ok := m.Bounds(func(l uint16) bool { return l == label })
		if !ok {
			continue
		}
		part, err := m.Crop(lo, hi)
		if err != nil {
			return fmt.Errorf("segment: %w", err)
		}
		on := morph.Select(part, label)
		if largest {
			if on, err = morph.Largest(on, part.Size, 26); err != nil {
				return fmt.Errorf("segment: %w", err)
			}
		}
		if fill {
			on = morph.FillHoles(on, part.Size, m.Size[2] == 1)
		}
		at := 0
		for k := lo[2]; k < hi[2]; k++ {
			for j := lo[1]; j < hi[1]; j++ {
				for i := lo[0]; i < hi[0]; i++ {
					l := &m.Labels[m.Offset(i, j, k)]
					switch {
					case *l == label && !on[at]:
						*l = 0
					case *l == 0 && on[at]:
						*l = label
					}
					at++
				}
			}
		}
	}
	return nil
}
