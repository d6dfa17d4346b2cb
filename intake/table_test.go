package intake

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	w := newTree(t)
	for _, name := range []string{"img/1.png", "img/2.jpg", "img/3.png", "img/4.png", "img/5.png", "img/6.png"} {
		w.picture(name)
	}
	abs := w.picture("elsewhere/7.png")
	table := w.text("meta/table.csv", strings.Join([]string{
		"file, Patient ,order,date,modality,body_part,view,spacing_x,spacing_y,sex,age,hospital",
		"../img/1.png,anna,3,,DX,chest,pa,0.2,0.25,F,61,north",
		"../img/2.jpg,anna,1,,DX,CHEST,PA,0.3,,female,060Y,north",
		"../img/3.png,bert,,2024-03-01,CR,CHEST,AP,,,M,,",
		"../img/4.png,bert,,20230301,CR,CHEST,AP,,,M,,south",
		"../img/5.png,carl,,,,,,,,,,",
		abs + ",dora,,2024-01-01T10:30:00,,,,,,,,",
	}, "\n")+"\n")
	found := w.scan(Options{Table: table, Modality: "OT", Spacing: [3]float64{9, 9, 0}})
	equal(t, "studies by patient and time", []string{"anna_1", "anna_3", "bert_20230301", "bert_20240301", "carl", "dora", "img_6"}, keys(found.Studies))
	equal(t, "prior by order", []string{"anna_1"}, keys(found.Studies[1].Priors))
	equal(t, "prior by date", []string{"bert_20230301"}, keys(found.Studies[3].Priors))
	early, late := found.Studies[0], found.Studies[1]
	if early.PatientKey != "anna" || !early.When.IsZero() || early.Order != 0 || late.Order != 1 {
		t.Errorf("want anna's studies in order without a date, got %+v and %+v", early, late)
	}
	x := late.Series[0]
	if x.Modality != "DX" || x.BodyPart != "CHEST" || x.View != "PA" || x.Geometry.Spacing != [3]float64{0.2, 0.25, 1} || x.Acquisition.SpacingSource != "table" {
		t.Errorf("want the row's modality, body part, view and spacing, got %+v", x)
	}
	if early.Series[0].Geometry.Spacing[1] != 0.3 {
		t.Errorf("want square pixels where one spacing is said, got %v", early.Series[0].Geometry.Spacing)
	}
	if late.Patient.Sex != "F" || late.Patient.AgeYears != 61 || early.Patient.Sex != "F" || early.Patient.AgeYears != 60 {
		t.Errorf("want sex and age, got %+v and %+v", early.Patient, late.Patient)
	}
	if x.Extra["hospital"] != "north" || len(x.Extra) != 1 {
		t.Errorf("want the further column carried through, got %v", x.Extra)
	}
	other := found.Studies[6].Series[0]
	if other.Modality != "OT" || other.Acquisition.SpacingSource != "flag" {
		t.Errorf("want the flags for a file that has no row, got %+v", other)
	}
	if found.Studies[2].When.Format("2006-01-02") != "2023-03-01" {
		t.Errorf("want the date, got %v", found.Studies[2].When)
	}
}

// A table that names no files speaks of BIDS subjects.
func TestTableByPatient(t *testing.T) {
	w := newTree(t)
	w.nifti("sub-01/anat/sub-01_T1w.nii.gz", grid(1))
	table := w.text("t.csv", "patient,sex,age\n01,M,44\n99,F,1\n")
	found := w.scan(Options{Table: table})
	if p := found.Studies[0].Patient; p.Sex != "M" || p.AgeYears != 44 || found.Studies[0].Key != "sub-01" {
		t.Errorf("want the row of patient 01, got %+v", found.Studies[0])
	}
	if len(found.Issues) != 1 || found.Issues[0].Code != "table-rows-unused" || !strings.Contains(found.Issues[0].Text, "row 3") {
		t.Errorf("want row 3 told as unused, got %v", found.Issues)
	}
}

// Studies of one patient and day are one study; the same day is no prior.
func TestOneVisit(t *testing.T) {
	w := newTree(t)
	w.picture("pa.png")
	w.picture("ll.png")
	table := w.text("t.csv", "file,patient,date,view\npa.png,p,2024-01-01,PA\nll.png,p,2024-01-01,LL\n")
	found := w.scan(Options{Table: table})
	if len(found.Studies) != 1 || len(found.Studies[0].Series) != 2 || found.Studies[0].Key != "p" {
		t.Errorf("want one study of two views, got %+v", found.Studies)
	}
}

func TestUndatedStudiesHaveNoPriors(t *testing.T) {
	w := newTree(t)
	w.picture("1.png")
	w.picture("2.png")
	table := w.text("t.csv", "file,patient,date\n1.png,p,2024-01-01\n2.png,p,\n")
	found := w.scan(Options{Table: table})
	equal(t, "studies", []string{"p_2", "p_20240101"}, keys(found.Studies))
	for _, s := range found.Studies {
		if len(s.Priors) != 0 || len(s.Issues) != 1 || s.Issues[0].Code != "no-date-or-order" {
			t.Errorf("want no prior and an issue that says why, got %+v", s)
		}
	}
}

func TestTableMistakes(t *testing.T) {
	w := newTree(t)
	w.picture("1.png")
	w.picture("2.png")
	for _, c := range []struct{ csv, want string }{
		{"", "row 1: want the names"},
		{"sex,age\nM,3\n", "row 1: want a column file or a column patient"},
		{"file,file\n1.png,1.png\n", "row 1: column file: want each column once"},
		{"file,sex\n1.png,x\n", `row 2: column sex: want M, F or O, got "x"`},
		{"file,age\n1.png,-3\n", "row 2: column age"},
		{"file,spacing_x\n2.png,0.1\n1.png,0\n", "row 3: column spacing_x: want a number above 0"},
		{"file,spacing_y\n1.png,NaN\n", "row 2: column spacing_y"},
		{"file,date\n1.png,01/02/2024\n", "row 2: column date: want a date as 2024-05-31"},
		{"file,order\n1.png,first\n", "row 2: column order: want a whole number"},
		{"file\n3.png\n", "row 2: column file: want a file or folder that exists"},
		{"file\n1.png\n./1.png\n", "row 3: column file: want each file once (first in row 2)"},
		{"file,sex\n,M\n", "row 2: column file: want a file"},
		{"file,sex\n1.png\n", "row 2: want 2 cells"},
		{"file,sex\n\"1.png,M\n", "row"},
		{"patient,sex\np,M\np,F\n", "row 3: column patient: want each patient once"},
	} {
		_, err := Scan(context.Background(), []string{w.dir}, Options{Table: w.text("t.csv", c.csv)})
		var mistake *TableError
		if !errors.As(err, &mistake) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "t.csv") {
			t.Errorf("%q: want an error with %q, got %v", c.csv, c.want, err)
		}
	}
	if _, err := Scan(context.Background(), []string{w.dir}, Options{Table: w.dir + "/absent.csv"}); err == nil {
		t.Error("want an error for a table that is not there")
	}
}

func FuzzTable(f *testing.F) {
	f.Add("file,patient,date\n1.png,p,2024-01-01\n")
	f.Add("patient,sex,age\n\"a,b\",M,3\n")
	f.Fuzz(func(t *testing.T, text string) {
		w := newTree(t)
		if tab, err := readTable(w.text("t.csv", text)); err == nil && tab.byFile == nil && tab.byPatient == nil {
			t.Error("want rows by file or by patient")
		}
	})
}
