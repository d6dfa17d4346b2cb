package register

import (
	"context"
	"math"
)

// climb maximises a smooth function from p by a quasi-Newton method (BFGS with backtracking).
// Steps are limited to maxStep; it ends when a step is shorter than tol, all in parameter units (mm).
func climb(ctx context.Context, p []float64, maxStep, tol float64, iterations int, f func(p []float64) (score float64, slope []float64)) ([]float64, float64, error) {
	n := len(p)
	p = append([]float64(nil), p...)
	value, g := f(p)
	h := make([][]float64, n) // inverse Hessian of −f
	reset := func(size float64) {
		for r := range h {
			h[r] = make([]float64, n)
			h[r][r] = size
		}
	}
	reset(maxStep / 2 / max(norm(g), 1e-300))
	fresh := true
	for range iterations {
		if err := ctx.Err(); err != nil {
			return p, value, err
		}
		if norm(g) == 0 || math.IsInf(value, -1) {
			break
		}
		d := apply(h, g)
		if dotN(d, g) <= 0 {
			reset(maxStep / 2 / norm(g))
			d, fresh = apply(h, g), true
		}
		if l := norm(d); l > maxStep {
			for k := range d {
				d[k] *= maxStep / l
			}
		}
		rise := dotN(d, g)
		step, moved := 1.0, false
		var next []float64
		var nextValue float64
		var nextG []float64
		for range 12 {
			next = make([]float64, n)
			for k := range p {
				next[k] = p[k] + step*d[k]
			}
			nextValue, nextG = f(next)
			if nextValue >= value+1e-4*step*rise {
				moved = true
				break
			}
			step /= 2.5
			if step*norm(d) < tol/4 {
				break
			}
		}
		if !moved {
			if fresh {
				break
			}
			reset(maxStep / 4 / norm(g))
			fresh = true
			continue
		}
		s, y := make([]float64, n), make([]float64, n)
		for k := range p {
			s[k], y[k] = next[k]-p[k], g[k]-nextG[k]
		}
		p, value, g = next, nextValue, nextG
		update(h, s, y, fresh)
		fresh = false
		if norm(s) < tol {
			break
		}
	}
	return p, value, nil
}

// update is the BFGS formula for the inverse Hessian; a pair without positive curvature is left out.
func update(h [][]float64, s, y []float64, fresh bool) {
	sy := dotN(s, y)
	if sy <= 1e-12*norm(s)*norm(y) || sy == 0 {
		return
	}
	if fresh {
		size := sy / dotN(y, y)
		for r := range h {
			for c := range h[r] {
				h[r][c] = 0
			}
			h[r][r] = size
		}
	}
	hy := apply(h, y)
	yhy := dotN(y, hy)
	for r := range h {
		for c := range h[r] {
			h[r][c] += (1+yhy/sy)*s[r]*s[c]/sy - (hy[r]*s[c]+s[r]*hy[c])/sy
		}
	}
}

func apply(h [][]float64, v []float64) []float64 {
	out := make([]float64, len(v))
	for r := range h {
		out[r] = dotN(h[r], v)
	}
	return out
}

func dotN(a, b []float64) float64 {
	sum := 0.0
	for n := range a {
		sum += a[n] * b[n]
	}
	return sum
}

func norm(a []float64) float64 { return math.Sqrt(dotN(a, a)) }
