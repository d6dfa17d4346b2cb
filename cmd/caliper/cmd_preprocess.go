package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/preprocess"
)

type preprocessOptions struct {
	inputFlags
	Image, Out string
	Steps      []string
}

func newPreprocessCmd(s term.Streams) *cobra.Command {
	var o preprocessOptions
	var names []string
	var table strings.Builder
	for _, r := range preprocess.Table() {
		names = append(names, r.Name)
		var params []string
		for _, p := range r.Params {
			text := p.Name
			if p.Default != "" {
				text += ":" + p.Default
			}
			params = append(params, text)
		}
		fmt.Fprintf(&table, "  %-12s %s\n", r.Name, r.Doc)
		if len(params) > 0 {
			fmt.Fprintf(&table, "  %-12s   %s\n", "", strings.Join(params, ", "))
		}
	}
	cmd := &cobra.Command{
		Use:   "preprocess IMAGE --step NAME[=OPTION:VALUE,…] … -o OUT",
		Short: "Window, normalise, turn, resample and crop an image by named steps",
		Long: `Preprocess runs the steps in the order in which they are given and writes the image. The options of a
step are written option:value with commas between, or as values in the order below; several numbers
of one option are joined by a slash. The steps, with their options and defaults:

` + table.String() + `
` + pipeHelp + "\n\n" + exitCodesHelp,
		Example: "  caliper preprocess ct.nii.gz --step window=40,400 -o soft.nii.gz\n  caliper preprocess t1.nii.gz --step quantiles=lo:0.02,hi:0.98,clip:true --step conform -o t1-lia.nii.gz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Image = args[0]
			return runPreprocess(cmd.Context(), o, s)
		},
	}
	o.inputFlags.add(cmd.Flags())
	cmd.Flags().StringArrayVar(&o.Steps, "step", nil, "a step, may be given more than once")
	cmd.Flags().StringVarP(&o.Out, "output", "o", "", "image to write")
	_ = cmd.MarkFlagRequired("step")
	_ = cmd.MarkFlagRequired("output")
	_ = cmd.RegisterFlagCompletionFunc("step", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runPreprocess(ctx context.Context, o preprocessOptions, s term.Streams) error {
	if err := canWrite(o.Out); err != nil {
		return err
	}
	steps := make([]preprocess.Step, len(o.Steps))
	for n, text := range o.Steps {
		var err error
		if steps[n], err = preprocess.ParseStep(text); err != nil {
			return usagef("--step: %w", err)
		}
	}
	v, _, err := openImage(ctx, s, o.Image, o.inputFlags)
	if err != nil {
		return err
	}
	if v, err = preprocess.Apply(ctx, v, steps); err != nil {
		return fmt.Errorf("%s: %w", o.Image, err)
	}
	return writeOutput(s, o.Out, v)
}
