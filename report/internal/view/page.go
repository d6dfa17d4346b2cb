// Package view arranges a result for a reader: sections of blocks that every visual format draws alike.
package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/caliper-imaging/caliper/study"
)

// Page is a whole report.
type Page struct {
	Title        string
	Key          string
	Line         string // short form of whose report it is, for running heads
	Date         time.Time
	Status       study.Status
	Priority     study.Priority
	PriorityNote string
	State        string
	Facts        []study.Fact
	Sections     []Section
	Disclaimer   string
	Version      string // of the program, or ""
}

// Section is a part of a report with a heading.
type Section struct {
	ID, Title string
	Blocks    []Block
}

// Block is a Facts, Paragraph, Subhead, List, Table, Figures, Plot or Callout.
type Block any

// Facts are names with their values, set in two columns.
type Facts struct{ List []study.Fact }

// Paragraph is running text.
type Paragraph struct {
	Text  string
	Muted bool
}

// Subhead is a heading below a section's, with a word that stands out.
type Subhead struct {
	Text, Badge string
	Tone        Tone
}

// List is a list of points; each may have a note in smaller type.
type List struct{ Items []Item }

// Item is a point of a list.
type Item struct{ Text, Note string }

// Table has one row of titles. Cells of a row are as many as there are columns, or one: a row that
// heads those below it.
type Table struct {
	Columns []Column
	Rows    [][]string
	Notes   []string // numbered from 1 where there is more than one
}

// Column of a table.
type Column struct {
	Title  string
	Right  bool    // figures are set to the right
	Weight float64 // share of the width
}

// Figures are rows of key images.
type Figures struct{ Rows [][]Figure }

// Figure is one key image, or the words that stand in its place.
type Figure struct {
	Image *study.KeyImage
	Tag   string
	Empty string
	Pair  bool // current and prior side by side, to one scale where both have one
}

// Plot is a curve drawn by the report.
type Plot struct {
	Curve   *study.Curve
	Caption string
}

// Callout is a box that must not be overlooked.
type Callout struct {
	Tone  Tone
	Title string
	Lines []string
}

// Tone picks a colour.
type Tone string

// Tones.
const (
	Plain Tone = "plain"
	Good  Tone = "good"
	Warn  Tone = "warn"
	Alarm Tone = "alarm"
)

// limits on what a visual form takes; the JSON form is complete.
const (
	maxDetails = 20
	maxRows    = 300
	maxItems   = 40
	maxFigures = 40
	maxRunes   = 600
)

// Of arranges a result.
func Of(r *study.Result) *Page {
	p := &Page{
		Title: title(&r.Study), Key: r.Study.Key, Date: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		Status: r.Status, Priority: r.Priority, PriorityNote: sentence(clip(r.PriorityReason)), State: "Preliminary report, not signed",
		Disclaimer: r.Disclaimer,
	}
	if p.Priority == "" {
		p.Priority = study.Routine
	}
	if p.Disclaimer == "" {
		p.Disclaimer = study.Disclaimer
	}
	if r.Study.When != nil && !r.Study.When.IsZero() {
		p.Date = *r.Study.When
	}
	if r.ReportStatus == study.Final && r.Signature != nil {
		p.State = "Final report, signed by " + clip(r.Signature.Name) + " on " + r.Signature.When.UTC().Format("2006-01-02 15:04 UTC")
	}
	if r.Run != nil {
		p.Version = r.Run.Version
	}
	p.Facts = facts(r, p.State)
	p.Line = strings.Join(nonEmpty(p.Title, "study "+Short(r.Study.Key, 16), Day(r.Study.When)), " · ")
	p.add("impression", "Impression", impression(r))
	p.add("advice", "Advice", advice(r))
	p.add("cautions", "Not done, and cautions", cautions(r))
	p.add("images", "Key images", figures(r))
	p.add("findings", "Findings", findings(r))
	p.add("measurements", "Measurements", measurements(r))
	p.add("technique", "Technique and quality", technique(r))
	p.add("models", "Models", models(r))
	p.add("limits", "Limits", limits(r))
	p.add("provenance", "How this report was made", provenance(r))
	return p
}

func (p *Page) add(id, title string, blocks []Block) {
	if len(blocks) > 0 {
		p.Sections = append(p.Sections, Section{id, title, blocks})
	}
}

var modalityWords = map[string]string{
	"CR": "radiograph", "DX": "radiograph", "RG": "radiograph", "CT": "CT", "MR": "MRI", "PT": "PET", "US": "ultrasound",
	"MG": "mammogram", "NM": "scintigraphy", "XA": "angiogram", "RF": "fluoroscopy", "SM": "slide",
}

func title(s *study.Ref) string {
	word := modalityWords[s.Modality]
	if word == "" {
		word = s.Modality
	}
	part := sentence(strings.ToLower(clip(s.BodyPart)))
	switch {
	case part == "" && word == "":
		return "Imaging report"
	case part == "":
		return sentence(word) + " report"
	}
	return strings.TrimSpace(part+" "+word) + " report"
}

