package measure

import (
	"math"

	"github.com/caliper-imaging/caliper/study"
)

// Asymmetry is the asymmetry index of two paired structures in percent: 100·(left − right) over
// their mean; positive where the left one is larger. It is absent where both are 0.
func Asymmetry(left, right float64) (study.Measurement, bool) {
	mean := (left + right) / 2
	if !(mean > 0) {
		return study.Measurement{}, false
	}
	return study.Measurement{
		Key: "asymmetry", Value: 100 * (left - right) / mean, Unit: "%",
		Method: "100·(left − right) / mean of both",
	}, true
}

// ChangePercent is how much a figure changed since the prior one, in percent of the prior one.
func ChangePercent(prior, current float64) (float64, bool) {
	if !(prior > 0) || math.IsInf(prior, 0) || math.IsNaN(current) {
		return 0, false
	}
	return 100 * (current - prior) / prior, true
}

// ChangePercentPerYear is the change in percent of the prior figure for a year of 365.25 days,
// linear in time. It is absent without a positive interval.
func ChangePercentPerYear(prior, current, days float64) (float64, bool) {
	percent, ok := ChangePercent(prior, current)
	if !ok || !(days > 0) {
		return 0, false
	}
	return percent * 365.25 / days, true
}
