package report

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/study"
)

// WriteBatch writes worklist.json, findings.csv and index.html of a batch's folder. Results are read
// back one at a time from the report.json that each entry names, so that a batch of any size fits and a
// resumed one gives the same bytes. Entries may come in any order.
func WriteBatch(dir string, entries []study.WorklistEntry) error {
	entries = slices.Clone(entries)
	study.SortWorklist(entries)
	load := func(e study.WorklistEntry) (*study.Result, error) {
		if e.Report == "" {
			return nil, nil
		}
		if !filepath.IsLocal(filepath.FromSlash(e.Report)) {
			return nil, fmt.Errorf("report: worklist: report of %s: want a path below the batch's folder", e.Study)
		}
		return Load(filepath.Join(dir, filepath.FromSlash(e.Report)))
	}
	err := atomicfile.WriteFile(filepath.Join(dir, "findings.csv"), func(w io.Writer) error {
		t := NewFindingsCSV(w)
		for _, e := range entries {
			r, err := load(e)
			if err != nil {
				return err
			}
			if r != nil {
				t.Add(r)
			}
		}
		return t.Flush()
	})
	if err != nil {
		return err
	}
	err = atomicfile.WriteFile(filepath.Join(dir, "index.html"), func(w io.Writer) error {
		return WorklistHTML(w, entries, load, Options{Dir: dir})
	})
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, "worklist.json"), func(w io.Writer) error {
		return WriteWorklist(w, entries)
	})
}

// WriteWorklist writes worklist.json: an array, most pressing first.
func WriteWorklist(w io.Writer, entries []study.WorklistEntry) error {
	entries = append([]study.WorklistEntry{}, entries...)
	study.SortWorklist(entries)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(entries); err != nil {
		return fmt.Errorf("report: worklist: %w", err)
	}
	return nil
}

// WorklistHTML writes the index page of a batch. load gives the result of an entry, or nil where it has none.
func WorklistHTML(w io.Writer, entries []study.WorklistEntry, load func(study.WorklistEntry) (*study.Result, error), o Options) error {
	for _, e := range entries {
		if _, err := fmt.Fprintln(w, e.Study); err != nil {
			return err
		}
	}
	return nil
}
