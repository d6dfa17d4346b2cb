package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/caliper-imaging/caliper/intake"
)

// inputFlags say what a picture or a NIfTI can't.
type inputFlags struct {
	spacing  string
	modality string
	bodyPart string
	table    string
	keyFile  string
}

func (o *inputFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.spacing, "spacing", "", "X,Y[,Z] in mm, for files that state none")
	f.StringVar(&o.modality, "modality", "", "DICOM modality, for files that state none: CT, MR, DX …")
	f.StringVar(&o.bodyPart, "body-part", "", "DICOM body part examined, for files that state none: CHEST, BRAIN …")
	f.StringVar(&o.table, "table", "", "CSV with columns file, patient, date or order, modality, body_part, view, spacing_x, spacing_y, sex, age")
	f.StringVar(&o.keyFile, "key-file", "", "file with a secret from which the keys of studies and patients are made")
}

func (o inputFlags) options() (intake.Options, error) {
	out := intake.Options{Modality: strings.ToUpper(o.modality), BodyPart: strings.ToUpper(o.bodyPart), Table: o.table, KeyFile: o.keyFile}
	if o.spacing == "" {
		return out, nil
	}
	parts := strings.Split(o.spacing, ",")
	if len(parts) != 2 && len(parts) != 3 {
		return out, usagef("--spacing: want X,Y or X,Y,Z in mm, got %q", o.spacing)
	}
	for n, part := range parts {
		mm, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(mm > 0) || mm > 1000 {
			return out, usagef("--spacing: want numbers of mm above 0 and at most 1000, got %q", part)
		}
		out.Spacing[n] = mm
	}
	return out, nil
}

// text is all of the flags' contents, for the fingerprint of a run.
func (o inputFlags) text() string {
	table := ""
	if o.table != "" {
		data, _ := os.ReadFile(o.table)
		table = string(data)
	}
	key := ""
	if o.keyFile != "" {
		data, _ := os.ReadFile(o.keyFile)
		key = fingerprint(string(data))
	}
	return strings.Join([]string{o.spacing, o.modality, o.bodyPart, table, key}, "\n")
}
