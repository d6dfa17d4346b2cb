package register

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/caliper-imaging/caliper/volume"
)

const (
	wantSamples  = 250000
	minOverlap   = 0.1 // below it a transform has no score
	sameContrast = 0.9 // correlation above which two images are taken to show the same contrast
	coarseLevels = 32  // voxels along the longest side on the coarsest level
)

// job is one registration under way.
type job struct {
	preset        Preset
	o             Options
	threads       int
	rough         bool // without the finest level
	fixed, moving *volume.Volume
	evaluations   int
	read          reading
	weight        []float64

	exposedF, exposedM func([3]float64) bool // of radiographs
}

func (j *job) run(ctx context.Context) (*Result, error) {
	fixed, moving := finite(j.fixed), finite(j.moving)
	spacings := j.spacings()
	if j.rough && len(spacings) > 1 {
		spacings = spacings[:len(spacings)-1]
	}
	var levels []*pair
	for _, s := range spacings {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := j.level(fixed, moving, s)
		if err != nil {
			return nil, err
		}
		levels = append(levels, p)
	}
	best, sign, err := j.start(ctx, levels, fixed, moving)
	if err != nil {
		return nil, err
	}
	last := j.preset.Kinds[len(j.preset.Kinds)-1]
	for n, level := range levels {
		kinds := j.preset.Kinds[:1]
		switch { // the last kind is freed on the two finest levels, those between before it
		case n >= len(levels)-2:
			kinds = j.preset.Kinds
			if n == len(levels)-1 {
				kinds = []Kind{last}
			}
		case n > 0 && len(j.preset.Kinds) > 2:
			kinds = j.preset.Kinds[:2]
		}
		tol := 0.02 * level.spacingMM
		if n == len(levels)-1 {
			tol = 0.001 * level.spacingMM
			if j.preset.Normalise { // patients differ by more between two radiographs
				tol = 0.01 * level.spacingMM
			}
		}
		for _, kind := range kinds {
			best, _, err = j.improve(ctx, level, best, kind, j.metric(level, sign), level.spacingMM, tol, 60)
			if err != nil {
				return nil, err
			}
		}
	}
	finest := levels[len(levels)-1]
	if !j.preset.Normalise { // like contrasts: correlation is sharper than mutual information
		if like, ok := j.scoreOf(finest, best, correlation{1}); ok && like > sameContrast {
			best, _, err = j.improve(ctx, finest, best, last, correlation{1}, finest.spacingMM/2, 0.0005*finest.spacingMM, 40)
			if err != nil {
				return nil, err
			}
		}
	}
	return j.judge(finest, best, sign), nil
}

// spacings of the levels in mm, coarsest first: halved until the finer of the two images is reached.
func (j *job) spacings() []float64 {
	extent, finest := 0.0, math.Inf(1)
	for n := range 3 {
		if j.fixed.Size[n] > 1 {
			extent = max(extent, float64(j.fixed.Size[n])*j.fixed.Spacing[n])
			finest = min(finest, j.fixed.Spacing[n])
		}
	}
	floor := max(finest, extent/256)
	var out []float64
	for s := extent / coarseLevels; s > floor*1.3; s /= 2 {
		out = append(out, s)
	}
	return append(out, floor)
}

// level prepares both images at a spacing.
func (j *job) level(fixed, moving []float32, spacingMM float64) (*pair, error) {
	fg, fd := shrink(j.fixed.Geometry, fixed, factors(j.fixed.Geometry, spacingMM))
	mg, md := shrink(j.moving.Geometry, moving, factors(j.moving.Geometry, spacingMM))
	var sigma [3]float64
	for n := range 3 {
		sigma[n] = 0.7
	}
	fd, md = smooth(fg, fd, sigma), smooth(mg, md, sigma)
	insideF, insideM := maskTest(j.o.FixedMask), maskTest(j.o.MovingMask)
	if j.preset.Normalise {
		if j.exposedF == nil {
			j.exposedF, j.exposedM = maskTest(exposedPart(j.fixed.Geometry, fixed)), maskTest(exposedPart(j.moving.Geometry, moving))
		}
		fd, md = normaliseLocally(fg, fd, j.exposedF), normaliseLocally(mg, md, j.exposedM)
		insideF, insideM = both(insideF, j.exposedF), both(insideM, j.exposedM)
	}
	s := drawSamples(fg, fd, insideF, wantSamples)
	if len(s.points) < 64 {
		return nil, fmt.Errorf("register: fixed mask: want at least 64 places at %.3g mm, got %d", spacingMM, len(s.points))
	}
	return &pair{fixed: s, moving: &field{mg, md}, spacingMM: spacingMM, inside: insideM}, nil
}

// maskTest says whether a point in LPS mm lies on a label; nil accepts every point.
func maskTest(m *volume.Mask) func([3]float64) bool {
	if m == nil {
		return nil
	}
	inv := inverseDirections(m.Geometry)
	return func(p [3]float64) bool {
		d := [3]float64{p[0] - m.Origin[0], p[1] - m.Origin[1], p[2] - m.Origin[2]}
		x := multiply3(inv, d)
		var at [3]int
		for n := range 3 {
			at[n] = int(math.Round(x[n]))
			if at[n] < 0 || at[n] >= m.Size[n] {
				return false
			}
		}
		return m.Labels[m.Offset(at[0], at[1], at[2])] != 0
	}
}

