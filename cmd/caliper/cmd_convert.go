package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume/npy"
)

type convertOptions struct {
	inputFlags
	in, out string
	raw     bool
	syntax  string
	sidecar *bool // nil: as suits
	grid    string
	level   int   // of a slide; -1 where none is said
	region  []int // of a slide: x, y, width, height
}

func newConvertCmd(s term.Streams) *cobra.Command {
	var o convertOptions
	var sidecar bool
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Convert an image to another format",
		Long: `Reads the one image in IN (a file, or a folder with one DICOM series) and writes it to OUT in the
format that OUT's name asks for, listed below; arrays of NumPy are in the order k, j, i, and .png holds one
slice. Where OUT is a folder, or ends in a slash, every image in IN is written into it as .nii.gz,
named after its study's key and, for DICOM, the number of its series, echo and kind: 0f3a_s004_e2_phase.nii.gz.
Values keep their type where it is known, else get the smallest type that loses nothing;
a PNG of values that are not whole numbers from 0 to 65535 is scaled, and stderr says so.
NIfTI made of DICOM is laid out as dcm2niix does it (rows upwards), with scale, time step and time points in
order. Into a folder a sidecar .json of BIDS goes beside each such image, and .bval and .bvec beside those of
diffusion; for one image they are written with --sidecar, .bval and .bvec of diffusion always unless
--sidecar=false. Sidecars don't name the patient. Segmentations give labels or, where segments overlap or are
fractions, a volume each. With --grid, IN is an RT Structure Set or another mask, and OUT its labels on the
grid of that image. Formats read:
` + formatList() + `
With --raw, IN is one DICOM file and OUT an .npy with the stored values in their own type, in the order
frame, row, column, sample: no rescale, palette or colour conversion.
With --transfer-syntax, IN and OUT are DICOM files, and OUT has IN's data set and stored values in the
transfer syntax named: explicit, rle, jpeg-lossless, jpeg-ls, jpeg-2000 (all without loss), or by UID.
Of a whole-slide image --level (0 is the finest) and --region (x,y,width,height in pixels of that level) say what
is read; caliper scan lists the levels. IN may be an archive (.zip, .tar, .tar.gz), or a file in one as
data.zip!/series/1.dcm, or - for a file on stdin; OUT - is NIfTI on stdout. Formats written, and what they keep
beside the values:
` + writtenList() + `
` + exitCodesHelp,
		Example: "  caliper convert series/ head.nii.gz\n  caliper convert chest.dcm chest.png\n  caliper convert incoming/ niftis/\n  caliper convert --raw image.dcm stored.npy\n  caliper convert RS.dcm mask.nii.gz --grid series/",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.in, o.out = args[0], args[1]
			if cmd.Flags().Changed("sidecar") {
				o.sidecar = &sidecar
			}
			return runConvert(cmd.Context(), s, o)
		},
	}
	o.inputFlags.add(cmd.Flags())
	cmd.Flags().StringVar(&o.syntax, "transfer-syntax", "", "write a DICOM file in this transfer syntax")
	cmd.Flags().BoolVar(&sidecar, "sidecar", false, "write a BIDS sidecar (.json, .bval, .bvec) beside NIfTI made of DICOM")
	cmd.Flags().StringVar(&o.grid, "grid", "", "write the mask in IN on the grid of this image (a file, or a folder with one series)")
	cmd.Flags().IntVar(&o.level, "level", -1, "level of a whole-slide image that is read")
	cmd.Flags().IntSliceVar(&o.region, "region", nil, "part of the level: x,y,width,height in its pixels")
	cmd.Flags().BoolVar(&o.raw, "raw", false, "write the stored values of a DICOM file as .npy")
	cmd.MarkFlagsMutuallyExclusive("raw", "transfer-syntax", "grid")
	return cmd
}

// formatList is a line for each format that is read.
func formatList() string {
	var b strings.Builder
	for _, f := range intake.Formats() {
		if f.Reads {
			fmt.Fprintf(&b, "  %-8s %s\n", f.Name, f.Doc)
		}
	}
	return b.String()
}

