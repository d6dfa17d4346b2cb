package anatomy

import (
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// Plane is the plane that parts left from right: Normal points to the patient's left; a point p lies on
// the left where Normal·p > Offset (LPS, mm).
type Plane struct {
	Normal [3]float64
	Offset float64
}

// Left reports whether a point in LPS mm lies on the patient's left.
func (p Plane) Left(pointLPS [3]float64) bool {
	return p.Normal[0]*pointLPS[0]+p.Normal[1]*pointLPS[1]+p.Normal[2]*pointLPS[2] > p.Offset
}

// maxTilt in radians bounds how far the head may be turned against the grid's patient axes.
const maxTilt = 0.35

// Midplane finds the plane by which the labels mirror onto themselves best: a pattern search over the
// offset and two tilts from the upright plane through the middle of all labels. ok is false where there
// are fewer than 100 labelled voxels.
func Midplane(m *volume.Mask) (plane Plane, ok bool) {
	points, centre := sample(m)
	if len(points) < 100 {
		return Plane{}, false
	}
	at := [3]float64{}                     // shift in mm from the centre, turn about z, turn about y
	step := [3]float64{8, 0.08, 0.08}      // first steps
	least := [3]float64{0.1, 0.001, 0.001} // last steps
	best := mirrored(m, points, planeAt(centre, at))
	for step[0] >= least[0] {
		moved := false
		for n := range 3 {
			for _, sign := range [2]float64{1, -1} {
				next := at
				next[n] += sign * step[n]
				if math.Abs(next[1]) > maxTilt || math.Abs(next[2]) > maxTilt {
					continue
				}
				if s := mirrored(m, points, planeAt(centre, next)); s > best {
					best, at, moved = s, next, true
				}
			}
		}
		if !moved {
			for n := range step {
				step[n] = max(step[n]/2, least[n]/2)
			}
		}
	}
	return planeAt(centre, at), true
}

func planeAt(centre, at [3]float64) Plane {
	cz, sz, cy, sy := math.Cos(at[1]), math.Sin(at[1]), math.Cos(at[2]), math.Sin(at[2])
	n := [3]float64{cz * cy, sz * cy, sy}
	return Plane{Normal: n, Offset: n[0]*centre[0] + n[1]*centre[1] + n[2]*centre[2] + at[0]}
}

type labelled struct {
	p     [3]float64
	label uint16
}

// sample takes about 30,000 labelled voxels at a regular stride, and the centre of all.
func sample(m *volume.Mask) (points []labelled, centre [3]float64) {
	total := 0
	for _, l := range m.Labels {
		if l != 0 {
			total++
		}
	}
	if total == 0 {
		return nil, centre
	}
	every := max(1, total/30000)
	n, at := 0, 0
	for k := range m.Size[2] {
		for j := range m.Size[1] {
			for i := range m.Size[0] {
				l := m.Labels[at]
				at++
				if l == 0 {
					continue
				}
				if n++; n%every != 0 {
					continue
				}
				p := m.PointLPS([3]float64{float64(i), float64(j), float64(k)})
				points = append(points, labelled{p, l})
				for r := range 3 {
					centre[r] += p[r]
				}
			}
		}
	}
	for r := range 3 {
		centre[r] /= float64(max(len(points), 1))
	}
	return points, centre
}

// mirrored counts the points whose mirror image carries the same label; another label counts a third,
// so that the outline has a say.
func mirrored(m *volume.Mask, points []labelled, plane Plane) float64 {
	origin := m.IndexOf([3]float64{})
	var column [3][3]float64
	for r := range 3 {
		var unit [3]float64
		unit[r] = 1
		x := m.IndexOf(unit)
		for c := range 3 {
			column[r][c] = x[c] - origin[c]
		}
	}
	sum := 0.0
	n := plane.Normal
	for _, q := range points {
		d := 2 * (n[0]*q.p[0] + n[1]*q.p[1] + n[2]*q.p[2] - plane.Offset)
		x, y, z := q.p[0]-d*n[0], q.p[1]-d*n[1], q.p[2]-d*n[2]
		var index [3]int
		for c := range 3 {
			index[c] = int(math.Floor(origin[c] + x*column[0][c] + y*column[1][c] + z*column[2][c] + 0.5))
		}
		if index[0] < 0 || index[1] < 0 || index[2] < 0 || index[0] >= m.Size[0] || index[1] >= m.Size[1] || index[2] >= m.Size[2] {
			continue
		}
		switch l := m.Labels[m.Offset(index[0], index[1], index[2])]; {
		case l == q.label:
			sum++
		case l != 0:
			sum += 1.0 / 3
		}
	}
	return sum
}
