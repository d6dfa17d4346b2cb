package segment

import (
	"context"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/preprocess"
	"github.com/caliper-imaging/caliper/volume"
)

// level is a network of two classes that parts the input at a value, and counts its calls.
func level(card models.Card, at float32, calls *int) *models.Network {
	run := func(_ context.Context, in map[string]*tensor.Tensor, out ...string) (map[string]*tensor.Tensor, error) {
		*calls++
		x := in["x"]
		shape := append([]int(nil), x.Shape()...)
		shape[1] = 2
		n := x.Len()
		data := make([]float32, 2*n)
		for i, v := range x.Float32() {
			data[i], data[n+i] = at-v, v-at
		}
		return map[string]*tensor.Tensor{"y": tensor.FromFloat32(shape, data)}, nil
	}
	return models.NewNetwork(card, []string{"x"}, []string{"y"}, run)
}

func ball(g volume.Geometry, centre [3]float64, radiusMM float64) (*volume.Volume, []bool) {
	v, err := volume.New(g, 1, volume.Arbitrary)
	if err != nil {
		panic(err)
	}
	truth := make([]bool, g.Voxels())
	at := 0
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				p := g.PointLPS([3]float64{float64(i), float64(j), float64(k)})
				d := math.Hypot(math.Hypot(p[0]-centre[0], p[1]-centre[1]), p[2]-centre[2])
				truth[at] = d < radiusMM
				v.Data[at] = float32(100 / (1 + math.Exp((d-radiusMM)*2)))
				at++
			}
		}
	}
	return v, truth
}

func dice(m *volume.Mask, label uint16, truth []bool) float64 {
	both, sum := 0, 0
	for i, l := range m.Labels {
		if l == label {
			sum++
			if truth[i] {
				both++
			}
		}
		if truth[i] {
			sum++
		}
	}
	return 2 * float64(both) / float64(sum)
}

func card2D() models.Card {
	return models.Card{Name: "test", Task: models.Segment, Labels: []string{"background", "ball"},
		Input: models.Input{Dims: 2, Channels: 1, Size: []int{96, 128}, Resize: models.Letterbox,
			Normalise: []preprocess.Step{{Name: "minmax"}}},
		Output: models.Output{Decode: models.Argmax}}
}

