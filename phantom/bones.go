package phantom

import "math"

// cage is the curve on which ribs lie: lateral reach and depth at a height.
func (t *torso) cage(side int, z float64) (a, b, cy float64) {
	s := &t.lungs[side].sections[heightIndex(z)]
	return max(math.Abs(s.cx)+s.a+5, 42), max(s.b+6, 38), s.cy
}

// ribLine is the centre line of rib i (0 is the first) from the spine to the cartilage.
func (t *torso) ribLine(side, i int, pitchMM, drop, tipDeg float64) []vec {
	sign := float64(2*side - 1)
	z0 := t.lungs[0].top + 9 - pitchMM*float64(i)
	line := make([]vec, 0, 48)
	for k := range 48 {
		f := float64(k) / 47
		phi := (9 + (tipDeg-9)*f) * math.Pi / 180
		z := z0 + 5*math.Sin(min(phi*2.2, math.Pi)) - drop*math.Pow(f, 1.35)
		a, b, cy := t.cage(side, min(z, t.lungs[0].top-12))
		if i == 0 {
			a = min(a, 58)
		}
		c := math.Cos(phi)
		line = append(line, vec{sign*a*math.Pow(math.Abs(math.Sin(phi)), 0.85) + t.spineX(z0)*(1-f), cy + b*c, z})
	}
	return line
}

// bones draws the skeleton.
func (t *torso) bones(c *canvas, r random) {
	pitchMM := (t.lungs[0].top - t.lungs[0].bottom) / 12.4 * r.between(0.94, 1.08)
	drop := r.between(60, 105)
	strong := r.between(0.75, 1.25) * (1.1 - 0.3*t.old)
	width := r.between(5.2, 6.8)
	bone := r.between(0.6, 1.9)
	missing := -1
	if r.chance(0.04) {
		missing = 2*r.IntN(8) + r.IntN(2)
	}
	for i := range 12 {
		for side := range 2 {
			if 2*i+side == missing {
				continue
			}
			k := drop * min(1, 0.55+0.09*float64(i))
			tip := 152 - 3.2*float64(max(0, i-5)) - 60*smooth(float64(i-9)/2)
			line := t.ribLine(side, i, pitchMM, k+r.around(0, 2), tip)
			rho := bone * strong
			c.tube(tube{line: line, r0: width * 0.92, r1: width * 1.06, rho: rho, hollow: 0.92, wall: 1.5, flat: 0.45})
		}
	}
	t.spine(c, pitchMM, strong*r.between(0.15, 0.8))
	t.girdle(c, r, strong)
}

func (t *torso) spine(c *canvas, pitchMM, strong float64) {
	y := 0.62 * t.cageD
	for i := -4; i < 16; i++ {
		z := t.lungs[0].top + 6 - pitchMM*float64(i)
		w, h := 15+0.45*float64(max(i, 0)), pitchMM*0.5-1.8
		x := t.spineX(z)
		depth := 24.0 * strong
		c.sprite(vec{x, y, z}, w+4, h+4, func(dx, dz float64) float64 {
			waist := w - 2*(1-sq(dz/h))
			in := share4((math.Abs(dx)-waist)/1.6) * share4((math.Abs(dz)-h)/1.2)
			rim := math.Exp(-sq((math.Abs(dz)-h+1)/1.3)) + math.Exp(-sq((math.Abs(dx)-waist+1)/1.2))
			return in * depth * (0.62 + 0.35*rim)
		})
		for _, sign := range []float64{-1, 1} {
			c.ball(vec{x + sign*w*0.62, y + 18, z + 2}, 4.6, 1.6*strong, 0.8, 3)
			c.tube(tube{line: []vec{{x + sign*10, y + 22, z}, {x + sign*(27-0.6*float64(max(i, 0))), y + 30, z + 4}}, r0: 4, r1: 3.2, rho: 0.9 * strong, hollow: 0.5, wall: 1.2})
		}
		c.tube(tube{line: []vec{{x, y + 25, z - 2}, {x, y + 48, z - 16}}, r0: 3.2, r1: 3, rho: 0.9 * strong, hollow: 0.4, wall: 1})
	}
}

