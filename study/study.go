// Package study is the record that goes through a pipeline: what was imaged, what was found and
// measured, and where each figure comes from. It holds data only, no voxels.
package study

import (
	"time"

	"github.com/caliper-imaging/caliper/volume"
)

// Study is one visit of one patient. UID is the DICOM StudyInstanceUID, or for other formats the
// relative path or BIDS subject_session. Key and PatientKey are safe to print and to use as file names.
type Study struct {
	UID        string
	Key        string
	PatientKey string
	When       time.Time // zero where no date is known
	Order      int       // place among the patient's studies where there is no date; 0 is the first
	Patient    Patient
	Series     []Series
	Priors     []Study // newest first
	Issues     []Issue
}

// Patient is what interpretation needs of a person; identity stays with the source files.
type Patient struct {
	Sex      string  // M, F, O or ""
	AgeYears float64 // 0 where unknown
}

// Series is one image: plain data. An opener gives its voxels.
type Series struct {
	UID         string
	Modality    string // DICOM (0008,0060): CT, MR, DX, CR, PT, US …
	BodyPart    string // DICOM (0018,0015), upper case
	View        string // DICOM (0018,5101): PA, AP, LL …
	Description string
	Format      string   // the row of intake's format table
	Files       []string // paths, in the order of the slices where known; "archive.zip!member" inside an archive
	Mask        string   // path of a label image on the same grid that lies beside it, or ""
	Geometry    volume.Geometry
	Channels    int
	Frames      int // time points, or frames of a cine; 1 otherwise
	Acquisition Acquisition
	Extra       map[string]string // further columns of --table
	Issues      []Issue
}

// Acquisition is how the image was made, as far as a step needs it. Zero means not stated.
type Acquisition struct {
	SpacingSource             string  // PixelSpacing, ImagerPixelSpacing, NominalScannedPixelSpacing, flag, table, header, none
	Plane                     string  // detector, patient or "": the plane in which the spacing of a projection holds
	MagnificationFactor       float64 // (0018,1114) EstimatedRadiographicMagnificationFactor
	SliceThicknessMM          float64
	KVP                       float64
	ContrastAgent             bool
	ConvolutionKernel         string
	MagneticFieldTesla        float64
	SequenceName              string
	EchoTimeMS                float64
	RepetitionTimeMS          float64
	FlipAngleDeg              float64
	Manufacturer              string
	ModelName                 string
	Monochrome1               bool
	BurnedInAnnotation        string
	LossyCompression          bool
	PhotometricInterpretation string
}

// Severity of an issue.
type Severity string

// Severities: Note is for the record, Warning means a figure may suffer, Refused means a step was not done.
const (
	Note    Severity = "note"
	Warning Severity = "warning"
	Refused Severity = "refused"
)

// Issue is something a reader of the result should know. Code is stable and lower-kebab; Text has no patient data.
type Issue struct {
	Code     string
	Severity Severity
	Where    string // step or series it concerns
	Text     string
}
