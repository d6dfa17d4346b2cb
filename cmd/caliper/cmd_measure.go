package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/measure"
	"github.com/caliper-imaging/caliper/study"
)

type measureOptions struct {
	inputFlags
	Image, Mask string
	Keys        []string
	All, JSON   bool
}

func newMeasureCmd(s term.Streams) *cobra.Command {
	var o measureOptions
	cmd := &cobra.Command{
		Use:   "measure IMAGE MASK",
		Short: "Measure each label of a mask: lengths, volume, intensities",
		Long: `Measure takes the figures of every label of MASK, which must lie on the grid of IMAGE: longest
diameter within a slice (RECIST 1.1) and in 3-D, short axis, volume, and the mean, spread and
percentiles of the image (HU on CT). Where the spacing isn't known, lengths are in pixels and
there is no volume.

` + pipeHelp + "\n\n" + exitCodesHelp + "\n\nMeasures (--key):\n" + measureList(),
		Example: "  caliper measure ct.nii.gz lesion.nii.gz --json\n  caliper measure CT-FOLDER mask.nii.gz --key volume,longest_diameter",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Image, o.Mask = args[0], args[1]
			return runMeasure(cmd.Context(), o, s)
		},
	}
	o.inputFlags.add(cmd.Flags())
	cmd.Flags().StringSliceVar(&o.Keys, "key", nil, "measures to take (default: all)")
	cmd.Flags().BoolVar(&o.All, "all", false, "print centroids, boxes and percentiles as well")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON")
	return cmd
}

func measureList() string {
	var b strings.Builder
	for _, m := range measure.Table() {
		fmt.Fprintf(&b, "  %-22s %s\n", m.Key, m.Doc)
	}
	return strings.TrimRight(b.String(), "\n")
}

func runMeasure(ctx context.Context, o measureOptions, s term.Streams) error {
	for _, key := range o.Keys {
		if _, ok := measure.Find(key); !ok {
			return usagef("measure: --key: want a measure that --help lists, got %q", key)
		}
	}
	v, series, err := openImage(ctx, s, o.Image, o.inputFlags)
	if err != nil {
		return err
	}
	mask, err := openMaskOf(s, o.Mask, v)
	if err != nil {
		return err
	}
	options := measure.Options{Keys: o.Keys, NoSpacing: !spacingKnown(series)}
	got, err := measure.Mask(ctx, v, mask, options)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Mask, err)
	}
	if o.JSON {
		if got == nil {
			got = []study.Measurement{}
		}
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"image": o.Image, "mask": o.Mask, "measures": got})
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LABEL\tMEASURE\tVALUE\tUNIT\tPLANE")
	for _, m := range got {
		row, _ := measure.Find(m.Key)
		if row.Detail && !o.All && o.Keys == nil {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%.6g\t%s\t%s\n", m.Label, row.Title, m.Value, plainUnit(m.Unit), m.Plane)
	}
	return w.Flush()
}

// plainUnit is a unit as a reader knows it.
func plainUnit(ucum string) string {
	switch ucum {
	case "[hnsf'U]":
		return "HU"
	case "1", "{arbitrary}":
		return ""
	}
	return strings.Trim(ucum, "{}")
}
