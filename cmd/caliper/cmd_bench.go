package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func newBenchCmd(s term.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure speed and memory on this machine",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBenchIOCmd(s), newBenchOnnxCmd(s))
	return cmd
}

type benchOptions struct {
	threads, runs int
	json, direct  bool
	profile       bool
	precision     string
}

func newBenchOnnxCmd(s term.Streams) *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "onnx MODEL",
		Short: "Time an ONNX model on random input: two warm-ups, then the median",
		Long: `Loads the model once and runs it on random input: standard normal values, for detectors
(names with rcnn or retina) uniform from 0 to 1, integers 0 and 1, free dimensions 1. Two
runs warm up, then --runs are timed, each with its results in the memory of the one before.
peakRssMb is the process's own peak (VmHWM), where the
system tells it; gflops is the arithmetic of the model's products (two operations for each
multiplication with an addition that their definition counts, whatever the algorithm) over
the median.
--profile times each node in three runs more and lists them, the costliest first, with the
algorithm that was chosen.

` + exitCodesHelp,
		Example: "  caliper bench onnx unet2d.onnx --threads 1 --runs 10 --json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return runBenchOnnx(cmd.Context(), s, args[0], o) },
	}
	cmd.Flags().IntVar(&o.threads, "threads", 1, "threads within an operator")
	cmd.Flags().IntVar(&o.runs, "runs", 10, "timed runs")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&o.profile, "profile", false, "list algorithm and time of each node")
	cmd.Flags().StringVar(&o.precision, "precision", "float32", "arithmetic of the products: float32, bfloat16 or int8")
	cmd.Flags().BoolVar(&o.direct, "direct", false, "leave out Winograd's algorithm")
	return cmd
}

type benchResult struct {
	Model     string     `json:"model"`
	Threads   int        `json:"threads"`
	Runs      int        `json:"runs"`
	MedianMs  float64    `json:"medianMs"`
	MinMs     float64    `json:"minMs"`
	CPUMs     float64    `json:"cpuMs"` // median processor time of a run, all threads
	LoadMs    float64    `json:"loadMs"`
	PeakRssMb float64    `json:"peakRssMb,omitempty"`
	Gflops    float64    `json:"gflops"` // a second
	Processor string     `json:"processor"`
	Kernel    string     `json:"kernel"`
	Precision string     `json:"precision"`
	Profile   []nodeTime `json:"profile,omitempty"`
}

func runBenchOnnx(ctx context.Context, s term.Streams, path string, o benchOptions) error {
	if o.threads < 1 || o.runs < 1 {
		return usagef("--threads and --runs: want 1 or more, got %d and %d", o.threads, o.runs)
	}
	precision, err := onnx.ParsePrecision(o.precision)
	if err != nil {
		return usagef("--precision: want float32, bfloat16 or int8, got %q", o.precision)
	}
	started := time.Now()
	session, err := onnx.Load(path, onnx.Options{Threads: o.threads, Precision: precision, Direct: o.direct})
	if err != nil {
		return err
	}
	defer session.Close()
	load := time.Since(started)
	inputs, err := randomInputs(session, filepath.Base(path))
	if err != nil {
		return err
	}
	results, nodes, err := session.Profile(ctx, inputs) // the first run to warm up
	if err != nil {
		return err
	}
	var times, cpu []float64
	for n := range o.runs + 1 {
		started, used := time.Now(), cpuTime()
		if err := runAgain(ctx, session, inputs, results); err != nil {
			return err
		}
		if n >= 1 {
			times = append(times, time.Since(started).Seconds()*1e3)
			cpu = append(cpu, (cpuTime()-used).Seconds()*1e3)
		}
	}
	slices.Sort(times)
	slices.Sort(cpu)
	r := benchResult{Model: filepath.Base(path), Threads: o.threads, Runs: o.runs, MinMs: times[0],
		MedianMs: median(times), CPUMs: median(cpu), LoadMs: load.Seconds() * 1e3, PeakRssMb: peakRSS(),
		Processor: simd.Processor(), Kernel: simd.Kernel(), Precision: precision.String()}
	r.Gflops = gflop(nodes) / r.MedianMs * 1e3
	if o.profile {
		if r.Profile, err = profile(ctx, session, inputs); err != nil {
			return err
		}
	}
	if o.json {
		return json.NewEncoder(s.Out).Encode(r)
	}
	_, err = fmt.Fprintf(s.Out, "model      %s\nthreads    %d\nmedian     %.2f ms\nminimum    %.2f ms\nload       %.1f ms\npeak       %.0f MB\narithmetic %.1f GFLOP/s\nprocessor  %s\nkernel     %s\n",
		r.Model, r.Threads, r.MedianMs, r.MinMs, r.LoadMs, r.PeakRssMb, r.Gflops, r.Processor, r.Kernel)
	if err != nil || !o.profile {
		return err
	}
	return printProfile(s.Out, r.Profile)
}

