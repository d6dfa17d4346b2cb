package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/segment"
	"github.com/caliper-imaging/caliper/volume"
)

type segmentOptions struct {
	modelFlags
	inputFlags
	Image, Model, Method, Out string
	JSON                      bool
}

func newSegmentCmd(s term.Streams) *cobra.Command {
	var o segmentOptions
	cmd := &cobra.Command{
		Use:   "segment IMAGE (--model MODEL | --method body|lungs) -o MASK.nii.gz",
		Short: "Label an image by a network, or body and lungs on CT by thresholds",
		Long: `Segment writes a mask on the grid of IMAGE: the value of a voxel is the number of its label in the
model's card. Without a model, --method body or lungs labels a CT in HU: 1 body, or 1 right and
2 left lung. What was found goes to stdout.

` + pipeHelp + "\n\n" + exitCodesHelp,
		Example: "  caliper segment chest.dcm --model cxr-lungs -o chest.nii.gz\n  caliper segment t1.nii.gz --models MODELS --model mindgrab_skullstrip -o brain.nii.gz --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Image = args[0]
			return runSegment(cmd.Context(), o, s)
		},
	}
	o.modelFlags.add(cmd)
	o.inputFlags.add(cmd.Flags())
	cmd.Flags().StringVar(&o.Model, "model", "", "name of a model, a card or an .onnx file")
	cmd.Flags().StringVar(&o.Method, "method", "", "body or lungs, for CT")
	cmd.Flags().StringVarP(&o.Out, "output", "o", "", "mask to write (.nii, .nii.gz, .png, .npy)")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("output")
	cmd.MarkFlagsOneRequired("model", "method")
	cmd.MarkFlagsMutuallyExclusive("model", "method")
	_ = cmd.RegisterFlagCompletionFunc("method", cobra.FixedCompletions([]string{"body", "lungs"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

type segmentLine struct {
	Label    uint16   `json:"label"`
	Name     string   `json:"name"`
	Voxels   int      `json:"voxels"`
	VolumeML *float64 `json:"volumeML,omitempty"`
}

func runSegment(ctx context.Context, o segmentOptions, s term.Streams) error {
	if err := canWrite(o.Out); err != nil {
		return err
	}
	var net *models.Network
	if o.Model != "" {
		var err error
		if net, err = o.load(o.Model, models.Segment); err != nil {
			return err
		}
	} else if !slices.Contains([]string{"body", "lungs"}, o.Method) {
		return usagef("segment: --method: want body or lungs, got %q", o.Method)
	}
	v, series, err := openImage(ctx, s, o.Image, o.inputFlags)
	if err != nil {
		return err
	}
	var mask *volume.Mask
	switch {
	case net != nil:
		mask, err = segment.Run(ctx, net, v, segment.Options{})
	case o.Method == "body":
		mask, err = segment.Body(ctx, v)
	default:
		mask, err = segment.Lungs(ctx, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", o.Image, err)
	}
	if err := writeOutput(s, o.Out, mask); err != nil {
		return err
	}
	printed := results(s, o.Out)
	counts := map[uint16]int{}
	for _, l := range mask.Labels {
		counts[l]++
	}
	lines := []segmentLine{}
	for _, label := range mask.Present() {
		l := segmentLine{Label: label, Name: mask.Name(label), Voxels: counts[label]}
		if spacingKnown(series) && mask.Size[2] > 1 {
			ml := float64(counts[label]) * mask.VoxelMM3() / 1000
			l.VolumeML = &ml
		}
		lines = append(lines, l)
	}
	if o.JSON {
		enc := json.NewEncoder(printed)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"mask": o.Out, "labels": lines})
	}
	w := tabwriter.NewWriter(printed, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "LABEL\tVOXELS\tML\t  NAME")
	for _, l := range lines {
		ml := "-"
		if l.VolumeML != nil {
			ml = fmt.Sprintf("%.2f", *l.VolumeML)
		}
		fmt.Fprintf(w, "%d\t%d\t%s\t  %s\n", l.Label, l.Voxels, ml, l.Name)
	}
	return w.Flush()
}
