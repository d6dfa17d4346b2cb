package intake

import (
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// pair gives each study the earlier studies of its patient, the newest first: by date where every study
// of the patient has one, else by the order that was said. It sorts by patient, then time.
func pair(drafts []*draft) []study.Study {
	byPatient := map[string][]*draft{}
	for _, d := range drafts {
		if d.patient != "" {
			byPatient[d.patient] = append(byPatient[d.patient], d)
		}
	}
	for _, group := range byPatient {
		inOrder(group)
	}
	slices.SortStableFunc(drafts, func(a, b *draft) int {
		if c := strings.Compare(a.PatientKey, b.PatientKey); c != 0 {
			return c
		}
		if a.Order != b.Order {
			return a.Order - b.Order
		}
		return strings.Compare(a.Key, b.Key)
	})
	out := make([]study.Study, len(drafts))
	for n, d := range drafts {
		out[n] = d.Study
	}
	return out
}

// inOrder pairs the studies of one patient.
func inOrder(group []*draft) {
	if len(group) == 1 {
		group[0].Order = 0
		return
	}
	dated, ordered := true, true
	for _, d := range group {
		dated = dated && !d.When.IsZero()
		ordered = ordered && d.ordered
	}
	compare := func(a, b *draft) int { return a.When.Compare(b.When) }
	if !dated {
		compare = func(a, b *draft) int { return a.Order - b.Order }
	}
	if !dated && !ordered {
		for _, d := range group {
			d.Issues = append(d.Issues, study.Issue{Code: "no-date-or-order", Severity: study.Warning, Where: "study",
				Text: "the patient has other studies, but not all have a date or an order: which came first is not known, and none is taken as the prior"})
			if !d.ordered {
				d.Order = 0
			}
		}
		return
	}
	slices.SortStableFunc(group, func(a, b *draft) int {
		if c := compare(a, b); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	var earlier []study.Study // strictly before the one at hand, oldest first
	for n := 0; n < len(group); {
		end := n + 1
		for end < len(group) && compare(group[n], group[end]) == 0 {
			end++
		}
		var now []study.Study
		for _, d := range group[n:end] {
			now = append(now, d.Study)
			d.Priors = slices.Clone(earlier)
			slices.Reverse(d.Priors)
		}
		earlier = append(earlier, now...)
		n = end
	}
	for n, d := range group {
		d.Order = n
	}
}
