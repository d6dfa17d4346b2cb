package study

import (
	"cmp"
	"slices"
)

// WorklistEntry is one line of worklist.json.
type WorklistEntry struct {
	Study      string   `json:"study"` // Key
	PatientKey string   `json:"patientKey"`
	Modality   string   `json:"modality"`
	Recipe     string   `json:"recipe"`
	Priority   Priority `json:"priority"`
	Status     Status   `json:"status"`
	Report     string   `json:"report"` // path of report.json relative to the batch's folder, or ""
	Error      string   `json:"error"`
}

// Entry is the worklist's line of a result; report is the path of its report.json relative to the
// batch's folder, or "".
func (r *Result) Entry(report string) WorklistEntry {
	e := WorklistEntry{
		Study: r.Study.Key, PatientKey: r.Study.PatientKey, Modality: r.Study.Modality,
		Recipe: r.Recipe, Priority: r.Priority, Status: r.Status, Report: report, Error: r.Error,
	}
	if e.Priority == "" {
		e.Priority = Routine
	}
	return e
}

// SortWorklist puts the most pressing first; at the same priority what failed comes last, and the
// rest goes by patient and study key.
func SortWorklist(entries []WorklistEntry) {
	slices.SortStableFunc(entries, func(a, b WorklistEntry) int {
		return cmp.Or(
			cmp.Compare(b.Priority.Rank(), a.Priority.Rank()),
			cmp.Compare(a.Status.rank(), b.Status.rank()),
			cmp.Compare(a.PatientKey, b.PatientKey),
			cmp.Compare(a.Study, b.Study),
		)
	})
}

func (s Status) rank() int {
	switch s {
	case Done:
		return 0
	case Skipped:
		return 1
	}
	return 2
}
