// Package mesh turns regions of a grid into outlines: marching squares (Lorensen and Cline 1987,
// in two dimensions).
package mesh

import "math"

// Contours are the outlines of a region of a w×h picture, as closed polygons without the repeated
// first point, in pixels with the centre of a pixel at whole numbers. They pass half way between
// pixels inside and outside; outer outlines and those of holes run in opposite directions. The
// order is that of the first row, then the first column, that an outline touches.
func Contours(w, h int, inside func(x, y int) bool) [][][2]float64 {
	in := func(x, y int) bool { return x >= 0 && y >= 0 && x < w && y < h && inside(x, y) }
	type point = [2]int32 // twice the position, so that midpoints are whole
	next := map[point]point{}
	var starts []point
	link := func(from, to point) {
		next[from] = to
		starts = append(starts, from)
	}
	for y := -1; y < h; y++ {
		for x := -1; x < w; x++ {
			cx, cy := int32(2*x), int32(2*y)
			top, right, bottom, left := point{cx + 1, cy}, point{cx + 2, cy + 1}, point{cx + 1, cy + 2}, point{cx, cy + 1}
			a, b, c, d := in(x, y), in(x+1, y), in(x+1, y+1), in(x, y+1) // clockwise from the upper left
			corners := [4]bool{a, b, c, d}
			edges := [4]point{left, top, right, bottom} // edges[n] comes before corner n, going clockwise
			// Each run of inside corners is cut off by one segment, from the edge after it to the edge before it;
			// where two opposite corners are inside they are kept apart.
			for n := range 4 {
				if !corners[n] || corners[(n+3)%4] {
					continue
				}
				last := n
				for corners[(last+1)%4] {
					last++
				}
				link(edges[(last+1)%4], edges[n])
			}
		}
	}
	var out [][][2]float64
	for _, start := range starts {
		if _, ok := next[start]; !ok {
			continue
		}
		var loop [][2]float64
		for at := start; ; {
			to, ok := next[at]
			if !ok {
				break
			}
			delete(next, at)
			loop = append(loop, [2]float64{float64(at[0]) / 2, float64(at[1]) / 2})
			at = to
		}
		out = append(out, loop)
	}
	return out
}

// Simplify drops points of a closed polygon that lie within tol of the line between those kept
// (Douglas and Peucker 1973). It keeps at least four points where there are as many.
func Simplify(polygon [][2]float64, tol float64) [][2]float64 {
	if len(polygon) < 5 {
		return polygon
	}
	// Split at the point farthest from the first.
	far, best := 0, -1.0
	for n, p := range polygon {
		if d := math.Hypot(p[0]-polygon[0][0], p[1]-polygon[0][1]); d > best {
			far, best = n, d
		}
	}
	first := simplifyOpen(polygon[:far+1], tol)
	second := simplifyOpen(append(append([][2]float64{}, polygon[far:]...), polygon[0]), tol)
	out := append(first[:len(first)-1:len(first)-1], second[:len(second)-1]...)
	if len(out) < 4 {
		return polygon
	}
	return out
}

func simplifyOpen(line [][2]float64, tol float64) [][2]float64 {
	keep := make([]bool, len(line))
	keep[0], keep[len(line)-1] = true, true
	spans := [][2]int{{0, len(line) - 1}}
	for len(spans) > 0 {
		span := spans[len(spans)-1]
		spans = spans[:len(spans)-1]
		far, best := -1, tol
		for n := span[0] + 1; n < span[1]; n++ {
			if d := toSegment(line[n], line[span[0]], line[span[1]]); d > best {
				far, best = n, d
			}
		}
		if far >= 0 {
			keep[far] = true
			spans = append(spans, [2]int{span[0], far}, [2]int{far, span[1]})
		}
	}
	var out [][2]float64
	for n, p := range line {
		if keep[n] {
			out = append(out, p)
		}
	}
	return out
}

func toSegment(p, a, b [2]float64) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		t = max(0, min(1, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/n))
	}
	return math.Hypot(p[0]-a[0]-t*dx, p[1]-a[1]-t*dy)
}
