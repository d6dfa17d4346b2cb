package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/validate"
	"github.com/caliper-imaging/caliper/volume"
)

type validateOptions struct {
	Pred, Truth, Task string
	Gates             []string
	GatesFile         string
	Groups, GroupBy   string
	JUnit             string
	JSON              bool
}

func newValidateCmd(s term.Streams) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate PRED TRUTH --task masks|boxes|scores",
		Short: "Compare predictions with truth, and fail where a gate is missed",
		Long: `Validate compares, by case and overall:
  masks    two masks or two folders of them (NIfTI, PNG) with the same names: Dice and HD95 by label
  boxes    a folder of JSON as "caliper detect --json" writes and a folder of Pascal VOC XML with the
           same names: AP50, sensitivity at given false positives an image
  scores   two CSV files: id,score and id,label (or all three in one): AUC with its interval
PRED may be - for one file on stdin. Every case of TRUTH must be in PRED. A gate is a limit on an overall figure, such as dice.mean>=0.9,
dice.heart.min>=0.7, hd95.max<=20, ap50>=0.5, auc>=0.8; a missed gate gives exit code 4. With --groups
and --group-by the same figures come by subgroup, and gap.COLUMN.FIGURE is the largest difference
between two of them, which a gate may hold as well.

` + exitCodesHelp,
		Example: "  caliper validate out/masks truth/masks --task masks --gate 'dice.mean>=0.9' --junit gates.xml\n  caliper validate scores.csv labels.csv --task scores --groups cases.csv --group-by sex --gate 'gap.sex.auc<=0.05'",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Pred, o.Truth = args[0], args[1]
			return runValidate(cmd.Context(), o, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Task, "task", "", "masks, boxes or scores")
	f.StringArrayVar(&o.Gates, "gate", nil, "limit on an overall figure; may be given more than once")
	f.StringVar(&o.GatesFile, "gates", "", "YAML file of gates")
	f.StringVar(&o.Groups, "groups", "", "CSV with a column case (the name without extension, or the id) and columns to group by")
	f.StringVar(&o.GroupBy, "group-by", "", "column of --groups")
	f.StringVar(&o.JUnit, "junit", "", "file to write the gates to as JUnit XML")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("task")
	cmd.MarkFlagsRequiredTogether("groups", "group-by")
	_ = cmd.RegisterFlagCompletionFunc("task", cobra.FixedCompletions([]string{"boxes", "masks", "scores"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runValidate(ctx context.Context, o validateOptions, s term.Streams) error {
	gates, err := o.gates()
	if err != nil {
		return err
	}
	groups, err := o.groups()
	if err != nil {
		return err
	}
	pred, remove, err := spooled(s, o.Pred, map[string]string{"boxes": ".json", "scores": ".csv"}[o.Task])
	if err != nil {
		return err
	}
	defer remove()
	o.Pred = pred
	var report *validate.Report
	switch o.Task {
	case "masks":
		report, err = o.masks(ctx, groups)
	case "boxes":
		report, err = o.boxes(groups)
	case "scores":
		report, err = o.scores(groups)
	default:
		return usagef("validate: --task: want masks, boxes or scores, got %q", o.Task)
	}
	if err != nil {
		return err
	}
	report.Check(gates)
	if o.JUnit != "" {
		if err := atomicfile.WriteFile(o.JUnit, func(w io.Writer) error { return validate.WriteJUnit(w, report) }); err != nil {
			return fmt.Errorf("validate: --junit: %w", err)
		}
	}
	if o.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(report)
	} else {
		err = printValidation(report, s)
	}
	if err != nil {
		return err
	}
	if !report.Passed() {
		var missed []string
		for _, g := range report.Gates {
			if g.Passed {
				continue
			}
			got := "no such figure"
			if g.Value != nil {
				got = fmt.Sprintf("%.6g", *g.Value)
			}
			missed = append(missed, fmt.Sprintf("%s (got %s)", g.Gate, got))
		}
		return withCode(exitGate, fmt.Errorf("validate: missed %s", strings.Join(missed, ", ")))
	}
	return nil
}

func (o validateOptions) gates() ([]validate.Gate, error) {
	var gates []validate.Gate
	if o.GatesFile != "" {
		data, err := os.ReadFile(o.GatesFile)
		if err != nil {
			return nil, fmt.Errorf("validate: --gates: %w", err)
		}
		if gates, err = validate.ParseGates(data); err != nil {
			return nil, fmt.Errorf("%s: %w", o.GatesFile, err)
		}
	}
	for _, text := range o.Gates {
		g, err := validate.ParseGate(text)
		if err != nil {
			return nil, usagef("%w", err)
		}
		gates = append(gates, g)
	}
	return gates, nil
}

// groups is the value of the column to group by, by case; nil without one.
func (o validateOptions) groups() (map[string]string, error) {
	if o.Groups == "" {
		return nil, nil
	}
	table, err := readTable(o.Groups)
	if err != nil {
		return nil, err
	}
	got, err := table.Column("case", o.GroupBy)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Groups, err)
	}
	return got, nil
}

