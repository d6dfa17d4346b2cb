package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/study"
)

type scanOptions struct {
	inputFlags
	inputs []string
	json   bool
}

func newScanCmd(s term.Streams) *cobra.Command {
	var o scanOptions
	cmd := &cobra.Command{
		Use:   "scan IN…",
		Short: "List the patients, studies and series of folders, their geometry, priors and problems",
		Long: `Looks at every file under IN by its header and lists what there is: patients, their studies with the
priors that each is compared with, series with size and spacing, masks that lie beside their image, and
files that claim to be an image and can't be read. Other files are counted and passed over; of DICOM objects
without pixels (reports, plans, a DICOMDIR) the count says what they are. Of a whole-slide
image each level is listed. IN may be a folder, a file, a DICOMDIR (which stands for the files that it
lists) or an archive (.zip, .tar, .tar.gz), of which nothing is unpacked into a folder.
Formats read:
` + formatList() + `
` + exitCodesHelp,
		Example: "  caliper scan incoming\n  caliper scan radiographs --table radiographs.csv --json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.inputs = args
			return runScan(cmd.Context(), s, o)
		},
	}
	o.inputFlags.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func runScan(ctx context.Context, s term.Streams, o scanOptions) error {
	options, err := o.options()
	if err != nil {
		return err
	}
	found, err := intake.Scan(ctx, o.inputs, options)
	if err != nil {
		return err
	}
	if o.json {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(found); err != nil {
			return err
		}
	} else if err := printScan(s.Out, found); err != nil {
		return err
	}
	if len(found.Studies) == 0 {
		return fmt.Errorf("scan: want an image that can be read, got %s that can't", count(len(found.Failures), "file", "files"))
	}
	return nil
}

// printScan writes a block for each patient: a line for each study, and under it one for each series.
func printScan(out io.Writer, found *intake.Found) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	patients, series := 0, 0
	last := ""
	for n, st := range found.Studies {
		if n == 0 || st.PatientKey != last {
			patients++
			last = st.PatientKey
			fmt.Fprintf(w, "patient %s%s\n", st.PatientKey, person(st.Patient))
		}
		fmt.Fprintf(w, "  study %s\t%s\t%s\n", st.Key, moment(st), priors(st))
		printIssues(w, "    ", st.Issues)
		for _, x := range st.Series {
			series++
			fmt.Fprintf(w, "    %s\t%s\t%s\n", strings.Join(words(x), " "), size(x), spacing(x))
			for n, l := range x.Levels {
				fmt.Fprintf(w, "      level %d\t%d × %d%s\ttiles %d × %d\n", n, l.Width, l.Height, microns(l), l.TileWidth, l.TileHeight)
			}
			if x.Mask != "" {
				fmt.Fprintf(w, "      mask %s\n", x.Mask)
			}
			printIssues(w, "      ", x.Issues)
		}
	}
	for _, f := range found.Failures {
		fmt.Fprintf(w, "failed %s\t%s\n", f.Path, f.Reason)
	}
	printIssues(w, "", found.Issues)
	fmt.Fprintf(w, "%s, %s, %s; %s; %s failed; %s passed over%s\n", count(patients, "patient", "patients"), count(len(found.Studies), "study", "studies"),
		count(series, "series", "series"), count(len(found.Masks), "mask", "masks"), count(len(found.Failures), "file", "files"), count(found.Ignored, "other file", "other files"), kinds(found.Others))
	return w.Flush()
}

// kinds lists what objects without pixels are.
func kinds(others []intake.Other) string {
	var out []string
	for _, o := range others {
		out = append(out, o.String())
	}
	if out == nil {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func person(p study.Patient) string {
	out := ""
	if p.Sex != "" {
		out += ", " + p.Sex
	}
	if p.AgeYears > 0 {
		out += fmt.Sprintf(", %g years", p.AgeYears)
	}
	return out
}

func moment(st study.Study) string {
	if !st.When.IsZero() {
		return st.When.Format("2006-01-02 15:04")
	}
	return "no date"
}

func priors(st study.Study) string {
	if len(st.Priors) == 0 {
		return "no prior"
	}
	keys := make([]string, len(st.Priors))
	for n, p := range st.Priors {
		keys[n] = p.Key
	}
	return "prior " + strings.Join(keys, ", ")
}

// words are what a series is, as far as known.
func words(x study.Series) []string {
	out := []string{}
	for _, w := range []string{x.Modality, x.BodyPart, x.View, x.Description} {
		if w != "" {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		out = append(out, "image")
	}
	if intake.Localiser(x) {
		out = append(out, "(scout)")
	}
	return append(out, "· "+x.Format, count(len(x.Files), "file", "files"))
}

func size(x study.Series) string {
	g := x.Geometry.Size
	out := fmt.Sprintf("%d × %d", g[0], g[1])
	if g[2] > 1 {
		out += fmt.Sprintf(" × %d", g[2])
	}
	if x.Channels > 1 {
		out += fmt.Sprintf(", %d channels", x.Channels)
	}
	if x.Frames > 1 {
		out += fmt.Sprintf(", %d time points", x.Frames)
	}
	return out
}

func microns(l study.Level) string {
	if l.MicronsPerPixel[0] == 0 {
		return ""
	}
	return fmt.Sprintf(", %.4g × %.4g µm a pixel", l.MicronsPerPixel[0], l.MicronsPerPixel[1])
}

func spacing(x study.Series) string {
	if !spacingKnown(x) {
		return "spacing unknown"
	}
	g := x.Geometry
	out := fmt.Sprintf("%.4g × %.4g", g.Spacing[0], g.Spacing[1])
	if g.Size[2] > 1 {
		out += fmt.Sprintf(" × %.4g", g.Spacing[2])
	}
	out += " mm"
	if x.Acquisition.Plane != "" {
		out += " at the " + x.Acquisition.Plane
	}
	return out + ", axes " + g.Orientation()
}

func printIssues(w io.Writer, indent string, issues []study.Issue) {
	for _, i := range issues {
		fmt.Fprintf(w, "%s%s: %s\n", indent, i.Severity, i.Text)
	}
}
