package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/phantom"
)

type phantomOptions struct {
	kind   string
	seed   uint64
	set    []string
	output string
}

func newPhantomCmd(s term.Streams) *cobra.Command {
	var o phantomOptions
	var kinds strings.Builder
	for _, k := range phantom.Kinds() {
		fmt.Fprintf(&kinds, "  %-11s %s\n", k.Name, k.Doc)
		for _, key := range k.Keys {
			fmt.Fprintf(&kinds, "    %-15s %s\n", key.Name, key.Doc)
		}
	}
	cmd := &cobra.Command{
		Use:   "phantom KIND -o DIR",
		Short: "Make a synthetic study whose truth is known",
		Long: `Makes a synthetic study: DIR/study holds its DICOM files (the prior study among them),
DIR/truth.json what is true of it, DIR/truth_labels.nii.gz the structures on the image's grid.
The same kind, seed and keys give the same study; a key that is not set is drawn from the seed.

Kinds and the keys of --set:
` + kinds.String(),
		Example: "  caliper phantom chest-xray --seed 7 --set nodule-mm=23 --set zone=right-upper -o phantom-7",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.kind = args[0]
			return runPhantom(cmd.Context(), o)
		},
	}
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "number that all that is not set is drawn from")
	cmd.Flags().StringArrayVar(&o.set, "set", nil, "key=value, repeatable")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "folder to write, new or empty")
	if err := cmd.MarkFlagRequired("output"); err != nil {
		panic(err)
	}
	return cmd
}

func runPhantom(_ context.Context, o phantomOptions) error {
	set := map[string]string{}
	for _, kv := range o.set {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			return usagef("phantom: --set: want key=value, got %q", kv)
		}
		set[key] = value
	}
	p, err := phantom.Make(o.kind, o.seed, set)
	if err != nil {
		return usagef("%w", err)
	}
	return p.Write(o.output)
}