func TestRun2D(t *testing.T) {
	ctx := context.Background()
	for _, size := range [][3]int{{300, 411, 1}, {411, 300, 1}, {61, 47, 1}, {128, 96, 1}, {90, 90, 3}} {
		g := volume.Identity(size, [3]float64{0.4, 0.4, 1})
		c := g.CentreLPS()
		c[0] += 3
		r := 0.3 * 0.4 * float64(min(size[0], size[1]))
		v, truth := ball(g, c, r)
		calls := 0
		m, err := Run(ctx, level(card2D(), 0.5, &calls), v, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.SameGrid(v.Geometry, 0); err != nil {
			t.Error(err)
		}
		if calls != size[2] {
			t.Errorf("%v: want %d calls, got %d", size, size[2], calls)
		}
		if size[2] == 1 {
			if d := dice(m, 1, truth); d < 0.985 {
				t.Errorf("%v: Dice %.4f, want 0.985", size, d)
			}
		}
	}
}

// A permuted, oblique grid of 1 mm goes through unchanged; one of another spacing within the vote's blur.
func TestRun3D(t *testing.T) {
	ctx := context.Background()
	card := models.Card{Name: "test", Task: models.Segment, Labels: []string{"background", "ball"},
		Input: models.Input{Dims: 3, Channels: 1, Axes: "LIA", SpacingMM: 1, Crop: &models.Crop{Of: "head", Margin: 3},
			Normalise: []preprocess.Step{{Name: "minmax"}}},
		Output: models.Output{Decode: models.Argmax, Largest: true}}
	c, s := math.Cos(0.2), math.Sin(0.2)
	for _, tc := range []struct {
		spacing [3]float64
		least   float64
	}{{[3]float64{1, 1, 1}, 1}, {[3]float64{1.7, 0.8, 2.1}, 0.96}} {
		g := volume.Geometry{Size: [3]int{50, 61, 44}, Origin: [3]float64{20, -3, 8}, Spacing: tc.spacing,
			Axes: [3][3]float64{{0, c, s}, {0, -s, c}, {-1, 0, 0}}}
		centre := g.CentreLPS()
		centre[2] += 4
		v, truth := ball(g, centre, 13)
		calls := 0
		m, err := Run(ctx, level(card, 0.5, &calls), v, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.SameGrid(g, 0); err != nil {
			t.Error(err)
		}
		if d := dice(m, 1, truth); d < tc.least {
			t.Errorf("%v: Dice %.4f, want %.4f", tc.spacing, d, tc.least)
		}
	}
}

// The first index of the tensor grows to the patient's left, the second downward, the third to the front.
func TestAxes(t *testing.T) {
	card := models.Card{Name: "test", Task: models.Segment, Labels: []string{"background", "left", "below", "front"},
		Input: models.Input{Dims: 3, Channels: 1, Axes: "LIA"}, Output: models.Output{Decode: models.Argmax}}
	for axis := range 3 {
		run := func(_ context.Context, in map[string]*tensor.Tensor, out ...string) (map[string]*tensor.Tensor, error) {
			x := in["x"]
			s := x.Shape()[2:]
			n := x.Len()
			data := make([]float32, 4*n)
			for at := range n {
				index := [3]int{at / (s[1] * s[2]), at / s[2] % s[1], at % s[2]}
				if index[axis] >= s[axis]/2 {
					data[(axis+1)*n+at] = 1
				}
			}
			return map[string]*tensor.Tensor{"y": tensor.FromFloat32([]int{1, 4, s[0], s[1], s[2]}, data)}, nil
		}
		v, _ := volume.New(volume.Identity([3]int{8, 10, 12}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
		m, err := Run(context.Background(), models.NewNetwork(card, []string{"x"}, []string{"y"}, run), v, Options{})
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for k := range 12 {
			for j := range 10 {
				for i := range 8 {
					want := [3]bool{i >= 4, k < 6, j < 5}[axis] // LPS: i to the left, j to the back, k up
					if got := m.Labels[at] == uint16(axis+1); got != want {
						t.Fatalf("axis %d at %d %d %d: got %v", axis, i, j, k, got)
					}
					at++
				}
			}
		}
	}
}

func TestTilesAgreeWithWhole(t *testing.T) {
	ctx := context.Background()
	g := volume.Identity([3]int{70, 45, 33}, [3]float64{1, 1, 1})
	v, _ := ball(g, g.CentreLPS(), 12)
	card := models.Card{Name: "test", Task: models.Segment, Labels: []string{"background", "ball"},
		Input: models.Input{Dims: 3, Channels: 1}, Output: models.Output{Decode: models.Argmax}}
	calls := 0
	whole, err := Run(ctx, level(card, 50, &calls), v, Options{})
	if err != nil {
		t.Fatal(err)
	}
	card.Input.Tile = &models.Tile{Size: []int{40, 32, 32}, Overlap: 8}
	calls = 0
	tiled, err := Run(ctx, level(card, 50, &calls), v, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if calls != 1*2*3 {
		t.Errorf("calls: want 6, got %d", calls)
	}
	for i := range whole.Labels {
		if whole.Labels[i] != tiled.Labels[i] {
			t.Fatalf("voxel %d differs", i)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	ctx := context.Background()
	flat, _ := volume.New(volume.Identity([3]int{100, 80, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	solid, _ := volume.New(volume.Identity([3]int{10, 10, 10}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	calls := 0
	small := card2D()
	small.Input.MinSize = 224
	deep := card2D()
	deep.Input.Dims, deep.Input.Size = 3, nil
	three := card2D()
	three.Labels = append(three.Labels, "third")
	detect := card2D()
	detect.Task = models.Detect
	for name, tc := range map[string]struct {
		card models.Card
		v    *volume.Volume
	}{"small": {small, flat}, "flat in 3-D": {deep, flat}, "labels": {three, flat}, "task": {detect, flat}, "labels 3-D": {three, solid}} {
		if _, err := Run(ctx, level(tc.card, 0.5, &calls), tc.v, Options{}); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
