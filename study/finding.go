package study

import "github.com/caliper-imaging/caliper/volume"

// Concept is a coded term: DICOM PS3.3 section 8, "code sequence" macro.
type Concept struct {
	Scheme  string // SCT, DCM, UCUM, LN, RADLEX, 99CALIPER
	Code    string
	Meaning string
}

// Laterality as in DICOM (0020,0062).
type Laterality string

// Lateralities.
const (
	Left      Laterality = "L"
	Right     Laterality = "R"
	Bilateral Laterality = "B"
	Unpaired  Laterality = "U"
)

// Region says where a finding lies in its image. Points are LPS mm where the image has a patient
// frame; Box is in pixels of the image: x0, y0, x1, y1 with x1 and y1 exclusive edges.
type Region struct {
	Series    string // UID
	CentreLPS *[3]float64
	Box       *[4]float64
	Slice     int          // index k of the slice that shows it best
	Outline   [][2]float64 // closed polygon in pixels of that slice
	Mask      string       // path of an Artifact, with Label
	Label     uint16
}

// Finding is one thing that was seen.
type Finding struct {
	ID         string
	What       Concept
	Where      Concept
	Site       string // plain words: "right upper zone"
	Laterality Laterality
	Score      float64 // 0 to 1 as the producer defines it
	Calibrated bool    // Score is a probability measured on held-out data
	Suspicion  *Suspicion
	Region     Region
	Measures   []Measurement
	Features   []Feature
	Change     *Change
	Advice     []Advice
	By         Producer
}

// Feature is a described property: margin: smooth.
type Feature struct {
	Name, Value, Method string
}

// Suspicion is a score by stated criteria.
type Suspicion struct {
	Score    float64  // 0 to 1
	Level    string   // low, intermediate, high
	Criteria []string // each criterion with its contribution, in words
	Source   string
}

// Measurement is one figure. It is absent rather than NaN where it can't be had.
type Measurement struct {
	Key                  string // row of measure's table
	Value                float64
	Unit                 string      // UCUM
	Interval             *[2]float64 // 95 % interval where the method gives one
	Method               string
	Plane                string // detector, patient, axial … where it matters
	Label                string // structure it belongs to, for measures of a whole study
	Side                 Laterality
	At                   [][3]float64 // LPS mm of the points it was taken between
	AtPixels             [][2]float64 // the same in pixels of the region's slice
	Concept              *Concept
	Prior                *float64 // the same measure in the prior study
	ChangePercent        *float64
	ChangePercentPerYear *float64
}

// ChangeKind is how a finding compares with the prior study.
type ChangeKind string

// Kinds of change, as findings.csv prints them.
const (
	New           ChangeKind = "new"
	Growing       ChangeKind = "growing"
	Stable        ChangeKind = "stable"
	Shrinking     ChangeKind = "shrinking"
	Resolved      ChangeKind = "resolved"
	NotComparable ChangeKind = "not comparable"
)

// Change compares a finding with its match in the prior study.
type Change struct {
	Kind             ChangeKind
	PriorStudy       string // Key
	PriorFinding     string // ID, or ""
	PriorMeasures    []Measurement
	PriorRegion      *Region
	Percent          *float64 // of the longest diameter
	IntervalDays     *float64
	DoublingTimeDays *float64 // of volume, from the diameters: Δt·ln 2 / (3·ln(d2/d1))
	MatchDistanceMM  *float64
	Reason           string // what decided, or why it can't be compared
	Method           string
}

// Advice is a suggestion by a published rule; a reader decides.
type Advice struct {
	Text      string
	Guideline string
	Edition   string
	Citation  string
	Rule      string // the row of the rule's table that applied
	Urgency   Priority
}

// Producer is what made a finding or a mask.
type Producer struct {
	Step, Name, Version, SHA256 string
}

// KeyImage is a rendered view for a reader: 8-bit pixels, row by row, 1 (grey) or 3 (RGB) samples.
// Annotations are in pixels of this rendering.
type KeyImage struct {
	ID          string
	Title       string
	Caption     string
	Series      string
	Prior       bool
	Finding     string // ID, or "" for an overview
	Width       int
	Height      int
	Samples     int
	Pixels      []byte `json:"-"`
	Path        string // PNG under the result's folder
	SHA256      string
	Geometry    *volume.Geometry // of the source
	PixelMM     *[2]float64      // x, y of the rendering; nil where unknown
	Annotations []Annotation
}

// Annotation is drawn by a report on a key image.
type Annotation struct {
	Kind   string // outline, caliper, box, point, text
	Points [][2]float64
	Text   string
	Role   string // finding, prior, lung-right, lung-left, heart, measurement …: picks the colour
}

// Curve is a small plot: a trend or a histogram.
type Curve struct {
	ID, Title, XLabel, YLabel string
	Series                    []CurveSeries
}

// CurveSeries is one line of a curve.
type CurveSeries struct {
	Name string
	X, Y []float64
}
