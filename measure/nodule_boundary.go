package measure

import (
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/volume"
)

const (
	boundaryAngles = 96
	boundaryRadii  = 120
	harmonics      = 6 // of the radius that are kept in the outline
)

// boundary is a closed outline in polar form around a centre, in pixels.
type boundary struct {
	centre   [2]float64
	radius   []float64 // by angle, smoothed
	raw      []float64 // by angle, as traced
	edgePart float64
	strength float64 // how fast the density falls across the outline, without its strongest and weakest parts
}

// traceBoundary outlines what lies in the box. A box may be too small or too large: three sizes are
// tried, the one with the clearest edge is kept, and the outline is traced once more at its own size.
func traceBoundary(image *volume.Volume, box [4]float64, o NoduleOptions) *boundary {
	centre := [2]float64{(box[0] + box[2]) / 2, (box[1] + box[3]) / 2}
	guess := 1.2 * math.Sqrt((box[2]-box[0])*(box[3]-box[1])) / 2 // a box that is too large does less harm
	sigma := max(0.8, 0.05*guess)
	patch := cutPatch(image, centre, 3.2*guess+8, sigma, o.DenseIsDark)
	if d := patch.fitDome(centre, guess); d.part > 0.1 {
		centre, guess = d.centre, d.radius
	}
	var best *boundary
	top := math.Inf(-1)
	for _, factor := range []float64{0.75, 1, 1.35} {
		b := patch.trace(centre, guess*factor, 1.9*guess)
		r := b.meanRadius()
		d := math.Log(r/guess) / 0.35
		score := b.strength * math.Exp(-d*d/2)
		if r > 1.6*guess || r < 0.5*guess { // another thing than the box holds
			score -= 1e9
		}
		if score > top {
			best, top = b, score
		}
	}
	if again := patch.trace(best.centre, 1.15*best.meanRadius(), 1.9*guess); math.Abs(math.Log(again.meanRadius()/best.meanRadius())) < 0.25 {
		best = again
	}
	for a := range best.radius {
		best.radius[a] += edgeShift * sigma
	}
	return best
}

// trace finds the radius at which the density falls most steeply in each direction, under the
// condition that it changes little from one direction to the next; the centre follows the outline. No
// radius is above farthest.
func (p *patch) trace(start [2]float64, guess, farthest float64) *boundary {
	b := &boundary{centre: start}
	inner, outer := 0.35*guess, min(1.9*guess, farthest)
	at := func(step int) float64 { return inner + (outer-inner)*float64(step)/(boundaryRadii-1) }
	for round := range 5 {
		raw := p.radialEdge(b.centre, inner, outer)
		edge := saturated(raw)
		expected := make([]float64, boundaryAngles) // first a circle, then the ellipse of the round before
		if round == 0 {
			middle := bestCircle(edge, at, guess)
			for a := range expected {
				expected[a] = middle
			}
		} else {
			copy(expected, lowHarmonics(b.raw, 2))
		}
		path := closedPath(edge, at, expected)
		b.raw = make([]float64, boundaryAngles)
		falls := make([]float64, boundaryAngles)
		clear := 0
		for a, step := range path {
			b.raw[a], falls[a] = at(step), raw[a][step]
			if edge[a][step] > 0.5 {
				clear++
			}
		}
		b.edgePart = float64(clear) / boundaryAngles
		slices.Sort(falls)
		b.strength = 0
		for _, f := range falls[boundaryAngles/10 : boundaryAngles*8/10] { // without the strongest, which are ribs
			b.strength += f
		}
		b.radius = lowHarmonics(b.raw, harmonics)
		shift := centroidOf(b.polygon())
		moved := math.Hypot(shift[0]-b.centre[0], shift[1]-b.centre[1])
		if round > 1 && moved < 0.05 {
			break
		}
		limit := 0.35 * guess // the centre stays within reach of the candidate
		dx, dy := shift[0]-start[0], shift[1]-start[1]
		if far := math.Hypot(dx, dy); far > limit {
			dx, dy = dx*limit/far, dy*limit/far
		}
		b.centre = [2]float64{start[0] + dx, start[1] + dy}
	}
	return b
}

func (b *boundary) meanRadius() float64 {
	sum := 0.0
	for _, r := range b.radius {
		sum += r
	}
	return sum / float64(len(b.radius))
}

// edgeShift is how far, in standard deviations of a Gaussian, smoothing moves the steepest point of
// a ball's shadow inwards: the maximum of the convolution of x^(-1/2), the slope of √x, with it.
const edgeShift = 0.765

// bestCircle is the radius with the strongest edge over all directions, near the guess.
func bestCircle(edge [][]float64, at func(int) float64, guess float64) float64 {
	best, radius := -1.0, guess
	for step := range boundaryRadii {
		sum := 0.0
		for a := range edge {
			sum += edge[a][step]
		}
		d := math.Log(at(step)/guess) / 0.45
		if s := sum * math.Exp(-d*d/2); s > best {
			best, radius = s, at(step)
		}
	}
	return radius
}