func share4(x float64) float64 { return max(0, min(1, 0.5-x)) }

func (t *torso) girdle(c *canvas, r random, strong float64) {
	lift, protract := r.between(-12, 22), r.between(-10, 38)
	zc := t.lungs[0].top - r.between(34, 62)
	if c.p.ap {
		zc += 12
		protract -= 14
	}
	for _, sign := range []float64{-1, 1} {
		tilt := r.around(0, 5)
		front := -0.8 * t.cageD
		shoulder := vec{sign * (t.halfW*0.98 + 14 + 0.3*protract), 5 - 0.5*protract, t.shoulderZ - 12 + lift + tilt}
		clav := []vec{
			{sign * 13, front, zc},
			{sign * 45, front + 2, zc + 6 + 0.1*lift},
			{sign * 88, front + 34, zc + 8 + 0.4*(shoulder[2]+14-zc)},
			{sign * (shoulder[0]*sign - 22), shoulder[1] - 4, shoulder[2] + 14},
		}
		c.tube(tube{line: curve(clav, 24), r0: 6.8, r1: 5.6, rho: 1.25 * strong, hollow: 0.76, wall: 1.6})
		back := 0.86 * t.cageD
		inner := t.cageW*0.62 + protract
		low := vec{sign * (inner + 30), back, t.shoulderZ - 138 + 0.4*lift}
		high := vec{sign * (inner - 2), back, t.shoulderZ + 4 + lift}
		neck := vec{sign * (shoulder[0]*sign - 26), back - 35, shoulder[2] - 12}
		c.plate([]vec{low, high, neck}, 1.7*strong)
		c.tube(tube{line: []vec{low, neck}, r0: 5, r1: 6.5, rho: 0.7 * strong, hollow: 0.6, wall: 1.6})
		c.tube(tube{line: []vec{low, high}, r0: 2.6, r1: 2.4, rho: 0.75 * strong, hollow: 0.2, wall: 1})
		c.tube(tube{line: []vec{high.towards(low, 0.2), shoulder.add(vec{sign * -4, 14, 22})}, r0: 3.5, r1: 5, rho: 0.8 * strong, hollow: 0.5, wall: 1.3})
		c.ball(neck.towards(shoulder, 0.3), 14, 0.35*strong, 0.7, 12)
		c.ball(shoulder, 24, 0.42*strong, 0.62, 22)
		side := 0
		if sign > 0 {
			side = 1
		}
		if arm := t.arms[side]; len(arm) > 1 {
			line := append([]vec{shoulder}, arm[1:]...)
			c.tube(tube{line: line, r0: 15, r1: 11.5, rho: 1.15 * strong, hollow: 0.9, wall: 3.4})
		}
	}
	// manubrium and sternum
	front := -0.86 * t.cageD
	c.tube(tube{line: []vec{{0, front, zc - 4}, {0, front - 6, zc - 42}}, r0: 20, r1: 15, rho: 0.16 * strong, hollow: 0.8, wall: 2})
	c.tube(tube{line: []vec{{0, front - 6, zc - 44}, {0, front - 4, zc - 140}}, r0: 14, r1: 14, rho: 0.16 * strong, hollow: 0.8, wall: 2})
}

// curve is a smooth line of n points through the given ones (Catmull-Rom).
func curve(p []vec, n int) []vec {
	out := make([]vec, 0, n)
	get := func(i int) vec { return p[max(0, min(len(p)-1, i))] }
	for k := range n {
		f := float64(k) / float64(n-1) * float64(len(p)-1)
		i := min(int(f), len(p)-2)
		t := f - float64(i)
		a, b, c, d := get(i-1), get(i), get(i+1), get(i+2)
		var q vec
		for m := range 3 {
			q[m] = 0.5 * (2*b[m] + (c[m]-a[m])*t + (2*a[m]-5*b[m]+4*c[m]-d[m])*t*t + (3*b[m]-a[m]-3*c[m]+d[m])*t*t*t)
		}
		out = append(out, q)
	}
	return out
}
