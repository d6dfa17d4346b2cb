// Package register aligns two images: transforms, metrics, optimisers, presets for common pairs and
// a verdict on the outcome. Points are LPS mm; a transform maps a point of the fixed image to the
// point of the moving image that shows the same place.
package register

import (
	"encoding/json"
	"fmt"
	"math"
)

// Kind names what a linear transform may do.
type Kind string

// Kinds of linear transforms. The 2-D kinds act in the plane of the slice.
const (
	Rigid3D      Kind = "rigid3d"
	Similarity3D Kind = "similarity3d"
	Affine3D     Kind = "affine3d"
	Rigid2D      Kind = "rigid2d"
	Similarity2D Kind = "similarity2d"
	Affine2D     Kind = "affine2d"
)

// Linear maps x to A·(x − Centre) + Centre + Translation, in LPS mm.
type Linear struct {
	Kind        Kind
	A           [3][3]float64
	Centre      [3]float64
	Translation [3]float64
}

// Identity is the transform of the kind that moves nothing.
func Identity(kind Kind) *Linear {
	return &Linear{Kind: kind, A: identity3}
}

var identity3 = [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}

// Map takes a point of the fixed image to the moving image, both LPS mm.
func (t *Linear) Map(pointLPS [3]float64) [3]float64 {
	d := [3]float64{pointLPS[0] - t.Centre[0], pointLPS[1] - t.Centre[1], pointLPS[2] - t.Centre[2]}
	var out [3]float64
	for r := range 3 {
		out[r] = t.A[r][0]*d[0] + t.A[r][1]*d[1] + t.A[r][2]*d[2] + t.Centre[r] + t.Translation[r]
	}
	return out
}

// Inverse maps points of the moving image to the fixed one.
func (t *Linear) Inverse() (*Linear, error) {
	inv, ok := inverse3(t.A)
	if !ok {
		return nil, fmt.Errorf("register: transform: want a matrix that can be inverted, got determinant %g", determinant3(t.A))
	}
	out := &Linear{Kind: t.Kind, A: inv, Centre: t.Centre}
	shift := multiply3(inv, t.Translation)
	for n := range 3 {
		out.Translation[n] = -shift[n]
	}
	return out, nil
}

// Affine is the 4×4 matrix of the transform, row by row.
func (t *Linear) Matrix() [4][4]float64 {
	var a [4][4]float64
	turned := multiply3(t.A, t.Centre)
	for r := range 3 {
		copy(a[r][:3], t.A[r][:])
		a[r][3] = t.Centre[r] + t.Translation[r] - turned[r]
	}
	a[3][3] = 1
	return a
}

// ScaleFactors are the three principal stretches, largest first.
func (t *Linear) ScaleFactors() [3]float64 { return singularValues3(t.A) }

// RotationDeg is the angle of the rotation in the transform, from its polar decomposition.
func (t *Linear) RotationDeg() float64 {
	r := nearestRotation(t.A)
	c := (r[0][0] + r[1][1] + r[2][2] - 1) / 2
	return math.Acos(min(max(c, -1), 1)) * 180 / math.Pi
}

// linearJSON is the stored form: what a transform does, and in which frame.
type linearJSON struct {
	Type        string        `json:"type"`
	Frame       string        `json:"frame"`
	Direction   string        `json:"direction"`
	Kind        Kind          `json:"kind"`
	Matrix      [3][3]float64 `json:"matrix"`
	Centre      [3]float64    `json:"centre"`
	Translation [3]float64    `json:"translation"`
}

const (
	jsonType      = "caliper.linear"
	jsonFrame     = "LPS mm"
	jsonDirection = "fixed to moving"
)

// MarshalJSON writes the transform with its frame and direction.
func (t *Linear) MarshalJSON() ([]byte, error) {
	return json.Marshal(linearJSON{jsonType, jsonFrame, jsonDirection, t.Kind, t.A, t.Centre, t.Translation})
}

// UnmarshalJSON reads what MarshalJSON writes and checks it.
func (t *Linear) UnmarshalJSON(data []byte) error {
	var in linearJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("register: transform: %w", err)
	}
	if in.Type != jsonType || in.Frame != jsonFrame || in.Direction != jsonDirection {
		return fmt.Errorf("register: transform: want type %q, frame %q, direction %q, got %q, %q, %q", jsonType, jsonFrame, jsonDirection, in.Type, in.Frame, in.Direction)
	}
	if _, ok := parametersOf[in.Kind]; !ok {
		return fmt.Errorf("register: transform: kind: want one of rigid3d, similarity3d, affine3d, rigid2d, similarity2d, affine2d, got %q", in.Kind)
	}
	if d := determinant3(in.Matrix); !(math.Abs(d) > 1e-12) {
		return fmt.Errorf("register: transform: matrix: want one that can be inverted, got determinant %g", d)
	}
	*t = Linear{in.Kind, in.Matrix, in.Centre, in.Translation}
	return nil
}
