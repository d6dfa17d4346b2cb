package explain

import (
	"context"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume"
)

type outputs map[string]*tensor.Tensor

func network(card models.Card, f func(x []float32, shape []int) outputs) *models.Network {
	return models.NewNetwork(card, []string{"x"}, []string{"y"}, func(_ context.Context, in map[string]*tensor.Tensor, _ ...string) (map[string]*tensor.Tensor, error) {
		return f(in["x"].Float32(), in["x"].Shape()), nil
	})
}

// bright is a picture that is 1 in the square from (40, 8) to (56, 24) and 0 elsewhere.
func bright() *volume.Volume {
	v, err := volume.New(volume.Identity([3]int{96, 64, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	if err != nil {
		panic(err)
	}
	for j := 8; j < 24; j++ {
		for i := 40; i < 56; i++ {
			v.Data[v.Offset(i, j, 0)] = 1
		}
	}
	return v
}

func checkMap(t *testing.T, m *Map) {
	t.Helper()
	g := m.Drop.Geometry
	inside, outside := m.Drop.At(48, 16, 0), float32(0)
	for j := range g.Size[1] {
		for i := range g.Size[0] {
			if i < 30 || i > 66 || j > 34 { // farther than a patch from the square
				outside = max(outside, float32(math.Abs(float64(m.Drop.At(i, j, 0)))))
			}
		}
	}
	if !(inside > 0.2) || outside > 1e-6 {
		t.Errorf("want a drop at the square only, got %g inside and %g outside", inside, outside)
	}
}

func TestClassify(t *testing.T) {
	card := models.Card{Name: "c", Task: models.Classify, Labels: []string{"dark", "bright"}, Input: models.Input{Dims: 2, Channels: 1}, Output: models.Output{Decode: models.Scores}}
	net := network(card, func(x []float32, shape []int) outputs {
		var sum float32
		for j := 8; j < 24; j++ {
			for i := 40; i < 56; i++ {
				sum += x[j*shape[3]+i]
			}
		}
		return outputs{"y": tensor.FromFloat32([]int{1, 2}, []float32{1 - sum/256, sum / 256})}
	})
	m, err := Occlusion(context.Background(), net, bright(), Options{Patch: 8})
	if err != nil {
		t.Fatal(err)
	}
	if m.Label != "bright" || math.Abs(m.Score-1) > 1e-6 || m.Runs != 23*15 {
		t.Errorf("got %s %g %d", m.Label, m.Score, m.Runs)
	}
	checkMap(t, m)
	// covering a 8 × 8 patch of the square takes a quarter of it, less the fill's mean of 1/24
	if want, got := 0.25*(1-1.0/24), float64(m.Drop.At(48, 16, 0)); math.Abs(got-want) > 1e-4 {
		t.Errorf("drop: want %.4f, got %.4f", want, got)
	}
	over, err := Overlay(bright(), m.Drop, Peak(m.Drop))
	if err != nil {
		t.Fatal(err)
	}
	if r, b := over.Channel(0)[over.Offset(48, 16, 0)], over.Channel(2)[over.Offset(48, 16, 0)]; r <= b {
		t.Errorf("overlay: want red over blue at the square, got %g and %g", r, b)
	}
	if _, err := Occlusion(context.Background(), net, bright(), Options{Patch: 1, Step: 1}); err == nil {
		t.Error("want an error for more runs than allowed")
	}
	if _, err := Occlusion(context.Background(), net, bright(), Options{Label: "grey"}); err == nil {
		t.Error("want an error for an unknown label")
	}
}

func TestDetect(t *testing.T) {
	card := models.Card{Name: "d", Task: models.Detect, Labels: []string{"square"}, Input: models.Input{Dims: 2, Channels: 1},
		Output: models.Output{Decode: models.Heatmap, Scores: "y", Stride: 8, Side: 16}}
	net := network(card, func(x []float32, shape []int) outputs {
		h, w := shape[2]/8, shape[3]/8
		heat := make([]float32, h*w)
		for j := range shape[2] {
			for i := range shape[3] {
				heat[j/8*w+i/8] += x[j*shape[3]+i] / 64
			}
		}
		return outputs{"y": tensor.FromFloat32([]int{1, 1, h, w}, heat)}
	})
	box := [4]float64{40, 8, 56, 24}
	m, err := Occlusion(context.Background(), net, bright(), Options{Patch: 16, Step: 8, Box: &box})
	if err != nil {
		t.Fatal(err)
	}
	checkMap(t, m)
}

func TestSegment(t *testing.T) {
	card := models.Card{Name: "s", Task: models.Segment, Labels: []string{"background", "square"}, Input: models.Input{Dims: 2, Channels: 1}, Output: models.Output{Decode: models.Argmax}}
	net := network(card, func(x []float32, shape []int) outputs {
		n := len(x)
		y := make([]float32, 2*n)
		for i, v := range x {
			y[n+i] = 10*v - 5
		}
		return outputs{"y": tensor.FromFloat32([]int{1, 2, shape[2], shape[3]}, y)}
	})
	m, err := Occlusion(context.Background(), net, bright(), Options{Patch: 8})
	if err != nil {
		t.Fatal(err)
	}
	checkMap(t, m)
	blank := bright()
	clear(blank.Data)
	if _, err := Occlusion(context.Background(), net, blank, Options{}); err == nil {
		t.Error("want an error where the structure is not found")
	}
}
