package analyze

import (
	"context"
	"strings"

	"github.com/caliper-imaging/caliper/measure"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

var cardiothoracicStep = stepRow{
	Name:     "cardiothoracic",
	Doc:      "takes the cardiothoracic ratio from the outlines of lungs and heart",
	Required: []string{"mask"},
	run: func(_ context.Context, c *Case, o map[string]string) error {
		for _, e := range c.Exams() {
			m, err := e.Mask(o["mask"])
			if err != nil {
				return c.priorMayFail(e, "cardiothoracic", err)
			}
			spacing, plane := e.spacing2D()
			got, err := measure.CTR(m.Mask, chestLabels(m.Mask), spacing, plane)
			if err != nil {
				return c.priorMayFail(e, "cardiothoracic", &SkipError{Reason: err.Error()})
			}
			e.Measures = append(e.Measures, got.Measurements...)
		}
		c.pairMeasures()
		return nil
	},
}

// chestLabels finds the labels of lungs and heart by their names; 0 where there is none.
func chestLabels(m *volume.Mask) measure.ChestLabels {
	var out measure.ChestLabels
	for n, name := range m.Names {
		switch strings.ToLower(name) {
		case "right lung":
			out.RightLung = uint16(n)
		case "left lung":
			out.LeftLung = uint16(n)
		case "heart":
			out.Heart = uint16(n)
		}
	}
	return out
}

// spacing2D is the spacing of columns and rows in mm and the plane in which it holds; nil where unknown.
func (e *Exam) spacing2D() (*[2]float64, string) {
	if !e.spacingKnown() {
		return nil, ""
	}
	return &[2]float64{e.Image.Spacing[0], e.Image.Spacing[1]}, e.Series.Acquisition.Plane
}

// pairMeasures sets the prior value and the change beside each measure of the current exam that the
// prior has as well, in the same unit and plane.
func (c *Case) pairMeasures() {
	if c.Prior == nil {
		return
	}
	days, dated := c.IntervalDays()
	for n := range c.Current.Measures {
		m := &c.Current.Measures[n]
		if m.Prior != nil {
			continue
		}
		for _, before := range c.Prior.Measures {
			if before.Key != m.Key || before.Label != m.Label || before.Side != m.Side || before.Unit != m.Unit || before.Plane != m.Plane {
				continue
			}
			value := before.Value
			m.Prior = &value
			if percent, ok := measure.ChangePercent(before.Value, m.Value); ok {
				m.ChangePercent = &percent
			}
			if dated {
				if perYear, ok := measure.ChangePercentPerYear(before.Value, m.Value, days); ok && m.Key == study.KeyVolume {
					m.ChangePercentPerYear = &perYear
				}
			}
			break
		}
	}
}