// writtenList is a line for each format that is written.
func writtenList() string {
	var b strings.Builder
	for _, f := range intake.Formats() {
		if f.Writes {
			fmt.Fprintf(&b, "  %-24s %s\n", strings.Join(slices.Concat(f.Endings, f.Also), ", "), f.Keeps)
		}
	}
	return b.String()
}

// convertRegion writes a part of a whole-slide image.
func convertRegion(ctx context.Context, s term.Streams, o convertOptions, series study.Series) error {
	if n := len(o.region); n != 0 && n != 4 {
		return usagef("--region: want x,y,width,height, got %d numbers", n)
	}
	var r image.Rectangle
	if len(o.region) == 4 {
		r = image.Rect(o.region[0], o.region[1], o.region[0]+o.region[2], o.region[1]+o.region[3])
		if o.region[2] < 1 || o.region[3] < 1 {
			return usagef("--region: want a width and a height of 1 or more, got %d and %d", o.region[2], o.region[3])
		}
	}
	raw, err := intake.Region(ctx, series, max(o.level, 0), r)
	if err != nil {
		return fmt.Errorf("%s: %w", o.in, err)
	}
	return writeOutput(s, o.out, raw)
}

func runConvert(ctx context.Context, s term.Streams, o convertOptions) error {
	in, remove, err := spooled(s, o.in, "")
	if err != nil {
		return err
	}
	defer remove()
	o.in = in
	if o.raw {
		return convertRaw(ctx, s, o)
	}
	if o.syntax != "" {
		return convertSyntax(ctx, o)
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	if info, err := os.Stat(o.out); strings.HasSuffix(o.out, "/") || err == nil && info.IsDir() {
		return convertAll(ctx, s, o, options)
	}
	if err := canWrite(o.out); err != nil {
		return err
	}
	if o.grid != "" {
		return convertMask(ctx, s, o, options)
	}
	series, err := intake.Describe(ctx, o.in, options)
	if err != nil {
		return named(o.in, err)
	}
	for _, issue := range series.Issues {
		fmt.Fprintf(s.Err, "caliper: %s: %s: %s\n", filepath.Base(o.in), issue.Severity, issue.Text)
	}
	if err := convertSeries(ctx, s, o, series); err != nil {
		return err
	}
	if keeps := intake.Keeps(o.out); spacingKnown(series) && !strings.Contains(keeps, "position") {
		fmt.Fprintf(s.Err, "caliper: note: %s keeps of the place of voxels: %s\n", filepath.Ext(o.out), keeps)
	}
	return nil
}

// convertSeries writes the one image that was found.
func convertSeries(ctx context.Context, s term.Streams, o convertOptions, series study.Series) error {
	if o.level >= 0 || o.region != nil {
		return convertRegion(ctx, s, o, series)
	}
	if series.Format == "dicom" && !isNIfTI(o.out) {
		warnOfCuts(ctx, s, series)
	}
	if strings.EqualFold(filepath.Ext(o.out), ".png") {
		v, err := intake.Open(ctx, series)
		if err != nil {
			return fmt.Errorf("%s: %w", o.in, err)
		}
		if lo, hi, scaled := intake.Scaled(v); scaled {
			fmt.Fprintf(s.Err, "caliper: values from %g to %g are scaled to 0 to 255\n", lo, hi)
		}
		return writeOutput(s, o.out, v)
	}
	if series.Format == "dicom" && isNIfTI(o.out) {
		c, err := intake.Convert(ctx, series)
		if err != nil {
			return fmt.Errorf("%s: %w", o.in, cutShort(err))
		}
		for _, issue := range c.Issues {
			if !slices.Contains(series.Issues, issue) {
				fmt.Fprintf(s.Err, "caliper: %s: %s: %s\n", filepath.Base(o.in), issue.Severity, issue.Text)
			}
		}
		return writeConversion(s, o.out, c, o.sidecar != nil && *o.sidecar, o.sidecar == nil || *o.sidecar)
	}
	image, err := intake.Stored(ctx, series)
	if err != nil {
		return fmt.Errorf("%s: %w", o.in, cutShort(err))
	}
	return writeOutput(s, o.out, image)
}

// warnOfCuts says which files end before their data set does, though their pixels are whole; where these are cut
// too, reading them will say so.
func warnOfCuts(ctx context.Context, s term.Streams, series study.Series) {
	for _, path := range series.Files {
		f, err := dicom.OpenFile(path)
		if err != nil {
			continue
		}
		var format *dicom.FormatError
		if _, err = f.Trailing(ctx); errors.As(err, &format) && format.Truncated {
			fmt.Fprintf(s.Err, "caliper: %s: warning: the file is cut off: %v\n", filepath.Base(path), err)
		}
	}
}

func convertMask(ctx context.Context, s term.Streams, o convertOptions, options intake.Options) error {
	image, err := intake.Describe(ctx, o.grid, options)
	if err != nil {
		return named(o.grid, err)
	}
	m, issues, err := intake.ConvertMask(o.in, image)
	if err != nil {
		return named(o.in, err)
	}
	for _, issue := range issues {
		fmt.Fprintf(s.Err, "caliper: %s: %s: %s\n", filepath.Base(o.in), issue.Severity, issue.Text)
	}
	for n, name := range m.Names {
		if n > 0 && name != "" {
			fmt.Fprintf(s.Err, "caliper: label %d: %s\n", n, name)
		}
	}
	return writeOutput(s, o.out, m)
}

func isNIfTI(path string) bool {
	name := strings.ToLower(path)
	return path == piped || strings.HasSuffix(name, ".nii") || strings.HasSuffix(name, ".nii.gz")
}

// writeConversion writes an image with its sidecar, and the gradients of diffusion.
func writeConversion(s term.Streams, path string, c *intake.Conversion, sidecar, gradients bool) error {
	if err := writeOutput(s, path, c.Image); err != nil || path == piped {
		return err
	}
	stem := path
	for _, ending := range []string{".gz", ".nii"} {
		if strings.EqualFold(filepath.Ext(stem), ending) {
			stem = stem[:len(stem)-len(ending)]
		}
	}
	files := map[string][]byte{}
	if sidecar {
		b, err := c.Sidecar.JSON()
		if err != nil {
			return err
		}
		files[".json"] = b
	}
	if (sidecar || gradients) && c.Sidecar.Gradients != nil {
		files[".bval"], files[".bvec"] = c.Sidecar.GradientFiles()
	}
	for _, ending := range []string{".json", ".bval", ".bvec"} {
		if b, ok := files[ending]; ok {
			if err := atomicfile.WriteBytes(stem+ending, b); err != nil {
				return fmt.Errorf("output: %s: %w", stem+ending, err)
			}
		}
	}
	return nil
}

// convertAll writes every image of a scan into a folder and prints their paths; one that can't be
// converted does not keep the others back.
func convertAll(ctx context.Context, s term.Streams, o convertOptions, options intake.Options) error {
	options.Skip = []string{o.out}
	found, err := intake.Scan(ctx, []string{o.in}, options)
	if err != nil {
		return err
	}
	failed := len(found.Failures)
	for _, f := range found.Failures {
		fmt.Fprintf(s.Err, "caliper: %s: %s\n", f.Path, f.Reason)
	}
	total := failed
	names := map[string]bool{}
	for _, st := range found.Studies {
		for n, series := range st.Series {
			total++
			path, err := convertOne(ctx, s, o, st, n, names)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				failed++
				fmt.Fprintf(s.Err, "caliper: %s: %v\n", filepath.Base(series.Files[0]), err)
				continue
			}
			fmt.Fprintln(s.Out, path)
		}
	}
	if failed > 0 {
		return fmt.Errorf("convert: %d of %d images could not be converted", failed, total)
	}
	return nil
}

