package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/term"
)

type dumpOptions struct {
	file string
	json bool
	xml  bool
	full bool
}

func newDumpCmd(s term.Streams) *cobra.Command {
	var o dumpOptions
	cmd := &cobra.Command{
		Use:   "dump FILE",
		Short: "Print the data set of a DICOM file",
		Long: `Prints every element of a DICOM file (- for stdin), nested and private ones too, but not its pixels. What it prints
has the patient's data in it. It prints as it goes: a file of any size takes little memory beside its header. A file
that is cut, or an image without its pixels, is printed as far as it goes, and the exit code is 1.

` + exitCodesHelp,
		Example: "  caliper dump image.dcm\n  caliper dump image.dcm --json | jq '.[\"00080060\"].Value[0]'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runDump(cmd.Context(), s, o)
		},
	}
	cmd.Flags().BoolVar(&o.json, "json", false, "print the DICOM JSON model (PS3.18 annex F)")
	cmd.Flags().BoolVar(&o.xml, "xml", false, "print the native DICOM model (PS3.19 annex A)")
	cmd.Flags().BoolVar(&o.full, "full", false, "print long values whole")
	cmd.MarkFlagsMutuallyExclusive("json", "xml")
	return cmd
}

func runDump(ctx context.Context, s term.Streams, o dumpOptions) error {
	file, remove, err := spooled(s, o.file, "")
	if err != nil {
		return err
	}
	defer remove()
	f, err := dicom.OpenFile(file)
	if f == nil {
		return fmt.Errorf("%s: %w", o.file, cutShort(err))
	}
	var trailing dicom.Elements
	if err == nil {
		trailing, err = f.Trailing(ctx)
	}
	var printed error
	switch {
	case o.json:
		printed = f.WriteJSON(s.Out, trailing)
	case o.xml:
		printed = f.WriteXML(s.Out, trailing)
	default:
		printed = f.WriteText(s.Out, trailing, o.full)
	}
	if err = errors.Join(printed, cutShort(err)); err != nil {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	if at, ok, err := f.Another(); err == nil && ok {
		fmt.Fprintf(s.Err, "caliper: %s: note: another object lies behind this one, at byte %d\n", o.file, at)
	}
	for _, issue := range f.Issues {
		fmt.Fprintf(s.Err, "caliper: %s: %s: %s\n", o.file, issue.Severity, issue.Text)
	}
	return nil
}
