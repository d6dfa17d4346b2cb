package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

type benchIOOptions struct {
	threads, runs, slices int
	json                  bool
	keep                  string
}

func newBenchIOCmd(s term.Streams) *cobra.Command {
	var o benchIOOptions
	cmd := &cobra.Command{
		Use:   "io [PATH]...",
		Short: "Time reading, decoding, converting and writing of images",
		Long: `Times, in the nearest cache that the system has (each file is read before), the shortest of --runs:
  a folder of one DICOM series    headers; voxels into a volume, and the process's peak memory by the
                                  size of that volume; the series to .nii and to .nii.gz
  a DICOM file                    its frames decoded, in MB of decoded pixels a second
  a .nii or .nii.gz file          read into a volume; its stored values written again
With no PATH it makes them: a computed tomogram of --slices slices of 512 × 512, 24 of them as a
multi-frame file in each transfer syntax that can be written, and the volume as .nii.gz. --keep leaves
these files in a folder, for others to be timed on. cpuMs is the processor time of the whole process.

` + exitCodesHelp,
		Example: "  caliper bench io\n  caliper bench io --json --threads 2 series/ frames.dcm volume.nii.gz",
		RunE:    func(cmd *cobra.Command, args []string) error { return runBenchIO(cmd.Context(), s, args, o) },
	}
	cmd.Flags().IntVar(&o.threads, "threads", 1, "processors to use")
	cmd.Flags().IntVar(&o.runs, "runs", 5, "timed runs")
	cmd.Flags().IntVar(&o.slices, "slices", 500, "slices of the series that is made")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON lines")
	cmd.Flags().StringVar(&o.keep, "keep", "", "folder for the files that are made, new or empty")
	return cmd
}

// ioRow is one measurement. MB is what one run reads or makes: 10^6 bytes of decoded values.
type ioRow struct {
	What      string  `json:"what"`
	File      string  `json:"file"`
	Ms        float64 `json:"ms"`
	CPUMs     float64 `json:"cpuMs"`
	MB        float64 `json:"mb,omitempty"`
	MBPerS    float64 `json:"mbPerS,omitempty"`
	PeakRatio float64 `json:"peakByVolume,omitempty"`
	OutMB     float64 `json:"outMb,omitempty"` // of the file written
	Threads   int     `json:"threads"`
	Processor string  `json:"processor"`
	Kernel    string  `json:"kernel"`
}

type benchIO struct {
	o    benchIOOptions
	s    term.Streams
	temp string
}

