package intake

import (
	"encoding/csv"
	"path/filepath"
	"strings"

	"github.com/caliper-imaging/caliper/internal/archive"
)

// bidsTables reads participants.tsv and sub-*_sessions.tsv of BIDS data sets, each once. They are an
// extra: one that is missing or can't be read says nothing.
type bidsTables map[string]map[string]map[string]string // file, key of a line, column

// tell puts sex, age and date of a subject's session.
func (t bidsTables) tell(d *draft, root string, b bids) {
	root = filepath.FromSlash(root)
	person := t.line(filepath.Join(root, "participants.tsv"), "participant_id", b.subject, "sub-")
	session := t.line(filepath.Join(root, b.subject, b.subject+"_sessions.tsv"), "session_id", b.session, "ses-")
	for _, line := range []map[string]string{person, session} {
		if sex, ok := parseSex(line["sex"]); ok {
			d.Patient.Sex = sex
		}
		if age, ok := parseAge(line["age"]); ok {
			d.Patient.AgeYears = age
		}
		if at, ok := parseDate(line["acq_time"]); ok {
			d.When = at
		}
	}
}

// line finds the line whose first-named column holds id, with or without its prefix.
func (t bidsTables) line(path, column, id, prefix string) map[string]string {
	if id == "" {
		return nil
	}
	lines, ok := t[path]
	if !ok {
		lines = readTSV(path, column)
		t[path] = lines
	}
	if line := lines[id]; line != nil {
		return line
	}
	return lines[strings.TrimPrefix(id, prefix)]
}

func readTSV(path, column string) map[string]map[string]string {
	f, err := archive.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil
	}
	out := map[string]map[string]string{}
	for _, row := range rows[1:] {
		line := map[string]string{}
		for n, cell := range row {
			line[strings.ToLower(strings.TrimSpace(rows[0][n]))] = strings.TrimSpace(cell)
		}
		if line[column] != "" {
			out[line[column]] = line
		}
	}
	return out
}
