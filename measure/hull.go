package measure

import (
	"cmp"
	"math"
	"slices"
)

// point2 is a point of a plane.
type point2 = [2]float64

// convexHull is the convex hull of the points, counter-clockwise, without collinear points
// (Andrew's monotone chain). The input is reordered.
func convexHull(points []point2) []point2 {
	slices.SortFunc(points, func(a, b point2) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	points = slices.Compact(points)
	if len(points) < 3 {
		return slices.Clone(points)
	}
	hull := make([]point2, 0, 2*len(points))
	grow := func(p point2, floor int) {
		for len(hull) >= floor+2 && cross(hull[len(hull)-2], hull[len(hull)-1], p) <= 0 {
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, p)
	}
	for _, p := range points {
		grow(p, 0)
	}
	floor := len(hull) - 1
	for n := len(points) - 2; n >= 0; n-- {
		grow(points[n], floor)
	}
	return hull[:len(hull)-1]
}

func cross(o, a, b point2) float64 {
	return (a[0]-o[0])*(b[1]-o[1]) - (a[1]-o[1])*(b[0]-o[0])
}

// farthest2 is the pair of points that lie farthest apart.
func farthest2(points []point2) (p, q point2, d float64) {
	if len(points) > 0 {
		p, q = points[0], points[0]
	}
	best := 0.0
	for a := range points {
		for b := a + 1; b < len(points); b++ {
			dx, dy := points[a][0]-points[b][0], points[a][1]-points[b][1]
			if s := dx*dx + dy*dy; s > best {
				best, p, q = s, points[a], points[b]
			}
		}
	}
	return p, q, math.Sqrt(best)
}

// farthest3 is the pair of points of space that lie farthest apart. Points are visited from the
// outside inwards, so that most pairs need not be looked at.
func farthest3(points [][3]float64) (p, q [3]float64, d float64) {
	if len(points) == 0 {
		return p, q, 0
	}
	var centre [3]float64
	for _, x := range points {
		for n := range 3 {
			centre[n] += x[n] / float64(len(points))
		}
	}
	type far struct {
		at [3]float64
		r  float64
	}
	sorted := make([]far, len(points))
	for n, x := range points {
		sorted[n] = far{x, distance3(x, centre)}
	}
	slices.SortStableFunc(sorted, func(a, b far) int { return cmp.Compare(b.r, a.r) })
	p, q = sorted[0].at, sorted[0].at
	for a := range sorted {
		if 2*sorted[a].r <= d {
			break
		}
		for b := a + 1; b < len(sorted); b++ {
			if sorted[a].r+sorted[b].r <= d {
				break
			}
			if e := distance3(sorted[a].at, sorted[b].at); e > d {
				d, p, q = e, sorted[a].at, sorted[b].at
			}
		}
	}
	return p, q, d
}

func distance3(a, b [3]float64) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return math.Sqrt(x*x + y*y + z*z)
}

// widestAcross is the longest chord of a convex polygon perpendicular to the direction from p to q.
func widestAcross(hull []point2, p, q point2) (a, b point2, width float64) {
	dx, dy := q[0]-p[0], q[1]-p[1]
	length := math.Hypot(dx, dy)
	if length == 0 || len(hull) < 3 {
		return p, p, 0
	}
	u := point2{dx / length, dy / length}
	n := point2{-u[1], u[0]}
	along := func(x point2) float64 { return x[0]*u[0] + x[1]*u[1] }
	across := func(x point2) float64 { return x[0]*n[0] + x[1]*n[1] }
	a, b = p, p
	for _, v := range hull { // the width is piecewise linear in the offset: its largest value is at a corner
		t := along(v)
		lo, hi := math.Inf(1), math.Inf(-1)
		for e := range hull {
			x, y := hull[e], hull[(e+1)%len(hull)]
			tx, ty := along(x), along(y)
			if (tx < t-1e-12 && ty < t-1e-12) || (tx > t+1e-12 && ty > t+1e-12) {
				continue
			}
			cx, cy := across(x), across(y)
			if math.Abs(ty-tx) < 1e-12 {
				lo, hi = min(lo, cx, cy), max(hi, cx, cy)
				continue
			}
			c := cx + (cy-cx)*(t-tx)/(ty-tx)
			lo, hi = min(lo, c), max(hi, c)
		}
		if hi-lo > width {
			width = hi - lo
			a = point2{t*u[0] + lo*n[0], t*u[1] + lo*n[1]}
			b = point2{t*u[0] + hi*n[0], t*u[1] + hi*n[1]}
		}
	}
	return a, b, width
}
