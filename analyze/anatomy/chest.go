// Package anatomy says where things lie: side and zone on a chest radiograph, and the structures of the
// brain with their sides.
package anatomy

import (
	"math"
	"strings"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Place is a position in words. Where is the coded structure; Site names the zone as well.
type Place struct {
	Site       string // "right upper zone", or "" where no lung is known
	Where      study.Concept
	Laterality study.Laterality
}

// Structures of SNOMED CT.
var (
	rightLung = study.Concept{Scheme: "SCT", Code: "3341006", Meaning: "Right lung structure"}
	leftLung  = study.Concept{Scheme: "SCT", Code: "44029006", Meaning: "Left lung structure"}
)

// ChestPlace names side and zone of a point, in pixels counted from the outer border, on a frontal
// radiograph whose mask names a "right lung" and a "left lung". A point in neither belongs to the
// nearer. Zones are thirds of the height of that lung as seen: upper, middle, lower. A lobe can't be
// told from one frontal projection.
func ChestPlace(m *volume.Mask, centre [2]float64) Place {
	right, left := lungLabels(m)
	side := nearestLung(m, centre, right, left)
	if side == 0 {
		return Place{}
	}
	top, bottom := m.Size[1], -1
	for j := range m.Size[1] {
		for i := range m.Size[0] {
			if m.Labels[m.Offset(i, j, 0)] == side {
				top, bottom = min(top, j), max(bottom, j+1)
			}
		}
	}
	zone := "lower"
	switch part := (centre[1] - float64(top)) / float64(bottom-top); {
	case part < 1.0/3:
		zone = "upper"
	case part < 2.0/3:
		zone = "middle"
	}
	if side == right {
		return Place{Site: "right " + zone + " zone", Where: rightLung, Laterality: study.Right}
	}
	return Place{Site: "left " + zone + " zone", Where: leftLung, Laterality: study.Left}
}

// lungLabels finds the labels by name; without names they are 1 and 2, as those of cxr-lungs.
func lungLabels(m *volume.Mask) (right, left uint16) {
	for n, name := range m.Names {
		switch strings.ToLower(name) {
		case "right lung":
			right = uint16(n)
		case "left lung":
			left = uint16(n)
		}
	}
	if right == 0 && left == 0 && len(m.Names) == 0 {
		return 1, 2
	}
	return right, left
}

// nearestLung is 0 where there is no lung.
func nearestLung(m *volume.Mask, centre [2]float64, right, left uint16) uint16 {
	best, label := math.Inf(1), uint16(0)
	for j := range m.Size[1] {
		for i := range m.Size[0] {
			l := m.Labels[m.Offset(i, j, 0)]
			if l == 0 || l != right && l != left {
				continue
			}
			d := math.Hypot((float64(i)+0.5-centre[0])*m.Spacing[0], (float64(j)+0.5-centre[1])*m.Spacing[1])
			if d < best {
				best, label = d, l
			}
		}
	}
	return label
}
