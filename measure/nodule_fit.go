package measure

import "math"

// dome is a ball's shadow: where it lies and how large it is, in pixels.
type dome struct {
	centre [2]float64
	radius float64
	part   float64 // of the variance left by a smooth ground that the shadow explains, 0 to 1
}

// fitDome looks around a candidate for the ball's shadow that explains most of what a quadratic ground
// leaves of the picture: the shadow √(1 − r²/R²) and the ground are fitted by least squares within 1.5
// radii for every place and size near the candidate's.
func (p *patch) fitDome(centre [2]float64, guess float64) dome {
	best := dome{centre: centre, radius: guess}
	top := 0.0
	for _, f := range []float64{0.62, 0.7, 0.8, 0.9, 1, 1.12, 1.26, 1.42, 1.6} {
		radius := f * guess
		for dy := -6; dy <= 6; dy++ {
			for dx := -6; dx <= 6; dx++ {
				off := math.Hypot(float64(dx), float64(dy)) / 8
				if off > 0.8 {
					continue
				}
				at := [2]float64{centre[0] + float64(dx)/8*guess, centre[1] + float64(dy)/8*guess}
				part := p.domePart(at, radius)
				size := math.Log(f) / 0.4
				if score := part * math.Exp(-size*size/2-off*off/(2*0.6*0.6)); score > top {
					top, best = score, dome{at, radius, part}
				}
			}
		}
	}
	return best
}

// domePart is the part of the variance that the shadow explains; 0 where it would be a hollow.
func (p *patch) domePart(centre [2]float64, radius float64) float64 {
	const steps = 9 // samples from the centre to the edge of the fitted disc
	const reach = 1.5
	var normal [7][7]float64
	var right [7]float64
	sum2, sum, n := 0.0, 0.0, 0.0
	for j := -steps; j <= steps; j++ {
		for i := -steps; i <= steps; i++ {
			x, y := reach*float64(i)/steps, reach*float64(j)/steps // in radii
			r2 := x*x + y*y
			if r2 > reach*reach {
				continue
			}
			shadow := 0.0
			if r2 < 1 {
				shadow = math.Sqrt(1 - r2)
			}
			value := p.at(centre[0]+x*radius, centre[1]+y*radius)
			row := [7]float64{1, x, y, x * x, x * y, y * y, shadow}
			for a := range row {
				right[a] += row[a] * value
				for b := range a + 1 {
					normal[a][b] += row[a] * row[b]
				}
			}
			sum += value
			sum2 += value * value
			n++
		}
	}
	// Cholesky with the shadow last: its part is what the last step takes off the residual.
	var l [7][7]float64
	var z [7]float64
	residual := sum2
	for a := range l {
		for b := range a + 1 {
			x := normal[a][b]
			for c := range b {
				x -= l[a][c] * l[b][c]
			}
			if a != b {
				l[a][b] = x / l[b][b]
				continue
			}
			if x < 1e-9*normal[a][a] {
				return 0
			}
			l[a][a] = math.Sqrt(x)
		}
		z[a] = right[a]
		for c := range a {
			z[a] -= l[a][c] * z[c]
		}
		z[a] /= l[a][a]
		if a < 6 {
			residual -= z[a] * z[a]
		}
	}
	if z[6] <= 0 || residual <= 1e-9*(sum2-sum*sum/n) {
		return 0
	}
	return min(z[6]*z[6]/residual, 1)
}
