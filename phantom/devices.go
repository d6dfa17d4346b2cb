package phantom

import "math"

// devices draws what lies on, in or beside a person: leads, tubes, wires, an implanted generator.
func (t *torso) devices(c *canvas, r random) {
	often := 0.12
	if c.p.ap {
		often = 0.45
	}
	front := -t.halfD - 4
	if r.chance(often) {
		for range 2 + r.IntN(4) {
			sign := r.side()
			at := vec{sign * r.between(40, t.halfW), front, r.between(-100, 100)}
			c.ball(at, r.between(4, 7), 0.9, r.Float64(), 3)
			end := vec{sign * r.between(20, 260), front, r.between(-260, 260)}
			mid := at.towards(end, 0.5).add(vec{r.around(0, 45), 0, r.around(0, 45)})
			c.tube(tube{line: curve([]vec{at, mid, end}, 40), r0: 0.9, r1: 0.9, rho: r.between(3, 8)})
		}
	}
	if r.chance(often * 0.5) { // endotracheal tube
		c.tube(tube{line: curve([]vec{{0, -14, 180}, {1, -4, 110}, t.carina.add(vec{0, 0, r.between(20, 50)})}, 20), r0: 4.5, r1: 4.5, rho: 0.5, hollow: 1, wall: 1.2})
	}
	if r.chance(often * 0.5) { // gastric tube
		c.tube(tube{line: curve([]vec{{-2, 5, 180}, {3, 15, 60}, {6, 15, -40}, {40, -20, -150}, {60, -30, -190}}, 40), r0: 2.1, r1: 2.1, rho: r.between(0.6, 2.2), hollow: 0.4, wall: 0.8})
	}
	if r.chance(often * 0.6) { // central line
		s := r.side()
		c.tube(tube{line: curve([]vec{{s * 120, front, 90}, {s * 70, -50, 95}, {s * 20, -30, 78}, {-14, -10, 55}, {-16, -10, r.between(-10, 35)}}, 40), r0: 1.2, r1: 1.2, rho: r.between(1.5, 4)})
	}
	if r.chance(0.05 + often*0.12) { // generator with a lead
		s := r.side()
		at := vec{s * r.between(70, 105), front + 12, r.between(45, 75)}
		c.sprite(at, 26, 22, func(x, z float64) float64 {
			return 30 * share4((math.Sqrt(sq(x/24)+sq(z/20))-1)*10)
		})
		c.tube(tube{line: curve([]vec{at, {s * 60, -60, 85}, {-15, -20, 60}, {-14, -20, 0}, {25, -40, -45}}, 40), r0: 1, r1: 1, rho: 7})
	}
	if r.chance(0.05) { // sternal wires
		for k := range 5 {
			z := 60 - 24*float64(k)
			c.tube(tube{line: curve([]vec{{-8, front + 10, z}, {0, front + 10, z + 7}, {8, front + 10, z}, {0, front + 10, z - 7}, {-8, front + 10, z}}, 20), r0: 0.7, r1: 0.7, rho: 8})
		}
	}
	if r.chance(0.12) { // necklace or clasp
		if t.female && r.chance(0.6) {
			for range 2 {
				c.ball(vec{r.side() * r.between(60, 120), front, r.between(-60, 90)}, r.between(2, 4), 6, 0.5, 2)
			}
		} else {
			c.tube(tube{line: curve([]vec{{-55, -30, 130}, {-30, front, 80}, {0, front, 55}, {30, front, 80}, {55, -30, 130}}, 40), r0: 0.8, r1: 0.8, rho: 8})
		}
	}
	if r.chance(0.15) { // nipples
		k := r.between(0.5, 1)
		for _, s := range []float64{-1, 1} {
			c.ball(vec{s * t.cageW * 0.6, front, -45 + r.around(0, 8)}, 4.5, 0.45*k, 0, 0)
		}
	}
}

