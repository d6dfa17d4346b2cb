package register

import (
	"fmt"
	"math"
	"strings"
)

// judge measures the outcome on the finest level and says whether it can be relied on.
func (j *job) judge(level *pair, t *Linear, sign float64) *Result {
	m := j.metric(level, sign)
	r := &Result{Transform: t, Preset: j.preset.Name, Metric: metricName(m), Inverted: sign < 0}
	still := Identity(t.Kind)
	if j.preset.Planar {
		still.Translation = j.intoPlane(still)
	}
	r.Before, _ = j.scoreOf(level, still, m)
	after, ok := j.scoreOf(level, t, m)
	if ok {
		r.After = after
		r.Overlap = float64(j.read.count) / float64(len(level.fixed.points))
	}
	centre := gridCentre(j.fixed.Geometry)
	to := t.Map(centre)
	r.ShiftMM = math.Sqrt((to[0]-centre[0])*(to[0]-centre[0]) + (to[1]-centre[1])*(to[1]-centre[1]) + (to[2]-centre[2])*(to[2]-centre[2]))
	r.Rotation, r.Scale, r.Iterations = t.RotationDeg(), t.ScaleFactors(), j.evaluations
	r.Verdict, r.Reason = verdict(r, j.preset)
	return r
}

func metricName(m metric) string {
	switch m.(type) {
	case correlation:
		return "correlation of locally normalised images"
	case meanSquares:
		return "mean squares"
	}
	return "mutual information"
}

// leastInformation is the mutual information in nats below which a fit tells nothing: images of different
// things reach a few hundredths, those of one body part half a nat and more, of any contrast.
const leastInformation = 0.15

// verdict lists every limit of the preset that the outcome breaks.
func verdict(r *Result, p Preset) (Verdict, string) {
	var broken []string
	l := p.Limits
	scale := r.Scale
	if p.Planar { // the direction out of the plane is always 1
		scale = planarScale(scale)
	}
	lo, hi := min(scale[0], scale[1], scale[2]), max(scale[0], scale[1], scale[2])
	if lo < l.MinScale || hi > l.MaxScale {
		broken = append(broken, fmt.Sprintf("scale %.2f to %.2f lies outside %.2f to %.2f", lo, hi, l.MinScale, l.MaxScale))
	}
	if determinant3(r.Transform.A) <= 0 {
		broken = append(broken, "the transform mirrors the image")
	}
	if r.Rotation > l.MaxRotationDeg {
		broken = append(broken, fmt.Sprintf("rotation of %.0f degrees is above %.0f", r.Rotation, l.MaxRotationDeg))
	}
	if r.Overlap < l.MinOverlap {
		broken = append(broken, fmt.Sprintf("only %.0f %% of the image overlaps, below %.0f %%", 100*r.Overlap, 100*l.MinOverlap))
	}
	if r.After < l.MinCorrelation {
		broken = append(broken, fmt.Sprintf("correlation of %.2f is below %.2f", r.After, l.MinCorrelation))
	}
	if r.Metric == metricName(nil) && r.After < leastInformation {
		broken = append(broken, fmt.Sprintf("mutual information of %.3f is below %.2f: the images have too little in common", r.After, leastInformation))
	}
	if r.After < r.Before {
		broken = append(broken, "the images agree less than before")
	}
	if len(broken) > 0 {
		return Refused, strings.Join(broken, "; ")
	}
	return Accepted, fmt.Sprintf("%s rose from %.3f to %.3f, overlap %.0f %%, scale %.2f to %.2f, rotation %.1f degrees", r.Metric, r.Before, r.After, 100*r.Overlap, lo, hi, r.Rotation)
}

// planarScale replaces the stretch nearest to 1, that of the direction out of the plane.
func planarScale(s [3]float64) [3]float64 {
	one := 0
	for n := range 3 {
		if math.Abs(s[n]-1) < math.Abs(s[one]-1) {
			one = n
		}
	}
	s[one] = s[(one+1)%3]
	return s
}
