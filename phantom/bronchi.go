package phantom

import "math"

// branch is one vessel segment of the lungs.
type branch struct {
	line   []vec
	r0, r1 float64
}

// vesselTree grows the pulmonary vessels of a side from its hilum.
func (t *torso) vesselTree(side int, r random, dense float64) []branch {
	sign := float64(2*side - 1)
	root := t.hila[side]
	var out []branch
	var grow func(at, dir vec, radius float64, depth int)
	grow = func(at, dir vec, radius float64, depth int) {
		if radius < 0.4 || depth > 10 {
			return
		}
		length := (10 + 5*radius) * r.between(0.7, 1.35)
		line := []vec{at}
		p := at
		bend := vec{r.around(0, 0.09), r.around(0, 0.09), r.around(0, 0.09)}
		ended := false
		for range 5 {
			dir = unit(dir.add(bend))
			p = p.add(dir.scale(length / 5))
			if depth > 0 && !t.inLung(side, p, 2) {
				ended = true
				break
			}
			line = append(line, p)
		}
		end := radius * 0.9
		if len(line) > 1 {
			out = append(out, branch{line, radius, end})
		}
		if ended {
			return
		}
		split := r.between(0.3, 0.62)
		axis := unit(vec{r.around(0, 1), r.around(0, 0.8), r.around(0, 1)})
		big := r.between(0.72, 0.93)
		grow(p, unit(dir.add(axis.scale(split*0.55))), end*big, depth+1)
		grow(p, unit(dir.sub(axis.scale(split*1.3))), end*math.Pow(max(1-big*big*big*0.85, 0.05), 1.0/3)*0.95, depth+1)
	}
	stems := []struct {
		dir vec
		r   float64
	}{
		{vec{sign * 0.45, 0.1, 1}, 3.2}, {vec{sign * 0.8, -0.4, 0.75}, 2.8}, {vec{sign * 1, 0.5, 0.35}, 2.6},
		{vec{sign * 1, -0.6, -0.15}, 3.0}, {vec{sign * 0.9, 0.5, -0.5}, 3.3}, {vec{sign * 0.55, 0.2, -1}, 4.8},
		{vec{sign * 0.5, 0.8, -0.8}, 4.2}, {vec{sign * 0.75, -0.2, -0.9}, 3.4}, {vec{sign * 0.2, 0.6, -1}, 3.6},
		{vec{sign * 0.3, 0.9, 0.6}, 2.4},
	}
	for _, s := range stems {
		start := root.add(vec{r.around(0, 4), r.around(0, 6), r.around(0, 7)})
		grow(start, unit(s.dir.add(vec{r.around(0, 0.16), r.around(0, 0.2), r.around(0, 0.16)})), s.r*dense*r.between(0.95, 1.35), 0)
	}
	return out
}

func unit(v vec) vec { return v.scale(1 / max(v.length(), 1e-9)) }

// inLung is true for points at least margin mm inside the pleura and outside heart and mediastinum.
func (t *torso) inLung(side int, p vec, margin float64) bool {
	l := &t.lungs[side]
	h := heightIndex(p[2])
	if l.sections[h].distance(p[0], p[1], l.square) > -margin || l.diaphragm(p[0], p[1]) > p[2]-margin {
		return false
	}
	return t.heartDistance(p) > margin
}

func (t *torso) heartDistance(p vec) float64 {
	d := math.Inf(1)
	for i := range t.heart {
		d = min(d, t.heart[i].distance(p[0], p[1], p[2]))
	}
	return d
}

// air draws trachea and main bronchi as missing tissue, and the hila.
func (t *torso) airways(c *canvas, r random, dense float64) {
	c.tube(tube{line: curve(t.trachea, 20), r0: 8.5, r1: 8, rho: -0.95})
	for s := range 2 {
		sign := float64(2*s - 1)
		end := t.hila[s].add(vec{sign * 6, 0, -6 - 6*float64(s)})
		c.tube(tube{line: curve([]vec{t.carina, t.carina.towards(end, 0.5).add(vec{0, 2, 3}), end}, 10), r0: 6.5, r1: 5, rho: -0.9})
		h := t.hila[s]
		c.tube(tube{line: curve([]vec{h.add(vec{-sign * 10, 0, 12}), h.add(vec{sign * 4, 0, 2}), h.add(vec{sign * 9, 6, -40})}, 12), r0: 7.5 * dense, r1: 5.2 * dense, rho: 0.75})
		for range 3 {
			c.ball(h.add(vec{sign * r.around(2, 5), r.around(0, 8), r.around(0, 12)}), r.between(4, 7.5)*dense, 0.6, 0, 0)
		}
	}
	for s := range 2 {
		for _, b := range t.vesselTree(s, r, dense) {
			c.tube(tube{line: b.line, r0: b.r0, r1: b.r1, rho: 1})
		}
	}
}
