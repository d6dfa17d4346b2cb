package validate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Box is a rectangle x0, y0, x1, y1 in pixels with a label; Score is that of a prediction. A difficult
// or crowded truth is neither found nor missed.
type Box struct {
	Label  string
	Score  float64
	Box    [4]float64
	Ignore bool
	Crowd  bool // overlap is judged by the prediction's area (COCO)
}

// BoxCase is one image with its predicted and true boxes.
type BoxCase struct {
	Name, Group string
	Pred, Truth []Box
}

var boxDefinitions = map[string]string{
	"ap50":               "average precision at an overlap (intersection over union) of 0.5 or more, precision interpolated at 101 recalls, best 100 predictions an image, mean over labels (as pycocotools)",
	"ap50_all_points":    "the same with precision interpolated at every recall (as Pascal VOC from 2010)",
	"sensitivity_at_fp":  "part of the true boxes found at the score at which the given number of false positives an image is not exceeded, all labels together",
	"cpm":                "mean sensitivity at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives an image (as LUNA16)",
	"false_positives.at": "predictions an image that hit no true box, at every score",
}

// frocPoints are the false positives an image at which sensitivity is given.
var frocPoints = []struct {
	name string
	fp   float64
}{{"0.125", 0.125}, {"0.25", 0.25}, {"0.5", 0.5}, {"1", 1}, {"2", 2}, {"4", 4}, {"8", 8}}

// Boxes compares predicted boxes with true ones. A prediction hits the true box of its label that it
// overlaps most, if that overlap is at least 0.5 and no better prediction has taken it.
func Boxes(cases []BoxCase) (*Report, error) {
	if len(cases) == 0 {
		return nil, fmt.Errorf("validate: boxes: want at least one image, got none")
	}
	r := &Report{Task: "boxes", Definitions: boxDefinitions, Cases: []Case{}, Overall: overallBoxes(cases)}
	for _, c := range cases {
		hits := matchAll(c)
		found, wrong, truths := 0, 0, 0
		for _, h := range hits {
			switch h.kind {
			case hit:
				found++
			case falsePositive:
				wrong++
			}
		}
		for _, t := range c.Truth {
			if !t.Ignore {
				truths++
			}
		}
		r.Cases = append(r.Cases, Case{Name: c.Name, Group: c.Group, Figures: Figures{
			"true_boxes": float64(truths), "found": float64(found), "false_positives": float64(wrong),
		}})
	}
	return r, nil
}

func overallBoxes(cases []BoxCase) Figures {
	all := Figures{"images": float64(len(cases))}
	labels := labelsOf(cases)
	var ap, apAll []float64
	var every []scored
	truths := 0
	for _, label := range labels {
		var list []scored
		n := 0
		for _, c := range cases {
			list = append(list, match(of(c.Pred, label), of(c.Truth, label), 0.5)...)
			for _, t := range of(c.Truth, label) {
				if !t.Ignore {
					n++
				}
			}
		}
		every = append(every, list...)
		truths += n
		if n == 0 {
			continue
		}
		precision, recall := curve(list, n)
		a, b := ap101(precision, recall), apEveryPoint(precision, recall)
		all["ap50."+label], all["ap50_all_points."+label] = a, b
		ap, apAll = append(ap, a), append(apAll, b)
	}
	all["true_boxes"] = float64(truths)
	if len(ap) > 0 {
		all["ap50"], all["ap50_all_points"] = meanOf(ap), meanOf(apAll)
	}
	if truths > 0 {
		cpm := 0.0
		for _, p := range frocPoints {
			s := sensitivityAt(every, truths, p.fp*float64(len(cases)))
			all["sensitivity_at_fp."+p.name] = s
			cpm += s / float64(len(frocPoints))
		}
		all["cpm"] = cpm
		hits := 0
		for _, s := range every {
			if s.kind == hit {
				hits++
			}
		}
		all["sensitivity"] = float64(hits) / float64(truths)
	}
	wrong := 0
	for _, s := range every {
		if s.kind == falsePositive {
			wrong++
		}
	}
	all["false_positives_per_image"] = float64(wrong) / float64(len(cases))
	return all
}

