// Package compare matches the findings of a study with those of the prior and says what changed.
package compare

import (
	"fmt"
	"math"
	"sort"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Mapper takes a point of the current image to the prior one, both LPS mm (register.Linear is one).
type Mapper interface {
	Map(pointLPS [3]float64) [3]float64
}

// Options of Match. The zero value compares findings that carry LPS positions and lengths in mm.
type Options struct {
	Current, Prior volume.Geometry // grids that turn boxes in pixels into points; zero: findings without CentreLPS can't be matched
	PriorStudy     string          // Key of the prior study
	IntervalDays   float64         // current less prior; 0: not known, so no rate and no doubling time
	Refused        string          // why the registration was refused, or why there is none; "" where it holds
	ToleranceMM    float64         // distance within which two findings may be one; 0: DefaultToleranceMM
	Threshold      Threshold       // zero: RadiographThreshold
}

// DefaultToleranceMM allows for what a linear transform leaves between two radiographs (breathing,
// posture). A finding's own radius is added to it.
const DefaultToleranceMM = 20

// Outcome is the comparison: the current findings with Change set, those of the prior that are gone,
// and what a reader should know.
type Outcome struct {
	Findings []study.Finding
	Resolved []study.Finding // of the prior, with Change.Kind Resolved
	Issues   []study.Issue
}

// Match pairs findings of the same kind, nearest first, and sets Change on copies of the current
// ones. Where the registration was refused, or a position is missing, the change is not comparable
// and says why.
func Match(current, prior []study.Finding, toPrior Mapper, o Options) Outcome {
	out := Outcome{Findings: append([]study.Finding(nil), current...)}
	if o.ToleranceMM == 0 {
		o.ToleranceMM = DefaultToleranceMM
	}
	if o.Threshold == (Threshold{}) {
		o.Threshold = RadiographThreshold
	}
	if o.Refused != "" || toPrior == nil {
		reason := o.Refused
		if reason == "" {
			reason = "no registration to the prior study"
		}
		for n := range out.Findings {
			out.Findings[n].Change = o.change(study.NotComparable, "not compared: "+reason)
		}
		out.Issues = append(out.Issues, study.Issue{Code: "prior-not-comparable", Severity: study.Warning, Where: "compare", Text: reason})
		return out
	}
	partner, distance := o.assign(current, prior, toPrior)
	taken := make([]bool, len(prior))
	for n := range out.Findings {
		f := &out.Findings[n]
		switch p := partner[n]; {
		case p == unplaced:
			f.Change = o.change(study.NotComparable, "not compared: its position is not known")
		case p == unmatched:
			f.Change = o.change(study.New, fmt.Sprintf("no finding of this kind within %.0f mm of the same place in the prior study", o.reachMM(f)))
		default:
			taken[p] = true
			f.Change = o.compare(f, &prior[p])
			d := distance[n]
			f.Change.MatchDistanceMM = &d
		}
	}
	for p := range prior {
		if taken[p] {
			continue
		}
		gone := prior[p]
		gone.Change = o.change(study.Resolved, "no finding of this kind at the same place in the current study")
		gone.Change.PriorFinding = gone.ID
		gone.Change.PriorMeasures = gone.Measures
		region := gone.Region
		gone.Change.PriorRegion = &region
		out.Resolved = append(out.Resolved, gone)
	}
	return out
}

func (o Options) change(kind study.ChangeKind, reason string) *study.Change {
	c := &study.Change{Kind: kind, PriorStudy: o.PriorStudy, Reason: reason, Method: o.Threshold.Source}
	if o.IntervalDays > 0 {
		days := o.IntervalDays
		c.IntervalDays = &days
	}
	return c
}

const (
	unmatched = -1
	unplaced  = -2
)

// reachMM is how far from its mapped place a finding's match may lie.
func (o Options) reachMM(f *study.Finding) float64 {
	if m, ok := figure(f, "longest_diameter"); ok && m.Unit == "mm" {
		return o.ToleranceMM + m.Value/2
	}
	return o.ToleranceMM
}

// assign pairs findings, the nearest pair first.
func (o Options) assign(current, prior []study.Finding, toPrior Mapper) (partner []int, distance []float64) {
	type pair struct {
		c, p int
		d    float64
	}
	partner, distance = make([]int, len(current)), make([]float64, len(current))
	var pairs []pair
	for c := range current {
		partner[c] = unmatched
		at, ok := pointOf(&current[c], o.Current)
		if !ok {
			partner[c] = unplaced
			continue
		}
		mapped := toPrior.Map(at)
		for p := range prior {
			if !sameKind(&current[c], &prior[p]) {
				continue
			}
			to, ok := pointOf(&prior[p], o.Prior)
			if !ok {
				continue
			}
			d := math.Sqrt((mapped[0]-to[0])*(mapped[0]-to[0]) + (mapped[1]-to[1])*(mapped[1]-to[1]) + (mapped[2]-to[2])*(mapped[2]-to[2]))
			if d <= max(o.reachMM(&current[c]), o.reachMM(&prior[p])) {
				pairs = append(pairs, pair{c, p, d})
			}
		}
	}
	sort.SliceStable(pairs, func(a, b int) bool { return pairs[a].d < pairs[b].d })
	taken := make([]bool, len(prior))
	for _, x := range pairs {
		if partner[x.c] == unmatched && !taken[x.p] {
			partner[x.c], distance[x.c], taken[x.p] = x.p, x.d, true
		}
	}
	return partner, distance
}

func sameKind(a, b *study.Finding) bool {
	return a.What.Scheme == b.What.Scheme && a.What.Code == b.What.Code
}

// pointOf is a finding's place in LPS mm: its centre, or the centre of its box on the grid.
func pointOf(f *study.Finding, g volume.Geometry) ([3]float64, bool) {
	if f.Region.CentreLPS != nil {
		return *f.Region.CentreLPS, true
	}
	if f.Region.Box == nil || g.Voxels() == 0 {
		return [3]float64{}, false
	}
	b := *f.Region.Box
	return g.PointLPS([3]float64{(b[0]+b[2])/2 - 0.5, (b[1]+b[3])/2 - 0.5, float64(f.Region.Slice)}), true
}
