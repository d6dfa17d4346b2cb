package phantom

import (
	"math"
	"slices"
)

// exposure is how the detector and its processing turn rays into grey values.
type exposure struct {
	scatter  float64 // of the primary beam behind the chest
	spreadMM float64
	noise    float64 // relative, at unit transmission
	focusMM  float64 // blur
	latitude float64 // width of the curve, in log exposure
	centre   float64 // its middle, as a quantile of the log exposure in the field
	edge     float64 // strength of unsharp masking
	edgeMM   float64
	gamma    float64
}

func drawExposure(r random, ap bool) exposure {
	e := exposure{
		scatter: r.between(0.05, 0.5), spreadMM: r.between(25, 60), noise: r.between(0.002, 0.012), focusMM: r.between(0.25, 0.7),
		latitude: r.between(0.55, 1.15), centre: r.between(0.36, 0.6), gamma: r.between(0.75, 1.3),
	}
	if r.chance(0.55) {
		e.edge, e.edgeMM = r.between(0.2, 1.3), r.between(4, 30)
	}
	if ap {
		e.scatter *= 1.5
		e.noise *= 1.4
	}
	return e
}

// develop turns water-equivalent mm along the rays into stored grey values 0 to 4095, bright
// where little radiation came through.
func develop(path []float32, n int, pitchMM float64, e exposure, r random) []float32 {
	through := make([]float32, len(path))
	for i, w := range path {
		through[i] = float32(math.Exp(-muWater * float64(max(w, 0))))
	}
	// Scatter is smooth: reckon it on every eighth pixel.
	const coarse = 8
	m := n / coarse
	low := make([]float32, m*m)
	for j := range m {
		for i := range m {
			var s float32
			for b := range 4 {
				for a := range 4 {
					s += min(through[(j*coarse+2*b)*n+i*coarse+2*a], 0.35)
				}
			}
			low[j*m+i] = s / 16
		}
	}
	low = blur(low, m, e.spreadMM/pitchMM/coarse)
	haze := enlarge(low, m, float64(n-1)/float64(m-1), n)
	if s := e.focusMM / pitchMM; s > 0.6 {
		through = blur(through, n, s)
	}
	logs := make([]float32, len(path))
	sample := make([]float32, 0, len(path)/16)
	for i, t := range through {
		x := float64(t) + e.scatter*float64(haze[i])
		x *= 1 + e.noise*r.NormFloat64()/math.Sqrt(max(x, 1e-3)*4)
		logs[i] = float32(-math.Log(max(x, 1e-4)))
	}
	for j := n / 8; j < n*7/8; j += 4 {
		for i := n / 8; i < n*7/8; i += 4 {
			sample = append(sample, logs[j*n+i])
		}
	}
	slices.Sort(sample)
	q := func(p float64) float64 { return float64(sample[int(p*float64(len(sample)-1))]) }
	if e.edge > 0 {
		soft := blur(logs, n, e.edgeMM/pitchMM)
		for i, s := range soft {
			logs[i] += float32(e.edge) * (logs[i] - s)
		}
	}
	lo, hi := q(0.08), q(0.93)
	centre := lo + (hi-lo)*(0.2+0.6*e.centre)
	width := (hi - lo) * e.latitude * 0.36
	for i, d := range logs {
		g := 1 / (1 + math.Exp(-(float64(d)-centre)/width))
		logs[i] = float32(math.Round(4095 * math.Pow(g, e.gamma)))
	}
	return logs
}
