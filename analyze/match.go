package analyze

import (
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// Pick chooses the recipe and the series of a study: the pair with the highest priority, then the
// series with the most voxels, then the order of the study. ok is false where none matches.
func Pick(recipes []*Recipe, s study.Study) (r *Recipe, series int, ok bool) {
	series = -1
	for n, candidate := range s.Series {
		for _, recipe := range recipes {
			if !recipe.Match.fits(candidate) {
				continue
			}
			if series >= 0 {
				best := s.Series[series]
				if recipe.Match.Priority < r.Match.Priority ||
					recipe.Match.Priority == r.Match.Priority && candidate.Geometry.Voxels() <= best.Geometry.Voxels() {
					continue
				}
			}
			r, series = recipe, n
		}
	}
	return r, series, series >= 0
}

func (m Match) fits(s study.Series) bool {
	is3D := s.Geometry.Size[2] > 1
	if m.Dimensions == 2 && is3D || m.Dimensions == 3 && !is3D {
		return false
	}
	return among(m.Modality, s.Modality) && among(m.BodyPart, s.BodyPart) && among(m.View, s.View)
}

func among(list []string, value string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(have string) bool { return strings.EqualFold(have, value) })
}

// prior finds in a prior study the series that compares with the current one: same modality, body
// part and number of dimensions, and the same view where both state it.
func priorSeries(current study.Series, s study.Study) (study.Series, bool) {
	best, found := study.Series{}, false
	for _, candidate := range s.Series {
		same := strings.EqualFold(candidate.Modality, current.Modality) &&
			strings.EqualFold(candidate.BodyPart, current.BodyPart) &&
			(candidate.Geometry.Size[2] > 1) == (current.Geometry.Size[2] > 1) &&
			(candidate.View == "" || current.View == "" || frontal(candidate.View) == frontal(current.View))
		if same && (!found || candidate.Geometry.Voxels() > best.Geometry.Voxels()) {
			best, found = candidate, true
		}
	}
	return best, found
}

// frontal treats the two frontal views of a radiograph as one.
func frontal(view string) string {
	if strings.EqualFold(view, "PA") || strings.EqualFold(view, "AP") {
		return "frontal"
	}
	return strings.ToUpper(view)
}