func runBenchIO(ctx context.Context, s term.Streams, paths []string, o benchIOOptions) error {
	if o.threads < 1 || o.runs < 1 || o.slices < 24 || o.slices > 4096 {
		return usagef("--threads, --runs and --slices: want 1, 1 and 24 to 4096 or more, got %d, %d and %d", o.threads, o.runs, o.slices)
	}
	if o.keep != "" && len(paths) > 0 {
		return usagef("--keep: want no PATH beside it, since nothing is made")
	}
	runtime.GOMAXPROCS(o.threads)
	temp, err := os.MkdirTemp("", "caliper-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	b := &benchIO{o: o, s: s, temp: temp}
	if len(paths) == 0 {
		dir := o.keep
		if dir == "" {
			dir = filepath.Join(temp, "made")
		}
		if paths, err = makeBenchFiles(ctx, dir, o.slices); err != nil {
			return err
		}
	}
	if !o.json {
		fmt.Fprintf(s.Out, "processor  %s\nkernel     %s\nthreads    %d\n\n%-66s %9s %9s %7s\n", simd.Processor(), simd.Kernel(), o.threads, "", "ms", "cpu ms", "MB/s")
	}
	for _, path := range paths {
		if err := b.path(ctx, path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func (b *benchIO) path(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return b.series(ctx, path)
	case strings.HasSuffix(path, ".nii"), strings.HasSuffix(path, ".nii.gz"):
		return b.nifti(path)
	}
	return b.frames(ctx, path)
}

// series times a folder of one DICOM series.
func (b *benchIO) series(ctx context.Context, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	bytes := 0.0
	for _, path := range files {
		data, err := os.ReadFile(path) // so that the system has it at hand
		if err != nil {
			return err
		}
		bytes += float64(len(data))
	}
	var objects []*dicom.File
	err = b.time("headers", dir, 0, func() (float64, error) {
		objects = objects[:0]
		for _, path := range files {
			f, err := dicom.OpenFile(path)
			if err != nil {
				return 0, err
			}
			objects = append(objects, f)
		}
		return 0, nil
	})
	if err != nil {
		return err
	}
	objects = nil
	var size float64
	debug.FreeOSMemory()
	base := rss()
	resetPeak()
	err = b.time("voxels into a volume", dir, bytes, func() (float64, error) {
		var objects []*dicom.File
		for _, path := range files {
			f, err := dicom.OpenFile(path)
			if err != nil {
				return 0, err
			}
			objects = append(objects, f)
		}
		stacks := dicom.Stacks(objects)
		if len(stacks) != 1 {
			return 0, fmt.Errorf("bench: want one series, got %d", len(stacks))
		}
		v, err := stacks[0].Volume(ctx, 0)
		if err != nil {
			return 0, err
		}
		size = 4 * float64(len(v.Data))
		return (peakRSS() - base) * (1 << 20) / size, nil
	})
	if err != nil {
		return err
	}
	for _, ending := range []string{".nii", ".nii.gz"} {
		out := filepath.Join(b.temp, "out"+ending)
		err = b.timeOut("DICOM to "+ending, dir, size/2, out, func() error {
			cmd := newConvertCmd(term.Streams{Out: b.s.Err, Err: b.s.Err})
			cmd.SetArgs([]string{dir, out})
			return cmd.ExecuteContext(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// frames times the decoder of one DICOM file.
func (b *benchIO) frames(ctx context.Context, path string) error {
	f, err := dicom.OpenFile(path)
	if err != nil {
		return err
	}
	raw, err := f.RawArray(ctx)
	if err != nil {
		return err
	}
	name := f.TransferSyntax
	if row, ok := codec.Find(name); ok {
		name = row.Name
	}
	return b.time("decode "+name, path, float64(len(raw.Bytes)), func() (float64, error) {
		f, err := dicom.OpenFile(path)
		if err != nil {
			return 0, err
		}
		_, err = f.RawArray(ctx)
		return 0, err
	})
}

func (b *benchIO) nifti(path string) error {
	raw, err := nifti.ReadRaw(path)
	if err != nil {
		return err
	}
	ending := ".nii"
	if strings.HasSuffix(path, ".gz") {
		ending += ".gz"
	}
	bytes := float64(len(raw.Bytes))
	err = b.time("read "+ending, path, bytes, func() (float64, error) {
		_, err := nifti.Read(path)
		return 0, err
	})
	if err != nil {
		return err
	}
	out := filepath.Join(b.temp, "again"+ending)
	return b.timeOut("write "+ending, path, bytes, out, func() error { return intake.WriteFile(out, raw) })
}

func (b *benchIO) timeOut(what, path string, bytes float64, out string, run func() error) error {
	return b.measure(ioRow{What: what, File: filepath.Base(path)}, bytes, func(row *ioRow) error {
		if err := run(); err != nil {
			return err
		}
		info, err := os.Stat(out)
		if err == nil {
			row.OutMB = float64(info.Size()) / 1e6
		}
		return errors.Join(err, os.Remove(out))
	})
}

func (b *benchIO) time(what, path string, bytes float64, run func() (peak float64, err error)) error {
	return b.measure(ioRow{What: what, File: filepath.Base(path)}, bytes, func(row *ioRow) error {
		peak, err := run()
		row.PeakRatio = max(row.PeakRatio, peak)
		return err
	})
}

// measure runs once to warm up, then for the shortest time of the timed runs.
func (b *benchIO) measure(row ioRow, bytes float64, run func(*ioRow) error) error {
	row.MB, row.Threads, row.Processor, row.Kernel = bytes/1e6, b.o.threads, simd.Processor(), simd.Kernel()
	for n := range b.o.runs + 1 {
		runtime.GC()
		cpu, started := cpuTime(), time.Now()
		if err := run(&row); err != nil {
			return err
		}
		ms, cpuMs := time.Since(started).Seconds()*1e3, (cpuTime()-cpu).Seconds()*1e3
		if n == 1 || n > 0 && ms < row.Ms {
			row.Ms = ms
		}
		if n == 1 || n > 0 && cpuMs < row.CPUMs {
			row.CPUMs = cpuMs
		}
	}
	row.MBPerS = row.MB / row.Ms * 1e3
	if b.o.json {
		return json.NewEncoder(b.s.Out).Encode(row)
	}
	more := ""
	if row.PeakRatio > 0 {
		more += fmt.Sprintf("  peak memory %.2f × the volume", row.PeakRatio)
	}
	if row.OutMB > 0 {
		more += fmt.Sprintf("  %.1f MB", row.OutMB)
	}
	rate := ""
	if row.MB > 0 {
		rate = fmt.Sprintf("%.0f", row.MBPerS)
	}
	_, err := fmt.Fprintf(b.s.Out, "%-66s %9.1f %9.1f %7s%s\n", row.What, row.Ms, row.CPUMs, rate, more)
	return err
}
