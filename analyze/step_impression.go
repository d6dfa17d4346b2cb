package analyze

import (
	"context"
	"fmt"
	"strings"

	"github.com/caliper-imaging/caliper/analyze/decide"
	"github.com/caliper-imaging/caliper/study"
)

var impressionStep = stepRow{
	Name: "impression",
	Doc:  "sums up in words and sets the priority by the site's policy",
	run: func(_ context.Context, c *Case, _ map[string]string) error {
		rankFindings(c.Current.Findings)
		c.Result.Findings, c.Result.Measures = c.Current.Findings, c.Current.Measures
		policy := c.Env.Policy
		if policy == nil {
			policy = decide.DefaultPolicy()
		}
		c.Result.Priority, c.Result.PriorityReason = policy.Priority(c.Result)
		c.Result.Impression = append(c.Result.Impression, c.findingLines()...)
		c.Result.Impression = append(c.Result.Impression, c.measureLines()...)
		c.Result.Impression = append(c.Result.Impression, c.maskLines()...)
		if len(c.Result.Impression) == 0 && len(c.Current.Measures) == 0 {
			c.Result.Impression = []string{"Nothing was measured beyond image quality."}
		}
		if len(c.Result.Impression) == 0 {
			c.Result.Impression = []string{"No lesion was searched for; the figures are listed under measurements."}
		}
		return nil
	},
}

func (c *Case) findingLines() []string {
	var lines []string
	for n := range c.Current.Findings {
		lines = append(lines, sentence(&c.Current.Findings[n]))
	}
	searched := false
	for _, s := range c.Result.Steps {
		searched = searched || s.Name == nodulesStep.Name && s.Outcome == "done"
	}
	if searched && len(lines) == 0 {
		lines = append(lines, "No nodule candidate above the model's operating point; this does not exclude one.")
	}
	return lines
}

// sentence says one finding in words.
func sentence(f *study.Finding) string {
	var b strings.Builder
	if resolved(f) {
		fmt.Fprintf(&b, "%s: %s candidate of the prior study", f.ID, strings.ToLower(f.What.Meaning))
		if m := study.Measure(f.Measures, study.KeyLongestDiameter, ""); m != nil {
			fmt.Fprintf(&b, ", measured %s there", lengthText(*m))
		}
		if f.Site != "" {
			fmt.Fprintf(&b, ", %s", f.Site)
		}
		return b.String() + "; no longer seen."
	}
	fmt.Fprintf(&b, "%s: %s candidate", f.ID, strings.ToLower(f.What.Meaning))
	if m := study.Measure(f.Measures, study.KeyLongestDiameter, ""); m != nil {
		fmt.Fprintf(&b, ", measured %s", lengthText(*m))
	}
	if f.Site != "" {
		fmt.Fprintf(&b, ", %s", f.Site)
	}
	if ch := f.Change; ch != nil {
		fmt.Fprintf(&b, "; %s", changeWords(ch))
	}
	if f.Suspicion != nil {
		fmt.Fprintf(&b, "; suspicion %s by stated criteria", f.Suspicion.Level)
	}
	return b.String() + "."
}

func changeWords(ch *study.Change) string {
	text := string(ch.Kind)
	switch ch.Kind {
	case study.New:
		text = "not seen in the prior study"
	case study.Growing, study.Stable, study.Shrinking:
		if before := study.Measure(ch.PriorMeasures, study.KeyLongestDiameter, ""); before != nil {
			text += ", " + lengthText(*before) + " before"
		}
		if ch.Percent != nil {
			text += fmt.Sprintf(" (%+.0f %%)", *ch.Percent)
		}
		if ch.IntervalDays != nil {
			text += fmt.Sprintf(" in %.0f days", *ch.IntervalDays)
		}
		if ch.DoublingTimeDays != nil {
			text += fmt.Sprintf(", volume doubling time %.0f days", *ch.DoublingTimeDays)
		}
	case study.NotComparable:
		text = "not comparable with the prior study"
	}
	return text
}

// measureLines names the figures of the study that a reader looks for first.
func (c *Case) measureLines() []string {
	var lines []string
	for _, m := range c.Current.Measures {
		switch {
		case m.Key == study.KeyCardiothoracicRatio:
			line := fmt.Sprintf("Cardiothoracic ratio %.2f", m.Value)
			if m.Prior != nil {
				line += fmt.Sprintf(" (%.2f before)", *m.Prior)
			}
			switch v := c.Current.Series.View; {
			case v == "":
				line += "; the view is not known, and an AP film magnifies the heart"
			case strings.EqualFold(v, "AP"):
				line += "; an AP film magnifies the heart"
			}
			lines = append(lines, line+".")
		case m.Key == study.KeyVolume && headline(m.Label):
			label := strings.ToLower(strings.ReplaceAll(m.Label, "-", " "))
			switch m.Side {
			case study.Left:
				label = "left " + label
			case study.Right:
				label = "right " + label
			}
			label = strings.ToUpper(label[:1]) + label[1:] // one of the headlines, in ASCII
			line := fmt.Sprintf("%s %.1f ml", label, m.Value)
			if m.ChangePercent != nil {
				line += fmt.Sprintf(", %+.1f %% since the prior", *m.ChangePercent)
				if m.ChangePercentPerYear != nil {
					line += fmt.Sprintf(" (%+.1f %% a year)", *m.ChangePercentPerYear)
				}
			}
			lines = append(lines, line+".")
		}
	}
	return lines
}

// headline says whether a structure's volume belongs into the summary.
func headline(label string) bool {
	switch strings.ToLower(label) {
	case "brain", "hippocampus", "lateral-ventricle", "right lung", "left lung", "lung":
		return true
	}
	return false
}

// maxMaskLines is how many labels of a given mask the summary names; the tables have all of them.
const maxMaskLines = 8

// maskLines sums up the labels of the mask that was given beside the image.
func (c *Case) maskLines() []string {
	given := c.Current.Masks[givenMask]
	if given == nil {
		return nil
	}
	var lines []string
	for _, label := range given.Present() {
		name := given.Name(label)
		if name == "" {
			name = fmt.Sprintf("label %d", label)
		}
		line := ""
		for _, m := range c.Current.Measures {
			if m.Label != name {
				continue
			}
			switch m.Key {
			case study.KeyVolume:
				line += fmt.Sprintf(", %.2f ml", m.Value)
			case study.KeyLongestDiameter:
				line += ", longest diameter " + lengthText(m)
			}
		}
		if line == "" {
			continue
		}
		if lines = append(lines, "Given mask, "+name+line+"."); len(lines) == maxMaskLines {
			break
		}
	}
	return lines
}
