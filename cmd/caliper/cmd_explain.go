package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/analyze/explain"
	"github.com/caliper-imaging/caliper/internal/term"
)

type explainOptions struct {
	modelFlags
	inputFlags
	explain.Options
	Image, Model, BoxText, Out string
	JSON                       bool
}

func newExplainCmd(s term.Streams) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain IMAGE --model MODEL -o MAP.nii.gz|OVERLAY.png",
		Short: "Show which part of an image a network's answer hangs on (occlusion)",
		Long: `Explain covers one part of the image after the other and notes by how much the score falls: of the
class (classify), of the best candidate (detect), of the structure's mean probability (segment).
A .png shows the map over the image (of a volume: the slice with the largest fall), red where the
score falls; other formats hold the fall itself on the grid of IMAGE.

` + pipeHelp + "\n\n" + exitCodesHelp,
		Example: "  caliper explain chest.dcm --model cxr-nodule --box 410,380,470,440 -o why.png",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Image = args[0]
			return runExplain(cmd.Context(), o, s)
		},
	}
	o.modelFlags.add(cmd)
	o.inputFlags.add(cmd.Flags())
	cmd.Flags().StringVar(&o.Model, "model", "", "name of a model, a card or an .onnx file")
	cmd.Flags().StringVar(&o.Label, "label", "", "class or structure that is asked about (default: the strongest, or all)")
	cmd.Flags().StringVar(&o.BoxText, "box", "", "x0,y0,x1,y1 in pixels: the candidate that is asked about")
	cmd.Flags().IntVar(&o.Patch, "patch", 0, "side of the covered part, in voxels of the network's input (0: an eighth of its side)")
	cmd.Flags().IntVar(&o.Step, "step", 0, "how far the part moves (0: half of it)")
	cmd.Flags().IntVar(&o.MaxRuns, "max-runs", 0, "most runs of the network (0: 4096)")
	cmd.Flags().StringVarP(&o.Out, "output", "o", "", "file to write")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("model")
	_ = cmd.MarkFlagRequired("output")
	return cmd
}

func runExplain(ctx context.Context, o explainOptions, s term.Streams) error {
	if o.BoxText != "" {
		box, err := parseBox(o.BoxText)
		if err != nil {
			return err
		}
		o.Box = &box
	}
	if o.Patch < 0 || o.Step < 0 || o.MaxRuns < 0 {
		return usagef("explain: --patch, --step and --max-runs: want 0 or more")
	}
	if err := canWrite(o.Out); err != nil {
		return err
	}
	net, err := o.load(o.Model, "")
	if err != nil {
		return err
	}
	v, _, err := openImage(ctx, s, o.Image, o.inputFlags)
	if err != nil {
		return err
	}
	m, err := explain.Occlusion(ctx, net, v, o.Options)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Image, err)
	}
	out := m.Drop
	if strings.EqualFold(filepath.Ext(o.Out), ".png") {
		if out, err = explain.Overlay(v, m.Drop, explain.Peak(m.Drop)); err != nil {
			return err
		}
	}
	if err := writeOutput(s, o.Out, out); err != nil {
		return err
	}
	printed := results(s, o.Out)
	lo, hi, _ := m.Drop.Range()
	if o.JSON {
		enc := json.NewEncoder(printed)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"map": o.Out, "label": m.Label, "score": m.Score, "runs": m.Runs, "largestDrop": hi, "largestRise": -lo})
	}
	_, err = fmt.Fprintf(printed, "label %s, score %.4f, largest drop %.4f, %d runs\n", quoted(m.Label), m.Score, hi, m.Runs)
	return err
}

func quoted(label string) string {
	if label == "" {
		return "any"
	}
	return strconv.Quote(label)
}

func parseBox(text string) (box [4]float64, err error) {
	parts := strings.Split(text, ",")
	for n := range box {
		if len(parts) != 4 {
			break
		}
		if box[n], err = strconv.ParseFloat(strings.TrimSpace(parts[n]), 64); err != nil {
			break
		}
	}
	if len(parts) != 4 || err != nil || !(box[2] > box[0] && box[3] > box[1]) {
		return box, usagef("--box: want x0,y0,x1,y1 with x1 > x0 and y1 > y0, got %q", text)
	}
	return box, nil
}