// clouds adds soft patches and streaks to the lungs, as atelectasis and infiltrates make them.
func (t *torso) clouds(path []float32, s *shadow, n int, r random, pitchMM float64) {
	amount := 0.0
	if r.chance(0.4) {
		amount = r.between(0.05, 0.35)
	}
	grain := r.between(0.03, 0.12)
	for octave, sizeMM := range []float64{34, 14, 6} {
		m := max(6, int(float64(n)*pitchMM/sizeMM))
		field := make([]float32, m*m)
		for i := range field {
			field[i] = float32(r.NormFloat64())
		}
		half := enlarge(field, m, float64(s.n-1)/float64(m-1), s.n)
		big := enlarge(blur(half, s.n, 0.3*float64(s.n)/float64(m)), s.n, s.step, n)
		k := float32(grain)
		if octave == 0 {
			k = float32(grain * 1.5)
		}
		right, left := enlarge(s.lung[0], s.n, s.step, n), enlarge(s.lung[1], s.n, s.step, n)
		for i := range path {
			if l := right[i] + left[i]; l > 0 {
				v := big[i]
				extra := k * v * 0.3
				if octave < 2 && amount > 0 && v > 0.6 {
					extra += float32(amount) * (v - 0.6) * 0.5
				}
				path[i] += l * extra
			}
		}
	}
}

// glyphs are 5×7 letters, one byte a row.
var glyphs = map[rune][7]byte{
	'L': {16, 16, 16, 16, 16, 16, 31}, 'R': {30, 17, 17, 30, 20, 18, 17}, 'A': {14, 17, 17, 31, 17, 17, 17},
	'P': {30, 17, 17, 30, 16, 16, 16}, 'O': {14, 17, 17, 17, 17, 17, 14}, 'T': {31, 4, 4, 4, 4, 4, 4},
	'B': {30, 17, 17, 30, 17, 17, 30}, 'E': {31, 16, 16, 30, 16, 16, 31}, 'D': {30, 17, 17, 17, 17, 17, 30},
	'1': {4, 12, 4, 4, 4, 4, 14}, '2': {14, 17, 1, 6, 8, 16, 31}, '7': {31, 1, 2, 4, 8, 8, 8}, '3': {30, 1, 1, 14, 1, 1, 30},
}

// letter draws text with its upper left corner at (u, v), scale pixels a dot.
func letters(img []float32, n int, text string, u, v, scale int, value float32) {
	for k, ch := range []rune(text) {
		g := glyphs[ch]
		for j := range 7 * scale {
			for i := range 5 * scale {
				if g[j/scale]>>(4-i/scale)&1 == 1 {
					x, y := u+k*6*scale+i, v+j
					if x >= 0 && y >= 0 && x < n && y < n {
						img[y*n+x] = value
					}
				}
			}
		}
	}
}

// marks burns in side markers and captions, and blackens what the collimator hid. It returns
// which pixels are hidden.
func marks(img []float32, n int, ap bool, r random) []bool {
	hidden := make([]bool, n*n)
	k := max(1, n/256)
	if r.chance(0.85) {
		value := float32(math.Round(r.between(3300, 4095)))
		if r.chance(0.5) {
			letters(img, n, "L", n-(18+r.IntN(24))*k, (8+r.IntN(36))*k, k*(1+r.IntN(2)), value)
		} else {
			letters(img, n, "R", (6+r.IntN(24))*k, (8+r.IntN(36))*k, k*(1+r.IntN(2)), value)
		}
		if r.chance(0.35) {
			text := []string{"AP", "PA", "PORTABLE", "BED 2", "1317"}[r.IntN(5)]
			if ap {
				text = "AP PORTABLE"
			}
			letters(img, n, text, r.IntN(max(1, n*2/3)), []int{4 * k, n - 14*k}[r.IntN(2)], k, value)
		}
	}
	if r.chance(0.3) {
		var edge [4]float64
		for i := range edge {
			if r.chance(0.5) {
				edge[i] = r.between(0, 0.07) * float64(n)
			}
		}
		slope := r.around(0, 0.012)
		var black float32
		if r.chance(0.2) {
			black = 4095
		}
		for j := range n {
			for i := range n {
				x, y := float64(i)+slope*float64(j-n/2), float64(j)-slope*float64(i-n/2)
				if x < edge[0] || y < edge[1] || x > float64(n-1)-edge[2] || y > float64(n-1)-edge[3] {
					img[j*n+i] = black
					hidden[j*n+i] = true
				}
			}
		}
	}
	return hidden
}
