package study

import "github.com/caliper-imaging/caliper/volume"

// Concept is a coded term: DICOM PS3.3 section 8, "code sequence" macro.
type Concept struct {
	Scheme  string `json:"scheme"` // SCT, DCM, UCUM, LN, RADLEX, 99CALIPER
	Code    string `json:"code"`
	Meaning string `json:"meaning"`
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
	Series    string       `json:"series,omitempty"` // UID
	CentreLPS *[3]float64  `json:"centreLPS,omitempty"`
	Box       *[4]float64  `json:"box,omitempty"`
	Slice     int          `json:"slice"`             // index k of the slice that shows it best
	Outline   [][2]float64 `json:"outline,omitempty"` // closed polygon in pixels of that slice
	Mask      string       `json:"mask,omitempty"`    // path of an Artifact, with Label
	Label     uint16       `json:"label,omitempty"`
}

// Finding is one thing that was seen.
type Finding struct {
	ID         string        `json:"id"`
	What       Concept       `json:"what"`
	Where      Concept       `json:"where,omitzero"`
	Site       string        `json:"site,omitempty"` // plain words: "right upper zone"
	Laterality Laterality    `json:"laterality,omitempty"`
	Score      float64       `json:"score"`      // 0 to 1 as the producer defines it
	Calibrated bool          `json:"calibrated"` // Score is a probability measured on held-out data
	Suspicion  *Suspicion    `json:"suspicion,omitempty"`
	Region     Region        `json:"region,omitzero"`
	Measures   []Measurement `json:"measures,omitempty"`
	Features   []Feature     `json:"features,omitempty"`
	Change     *Change       `json:"change,omitempty"`
	Advice     []Advice      `json:"advice,omitempty"`
	By         Producer      `json:"by"`
}

// Feature is a described property: margin: smooth.
type Feature struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Method string `json:"method,omitempty"`
}

// Suspicion is a score by stated criteria.
type Suspicion struct {
	Score    float64  `json:"score"`              // 0 to 1
	Level    string   `json:"level"`              // low, intermediate, high
	Criteria []string `json:"criteria,omitempty"` // each criterion with its contribution, in words
	Source   string   `json:"source,omitempty"`
}

// Measurement is one figure. It is absent rather than NaN where it can't be had.
type Measurement struct {
	Key                  string       `json:"key"` // row of measure's table
	Value                float64      `json:"value"`
	Unit                 string       `json:"unit"`               // UCUM
	Interval             *[2]float64  `json:"interval,omitempty"` // 95 % interval where the method gives one
	Method               string       `json:"method,omitempty"`
	Plane                string       `json:"plane,omitempty"` // detector, patient, axial … where it matters
	Label                string       `json:"label,omitempty"` // structure it belongs to, for measures of a whole study
	Side                 Laterality   `json:"side,omitempty"`
	At                   [][3]float64 `json:"at,omitempty"`       // LPS mm of the points it was taken between
	AtPixels             [][2]float64 `json:"atPixels,omitempty"` // the same in pixels of the region's slice
	Concept              *Concept     `json:"concept,omitempty"`
	Prior                *float64     `json:"prior,omitempty"` // the same measure in the prior study
	ChangePercent        *float64     `json:"changePercent,omitempty"`
	ChangePercentPerYear *float64     `json:"changePercentPerYear,omitempty"`
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
	Kind             ChangeKind    `json:"kind"`
	PriorStudy       string        `json:"priorStudy,omitempty"`   // Key
	PriorFinding     string        `json:"priorFinding,omitempty"` // ID, or ""
	PriorMeasures    []Measurement `json:"priorMeasures,omitempty"`
	PriorRegion      *Region       `json:"priorRegion,omitempty"`
	Percent          *float64      `json:"percent,omitempty"` // of the longest diameter
	IntervalDays     *float64      `json:"intervalDays,omitempty"`
	DoublingTimeDays *float64      `json:"doublingTimeDays,omitempty"` // of volume, from the diameters: Δt·ln 2 / (3·ln(d2/d1))
	MatchDistanceMM  *float64      `json:"matchDistanceMM,omitempty"`
	Reason           string        `json:"reason,omitempty"` // what decided, or why it can't be compared
	Method           string        `json:"method,omitempty"`
}

// Advice is a suggestion by a published rule; a reader decides.
type Advice struct {
	Text      string   `json:"text"`
	Guideline string   `json:"guideline"`
	Edition   string   `json:"edition,omitempty"`
	Citation  string   `json:"citation,omitempty"`
	Rule      string   `json:"rule,omitempty"` // the row of the rule's table that applied
	Urgency   Priority `json:"urgency,omitempty"`
}

// Producer is what made a finding or a mask.
type Producer struct {
	Step    string `json:"step"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
}

// KeyImage is a rendered view for a reader: 8-bit pixels, row by row, 1 (grey) or 3 (RGB) samples.
// Annotations are in pixels of this rendering.
type KeyImage struct {
	ID          string           `json:"id"`
	Title       string           `json:"title"`
	Caption     string           `json:"caption,omitempty"`
	Series      string           `json:"series,omitempty"`
	Prior       bool             `json:"prior"`
	Finding     string           `json:"finding,omitempty"` // ID, or "" for an overview
	Width       int              `json:"width"`
	Height      int              `json:"height"`
	Samples     int              `json:"samples"`
	Pixels      []byte           `json:"-"`
	Path        string           `json:"path"` // PNG under the result's folder
	SHA256      string           `json:"sha256,omitempty"`
	Geometry    *volume.Geometry `json:"geometry,omitempty"` // of the source
	PixelMM     *[2]float64      `json:"pixelMM,omitempty"`  // x, y of the rendering; nil where unknown
	Annotations []Annotation     `json:"annotations,omitempty"`
}

// Annotation is drawn by a report on a key image.
type Annotation struct {
	Kind   string       `json:"kind"` // outline, caliper, box, point, text
	Points [][2]float64 `json:"points,omitempty"`
	Text   string       `json:"text,omitempty"`
	Role   string       `json:"role,omitempty"` // finding, prior, lung-right, lung-left, heart, measurement …: picks the colour
}

// Curve is a small plot: a trend or a histogram.
type Curve struct {
	ID     string        `json:"id"`
	Title  string        `json:"title"`
	XLabel string        `json:"xLabel"`
	YLabel string        `json:"yLabel"`
	Series []CurveSeries `json:"series,omitempty"`
}

// CurveSeries is one line of a curve.
type CurveSeries struct {
	Name string    `json:"name"`
	X    []float64 `json:"x,omitempty"`
	Y    []float64 `json:"y,omitempty"`
}
