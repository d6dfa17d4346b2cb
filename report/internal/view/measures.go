package view

import (
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

func measurements(r *study.Result) []Block {
	var list []study.Measurement
	for _, m := range r.Measures {
		if !forScripts(m.Key) {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return nil
	}
	total := len(list)
	list = capped(list, maxRows)
	var blocks []Block
	table, rest := sidesTable(list)
	if table != nil {
		blocks = append(blocks, *table)
	}
	if len(rest) > 0 {
		blocks = append(blocks, figuresTable(rest, true))
	}
	return append(blocks, more(total, maxRows, "measurements")...)
}

// forScripts are figures that say nothing to a reader: where a mask lies and how many voxels it has.
// They are in report.json and measures.csv.
func forScripts(key string) bool {
	return key == "voxels" || strings.HasPrefix(key, "extent_") || strings.HasPrefix(key, "centroid_")
}

// figuresTable lists figures with prior, change and method; columns that would be empty are left out,
// and a method that many share is told once below the table.
func figuresTable(list []study.Measurement, structures bool) Table {
	type column struct {
		Column
		of func(m *study.Measurement) string
	}
	var notes []string
	number := map[string]string{}
	for n := range list {
		method := clip(strings.Join(nonEmpty(list[n].Method, planeText(list[n].Plane)), "; "))
		if method != "" && number[method] == "" {
			notes = append(notes, sentence(method))
			number[method] = strconv.Itoa(len(notes))
		}
	}
	oneKey := structures && len(list) > 1
	for n := range list {
		if list[n].Key != list[0].Key || list[n].Label == "" {
			oneKey = false
		}
	}
	all := []column{
		{Column{"Structure", false, 2.6}, structure},
		{Column{"Measure", false, 2.6}, Name},
		{Column{"Value", true, 1.5}, func(m *study.Measurement) string { return Value(m.Value, m.Unit) }},
		{Column{"95\u00a0% interval", true, 1.8}, func(m *study.Measurement) string {
			if m.Interval == nil {
				return ""
			}
			d := decimals(m.Value, m.Unit)
			return Number(m.Interval[0], d) + " to " + Number(m.Interval[1], d)
		}},
		{Column{"Prior", true, 1.5}, func(m *study.Measurement) string {
			if m.Prior == nil {
				return ""
			}
			return Value(*m.Prior, m.Unit)
		}},
		{Column{"Change", true, 1.3}, func(m *study.Measurement) string {
			switch {
			case m.ChangePercent != nil:
				return Signed(*m.ChangePercent, 1) + "\u00a0%"
			case m.Prior != nil && *m.Prior > 0 && m.Unit != "%":
				return Signed(100*(m.Value-*m.Prior) / *m.Prior, 1) + "\u00a0%"
			}
			return ""
		}},
		{Column{"Per year", true, 1.3}, func(m *study.Measurement) string {
			if m.ChangePercentPerYear == nil {
				return ""
			}
			return Signed(*m.ChangePercentPerYear, 1) + "\u00a0%"
		}},
		{Column{"Method", false, 0.9}, func(m *study.Measurement) string {
			return number[clip(strings.Join(nonEmpty(m.Method, planeText(m.Plane)), "; "))]
		}},
	}
	t := Table{Notes: notes}
	var used []column
	for _, c := range all {
		if c.Title == "Measure" && oneKey || c.Title == "Method" && len(notes) == 1 {
			continue
		}
		for n := range list {
			if c.of(&list[n]) != "" {
				used = append(used, c)
				break
			}
		}
	}
	for _, c := range used {
		if c.Title == "Value" && oneKey {
			c.Title = Name(&list[0])
		}
		t.Columns = append(t.Columns, c.Column)
	}
	last := ""
	for n := range list {
		var row []string
		for _, c := range used {
			cell := c.of(&list[n])
			if c.Title == "Structure" && !oneKey {
				if cell == last {
					cell = ""
				} else {
					last = cell
				}
			}
			if cell == "" && c.Right {
				cell = "–"
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func structure(m *study.Measurement) string {
	label, side := clip(m.Label), Side(m.Side)
	if strings.Contains(label, "-") && !strings.Contains(label, " ") {
		label = strings.ReplaceAll(label, "-", " ")
	}
	if side == "" || strings.Contains(strings.ToLower(label), side) {
		return sentence(label)
	}
	return sentence(strings.Join(nonEmpty(label, side), ", "))
}

func planeText(plane string) string {
	if plane == "" {
		return ""
	}
	return "in the " + plane + " plane"
}
