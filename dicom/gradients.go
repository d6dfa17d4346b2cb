package dicom

import (
	"math"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// gradients gives the weighting of each time point along the axes of the NIfTI image, whose j runs
// upwards; nil where the series is none of diffusion.
func (st *Stack) gradients(l lookup) []Gradient {
	out := make([]Gradient, len(st.times))
	known, varies, directed, low := false, false, false, math.Inf(1)
	for t, point := range st.times {
		g := point[0].head.gradient(l.maker)
		if l.maker == ge {
			g = l.geScale(g)
		}
		out[t] = g
		known = known || g.known
		varies = varies || g.B != out[0].B
		directed = directed || g.Direction != [3]float64{}
		low = min(low, g.B)
	}
	types := l.data.Strings(tag.ImageType)
	if low == 0 && !varies && !directed && slices.Contains(types, "DIFFUSION") && !slices.Contains(types, "DERIVED") {
		return out // nothing but b = 0, for the correction of distortion
	}
	faint := 6.0 // what counts as b = 0
	if l.maker == siemens {
		faint = 50
	}
	if !known || !varies && !directed && low <= faint || len(out) == 1 && st.times[0][0].file == st.times[0][len(st.times[0])-1].file {
		return nil
	}
	if l.maker == ge && !l.isDiffusionGE() {
		return nil
	}
	first := st.times[0][0]
	normal := cross(first.row, first.col)
	for t := range out {
		g := &out[t]
		d := g.Direction
		if d == [3]float64{} || g.B <= 0 {
			if l.maker == ge && !st.traceOnly(out) {
				g.B = 0 // GE tells the b-value of the series for those without weighting
			}
			g.Direction = [3]float64{}
			continue
		}
		switch {
		case g.InPlane && l.maker == uih:
			g.Direction = [3]float64{d[0], -d[1], d[2]}
		case g.InPlane:
			g.Direction = l.fromPlane(d, normal)
		default:
			g.Direction = [3]float64{dot(d, first.row), -dot(d, first.col), dot(d, normal)}
			if n := math.Sqrt(dot(g.Direction, g.Direction)); n > 0 {
				for i := range 3 {
					g.Direction[i] /= n
				}
			}
			if st.Descending() {
				// FSL turns the first axis of a right-handed grid round; g and -g weigh alike.
				g.Direction[1] = -g.Direction[1]
			}
		}
		for i := range 3 {
			g.Direction[i] += 0 // no negative zero
		}
	}
	return out
}

// isDiffusionGE keeps b = 0 of other sequences out.
func (l lookup) isDiffusionGE() bool {
	return l.num(tag.DiffusionBValue) > 0 || l.private(geParameters, 0x0043, 0x39) != nil
}

// traceOnly says whether no time point has a direction.
func (st *Stack) traceOnly(all []Gradient) bool {
	for _, g := range all {
		if g.Direction != [3]float64{} {
			return false
		}
	}
	return true
}

// geScale undoes GE's way of telling lower b-values by shorter directions: b × |g|², to the nearest 5.
func (l lookup) geScale(g Gradient) Gradient {
	n := math.Sqrt(dot(g.Direction, g.Direction))
	if n > 0.03 && n < 0.97 {
		b := math.Max(5, math.Floor((g.B*n*n+2.5)/5)*5)
		scale := math.Sqrt(g.B / b)
		g.B = b
		for i := range 3 {
			g.Direction[i] *= scale
		}
	}
	return g
}

// fromPlane turns a direction along frequency, phase and slice into the image's axes. The signs are
// those that dcm2niix's documentation finds for GE (head first, supine).
func (l lookup) fromPlane(d, normal [3]float64) [3]float64 {
	if l.phaseLine() == 'R' {
		d[0], d[1] = d[1], -d[0]
	}
	axis := 0
	for i := range 3 {
		if math.Abs(normal[i]) >= math.Abs(normal[axis]) {
			axis = i
		}
	}
	flip := [3][3]bool{{true, true, false}, {false, true, true}, {false, false, true}}[axis]
	for i := range 3 {
		if flip[i] {
			d[i] = -d[i]
		}
	}
	return [3]float64{-d[0], d[1], -d[2]}
}
