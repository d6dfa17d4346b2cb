package intake

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// otherStudies sorts pictures and NIfTI files into studies: by patient and date or order where the
// table says them, by subject and session in a BIDS folder, else each file for itself.
func (s *scanner) otherStudies() {
	groups := map[string]*draft{}
	var order []string
	for n := range s.found {
		f := &s.found[n]
		if f.format == "" || f.format == "dicom" || f.mask {
			continue
		}
		series := s.seriesOf(n)
		where, isBIDS := parseBIDS(s.files[n].rel)
		w := s.table.rowOf(s.files[n].path)
		if w == nil && isBIDS {
			w = s.table.rowOfPatient(where.subject, strings.TrimPrefix(where.subject, "sub-"))
		}
		group, d := s.draftOf(n, where, isBIDS, w)
		if groups[group] == nil {
			groups[group] = d
			order = append(order, group)
		}
		d = groups[group]
		if w != nil {
			s.tellStudy(d, w)
			row, _ := formatOf(f.format)
			tellSeries(&series, w, row.picture)
		}
		if isBIDS && series.Modality == "" {
			series.Modality = where.modality()
		}
		s.fillIn(&series)
		if isBIDS && where.suffix == "T1w" && series.BodyPart == "" {
			series.BodyPart = "BRAIN"
		}
		guess(&series, s.files[n].rel)
		d.Series = append(d.Series, series)
		d.files++
	}
	shared := map[string]int{}
	for _, group := range order {
		if d := groups[group]; d.wishes == nil {
			shared[d.PatientKey]++
		}
	}
	for _, group := range order {
		d := groups[group]
		if d.wishes == nil { // of a patient of the table
			d.wishes = []string{d.PatientKey}
			if shared[d.PatientKey] > 1 {
				d.wishes[0] = d.PatientKey + "_" + d.visit(stem(path.Base(d.UID)))
			}
		}
		slices.SortStableFunc(d.Series, func(a, b study.Series) int { return strings.Compare(a.UID, b.UID) })
		s.drafts = append(s.drafts, d)
	}
}

// draftOf finds the group of a file, and the study that a first member of the group starts.
func (s *scanner) draftOf(n int, where bids, isBIDS bool, w *row) (group string, d *draft) {
	rel := s.files[n].rel
	d = &draft{}
	switch {
	case w != nil && w.patient != "" && s.table.byFile != nil:
		d.patient, d.PatientKey = "table\x00"+w.patient, safeName(w.patient)
		d.UID = rel
		switch {
		case !w.when.IsZero():
			group = fmt.Sprintf("table\x00%s\x00%s", w.patient, w.when)
		case w.ordered:
			group = fmt.Sprintf("table\x00%s\x00#%d", w.patient, w.order)
		default:
			group = "file\x00" + s.files[n].path
		}
	case isBIDS:
		root := bidsRoot(s.files[n].path, where.subject)
		group = "bids\x00" + root + "\x00" + where.study()
		d.patient, d.PatientKey = "bids\x00"+root+"\x00"+where.subject, safeName(where.subject)
		d.UID = where.study()
		d.wishes = []string{safeName(where.study())}
		s.tables.tell(d, root, where)
		if number, ok := where.ordinal(); ok && where.session != "" {
			d.Order, d.ordered = number, true
		}
	default:
		group = "file\x00" + s.files[n].path
		d.UID = rel
		d.wishes = []string{safeName(stem(rel)), safeName(rel)}
	}
	return group, d
}

// visit names one of several studies of a patient.
func (d *draft) visit(name string) string {
	switch {
	case !d.When.IsZero() && d.When.Hour() == 0 && d.When.Minute() == 0 && d.When.Second() == 0:
		return d.When.Format("20060102")
	case !d.When.IsZero():
		return d.When.Format("20060102T150405")
	case d.ordered:
		return fmt.Sprint(d.Order)
	}
	return safeName(name)
}

// bidsRoot is the data set that a file belongs to, so that sub-01 of two data sets are two patients.
func bidsRoot(file, subject string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		abs = file
	}
	abs = filepath.ToSlash(abs)
	dir := path.Dir(abs)
	if i := strings.Index(abs, "/"+subject+"/"); i >= 0 {
		dir = abs[:i]
	}
	if i := strings.Index(dir+"/", "/derivatives/"); i >= 0 {
		dir = dir[:i]
	}
	return dir
}

// seriesOf describes the image in one file.
func (s *scanner) seriesOf(n int) study.Series {
	f := &s.found[n]
	h := f.single
	out := study.Series{UID: s.files[n].rel, Format: f.format, Files: []string{s.files[n].path}, Mask: f.maskPath,
		Geometry: h.Geometry, Frames: h.frames, Channels: h.channels, Issues: h.issues, Levels: h.levels}
	out.Acquisition.LossyCompression = f.format == "jpeg"
	switch row, _ := formatOf(f.format); {
	case !row.picture || h.spaced:
		out.Acquisition.SpacingSource = "header"
	case s.options.Spacing[0] > 0:
		setSpacing(&out.Geometry, s.options.Spacing)
		out.Acquisition.SpacingSource = "flag"
	default:
		out.Acquisition.SpacingSource = "none"
	}
	return out
}

func setSpacing(g *volume.Geometry, spacingMM [3]float64) {
	for n, x := range spacingMM {
		if x > 0 {
			g.Spacing[n] = x
		}
	}
}

// tellSeries puts what a row of the table says; a picture has no spacing of its own.
func tellSeries(series *study.Series, w *row, picture bool) {
	if picture && w.spacing[0] > 0 {
		setSpacing(&series.Geometry, w.spacing)
		series.Acquisition.SpacingSource = "table"
	}
	series.Modality, series.BodyPart, series.View, series.Extra = w.modality, w.bodyPart, w.view, w.extra
}
