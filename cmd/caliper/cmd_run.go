package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/analyze"
	"github.com/caliper-imaging/caliper/analyze/decide"
	"github.com/caliper-imaging/caliper/batch"
	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/report"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

type runOptions struct {
	inputs  []string
	output  string
	recipe  string
	models  []string
	prior   string
	policy  string
	workers int
	memory  string
	resume  bool
	notify  string
	json    bool
	input   inputFlags
}

func newRunCmd(s term.Streams) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run IN… -o DIR",
		Short: "Read studies by a recipe and report each: the whole pipeline",
		Long: `Reads every study in the given files and folders, compares each with its prior, and
writes to DIR: worklist.json, findings.csv, measures.csv, index.html, and for each study
studies/<key>/report.json, report.pdf, report.html and masks. A study that can't be
read is one failed line of the worklist, and the rest go on.

` + exitCodesHelp,
		Example: `  # all studies of a folder, recipes chosen by modality, body part and view
  caliper run incoming -o out

  # pictures whose patients, order and spacing are in a table; models from a folder
  caliper run radiographs --table radiographs.csv --models models -o out

  # go on after an interruption
  caliper run incoming -o out --resume`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.inputs = args
			return runRun(cmd.Context(), s, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "folder for the results (required)")
	f.StringVar(&o.recipe, "recipe", "auto", "auto, the name of a recipe, or a file")
	f.StringArrayVar(&o.models, "models", nil, "folder with models beside those in the binary (also CALIPER_MODELS); may be repeated")
	f.StringVar(&o.prior, "prior", "", "file or folder of the prior study, for a single study in IN")
	f.StringVar(&o.policy, "policy", "", "YAML file with the site's rules of priority")
	f.IntVar(&o.workers, "workers", 0, "studies at work at one time; 0 is one for each processor")
	f.StringVar(&o.memory, "memory", "", "budget for the studies at work, such as 8G; none is no limit")
	f.BoolVar(&o.resume, "resume", false, "go on with an earlier run in DIR")
	f.StringVar(&o.notify, "notify", "", "http(s) URL, or file:PATH for a JSON line, that gets the counts and the keys of urgent studies when the run has ended")
	f.BoolVar(&o.json, "json", false, "print the worklist as JSON, and errors as JSON lines")
	o.input.add(f)
	_ = cmd.MarkFlagRequired("output")
	return cmd
}

func runRun(ctx context.Context, s term.Streams, o runOptions) error {
	setup, err := o.check()
	if err != nil {
		return err
	}
	scan, err := intake.Scan(ctx, o.inputs, setup.scan)
	if err != nil {
		return err
	}
	if o.prior != "" {
		if err := attachPrior(ctx, scan, o.prior, setup.scan); err != nil {
			return err
		}
	}
	if len(scan.Studies) == 0 && len(scan.Failures) == 0 {
		return fmt.Errorf("input: nothing in %v is an image that caliper reads (caliper scan lists what is there)", o.inputs)
	}
	if err := prepareOutput(o.output, o.resume); err != nil {
		return err
	}
	entries, err := runStudies(ctx, s, setup, scan)
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted: what is done stays in %s; the same command with --resume goes on", o.output)
	}
	if err != nil {
		return err
	}
	if err := printWorklist(s.Out, o.json, entries, o.output); err != nil {
		return err
	}
	counts := noticeOf(entries)
	if o.notify != "" {
		if err := notify(ctx, o.notify, counts); err != nil {
			fmt.Fprintf(s.Err, "caliper: %v (the results are complete)\n", err)
		}
	}
	if counts.Failed > 0 {
		return withCode(exitSomeFailed, fmt.Errorf("%d of %d studies failed: see %s", counts.Failed, len(entries), filepath.Join(o.output, "worklist.json")))
	}
	return nil
}

// runSetup is what a run needs beside its input, checked before any input is looked at.
type runSetup struct {
	output      string
	recipes     recipeChoice
	registry    models.Registry
	policy      *decide.Policy
	scan        intake.Options
	workers     int
	memory      int64
	resume      bool
	fingerprint string
}

