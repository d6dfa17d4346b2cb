package analyze

import (
	"context"
	"sort"
)

// stepRow is a step that a recipe can name.
type stepRow struct {
	Name     string
	Doc      string
	Required []string
	Optional []string
	check    func(options map[string]string) error // of the values, when the recipe is read; may be nil
	run      func(ctx context.Context, c *Case, options map[string]string) error
}

// steps is the table, sorted by name.
func steps() []stepRow {
	return []stepRow{
		adviseStep,
		bodyStep,
		brainVolumesStep,
		cardiothoracicStep,
		compareStep,
		compareVolumesStep,
		impressionStep,
		keyImagesStep,
		lungsStep,
		maskMeasuresStep,
		nodulesStep,
		qualityStep,
		registerPriorStep,
		segmentStep,
	}
}

func stepNamed(name string) (stepRow, bool) {
	rows := steps()
	n := sort.Search(len(rows), func(n int) bool { return rows[n].Name >= name })
	if n < len(rows) && rows[n].Name == name {
		return rows[n], true
	}
	return stepRow{}, false
}

// StepNames lists the steps that a recipe can name.
func StepNames() []string {
	var names []string
	for _, row := range steps() {
		names = append(names, row.Name)
	}
	return names
}