// convertOne writes series n of a study and gives the path. names are those that are taken.
func convertOne(ctx context.Context, s term.Streams, o convertOptions, st study.Study, n int, names map[string]bool) (string, error) {
	series := st.Series[n]
	if series.Format != "dicom" {
		name := st.Key
		if len(st.Series) > 1 {
			name = fmt.Sprintf("%s_%d", st.Key, n+1)
		}
		path := filepath.Join(o.out, free(name, names)+".nii.gz")
		image, err := intake.Stored(ctx, series)
		if err != nil {
			return path, err
		}
		return path, writeOutput(s, path, image)
	}
	c, err := intake.Convert(ctx, series)
	if err != nil {
		return "", err
	}
	for _, issue := range c.Issues {
		if issue.Severity != study.Note {
			fmt.Fprintf(s.Err, "caliper: %s: %s: %s\n", filepath.Base(series.Files[0]), issue.Severity, issue.Text)
		}
	}
	path := filepath.Join(o.out, free(st.Key+c.Sidecar.Suffix(), names)+".nii.gz")
	return path, writeConversion(s, path, c, o.sidecar == nil || *o.sidecar, o.sidecar == nil || *o.sidecar)
}

// free is a name that is not taken yet, by a number at its end.
func free(name string, taken map[string]bool) string {
	out := name
	for n := 2; taken[out]; n++ {
		out = fmt.Sprintf("%s_%d", name, n)
	}
	taken[out] = true
	return out
}

