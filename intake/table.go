package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caliper-imaging/caliper/internal/archive"
)

// TableError is a mistake in a --table file: where it is, and what is wanted. Row counts from 1, the
// header being row 1.
type TableError struct {
	Table  string // base name
	Row    int
	Column string
	Want   string
	Got    string
}

// Error gives file, row and column.
func (e *TableError) Error() string {
	s := "intake: table " + e.Table
	if e.Row > 0 {
		s += fmt.Sprintf(": row %d", e.Row)
	}
	if e.Column != "" {
		s += ": column " + e.Column
	}
	s += ": want " + e.Want
	if e.Got != "" {
		s += fmt.Sprintf(", got %q", e.Got)
	}
	return s
}

// columns are those that mean something here; any others are carried through.
var columns = []string{"file", "patient", "date", "order", "modality", "body_part", "view", "spacing_x", "spacing_y", "spacing_z", "sex", "age"}

// row is one line of a table. Zero values mean that the cell is empty or absent.
type row struct {
	line     int
	path     string // as it can be opened
	patient  string
	when     time.Time
	order    int
	ordered  bool
	modality string
	bodyPart string
	view     string
	spacing  [3]float64
	sex      string
	age      float64
	extra    map[string]string
}

// table finds rows by the real path of a file, or by patient where it has no column file.
type table struct {
	name      string
	byFile    map[string]*row
	byPatient map[string]*row
	used      map[*row]bool
}

// readTable reads a CSV file whose first line names the columns, in any order and number.
func readTable(path string) (*table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("intake: table: %w", err)
	}
	defer f.Close()
	t := &table{name: filepath.Base(path), used: map[*row]bool{}}
	r := csv.NewReader(f)
	r.TrimLeadingSpace = true
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &TableError{Table: t.name, Row: 1, Want: "the names of the columns, got an empty file"}
	}
	if err != nil {
		return nil, &TableError{Table: t.name, Row: 1, Want: "comma-separated values", Got: err.Error()}
	}
	index := map[string]int{}
	for n, name := range head {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		if lower := strings.ToLower(name); slices.Contains(columns, lower) {
			name = lower
		}
		if _, twice := index[name]; twice {
			return nil, &TableError{Table: t.name, Row: 1, Column: name, Want: "each column once"}
		}
		index[name] = n
		head[n] = name
	}
	_, hasFile := index["file"]
	_, hasPatient := index["patient"]
	switch {
	case hasFile:
		t.byFile = map[string]*row{}
	case hasPatient:
		t.byPatient = map[string]*row{}
	default:
		return nil, &TableError{Table: t.name, Row: 1, Want: "a column file or a column patient", Got: strings.Join(head, ",")}
	}
	dir := filepath.Dir(path)
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			wrong := &TableError{Table: t.name, Want: "comma-separated values", Got: err.Error()}
			var at *csv.ParseError
			if errors.As(err, &at) {
				wrong.Row, wrong.Got = at.StartLine, at.Err.Error()
			}
			return nil, wrong
		}
		line, _ := r.FieldPos(0)
		if len(cells) != len(head) {
			return nil, &TableError{Table: t.name, Row: line, Want: fmt.Sprintf("%d cells", len(head)), Got: strconv.Itoa(len(cells))}
		}
		if err := t.add(dir, head, cells, line); err != nil {
			return nil, err
		}
	}
}

