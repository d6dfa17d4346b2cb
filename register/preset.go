package register

import (
	"fmt"
	"strings"
)

// Preset is a named way to register a kind of pair.
type Preset struct {
	Name      string
	Doc       string
	Planar    bool   // for images of one slice
	Kinds     []Kind // transforms in the order in which they are freed
	Normalise bool   // take out slow changes of brightness and contrast first
	BothWays  bool   // search in both directions and compare
	Limits    Limits
}

// Limits are what a transform of a preset may plausibly do; beyond them the verdict is Refused.
type Limits struct {
	MinScale, MaxScale float64
	MaxRotationDeg     float64
	MinOverlap         float64 // part of the fixed samples inside the moving image
	MinCorrelation     float64 // of the normalised images after registration; 0: not looked at
}

// Presets is the table, sorted by name.
func Presets() []Preset {
	return []Preset{
		{
			Name: "affine", Doc: "3-D, twelve parameters, mutual information: any two images of one body part, of any contrast",
			Kinds: []Kind{Rigid3D, Affine3D}, Limits: Limits{0.6, 1.6, 60, 0.3, 0},
		},
		{
			Name: "brain", Doc: "3-D, twelve parameters, mutual information, for two heads: scale and turn of a head are held to",
			Kinds: []Kind{Rigid3D, Similarity3D, Affine3D}, Limits: Limits{0.7, 1.45, 50, 0.4, 0},
		},
		{
			Name: "radiograph", Doc: "2-D, similarity then affine, correlation of images freed of exposure: two frontal radiographs of one patient",
			Planar: true, Normalise: true, BothWays: true,
			Kinds: []Kind{Similarity2D, Affine2D}, Limits: Limits{0.7, 1.4, 20, 0.4, 0.4},
		},
		{
			Name: "rigid", Doc: "3-D, rotation and translation, mutual information: one patient, any contrast",
			Kinds: []Kind{Rigid3D}, Limits: Limits{0.99, 1.01, 90, 0.2, 0},
		},
		{
			Name: "rigid2d", Doc: "2-D, rotation and translation, mutual information: two slices",
			Planar: true, Kinds: []Kind{Rigid2D}, Limits: Limits{0.99, 1.01, 60, 0.3, 0},
		},
	}
}

func findPreset(name string) (Preset, error) {
	if name == "" {
		name = "rigid"
	}
	var names []string
	for _, p := range Presets() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Preset{}, fmt.Errorf("register: preset: want one of %s, got %q", strings.Join(names, ", "), name)
}
