// Package preprocess prepares images for what comes after: windows, normalisation, orientation,
// spacing and size, as a table of named steps that cards, recipes and the command line share.
package preprocess

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
)

// Step is one row of the table with the options that differ from its defaults.
// In YAML it is a map with the key step beside the options: {step: window, centre: 40, width: 400}.
type Step struct {
	Name    string
	Options map[string]string
}

// String writes the step as ParseStep reads it.
func (s Step) String() string {
	if len(s.Options) == 0 {
		return s.Name
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s.Options)) {
		parts = append(parts, key+":"+s.Options[key])
	}
	return s.Name + "=" + strings.Join(parts, ",")
}

// UnmarshalYAML reads the map form.
func (s *Step) UnmarshalYAML(unmarshal func(any) error) error {
	var m map[string]any
	if err := unmarshal(&m); err != nil {
		return err
	}
	*s = Step{}
	for key, value := range m {
		var text string
		switch x := value.(type) {
		case string:
			text = x
		case []any:
			parts := make([]string, len(x))
			for i, e := range x {
				parts[i] = fmt.Sprint(e)
			}
			text = strings.Join(parts, "/")
		default:
			text = fmt.Sprint(x)
		}
		if key == "step" {
			s.Name = text
			continue
		}
		if s.Options == nil {
			s.Options = map[string]string{}
		}
		s.Options[key] = text
	}
	return s.Check()
}

// MarshalYAML writes the map form.
func (s Step) MarshalYAML() (any, error) {
	m := map[string]string{"step": s.Name}
	maps.Copy(m, s.Options)
	return m, nil
}

// ParseStep reads "name", "name=value,value" (in the order of the row's options) or
// "name=key:value,key:value"; several numbers of one option are joined by a slash.
func ParseStep(text string) (Step, error) {
	name, rest, found := strings.Cut(text, "=")
	s := Step{Name: strings.TrimSpace(name)}
	r, err := find(s.Name)
	if err != nil {
		return Step{}, err
	}
	if !found || strings.TrimSpace(rest) == "" {
		return s, s.Check()
	}
	s.Options = map[string]string{}
	for n, part := range strings.Split(rest, ",") {
		key, value, named := strings.Cut(part, ":")
		if !named {
			if n >= len(r.Params) {
				return Step{}, fmt.Errorf("preprocess: %s: want at most %d options, got %q", s.Name, len(r.Params), rest)
			}
			key, value = r.Params[n].Name, part
		}
		s.Options[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return s, s.Check()
}

// Check reports an unknown name, an unknown option or a value that is not of the option's kind.
func (s Step) Check() error {
	r, err := find(s.Name)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(s.Options)) {
		n := slices.IndexFunc(r.Params, func(p Param) bool { return p.Name == key })
		if n < 0 {
			return fmt.Errorf("preprocess: %s: unknown option %q, want one of %s", s.Name, key, r.paramNames())
		}
		if _, err := r.Params[n].parse(s.Options[key]); err != nil {
			return fmt.Errorf("preprocess: %s: %w", s.Name, err)
		}
	}
	_, err = r.values(s.Options)
	return err
}

// Apply runs the steps in order on a copy; the image given is not changed. The result's grid is
// another one where a step moves voxels.
func Apply(ctx context.Context, v *volume.Volume, steps []Step) (*volume.Volume, error) {
	owned := false
	for n, s := range steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := find(s.Name)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", n+1, err)
		}
		values, err := r.values(s.Options)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", n+1, err)
		}
		if r.inPlace && !owned {
			v, owned = v.Clone(), true
		}
		w, err := r.run(ctx, v, values)
		if err != nil {
			return nil, fmt.Errorf("preprocess: step %d, %s: %w", n+1, s.Name, err)
		}
		if w != v {
			v, owned = w, true
		}
	}
	return v, nil
}

// Param is one option of a step.
type Param struct {
	Name, Default, Doc string
	kind               kind
}

type kind int

const (
	number kind = iota
	numbers
	whole
	wholes
	flag
	word
)

// value holds an option in the form that its kind has.
type value struct {
	list []float64
	text string
	on   bool
}

func (v value) number() float64 { return v.list[0] }

func (p Param) parse(text string) (value, error) {
	out := value{text: text}
	bad := func(want string) error { return fmt.Errorf("option %s: want %s, got %q", p.Name, want, text) }
	switch p.kind {
	case word:
		if text == "" {
			return out, bad("a word")
		}
	case flag:
		on, err := strconv.ParseBool(text)
		if err != nil {
			return out, bad("true or false")
		}
		out.on = on
	default:
		for _, part := range strings.Split(text, "/") {
			x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
			if err != nil || x-x != 0 {
				return out, bad("a finite number")
			}
			if (p.kind == whole || p.kind == wholes) && (x != float64(int64(x)) || x < -1<<31 || x > 1<<31) {
				return out, bad("a whole number")
			}
			out.list = append(out.list, x)
		}
		if (p.kind == number || p.kind == whole) && len(out.list) != 1 {
			return out, bad("one number")
		}
	}
	return out, nil
}
