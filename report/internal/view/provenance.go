package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

func technique(r *study.Result) []Block {
	var blocks []Block
	var facts []study.Fact
	for _, f := range capped(r.Technique, maxItems) {
		facts = append(facts, study.Fact{Name: sentence(clip(f.Name)), Value: clip(f.Value)})
	}
	if len(facts) > 0 {
		blocks = append(blocks, Facts{facts})
	}
	if len(r.Quality) > 0 {
		q := figuresTable(capped(r.Quality, maxItems), true)
		q.Columns[0].Title = "Quality: " + strings.ToLower(q.Columns[0].Title)
		blocks = append(blocks, q)
	}
	return blocks
}

func models(r *study.Result) []Block {
	t := Table{Columns: []Column{{"Model", false, 2.2}, {"Version", false, 1}, {"SHA-256", false, 1.3}, {"Licence", false, 1.6}, {"Used by", false, 1.8}}}
	at := map[string]int{}
	for _, s := range r.Steps {
		if s.Model == "" || s.Outcome != "done" {
			continue
		}
		id := s.Model + "\x00" + s.SHA256
		if n, ok := at[id]; ok {
			if !strings.Contains(t.Rows[n][4], s.Name) {
				t.Rows[n][4] = clip(t.Rows[n][4] + ", " + s.Name)
			}
			continue
		}
		at[id] = len(t.Rows)
		version := s.ModelVersion
		t.Rows = append(t.Rows, []string{clip(s.Model), orDash(clip(version)), orDash(Short(clip(s.SHA256), 12)), orDash(clip(s.ModelLicence)), clip(s.Name)})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	t.Rows = capped(t.Rows, maxItems)
	return []Block{withoutEmpty(t)}
}

// withoutEmpty leaves out the columns in which no row says anything.
func withoutEmpty(t Table) Table {
	out := Table{Notes: t.Notes, Rows: make([][]string, len(t.Rows))}
	for n, c := range t.Columns {
		says := func(row []string) bool { return row[n] != "" && row[n] != "–" }
		if n > 0 && !slices.ContainsFunc(t.Rows, says) {
			continue
		}
		out.Columns = append(out.Columns, c)
		for k, row := range t.Rows {
			out.Rows[k] = append(out.Rows[k], row[n])
		}
	}
	return out
}

func limits(r *study.Result) []Block {
	var list List
	for _, l := range capped(r.Limits, maxItems) {
		list.Items = append(list.Items, Item{Text: clip(l)})
	}
	if len(list.Items) == 0 {
		return nil
	}
	return []Block{list}
}

func provenance(r *study.Result) []Block {
	var blocks []Block
	steps := Table{Columns: []Column{{"Step", false, 1.4}, {"Outcome", false, 0.9}, {"Version", false, 0.9}, {"Options and inputs", false, 4}}}
	for _, s := range capped(r.Steps, maxItems) {
		var options []string
		for _, k := range slices.Sorted(maps.Keys(s.Options)) {
			options = append(options, k+" = "+s.Options[k])
		}
		if len(s.Inputs) > 0 {
			var inputs []string
			for _, in := range s.Inputs {
				inputs = append(inputs, Short(in, 16))
			}
			options = append(options, "from "+strings.Join(capped(inputs, 12), ", "))
		}
		steps.Rows = append(steps.Rows, []string{clip(s.Name), clip(s.Outcome), orDash(clip(s.Version)), orDash(clip(strings.Join(options, "; ")))})
	}
	if len(steps.Rows) > 0 {
		blocks = append(blocks, withoutEmpty(steps))
		blocks = append(blocks, more(len(r.Steps), maxItems, "steps")...)
	}
	files := Table{Columns: []Column{{"File", false, 3}, {"Kind", false, 1}, {"SHA-256", false, 1.2}, {"Made by", false, 2}}}
	for _, a := range capped(r.Artifacts, maxItems) {
		by := strings.Join(nonEmpty(a.By.Name, a.By.Version), " ")
		if by == "" {
			by = a.By.Step
		}
		files.Rows = append(files.Rows, []string{clip(a.Path), clip(a.Kind), orDash(Short(clip(a.SHA256), 12)), orDash(clip(by))})
	}
	if len(files.Rows) > 0 {
		blocks = append(blocks, withoutEmpty(files))
	}
	var notes List
	for _, i := range r.Issues {
		if i.Severity != study.Warning && i.Severity != study.Refused {
			notes.Items = append(notes.Items, Item{Text: clip(sentence(i.Text)), Note: clip(strings.Join(nonEmpty(i.Where, i.Code), " · "))})
		}
	}
	if len(notes.Items) > 0 {
		total := len(notes.Items)
		notes.Items = capped(notes.Items, maxItems)
		blocks = append(blocks, notes)
		blocks = append(blocks, more(total, maxItems, "notes")...)
	}
	blocks = append(blocks, Paragraph{Text: fmt.Sprintf("The complete record, with every coordinate, option and full hash, is report.json (schema %d).", study.Schema), Muted: true})
	return blocks
}
