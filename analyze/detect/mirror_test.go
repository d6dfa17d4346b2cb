package detect

import (
	"context"
	"slices"
	"testing"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume"
)

// TestMirror runs a network whose output is its input plus the column's number: the average over both
// runs takes the ramp's part that is not symmetric away.
func TestMirror(t *testing.T) {
	v, err := volume.New(volume.Identity([3]int{4, 2, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	copy(v.Data, []float32{1, 2, 3, 9, 0, 0, 5, 0})
	card := models.Card{Name: "ramp", Output: models.Output{Mirror: true}, Input: models.Input{Dims: 2, Channels: 1}}
	net := models.NewNetwork(card, []string{"x"}, []string{"y"}, func(_ context.Context, in map[string]*tensor.Tensor, _ ...string) (map[string]*tensor.Tensor, error) {
		x := in["x"]
		y := slices.Clone(x.Float32())
		for i := range y {
			y[i] += float32(i % 4)
		}
		return map[string]*tensor.Tensor{"y": tensor.FromFloat32(x.Shape(), y)}, nil
	})
	p, err := card.Prepare(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t.Context(), net, p, []string{"y"})
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range out[0].Float32() {
		if want := v.Data[i] + 1.5; got != want {
			t.Errorf("value %d: want %g, got %g", i, want, got)
		}
	}
}