func facts(r *study.Result, state string) []study.Fact {
	s := &r.Study
	who := nonEmpty(map[string]string{"M": "male", "F": "female", "O": "other"}[s.Sex])
	if s.AgeYears > 0 {
		who = append(who, Number(s.AgeYears, 0)+" years")
	}
	prior := "none available"
	if r.Prior != nil {
		prior = strings.Join(nonEmpty(Day(r.Prior.When), interval(r), Short(r.Prior.Key, 16)), " · ")
	}
	return []study.Fact{
		{Name: "Study", Value: clip(s.Key)},
		{Name: "Patient", Value: strings.Join(nonEmpty(clip(s.PatientKey), strings.Join(who, ", ")), " · ")},
		{Name: "Date of study", Value: orDash(Day(s.When))},
		{Name: "Compared with", Value: prior},
		{Name: "Examination", Value: orDash(strings.Join(nonEmpty(s.Modality, clip(s.BodyPart), clip(s.View)), " · "))},
		{Name: "Recipe", Value: orDash(clip(r.Recipe))},
		{Name: "Report", Value: state},
	}
}

func interval(r *study.Result) string {
	if r.Study.When == nil || r.Prior == nil || r.Prior.When == nil {
		return ""
	}
	days := r.Study.When.Sub(*r.Prior.When).Hours() / 24
	if days < 0.5 {
		return ""
	}
	return fmt.Sprintf("%.0f days before", days)
}

func impression(r *study.Result) []Block {
	switch r.Status {
	case study.Failed:
		return []Block{Callout{Alarm, "This study could not be analysed", nonEmpty(sentence(clip(r.Error)),
			"No finding and no absence of a finding may be concluded from this report.")}}
	case study.Skipped:
		return []Block{Callout{Warn, "This study was not analysed", nonEmpty(sentence(clip(r.Error)),
			"No finding and no absence of a finding may be concluded from this report.")}}
	}
	var items []Item
	for _, line := range capped(r.Impression, maxItems) {
		items = append(items, Item{Text: sentence(clip(line))})
	}
	if len(items) == 0 && len(r.Findings) == 0 && len(r.Measures) == 0 && !looked(r) {
		return []Block{Callout{Warn, "Nothing was found or measured, because no step that does so was done",
			[]string{"No finding and no absence of a finding may be concluded from this report."}}}
	}
	if len(items) == 0 {
		return []Block{Paragraph{Text: "No impression was derived by this recipe; the measurements below speak for themselves.", Muted: true}}
	}
	return []Block{List{items}}
}

func advice(r *study.Result) []Block {
	type key struct{ text, guideline, edition string }
	var order []key
	items, of := map[key]Item{}, map[key][]string{}
	add := func(a *study.Advice, finding string) {
		k := key{a.Text, a.Guideline, a.Edition}
		if _, ok := items[k]; !ok {
			items[k] = adviceItem(a)
			order = append(order, k)
		}
		if finding != "" {
			of[k] = append(of[k], finding)
		}
	}
	for n := range r.Advice {
		add(&r.Advice[n], "")
	}
	for n := range r.Findings {
		for m := range r.Findings[n].Advice {
			add(&r.Findings[n].Advice[m], r.Findings[n].ID)
		}
	}
	var list List
	for _, k := range capped(order, maxItems) {
		item := items[k]
		whom := clip(strings.Join(of[k], ", "))
		if n := len(of[k]); n > 8 {
			whom = fmt.Sprintf("%d findings", n)
		}
		if whom != "" {
			item.Text = strings.TrimSuffix(item.Text, ".") + " (for " + whom + ")."
		}
		list.Items = append(list.Items, item)
	}
	if len(list.Items) == 0 {
		return nil
	}
	return []Block{list}
}

func adviceItem(a *study.Advice) Item {
	note := strings.Join(nonEmpty(strings.TrimSpace(a.Guideline+" "+a.Edition), a.Citation), ". ")
	if a.Rule != "" {
		note += ". Rule applied: " + a.Rule
	}
	text := clip(a.Text)
	if a.Urgency.Rank() > 0 {
		text = sentence(string(a.Urgency)) + ": " + text
	}
	return Item{Text: text, Note: clip(note)}
}

func cautions(r *study.Result) []Block {
	var items []Item
	told := map[string]bool{}
	for _, s := range r.Steps {
		if s.Outcome == "skipped" || s.Outcome == "failed" {
			text := "Step “" + s.Name + "” was skipped"
			if s.Outcome == "failed" {
				text = "Step “" + s.Name + "” failed"
			}
			if s.Reason != "" {
				text += ": " + s.Reason
				told[s.Reason] = true
			}
			items = append(items, Item{Text: clip(text)})
		}
	}
	for _, rank := range []study.Severity{study.Refused, study.Warning} {
		for _, i := range r.Issues {
			if i.Severity == rank && !told[i.Text] {
				items = append(items, Item{Text: clip(sentence(i.Text)), Note: clip(strings.Join(nonEmpty(i.Where, i.Code), " · "))})
			}
		}
	}
	if len(items) == 0 {
		return nil
	}
	blocks := []Block{List{capped(items, maxItems)}}
	return append(blocks, more(len(items), maxItems, "points")...)
}

// more says that a list was cut.
func more(have, shown int, what string) []Block {
	if have <= shown {
		return nil
	}
	return []Block{Paragraph{Text: fmt.Sprintf("%d more %s are in report.json.", have-shown, what), Muted: true}}
}
