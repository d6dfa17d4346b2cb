package preprocess

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/resample"
)

func picture(t *testing.T, w, h int, data []float32) *volume.Volume {
	t.Helper()
	v, err := volume.New(volume.Identity([3]int{w, h, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	copy(v.Data, data)
	return v
}

func near(a, b []float32, tol float64) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x)-float64(y)) <= tol })
}

func TestTable(t *testing.T) {
	rows := Table()
	if !slices.IsSortedFunc(rows, func(a, b Row) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("rows are not sorted by name")
	}
	for n, r := range rows {
		if r.Doc == "" || r.run == nil || n > 0 && rows[n-1].Name == r.Name {
			t.Errorf("%s: no doc, no function or twice", r.Name)
		}
		for _, p := range r.Params {
			if p.Doc == "" {
				t.Errorf("%s: %s: no doc", r.Name, p.Name)
			}
			if p.Default != "" {
				if _, err := p.parse(p.Default); err != nil {
					t.Errorf("%s: default: %v", r.Name, err)
				}
			}
		}
	}
}

func TestResizeAsPyTorch(t *testing.T) {
	v := picture(t, 7, 5, sample)
	for _, tc := range torchCases {
		got, err := Resize(v, tc.w, tc.h, tc.interp)
		if err != nil {
			t.Fatal(err)
		}
		if !near(got.Data, tc.want, 2e-5) {
			t.Errorf("%s to %d × %d: want %v, got %v", tc.interp, tc.w, tc.h, tc.want, got.Data)
		}
	}
}

// Area agrees with the general resampler, keeps the mean and the field of view.
func TestResizeArea(t *testing.T) {
	v := picture(t, 7, 5, sample)
	got, err := Resize(v, 3, 2, Auto)
	if err != nil {
		t.Fatal(err)
	}
	want, err := resample.Area(context.Background(), v, [3]int{3, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	if !near(got.Data, want.Data, 1e-5) {
		t.Errorf("want %v, got %v", want.Data, got.Data)
	}
	mean := func(data []float32) (m float64) {
		for _, x := range data {
			m += float64(x) / float64(len(data))
		}
		return m
	}
	if a, b := mean(v.Data), mean(got.Data); math.Abs(a-b) > 1e-5 {
		t.Errorf("mean: want %g, got %g", a, b)
	}
	if got.Spacing[0] != 7.0/3 || got.Spacing[1] != 2.5 {
		t.Errorf("spacing: got %v", got.Spacing)
	}
}

func TestLetterbox(t *testing.T) {
	v := picture(t, 7, 5, sample)
	got, fit, err := Letterbox(v, 14, 15, Nearest, -1)
	if err != nil {
		t.Fatal(err)
	}
	want := Fit{Scale: [2]float64{2, 2}, Offset: [2]float64{0, 2}, Inner: [2]int{14, 10}, Frame: [2]int{14, 15}}
	if fit != want || got.Size != [3]int{14, 15, 1} {
		t.Fatalf("want %+v, got %+v of size %v", want, fit, got.Size)
	}
	for j := range 15 {
		for i := range 14 {
			x := float32(-1)
			if j >= 2 && j < 12 {
				x = sample[(j-2)/2*7+i/2]
			}
			if got.At(i, j, 0) != x {
				t.Fatalf("at %d, %d: want %g, got %g", i, j, x, got.At(i, j, 0))
			}
		}
	}
	if x, y := fit.ToImage(7, 7); x != 3.5 || y != 2.5 {
		t.Errorf("middle: got %g, %g", x, y)
	}
	// the frame's geometry says the same: the border of the image is where it was
	if p, q := got.PointLPS([3]float64{-0.5, 1.5, 0}), v.PointLPS([3]float64{-0.5, -0.5, 0}); math.Abs(p[0]-q[0])+math.Abs(p[1]-q[1]) > 1e-9 {
		t.Errorf("border: want %v, got %v", q, p)
	}
}

func apply(t *testing.T, v *volume.Volume, texts ...string) *volume.Volume {
	t.Helper()
	var steps []Step
	for _, text := range texts {
		s, err := ParseStep(text)
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s)
	}
	before := slices.Clone(v.Data)
	got, err := Apply(context.Background(), v, steps)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, v.Data) {
		t.Errorf("%v: the image that was given has changed", texts)
	}
	return got
}

func TestIntensity(t *testing.T) {
	v := picture(t, 7, 5, sample)
	// numpy.quantile(sample, [.05, .95, .005, .995]) = 0.7286, 13.5574, 0.07293, 14.21307
	for _, tc := range []struct {
		steps []string
		at    int
		want  float64
	}{
		{[]string{"quantiles"}, 5, (12 - 0.7286) / (13.5574 - 0.7286)},
		{[]string{"quantiles=0.05,0.95,true"}, 0, 0},
		{[]string{"percentiles"}, 30, 14.21307},
		{[]string{"minmax"}, 5, 12 / 14.286},
		{[]string{"minmax=-1,1"}, 30, 1},
		{[]string{"max"}, 5, 12 / 14.286},
		{[]string{"clip=2,9"}, 5, 9},
		{[]string{"rescale=lo:2,hi:12"}, 1, 0.3286},
		{[]string{"affine=2,1"}, 1, 11.572},
		{[]string{"invert"}, 5, 2.286},
		{[]string{"clip=2,9", "minmax"}, 1, (5.286 - 2) / 7},
	} {
		got := apply(t, v, tc.steps...)
		if math.Abs(float64(got.Data[tc.at])-tc.want) > 2e-5 {
			t.Errorf("%v: want %.5f, got %.5f", tc.steps, tc.want, got.Data[tc.at])
		}
	}
	z := apply(t, v, "zscore")
	sum, square := 0.0, 0.0
	for _, x := range z.Data {
		sum += float64(x)
		square += float64(x) * float64(x)
	}
	if math.Abs(sum) > 1e-4 || math.Abs(square-35) > 1e-3 {
		t.Errorf("zscore: want sum 0 and squares 35, got %g and %g", sum, square)
	}
}

