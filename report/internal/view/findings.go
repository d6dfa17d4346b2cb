package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

func findings(r *study.Result) []Block {
	if len(r.Findings) == 0 {
		if !looked(r) {
			return plots(r, "")
		}
		blocks := []Block{Paragraph{Text: "No finding above the operating point of the models used. This does not exclude disease.", Muted: true}}
		return append(blocks, plots(r, "")...)
	}
	blocks := []Block{summary(r)}
	blocks = append(blocks, more(len(r.Findings), maxRows, "findings")...)
	details := capped(r.Findings, maxDetails)
	for n := range details {
		blocks = append(blocks, detail(r, &details[n])...)
	}
	if len(r.Findings) > maxDetails {
		blocks = append(blocks, Paragraph{Text: fmt.Sprintf("Details of the first %d findings are given; those of all %d are in report.json.", maxDetails, len(r.Findings)), Muted: true})
	}
	return append(blocks, plots(r, "")...)
}

// looked reports whether a step that can find anything was done.
func looked(r *study.Result) bool {
	for _, s := range r.Steps {
		if s.Outcome == "done" && slices.Contains([]string{"nodules", "detect", "classify"}, s.Name) {
			return true
		}
	}
	return false
}

func summary(r *study.Result) Table {
	t := Table{Columns: []Column{
		{"No.", false, 0.6}, {"Finding", false, 2}, {"Where", false, 2}, {"Longest", true, 1.1}, {"Prior", true, 1.1},
		{"Change", false, 1.9}, {"Doubling", true, 1.2}, {"Suspicion", false, 1.4},
	}}
	for n := range capped(r.Findings, maxRows) {
		f := &r.Findings[n]
		row := []string{clip(f.ID), what(f), orDash(where(f)), orDash(longest(f.Measures)), "–", "–", "–", "–"}
		if c := f.Change; c != nil {
			row[4] = orDash(longest(c.PriorMeasures))
			row[5] = string(c.Kind)
			if c.Percent != nil {
				row[5] += " " + Signed(*c.Percent, 0) + "\u00a0%"
			}
			if c.DoublingTimeDays != nil {
				row[6] = Value(*c.DoublingTimeDays, "d")
			}
		}
		if f.Suspicion != nil {
			row[7] = clip(f.Suspicion.Level) + " (" + Number(f.Suspicion.Score, 2) + ")"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func what(f *study.Finding) string {
	if f.What.Meaning == "" {
		return sentence(clip(f.What.Code))
	}
	return sentence(clip(f.What.Meaning))
}

func where(f *study.Finding) string {
	site := f.Site
	if site == "" {
		site = f.Where.Meaning
	}
	site = clip(site)
	side := Side(f.Laterality)
	if side == "" || strings.Contains(strings.ToLower(site), side) {
		return site
	}
	return strings.Join(nonEmpty(site, side), ", ")
}

func longest(list []study.Measurement) string {
	if m := study.Measure(list, study.KeyLongestDiameter, ""); m != nil {
		return Value(m.Value, m.Unit)
	}
	return ""
}

func detail(r *study.Result, f *study.Finding) []Block {
	head := Subhead{Text: strings.Join(nonEmpty(clip(f.ID), strings.Join(nonEmpty(what(f), where(f)), ", ")), " · ")}
	if f.Change != nil {
		head.Badge, head.Tone = string(f.Change.Kind), changeTone(f.Change.Kind)
	}
	blocks := []Block{head}
	if text := changeText(f); text != "" {
		blocks = append(blocks, Paragraph{Text: text})
	}
	if t := findingTable(f); len(t.Rows) > 0 {
		blocks = append(blocks, t)
	}
	var facts []string
	for _, feature := range capped(f.Features, 20) {
		fact := words(feature.Name) + ": " + feature.Value
		if feature.Method != "" {
			fact += " (" + feature.Method + ")"
		}
		facts = append(facts, fact)
	}
	if len(facts) > 0 {
		blocks = append(blocks, Paragraph{Text: clip(strings.Join(facts, "; ") + ".")})
	}
	if s := f.Suspicion; s != nil {
		blocks = append(blocks, Paragraph{Text: fmt.Sprintf("Suspicion by stated criteria: %s (%s of 1).", clip(s.Level), Number(s.Score, 2))})
		var list List
		for _, c := range capped(s.Criteria, 20) {
			list.Items = append(list.Items, Item{Text: sentence(clip(c))})
		}
		if len(list.Items) > 0 {
			blocks = append(blocks, list)
		}
	}
	source := ""
	if f.Suspicion != nil && f.Suspicion.Source != "" {
		source = " Suspicion: " + strings.TrimSuffix(f.Suspicion.Source, ".") + "."
	}
	blocks = append(blocks, Paragraph{Text: clip(producedBy(f) + source), Muted: true})
	return append(blocks, plots(r, f.ID)...)
}

func changeTone(k study.ChangeKind) Tone {
	switch k {
	case study.Growing, study.New:
		return Alarm
	case study.Stable, study.Shrinking, study.Resolved:
		return Good
	}
	return Warn
}

func changeText(f *study.Finding) string {
	c := f.Change
	if c == nil {
		return ""
	}
	var parts []string
	was, is := longest(c.PriorMeasures), longest(f.Measures)
	switch {
	case was != "" && is != "":
		parts = append(parts, "Longest diameter "+was+" in the prior, "+is+" now")
	case was != "":
		parts = append(parts, "Longest diameter "+was+" in the prior")
	}
	if c.Percent != nil {
		parts = append(parts, "change "+Signed(*c.Percent, 1)+"\u00a0%")
	}
	if c.IntervalDays != nil {
		parts = append(parts, "in "+Value(*c.IntervalDays, "d"))
	}
	if c.DoublingTimeDays != nil {
		parts = append(parts, "volume doubling time "+Value(*c.DoublingTimeDays, "d"))
	}
	text := strings.Join(parts, ", ")
	if !(was != "" && is != "" && strings.HasPrefix(strings.ToLower(c.Reason), "longest diameter")) { // told already
		text = strings.Join(nonEmpty(text, sentence(c.Reason)), ". ")
	}
	if text == "" {
		return ""
	}
	return clip(sentence(strings.TrimSuffix(text, ".")) + ".")
}

func findingTable(f *study.Finding) Table {
	var prior []study.Measurement
	if f.Change != nil {
		prior = f.Change.PriorMeasures
	}
	var list []study.Measurement
	for _, m := range f.Measures {
		if was := study.Measure(prior, m.Key, m.Unit); was != nil && m.Prior == nil {
			m.Prior = &was.Value
		}
		list = append(list, m)
	}
	return figuresTable(list, false)
}

func producedBy(f *study.Finding) string {
	text := "Found by " + strings.Join(nonEmpty(f.By.Name, f.By.Version), " ")
	if f.By.Name == "" {
		text = "Found by step " + orDash(f.By.Step)
	}
	text += ", score " + Number(f.Score, 2)
	if f.Calibrated {
		return clip(text + " (a calibrated probability).")
	}
	return clip(text + " (not a probability).")
}

// plots of a finding, or of none where id is "": a curve belongs to the finding whose ID ends its own.
func plots(r *study.Result, id string) []Block {
	var blocks []Block
	for n := range capped(r.Curves, maxDetails) {
		c := &r.Curves[n]
		var owner string
		for m := range r.Findings {
			if f := &r.Findings[m]; f.ID != "" && (c.ID == f.ID || strings.HasSuffix(c.ID, "-"+f.ID)) {
				owner = f.ID
				if id == f.ID {
					blocks = append(blocks, Plot{c, plotCaption(f)})
				}
				break
			}
		}
		if owner == "" && id == "" {
			blocks = append(blocks, Plot{Curve: c})
		}
	}
	return blocks
}

func plotCaption(f *study.Finding) string {
	if f.Change == nil || f.Change.DoublingTimeDays == nil {
		return ""
	}
	return "Volume doubling time " + Value(*f.Change.DoublingTimeDays, "d") + ", from the longest diameters, as if the nodule were a sphere."
}
