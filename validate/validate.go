// Package validate compares predictions with truth: masks, boxes and scores, by case and overall,
// with gates and subgroups. Each figure's definition is that of a named peer.
package validate

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Figures are named numbers of one case or of the whole. A figure that can't be had is absent.
type Figures map[string]float64

// Case is one compared item.
type Case struct {
	Name    string  `json:"case"`
	Label   string  `json:"label,omitempty"`
	Group   string  `json:"group,omitempty"`
	Figures Figures `json:"figures"`
	Note    string  `json:"note,omitempty"`
}

// Report is the outcome of a validation.
type Report struct {
	Task        string            `json:"task"`
	Definitions map[string]string `json:"definitions"` // of every kind of figure, with the peer it agrees with
	Cases       []Case            `json:"cases"`
	Overall     Figures           `json:"overall"` // names as gates use them: dice.mean, hd95.max, ap50, auc …
	Groups      []Group           `json:"groups,omitempty"`
	Gates       []GateResult      `json:"gates,omitempty"`
}

// Group is the figures of the cases with one value of a column of the subgroup table.
type Group struct {
	Column  string  `json:"column"`
	Value   string  `json:"value"`
	Cases   int     `json:"cases"`
	Overall Figures `json:"overall"`
}

// Passed says whether every gate passed.
func (r *Report) Passed() bool {
	for _, g := range r.Gates {
		if !g.Passed {
			return false
		}
	}
	return true
}

// MarshalJSON refuses figures that are not numbers, which are a mistake of this package.
func (f Figures) MarshalJSON() ([]byte, error) {
	for name, x := range f {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("validate: figure %s: want a number, got %g", name, x)
		}
	}
	return json.Marshal(map[string]float64(f))
}

// summarise adds name.mean, .sd, .median, .min, .max and .n of the values.
func (f Figures) summarise(name string, values []float64) {
	f[name+".n"] = float64(len(values))
	if len(values) == 0 {
		return
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	mean := 0.0
	for _, x := range sorted {
		mean += x / float64(len(sorted))
	}
	spread := 0.0
	for _, x := range sorted {
		spread += (x - mean) * (x - mean)
	}
	f[name+".mean"] = mean
	f[name+".median"] = percentile(sorted, 50)
	f[name+".min"], f[name+".max"] = sorted[0], sorted[len(sorted)-1]
	if len(sorted) > 1 {
		f[name+".sd"] = math.Sqrt(spread / float64(len(sorted)-1))
	}
}

// percentile of ascending values, linear between ranks (numpy's default).
func percentile(sorted []float64, p float64) float64 {
	at := p / 100 * float64(len(sorted)-1)
	lo := int(at)
	if lo+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	f := at - float64(lo)
	return sorted[lo]*(1-f) + sorted[lo+1]*f
}
