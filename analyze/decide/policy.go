package decide

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/caliper-imaging/caliper/internal/plainyaml"

	"github.com/caliper-imaging/caliper/study"
)

//go:embed policy.yaml
var defaultPolicy []byte

// Policy is a site's rules of priority.
type Policy struct {
	Name  string       `yaml:"name"`
	Rules []PolicyRule `yaml:"rules"`
}

// PolicyRule gives a study a priority where one of its findings or measures meets all conditions.
type PolicyRule struct {
	ID       string         `yaml:"id"`
	Priority study.Priority `yaml:"priority"`
	Reason   string         `yaml:"reason"`
	When     Condition      `yaml:"when"`
}

// Condition is met where every part that is given is met. A rule on a measure looks at the study's
// measures, and needs no finding.
type Condition struct {
	Finding       string             `yaml:"finding"`         // a word of the finding's meaning; nodule also covers mass
	Change        []study.ChangeKind `yaml:"change"`          // one of these
	MinDiameterMM *float64           `yaml:"min_diameter_mm"` // longest diameter, in mm
	MinScore      *float64           `yaml:"min_score"`       // of the finding
	MinSuspicion  *float64           `yaml:"min_suspicion"`
	Measure       string             `yaml:"measure"` // key of a measure of the study
	Above         *float64           `yaml:"above"`   // that measure
	Below         *float64           `yaml:"below"`
}

// DefaultPolicy is the policy that is used where a site has none: a growing nodule is urgent.
func DefaultPolicy() *Policy {
	p, err := ParsePolicy(defaultPolicy)
	if err != nil {
		panic(err) // the embedded file is wrong
	}
	return p
}

// ParsePolicy reads a policy in YAML and checks it: unknown keys, words and empty rules are errors
// that say where.
func ParsePolicy(data []byte) (*Policy, error) {
	var p Policy
	if err := plainyaml.Decode(data, &p); err != nil {
		return nil, fmt.Errorf("decide: policy: %w", err)
	}
	if len(p.Rules) == 0 {
		return nil, fmt.Errorf("decide: policy: rules: want at least one, got none")
	}
	seen := map[string]bool{}
	for n, r := range p.Rules {
		where := fmt.Sprintf("decide: policy: rules[%d]", n)
		if r.ID == "" || seen[r.ID] {
			return nil, fmt.Errorf("%s: id: want a name that no other rule has, got %q", where, r.ID)
		}
		seen[r.ID] = true
		switch r.Priority {
		case study.Routine, study.Urgent, study.Critical:
		default:
			return nil, fmt.Errorf("%s (%s): priority: want routine, urgent or critical, got %q", where, r.ID, r.Priority)
		}
		if err := r.When.check(); err != nil {
			return nil, fmt.Errorf("%s (%s): when: %w", where, r.ID, err)
		}
	}
	return &p, nil
}

func (c Condition) check() error {
	for _, k := range c.Change {
		switch k {
		case study.New, study.Growing, study.Stable, study.Shrinking, study.Resolved, study.NotComparable:
		default:
			return fmt.Errorf("change: want new, growing, stable, shrinking, resolved or not comparable, got %q", k)
		}
	}
	onFinding := c.Finding != "" || len(c.Change) > 0 || c.MinDiameterMM != nil || c.MinScore != nil || c.MinSuspicion != nil
	onMeasure := c.Measure != ""
	switch {
	case onFinding && onMeasure:
		return fmt.Errorf("want conditions on a finding or on a measure, got both")
	case !onFinding && !onMeasure:
		return fmt.Errorf("want at least one condition, got none")
	case onMeasure && c.Above == nil && c.Below == nil:
		return fmt.Errorf("measure %s: want above or below, got neither", c.Measure)
	case !onMeasure && (c.Above != nil || c.Below != nil):
		return fmt.Errorf("above and below: want a measure that they apply to, got none")
	}
	return nil
}

// Priority is the most pressing priority of the rules that fit a result, and why.
func (p *Policy) Priority(r *study.Result) (study.Priority, string) {
	best, reason := study.Routine, fmt.Sprintf("no rule of policy %q applies", p.Name)
	found := false
	for _, rule := range p.Rules {
		what, ok := rule.When.meets(r)
		if !ok || found && rule.Priority.Rank() <= best.Rank() {
			continue
		}
		words := rule.Reason
		if words == "" {
			words = rule.ID
		}
		best, reason, found = rule.Priority, fmt.Sprintf("%s: %s (policy %q, rule %s)", words, what, p.Name, rule.ID), true
	}
	return best, reason
}

// meets says which finding or measure meets the condition.
func (c Condition) meets(r *study.Result) (string, bool) {
	if c.Measure != "" {
		for _, m := range r.Measures {
			if m.Key == c.Measure && (c.Above == nil || m.Value > *c.Above) && (c.Below == nil || m.Value < *c.Below) {
				return strings.TrimSpace(fmt.Sprintf("%s %.3g %s", m.Key, m.Value, m.Label)), true
			}
		}
		return "", false
	}
	for n := range r.Findings {
		if f := &r.Findings[n]; c.meetsFinding(f) {
			words := strings.TrimSpace(strings.ToLower(f.What.Meaning) + " " + f.Site)
			if f.Change != nil {
				words += ", " + string(f.Change.Kind)
			}
			return words, true
		}
	}
	return "", false
}

func (c Condition) meetsFinding(f *study.Finding) bool {
	if c.Finding == "nodule" && !IsNodule(f) {
		return false
	}
	if c.Finding != "" && c.Finding != "nodule" && !strings.Contains(strings.ToLower(f.What.Meaning), strings.ToLower(c.Finding)) {
		return false
	}
	if len(c.Change) > 0 && !changeIs(f, c.Change...) {
		return false
	}
	if c.MinDiameterMM != nil {
		if d, ok := millimetres(f, "longest_diameter"); !ok || d < *c.MinDiameterMM {
			return false
		}
	}
	if c.MinScore != nil && f.Score < *c.MinScore {
		return false
	}
	if c.MinSuspicion != nil && (f.Suspicion == nil || f.Suspicion.Score < *c.MinSuspicion) {
		return false
	}
	return true
}
