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
	Key        string
	PatientKey string
	When       *time.Time
	Modality   string
	BodyPart   string
	View       string
	Sex        string
	AgeYears   float64
}

// Result is everything one study yields. It is the complete form; other formats are views of it.
type Result struct {
	Schema         int
	Study          Ref
	Prior          *Ref
	Recipe         string
	Status         Status
	Error          string
	Priority       Priority
	PriorityReason string
	Technique      []Fact // how the image was made, for the report's header
	Quality        []Measurement
	Findings       []Finding
	Measures       []Measurement
	Impression     []string
	Advice         []Advice // of the study as a whole
	Issues         []Issue
	KeyImages      []KeyImage
	Curves         []Curve
	Artifacts      []Artifact
	Steps          []Step
	Limits         []string
	Disclaimer     string
	Run            *Run
}

// Fact is a named line of text.
type Fact struct {
	Name, Value string
}

// Artifact is a file that belongs to the result; Path is relative to the result's folder.
type Artifact struct {
	Kind   string // mask, map, overlay
	Name   string
	Path   string
	SHA256 string
	Labels []string // names by number for a mask
	By     Producer
}

// Step is one act of the pipeline: what ran, on what, and with which options.
type Step struct {
	Name    string
	Version string
	Model   string
	SHA256  string // of the model
	Options map[string]string
	Inputs  []string // series UIDs hashed, or artifact names
	Outcome string   // done, skipped, failed
	Reason  string
}

// Run holds what differs from run to run; everything else in a result repeats byte for byte.
type Run struct {
	Version     string
	Commit      string
	Started     time.Time
	Seconds     float64
	Host        string
	Kernel      string
	Processor   string
	StepSeconds map[string]float64
}
