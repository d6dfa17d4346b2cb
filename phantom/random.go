package phantom

import (
	"math"
	"math/rand/v2"
)

// random draws the numbers of one aspect of a study, so that setting one aspect leaves the others.
type random struct{ *rand.Rand }

// stream is the generator of an aspect of a seed.
func stream(seed, aspect uint64) random {
	return random{rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15*(aspect+1)))}
}

// between draws uniformly from lo to hi.
func (r random) between(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

// around draws a normal deviate cut off at two and a half deviations.
func (r random) around(mean, dev float64) float64 {
	for {
		if x := r.NormFloat64(); math.Abs(x) <= 2.5 {
			return mean + dev*x
		}
	}
}

// chance is true with probability p.
func (r random) chance(p float64) bool { return r.Float64() < p }

// side is -1 or 1.
func (r random) side() float64 {
	if r.chance(0.5) {
		return -1
	}
	return 1
}
