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
	UID        string    `json:"uid"`
	Key        string    `json:"key"`
	PatientKey string    `json:"patientKey"`
	When       time.Time `json:"when,omitzero"` // zero where no date is known
	Order      int       `json:"order"`         // place among the patient's studies where there is no date; 0 is the first
	Patient    Patient   `json:"patient"`
	Series     []Series  `json:"series"`
	Priors     []Study   `json:"priors,omitempty"` // newest first
	Issues     []Issue   `json:"issues,omitempty"`
}

// Patient is what interpretation needs of a person; identity stays with the source files.
type Patient struct {
	Sex      string  `json:"sex,omitempty"`      // M, F, O or ""
	AgeYears float64 `json:"ageYears,omitempty"` // 0 where unknown
}

// Series is one image: plain data. An opener gives its voxels.
type Series struct {
	UID         string            `json:"uid"`
	Modality    string            `json:"modality"`           // DICOM (0008,0060): CT, MR, DX, CR, PT, US …
	BodyPart    string            `json:"bodyPart,omitempty"` // DICOM (0018,0015), upper case
	View        string            `json:"view,omitempty"`     // DICOM (0018,5101): PA, AP, LL …
	Description string            `json:"description,omitempty"`
	Format      string            `json:"format"`         // the row of intake's format table
	Files       []string          `json:"files"`          // paths, in the order of the slices where known; "archive.zip!/member" inside an archive
	Mask        string            `json:"mask,omitempty"` // path of a label image on the same grid that lies beside it, or ""
	Geometry    volume.Geometry   `json:"geometry"`
	Channels    int               `json:"channels"`
	Frames      int               `json:"frames"`           // time points, or frames of a cine; 1 otherwise
	Levels      []Level           `json:"levels,omitempty"` // of a whole-slide image, the finest first; its geometry is that of the first
	Acquisition Acquisition       `json:"acquisition"`
	Extra       map[string]string `json:"extra,omitempty"` // further columns of --table
	Issues      []Issue           `json:"issues,omitempty"`
}

// Level is one resolution of a whole-slide image.
type Level struct {
	Width           int        `json:"width"`
	Height          int        `json:"height"`
	TileWidth       int        `json:"tileWidth"`
	TileHeight      int        `json:"tileHeight"`
	MicronsPerPixel [2]float64 `json:"micronsPerPixel,omitzero"` // along rows and along columns; zero where not stated
}

// Acquisition is how the image was made, as far as a step needs it. Zero means not stated.
type Acquisition struct {
	SpacingSource             string  `json:"spacingSource,omitempty"`       // PixelSpacing, ImagerPixelSpacing, ObjectPixelSpacingInCenterOfBeam, NominalScannedPixelSpacing, flag, table, header, none
	Plane                     string  `json:"plane,omitempty"`               // detector, patient or "": the plane in which the spacing of a projection holds
	MagnificationFactor       float64 `json:"magnificationFactor,omitempty"` // (0018,1114) EstimatedRadiographicMagnificationFactor
	SliceThicknessMM          float64 `json:"sliceThicknessMM,omitempty"`
	KVP                       float64 `json:"kvp,omitempty"`
	ContrastAgent             bool    `json:"contrastAgent,omitempty"`
	ConvolutionKernel         string  `json:"convolutionKernel,omitempty"`
	MagneticFieldTesla        float64 `json:"magneticFieldTesla,omitempty"`
	SequenceName              string  `json:"sequenceName,omitempty"`
	EchoTimeMS                float64 `json:"echoTimeMS,omitempty"`
	EchoNumber                int     `json:"echoNumber,omitempty"` // from 1, where the series has images of several echo times
	RepetitionTimeMS          float64 `json:"repetitionTimeMS,omitempty"`
	FlipAngleDeg              float64 `json:"flipAngleDeg,omitempty"`
	Manufacturer              string  `json:"manufacturer,omitempty"`
	ModelName                 string  `json:"modelName,omitempty"`
	Monochrome1               bool    `json:"monochrome1,omitempty"`
	BurnedInAnnotation        string  `json:"burnedInAnnotation,omitempty"`
	LossyCompression          bool    `json:"lossyCompression,omitempty"`
	PhotometricInterpretation string  `json:"photometricInterpretation,omitempty"`
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
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Where    string   `json:"where,omitempty"` // step or series it concerns
	Text     string   `json:"text"`
}
