package analyze

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/study"
)

// describe records a step that is done, with the model behind it.
func (c *Case) describe(name string, card *models.Card, options map[string]string) {
	c.Result.Steps = append(c.Result.Steps, study.Step{Name: name, Model: card.Name, SHA256: card.SHA256,
		ModelVersion: card.Version, ModelLicence: card.Licence, Options: options, Outcome: "done"})
}

func producer(step string, card *models.Card) study.Producer {
	return study.Producer{Step: step, Name: card.Name, Version: card.Version, SHA256: card.SHA256}
}

// seriesKey stands for a series in a result, so that its UID need not.
func seriesKey(s study.Series) string {
	sum := sha256.Sum256([]byte(s.UID))
	return hex.EncodeToString(sum[:8])
}

// priorMayFail turns an error on the prior image into a remark: the current study goes on without it.
func (c *Case) priorMayFail(e *Exam, where string, err error) error {
	if !e.Prior {
		return err
	}
	c.note("prior-step-failed", study.Warning, where, err.Error())
	return nil
}

// technique says how the image was made, for the head of a report.
func technique(s study.Series) []study.Fact {
	var facts []study.Fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, study.Fact{Name: name, Value: value})
		}
	}
	number := func(x float64, unit string) string {
		if x == 0 {
			return ""
		}
		return strconv.FormatFloat(x, 'g', 5, 64) + " " + unit
	}
	a, g := s.Acquisition, s.Geometry
	add("Modality", s.Modality)
	add("Body part", s.BodyPart)
	add("View", s.View)
	if g.Size[2] > 1 {
		add("Matrix", fmt.Sprintf("%d × %d × %d", g.Size[0], g.Size[1], g.Size[2]))
	} else {
		add("Matrix", fmt.Sprintf("%d × %d", g.Size[0], g.Size[1]))
	}
	switch {
	case a.SpacingSource == "none":
		add("Spacing", "not known: lengths are in pixels")
	case g.Size[2] > 1:
		add("Spacing", fmt.Sprintf("%.4g × %.4g × %.4g mm (%s)", g.Spacing[0], g.Spacing[1], g.Spacing[2], sourceWords(a.SpacingSource)))
	default:
		plane := ""
		if a.Plane != "" {
			plane = ", in the plane of the " + a.Plane
		}
		add("Spacing", fmt.Sprintf("%.4g × %.4g mm (%s%s)", g.Spacing[0], g.Spacing[1], sourceWords(a.SpacingSource), plane))
	}
	if a.MagnificationFactor > 1 {
		add("Magnification", strconv.FormatFloat(a.MagnificationFactor, 'g', 5, 64))
	}
	add("Slice thickness", number(a.SliceThicknessMM, "mm"))
	add("Tube voltage", number(a.KVP, "kV"))
	if a.ContrastAgent {
		add("Contrast agent", "given")
	}
	add("Kernel", a.ConvolutionKernel)
	add("Field strength", number(a.MagneticFieldTesla, "T"))
	add("Sequence", a.SequenceName)
	add("Echo time", number(a.EchoTimeMS, "ms"))
	add("Repetition time", number(a.RepetitionTimeMS, "ms"))
	add("Equipment", joined(a.Manufacturer, a.ModelName))
	if a.LossyCompression {
		add("Compression", "lossy, before this reading")
	}
	return facts
}

func sourceWords(source string) string {
	if source == "" {
		return "from the header"
	}
	return "from " + source
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
