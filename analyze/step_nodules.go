package analyze

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/analyze/anatomy"
	"github.com/caliper-imaging/caliper/analyze/detect"
	"github.com/caliper-imaging/caliper/measure"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

var nodulesStep = stepRow{
	Name:     "nodules",
	Doc:      "finds nodule candidates on a radiograph, outlines and measures them, and names side and zone",
	Required: []string{"model"},
	Optional: []string{"mask"},
	run: func(ctx context.Context, c *Case, o map[string]string) error {
		for _, e := range c.Exams() {
			card, err := c.findNodules(ctx, e, o)
			if err != nil {
				if err := c.priorMayFail(e, "nodules", err); err != nil {
					return err
				}
				continue
			}
			if !e.Prior {
				c.describe("nodules", card, o)
			}
		}
		return nil
	},
}

var nodule = study.Concept{Scheme: "SCT", Code: "27925004", Meaning: "Nodule"}

func (c *Case) findNodules(ctx context.Context, e *Exam, o map[string]string) (*models.Card, error) {
	lungs := maskOf(e, o["mask"])
	boxes, card, err := c.candidates(ctx, o["model"], e, lungs)
	if err != nil {
		return card, err
	}
	spacing, plane := e.spacing2D()
	field := lungsOnly(lungs)
	prefix := "N"
	if e.Prior {
		prefix = "P"
	}
	strong := detect.Count(boxes, card)
	for n, b := range boxes {
		f := study.Finding{ID: fmt.Sprintf("%s%d", prefix, n+1), What: nodule, Score: b.Score, By: producer("detect", card)}
		box := b.Box
		centre := [2]float64{(box[0] + box[2]) / 2, (box[1] + box[3]) / 2}
		got, err := measure.Nodule2D(ctx, e.Image, box, measure.NoduleOptions{SpacingMM: spacing, Plane: plane, LungMask: field})
		switch {
		case ctx.Err() != nil:
			return card, ctx.Err()
		case err != nil && n >= strong:
			continue
		case err != nil:
			c.note("nodule-not-measured", study.Warning, "nodules", fmt.Sprintf("candidate at pixel (%.0f, %.0f): %v", centre[0], centre[1], err))
		default:
			f.Region.Outline, f.Measures, f.Features = got.Outline, got.Measures, got.Features
			box, centre = got.Box, got.Centre
		}
		lps := e.Image.PointLPS([3]float64{centre[0] - 0.5, centre[1] - 0.5, 0})
		f.Region.Series, f.Region.Box, f.Region.CentreLPS = seriesKey(e.Series), &box, &lps
		if lungs != nil {
			place := anatomy.ChestPlace(lungs, centre)
			f.Site, f.Where, f.Laterality = place.Site, place.Where, place.Laterality
		}
		s := suspicion(&f)
		f.Suspicion = &s
		if n < strong {
			e.Findings = append(e.Findings, f)
		} else {
			e.Weak = append(e.Weak, f)
		}
	}
	return card, nil
}

// lungsOnly keeps the labels of the lungs: what is not lung ends the search for an outline.
func lungsOnly(m *volume.Mask) *volume.Mask {
	if m == nil {
		return nil
	}
	labels := chestLabels(m)
	out := m.Clone()
	for n, l := range out.Labels {
		if l != labels.RightLung && l != labels.LeftLung {
			out.Labels[n] = 0
		}
	}
	return out
}
