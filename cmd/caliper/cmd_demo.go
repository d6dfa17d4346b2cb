package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/phantom"
	"github.com/caliper-imaging/caliper/study"
)

// demoMark is the file by which a demo knows a folder that an earlier one made.
const demoMark = ".caliper-demo"

func newDemoCmd(s term.Streams) *cobra.Command {
	var output, notifyTo string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "demo -o DIR",
		Short: "Make studies with known truth and report them: the whole pipeline without data",
		Long: `Makes synthetic studies as DICOM files under DIR/input (a chest radiograph with a
growing nodule and its prior, a normal chest, a CT with spheres, and a broken file), with
the truth beside them, and runs the pipeline on them as caliper run does.
Open DIR/index.html to see the worklist; DIR/notice.jsonl is the notice of urgent studies.
A folder that an earlier demo made is replaced; any other that is not empty is refused.

` + exitCodesHelp + `
The broken file is meant to fail: its line in the worklist shows how a failure looks, and
the demo's own exit code is 0 when nothing else failed.`,
		Example: "  caliper demo -o demo-out",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), s, output, notifyTo, asJSON)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "folder for studies and reports (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the worklist as JSON, and errors as JSON lines")
	cmd.Flags().StringVar(&notifyTo, "notify", "", "where the notice of urgent studies goes, as in caliper run (default file:DIR/notice.jsonl)")
	_ = cmd.MarkFlagRequired("output")
	return cmd
}

func runDemo(ctx context.Context, s term.Streams, dir, notifyTo string, asJSON bool) error {
	if notifyTo != "" {
		if err := checkNotifyURL(notifyTo); err != nil {
			return err
		}
	}
	if err := clearDemo(dir); err != nil {
		return err
	}
	if err := prepareOutput(dir, false); err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, demoMark), []byte("made by caliper demo; replaced by the next one\n")); err != nil {
		return err
	}
	input := filepath.Join(dir, "input")
	if _, err := phantom.Demo(input); err != nil {
		return err
	}
	o := runOptions{inputs: []string{input}, output: dir, recipe: "auto", resume: true, json: asJSON, notify: notifyTo}
	if o.notify == "" {
		o.notify = filePrefix + filepath.Join(dir, "notice.jsonl")
	}
	err := runRun(ctx, s, o)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var coded *codedError
	if err == nil || errors.As(err, &coded) && coded.code == exitSomeFailed {
		return demoFailures(dir)
	}
	return err
}

// clearDemo removes what an earlier demo made, and only that.
func clearDemo(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("output: %s is no folder that can be written: choose another: %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, demoMark)); err != nil {
		return fmt.Errorf("output: %s is not empty and no demo made it: choose another folder", dir)
	}
	// The mark goes last, so that an interrupted removal can be taken up again.
	for _, e := range entries {
		if e.Name() != demoMark {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("output: %w", err)
			}
		}
	}
	if err := os.Remove(filepath.Join(dir, demoMark)); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// demoFailures is nil where the file that is meant to fail did, and nothing else.
func demoFailures(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "worklist.json"))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	var entries []study.WorklistEntry
	if err := json.Unmarshal(data, &entries); err != nil {
		return fmt.Errorf("demo: worklist.json: %w", err)
	}
	planned, others := 0, 0
	for _, e := range entries {
		switch {
		case e.Status != study.Failed:
		case strings.HasPrefix(e.Error, phantom.DemoBroken):
			planned++
		default:
			others++
		}
	}
	if planned != 1 || others > 0 {
		return withCode(exitSomeFailed, fmt.Errorf("want the failure of %s and no other, got %d and %d others: see %s",
			phantom.DemoBroken, planned, others, filepath.Join(dir, "worklist.json")))
	}
	return nil
}
