package analyze

import (
	"sort"
	"strings"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

func sortedMasks(e *Exam) []string {
	names := make([]string, 0, len(e.Masks))
	for name := range e.Masks {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func sortedNames(masks map[string]*volume.Mask) []string {
	names := make([]string, 0, len(masks))
	for name := range masks {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// roleOf picks a drawing role by the name of a structure.
func roleOf(name string) string {
	lower := strings.ToLower(name)
	switch {
	case strings.Contains(lower, "right") && strings.Contains(lower, "lung"):
		return "lung-right"
	case strings.Contains(lower, "left") && strings.Contains(lower, "lung"):
		return "lung-left"
	case strings.Contains(lower, "heart"):
		return "heart"
	}
	return "structure"
}

// store keeps a mask with the exam and, for the current one, as a file of the result.
func (c *Case) store(e *Exam, name string, m *volume.Mask, by study.Producer) error {
	e.Masks[name] = &Labelled{Mask: m, By: by}
	if e.Prior || c.Env.SaveMask == nil {
		return nil
	}
	artifact, err := c.Env.SaveMask(name, m)
	if err != nil {
		return err
	}
	artifact.By = by
	c.Result.Artifacts = append(c.Result.Artifacts, artifact)
	return nil
}