func readTable(path string) (*validate.Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	defer f.Close()
	t, err := validate.ReadTable(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func (o validateOptions) masks(ctx context.Context, groups map[string]string) (*validate.Report, error) {
	files, err := pairFiles(o.Pred, o.Truth, []string{".nii.gz", ".nii", ".png"}, []string{".nii.gz", ".nii", ".png"})
	if err != nil {
		return nil, err
	}
	var pairs []validate.MaskPair
	for _, f := range files {
		open := func(path string) func() (*volume.Mask, error) {
			return func() (*volume.Mask, error) {
				m, err := intake.OpenMask(path)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", path, err)
				}
				return m, nil
			}
		}
		pairs = append(pairs, validate.MaskPair{Name: f.name, Group: groups[f.name], Pred: open(f.pred), Truth: open(f.truth)})
	}
	r, err := validate.Masks(ctx, pairs)
	if err != nil || groups == nil {
		return r, err
	}
	return r, validate.GroupMasks(r, o.GroupBy)
}

func (o validateOptions) boxes(groups map[string]string) (*validate.Report, error) {
	files, err := pairFiles(o.Pred, o.Truth, []string{".json"}, []string{".xml"})
	if err != nil {
		return nil, err
	}
	var cases []validate.BoxCase
	for _, f := range files {
		c := validate.BoxCase{Name: f.name, Group: groups[f.name]}
		if c.Pred, err = readBoxFile(f.pred, validate.ReadBoxes); err != nil {
			return nil, err
		}
		if c.Truth, err = readBoxFile(f.truth, validate.ReadPascalVOC); err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	r, err := validate.Boxes(cases)
	if err != nil || groups == nil {
		return r, err
	}
	return r, validate.GroupBoxes(r, o.GroupBy, cases)
}

func readBoxFile(path string, read func(io.Reader) ([]validate.Box, error)) ([]validate.Box, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	defer f.Close()
	boxes, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return boxes, nil
}

func (o validateOptions) scores(groups map[string]string) (*validate.Report, error) {
	pred, err := readTable(o.Pred)
	if err != nil {
		return nil, err
	}
	truth, err := readTable(o.Truth)
	if err != nil {
		return nil, err
	}
	list, err := validate.ReadScores(pred, truth)
	if err != nil {
		return nil, err
	}
	for n := range list {
		list[n].Group = groups[list[n].Name]
	}
	r, err := validate.Scores(list)
	if err != nil || groups == nil {
		return r, err
	}
	return r, validate.GroupScores(r, o.GroupBy, list)
}

type filePair struct{ name, pred, truth string }

// pairFiles pairs two files, or the files of two folders (at any depth) that have the same name but
// for the extension. Every file of the truth needs a partner.
func pairFiles(pred, truth string, predExt, truthExt []string) ([]filePair, error) {
	p, err := filesByName(pred, predExt)
	if err != nil {
		return nil, err
	}
	t, err := filesByName(truth, truthExt)
	if err != nil {
		return nil, err
	}
	if len(p) == 1 && len(t) == 1 && isFile(pred) && isFile(truth) {
		for name, path := range t {
			for _, q := range p {
				return []filePair{{name, q, path}}, nil
			}
		}
	}
	var names, missing []string
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []filePair
	for _, name := range names {
		if _, ok := p[name]; !ok {
			missing = append(missing, name)
			continue
		}
		out = append(out, filePair{name, p[name], t[name]})
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("validate: %s: want a prediction for every case of the truth, got none for %d of %d: %s", pred, len(missing), len(names), strings.Join(missing[:min(5, len(missing))], ", "))
	}
	return out, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// filesByName lists the files with one of the extensions by their path below the folder, without it.
func filesByName(root string, extensions []string) (map[string]string, error) {
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, ext := range extensions {
			if !strings.HasSuffix(strings.ToLower(path), ext) {
				continue
			}
			rel, err := filepath.Rel(root, path)
			if err != nil || rel == "." {
				rel = filepath.Base(path)
			}
			name := filepath.ToSlash(rel[:len(rel)-len(ext)])
			if other, twice := out[name]; twice {
				return fmt.Errorf("want one file of a name, got %s and %s", other, path)
			}
			out[name] = path
			return nil
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("validate: %s: want files ending in %s, got none", root, strings.Join(extensions, ", "))
	}
	return out, nil
}

func printValidation(r *validate.Report, s term.Streams) error {
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for _, c := range r.Cases {
		fmt.Fprintf(w, "%s\t%s", c.Name, c.Label)
		for _, name := range sortedNames(c.Figures) {
			fmt.Fprintf(w, "\t%s %.4g", name, c.Figures[name])
		}
		fmt.Fprintf(w, "\t%s\n", c.Note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nOVERALL")
	for _, name := range sortedNames(r.Overall) {
		fmt.Fprintf(w, "%s\t%.6g\n", name, r.Overall[name])
	}
	for _, g := range r.Gates {
		word := "passed"
		if !g.Passed {
			word = "MISSED"
		}
		fmt.Fprintf(w, "gate %s\t%s\n", g.Gate, word)
	}
	return w.Flush()
}

func sortedNames(f validate.Figures) []string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
