// Package draw turns annotations and curves into lines, boxes and words that PDF and SVG draw alike.
package draw

// Colour is red, green, blue.
type Colour [3]uint8

// Colours that the colour-blind can tell apart: Okabe and Ito, "Color Universal Design", 2008.
var (
	Black     = Colour{0, 0, 0}
	White     = Colour{255, 255, 255}
	Grey      = Colour{110, 118, 128}
	Pale      = Colour{222, 226, 231}
	Blue      = Colour{0, 114, 178}
	Sky       = Colour{86, 180, 233}
	Green     = Colour{0, 158, 115}
	Yellow    = Colour{240, 228, 66}
	Orange    = Colour{230, 159, 0}
	Vermilion = Colour{213, 94, 0}
	Purple    = Colour{204, 121, 167}
)

// Drawing is a picture of W by H millimetres; y grows downwards. It is painted in the order of its fields.
type Drawing struct {
	W, H  float64
	Lines []Line
	Dots  []Dot
	Boxes []Box
	Texts []Text
}

// Line is a polyline, or a polygon where Closed.
type Line struct {
	Points [][2]float64
	Closed bool
	Width  float64
	Colour Colour
	Halo   bool // a dark edge, to be seen on any grey
	Dashed bool
}

// Dot is a marker: circle, square, triangle, cross.
type Dot struct {
	X, Y, R float64
	Shape   string
	Colour  Colour
}

// Box is a filled rectangle of an opacity from 0 to 1.
type Box struct {
	X, Y, W, H float64
	Colour     Colour
	Opacity    float64
}

// Text stands on its baseline at X, Y; Align is -1 left, 0 centre, 1 right. SizeMM is the height of the type's body.
type Text struct {
	X, Y, SizeMM float64
	Words        string
	Align        int
	Bold         bool
	Up           bool // turned to run upwards
	Colour       Colour
}

// Measure is the width in mm of words in type of the given body height.
type Measure func(words string, sizeMM float64) float64
