package onnx_test

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume/npy"
)

// lossLimits are by precision: of the error's size and of the labels changed.
var lossLimits = map[onnx.Precision][2]float64{onnx.BFloat16: {0.06, 0.002}, onnx.Int8: {0.1, 0.015}}

// TestPrecisionLoss measures what the precisions below float32 cost on real models: the error's size against the output's, and for
// networks of labels the part of voxels whose label changes.
func TestPrecisionLoss(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(golden.Shared(t, "data/vectors"), "*.npz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	if simd.Kernel() == simd.Plain {
		files = files[:1] // nothing is narrowed without instructions for it, and it takes minutes
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".npz")
		arrays, err := npy.ReadZip(file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := arrays["input"].Float32s()
		if err != nil {
			t.Fatal(err)
		}
		in := map[string]*onnx.Tensor{"input": tensor.FromFloat32(arrays["input"].Shape, data)}
		for _, precision := range []onnx.Precision{onnx.BFloat16, onnx.Int8} {
			// Without Winograd's algorithm every convolution that can be is narrowed: the most that the precision can cost.
			s, err := onnx.Load(golden.Shared(t, "data/models/"+name+".onnx"), onnx.Options{Precision: precision, Direct: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, calibrated := range []bool{false, true} {
				if calibrated {
					if precision != onnx.Int8 {
						continue
					}
					if err := s.Calibrate(context.Background(), in); err != nil {
						t.Fatal(err)
					}
				}
				out, err := s.Run(context.Background(), in)
				if err != nil {
					t.Fatal(err)
				}
				for key, want := range arrays {
					if key == "input" || out[key].DType() != tensor.Float32 {
						continue
					}
					w, err := want.Float64s()
					if err != nil {
						t.Fatal(err)
					}
					g := float64s(out[key])
					var off, size float64
					for i, v := range w {
						off += (g[i] - v) * (g[i] - v)
						size += v * v
					}
					loss, labels := math.Sqrt(off/size), changed(g, w, want.Shape)
					if !calibrated {
						t.Logf("%s %v: %s: error %.2g of the output's size, labels changed %.2g", name, precision, key, loss, labels)
					}
					if limit := lossLimits[precision]; !(loss > 0 && loss < limit[0] && labels < limit[1]) {
						t.Errorf("%s %v calibrated %v: %s: error %g and labels %g, want at most %v, and some", name, precision, calibrated, key, loss, labels, limit)
					}
				}
			}
			s.Close()
		}
	}
}

// changed is the part of positions where the largest of the channels, dimension 1, is another one.
func changed(a, b []float64, shape []int) float64 {
	if len(shape) < 4 || shape[1] < 2 {
		return 0
	}
	n := len(a) / shape[0] / shape[1]
	count := 0
	for batch := range shape[0] {
		for i := range n {
			best := func(x []float64) int {
				at := 0
				for c := range shape[1] {
					if x[(batch*shape[1]+c)*n+i] > x[(batch*shape[1]+at)*n+i] {
						at = c
					}
				}
				return at
			}
			if best(a) != best(b) {
				count++
			}
		}
	}
	return float64(count) / float64(n*shape[0])
}
