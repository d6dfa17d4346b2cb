package classify

import (
	"context"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume"
)

func network(out []float32) *models.Network {
	card := models.Card{Name: "c", Task: models.Classify, Labels: []string{"a", "b", "c"},
		Input:  models.Input{Dims: 2, Channels: 1},
		Output: models.Output{Decode: models.Scores, Activation: models.Softmax, OperatingPoint: 0.5}}
	return models.NewNetwork(card, []string{"x"}, []string{"y"}, func(context.Context, map[string]*tensor.Tensor, ...string) (map[string]*tensor.Tensor, error) {
		return map[string]*tensor.Tensor{"y": tensor.FromFloat32([]int{1, len(out)}, out)}, nil
	})
}

func TestRun(t *testing.T) {
	v, _ := volume.New(volume.Identity([3]int{4, 4, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	got, err := Run(context.Background(), network([]float32{0, 2, 1}), v)
	if err != nil {
		t.Fatal(err)
	}
	want := math.Exp(2) / (1 + math.E + math.Exp(2))
	if len(got) != 3 || got[0].Label != "b" || got[1].Label != "c" || math.Abs(got[0].Score-want) > 1e-6 || !got[0].Positive || got[1].Positive {
		t.Errorf("got %+v", got)
	}
	for _, out := range [][]float32{{1, 2}, {float32(math.NaN()), 1, 2}} {
		if _, err := Run(context.Background(), network(out), v); err == nil {
			t.Errorf("%v: want an error", out)
		}
	}
}
