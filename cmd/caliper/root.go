package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/internal/term"
)

// commands is the explicit list of what caliper can do, sorted by name.
func commands(s term.Streams) []*cobra.Command {
	return []*cobra.Command{
		newBenchCmd(s),
		newConvertCmd(s),
		newDemoCmd(s),
		newDetectCmd(s),
		newDumpCmd(s),
		newExplainCmd(s),
		newMeasureCmd(s),
		newModelsCmd(s),
		newPhantomCmd(s),
		newPreprocessCmd(s),
		newQualityCmd(s),
		newRegisterCmd(s),
		newReportCmd(s),
		newRunCmd(s),
		newScanCmd(s),
		newSegmentCmd(s),
		newSignCmd(s),
		newValidateCmd(s),
		newVerifyCmd(s),
		newVersionCmd(s),
	}
}

func newRootCmd(s term.Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "caliper",
		Short: "Measure medical images in batches: studies in, reports out",
		Long: `Caliper reads folders of DICOM, NIfTI, PNG and JPEG, and writes for each study what was
found, measured and compared with the prior: report.json, report.pdf, masks, one
findings.csv and a worklist for all.

Start with:  caliper demo -o demo-out      makes studies and reports them
Then:        caliper run FOLDER -o OUT     reports your own

Research use; not a medical device. The reading physician has the last word.

` + exitCodesHelp,
		SilenceErrors:              true,
		SilenceUsage:               true,
		DisableAutoGenTag:          true,
		SuggestionsMinimumDistance: 2,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q%s", args[0], suggestion(cmd, args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usagef("%s: %w", cmd.CommandPath(), err) })
	root.AddCommand(commands(s)...)
	return root
}

func suggestion(cmd *cobra.Command, name string) string {
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return "; caliper --help lists the commands"
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, s term.Streams) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(s.Err, "caliper: internal error: %.300v (a fault of this program; please report it with the command line)\n", p)
			code = exitFatal
		}
	}()
	if err := simd.KernelError(); err != nil {
		printError(s.Err, false, exitUsage, err, "")
		return exitUsage
	}
	root := newRootCmd(s)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if cobraUsage(err) {
		err = usagef("%w", err)
	}
	code = exitCode(ctx, err)
	printError(s.Err, wantsJSON(cmd), code, err, cmd.UseLine())
	return code
}

// cobraUsage recognises the argument and flag errors that cobra makes itself.
func cobraUsage(err error) bool {
	var coded *codedError
	if errors.As(err, &coded) {
		return false
	}
	text := err.Error()
	for _, start := range []string{"accepts ", "requires at least ", "required flag(s)", "unknown command", "invalid argument", "if any flags in the group", "at least one of the flags"} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

func wantsJSON(cmd *cobra.Command) bool {
	var flag *pflag.Flag
	if cmd != nil {
		flag = cmd.Flags().Lookup("json")
	}
	return flag != nil && flag.Value.String() == "true"
}
