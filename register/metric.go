package register

import (
	"math"
	"slices"
)

// metric scores how well two lists of values agree: higher is better. It also gives the derivative
// of the score by each moving value, for samples that are in; weight holds 0 elsewhere.
type metric interface {
	score(fixed []float32, r *reading, weight []float64) float64
}

// meanSquares is minus the mean square difference.
type meanSquares struct{}

func (meanSquares) score(fixed []float32, r *reading, weight []float64) float64 {
	n, sum := float64(r.count), 0.0
	for at, f := range fixed {
		weight[at] = 0
		if r.in[at] {
			d := float64(r.value[at]) - float64(f)
			sum += d * d
			weight[at] = -2 * d / n
		}
	}
	return -sum / n
}

// correlation is the normalised cross correlation, times sign (−1 looks for inverted images).
type correlation struct{ sign float64 }

func (c correlation) score(fixed []float32, r *reading, weight []float64) float64 {
	n := float64(r.count)
	var sf, sm float64
	for at, f := range fixed {
		if r.in[at] {
			sf += float64(f)
			sm += float64(r.value[at])
		}
	}
	mf, mm := sf/n, sm/n
	var ff, mmv, fm float64
	for at, f := range fixed {
		if r.in[at] {
			a, b := float64(f)-mf, float64(r.value[at])-mm
			ff += a * a
			mmv += b * b
			fm += a * b
		}
	}
	if ff <= 0 || mmv <= 0 {
		clear(weight)
		return 0
	}
	ncc := fm / math.Sqrt(ff*mmv)
	for at, f := range fixed {
		weight[at] = 0
		if r.in[at] {
			a, b := float64(f)-mf, float64(r.value[at])-mm
			weight[at] = c.sign * (a/math.Sqrt(ff*mmv) - ncc*b/mmv)
		}
	}
	return c.sign * ncc
}

// mutualInformation is Mattes' estimate (IEEE TMI 22:120, 2003): a joint histogram with a cubic
// B-spline window over the moving values and a linear one over the fixed values.
type mutualInformation struct {
	bins             int
	loF, hiF         float64
	loM, hiM         float64
	joint            []float64
	marginF, marginM []float64
}

func newMutualInformation(fixed, moving []float32, bins int) *mutualInformation {
	m := &mutualInformation{bins: bins}
	m.loF, m.hiF = spread(fixed)
	m.loM, m.hiM = spread(moving)
	m.joint = make([]float64, bins*bins)
	m.marginF, m.marginM = make([]float64, bins), make([]float64, bins)
	return m
}

// spread is the range of values without the outermost thousandth on each side.
func spread(values []float32) (lo, hi float64) {
	s := make([]float32, 0, 100000)
	for n := 0; n < len(values); n += max(1, len(values)/100000) {
		s = append(s, values[n])
	}
	slices.Sort(s)
	lo, hi = float64(s[len(s)/1000]), float64(s[len(s)-1-len(s)/1000])
	if hi <= lo {
		hi = lo + 1
	}
	return lo, hi
}

// place is the continuous bin of a value, kept two bins away from the ends; clamped says it was cut.
func place(x float32, lo, hi float64, bins int) (at float64, clamped bool) {
	at = 2 + (float64(x)-lo)/(hi-lo)*float64(bins-5)
	if at < 2 {
		return 2, true
	}
	if at > float64(bins-3) {
		return float64(bins - 3), true
	}
	return at, false
}

func (m *mutualInformation) score(fixed []float32, r *reading, weight []float64) float64 {
	clear(m.joint)
	n := float64(r.count)
	for at, f := range fixed {
		if !r.in[at] {
			continue
		}
		a, _ := place(f, m.loF, m.hiF, m.bins)
		b, _ := place(r.value[at], m.loM, m.hiM, m.bins)
		fa := int(a)
		ta := a - float64(fa)
		fb := int(b) - 1
		for k := range 4 {
			w := cubic(b-float64(fb+k)) / n
			m.joint[fa*m.bins+fb+k] += (1 - ta) * w
			m.joint[(fa+1)*m.bins+fb+k] += ta * w
		}
	}
	clear(m.marginF)
	clear(m.marginM)
	for a := range m.bins {
		for b := range m.bins {
			p := m.joint[a*m.bins+b]
			m.marginF[a] += p
			m.marginM[b] += p
		}
	}
	total := 0.0
	for a := range m.bins {
		for b := range m.bins {
			at := a*m.bins + b
			p := m.joint[at]
			if p <= 1e-16 {
				m.joint[at] = 0
				continue
			}
			total += p * math.Log(p/(m.marginF[a]*m.marginM[b]))
			m.joint[at] = math.Log(p / m.marginM[b])
		}
	}
	scale := float64(m.bins-5) / (m.hiM - m.loM) / n
	for at, f := range fixed {
		weight[at] = 0
		if !r.in[at] {
			continue
		}
		b, clamped := place(r.value[at], m.loM, m.hiM, m.bins)
		if clamped {
			continue
		}
		a, _ := place(f, m.loF, m.hiF, m.bins)
		fa := int(a)
		ta := a - float64(fa)
		fb := int(b) - 1
		sum := 0.0
		for k := range 4 {
			slope := cubicSlope(b - float64(fb+k))
			sum += slope * ((1-ta)*m.joint[fa*m.bins+fb+k] + ta*m.joint[(fa+1)*m.bins+fb+k])
		}
		weight[at] = sum * scale
	}
	return total
}

func cubic(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return 2.0/3 - x*x + x*x*x/2
	case x < 2:
		return (2 - x) * (2 - x) * (2 - x) / 6
	}
	return 0
}

func cubicSlope(x float64) float64 {
	s := 1.0
	if x < 0 {
		s, x = -1, -x
	}
	switch {
	case x < 1:
		return s * (-2*x + 1.5*x*x)
	case x < 2:
		return s * -(2 - x) * (2 - x) / 2
	}
	return 0
}
