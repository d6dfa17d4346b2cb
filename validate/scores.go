package validate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Score is one case of a classifier: its score and whether the case is positive.
type Score struct {
	Name, Group string
	Score       float64
	Positive    bool
}

var scoreDefinitions = map[string]string{
	"auc":    "area under the ROC curve, ties counted half (Mann-Whitney, as scikit-learn)",
	"auc.lo": "95 % interval after DeLong 1988, plain scale, cut at 0 and 1 (auc.hi likewise)",
	"ap":     "average precision as a sum of steps (as scikit-learn)",
	"brier":  "mean square of score less outcome; only where all scores lie in 0 to 1",
}

// Scores takes the figures of a classifier. The list of cases is not repeated in the report.
func Scores(list []Score) (*Report, error) {
	overall, err := overallScores(list)
	if err != nil {
		return nil, err
	}
	return &Report{Task: "scores", Definitions: scoreDefinitions, Cases: []Case{}, Overall: overall}, nil
}

func overallScores(list []Score) (Figures, error) {
	var pos, neg []float64
	inUnit := true
	brier := 0.0
	for _, s := range list {
		if math.IsNaN(s.Score) || math.IsInf(s.Score, 0) {
			return nil, fmt.Errorf("validate: scores: %s: want a number, got %g", s.Name, s.Score)
		}
		y := 0.0
		if s.Positive {
			pos, y = append(pos, s.Score), 1
		} else {
			neg = append(neg, s.Score)
		}
		inUnit = inUnit && s.Score >= 0 && s.Score <= 1
		brier += (s.Score - y) * (s.Score - y)
	}
	f := Figures{"positives": float64(len(pos)), "negatives": float64(len(neg))}
	if len(pos) == 0 || len(neg) == 0 {
		return f, nil
	}
	auc, variance := deLong(pos, neg)
	f["auc"] = auc
	if len(pos) > 1 && len(neg) > 1 {
		half := 1.959963984540054 * math.Sqrt(variance)
		f["auc.lo"], f["auc.hi"] = max(auc-half, 0), min(auc+half, 1)
	}
	f["ap"] = averagePrecision(list, len(pos))
	if inUnit {
		f["brier"] = brier / float64(len(list))
	}
	return f, nil
}

// deLong is the area and its variance by midranks (Sun and Xu 2014).
func deLong(pos, neg []float64) (auc, variance float64) {
	m, n := float64(len(pos)), float64(len(neg))
	all := midranks(append(slices.Clone(pos), neg...))
	rp, rn := midranks(pos), midranks(neg)
	v10, v01 := make([]float64, len(pos)), make([]float64, len(neg))
	for i := range pos {
		v10[i] = (all[i] - rp[i]) / n
		auc += v10[i] / m
	}
	for i := range neg {
		v01[i] = 1 - (all[len(pos)+i]-rn[i])/m
	}
	return auc, sampleVariance(v10)/m + sampleVariance(v01)/n
}

func sampleVariance(v []float64) float64 {
	if len(v) < 2 {
		return 0
	}
	mean, sum := meanOf(v), 0.0
	for _, x := range v {
		sum += (x - mean) * (x - mean)
	}
	return sum / float64(len(v)-1)
}

// midranks are the ranks from 1, equal values sharing their mean.
func midranks(v []float64) []float64 {
	order := make([]int, len(v))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	out := make([]float64, len(v))
	for a := 0; a < len(v); {
		b := a
		for b < len(v) && v[order[b]] == v[order[a]] {
			b++
		}
		for n := a; n < b; n++ {
			out[order[n]] = float64(a+b+1) / 2
		}
		a = b
	}
	return out
}

func averagePrecision(list []Score, positives int) float64 {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b Score) int { return cmp.Compare(b.Score, a.Score) })
	tp, area, before := 0.0, 0.0, 0.0
	for n, s := range sorted {
		if s.Positive {
			tp++
		}
		if n+1 < len(sorted) && sorted[n+1].Score == s.Score {
			continue
		}
		recall := tp / float64(positives)
		area += (recall - before) * tp / float64(n+1)
		before = recall
	}
	return area
}
