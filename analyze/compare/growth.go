package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// Threshold says how much a diameter must change to count: both parts at once.
type Threshold struct {
	Key     string // measure that is compared; "" is longest_diameter
	MM      float64
	Percent float64
	Source  string
}

// CTThreshold is that of Lung-RADS v2022: more than 1.5 mm in mean diameter.
var CTThreshold = Threshold{
	Key: "mean_diameter", MM: 1.5,
	Source: "change: more than 1.5 mm in mean diameter (ACR Lung-RADS v2022, growth)",
}

// RadiographThreshold is wider than CT's: an edge on a projection is less sure, and the magnification
// of two exposures may differ by a few percent.
var RadiographThreshold = Threshold{
	MM: 2, Percent: 8,
	Source: "change: more than 2 mm and more than 8 % of the longest diameter; this program's limit for radiographs, above Lung-RADS v2022's 1.5 mm for CT to allow for blur and for magnification that differs between exposures",
}

// compare sets what changed between a finding and its match.
func (o Options) compare(f, prior *study.Finding) *study.Change {
	c := o.change(study.NotComparable, "")
	c.PriorFinding, c.PriorMeasures = prior.ID, prior.Measures
	region := prior.Region
	c.PriorRegion = &region
	key := o.Threshold.key()
	now, okNow := figure(f, key)
	before, okBefore := figure(prior, key)
	name := strings.ReplaceAll(key, "_", " ")
	switch {
	case !okNow || !okBefore:
		c.Reason = "the " + name + " is not known in both studies"
		return c
	case now.Unit != before.Unit:
		c.Reason = fmt.Sprintf("the %ss are in different units (%s and %s)", name, now.Unit, before.Unit)
		return c
	case now.Plane != before.Plane:
		c.Reason = fmt.Sprintf("the %ss hold in different planes (%s and %s)", name, now.Plane, before.Plane)
		return c
	case !(now.Value > 0) || !(before.Value > 0):
		c.Reason = "the " + name + " is 0 in one of the studies"
		return c
	}
	c.Kind, c.Reason = o.Threshold.judge(before.Value, now.Value, now.Unit)
	if d1, ok := figure(prior, "longest_diameter"); ok && d1.Value > 0 {
		if d2, ok := figure(f, "longest_diameter"); ok && d1.Unit == d2.Unit {
			percent := 100 * (d2.Value - d1.Value) / d1.Value
			c.Percent = &percent
			if days, ok := DoublingTimeDays(d1.Value, d2.Value, o.IntervalDays); ok && c.Kind == study.Growing {
				c.DoublingTimeDays = &days
			}
		}
	}
	return c
}

func (t Threshold) key() string {
	if t.Key == "" {
		return "longest_diameter"
	}
	return t.Key
}

// judge names the change of a diameter. In pixels only the relative part can be applied; where the
// threshold has none, 10 % is used.
func (t Threshold) judge(before, now float64, unit string) (study.ChangeKind, string) {
	percent := 100 * (now - before) / before
	name := strings.ReplaceAll(t.key(), "_", " ")
	words := fmt.Sprintf("%s %.1f to %.1f %s (%+.0f %%)", name, before, now, unit, percent)
	over := math.Abs(percent) > t.Percent
	if unit == "mm" {
		over = over && math.Abs(now-before) > t.MM
	} else {
		words = fmt.Sprintf("%s %.0f to %.0f pixels (%+.0f %%), spacing not known", name, before, now, percent)
		over = math.Abs(percent) > max(t.Percent, 10)
	}
	switch {
	case over && now > before:
		return study.Growing, words
	case over:
		return study.Shrinking, words
	}
	return study.Stable, words + ", within the limit for a change"
}

// DoublingTimeDays is the time in which the volume of a ball doubles at the rate between two
// diameters: days·ln 2 / (3·ln(d2/d1)) (Schwartz 1961). It is negative for shrinking and absent for no
// change.
func DoublingTimeDays(d1, d2, days float64) (float64, bool) {
	if !(d1 > 0) || !(d2 > 0) || !(days > 0) || d1 == d2 {
		return 0, false
	}
	t := days * math.Ln2 / (3 * math.Log(d2/d1))
	return t, !math.IsInf(t, 0) && !math.IsNaN(t)
}

func figure(f *study.Finding, key string) (study.Measurement, bool) {
	for _, m := range f.Measures {
		if m.Key == key {
			return m, true
		}
	}
	return study.Measurement{}, false
}
