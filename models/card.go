// Package models knows networks by their cards: what goes in, what comes out, where it may be used,
// and which file it is (by SHA-256). Cards follow Mitchell et al., "Model Cards for Model Reporting" (2019).
package models

import (
	"github.com/caliper-imaging/caliper/preprocess"
)

// Task is what a model's output means.
type Task string

// Tasks. Tensor models run by `caliper models run` only: their input is not an image by itself.
const (
	Segment  Task = "segment"
	Detect   Task = "detect"
	Classify Task = "classify"
	Tensors  Task = "tensors"
)

// Card describes one ONNX file. In YAML the keys are as tagged; unknown keys are refused. An example:
//
//	schema: 1
//	name: cxr-nodule
//	version: "1.0"
//	file: cxr-nodule.onnx
//	bytes: 704009
//	sha256: ec4e75ca…
//	licence: Apache-2.0
//	source: trained by this project, models/training/nodule.py
//	task: detect
//	modality: [DX, CR]
//	bodyPart: [CHEST]
//	view: [PA, AP]
//	input:
//	  channels: 1
//	  size: [512, 512]        # tensor's H, W
//	  resize: letterbox
//	  normalise:              # in order, over the image's own grid, before resizing
//	    - {step: quantiles, lo: 0.005, hi: 0.995, clip: true}
//	output:
//	  decode: heatmap         # peaks of a map of scores
//	  scores: heat            # [1, classes, H/stride, W/stride]
//	  extent: size            # optional [1, 1 or 2, H/stride, W/stride]: side lengths in pixels of the input
//	  activation: sigmoid
//	  stride: 4
//	  nms: 0.3
//	  floor: 0.05
//	  operatingPoint: 0.4
//	labels: [nodule]
//	intendedUse: Candidates for a reader on frontal radiographs of adults.
//	limits: [Not for lateral views.]
//	trainedOn:
//	  - {name: phantom chest-xray seeds 1-5000, licence: Apache-2.0}
//	metrics:
//	  - {name: sensitivity, value: 0.9, at: 1 false positive an image, on: 200 phantoms of unseen seeds, n: 200}
type Card struct {
	Schema      int        `yaml:"schema"` // 1
	Name        string     `yaml:"name"`   // lower case, digits, - _ and .
	Version     string     `yaml:"version"`
	File        string     `yaml:"file"`            // name of the ONNX file, without a folder
	Bytes       int64      `yaml:"bytes,omitempty"` // size of the file; a file of another size is not hashed
	SHA256      string     `yaml:"sha256"`          // of the file, lower-case hex
	Licence     string     `yaml:"licence"`
	Source      string     `yaml:"source"`
	Citation    string     `yaml:"citation,omitempty"`
	Task        Task       `yaml:"task"`
	Modality    []string   `yaml:"modality,omitempty"` // DICOM terms, upper case
	BodyPart    []string   `yaml:"bodyPart,omitempty"`
	View        []string   `yaml:"view,omitempty"`
	Input       Input      `yaml:"input"`
	Output      Output     `yaml:"output"`
	Labels      []string   `yaml:"labels"` // segment: by number, 0 the background; detect and classify: by channel
	IntendedUse string     `yaml:"intendedUse"`
	Limits      []string   `yaml:"limits"`
	TrainedOn   []Training `yaml:"trainedOn,omitempty"`
	Metrics     []Metric   `yaml:"metrics,omitempty"`
}

// Input says how an image becomes the tensor [1, channels, H, W] or [1, channels, D, H, W].
// Normalisation comes first, over the image's own grid; then orientation, spacing, crop, size.
type Input struct {
	Name      string            `yaml:"name,omitempty"` // tensor's name; "" is the only input
	Dims      int               `yaml:"dims"`           // 2 or 3; 0 for models of task tensors
	Channels  int               `yaml:"channels"`       // 1 grey, 3 RGB
	Axes      string            `yaml:"axes,omitempty"` // 3-D: directions in which D, H, W grow (nibabel's axis codes); "" is as stored
	SpacingMM float64           `yaml:"spacingMM,omitempty"`
	Size      []int             `yaml:"size,omitempty"`      // H, W or D, H, W of the tensor; none is the image's own
	Multiple  int               `yaml:"multiple,omitempty"`  // sides are padded at their end to a multiple of this
	Resize    Resize            `yaml:"resize,omitempty"`    // letterbox or stretch, where there is a size
	Interp    preprocess.Interp `yaml:"interp,omitempty"`    // "" is auto
	Pad       float64           `yaml:"pad,omitempty"`       // value around a letterbox, after normalisation
	MinSize   int               `yaml:"minSize,omitempty"`   // smallest side in pixels that is accepted
	ShortSide int               `yaml:"shortSide,omitempty"` // resize so that the shorter side has this many pixels
	Normalise []preprocess.Step `yaml:"normalise,omitempty"`
	Crop      *Crop             `yaml:"crop,omitempty"`
	Tile      *Tile             `yaml:"tile,omitempty"` // none: the whole image at once
	Note      string            `yaml:"note,omitempty"`
}

