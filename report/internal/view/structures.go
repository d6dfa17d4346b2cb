package view

import (
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// sides of a structure, as columns of a table.
var sides = []struct {
	side  study.Laterality
	title string
}{{study.Left, "Left"}, {study.Right, "Right"}, {"", "Total"}}

// sidesTable sets the volumes of structures that have a left and a right one in a line each: sides, prior,
// asymmetry, change. It returns what it did not take; no table where fewer than three structures have sides.
func sidesTable(list []study.Measurement) (table *Table, rest []study.Measurement) {
	type line struct {
		label     string
		of        map[study.Laterality]*study.Measurement
		asymmetry *study.Measurement
	}
	var lines []*line
	find := func(label string) *line {
		for _, l := range lines {
			if l.label == label {
				return l
			}
		}
		lines = append(lines, &line{label: label, of: map[study.Laterality]*study.Measurement{}})
		return lines[len(lines)-1]
	}
	unit, sided := "", 0
	for n := range list {
		m := &list[n]
		if m.Key == study.KeyVolume && m.Label != "" && (unit == "" || m.Unit == unit) && m.Side != study.Bilateral && m.Side != study.Unpaired {
			if l := find(m.Label); l.of[m.Side] == nil {
				unit, l.of[m.Side] = m.Unit, m
				continue
			}
		}
		if m.Key == "asymmetry" && m.Label != "" && m.Unit == "%" && find(m.Label).asymmetry == nil {
			find(m.Label).asymmetry = m
			continue
		}
		rest = append(rest, *m)
	}
	for _, l := range lines {
		if l.of[study.Left] != nil && l.of[study.Right] != nil {
			sided++
		}
	}
	if sided < 3 {
		return nil, list
	}
	perYear := true
	var methods []string
	for n := range list {
		m := &list[n]
		if m.Prior != nil && m.ChangePercentPerYear == nil {
			perYear = false
		}
		if m.Method != "" && (m.Key == study.KeyVolume || m.Key == "asymmetry") && !strings.Contains(strings.Join(methods, "; "), m.Method) {
			methods = append(methods, m.Method)
		}
	}
	t := Table{Columns: []Column{{"Structure", false, 2.4}}, Rows: make([][]string, len(lines))}
	for k, l := range lines {
		t.Rows[k] = []string{structure(&study.Measurement{Label: l.label})}
	}
	add := func(title string, of func(*line) string) {
		cells := make([]string, len(lines))
		some := false
		for k, l := range lines {
			cells[k] = of(l)
			some = some || cells[k] != ""
		}
		if !some {
			return
		}
		t.Columns = append(t.Columns, Column{title, true, 1.2})
		for k := range lines {
			t.Rows[k] = append(t.Rows[k], orDash(cells[k]))
		}
	}
	for _, s := range sides {
		add(s.title+", "+Unit(unit), func(l *line) string { return number(l.of[s.side]) })
		add("Prior", func(l *line) string {
			m := l.of[s.side]
			if m == nil || m.Prior == nil {
				return ""
			}
			return Number(*m.Prior, decimals(*m.Prior, unit))
		})
	}
	add("Asym.", func(l *line) string {
		if l.asymmetry == nil {
			return ""
		}
		return Signed(l.asymmetry.Value, 1) + "\u00a0%"
	})
	for _, s := range sides {
		title := s.title + " change"
		if perYear {
			title = s.title + " %/year"
		}
		add(title, func(l *line) string {
			m := l.of[s.side]
			switch {
			case m == nil:
				return ""
			case perYear && m.ChangePercentPerYear != nil:
				return Signed(*m.ChangePercentPerYear, 1)
			case m.ChangePercent != nil:
				return Signed(*m.ChangePercent, 1) + "\u00a0%"
			}
			return ""
		})
	}
	if len(methods) > 0 {
		t.Notes = []string{clip(sentence(strings.Join(methods, "; ")) + ".")}
	}
	return &t, rest
}

func number(m *study.Measurement) string {
	if m == nil {
		return ""
	}
	return Number(m.Value, decimals(m.Value, m.Unit))
}
