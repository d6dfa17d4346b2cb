package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/analyze/detect"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/segment"
	"github.com/caliper-imaging/caliper/volume"
)

type detectOptions struct {
	modelFlags
	inputFlags
	Image, Model string
	MinScore     float64
	Operating    bool
	JSON         bool
}

func newDetectCmd(s term.Streams) *cobra.Command {
	var o detectOptions
	cmd := &cobra.Command{
		Use:   "detect IMAGE --model MODEL",
		Short: "Find boxes in a picture by a network",
		Long: `Detect lists every candidate down to the low score that the model's card names, best first, as boxes
x0, y0, x1, y1 in pixels of IMAGE (and in mm where the spacing is known). "caliper run" reports those
that reach the card's operating point; --operating-point lists only these.

` + pipeHelp + "\n\n" + exitCodesHelp,
		Example: "  caliper detect chest.dcm --model cxr-nodule --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Image = args[0]
			return runDetect(cmd.Context(), o, s)
		},
	}
	o.modelFlags.add(cmd)
	o.inputFlags.add(cmd.Flags())
	cmd.Flags().StringVar(&o.Model, "model", "", "name of a model, a card or an .onnx file")
	cmd.Flags().Float64Var(&o.MinScore, "min-score", 0, "lowest score that is listed (0: the card's)")
	cmd.Flags().BoolVar(&o.Operating, "operating-point", false, "list only what reaches the card's operating point")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("model")
	return cmd
}

func runDetect(ctx context.Context, o detectOptions, s term.Streams) error {
	if !(o.MinScore >= 0 && o.MinScore <= 1) {
		return usagef("detect: --min-score: want 0 to 1, got %g", o.MinScore)
	}
	net, err := o.load(o.Model, models.Detect)
	if err != nil {
		return err
	}
	var within *models.Network
	if w := net.Card.Output.Within; w != nil {
		if within, err = o.load(w.Model, models.Segment); err != nil {
			return err
		}
	}
	v, series, err := openImage(ctx, s, o.Image, o.inputFlags)
	if err != nil {
		return err
	}
	var mask *volume.Mask
	if within != nil {
		if mask, err = segment.Run(ctx, within, v, segment.Options{}); err != nil {
			return fmt.Errorf("%s: %w", o.Image, err)
		}
	}
	boxes, err := detect.Run(ctx, net, v, detect.Options{Within: mask, SpacingKnown: spacingKnown(series), MinScore: o.MinScore})
	if err != nil {
		return fmt.Errorf("%s: %w", o.Image, err)
	}
	if o.Operating {
		boxes = boxes[:detect.Count(boxes, &net.Card)]
	}
	if o.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"boxes": boxes})
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "SCORE\tX0\tY0\tX1\tY1\t  LABEL")
	for _, b := range boxes {
		fmt.Fprintf(w, "%.4f\t%.1f\t%.1f\t%.1f\t%.1f\t  %s\n", b.Score, b.Box[0], b.Box[1], b.Box[2], b.Box[3], b.Label)
	}
	return w.Flush()
}
