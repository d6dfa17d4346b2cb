package analyze

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/analyze/anatomy"
	"github.com/caliper-imaging/caliper/study"
)

var brainVolumesStep = stepRow{
	Name:     "brain-volumes",
	Doc:      "gives the volume of the brain and of each structure in ml, and the asymmetry of paired ones",
	Required: []string{"mask"},
	Optional: []string{"brain"},
	run: func(_ context.Context, c *Case, o map[string]string) error {
		for _, e := range c.Exams() {
			if brain := e.Masks[o["brain"]]; brain != nil {
				e.Measures = append(e.Measures, study.Measurement{Key: study.KeyVolume, Label: "Brain", Unit: "ml",
					Value: brain.VolumeML(1), Method: fmt.Sprintf("voxels of the brain mask by %s × volume of a voxel", brain.By.Name)})
			}
			m, err := e.Mask(o["mask"])
			if err != nil {
				if err := c.priorMayFail(e, "brain-volumes", err); err != nil {
					return err
				}
				continue
			}
			e.Measures = append(e.Measures, anatomy.BrainMeasures(m.Mask)...)
		}
		return nil
	},
}

var compareVolumesStep = stepRow{
	Name: "compare-volumes",
	Doc:  "sets the volumes of the prior beside the current ones, with the change in percent and, with dates, percent a year",
	run: func(_ context.Context, c *Case, _ map[string]string) error {
		c.pairMeasures()
		return nil
	},
}
