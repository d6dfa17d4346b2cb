package phantom

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// DemoCase is one study of the demonstration.
type DemoCase struct {
	Folder string // under the demonstration's input folder
	Kind   string
	Seed   uint64
	Set    map[string]string
}

// DemoBroken is the file of the demonstration that can't be read: a DICOM header cut off in its pixels.
const DemoBroken = "broken/im0001.dcm"

// DemoCases lists the studies of the demonstration: a growing nodule with its prior, a normal chest,
// and a CT of spheres.
func DemoCases() []DemoCase {
	return []DemoCase{
		{"growing-nodule", "chest-xray", 14, map[string]string{"nodule-mm": "23", "zone": "right upper", "prior-mm": "18", "prior-days": "182"}},
		{"normal-chest", "chest-xray", 6, map[string]string{"nodule-mm": "0", "prior-days": "0"}},
		{"spheres", "spheres", 1, nil},
	}
}

// Demo writes the demonstration's input into dir, which is made where it is missing: the DICOM files
// of DemoCases with the truth beside them, and DemoBroken. It returns the truth of each study by its folder, in the order of DemoCases.
func Demo(dir string) ([]Truth, error) {
	var truths []Truth
	var sample string
	for _, c := range DemoCases() {
		p, err := Make(c.Kind, c.Seed, c.Set)
		if err != nil {
			return nil, err
		}
		folder := filepath.Join(dir, c.Folder)
		if err := p.Write(folder); err != nil {
			return nil, err
		}
		if sample == "" {
			sample = filepath.Join(folder, filepath.FromSlash(p.exams[0].name), "im0001.dcm")
		}
		truths = append(truths, p.Truth)
	}
	whole, err := os.ReadFile(sample)
	if err != nil {
		return nil, fmt.Errorf("phantom: %w", err)
	}
	broken := filepath.Join(dir, filepath.FromSlash(DemoBroken))
	if err := os.MkdirAll(filepath.Dir(broken), 0o755); err != nil {
		return nil, fmt.Errorf("phantom: %w", err)
	}
	// Cut within the file meta information: nothing says whose image it was.
	if len(whole) < 200 {
		return nil, errors.New("phantom: demo: want a sample file of 200 bytes or more")
	}
	if err := os.WriteFile(broken, whole[:200], 0o644); err != nil {
		return nil, fmt.Errorf("phantom: %w", err)
	}
	return truths, nil
}
