package analyze

import (
	"context"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

var segmentStep = stepRow{
	Name:     "segment",
	Doc:      "labels the image with a network",
	Required: []string{"model", "as"},
	Optional: []string{"within"},
	run: func(ctx context.Context, c *Case, o map[string]string) error {
		for _, e := range c.Exams() {
			image := e.Image
			if name := o["within"]; name != "" {
				m, err := e.Mask(name)
				if err != nil {
					return err
				}
				image = within(image, m.Mask)
			}
			mask, card, err := c.label(ctx, o["model"], image)
			if err != nil {
				return c.priorMayFail(e, "segment "+o["model"], err)
			}
			if err := c.store(e, o["as"], mask, producer("segment", card)); err != nil {
				return err
			}
			if !e.Prior {
				c.describe("segment", card, o)
			}
		}
		return nil
	},
}

// within keeps the image inside the mask and sets the rest to the smallest value inside.
func within(image *volume.Volume, m *volume.Mask) *volume.Volume {
	out := image.Clone()
	for ch := range image.Channels {
		data := out.Channel(ch)
		low := float32(math.Inf(1))
		for n, l := range m.Labels {
			if l != 0 && data[n] < low {
				low = data[n]
			}
		}
		low = min(low, 0)
		for n, l := range m.Labels {
			if l == 0 {
				data[n] = low
			}
		}
	}
	return out
}