// median is of sorted values, at least one.
func median(x []float64) float64 { return (x[len(x)/2] + x[(len(x)-1)/2]) / 2 }

// runAgain runs the model into the results of the run before, as programs that run it again and again do, where they are arrays.
func runAgain(ctx context.Context, session *onnx.Session, inputs, results map[string]*onnx.Tensor) error {
	for _, t := range results {
		if d := t.DType(); d == tensor.Sequence || d == tensor.String || d == tensor.None {
			_, err := session.Run(ctx, inputs)
			return err
		}
	}
	return session.RunInto(ctx, inputs, results)
}

// randomInputs fills the inputs of a model; the seed is fixed.
func randomInputs(session *onnx.Session, name string) (map[string]*onnx.Tensor, error) {
	rng := rand.New(rand.NewPCG(0, 0))
	uniform := strings.Contains(name, "rcnn") || strings.Contains(name, "retina")
	inputs := map[string]*onnx.Tensor{}
	for _, in := range session.Inputs() {
		shape, size := make([]int, len(in.Shape)), 1
		for n, d := range in.Shape {
			if shape[n] = max(1, d.Size); shape[n] > 1<<28/size {
				return nil, fmt.Errorf("bench: %s: input %s: want at most %d values", name, in.Name, 1<<28)
			}
			size *= shape[n]
		}
		if in.DType != tensor.Float32 {
			t, err := randomOf(rng, in.DType, shape)
			if err != nil {
				return nil, fmt.Errorf("bench: %s: input %s: %w", name, in.Name, err)
			}
			inputs[in.Name] = t
			continue
		}
		data := simd.Alloc(size)
		for n := range data {
			if uniform {
				data[n] = rng.Float32()
			} else {
				data[n] = float32(rng.NormFloat64())
			}
		}
		inputs[in.Name] = tensor.FromFloat32(shape, data)
	}
	return inputs, nil
}

// randomOf is an input of another type than float32: standard normal values, of integers and bools 0 and 1.
func randomOf(rng *rand.Rand, dt tensor.DType, shape []int) (*onnx.Tensor, error) {
	if dt == tensor.String || dt == tensor.Sequence || dt.Size() == 0 {
		return nil, fmt.Errorf("want numbers, got %v", dt)
	}
	t := tensor.New(dt, shape...)
	b := t.Bytes()
	for n := range t.Len() {
		switch dt {
		case tensor.Float64:
			t.Float64()[n] = rng.NormFloat64()
		case tensor.Float16:
			tensor.Data[uint16](t)[n] = tensor.Float16Code(float32(rng.NormFloat64()))
		case tensor.BFloat16:
			tensor.Data[uint16](t)[n] = tensor.BFloat16Code(float32(rng.NormFloat64()))
		default:
			b[n*dt.Size()] = byte(rng.IntN(2)) // the lowest byte
		}
	}
	return t, nil
}

// peakRSS is the peak resident memory of this process in MB, 0 where the system does not tell.
func peakRSS() float64 { return resident("VmHWM") }

// rss is the resident memory of this process in MB, 0 where the system does not tell.
func rss() float64 { return resident("VmRSS") }

// resetPeak has the system count the peak anew, where it can.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

func resident(name string) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, name+": %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}
