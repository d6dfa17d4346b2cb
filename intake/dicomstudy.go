package intake

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/study"
)

// dicomStudies sorts the DICOM objects into studies. Patients are told apart by PatientID and its
// issuer; an object without a PatientID is nobody else's.
func (s *scanner) dicomStudies(ctx context.Context) error {
	groups := map[string][]int{}
	for n, f := range s.found {
		if f.format != "dicom" {
			continue
		}
		uid := f.dicom.StudyUID
		if uid == "" {
			uid = "\x00" + path.Dir(s.files[n].rel)
		}
		key := uid + "\x01" + patientID(f.dicom.PatientID, f.dicom.Issuer)
		groups[key] = append(groups[key], n)
	}
	keys := make([]string, 0, len(groups))
	for key := range groups {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if err := ctx.Err(); err != nil {
			return err
		}
		if d := s.dicomStudy(groups[key]); d != nil {
			s.drafts = append(s.drafts, d)
		}
	}
	return nil
}

func (s *scanner) dicomStudy(members []int) *draft {
	objects := make([]*dicom.File, 0, len(members))
	for _, n := range members {
		object := s.found[n].object
		s.found[n].object = nil
		if object == nil {
			var err error
			if object, err = dicom.OpenFile(s.files[n].path); err != nil {
				s.fail(s.files[n], reason(err))
				continue
			}
		}
		objects = append(objects, object)
	}
	objects, slides := s.slides(objects)
	stacks := dicom.Stacks(objects)
	if len(stacks) == 0 && len(slides) == 0 {
		s.out.Ignored += len(members)
		return nil
	}
	first := s.found[members[0]].dicom
	d := &draft{files: len(members)}
	d.UID, d.When, d.Patient = first.StudyUID, first.When, first.Patient
	if first.PatientID != "" {
		d.patient = patientID(first.PatientID, first.Issuer)
		d.PatientKey = s.hash.key(d.patient)
	}
	if d.UID == "" {
		d.UID = path.Dir(s.files[members[0]].rel)
		d.wishes = []string{safeName(stem(s.files[members[0]].rel))}
		d.Issues = append(d.Issues, study.Issue{Code: "no-study-uid", Severity: study.Warning, Where: "study", Text: "StudyInstanceUID is missing; the objects of one folder are taken as one study"})
	} else {
		d.wishes = []string{s.hash.key(d.UID)}
	}
	slices.SortStableFunc(stacks, func(a, b dicom.Stack) int {
		if a.Localiser != b.Localiser {
			if a.Localiser {
				return 1
			}
			return -1
		}
		return 0
	})
	for _, st := range stacks {
		series := st.Series
		if st.Err != nil && series.Geometry.Validate() != nil {
			for _, n := range members {
				if slices.Contains(series.Files, s.files[n].path) {
					s.fail(s.files[n], reason(st.Err))
					d.files--
				}
			}
			continue
		}
		s.fillIn(&series)
		d.Series = append(d.Series, series)
	}
	for _, series := range slides {
		s.fillIn(&series)
		d.Series = append(d.Series, series)
	}
	if len(d.Series) == 0 {
		return nil
	}
	for _, n := range members {
		if w := s.table.rowOf(s.files[n].path); w != nil {
			s.tell(d, w)
			break
		}
	}
	if w := s.table.rowOfPatient(first.PatientID); w != nil {
		s.tell(d, w)
	}
	return d
}

// fillIn puts what the flags say where the file says nothing.
func (s *scanner) fillIn(series *study.Series) {
	if series.Modality == "" {
		series.Modality = strings.ToUpper(s.options.Modality)
	}
	if series.BodyPart == "" {
		series.BodyPart = strings.ToUpper(s.options.BodyPart)
	}
}

// tell puts what a row of the table says into a DICOM study; the row goes before the file.
func (s *scanner) tell(d *draft, w *row) {
	if w.patient != "" && s.table.byFile != nil {
		d.patient, d.PatientKey = "table\x00"+w.patient, safeName(w.patient)
	}
	s.tellStudy(d, w)
	for n := range d.Series {
		series := &d.Series[n]
		if w.modality != "" {
			series.Modality = w.modality
		}
		if w.bodyPart != "" {
			series.BodyPart = w.bodyPart
		}
		if w.view != "" {
			series.View = w.view
		}
		series.Extra = w.extra
	}
}

// tellStudy puts date, order, sex and age.
func (s *scanner) tellStudy(d *draft, w *row) {
	if !w.when.IsZero() {
		d.When = w.when
	}
	if w.ordered {
		d.Order, d.ordered = w.order, true
	}
	if w.sex != "" {
		d.Patient.Sex = w.sex
	}
	if w.age > 0 {
		d.Patient.AgeYears = w.age
	}
}
