package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/analyze/quality"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/study"
)

type qualityOptions struct {
	inputFlags
	Image, Mask string
	JSON        bool
}

func newQualityCmd(s term.Streams) *cobra.Command {
	var o qualityOptions
	cmd := &cobra.Command{
		Use:   "quality IMAGE",
		Short: "Judge whether an image is fit to be measured",
		Long: `Quality measures exposure, contrast, noise, clipping and, with a mask of the lungs (1 right, 2 left),
rotation and field of view of a frontal chest radiograph; noise, clipping, spacing and coverage of a
CT, an MR or another volume. What lies beyond a limit is listed with the limit; that is no error.

` + pipeHelp + "\n\n" + exitCodesHelp,
		Example: "  caliper segment chest.dcm --model cxr-lungs -o lungs.nii.gz && caliper quality chest.dcm --lungs lungs.nii.gz --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Image = args[0]
			return runQuality(cmd.Context(), o, s)
		},
	}
	o.inputFlags.add(cmd.Flags())
	cmd.Flags().StringVar(&o.Mask, "lungs", "", "mask of the lungs on the image's grid: 1 right, 2 left")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON")
	return cmd
}

func runQuality(ctx context.Context, o qualityOptions, s term.Streams) error {
	v, series, err := openImage(ctx, s, o.Image, o.inputFlags)
	if err != nil {
		return err
	}
	if v.Channels != 1 {
		return fmt.Errorf("%s: want a grey image, got %d channels", o.Image, v.Channels)
	}
	mask, err := openMaskOf(s, o.Mask, v)
	if err != nil {
		return err
	}
	var measures []study.Measurement
	var issues []study.Issue
	if v.Size[2] == 1 && series.Modality != "CT" && series.Modality != "MR" {
		measures, issues = quality.Radiograph(v, mask, quality.Chest{RightLung: 1, LeftLung: 2})
	} else {
		measures, issues = quality.Volume(v, series.Modality)
	}
	if o.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		if issues == nil {
			issues = []study.Issue{}
		}
		return enc.Encode(map[string]any{"image": o.Image, "measures": measures, "issues": issues})
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for _, m := range measures {
		fmt.Fprintf(w, "%s\t%s\t%.4g\t%s\n", m.Key, m.Label, m.Value, plainUnit(m.Unit))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, i := range issues {
		fmt.Fprintf(s.Out, "%s: %s: %s\n", i.Severity, i.Code, i.Text)
	}
	return nil
}
