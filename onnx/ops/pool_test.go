package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// TestPoolRows holds pooling by rows to pooling a window at a time, over strides, dilations, paddings and odd sizes.
func TestPoolRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for range 300 {
		rank := 1 + rng.IntN(3)
		shape := []int{1, 2}
		attrs := map[string]any{}
		var kernel, strides, dilations, pads []int
		for range rank {
			k, dl := 1+rng.IntN(4), 1+rng.IntN(2)
			kernel, dilations, strides = append(kernel, k), append(dilations, dl), append(strides, 1+rng.IntN(3))
			shape = append(shape, (k-1)*dl+1+rng.IntN(40/rank))
		}
		for range 2 {
			for _, k := range kernel {
				pads = append(pads, rng.IntN(k))
			}
		}
		attrs["kernel_shape"], attrs["strides"], attrs["dilations"], attrs["pads"] = kernel, strides, dilations, pads
		attrs["ceil_mode"], attrs["count_include_pad"] = rng.IntN(2), rng.IntN(2)
		x := randomFloats(rng, shape...)
		wide := tensor.New(tensor.Float64, shape...)
		for i, v := range x.Float32() {
			wide.Float64()[i] = float64(v)
		}
		for _, op := range []string{"MaxPool", "AveragePool"} {
			threads := 1 + rng.IntN(3)
			got, ref := compute(t, op, attrs, 1, threads, x)[0], compute(t, op, attrs, 1, 1, wide)[0]
			want := make([]float32, ref.Len())
			for i, v := range ref.Float64() {
				want[i] = float32(v)
			}
			top := 1.0
			for i := range want {
				if g, w := float64(got.Float32()[i]), float64(want[i]); g != w && !(math.Abs(g-w) <= 1e-6*top) {
					t.Fatalf("%s of %v, %v: value %d is %g, want %g", op, shape, fmt.Sprint(attrs), i, g, w)
				}
			}
		}
	}
}

// TestMoments holds mean and variance to float64, where the beginning of the run tells nothing of its mean too.
func TestMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	for _, c := range []struct{ n, background int }{{1, 0}, {100, 0}, {20000, 0}, {20000, 6000}, {300000, 5000}} {
		x := make([]float32, c.n)
		wide := make([]float64, c.n)
		for i := range x {
			x[i] = 1000 + float32(rng.NormFloat64())
			if i < c.background {
				x[i] = 0
			}
			wide[i] = float64(x[i])
		}
		mean, variance := moments(x)
		wantMean, wantVariance := moments64(wide)
		if math.Abs(mean-wantMean) > 1e-6*wantMean || math.Abs(variance-wantVariance) > 1e-5*wantVariance {
			t.Errorf("%d values, %d of background: got %g and %g, want %g and %g", c.n, c.background, mean, variance, wantMean, wantVariance)
		}
	}
}
