package models

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/preprocess"
	"github.com/caliper-imaging/caliper/volume"
)

func image(t *testing.T, size [3]int, spacing float64, channels int) *volume.Volume {
	t.Helper()
	v, err := volume.New(volume.Identity(size, [3]float64{spacing, spacing, spacing}), channels, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	for i := range v.Data {
		v.Data[i] = float32(i % 251)
	}
	return v
}

func TestPrepareShapes(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   Input
		size [3]int
		ch   int
		want []int
		lo   [3]int
		hi   [3]int
	}{
		{"letterbox", Input{Dims: 2, Channels: 1, Size: []int{64, 96}, Resize: Letterbox}, [3]int{40, 80, 1}, 3, []int{1, 1, 64, 96}, [3]int{32, 0, 0}, [3]int{64, 64, 1}},
		{"stretch to RGB", Input{Dims: 2, Channels: 3, Size: []int{64, 96}, Resize: Stretch}, [3]int{40, 80, 1}, 1, []int{1, 3, 64, 96}, [3]int{}, [3]int{96, 64, 1}},
		{"short side, multiple", Input{Dims: 2, Channels: 1, ShortSide: 50, Multiple: 32}, [3]int{40, 80, 1}, 1, []int{1, 1, 128, 64}, [3]int{}, [3]int{50, 100, 1}},
		{"3-D, turned", Input{Dims: 3, Channels: 1, Axes: "LIA"}, [3]int{10, 12, 14}, 1, []int{1, 1, 10, 14, 12}, [3]int{}, [3]int{12, 14, 10}},
		{"3-D, 1 mm", Input{Dims: 3, Channels: 1, Axes: "RAS", SpacingMM: 1}, [3]int{10, 12, 14}, 1, []int{1, 1, 20, 24, 28}, [3]int{}, [3]int{28, 24, 20}},
		{"3-D, stretched", Input{Dims: 3, Channels: 1, Axes: "RAS", Size: []int{8, 9, 11}, Resize: Stretch}, [3]int{10, 12, 14}, 1, []int{1, 1, 8, 9, 11}, [3]int{}, [3]int{11, 9, 8}},
	} {
		c := Card{Name: tc.name, Input: tc.in}
		p, err := c.Prepare(context.Background(), image(t, tc.size, 2, tc.ch))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		got := p.Tensor().Shape()
		if len(got) != len(tc.want) || p.Lo != tc.lo || p.Hi != tc.hi {
			t.Errorf("%s: want %v %v %v, got %v %v %v", tc.name, tc.want, tc.lo, tc.hi, got, p.Lo, p.Hi)
			continue
		}
		for n := range got {
			if got[n] != tc.want[n] {
				t.Errorf("%s: want %v, got %v", tc.name, tc.want, got)
			}
		}
	}
}

// Normalisation sees the whole grid, the crop only its part; values that are no number do not spread.
func TestPrepareNormalisesBeforeCrop(t *testing.T) {
	v := image(t, [3]int{30, 30, 30}, 1, 1)
	clear(v.Data)
	for k := 10; k < 20; k++ {
		for j := 10; j < 20; j++ {
			for i := 10; i < 20; i++ {
				v.Data[v.Offset(i, j, k)] = 200
			}
		}
	}
	v.Data[0] = 20 // below the head's level
	v.Data[1] = float32(math.NaN())
	c := Card{Input: Input{Dims: 3, Channels: 1, Crop: &Crop{Of: "head", Margin: 2}, Normalise: []preprocess.Step{{Name: "zscore"}}}}
	p, err := c.Prepare(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	if p.Image.Size != [3]int{14, 14, 14} {
		t.Errorf("crop: got %v", p.Image.Size)
	}
	// mean and deviation of 26999 values, 1000 of them 200 and one 20
	mean := (1000*200 + 20) / 26999.0
	want := (200 - mean) / math.Sqrt((1000*200*200+20*20)/26999.0-mean*mean)
	if _, hi, _ := p.Image.Range(); math.Abs(float64(hi)-want) > 1e-4 {
		t.Errorf("want %g over the whole grid, got %g", want, hi)
	}
	// 1000 of 27000 voxels are bright, so that both quantiles are 0
	c.Input.Normalise = []preprocess.Step{{Name: "quantiles"}}
	if _, err = c.Prepare(context.Background(), v); err == nil || !strings.Contains(err.Error(), "contrast") {
		t.Errorf("equal quantiles: want an error, got %v", err)
	}
	c.Input.Normalise = []preprocess.Step{{Name: "minmax"}}
	c.Input.Crop = nil
	if p, err = c.Prepare(context.Background(), v); err != nil {
		t.Fatal(err)
	}
	if x := p.Image.Data[1]; x != 0 {
		t.Errorf("not a number: want 0, got %g", x)
	}
	if x := v.Data[1]; x == x {
		t.Error("the image that was given has changed")
	}
}

func TestPrepareRefuses(t *testing.T) {
	huge := image(t, [3]int{8, 8, 8}, 1, 1)
	huge.Spacing = [3]float64{1e4, 1e4, 1e4}
	for name, tc := range map[string]struct {
		in   Input
		v    *volume.Volume
		want string
	}{
		"small":    {Input{Dims: 2, Channels: 1, MinSize: 224}, image(t, [3]int{223, 300, 1}, 1, 1), "224"},
		"slices":   {Input{Dims: 2, Channels: 1}, image(t, [3]int{10, 10, 2}, 1, 1), "one slice"},
		"flat":     {Input{Dims: 3, Channels: 1}, image(t, [3]int{10, 10, 1}, 1, 1), "3-D"},
		"tensors":  {Input{Channels: 1}, image(t, [3]int{10, 10, 1}, 1, 1), "takes images"},
		"channels": {Input{Dims: 2, Channels: 3}, image(t, [3]int{10, 10, 1}, 1, 2), "channels"},
		"huge":     {Input{Dims: 3, Channels: 1, SpacingMM: 1}, huge, "field of view"},
		"large":    {Input{Dims: 2, Channels: 1}, image(t, [3]int{6000, 6000, 1}, 1, 1), "at once"},
	} {
		c := Card{Name: name, Input: tc.in}
		if _, err := c.Prepare(context.Background(), tc.v); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: want an error with %q, got %v", name, tc.want, err)
		}
	}
}
