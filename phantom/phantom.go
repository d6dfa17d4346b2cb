// Package phantom makes synthetic studies whose truth is known: chest radiographs as projections of a
// parametric torso (Beer-Lambert), chest CT, T1 brain MR and test spheres, written as DICOM (PS3.3).
package phantom

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caliper-imaging/caliper/volume"
)

// Phantom is one study with its truth.
type Phantom struct {
	Kind   string
	Seed   uint64
	Volume *volume.Volume // the current image
	Prior  *volume.Volume // the image of the prior study, or nil
	Labels *volume.Mask   // structures of Volume
	Truth  Truth
	exams  []exam // newest first
}

// Truth is what is known of a study, as truth.json holds it.
type Truth struct {
	Kind      string     `json:"kind"`
	Seed      uint64     `json:"seed"`
	SpacingMM [3]float64 `json:"spacingMM"` // of the image; for a projection in the patient's plane
	Lesions   []Lesion   `json:"lesions"`
	Prior     *Truth     `json:"prior"`
}

// Lesion is one thing that a reader should find. CentreLPS lies in the frame of the image (for a
// projection: in its plane). Box is in pixels of a projection, x1 and y1 exclusive, and absent for volumes.
type Lesion struct {
	What       string      `json:"what"`
	CentreLPS  [3]float64  `json:"centreLPS"`
	Box        *[4]float64 `json:"box,omitempty"`
	DiameterMM float64     `json:"diameterMM"`
	Zone       string      `json:"zone,omitempty"` // upper, middle, lower
	Side       string      `json:"side,omitempty"` // right, left
}

// KindInfo describes a kind of phantom and the keys that it takes.
type KindInfo struct {
	Name, Doc string
	Keys      []KeyInfo
	make      func(seed uint64, s *settings) (*Phantom, error)
}

// KeyInfo describes one key of --set.
type KeyInfo struct{ Name, Doc string }

// Kinds lists the kinds of phantom, sorted by name.
func Kinds() []KindInfo {
	return []KindInfo{
		{"brain-mri", "T1 head of nested structures, with the labels of the 18-structure models", []KeyInfo{
			{"atrophy-percent", "loss of tissue against the prior, in percent of the ventricles' growth over the interval"},
			{"prior-days", "days between the prior and the current study; 0 for no prior"},
		}, brainMRI},
		{"chest-ct", "CT of a chest with solid nodules", []KeyInfo{
			{"nodule-mm", "diameter of the nodule; 0 for none"},
			{"prior-days", "days between the prior and the current study; 0 for no prior"},
			{"prior-mm", "diameter of the nodule in the prior study; 0 where it was not there"},
			{"zone", "place of the nodule: right upper, left lower, middle …"},
		}, chestCT},
		{"chest-xray", "frontal chest radiograph: the projection of a CT phantom", []KeyInfo{
			{"nodule-mm", "diameter of the nodule; 0 for none"},
			{"prior-days", "days between the prior and the current study; 0 for no prior"},
			{"prior-mm", "diameter of the nodule in the prior study; 0 where it was not there"},
			{"zone", "place of the nodule: right upper, left lower, middle …"},
		}, chestXray},
		{"spheres", "CT of water with balls of known volume", []KeyInfo{
			{"diameters-mm", "diameters of the balls, joined by +"},
		}, spheres},
	}
}

// Make makes a phantom. The same kind, seed and settings give the same study. A key of set that the
// kind does not take, or a value that makes no sense, is an error.
func Make(kind string, seed uint64, set map[string]string) (*Phantom, error) {
	kinds := Kinds()
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
		if k.Name != kind {
			continue
		}
		s, err := newSettings(k, set)
		if err != nil {
			return nil, err
		}
		p, err := k.make(seed, s)
		if err != nil {
			return nil, err
		}
		p.Kind, p.Seed = kind, seed
		p.Truth.Kind, p.Truth.Seed = kind, seed
		if p.Truth.Prior != nil {
			p.Truth.Prior.Kind, p.Truth.Prior.Seed = kind, seed
		}
		return p, nil
	}
	return nil, fmt.Errorf("phantom: kind: want one of %s, got %q", strings.Join(names, ", "), kind)
}

// studyDay is when every current study was made.
var studyDay = time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)

// settings are the values of --set, checked for their names.
type settings struct {
	kind   string
	values map[string]string
}

func newSettings(k KindInfo, set map[string]string) (*settings, error) {
	var known []string
	for _, key := range k.Keys {
		known = append(known, key.Name)
	}
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if !slices.Contains(known, key) {
			return nil, fmt.Errorf("phantom: %s: want a key among %s, got %q", k.Name, strings.Join(known, ", "), key)
		}
	}
	return &settings{k.Name, set}, nil
}
