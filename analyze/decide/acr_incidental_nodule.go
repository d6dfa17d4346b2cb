package decide

import "github.com/caliper-imaging/caliper/study"

// acrIncidentalNodule covers nodules first seen on a radiograph. The panel rated for adults of 35
// years and more: CT of the chest without contrast is usually appropriate, another radiograph may be.
var acrIncidentalNodule = Guideline{
	Key:      "acr-incidental-nodule",
	Title:    "ACR Appropriateness Criteria: Incidentally Detected Indeterminate Pulmonary Nodule",
	Edition:  "2023",
	Citation: "Martin MD, Henry TS, Berry MF, et al. J Am Coll Radiol 2023;20(11S):S455-S470. doi:10.1016/j.jacr.2023.08.024",
	Source:   "rating for adults of 35 and more with a nodule on a radiograph as the ACR and RSNA summarise it at radiologyinfo.org (acs-incidental-pulmonary-nodule, reviewed 2024-01-24)",
	Applies: func(f *study.Finding, c Context) bool {
		return projection(c.Modality) && IsNodule(f) && !changeIs(f, study.Resolved)
	},
	Rules: []Rule{
		{
			ID: "growing", When: "nodule on a radiograph, growing since the prior study", Urgency: study.Urgent,
			Fits: func(f *study.Finding, _ Context) bool { return changeIs(f, study.Growing) },
			Text: "Growing nodule: CT of the chest without intravenous contrast is suggested (usually appropriate), without delay.",
		},
		{
			ID: "stable-two-years", When: "nodule on a radiograph, stable over two years or more", Urgency: study.Routine,
			Fits: func(f *study.Finding, _ Context) bool {
				return changeIs(f, study.Stable) && f.Change.IntervalDays != nil && *f.Change.IntervalDays >= 730
			},
			Text: "Stable over two years or more, which suggests a benign nodule; CT of the chest without intravenous contrast remains the examination of choice where doubt is left.",
		},
		{
			ID: "under-35", When: "nodule on a radiograph, patient under 35 years (outside the ages that were rated)", Urgency: study.Routine,
			Fits: func(_ *study.Finding, c Context) bool { return c.AgeYears > 0 && c.AgeYears < 35 },
			Text: "Indeterminate nodule in a patient under 35 years, an age the criteria do not rate: comparison with earlier images, and CT of the chest without intravenous contrast by clinical judgement.",
		},
		{
			ID: "indeterminate", When: "indeterminate nodule on a radiograph, adult of 35 years or more, or age not known", Urgency: study.Routine,
			Fits: always,
			Text: "Indeterminate nodule on a radiograph: comparison with earlier images, and CT of the chest without intravenous contrast are suggested (usually appropriate).",
		},
	},
}