func convertRaw(ctx context.Context, s term.Streams, o convertOptions) error {
	if !strings.EqualFold(filepath.Ext(o.out), ".npy") {
		return usagef("--raw: want OUT to end in .npy, got %q", filepath.Ext(o.out))
	}
	f, err := dicom.OpenFile(o.in)
	if err == nil && !f.HasPixels() {
		_, err = f.Trailing(ctx) // where the object should have pixels
	}
	if err != nil {
		return fmt.Errorf("%s: %w", o.in, cutShort(err))
	}
	raw, err := f.RawArray(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", o.in, cutShort(err))
	}
	for _, issue := range f.Issues {
		fmt.Fprintf(s.Err, "caliper: %s: %s: %s\n", filepath.Base(o.in), issue.Severity, issue.Text)
	}
	if at, ok, err := f.Another(); err == nil && ok {
		fmt.Fprintf(s.Err, "caliper: %s: note: another object lies behind this one, at byte %d\n", filepath.Base(o.in), at)
	}
	if _, err := f.Trailing(ctx); err != nil {
		fmt.Fprintf(s.Err, "caliper: %s: warning: all pixels are whole, but the file is cut off: %v\n", filepath.Base(o.in), err)
	}
	if err := npy.Write(o.out, npy.FromRaw(raw)); err != nil {
		return fmt.Errorf("%s: %w", o.out, err)
	}
	return nil
}

// cutShort says first of a file that ends too early what is the matter with it.
func cutShort(err error) error {
	var format *dicom.FormatError
	if errors.As(err, &format) && format.Truncated {
		return fmt.Errorf("the file is cut off: %w", err)
	}
	return err
}

// syntaxes are the short names of transfer syntaxes that can be written.
var syntaxes = map[string]string{
	"explicit":      dicom.ExplicitLittle,
	"rle":           "1.2.840.10008.1.2.5",
	"jpeg-lossless": "1.2.840.10008.1.2.4.70",
	"jpeg-ls":       "1.2.840.10008.1.2.4.80",
	"jpeg-2000":     "1.2.840.10008.1.2.4.90",
}

func convertSyntax(ctx context.Context, o convertOptions) error {
	uid := o.syntax
	if known, ok := syntaxes[uid]; ok {
		uid = known
	}
	f, err := dicom.OpenFile(o.in)
	if err != nil {
		return fmt.Errorf("%s: %w", o.in, err)
	}
	if err := f.Transcode(ctx, o.out, uid); err != nil {
		return fmt.Errorf("%s: %w", o.in, err)
	}
	return nil
}