// saturated scales the edges to 0 to 1 so that one strong edge (a rib) does not outweigh many weak ones.
func saturated(raw [][]float64) [][]float64 {
	var peaks []float64
	for a := range raw {
		peaks = append(peaks, slices.Max(raw[a]))
	}
	slices.Sort(peaks)
	top := peaks[len(peaks)/2]
	if !(top > 0) {
		top = 1
	}
	edge := make([][]float64, len(raw))
	for a := range raw {
		edge[a] = make([]float64, len(raw[a]))
		for s, g := range raw[a] {
			edge[a][s] = min(max(g/top, 0), 1.2)
		}
	}
	return edge
}

// closedPath is the path of the highest sum of edges around the full circle that moves at most one
// step in radius from one direction to the next and ends where it begins; straying from the expected
// radius costs.
func closedPath(edge [][]float64, at func(int) float64, expected []float64) []int {
	const smooth = 0.03
	cost := func(a, s int) float64 {
		d := (at(s) - expected[a]) / (0.3 * expected[a])
		return edge[a][s] - 0.25*d*d
	}
	walk := func(start int) ([]int, float64) {
		score := make([]float64, boundaryRadii)
		back := make([][]int8, boundaryAngles)
		for s := range score {
			score[s] = math.Inf(-1)
			if start < 0 || s == start {
				score[s] = cost(0, s)
			}
		}
		for a := 1; a < boundaryAngles; a++ {
			next := make([]float64, boundaryRadii)
			back[a] = make([]int8, boundaryRadii)
			for s := range next {
				best, from := score[s], int8(0)
				if s > 0 && score[s-1]-smooth > best {
					best, from = score[s-1]-smooth, -1
				}
				if s+1 < boundaryRadii && score[s+1]-smooth > best {
					best, from = score[s+1]-smooth, 1
				}
				next[s], back[a][s] = best+cost(a, s), from
			}
			score = next
		}
		end, top := 0, math.Inf(-1)
		for s, v := range score {
			if (start < 0 || s-start <= 1 && start-s <= 1) && v > top {
				end, top = s, v
			}
		}
		path := make([]int, boundaryAngles)
		path[boundaryAngles-1] = end
		for a := boundaryAngles - 1; a > 0; a-- {
			path[a-1] = path[a] + int(back[a][path[a]])
		}
		return path, top
	}
	free, _ := walk(-1)
	best, top := free, math.Inf(-1)
	for _, start := range []int{free[0], free[boundaryAngles-1], free[boundaryAngles/2], (free[0] + free[boundaryAngles-1]) / 2} {
		if path, score := walk(start); score > top {
			best, top = path, score
		}
	}
	return best
}

// polygon is the outline in pixels.
func (b *boundary) polygon() [][2]float64 {
	out := make([][2]float64, len(b.radius))
	for a, r := range b.radius {
		s, c := math.Sincos(2 * math.Pi * float64(a) / float64(len(b.radius)))
		out[a] = [2]float64{b.centre[0] + r*c, b.centre[1] + r*s}
	}
	return out
}

// roughness is the root mean square of what the first two harmonics (shift and ellipse) leave of the
// traced radius, over the mean radius.
func (b *boundary) roughness() float64 {
	smooth, kept := lowHarmonics(b.radius, 2), 0.0
	mean := 0.0
	for a, r := range b.radius {
		kept += (r - smooth[a]) * (r - smooth[a])
		mean += r / float64(len(b.radius))
	}
	return math.Sqrt(kept/float64(len(b.radius))) / mean
}

// lowHarmonics keeps the mean and the first n harmonics of a periodic sequence.
func lowHarmonics(x []float64, n int) []float64 {
	out := make([]float64, len(x))
	size := float64(len(x))
	for h := 0; h <= n; h++ {
		var re, im float64
		for a, v := range x {
			s, c := math.Sincos(2 * math.Pi * float64(h*a) / size)
			re += v * c
			im += v * s
		}
		scale := 2 / size
		if h == 0 {
			scale = 1 / size
		}
		for a := range out {
			s, c := math.Sincos(2 * math.Pi * float64(h*a) / size)
			out[a] += scale * (re*c + im*s)
		}
	}
	return out
}

func centroidOf(p [][2]float64) [2]float64 {
	var x, y, twice float64
	for n, a := range p {
		b := p[(n+1)%len(p)]
		w := a[0]*b[1] - b[0]*a[1]
		twice += w
		x += (a[0] + b[0]) * w
		y += (a[1] + b[1]) * w
	}
	if twice == 0 {
		return p[0]
	}
	return [2]float64{x / (3 * twice), y / (3 * twice)}
}
