package report

import (
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

func dateOf(ref *study.Ref) string {
	if ref.When == nil || ref.When.IsZero() {
		return ""
	}
	return ref.When.Format("2006-01-02")
}

// siteOf says in words where a finding lies.
func siteOf(f *study.Finding) string {
	if f.Site != "" {
		return f.Site
	}
	return f.Where.Meaning
}

// source is the guideline of an advice with its edition.
func source(a *study.Advice) string {
	return strings.TrimSpace(a.Guideline + " " + a.Edition)
}
