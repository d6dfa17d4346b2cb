package study

import "time"

// Schema is the version of Result's JSON form.
const Schema = 1

// Disclaimer stands in every report.
const Disclaimer = "Research use; not a medical device. The reading physician has the last word."

// Status of a study's result.
type Status string

// Statuses of a study.
const (
	Done    Status = "done"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// ReportStatus as in FHIR R4 DiagnosticReport.status, as far as it is used here.
type ReportStatus string

// Report statuses. The zero value counts as preliminary.
const (
	Preliminary ReportStatus = "preliminary"
	Final       ReportStatus = "final"
)

// Signature is the physician's release of a report.
type Signature struct {
	Name string    `json:"name"`
	When time.Time `json:"when"`
}

// Priority on the worklist.
type Priority string

// Priorities, lowest first.
const (
	Routine  Priority = "routine"
	Urgent   Priority = "urgent"
	Critical Priority = "critical"
)

// Rank orders priorities: higher is more pressing.
func (p Priority) Rank() int {
	switch p {
	case Critical:
		return 2
	case Urgent:
		return 1
	}
	return 0
}

// Ref names a study in a result without saying who it is.
type Ref struct {
	Key        string     `json:"key"`
	PatientKey string     `json:"patientKey"`
	When       *time.Time `json:"when,omitempty"`
	Modality   string     `json:"modality"`
	BodyPart   string     `json:"bodyPart,omitempty"`
	View       string     `json:"view,omitempty"`
	Sex        string     `json:"sex,omitempty"`
	AgeYears   float64    `json:"ageYears,omitempty"`
}

// Result is everything one study yields. It is the complete form; other formats are views of it.
type Result struct {
	Schema         int           `json:"schema"`
	Study          Ref           `json:"study"`
	Prior          *Ref          `json:"prior,omitempty"`
	ReportStatus   ReportStatus  `json:"reportStatus"` // preliminary until it is signed
	Signature      *Signature    `json:"signature,omitempty"`
	Recipe         string        `json:"recipe"`
	Status         Status        `json:"status"`
	Error          string        `json:"error,omitempty"`
	Priority       Priority      `json:"priority"`
	PriorityReason string        `json:"priorityReason,omitempty"`
	Technique      []Fact        `json:"technique"` // how the image was made, for the report's header
	Quality        []Measurement `json:"quality"`
	Findings       []Finding     `json:"findings"`
	Measures       []Measurement `json:"measures"`
	Impression     []string      `json:"impression"`
	Advice         []Advice      `json:"advice"` // of the study as a whole
	Issues         []Issue       `json:"issues"`
	KeyImages      []KeyImage    `json:"keyImages"`
	Curves         []Curve       `json:"curves"`
	Artifacts      []Artifact    `json:"artifacts"`
	Steps          []Step        `json:"steps"`
	Limits         []string      `json:"limits"`
	Disclaimer     string        `json:"disclaimer"`
	Run            *Run          `json:"run,omitempty"`
}

// Fact is a named line of text.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Artifact is a file that belongs to the result; Path is relative to the result's folder.
type Artifact struct {
	Kind   string   `json:"kind"` // mask, map, overlay
	Name   string   `json:"name"`
	Path   string   `json:"path"`
	SHA256 string   `json:"sha256,omitempty"`
	Labels []string `json:"labels,omitempty"` // names by number for a mask
	By     Producer `json:"by,omitzero"`
}

// Step is one act of the pipeline: what ran, on what, and with which options.
type Step struct {
	Name         string            `json:"name"`
	Version      string            `json:"version,omitempty"`
	Model        string            `json:"model,omitempty"`
	SHA256       string            `json:"sha256,omitempty"` // of the model
	ModelVersion string            `json:"modelVersion,omitempty"`
	ModelLicence string            `json:"modelLicence,omitempty"`
	Options      map[string]string `json:"options,omitempty"`
	Inputs       []string          `json:"inputs,omitempty"` // series UIDs hashed, or artifact names
	Outcome      string            `json:"outcome"`          // done, skipped, failed
	Reason       string            `json:"reason,omitempty"`
}

// Run holds what differs from run to run; everything else in a result repeats byte for byte.
type Run struct {
	Version     string             `json:"version"`
	Commit      string             `json:"commit"`
	Started     time.Time          `json:"started"`
	Seconds     float64            `json:"seconds"`
	Host        string             `json:"host,omitempty"`
	Kernel      string             `json:"kernel"`
	Processor   string             `json:"processor,omitempty"`
	StepSeconds map[string]float64 `json:"stepSeconds,omitempty"`
}