func both(a, b func([3]float64) bool) func([3]float64) bool {
	if a == nil {
		return b
	}
	return func(p [3]float64) bool { return a(p) && b(p) }
}

func (j *job) metric(level *pair, sign float64) metric {
	if j.preset.Normalise {
		return correlation{sign}
	}
	return newMutualInformation(level.fixed.values, level.moving.data, 32)
}

// improve climbs from a transform with the parameters of a kind.
func (j *job) improve(ctx context.Context, level *pair, from *Linear, kind Kind, m metric, maxStep, tol float64, iterations int) (*Linear, float64, error) {
	s := j.space(level, from, kind)
	p, value, err := climb(ctx, make([]float64, parametersOf[kind]), maxStep, tol, iterations, func(p []float64) (float64, []float64) {
		return j.evaluate(level, s, p, m)
	})
	return s.at(p), value, err
}

func (j *job) space(level *pair, from *Linear, kind Kind) *space {
	return &space{kind: kind, base: *from, axes: j.fixed.Axes, reachMM: reach(level.fixed, from.Centre)}
}

// reach is the root mean square distance of the samples from the centre.
func reach(s *samples, centre [3]float64) float64 {
	sum := 0.0
	for _, p := range s.points {
		for n := range 3 {
			sum += (p[n] - centre[n]) * (p[n] - centre[n])
		}
	}
	return max(math.Sqrt(sum/float64(len(s.points))), 1e-6)
}

// evaluate is the score of parameters and its slope.
func (j *job) evaluate(level *pair, s *space, p []float64, m metric) (float64, []float64) {
	t := s.at(p)
	value, ok := j.scoreOf(level, t, m)
	if !ok {
		return math.Inf(-1), make([]float64, len(p))
	}
	full := level.moving.gradient(t, level.fixed, &j.read, j.weight, j.threads)
	slope := make([]float64, len(p))
	for n, by := range s.slopes(p) {
		for k := range full {
			slope[n] += by[k] * full[k]
		}
	}
	return value, slope
}

// scoreOf leaves the weights of the metric in the job; ok is false where too little overlaps.
func (j *job) scoreOf(level *pair, t *Linear, m metric) (float64, bool) {
	j.evaluations++
	n := len(level.fixed.points)
	level.moving.read(t, level.fixed, level.inside, &j.read, j.threads)
	if len(j.weight) < n {
		j.weight = make([]float64, n)
	}
	if float64(j.read.count) < minOverlap*float64(n) || j.read.count < 32 {
		return 0, false
	}
	return m.score(level.fixed.values, &j.read, j.weight[:n]), true
}

// candidate is a transform that may be improved.
type candidate struct {
	t     *Linear
	score float64
	sign  float64
}

// start searches the coarsest level from many transforms. The best few are improved there, the best of
// those on the next level, and the best of those is kept. sign is −1 for an inverted pair.
func (j *job) start(ctx context.Context, levels []*pair, fixed, moving []float32) (*Linear, float64, error) {
	if j.o.Initial != nil {
		t := *j.o.Initial
		return &t, j.signOf(levels[0], &t), nil
	}
	signs := []float64{1}
	if j.preset.Normalise {
		signs = []float64{1, -1}
	}
	var all []candidate
	for _, t := range j.candidates(fixed, moving) {
		for _, sign := range signs {
			if score, ok := j.scoreOf(levels[0], t, j.metric(levels[0], sign)); ok {
				all = append(all, candidate{t, j.byOverlap(levels[0], score), sign})
			}
		}
	}
	if len(all) == 0 {
		return nil, 0, fmt.Errorf("register: want images that overlap after their centres are matched, got none that do")
	}
	keeps := []int{5, 2}
	if j.preset.Planar { // cheap, and with more places that look alike
		keeps = []int{8, 3}
	}
	for n, keep := range keeps {
		if n >= len(levels) {
			break
		}
		level := levels[n]
		sort.SliceStable(all, func(a, b int) bool { return all[a].score > all[b].score })
		all = all[:min(keep, len(all))]
		for k, c := range all {
			m := j.metric(level, c.sign)
			t, score, err := j.improve(ctx, level, c.t, j.preset.Kinds[0], m, 1.5*level.spacingMM, 0.02*level.spacingMM, 40)
			if err != nil {
				return nil, 0, err
			}
			if _, ok := j.scoreOf(level, t, m); ok {
				score = j.byOverlap(level, score)
			}
			all[k] = candidate{t, score, c.sign}
		}
	}
	sort.SliceStable(all, func(a, b int) bool { return all[a].score > all[b].score })
	return all[0].t, all[0].sign, nil
}

// byOverlap weighs a score that was just taken down where less than 60 % overlaps: a small part agrees
// easily.
func (j *job) byOverlap(level *pair, score float64) float64 {
	part := float64(j.read.count) / float64(len(level.fixed.points))
	if score > 0 && part < 0.6 {
		score *= part / 0.6
	}
	return score
}

func (j *job) signOf(level *pair, t *Linear) float64 {
	if j.preset.Normalise {
		if score, ok := j.scoreOf(level, t, correlation{1}); ok && score < 0 {
			return -1
		}
	}
	return 1
}
