package filter

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

// The figures are scipy's, numpy's and scikit-image's (testdata/make.py, versions in figures.json).
func TestAgainstPeers(t *testing.T) {
	b, err := os.ReadFile("testdata/figures.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Figures struct {
			Gaussian, Median, Gradient, Quantiles []float64
			Histogram                             []int
			Mean, SD, Otsu                        float64
		}
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	want := f.Figures
	v, err := volume.New(volume.Identity([3]int{11, 9, 7}, [3]float64{1.5, 0.8, 2.5}), 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	for n := range v.Data {
		i, j, k := n%11, n/11%9, n/99
		v.Data[n] = float32(100*math.Sin(0.5*float64(i))*math.Cos(0.4*float64(j)) + 3*float64(k) + float64((7*i+5*j+3*k)%11))
	}
	ctx := context.Background()
	near := func(name string, got *volume.Volume, err error, want []float64) {
		t.Helper()
		if err != nil {
			t.Fatal(name, err)
		}
		if len(want) != len(got.Data) {
			t.Fatalf("%s: want %d values, got %d", name, len(want), len(got.Data))
		}
		for n, w := range want {
			if math.Abs(w-float64(got.Data[n])) > 2e-4 {
				t.Fatalf("%s: voxel %d: want %g, got %g", name, n, w, got.Data[n])
			}
		}
	}
	g, err := Gaussian(ctx, v, [3]float64{1, 2, 3})
	near("gaussian", g, err, want.Gaussian)
	m, err := Median3(ctx, v)
	near("median", m, err, want.Median)
	d, err := GradientMagnitude(ctx, v)
	near("gradient", d, err, want.Gradient)
	q, err := Quantiles(v.Data, 0, 0.01, 0.1, 0.5, 0.905, 1)
	if err != nil {
		t.Fatal(err)
	}
	for n, w := range want.Quantiles {
		if math.Abs(w-q[n]) > 1e-4 {
			t.Errorf("quantiles: want %v, got %v", want.Quantiles, q)
		}
	}
	h, err := Histogram(v.Data, 8, -60, 100)
	if err != nil {
		t.Fatal(err)
	}
	for n, w := range want.Histogram {
		if w != h[n] {
			t.Errorf("histogram: want %v, got %v", want.Histogram, h)
		}
	}
	mean, sd, n := Moments(v.Data)
	if math.Abs(mean-want.Mean) > 1e-4 || math.Abs(sd-want.SD) > 1e-4 || n != len(v.Data) {
		t.Errorf("moments: want %g and %g, got %g and %g of %d", want.Mean, want.SD, mean, sd, n)
	}
	if got, ok := Otsu(v.Data); !ok || math.Abs(float64(got)-want.Otsu) > 1e-3 {
		t.Errorf("otsu: want %g, got %g, %v", want.Otsu, got, ok)
	}
}

func TestNothingFinite(t *testing.T) {
	nan := float32(math.NaN())
	if _, err := Quantiles([]float32{nan, nan}, 0.5); err == nil {
		t.Error("want an error for quantiles of no value")
	}
	if _, ok := Otsu([]float32{nan, 2, 2}); ok {
		t.Error("want no threshold for one value")
	}
	if _, _, n := Moments([]float32{nan}); n != 0 {
		t.Errorf("want no value counted, got %d", n)
	}
	if _, err := Histogram(nil, 0, 0, 1); err == nil {
		t.Error("want an error for no bins")
	}
}

// A picture is filtered within its slice only.
func TestOneSlice(t *testing.T) {
	v, err := volume.New(volume.Identity([3]int{3, 3, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	v.Data[4] = 9
	m, err := Median3(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	if m.Data[4] != 0 {
		t.Errorf("want the single bright pixel gone, got %g", m.Data[4])
	}
	for n := range v.Data {
		v.Data[n] = float32(2 * (n % 3))
	}
	d, err := GradientMagnitude(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	if d.Data[4] != 2 {
		t.Errorf("want a slope of 2 a mm, got %g", d.Data[4])
	}
}