func (t *table) add(dir string, head, cells []string, line int) error {
	w := &row{line: line}
	for n, name := range head {
		cell := strings.TrimSpace(cells[n])
		if cell == "" {
			continue
		}
		if want := w.set(name, cell); want != "" {
			return &TableError{Table: t.name, Row: line, Column: name, Want: want, Got: cell}
		}
	}
	if w.spacing[0] > 0 != (w.spacing[1] > 0) {
		w.spacing[0] = max(w.spacing[0], w.spacing[1]) // one of the two is said: pixels are square
		w.spacing[1] = w.spacing[0]
	}
	if t.byPatient != nil {
		if w.patient == "" {
			return &TableError{Table: t.name, Row: line, Column: "patient", Want: "a patient"}
		}
		if first := t.byPatient[w.patient]; first != nil {
			return &TableError{Table: t.name, Row: line, Column: "patient", Want: fmt.Sprintf("each patient once in a table without a column file (first in row %d)", first.line)}
		}
		t.byPatient[w.patient] = w
		return nil
	}
	if w.path == "" {
		return &TableError{Table: t.name, Row: line, Column: "file", Want: "a file"}
	}
	name := w.path
	if !filepath.IsAbs(w.path) {
		w.path = filepath.Join(dir, filepath.FromSlash(w.path))
	}
	real, err := realPath(w.path)
	if err != nil {
		return &TableError{Table: t.name, Row: line, Column: "file", Want: "a file or folder that exists (absolute, or relative to the table's folder)", Got: name}
	}
	if first := t.byFile[real]; first != nil {
		return &TableError{Table: t.name, Row: line, Column: "file", Want: fmt.Sprintf("each file once (first in row %d)", first.line), Got: name}
	}
	t.byFile[real] = w
	return nil
}

// set puts one cell; it returns what is wanted where the cell is wrong.
func (w *row) set(name, cell string) (want string) {
	number := func(put *float64) string {
		x, err := strconv.ParseFloat(cell, 64)
		if err != nil || !(x > 0) || math.IsInf(x, 0) {
			return "a number above 0"
		}
		*put = x
		return ""
	}
	switch name {
	case "file":
		w.path = cell
	case "patient":
		w.patient = cell
	case "date":
		at, ok := parseDate(cell)
		if !ok {
			return "a date as 2024-05-31 or 20240531, with a time as 2024-05-31T14:05:00 where known"
		}
		w.when = at
	case "order":
		x, err := strconv.ParseFloat(cell, 64)
		if err != nil || x != math.Trunc(x) || math.Abs(x) > 1e9 {
			return "a whole number"
		}
		w.order, w.ordered = int(x), true
	case "modality":
		w.modality = strings.ToUpper(cell)
	case "body_part":
		w.bodyPart = strings.ToUpper(cell)
	case "view":
		w.view = strings.ToUpper(cell)
	case "spacing_x", "spacing_y", "spacing_z":
		return number(&w.spacing[name[len(name)-1]-'x'])
	case "sex":
		s, ok := parseSex(cell)
		if !ok {
			return "M, F or O"
		}
		w.sex = s
	case "age":
		x, ok := parseAge(cell)
		if !ok {
			return "a number of years from 0 to 130"
		}
		w.age = x
	default:
		if w.extra == nil {
			w.extra = map[string]string{}
		}
		w.extra[name] = cell
	}
	return ""
}

func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02", "20060102", "2006/01/02", "2006.01.02", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func parseSex(s string) (string, bool) {
	switch strings.ToLower(s) {
	case "m", "male":
		return "M", true
	case "f", "female":
		return "F", true
	case "o", "other":
		return "O", true
	}
	return "", false
}

// parseAge reads years, also in the form of DICOM's age string: 045Y.
func parseAge(s string) (float64, bool) {
	x, err := strconv.ParseFloat(strings.TrimSuffix(strings.ToUpper(s), "Y"), 64)
	return x, err == nil && x >= 0 && x <= 130
}

// realPath is the path by which one file is the same for the table and for the scan.
func realPath(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if outer, member, ok := archive.Split(path); err != nil && ok {
		if real, err = realPath(outer); err == nil {
			return real + archive.Mark + member, nil
		}
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

// rowOf finds the row of a file, or of the closest folder around it that has one.
func (t *table) rowOf(path string) *row {
	if t == nil || t.byFile == nil {
		return nil
	}
	real, err := realPath(path)
	if err != nil {
		return nil
	}
	for {
		if w := t.byFile[real]; w != nil {
			t.used[w] = true
			return w
		}
		parent := filepath.Dir(real)
		if parent == real {
			return nil
		}
		real = parent
	}
}

// rowOfPatient finds the row of a patient in a table without a column file.
func (t *table) rowOfPatient(ids ...string) *row {
	if t == nil || t.byPatient == nil {
		return nil
	}
	for _, id := range ids {
		if w := t.byPatient[id]; w != nil && id != "" {
			t.used[w] = true
			return w
		}
	}
	return nil
}
