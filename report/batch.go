package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/report/internal/web"
	"github.com/caliper-imaging/caliper/study"
)

// maxThumbs bounds the pictures on an index page, so that it stays a page that a browser opens.
const maxThumbs = 300

// WriteBatch writes findings.csv, measures.csv, index.html and last worklist.json of a batch's folder.
// Results are read back one at a time from the report.json that each entry names, so that a batch of any
// size fits and a resumed one gives the same bytes. Entries may come in any order.
func WriteBatch(dir string, entries []study.WorklistEntry) error {
	entries = slices.Clone(entries)
	study.SortWorklist(entries)
	load := func(e study.WorklistEntry) (*study.Result, error) {
		if e.Report == "" {
			return nil, nil
		}
		local := filepath.FromSlash(e.Report)
		if !filepath.IsLocal(local) {
			return nil, fmt.Errorf("report: worklist: report of %s: want a path below the batch's folder", e.Study)
		}
		return Load(filepath.Join(dir, local))
	}
	// One pass over the results: the page pulls them, and the tables are filled as it does.
	findings := func(w io.Writer) error {
		table := NewFindingsCSV(w)
		measures := func(w io.Writer) error {
			more := NewMeasuresCSV(w)
			index := func(w io.Writer) error {
				return WorklistHTML(w, entries, func(e study.WorklistEntry) (*study.Result, error) {
					r, err := load(e)
					if err == nil && r != nil {
						table.Add(r)
						more.Add(r)
					}
					return r, err
				}, Options{Dir: dir})
			}
			if err := atomicfile.WriteFile(filepath.Join(dir, "index.html"), index); err != nil {
				return err
			}
			return more.Flush()
		}
		if err := atomicfile.WriteFile(filepath.Join(dir, "measures.csv"), measures); err != nil {
			return err
		}
		return table.Flush()
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, "findings.csv"), findings); err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, "worklist.json"), func(w io.Writer) error { return WriteWorklist(w, entries) })
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

// WorklistHTML writes the index page of a batch in the order of entries. load gives the result of an
// entry, or nil where it has none. The pictures of the first entries are read below o.Dir.
func WorklistHTML(w io.Writer, entries []study.WorklistEntry, load func(study.WorklistEntry) (*study.Result, error), o Options) error {
	n, thumbs := 0, 0
	next := func() (*web.Row, error) {
		if n == len(entries) {
			return nil, nil
		}
		row := &web.Row{Entry: entries[n]}
		n++
		var err error
		if row.Result, err = load(row.Entry); err != nil {
			return nil, err
		}
		row.Files = filesOf(o.Dir, row.Entry.Report)
		if row.Result != nil && thumbs < maxThumbs {
			folder := filepath.Join(o.Dir, filepath.Dir(filepath.FromSlash(row.Entry.Report)))
			if row.Thumb = thumbOf(row.Result, folder); row.Thumb != nil {
				thumbs++
			}
		}
		return row, nil
	}
	return web.WriteIndex(w, web.CountsOf(entries), next)
}

// filesOf are the reports of a study that are there, by their paths relative to the batch's folder.
func filesOf(dir, reportPath string) []string {
	var files []string
	if reportPath == "" {
		return nil
	}
	for _, format := range []string{"pdf", "html", "json"} {
		file := path.Join(path.Dir(reportPath), "report."+format)
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file))); err == nil {
			files = append(files, file)
		}
	}
	return files
}

// thumbOf is the overview of the current study, or else the first picture of it, with its pixels.
func thumbOf(r *study.Result, folder string) *study.KeyImage {
	best := -1
	for n := range r.KeyImages {
		k := &r.KeyImages[n]
		if k.Prior {
			continue
		}
		if best < 0 || k.Finding == "" && r.KeyImages[best].Finding != "" {
			best = n
		}
	}
	if best < 0 {
		return nil
	}
	k := r.KeyImages[best]
	if k.Pixels == nil && loadKeyImage(folder, &k) != nil || checkKeyImage(&k) != nil {
		return nil
	}
	return &k
}