func (o runOptions) check() (*runSetup, error) {
	setup := &runSetup{output: o.output, registry: models.FromEnv(o.models...), workers: o.workers, resume: o.resume}
	if o.workers < 0 {
		return nil, usagef("--workers: want 0 or more, got %d", o.workers)
	}
	if setup.workers == 0 {
		setup.workers = runtime.GOMAXPROCS(0)
	}
	var err error
	if o.memory != "" {
		if setup.memory, err = parseSize(o.memory); err != nil {
			return nil, err
		}
	}
	if o.notify != "" {
		if err := checkNotifyURL(o.notify); err != nil {
			return nil, err
		}
	}
	if setup.scan, err = o.input.options(); err != nil {
		return nil, err
	}
	setup.scan.Skip = []string{o.output} // results inside the input are no studies
	if setup.recipes, err = chooseRecipes(o.recipe); err != nil {
		return nil, err
	}
	list, err := setup.registry.List()
	if err != nil {
		return nil, err
	}
	var policyText []byte
	if o.policy != "" {
		if policyText, err = os.ReadFile(o.policy); err != nil {
			return nil, fmt.Errorf("policy: %w", err)
		}
		if setup.policy, err = decide.ParsePolicy(policyText); err != nil {
			return nil, err
		}
	}
	available := ""
	for _, e := range list {
		if e.Model != nil {
			available += e.Card.Name + " " + e.Card.SHA256 + "\n"
		}
	}
	setup.fingerprint = fingerprint(version, commit(), setup.recipes.text, string(policyText), available, o.input.text(), o.prior)
	return setup, nil
}

// runStudies does the studies of a scan and writes the batch's files.
func runStudies(ctx context.Context, s term.Streams, setup *runSetup, scan *intake.Found) ([]study.WorklistEntry, error) {
	jobs := jobsOf(scan)
	progress := term.NewProgress(s, len(jobs), "studies")
	threads := max(1, runtime.GOMAXPROCS(0)/min(setup.workers, max(1, len(jobs))))
	env := analyze.Env{
		Networks: &analyze.Networks{Registry: setup.registry, Threads: threads},
		Threads:  threads, Policy: setup.policy, Open: intake.Open,
		OpenMask: func(_ context.Context, path string) (*volume.Mask, error) { return intake.OpenMask(path) },
	}
	results, err := batch.Run(ctx, setup.output, jobs, setup.reader(env), batch.Options{
		Workers: setup.workers, MemoryBytes: setup.memory, Resume: setup.resume, Fingerprint: setup.fingerprint,
		OnDone:      func(batch.Job, study.Result) { progress.Step() },
		WriteFailed: report.WriteStudy,
	})
	if closeErr := progress.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	entries := make([]study.WorklistEntry, len(results))
	for n, r := range results {
		entries[n] = r.Entry("studies/" + jobs[n].Key + "/report.json")
	}
	study.SortWorklist(entries)
	return entries, report.WriteBatch(setup.output, entries)
}

// reader is what a worker does for one study.
func (setup *runSetup) reader(env analyze.Env) batch.Do {
	return func(ctx context.Context, job batch.Job, dir string) (*study.Result, error) {
		started := time.Now()
		recipe, series, why := setup.recipes.pick(job.Study)
		var result *study.Result
		if why != "" {
			result = &study.Result{Schema: study.Schema, Status: study.Skipped, Error: why, Priority: study.Routine,
				Study: study.Ref{Key: job.Key, PatientKey: job.Study.PatientKey}, Issues: job.Study.Issues, Disclaimer: study.Disclaimer}
		} else {
			env := env
			env.SaveMask = func(name string, m *volume.Mask) (study.Artifact, error) { return saveMask(dir, name, m) }
			var err error
			if result, err = analyze.Read(ctx, env, recipe, job.Study, series); err != nil {
				return nil, err
			}
		}
		result.Study.Key = job.Key
		host, _ := os.Hostname()
		if result.Run == nil {
			result.Run = &study.Run{}
		}
		run := result.Run
		run.Version, run.Commit, run.Started, run.Seconds = version, commit(), started.UTC(), time.Since(started).Seconds()
		run.Host, run.Kernel, run.Processor = host, simd.Kernel(), simd.Processor()
		return result, report.WriteStudy(dir, result)
	}
}

func printWorklist(w io.Writer, asJSON bool, entries []study.WorklistEntry, dir string) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(entries)
	}
	for _, e := range entries {
		line := fmt.Sprintf("%-8s  %-7s  %-16s  %-3s  %s", e.Priority, e.Status, e.Study, e.Modality, e.Recipe)
		if e.Error != "" {
			line += "  " + e.Error
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", filepath.Join(dir, "index.html"))
	return err
}
