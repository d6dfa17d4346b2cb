package phantom

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// number reads a key as a number between lo and hi; ok is false where it is not set.
func (s *settings) number(key string, lo, hi float64) (x float64, ok bool, err error) {
	text, ok := s.values[key]
	if !ok {
		return 0, false, nil
	}
	x, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(x) || x < lo || x > hi {
		return 0, false, fmt.Errorf("phantom: %s: %s: want a number from %g to %g, got %q", s.kind, key, lo, hi, text)
	}
	return x, true, nil
}

// size reads a diameter: 0 or lo to hi.
func (s *settings) size(key string, lo, hi float64) (x float64, ok bool, err error) {
	x, ok, err = s.number(key, 0, hi)
	if ok && x != 0 && x < lo {
		return 0, false, fmt.Errorf("phantom: %s: %s: want 0 or a number from %g to %g, got %g", s.kind, key, lo, hi, x)
	}
	return x, ok, err
}

// place reads zone: a side, a zone or both, in any order; -1 stands for what is not said.
func (s *settings) place() (side, zone int, err error) {
	side, zone = -1, -1
	text, ok := s.values["zone"]
	if !ok {
		return side, zone, nil
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }) {
		switch word {
		case "right", "r":
			side = 0
		case "left", "l":
			side = 1
		case "upper":
			zone = 0
		case "mid", "middle":
			zone = 1
		case "lower":
			zone = 2
		case "zone":
		default:
			return -1, -1, fmt.Errorf("phantom: %s: zone: want right or left and upper, middle or lower, got %q", s.kind, text)
		}
	}
	return side, zone, nil
}

// nodules resolves the keys that the two kinds of chest share.
func (s *settings) nodules(r random) (o chestOptions, err error) {
	o.noduleMM = r.between(10, 30)
	if r.chance(0.35) {
		o.noduleMM = 0
	}
	growth, days, hasPrior := r.between(0.55, 1.05), 30*(2+r.IntN(23)), r.chance(0.5)
	if x, ok, err := s.size("nodule-mm", 4, 60); err != nil {
		return o, err
	} else if ok {
		o.noduleMM, o.sized = x, x > 0
	}
	if o.side, o.zone, err = s.place(); err != nil {
		return o, err
	}
	if (o.side >= 0 || o.zone >= 0) && o.noduleMM == 0 && !has(s.values, "nodule-mm") {
		o.noduleMM = r.between(10, 30)
	}
	priorMM, sizedPrior, err := s.size("prior-mm", 3, 60)
	if err != nil {
		return o, err
	}
	priorDays, dated, err := s.number("prior-days", 0, 20000)
	if err != nil {
		return o, err
	}
	switch {
	case dated && priorDays == 0:
		if sizedPrior {
			return o, fmt.Errorf("phantom: %s: prior-days: want 1 or more with prior-mm, got 0", s.kind)
		}
		return o, nil
	case dated:
		days = int(priorDays)
	case sizedPrior:
	case !hasPrior:
		return o, nil
	}
	o.priorDays = days
	o.priorMM = o.noduleMM * growth
	if o.priorMM < 4 {
		o.priorMM = 0
	}
	if sizedPrior {
		o.priorMM = priorMM
	}
	return o, nil
}

func has(m map[string]string, key string) bool { _, ok := m[key]; return ok }
