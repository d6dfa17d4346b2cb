package validate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/internal/plainyaml"
)

// Gate is a limit on an overall figure: dice.mean>=0.9.
type Gate struct {
	Figure string
	Op     string // >=, <=, >, <
	Limit  float64
	Reason string // why the limit stands, from a gates file
}

// GateResult is a gate and what the figure was; Value is absent where there is no such figure, and the
// gate has then failed.
type GateResult struct {
	Gate   string   `json:"gate"`
	Value  *float64 `json:"value,omitempty"`
	Passed bool     `json:"passed"`
	Reason string   `json:"reason,omitempty"`
	Note   string   `json:"note,omitempty"`
}

func (g Gate) String() string {
	return g.Figure + g.Op + strconv.FormatFloat(g.Limit, 'g', -1, 64)
}

// ParseGate reads FIGURE>=NUMBER (or <=, >, <).
func ParseGate(text string) (Gate, error) {
	for _, op := range []string{">=", "<=", ">", "<"} {
		figure, limit, ok := strings.Cut(text, op)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(limit), 64)
		if err != nil || x-x != 0 || strings.TrimSpace(figure) == "" || strings.ContainsAny(figure, "=!<>") {
			break
		}
		return Gate{Figure: strings.TrimSpace(figure), Op: op, Limit: x}, nil
	}
	return Gate{}, fmt.Errorf("validate: gate: want FIGURE>=NUMBER (or <=, >, <), such as dice.mean>=0.9, got %q", text)
}

// ParseGates reads a file of gates in YAML:
//
//	gates:
//	  - gate: dice.mean>=0.9
//	    reason: agreed on with the readers
func ParseGates(data []byte) ([]Gate, error) {
	if len(data) > 1<<16 {
		return nil, fmt.Errorf("validate: gates: want at most 64 KiB, got %d bytes", len(data))
	}
	var file struct {
		Gates []struct {
			Gate   string `yaml:"gate"`
			Reason string `yaml:"reason"`
		} `yaml:"gates"`
	}
	if err := plainyaml.Decode(data, &file); err != nil {
		return nil, fmt.Errorf("validate: gates: %w", err)
	}
	if len(file.Gates) == 0 {
		return nil, fmt.Errorf("validate: gates: want at least one, got none")
	}
	var out []Gate
	for n, row := range file.Gates {
		g, err := ParseGate(row.Gate)
		if err != nil {
			return nil, fmt.Errorf("validate: gates[%d]: %w", n, err)
		}
		g.Reason = row.Reason
		out = append(out, g)
	}
	return out, nil
}

// Check judges the report's overall figures by the gates.
func (r *Report) Check(gates []Gate) {
	for _, g := range gates {
		result := GateResult{Gate: g.String(), Reason: g.Reason}
		x, ok := r.Overall[g.Figure]
		if !ok {
			result.Note = fmt.Sprintf("no such figure; there are %s", strings.Join(r.figureNames(), ", "))
			r.Gates = append(r.Gates, result)
			continue
		}
		result.Value = &x
		switch g.Op {
		case ">=":
			result.Passed = x >= g.Limit
		case "<=":
			result.Passed = x <= g.Limit
		case ">":
			result.Passed = x > g.Limit
		case "<":
			result.Passed = x < g.Limit
		}
		r.Gates = append(r.Gates, result)
	}
}

func (r *Report) figureNames() []string {
	var names []string
	for name := range r.Overall {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
