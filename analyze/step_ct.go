package analyze

import (
	"context"
	"errors"

	"github.com/caliper-imaging/caliper/measure"
	"github.com/caliper-imaging/caliper/segment"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

var bodyStep = classicalStep("body", "finds the patient in a CT by thresholds and components", segment.Body)

var lungsStep = classicalStep("lungs", "finds the lungs in a CT by thresholds and components", segment.Lungs)

func classicalStep(name, doc string, find func(context.Context, *volume.Volume) (*volume.Mask, error)) stepRow {
	return stepRow{
		Name:     name,
		Doc:      doc,
		Required: []string{"as"},
		run: func(ctx context.Context, c *Case, o map[string]string) error {
			for _, e := range c.Exams() {
				m, err := find(ctx, e.Image)
				if errors.Is(err, segment.ErrNotCT) {
					err = &SkipError{Reason: err.Error()}
				}
				if err == nil && len(m.Present()) == 0 {
					err = &SkipError{Reason: "no " + name + " within the image"}
				}
				if err != nil {
					if err := c.priorMayFail(e, name, err); err != nil {
						return err
					}
					continue
				}
				if present := m.Present(); name == "lungs" && len(present) == 1 {
					// A part of the chest does not tell which lung it shows.
					m.Names[present[0]] = "lung"
					c.note("one-lung", study.Warning, name, "one lung alone is in the image; its side was not determined")
				}
				if err := c.store(e, o["as"], m, study.Producer{Step: name, Name: "thresholds and components"}); err != nil {
					return err
				}
				measures, err := measure.Mask(ctx, e.Image, m, measure.Options{Keys: []string{study.KeyVolume, "mean", "sd"}})
				if err != nil {
					return err
				}
				e.Measures = append(e.Measures, measures...)
			}
			c.pairMeasures()
			return nil
		},
	}
}

// givenMask is the name under which an exam keeps the mask that lies beside its image.
const givenMask = "given"

var maskMeasuresStep = stepRow{
	Name: "mask-measures",
	Doc:  "measures every label of the mask that lies beside the image",
	run: func(ctx context.Context, c *Case, _ map[string]string) error {
		if c.Current.Series.Mask == "" {
			return nil
		}
		for _, e := range c.Exams() {
			if e.Series.Mask == "" {
				continue
			}
			m, err := c.Env.OpenMask(ctx, e.Series.Mask)
			if err == nil && e.Image.Channels != 1 {
				err = &SkipError{Reason: "the image is in colour"}
			}
			var measures []study.Measurement
			if err == nil {
				measures, err = measure.Mask(ctx, e.Image, m, measure.Options{NoSpacing: !e.spacingKnown()})
			}
			if err != nil {
				if err := c.priorMayFail(e, "mask-measures", err); err != nil {
					return err
				}
				continue
			}
			e.Masks[givenMask] = &Labelled{Mask: m, By: study.Producer{Step: "mask-measures", Name: "mask beside the image"}}
			e.Measures = append(e.Measures, measures...)
		}
		c.pairMeasures()
		return nil
	},
}
