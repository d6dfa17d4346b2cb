package validate

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const maxTextBytes = 64 << 20

// readAll reads a file of text up to a cap.
func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTextBytes+1))
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	if len(data) > maxTextBytes {
		return nil, fmt.Errorf("validate: want a file of at most %d MiB, got more", maxTextBytes>>20)
	}
	return data, nil
}

// ReadPascalVOC reads the true boxes of one image. Corners are taken as edges in pixels as they stand, as
// torchvision takes them; a difficult object is ignored.
func ReadPascalVOC(r io.Reader) ([]Box, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, err
	}
	var doc struct {
		XMLName xml.Name
		Object  []struct {
			Name      string `xml:"name"`
			Difficult int    `xml:"difficult"`
			Box       struct {
				XMin float64 `xml:"xmin"`
				YMin float64 `xml:"ymin"`
				XMax float64 `xml:"xmax"`
				YMax float64 `xml:"ymax"`
			} `xml:"bndbox"`
		} `xml:"object"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("validate: Pascal VOC: %w", err)
	}
	if doc.XMLName.Local != "annotation" {
		return nil, fmt.Errorf("validate: Pascal VOC: want the element annotation, got %q", doc.XMLName.Local)
	}
	var out []Box
	for n, o := range doc.Object {
		b := Box{Label: strings.TrimSpace(o.Name), Ignore: o.Difficult != 0, Box: [4]float64{o.Box.XMin, o.Box.YMin, o.Box.XMax, o.Box.YMax}}
		if err := b.check(); err != nil {
			return nil, fmt.Errorf("validate: Pascal VOC: object %d: %w", n+1, err)
		}
		out = append(out, b)
	}
	return out, nil
}

// ReadBoxes reads boxes as detect writes them: {"boxes": [{"label", "score", "box": [x0, y0, x1, y1]}]}.
func ReadBoxes(r io.Reader) ([]Box, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Boxes *[]struct {
			Label string
			Score float64
			Box   []float64
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("validate: boxes: %w", err)
	}
	if doc.Boxes == nil {
		return nil, errors.New(`validate: boxes: want {"boxes": [...]} as detect --json writes, got no boxes`)
	}
	out := []Box{}
	for n, d := range *doc.Boxes {
		if len(d.Box) != 4 {
			return nil, fmt.Errorf("validate: boxes[%d]: box: want 4 numbers, got %d", n, len(d.Box))
		}
		b := Box{Label: d.Label, Score: d.Score, Box: [4]float64(d.Box)}
		if err := b.check(); err != nil {
			return nil, fmt.Errorf("validate: boxes[%d]: %w", n, err)
		}
		out = append(out, b)
	}
	return out, nil
}

func (b Box) check() error {
	for _, x := range append(b.Box[:], b.Score) {
		if x-x != 0 {
			return fmt.Errorf("want finite numbers, got %v with score %g", b.Box, b.Score)
		}
	}
	if b.Box[2] <= b.Box[0] || b.Box[3] <= b.Box[1] {
		return fmt.Errorf("want x1 above x0 and y1 above y0, got %v", b.Box)
	}
	if b.Label == "" {
		return errors.New("label: want a name, got none")
	}
	return nil
}

// Table is a CSV file by column.
type Table struct {
	columns map[string]int
	rows    [][]string
}

// ReadTable reads a CSV file with a header.
func ReadTable(r io.Reader) (*Table, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, err
	}
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("validate: table: %w", err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("validate: table: want a header and at least one row, got %d lines", len(rows))
	}
	t := &Table{columns: map[string]int{}, rows: rows[1:]}
	for n, name := range rows[0] {
		t.columns[strings.TrimSpace(name)] = n
	}
	return t, nil
}

func (t *Table) need(names ...string) error {
	for _, n := range names {
		if _, ok := t.columns[n]; !ok {
			return fmt.Errorf("validate: table: want the column %q, got none", n)
		}
	}
	return nil
}

func (t *Table) cell(row []string, column string) string {
	at, ok := t.columns[column]
	if !ok || at >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[at])
}

// Column is the values of a column by those of a key column.
func (t *Table) Column(key, column string) (map[string]string, error) {
	if err := t.need(key, column); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, row := range t.rows {
		out[t.cell(row, key)] = t.cell(row, column)
	}
	return out, nil
}

// ReadScores joins a table of scores (id, score) with a table of truth (id, label); the label is 0 or 1.
// One table may hold all three columns: then truth may be nil. Every id of the truth must have a score.
func ReadScores(pred, truth *Table) ([]Score, error) {
	if err := pred.need("id", "score"); err != nil {
		return nil, err
	}
	if truth == nil || truth.need("label") != nil && pred.need("label") == nil {
		truth = pred
	}
	if err := truth.need("id", "label"); err != nil {
		return nil, err
	}
	score := map[string]string{}
	for _, row := range pred.rows {
		id := pred.cell(row, "id")
		if _, twice := score[id]; twice {
			return nil, fmt.Errorf("validate: scores: id %q: want one row, got two", id)
		}
		score[id] = pred.cell(row, "score")
	}
	var out []Score
	for _, row := range truth.rows {
		id, label := truth.cell(row, "id"), truth.cell(row, "label")
		text, ok := score[id]
		if !ok {
			return nil, fmt.Errorf("validate: scores: id %q of the truth: want a score, got none", id)
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || x-x != 0 {
			return nil, fmt.Errorf("validate: scores: id %q: score: want a number, got %q", id, text)
		}
		if label != "0" && label != "1" {
			return nil, fmt.Errorf("validate: scores: id %q: label: want 0 or 1, got %q", id, label)
		}
		out = append(out, Score{Name: id, Score: x, Positive: label == "1"})
	}
	return out, nil
}
