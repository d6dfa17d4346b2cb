// Package intake finds medical images in any mixture of folders and files, sorts them into patients,
// studies and series, pairs studies with their priors, and opens any image as a volume.
package intake

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/caliper-imaging/caliper/study"
)

// Options say what pictures and NIfTI files can't; zero values mean not said. What a file or the table
// says goes before them.
type Options struct {
	Spacing  [3]float64 // mm along x, y, z; of pictures only
	Modality string     // DICOM term: CT, MR, DX …
	BodyPart string     // DICOM term: CHEST, BRAIN …
	Table    string     // path of a CSV file, see readTable
	KeyFile  string     // path of a secret that keys the hashes
	Skip     []string   // folders that are not entered
}

// Found is what a scan comes back with. Studies are sorted by patient, then time; priors lie within each study, the
// newest first, and are listed for themselves as well.
type Found struct {
	Studies  []study.Study `json:"studies"`
	Masks    []Mask        `json:"masks,omitempty"`
	Failures []Failure     `json:"failures,omitempty"`
	Issues   []study.Issue `json:"issues,omitempty"`
	Images   int           `json:"images"`  // files that belong to a study
	Ignored  int           `json:"ignored"` // files that don't claim to be an image, and DICOM objects without pixels
	Others   []Other       `json:"others,omitempty"`
}

// Other counts the DICOM objects of a kind that has no pixels, among the files that are ignored.
type Other struct {
	Kind  string `json:"kind"` // RT Plan, Basic Text SR, DICOMDIR …
	Files int    `json:"files"`
}

// String is the count with the kind.
func (o Other) String() string { return fmt.Sprintf("%d %s", o.Files, o.Kind) }

// Failure is a file that claims to be an image and can't be read, or a folder that can't be listed.
type Failure struct {
	Key    string `json:"key"`  // safe as a file name, and no study's key
	Path   string `json:"path"` // relative to the input that it was found in
	Reason string `json:"reason"`
}

// Mask is a label image that lies on the grid of images beside it.
type Mask struct {
	Path   string   `json:"path"`
	Images []string `json:"images"` // UIDs of the series
}

// Scan finds the images under the inputs by their headers; voxels are read only where a NIfTI file may
// be the mask of its neighbour. It is an error where an input or the table can't be used, or where
// nothing claims to be an image; a single file that can't be read is a Failure. The result does not
// depend on the order in which a file system lists its entries.
func Scan(ctx context.Context, inputs []string, o Options) (*Found, error) {
	if len(inputs) == 0 {
		return nil, fmt.Errorf("intake: inputs: want at least one file or folder, got none")
	}
	hash, err := newHasher(o.KeyFile)
	if err != nil {
		return nil, err
	}
	var t *table
	if o.Table != "" {
		if t, err = readTable(o.Table); err != nil {
			return nil, err
		}
	}
	files, err := walk(ctx, inputs, o.Skip)
	if err != nil {
		return nil, err
	}
	s := &scanner{options: o, hash: hash, table: t, files: files, names: names{}, tables: bidsTables{}, out: &Found{}}
	if err := s.headers(ctx); err != nil {
		return nil, err
	}
	if err := s.dicomStudies(ctx); err != nil {
		return nil, err
	}
	if err := s.masks(ctx); err != nil {
		return nil, err
	}
	s.otherStudies()
	s.finish()
	if len(s.out.Studies) == 0 && len(s.out.Failures) == 0 {
		var got []string
		rest := len(files)
		for _, o := range s.out.Others {
			got = append(got, o.String())
			rest -= o.Files
		}
		if rest > 0 {
			got = append(got, fmt.Sprintf("%d other files", rest))
		}
		return nil, fmt.Errorf("intake: inputs: want at least one file that is or claims to be an image (%s), got %s", readable(), strings.Join(got, ", "))
	}
	return s.out, nil
}

func readable() string {
	var out []string
	for _, f := range Formats() {
		if f.Reads {
			out = append(out, f.Name)
		}
	}
	return strings.Join(out, ", ")
}

// scanner is the state of one Scan.
type scanner struct {
	options Options
	hash    hasher
	table   *table
	files   []file
	found   []finding // one for each file
	drafts  []*draft
	names   names
	tables  bidsTables
	out     *Found
}

// draft is a study with what pairs it with its priors.
type draft struct {
	study.Study
	patient string // identity; "" where unknown, and then nobody's prior
	ordered bool   // Order was said, not counted
	wishes  []string
	files   int
}

// finish hands out keys, pairs priors and sorts.
func (s *scanner) finish() {
	slices.SortStableFunc(s.drafts, func(a, b *draft) int {
		return strings.Compare(a.wishes[0]+"\x00"+a.UID, b.wishes[0]+"\x00"+b.UID)
	})
	for _, d := range s.drafts {
		d.Key = s.names.take(d.wishes...)
		if d.PatientKey == "" {
			d.PatientKey = d.Key
		}
		s.out.Images += d.files
	}
	s.out.Studies = pair(s.drafts)
	s.countOthers()
	slices.SortStableFunc(s.out.Failures, func(a, b Failure) int { return strings.Compare(a.Path, b.Path) })
	for n := range s.out.Failures {
		f := &s.out.Failures[n]
		f.Key = s.names.take(safeName(f.Path))
	}
	s.unusedRows()
}

// countOthers counts the objects without pixels, the kinds in the order of their names.
func (s *scanner) countOthers() {
	count := map[string]int{}
	for _, f := range s.found {
		if f.other != "" {
			count[f.other]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		s.out.Others = append(s.out.Others, Other{kind, count[kind]})
	}
}

// unusedRows says which rows of the table speak of nothing that was found.
func (s *scanner) unusedRows() {
	if s.table == nil {
		return
	}
	unused, first := 0, 0
	for _, rows := range []map[string]*row{s.table.byFile, s.table.byPatient} {
		for _, w := range rows {
			if !s.table.used[w] {
				unused++
				if first == 0 || w.line < first {
					first = w.line
				}
			}
		}
	}
	if unused > 0 {
		s.out.Issues = append(s.out.Issues, study.Issue{Code: "table-rows-unused", Severity: study.Warning, Where: "table",
			Text: fmt.Sprintf("%d rows of %s speak of nothing under the inputs, the first of them row %d", unused, s.table.name, first)})
	}
}

func (s *scanner) fail(f file, why string) {
	s.out.Failures = append(s.out.Failures, Failure{Path: f.rel, Reason: why})
}

// each calls f for every n below count on all processors.
func each(ctx context.Context, count int, f func(n int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(count, 2*runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= count {
					return
				}
				f(n)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}
