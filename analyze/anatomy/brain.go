package anatomy

import (
	"strings"

	"github.com/caliper-imaging/caliper/measure"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Structure is one structure of the brain by its volumes in ml. Left and Right are nil for structures of
// the midline.
type Structure struct {
	Name        string // without its side
	TotalML     float64
	Left, Right *float64
	Concept     *study.Concept
}

// Structures sums the labels of a brain by structure. Labels that carry a side in their name (Left-,
// Right-, ctx-lh-, ctx-rh-) are paired; others of paired structures are parted at the midplane.
// The order is that of the labels.
func Structures(m *volume.Mask) []Structure {
	plane, havePlane := Midplane(m)
	left := leftCounts(m, plane, havePlane)
	ml := m.VoxelMM3() / 1000
	var out []Structure
	index := map[string]int{}
	for _, label := range m.Present() {
		full := m.Name(label)
		if full == "" {
			continue
		}
		name, side := sided(full)
		at, ok := index[name]
		if !ok {
			at = len(out)
			index[name] = at
			out = append(out, Structure{Name: name, Concept: concept(name)})
		}
		s := &out[at]
		count := m.Count(label)
		total := float64(count) * ml
		s.TotalML += total
		switch {
		case side == study.Left:
			s.Left = add(s.Left, total)
			s.Right = add(s.Right, 0)
		case side == study.Right:
			s.Right = add(s.Right, total)
			s.Left = add(s.Left, 0)
		case havePlane && !midline(name):
			l := float64(left[label]) * ml
			s.Left, s.Right = add(s.Left, l), add(s.Right, total-l)
		}
	}
	return out
}

func add(p *float64, x float64) *float64 {
	if p != nil {
		x += *p
	}
	return &x
}

func leftCounts(m *volume.Mask, plane Plane, ok bool) map[uint16]int {
	left := map[uint16]int{}
	if !ok {
		return left
	}
	at := 0
	for k := range m.Size[2] {
		for j := range m.Size[1] {
			for i := range m.Size[0] {
				if l := m.Labels[at]; l != 0 && plane.Left(m.PointLPS([3]float64{float64(i), float64(j), float64(k)})) {
					left[l]++
				}
				at++
			}
		}
	}
	return left
}

// sided takes the side off a name as FreeSurfer writes it.
func sided(full string) (string, study.Laterality) {
	for _, p := range []struct {
		prefix, rest string
		side         study.Laterality
	}{{"Left-", "", study.Left}, {"Right-", "", study.Right}, {"ctx-lh-", "ctx-", study.Left}, {"ctx-rh-", "ctx-", study.Right}} {
		if rest, ok := strings.CutPrefix(full, p.prefix); ok {
			return p.rest + rest, p.side
		}
	}
	return full, ""
}

// midline structures have no sides.
func midline(name string) bool {
	switch name {
	case "3rd-Ventricle", "4th-Ventricle", "5th-Ventricle", "Brain-Stem", "CSF", "brain", "Corpus callosum", "Ventricle":
		return true
	}
	return strings.HasPrefix(name, "CC_")
}

// BrainMeasures gives the volumes of the structures in ml, by side where they have one, and the
// asymmetry of pairs in percent.
func BrainMeasures(m *volume.Mask) []study.Measurement {
	var out []study.Measurement
	volumeOf := func(s Structure, side study.Laterality, ml float64, method string) {
		out = append(out, study.Measurement{Key: study.KeyVolume, Value: ml, Unit: "ml", Label: s.Name, Side: side, Method: method, Concept: s.Concept})
	}
	for _, s := range Structures(m) {
		volumeOf(s, "", s.TotalML, "voxels of the label × volume of a voxel")
		if s.Left == nil {
			continue
		}
		method := "voxels of the label on that side of the plane of best mirror symmetry"
		volumeOf(s, study.Left, *s.Left, method)
		volumeOf(s, study.Right, *s.Right, method)
		if a, ok := measure.Asymmetry(*s.Left, *s.Right); ok {
			a.Label = s.Name
			out = append(out, a)
		}
	}
	return out
}
