package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/register"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/resample"
)

type registerOptions struct {
	inputFlags
	Fixed, Moving         string
	FixedMask, MovingMask string
	Preset, Out, Interp   string
	Transform, Initial    string
	Labels                string
	Threads               int
	Force, JSON           bool
}

func newRegisterCmd(s term.Streams) *cobra.Command {
	var o registerOptions
	var presets []string
	var docs strings.Builder
	for _, p := range register.Presets() {
		presets = append(presets, p.Name)
		fmt.Fprintf(&docs, "  %-12s %s\n", p.Name, p.Doc)
	}
	cmd := &cobra.Command{
		Use:   "register FIXED MOVING -o OUT.nii.gz",
		Short: "Align MOVING with FIXED",
		Long: `Register finds the transform from points of FIXED to points of MOVING (LPS, mm), writes MOVING on the
grid of FIXED and says whether the outcome can be relied on. Where the verdict is "refused", nothing
is written unless --force is given, and the exit code is 1.

Presets (default: radiograph for one slice, rigid otherwise):
` + strings.TrimRight(docs.String(), "\n") + "\n\n" + pipeHelp + "\n\n" + exitCodesHelp,
		Example: "  caliper register t1.nii.gz t1-prior.nii.gz -o prior-on-t1.nii.gz --transform to-prior.json\n  caliper register chest.dcm chest-prior.dcm --preset radiograph -o prior.nii.gz",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Fixed, o.Moving = args[0], args[1]
			return runRegister(cmd.Context(), o, s)
		},
	}
	o.inputFlags.add(cmd.Flags())
	f := cmd.Flags()
	f.StringVarP(&o.Out, "output", "o", "", "MOVING on the grid of FIXED (.nii, .nii.gz, .npy, .png)")
	f.StringVar(&o.Transform, "transform", "", "JSON to write the transform to")
	f.StringVar(&o.Preset, "preset", "", strings.Join(presets, ", "))
	f.StringVar(&o.Initial, "initial", "", "transform (JSON) to start from")
	f.StringVar(&o.FixedMask, "fixed-mask", "", "mask of the places of FIXED that count")
	f.StringVar(&o.MovingMask, "moving-mask", "", "mask of the places of MOVING that count")
	f.StringVar(&o.Interp, "interpolation", "linear", "linear, cubic or nearest")
	f.IntVar(&o.Threads, "threads", 0, "threads (0: all; the outcome is the same)")
	f.BoolVar(&o.Force, "force", false, "write the outcome where the verdict is refused")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	cmd.MarkFlagsOneRequired("output", "transform")
	_ = cmd.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(presets, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

type registerReport struct {
	Preset      string           `json:"preset"`
	Verdict     register.Verdict `json:"verdict"`
	Reason      string           `json:"reason"`
	Metric      string           `json:"metric"`
	Before      float64          `json:"before"`
	After       float64          `json:"after"`
	Overlap     float64          `json:"overlap"`
	Inverted    bool             `json:"inverted"`
	ShiftMM     float64          `json:"shiftMM"`
	RotationDeg float64          `json:"rotationDeg"`
	Scale       [3]float64       `json:"scale"`
	Transform   *register.Linear `json:"transform"`
}

func runRegister(ctx context.Context, o registerOptions, s term.Streams) error {
	interp, err := resample.Parse(o.Interp)
	if err != nil {
		return usagef("register: --interpolation: want linear, cubic or nearest, got %q", o.Interp)
	}
	if o.Out != "" {
		if err := canWrite(o.Out); err != nil {
			return err
		}
	}
	fixed, err := openGrey(ctx, s, o.Fixed, o.inputFlags)
	if err != nil {
		return err
	}
	moving, err := openGrey(ctx, s, o.Moving, o.inputFlags)
	if err != nil {
		return err
	}
	options := register.Options{Preset: o.Preset, Threads: o.Threads}
	if options.Preset == "" && fixed.Size[2] == 1 {
		options.Preset = "radiograph"
	}
	if options.FixedMask, err = openMaskOf(s, o.FixedMask, fixed); err != nil {
		return err
	}
	if options.MovingMask, err = openMaskOf(s, o.MovingMask, moving); err != nil {
		return err
	}
	if o.Initial != "" {
		data, err := os.ReadFile(o.Initial)
		if err != nil {
			return fmt.Errorf("register: --initial: %w", err)
		}
		options.Initial = &register.Linear{}
		if err := json.Unmarshal(data, options.Initial); err != nil {
			return fmt.Errorf("register: --initial: %s: %w", o.Initial, err)
		}
	}
	got, err := register.Register(ctx, fixed, moving, options)
	if err != nil {
		return err
	}
	if got.Verdict == register.Accepted || o.Force {
		if err := writeRegistered(ctx, s, o, got, fixed, moving, interp); err != nil {
			return err
		}
	}
	if err := printRegistered(o, got, s); err != nil {
		return err
	}
	if got.Verdict == register.Refused && !o.Force {
		return fmt.Errorf("register: refused: %s (--force writes it all the same)", got.Reason)
	}
	return nil
}

func writeRegistered(ctx context.Context, s term.Streams, o registerOptions, got *register.Result, fixed, moving *volume.Volume, interp resample.Interp) error {
	if o.Transform != "" {
		data, err := json.MarshalIndent(got.Transform, "", "  ")
		if err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(o.Transform, append(data, '\n')); err != nil {
			return fmt.Errorf("register: %w", err)
		}
	}
	if o.Out == "" {
		return nil
	}
	lowest, _, _ := moving.Range()
	aligned, err := resample.Volume(ctx, moving, fixed.Geometry, got.Transform, interp, lowest)
	if err != nil {
		return err
	}
	return writeOutput(s, o.Out, aligned)
}

func printRegistered(o registerOptions, got *register.Result, s term.Streams) error {
	if o.JSON {
		enc := json.NewEncoder(results(s, o.Out))
		enc.SetIndent("", "  ")
		return enc.Encode(registerReport{
			Preset: got.Preset, Verdict: got.Verdict, Reason: got.Reason, Metric: got.Metric, Before: got.Before, After: got.After,
			Overlap: got.Overlap, Inverted: got.Inverted, ShiftMM: got.ShiftMM, RotationDeg: got.Rotation, Scale: got.Scale, Transform: got.Transform,
		})
	}
	_, err := fmt.Fprintf(results(s, o.Out), "%s: %s\nshift     %.2f mm at the centre\nrotation  %.2f degrees\nscale     %.3f %.3f %.3f\noverlap   %.0f %%\n",
		got.Verdict, got.Reason, got.ShiftMM, got.Rotation, got.Scale[0], got.Scale[1], got.Scale[2], 100*got.Overlap)
	return err
}

// openGrey reads an image and refuses colour.
func openGrey(ctx context.Context, s term.Streams, path string, f inputFlags) (*volume.Volume, error) {
	v, _, err := openImage(ctx, s, path, f)
	if err != nil {
		return nil, err
	}
	if v.Channels != 1 {
		return nil, fmt.Errorf("%s: want a grey image, got %d channels", path, v.Channels)
	}
	return v, nil
}
