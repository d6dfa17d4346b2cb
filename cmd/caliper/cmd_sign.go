package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/report"
)

type signOptions struct {
	In   string // report.json or its folder
	Name string
}

func newSignCmd(s term.Streams) *cobra.Command {
	var o signOptions
	cmd := &cobra.Command{
		Use:   "sign REPORT.json|STUDY-FOLDER --name NAME",
		Short: "Make a preliminary report final, with name and time",
		Long: `Sign makes the report of one study final in the name of the physician who has read it, and writes
report.json and the report.pdf and report.html beside it anew. A final report is not signed again.

` + exitCodesHelp,
		Example: "  caliper sign out/studies/9b1f0c2d --name 'Dr. A. Reader'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.In = args[0]
			return runSign(cmd.Context(), o, s)
		},
	}
	cmd.Flags().StringVar(&o.Name, "name", "", "name of the physician who signs")
	return cmd
}

func runSign(_ context.Context, o signOptions, s term.Streams) error {
	if o.Name == "" {
		return usagef("sign: --name: want the name of the physician who signs")
	}
	r, err := report.Sign(reportPath(o.In), o.Name, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s: final, signed by %s at %s\n", r.Study.Key, r.Signature.Name, r.Signature.When.Format(time.RFC3339))
	return err
}

// reportPath is the report.json that a path names: the file, or that of a study's folder.
func reportPath(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "report.json")
	}
	return path
}