func labelsOf(cases []BoxCase) []string {
	var labels []string
	for _, c := range cases {
		for _, b := range append(slices.Clone(c.Pred), c.Truth...) {
			labels = append(labels, b.Label)
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

func of(boxes []Box, label string) []Box {
	var out []Box
	for _, b := range boxes {
		if b.Label == label {
			out = append(out, b)
		}
	}
	return out
}

type outcome int

const (
	falsePositive outcome = iota
	hit
	ignored
)

// scored is a prediction and what became of it.
type scored struct {
	score float64
	kind  outcome
}

func matchAll(c BoxCase) []scored {
	var out []scored
	for _, label := range labelsOf([]BoxCase{c}) {
		out = append(out, match(of(c.Pred, label), of(c.Truth, label), 0.5)...)
	}
	return out
}

// match follows pycocotools: predictions by falling score, each takes the free true box that it overlaps
// most; ignored true boxes come last and a crowd may be taken more than once.
func match(pred, truth []Box, least float64) []scored {
	pred, truth = slices.Clone(pred), slices.Clone(truth)
	slices.SortStableFunc(pred, func(a, b Box) int { return cmp.Compare(b.Score, a.Score) })
	slices.SortStableFunc(truth, func(a, b Box) int { return boolRank(a.Ignore) - boolRank(b.Ignore) })
	if len(pred) > 100 {
		pred = pred[:100]
	}
	taken := make([]bool, len(truth))
	out := make([]scored, 0, len(pred))
	for _, p := range pred {
		best, at := least-1e-10, -1
		for n, t := range truth {
			if taken[n] && !t.Crowd {
				continue
			}
			if at >= 0 && !truth[at].Ignore && t.Ignore {
				break
			}
			if o := overlap(p.Box, t.Box, t.Crowd); o >= best {
				best, at = o, n
			}
		}
		s := scored{p.Score, falsePositive}
		if at >= 0 {
			taken[at] = true
			s.kind = hit
			if truth[at].Ignore {
				s.kind = ignored
			}
		}
		out = append(out, s)
	}
	return out
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// overlap is the intersection over the union, or over the prediction's area for a crowd.
func overlap(p, t [4]float64, crowd bool) float64 {
	w := min(p[2], t[2]) - max(p[0], t[0])
	h := min(p[3], t[3]) - max(p[1], t[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	inter := w * h
	area := (p[2] - p[0]) * (p[3] - p[1])
	if crowd {
		return inter / area
	}
	return inter / (area + (t[2]-t[0])*(t[3]-t[1]) - inter)
}

// curve is precision and recall after each prediction, by falling score.
func curve(list []scored, truths int) (precision, recall []float64) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	tp, fp := 0.0, 0.0
	for _, s := range list {
		switch s.kind {
		case hit:
			tp++
		case falsePositive:
			fp++
		default:
			continue
		}
		precision = append(precision, tp/(tp+fp))
		recall = append(recall, tp/float64(truths))
	}
	for n := len(precision) - 2; n >= 0; n-- {
		precision[n] = max(precision[n], precision[n+1])
	}
	return precision, recall
}

// ap101 is the mean of the interpolated precision at recalls 0, 0.01, … 1.
func ap101(precision, recall []float64) float64 {
	sum := 0.0
	for n := range 101 {
		at, _ := slices.BinarySearch(recall, float64(n)/100)
		if at < len(precision) {
			sum += precision[at]
		}
	}
	return sum / 101
}

// apEveryPoint is the area under the interpolated precision.
func apEveryPoint(precision, recall []float64) float64 {
	area, before := 0.0, 0.0
	for n, r := range recall {
		area += (r - before) * precision[n]
		before = r
	}
	return area
}

// sensitivityAt is the largest part of the true boxes found with at most the number of false positives.
// Predictions of one score come together.
func sensitivityAt(list []scored, truths int, falsePositives float64) float64 {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	best, tp, fp := 0.0, 0.0, 0.0
	for n, s := range list {
		switch s.kind {
		case hit:
			tp++
		case falsePositive:
			fp++
		}
		if n+1 < len(list) && list[n+1].score == s.score {
			continue
		}
		if fp <= falsePositives+1e-9 {
			best = math.Max(best, tp/float64(truths))
		}
	}
	return best
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	return sum / float64(len(values))
}
