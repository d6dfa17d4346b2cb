package validate

import "slices"

// gapFigures are the overall figures whose spread between groups is reported as gap.COLUMN.FIGURE.
var gapFigures = []string{"ap", "ap50", "auc", "cpm", "dice.mean", "hd95.mean", "sensitivity", "sensitivity_at_fp.1", "false_positives_per_image"}

// groupBy takes the figures of each value of a column and the gap, largest less smallest, between them.
// Items with the value "" are left out.
func groupBy[T any](r *Report, column string, items []T, value func(T) string, figures func([]T) (Figures, error)) error {
	parts := map[string][]T{}
	var values []string
	for _, item := range items {
		v := value(item)
		if v == "" {
			continue
		}
		if _, seen := parts[v]; !seen {
			values = append(values, v)
		}
		parts[v] = append(parts[v], item)
	}
	slices.Sort(values)
	for _, v := range values {
		f, err := figures(parts[v])
		if err != nil {
			return err
		}
		r.Groups = append(r.Groups, Group{Column: column, Value: v, Cases: len(parts[v]), Overall: f})
	}
	for _, name := range gapFigures {
		lo, hi, n := 0.0, 0.0, 0
		for _, g := range r.Groups {
			x, ok := g.Overall[name]
			if !ok || g.Column != column {
				continue
			}
			if n == 0 {
				lo, hi = x, x
			}
			lo, hi = min(lo, x), max(hi, x)
			n++
		}
		if n > 1 {
			r.Overall["gap."+column+"."+name] = hi - lo
		}
	}
	return nil
}

// GroupMasks adds the figures of subgroups to a report of Masks.
func GroupMasks(r *Report, column string) error {
	return groupBy(r, column, r.Cases, func(c Case) string { return c.Group }, func(c []Case) (Figures, error) { return overallMasks(c), nil })
}

// GroupBoxes adds the figures of subgroups to a report of Boxes.
func GroupBoxes(r *Report, column string, cases []BoxCase) error {
	return groupBy(r, column, cases, func(c BoxCase) string { return c.Group }, func(c []BoxCase) (Figures, error) { return overallBoxes(c), nil })
}

// GroupScores adds the figures of subgroups to a report of Scores.
func GroupScores(r *Report, column string, list []Score) error {
	return groupBy(r, column, list, func(s Score) string { return s.Group }, overallScores)
}