// DICOM PS3.3 C.11.2.1.2.1, the examples of the note: window centre 2048, width 4096; centre 0, width 100.
func TestWindow(t *testing.T) {
	for _, tc := range []struct {
		centre, width, x, want float64
	}{
		{2048, 4096, 0, 0}, {2048, 4096, 4095, 1}, {2048, 4096, 2047.5, 0.5},
		{0, 100, -50, 0}, {0, 100, 49, 1}, {0, 100, -0.5, 0.5}, {0, 100, 24.25, 0.75},
		{2048, 1, 2047, 0}, {2048, 1, 2047.5, 0}, {2048, 1, 2048, 1},
	} {
		v := picture(t, 1, 1, []float32{float32(tc.x)})
		if got := Window(v, tc.centre, tc.width).Data[0]; math.Abs(float64(got)-tc.want) > 1e-6 {
			t.Errorf("window %g/%g of %g: want %g, got %g", tc.centre, tc.width, tc.x, tc.want, got)
		}
	}
}

func TestSpatial(t *testing.T) {
	g := volume.Identity([3]int{6, 5, 4}, [3]float64{2, 1, 0.5})
	v, err := volume.New(g, 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	for at := range v.Data {
		p := g.PointLPS([3]float64{float64(at % 6), float64(at / 6 % 5), float64(at / 30)})
		v.Data[at] = float32(p[0] + 10*p[1] + 100*p[2])
	}
	// a linear field stays linear inside, on every grid
	check := func(w *volume.Volume) {
		t.Helper()
		for at := range w.Data {
			index := [3]float64{float64(at % w.Size[0]), float64(at / w.Size[0] % w.Size[1]), float64(at / w.Size[0] / w.Size[1])}
			p := w.PointLPS(index)
			q := v.IndexOf(p)
			if slices.ContainsFunc([]int{0, 1, 2}, func(n int) bool { return q[n] < 0 || q[n] > float64(v.Size[n]-1) }) {
				continue
			}
			if want := p[0] + 10*p[1] + 100*p[2]; math.Abs(float64(w.Data[at])-want) > 1e-3 {
				t.Fatalf("at %v: want %g, got %g", p, want, w.Data[at])
			}
		}
	}
	w := apply(t, v, "conform")
	if w.Orientation() != "AIL" || w.Spacing != [3]float64{1, 1, 1} || w.Size != [3]int{5, 2, 12} {
		t.Errorf("conform: got %s %v %v", w.Orientation(), w.Spacing, w.Size)
	}
	check(w)
	check(apply(t, v, "resample=1/0.7/0.5"))
	check(apply(t, v, "orient=RAI"))
	check(apply(t, v, "crop=1/1/1,5/4/3"))
	w = apply(t, v, "pad=lo:1/0/2,hi:0/3/0,value:7")
	if w.Size != [3]int{7, 8, 6} || w.At(0, 0, 0) != 7 || w.At(1, 0, 2) != v.At(0, 0, 0) {
		t.Errorf("pad: got %v", w.Size)
	}
}

func TestParseStepRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "unknown step", "blur": "unknown step", "clip": "lo", "clip=1": "hi", "clip=1,2,3": "at most 2", "clip=lo:a,hi:2": "finite number",
		"clip=lo:1,high:2": "unknown option", "clip=NaN,2": "finite number", "crop=1/2,3/4.5": "whole number", "quantiles=clip:maybe": "true or false",
		"zscore=lo:1": "unknown option", "clip=1/2,3": "one number",
	} {
		if _, err := ParseStep(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want an error with %q, got %v", text, want, err)
		}
	}
	s, err := ParseStep("quantiles=hi:0.98,lo:0.02")
	if err != nil || s.String() != "quantiles=hi:0.98,lo:0.02" {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestApplyRefuses(t *testing.T) {
	v := picture(t, 7, 5, sample)
	for _, text := range []string{"clip=3,2", "rescale=1,1", "window=0,0", "quantiles=0.9,0.1", "crop=0/0/0,8/5/1", "resize=0/3", "resample=-1", "orient=LRS", "pad=lo:-1/0/0", "resize=100000000/100000000", "resize=30000/30000", "letterbox=30000/30000", "pad=lo:99999999/1/1", "conform=spacing:0.0001"} {
		s, err := ParseStep(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Apply(context.Background(), v, []Step{s}); err == nil || !strings.Contains(err.Error(), s.Name) {
			t.Errorf("%s: want an error that names the step, got %v", text, err)
		}
	}
	empty := picture(t, 1, 1, []float32{float32(math.NaN())})
	if _, err := Apply(context.Background(), empty, []Step{{Name: "minmax"}}); err == nil {
		t.Error("no finite value: want an error")
	}
}
