package analyze

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/register"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

var registerPriorStep = stepRow{
	Name:     "register-prior",
	Doc:      "aligns the current image with the prior and judges whether that can be relied on",
	Required: []string{"preset"},
	Optional: []string{"mask"},
	check: func(o map[string]string) error {
		for _, p := range register.Presets() {
			if p.Name == o["preset"] {
				return nil
			}
		}
		return fmt.Errorf("option preset: no preset is called %q", o["preset"])
	},
	run: func(ctx context.Context, c *Case, o map[string]string) error {
		if c.Prior == nil {
			return nil
		}
		options := register.Options{Preset: o["preset"], Threads: c.Env.Threads}
		if name := o["mask"]; name != "" {
			options.FixedMask, options.MovingMask = maskOf(c.Current, name), maskOf(c.Prior, name)
		}
		got, err := register.Register(ctx, c.Current.Image, c.Prior.Image, options)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.note("registration-failed", study.Warning, "register-prior", err.Error())
			c.Refusal = err.Error()
			return nil
		}
		step := study.Step{Name: "register-prior", Options: map[string]string{
			"preset": got.Preset, "metric": got.Metric, "before": fmt.Sprintf("%.4f", got.Before), "after": fmt.Sprintf("%.4f", got.After),
			"overlap": fmt.Sprintf("%.3f", got.Overlap), "shiftMM": fmt.Sprintf("%.1f", got.ShiftMM), "rotationDeg": fmt.Sprintf("%.2f", got.Rotation),
		}, Outcome: "done"}
		if got.Verdict == register.Accepted {
			c.ToPrior = got
		} else {
			c.Refusal = got.Reason
			step.Outcome, step.Reason = "refused", got.Reason
			c.note("registration-refused", study.Warning, "register-prior", got.Reason)
		}
		c.Result.Steps = append(c.Result.Steps, step)
		return nil
	},
}

func maskOf(e *Exam, name string) *volume.Mask {
	if m, ok := e.Masks[name]; ok {
		return m.Mask
	}
	return nil
}
