package analyze

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/caliper-imaging/caliper/internal/plainyaml"
)

// Recipe says how one kind of study is read: which series it is for, and the steps in order.
type Recipe struct {
	Name   string   `yaml:"name"`
	Title  string   `yaml:"title"`
	Match  Match    `yaml:"match"`
	Steps  []Spec   `yaml:"steps"`
	Limits []string `yaml:"limits"`
}

// Match is what a series must be for recipe auto to pick this one. An empty list matches anything;
// "" in a list matches a series that does not state it.
type Match struct {
	Modality   []string `yaml:"modality"`
	BodyPart   []string `yaml:"bodyPart"`
	View       []string `yaml:"view"`
	Dimensions int      `yaml:"dimensions"` // 2: one slice, 3: more; 0: either
	Priority   int      `yaml:"priority"`   // among several that match the highest wins
}

// Spec is one line of a recipe: a step of the table and its options.
type Spec struct {
	Step    string
	Options map[string]string
}

// UnmarshalYAML reads a map whose key "step" names the step; the other keys are its options.
func (s *Spec) UnmarshalYAML(data []byte) error {
	var fields map[string]any
	if err := yaml.Unmarshal(data, &fields); err != nil {
		return err
	}
	s.Options = map[string]string{}
	for key, value := range fields {
		text, err := scalar(value)
		if err != nil {
			return fmt.Errorf("option %s: %w", key, err)
		}
		if key == "step" {
			s.Step = text
			continue
		}
		s.Options[key] = text
	}
	return nil
}

func scalar(value any) (string, error) {
	switch v := value.(type) {
	case string, bool, int, int64, uint64, float64:
		return fmt.Sprint(v), nil
	case []any:
		parts := make([]string, len(v))
		for n, item := range v {
			part, err := scalar(item)
			if err != nil {
				return "", err
			}
			parts[n] = part
		}
		return strings.Join(parts, ","), nil
	}
	return "", fmt.Errorf("want a word, a number or a list of them, got %T", value)
}

// ParseRecipe reads a recipe and checks each step and option against the table; unknown keys are
// refused. where names the source in errors.
func ParseRecipe(where string, data []byte) (*Recipe, error) {
	var r Recipe
	if err := plainyaml.Decode(data, &r); err != nil {
		return nil, fmt.Errorf("recipe: %s: %w", where, err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("recipe: %s: %w", where, err)
	}
	return &r, nil
}

func (r *Recipe) check() error {
	if r.Name == "" || r.Title == "" {
		return errors.New("name and title: want both, got an empty one")
	}
	if len(r.Steps) == 0 {
		return errors.New("steps: want one or more, got none")
	}
	if d := r.Match.Dimensions; d != 0 && d != 2 && d != 3 {
		return fmt.Errorf("match.dimensions: want 2 or 3, got %d", d)
	}
	for n, spec := range r.Steps {
		row, ok := stepNamed(spec.Step)
		if !ok {
			return fmt.Errorf("steps[%d]: unknown step %q; want one of %s", n, spec.Step, strings.Join(StepNames(), ", "))
		}
		for _, key := range sortedKeys(spec.Options) {
			if !slices.Contains(row.Required, key) && !slices.Contains(row.Optional, key) {
				return fmt.Errorf("steps[%d] (%s): unknown option %q; want %s", n, spec.Step, key, strings.Join(append(slices.Clone(row.Required), row.Optional...), ", "))
			}
		}
		for _, key := range row.Required {
			if spec.Options[key] == "" {
				return fmt.Errorf("steps[%d] (%s): option %q: want a value, got none", n, spec.Step, key)
			}
		}
		if row.check != nil {
			if err := row.check(spec.Options); err != nil {
				return fmt.Errorf("steps[%d] (%s): %w", n, spec.Step, err)
			}
		}
	}
	return nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
