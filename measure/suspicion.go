package measure

import (
	"fmt"

	"github.com/caliper-imaging/caliper/study"
)

// SuspicionInput is what the criteria look at. Zero means not known.
type SuspicionInput struct {
	DiameterMM float64
	Margin     string // smooth, lobulated, irregular, ill-defined
	Density    string // faint, soft tissue, dense
	UpperZone  bool
	Change     *study.Change
}

const suspicionSource = "Points of this program, not a published model and not calibrated: they weigh what Mayo (Swensen 1997) and Brock (McWilliams 2013) found to raise the risk (size, margin, upper lobe), and growth"

// Suspicion scores a nodule on a radiograph by stated criteria: points for size, margin, growth, zone
// and density, over the 10 that can be had. Low is below 0.3, high from 0.6.
func Suspicion(in SuspicionInput) study.Suspicion {
	points := 0.0
	var criteria []string
	add := func(p float64, format string, args ...any) {
		points += p
		criteria = append(criteria, fmt.Sprintf("%+g: ", p)+fmt.Sprintf(format, args...))
	}
	switch d := in.DiameterMM; {
	case d <= 0:
		add(1, "diameter in mm not known")
	case d > 30:
		add(4, "diameter %.0f mm, above 30 mm (a mass)", d)
	case d > 20:
		add(3, "diameter %.0f mm, above 20 mm", d)
	case d >= 10:
		add(2, "diameter %.0f mm, 10 to 20 mm", d)
	default:
		add(1, "diameter %.0f mm, below 10 mm", d)
	}
	switch in.Margin {
	case "irregular":
		add(2, "irregular margin")
	case "lobulated", "ill-defined":
		add(1, "%s margin", in.Margin)
	case "smooth":
		add(0, "smooth margin")
	}
	if in.Change != nil {
		switch in.Change.Kind {
		case study.Growing:
			add(3, "growing since the prior study")
		case study.New:
			add(2, "not seen in the prior study")
		case study.Stable:
			add(-1, "stable since the prior study")
		case study.Shrinking:
			add(-2, "shrinking since the prior study")
		}
	}
	if in.UpperZone {
		add(1, "upper zone")
	}
	if in.Density == "dense" {
		add(-1, "dense for its surroundings: calcification is possible")
	}
	s := study.Suspicion{Score: min(max(points/10, 0), 1), Criteria: criteria, Source: suspicionSource}
	switch {
	case s.Score >= 0.6:
		s.Level = "high"
	case s.Score >= 0.3:
		s.Level = "intermediate"
	default:
		s.Level = "low"
	}
	return s
}
