package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/report"
	"github.com/caliper-imaging/caliper/study"
)

type reportOptions struct {
	In     string // report.json, or - for stdin
	Format string // a name of report.Formats, or "": by Out's extension
	Out    string // file, or - or "" for stdout
}

func newReportCmd(s term.Streams) *cobra.Command {
	var o reportOptions
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	list := strings.Join(names, "|")
	cmd := &cobra.Command{
		Use:   "report REPORT.json|STUDY-FOLDER [--format " + list + "] [-o OUT]",
		Short: "Write a study's result in another format",
		Long: `Report reads the report.json of a study (- for stdin) and writes it in another format.
Key images are read from the PNG files that lie beside report.json.

Without --format the extension of OUT decides. Without -o, or with -o -, the result goes to stdout.

` + exitCodesHelp,
		Example: "  caliper report out/studies/9b1f0c2d/report.json -o study.pdf\n  caliper report report.json --format csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.In = args[0]
			return runReport(cmd.Context(), o, s)
		},
	}
	cmd.Flags().StringVar(&o.Format, "format", "", "one of "+strings.Join(names, ", "))
	cmd.Flags().StringVarP(&o.Out, "output", "o", "", "file to write")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runReport(_ context.Context, o reportOptions, s term.Streams) error {
	known := func(name string) bool {
		return slices.ContainsFunc(report.Formats(), func(f report.Format) bool { return f.Name == name })
	}
	toStdout := o.Out == "" || o.Out == "-"
	if o.Format == "" {
		o.Format = strings.TrimPrefix(strings.ToLower(filepath.Ext(o.Out)), ".")
		if toStdout {
			return usagef("report: --format: want one, or an output file whose extension says it")
		}
	}
	if !known(o.Format) {
		return usagef("report: format %q: want csv, html, json or pdf", o.Format)
	}
	var r *study.Result
	var err error
	dir := "."
	if o.In == "-" {
		r, err = report.Read(s.In)
	} else {
		path := reportPath(o.In)
		dir = filepath.Dir(path)
		r, err = report.Load(path)
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := report.Write(&out, o.Format, r, report.Options{Dir: dir}); err != nil {
		return err
	}
	if toStdout {
		_, err = s.Out.Write(out.Bytes())
	} else {
		err = atomicfile.WriteBytes(o.Out, out.Bytes())
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
