// Package report writes a study's result for those who read it: JSON (the complete form), PDF, HTML
// and CSV for one study; worklist, findings table and index page for a batch.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// Options of a written report. The zero value is useful.
type Options struct {
	Dir string // folder of report.json: key images whose Pixels are nil are read from their Path below it
}

// Format is one way to write a result.
type Format struct {
	Name  string // what --format takes, and the extension of the file
	Media string // IANA media type
	Doc   string
	Write func(w io.Writer, r *study.Result, o Options) error
}

// Formats is the table of formats, by name.
func Formats() []Format {
	return []Format{
		{"csv", "text/csv", "one line a finding, as in findings.csv", writeCSV},
		{"html", "text/html", "one page that needs nothing beside it", writeHTML},
		{"json", "application/json", "the complete form, by the published schema", writeJSON},
		{"pdf", "application/pdf", "A4 pages for a physician", writePDF},
	}
}

// Write writes a result in the format of the given name.
func Write(w io.Writer, format string, r *study.Result, o Options) error {
	var names []string
	for _, f := range Formats() {
		if f.Name == format {
			return f.Write(w, r, o)
		}
		names = append(names, f.Name)
	}
	return fmt.Errorf("report: format: want one of %s, got %q", strings.Join(names, ", "), format)
}
