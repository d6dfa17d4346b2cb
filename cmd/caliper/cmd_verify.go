package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/onnx/optest"
)

func newVerifyCmd(s term.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the program against published cases",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newVerifyOnnxCmd(s))
	return cmd
}

func newVerifyOnnxCmd(s term.Streams) *cobra.Command {
	var failures bool
	cmd := &cobra.Command{
		Use:   "onnx DIR|TAR",
		Short: "Run ONNX conformance cases and print what passed by operator",
		Long: `Runs every case of a folder, or of a .tar or .tar.gz file, at any depth: a folder with
model.onnx and test_data_set_*/input_*.pb and output_*.pb, and tol.txt where the tolerance
is not 1e-3 relative and 1e-7 absolute. Cases of the skip list count as failed.

Exit codes: 0 all passed, 1 fatal, 2 usage, 4 some failed, 130 interrupted.`,
		Example: "  caliper verify onnx cases.tar.gz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runVerifyOnnx(cmd.Context(), s, args[0], failures)
		},
	}
	cmd.Flags().BoolVar(&failures, "failures", false, "list each case that failed, with the reason")
	return cmd
}

func runVerifyOnnx(ctx context.Context, s term.Streams, path string, failures bool) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	run := optest.RunTar
	if info.IsDir() {
		run = optest.RunDir
	}
	report, err := run(ctx, path, optest.DecodePicture)
	if err != nil {
		return err
	}
	passed, failed := report.Counts()
	if passed+failed == 0 {
		return fmt.Errorf("verify: %s: want folders with model.onnx and test_data_set_*, found none", path)
	}
	if failures {
		for _, o := range report.Outcomes {
			switch {
			case o.Reason != "":
				fmt.Fprintf(s.Out, "%s: left out: %s\n", o.Name, o.Reason)
			case o.Err != nil:
				fmt.Fprintf(s.Out, "%s: %v\n", o.Name, o.Err)
			}
		}
	}
	if err := report.Table(s.Out); err != nil {
		return err
	}
	if failed > 0 {
		return withCode(exitGate, fmt.Errorf("%d of %d cases failed", failed, passed+failed))
	}
	return nil
}