// Resize says how an image takes on the size of the input.
type Resize string

// Ways of resizing: Letterbox keeps the aspect, in the middle with padding around; Stretch does not.
const (
	Letterbox Resize = "letterbox"
	Stretch   Resize = "stretch"
)

// Crop limits the work to a part of the image. Of head: the largest bright component. Of nonzero: what
// is not the image's smallest value. Of field: the bright disc of a fundus photograph.
type Crop struct {
	Of     string `yaml:"of"`     // head, nonzero or field
	Margin int    `yaml:"margin"` // voxels kept around
}

// Tile allows a sliding window.
type Tile struct {
	Size    []int `yaml:"size"`    // H, W or D, H, W
	Overlap int   `yaml:"overlap"` // voxels shared by neighbouring tiles
}

// Output says how the output tensors become labels, boxes or scores.
type Output struct {
	Decode     Decode     `yaml:"decode"`
	Name       string     `yaml:"name,omitempty"` // argmax, threshold, scores: tensor's name; "" is the first
	Activation Activation `yaml:"activation,omitempty"`
	// OperatingPoint is the score from which a result counts; for decode threshold the level of the mask.
	OperatingPoint float64 `yaml:"operatingPoint,omitempty"`
	Invert         bool    `yaml:"invert,omitempty"`  // threshold: what lies below is the label
	Channel        int     `yaml:"channel,omitempty"` // threshold: which channel of the output
	Largest        bool    `yaml:"largest,omitempty"` // keep the largest component of each label
	FillHoles      bool    `yaml:"fillHoles,omitempty"`
	// Boxes and heat maps.
	Boxes      string  `yaml:"boxes,omitempty"`      // [1, N, 4] x0, y0, x1, y1
	Scores     string  `yaml:"scores,omitempty"`     // [1, N, classes]; heat map [1, classes, h, w]
	Mirror     bool    `yaml:"mirror,omitempty"`     // heat map: also run with left and right exchanged, the maps averaged
	Extent     string  `yaml:"extent,omitempty"`     // heat map: [1, 1 or 2, h, w] side lengths in pixels of the input
	Offset     string  `yaml:"offset,omitempty"`     // heat map: [1, 2, h, w] shift of the centre in cells, x then y
	Relative   bool    `yaml:"relative,omitempty"`   // boxes in parts of the input's width and height, not pixels
	Background bool    `yaml:"background,omitempty"` // class 0 is the background
	Stride     int     `yaml:"stride,omitempty"`     // heat map: pixels of the input by cell
	Side       float64 `yaml:"side,omitempty"`       // heat map without extent: side of a box in pixels of the input
	NMS        float64 `yaml:"nms,omitempty"`        // greatest intersection over union of two kept boxes of a class
	Floor      float64 `yaml:"floor,omitempty"`      // lowest score that is listed
	Grow       float64 `yaml:"grow,omitempty"`       // components: boxes grow by area × grow / perimeter
	Kernel     float64 `yaml:"kernel,omitempty"`     // components: level of the map that parts components
	// Within limits detections to labels of another model's mask, such as the lungs.
	Within *Within `yaml:"within,omitempty"`
}

// Within names a segmentation model and the labels in which the centre of a detection must lie.
type Within struct {
	Model    string   `yaml:"model"`
	Labels   []uint16 `yaml:"labels"`
	MarginPx float64  `yaml:"marginPx,omitempty"` // how far outside is still accepted, in pixels of the input
}

// Decode is the form of the output.
type Decode string

// Forms of output.
const (
	Argmax     Decode = "argmax"     // [1, classes, spatial…]: the label is the strongest channel
	Threshold  Decode = "threshold"  // [1, channels, spatial…]: label 1 where one channel passes the operating point
	Boxes      Decode = "boxes"      // boxes and scores, then NMS
	Heatmap    Decode = "heatmap"    // peaks of a map
	Components Decode = "components" // boxes around components of a map
	Scores     Decode = "scores"     // [1, classes]
	None       Decode = "none"       // tensors as they are
)

// Activation is applied to scores as they leave the network.
type Activation string

// Activations; the zero value leaves scores as they are.
const (
	Sigmoid Activation = "sigmoid"
	Softmax Activation = "softmax"
)

// Training names one source of training data.
type Training struct {
	Name    string `yaml:"name"`
	SHA256  string `yaml:"sha256,omitempty"` // of the list of files, or of the archive, as What says
	What    string `yaml:"what,omitempty"`
	Licence string `yaml:"licence,omitempty"`
}

// Metric is one measured figure.
type Metric struct {
	Name     string      `yaml:"name"`
	Value    float64     `yaml:"value"`
	At       string      `yaml:"at,omitempty"` // operating point or condition
	On       string      `yaml:"on"`           // data that it was measured on
	N        int         `yaml:"n,omitempty"`
	Interval *[2]float64 `yaml:"interval,omitempty"`
}
