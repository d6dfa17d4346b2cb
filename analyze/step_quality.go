package analyze

import (
	"context"

	"github.com/caliper-imaging/caliper/analyze/quality"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

var qualityStep = stepRow{
	Name:     "quality",
	Doc:      "judges exposure, contrast, noise, clipping and coverage of the current image",
	Optional: []string{"mask"},
	run: func(_ context.Context, c *Case, o map[string]string) error {
		e := c.Current
		var issues []study.Issue
		if e.Image.Size[2] == 1 {
			var lungs *volume.Mask
			var chest quality.Chest
			if m := maskOf(e, o["mask"]); m != nil {
				labels := chestLabels(m)
				lungs, chest = m, quality.Chest{RightLung: labels.RightLung, LeftLung: labels.LeftLung}
			}
			c.Result.Quality, issues = quality.Radiograph(e.Image, lungs, chest)
		} else {
			c.Result.Quality, issues = quality.Volume(e.Image, e.Series.Modality)
		}
		c.Result.Issues = append(c.Result.Issues, issues...)
		return nil
	},
}
