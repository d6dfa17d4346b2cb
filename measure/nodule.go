package measure

import (
	"context"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// NoduleOptions of Nodule2D. The zero value measures in pixels on a picture whose dense parts are bright.
type NoduleOptions struct {
	SpacingMM     *[2]float64  // of columns (x) and rows (y); nil: lengths come in pixels
	Plane         string       // plane in which the spacing holds: detector or patient
	Magnification float64      // divides lengths on the detector where above 1; Plane is then patient
	LungMask      *volume.Mask // any label other than 0 is lung; nil: none
	DenseIsDark   bool         // MONOCHROME1 values as stored
}

// Nodule is what Nodule2D finds. Coordinates are pixels of the image; pixel (0, 0) covers 0 to 1.
type Nodule struct {
	Outline    [][2]float64 // closed polygon
	Centre     [2]float64
	Box        [4]float64
	DiameterPx float64 // longest diameter in pixels (geometric mean where pixels aren't square)
	Contrast   float64 // mean inside less mean around, in standard deviations of the surroundings
	Roughness  float64 // root mean square departure of the radius from its ellipse, over the mean radius
	EdgePart   float64 // part of the outline with a clear edge, 0 to 1
	Measures   []study.Measurement
	Features   []study.Feature
}

// maxBoxPixels bounds the work for one candidate: no nodule is wider, at any pixel size.
const maxBoxPixels = 800

const noduleMethod = "outline by dynamic programming on the radial edge around the candidate, edge position corrected for smoothing"

// Nodule2D finds the outline of the nodule in a candidate box (x0, y0, x1, y1 in pixels) of a
// one-slice image and measures it: longest diameter, the longest perpendicular to it, their mean,
// area, contrast; margin and density in words. Lengths are in mm where the spacing is known, with the
// plane named, else in pixels.
func Nodule2D(ctx context.Context, image *volume.Volume, box [4]float64, o NoduleOptions) (*Nodule, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if image.Size[2] != 1 || image.Channels != 1 {
		return nil, fmt.Errorf("measure: nodule: want one slice of one channel, got size %v and %d channels", image.Size, image.Channels)
	}
	for _, x := range box {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("measure: nodule: box: want finite numbers, got %v", box)
		}
	}
	w, h := float64(image.Size[0]), float64(image.Size[1])
	cx, cy := (box[0]+box[2])/2, (box[1]+box[3])/2
	if !(box[2]-box[0] >= 2) || !(box[3]-box[1] >= 2) || cx < 0 || cy < 0 || cx >= w || cy >= h {
		return nil, fmt.Errorf("measure: nodule: box: want at least 2×2 pixels centred in the image of %g×%g, got %v", w, h, box)
	}
	if box[2]-box[0] > maxBoxPixels || box[3]-box[1] > maxBoxPixels {
		return nil, fmt.Errorf("measure: nodule: box: want at most %d pixels across, got %v", maxBoxPixels, box)
	}
	if o.SpacingMM != nil && !(o.SpacingMM[0] > 0 && o.SpacingMM[1] > 0) {
		return nil, fmt.Errorf("measure: nodule: spacing: want positive mm, got %v", *o.SpacingMM)
	}
	b := traceBoundary(image, box, o)
	n := &Nodule{Centre: b.centre, EdgePart: b.edgePart}
	n.Outline = b.polygon()
	n.Box = boundsOf(n.Outline)
	n.Roughness = b.roughness()
	n.measure(o)
	n.describe(image, b, o)
	return n, nil
}

// measure takes the lengths of the outline.
func (n *Nodule) measure(o NoduleOptions) {
	sx, sy, unit, plane := 1.0, 1.0, "{pixels}", ""
	if o.SpacingMM != nil {
		sx, sy, unit, plane = o.SpacingMM[0], o.SpacingMM[1], "mm", o.Plane
		if o.Magnification > 1 {
			sx, sy, plane = sx/o.Magnification, sy/o.Magnification, "patient"
		}
	}
	scaled := make([]point2, len(n.Outline))
	for i, p := range n.Outline {
		scaled[i] = point2{p[0] * sx, p[1] * sy}
	}
	areaValue := polygonArea(scaled)
	hull := convexHull(scaled)
	p, q, long := farthest2(hull)
	a, b, short := widestAcross(hull, p, q)
	back := func(points ...point2) [][2]float64 {
		out := make([][2]float64, len(points))
		for i, x := range points {
			out[i] = [2]float64{x[0] / sx, x[1] / sy}
		}
		return out
	}
	n.DiameterPx = long / math.Sqrt(sx*sy)
	areaUnit := "{pixels}"
	if unit == "mm" {
		areaUnit = "mm2"
	}
	n.Measures = append(n.Measures,
		study.Measurement{Key: "longest_diameter", Value: long, Unit: unit, Plane: plane, Method: noduleMethod, Concept: longestDiameter.Concept, AtPixels: back(p, q)},
		study.Measurement{Key: "short_axis", Value: short, Unit: unit, Plane: plane, Method: "longest diameter perpendicular to the longest diameter", Concept: shortAxis.Concept, AtPixels: back(a, b)},
		study.Measurement{Key: "mean_diameter", Value: (long + short) / 2, Unit: unit, Plane: plane, Method: "mean of longest diameter and short axis"},
		study.Measurement{Key: "area", Value: areaValue, Unit: areaUnit, Plane: plane, Method: "area of the outline", Concept: area.Concept},
	)
}

func boundsOf(points [][2]float64) [4]float64 {
	box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range points {
		box[0], box[1] = min(box[0], p[0]), min(box[1], p[1])
		box[2], box[3] = max(box[2], p[0]), max(box[3], p[1])
	}
	return box
}

func polygonArea(points []point2) float64 {
	sum := 0.0
	for i, p := range points {
		q := points[(i+1)%len(points)]
		sum += p[0]*q[1] - q[0]*p[1]
	}
	return math.Abs(sum) / 2
}
