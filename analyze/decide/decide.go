// Package decide turns findings into advice by published guidelines and into a priority by the site's
// policy. Guidelines are data with edition and citation; a reader decides.
package decide

import (
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// Context is what a guideline needs beside the finding. Zero means not known.
type Context struct {
	Modality      string  // DICOM: CT, DX, CR …
	AgeYears      float64 //
	Risk          string  // low or high, where someone has judged it
	Nodules       int     // nodules in the study
	HasPrior      bool
	Screening     bool // lung cancer screening
	KnownCancer   bool
	Immunodeficit bool
}

// Guideline is one publication and what it says.
type Guideline struct {
	Key      string
	Title    string
	Edition  string
	Citation string
	Source   string // where the table was checked
	Applies  func(f *study.Finding, c Context) bool
	Rules    []Rule // the first that fits gives the advice
}

// Rule is one row of a guideline's table.
type Rule struct {
	ID      string
	When    string // in words
	Fits    func(f *study.Finding, c Context) bool
	Text    string
	Urgency study.Priority
}

// Advise is the advice of every guideline that applies to the finding, in the order of the table.
func Advise(f *study.Finding, c Context) []study.Advice {
	var out []study.Advice
	for _, g := range Table() {
		if !g.Applies(f, c) {
			continue
		}
		for _, r := range g.Rules {
			if r.Fits(f, c) {
				out = append(out, study.Advice{
					Text: r.Text, Guideline: g.Title, Edition: g.Edition, Citation: g.Citation,
					Rule: r.ID + ": " + r.When, Urgency: r.Urgency,
				})
				break
			}
		}
	}
	return out
}

// IsNodule says whether a finding is a nodule or a mass by its coded term or its meaning.
func IsNodule(f *study.Finding) bool {
	words := strings.ToLower(f.What.Meaning)
	return f.What.Scheme == "SCT" && f.What.Code == "27925004" || strings.Contains(words, "nodule") || strings.Contains(words, "mass")
}

// projection says whether a modality is a plain radiograph.
func projection(modality string) bool {
	switch modality {
	case "DX", "CR", "RG", "RF", "XC":
		return true
	}
	return false
}

func changeIs(f *study.Finding, kinds ...study.ChangeKind) bool {
	if f.Change == nil {
		return false
	}
	for _, k := range kinds {
		if f.Change.Kind == k {
			return true
		}
	}
	return false
}

func feature(f *study.Finding, name string) string {
	for _, x := range f.Features {
		if x.Name == name {
			return x.Value
		}
	}
	return ""
}

// millimetres is a measure in mm; ok is false where it isn't known in mm.
func millimetres(f *study.Finding, keys ...string) (float64, bool) {
	for _, key := range keys {
		for _, m := range f.Measures {
			if m.Key == key && m.Unit == "mm" {
				return m.Value, true
			}
		}
	}
	return 0, false
}

func always(*study.Finding, Context) bool { return true }
