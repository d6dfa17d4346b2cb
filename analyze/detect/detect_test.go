package detect

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/npy"
)

// stored is a network that gives stored outputs whatever goes in.
func stored(card models.Card, out map[string]*tensor.Tensor) *models.Network {
	return models.NewNetwork(card, []string{"x"}, nil, func(context.Context, map[string]*tensor.Tensor, ...string) (map[string]*tensor.Tensor, error) {
		return out, nil
	})
}

func picture(w, h int) *volume.Volume {
	v, err := volume.New(volume.Identity([3]int{w, h, 1}, [3]float64{0.5, 0.5, 1}), 1, volume.Arbitrary)
	if err != nil {
		panic(err)
	}
	return v
}

// The boxes kept by onnxruntime's NonMaxSuppression on a real image are those that we keep.
func TestSuppressionIsONNXRuntimes(t *testing.T) {
	z, err := npy.ReadZip(golden.Shared(t, "data/vectors/bccd_cell_detector_nms.npz"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := models.Registry{}.List()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(m, func(e models.Entry) bool { return e.Card.Name == "bccd_cell_detector" })
	card := m[at].Card
	out := map[string]*tensor.Tensor{}
	for _, name := range []string{"boxes", "scores"} {
		data, err := z[name].Float32s()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = tensor.FromFloat32(z[name].Shape, data)
	}
	got, err := Run(context.Background(), stored(card, out), picture(640, 480), Options{SpacingKnown: true})
	if err != nil {
		t.Fatal(err)
	}
	got = got[:Count(got, &card)]
	selected, err := z["selected"].Float64s()
	if err != nil {
		t.Fatal(err)
	}
	if len(selected) != 3*len(got) {
		t.Fatalf("want %d boxes, got %d", len(selected)/3, len(got))
	}
	boxes := out["boxes"].Float32()
	for n := 0; n < len(selected); n += 3 {
		label, index := card.Labels[int(selected[n+1])], int(selected[n+2])
		found := slices.ContainsFunc(got, func(b Box) bool {
			for i, x := range b.Box {
				want := min(max(2*float64(boxes[index*4+i]), 0), []float64{640, 480}[i%2])
				if math.Abs(x-want) > 1e-3 || math.Abs(b.BoxMM[i]-want/2) > 1e-3 {
					return false
				}
			}
			return b.Label == label
		})
		if !found {
			t.Errorf("box %d of %s is not among ours", index, label)
		}
	}
}

func heatCard() models.Card {
	return models.Card{Name: "heat", Task: models.Detect, Labels: []string{"nodule"},
		Input: models.Input{Dims: 2, Channels: 1, Size: []int{64, 64}, Resize: models.Letterbox},
		Output: models.Output{Decode: models.Heatmap, Scores: "heat", Extent: "size", Offset: "offset", Stride: 4, NMS: 0.3, Floor: 0.1,
			Within: &models.Within{Model: "lungs", Labels: []uint16{2}, MarginPx: 1}}}
}

// A peak at cell (5, 8) of a letterboxed 128 × 64 image lies where the geometry says.
func TestHeatmap(t *testing.T) {
	card := heatCard()
	heat, size, offset := make([]float32, 256), make([]float32, 256), make([]float32, 512)
	at := 8*16 + 5
	heat[at], heat[at+1], heat[0] = 0.9, 0.9, 0.05 // a plateau counts once; 0.05 is below the floor
	size[at] = 6
	offset[at], offset[256+at] = 0.25, -0.5
	out := map[string]*tensor.Tensor{"heat": tensor.FromFloat32([]int{1, 1, 16, 16}, heat), "size": tensor.FromFloat32([]int{1, 1, 16, 16}, size),
		"offset": tensor.FromFloat32([]int{1, 2, 16, 16}, offset)}
	v := picture(128, 64) // scale 1/2, 16 rows of padding above
	got, err := Run(context.Background(), stored(card, out), v, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cx, cy := (5.75*4)*2, (8.0*4-16)*2
	want := [4]float64{cx - 6, cy - 6, cx + 6, cy + 6}
	if len(got) != 1 || got[0].Box != want || got[0].BoxMM != nil || math.Abs(got[0].Score-0.9) > 1e-6 {
		t.Fatalf("want one box %v, got %+v", want, got)
	}
	mask, _ := volume.NewMask(v.Geometry)
	if got, err = Run(context.Background(), stored(card, out), v, Options{Within: mask}); err != nil || len(got) != 0 {
		t.Errorf("outside the mask: got %v, %v", got, err)
	}
	mask.Labels[mask.Offset(int(cx)+2, int(cy), 0)] = 2 // two pixels of the image are one of the input
	if got, err = Run(context.Background(), stored(card, out), v, Options{Within: mask}); err != nil || len(got) != 1 {
		t.Errorf("at the margin: got %v, %v", got, err)
	}
}

func TestComponents(t *testing.T) {
	card := models.Card{Name: "text", Task: models.Detect, Labels: []string{"text"},
		Input:  models.Input{Dims: 2, Channels: 1, ShortSide: 60, Multiple: 32},
		Output: models.Output{Decode: models.Components, Scores: "m", Kernel: 0.3, Grow: 1.6, Floor: 0.5}}
	// 120 × 60 becomes 128 × 64 by padding at the end
	m := make([]float32, 128*64)
	for y := 20; y < 30; y++ {
		for x := 10; x < 50; x++ {
			m[y*128+x] = 0.8
		}
	}
	m[0] = 0.4 // a component whose mean is too low
	out := map[string]*tensor.Tensor{"m": tensor.FromFloat32([]int{1, 1, 64, 128}, m)}
	got, err := Run(context.Background(), stored(card, out), picture(120, 60), Options{})
	if err != nil {
		t.Fatal(err)
	}
	grow := 40 * 10 * 1.6 / 100
	want := [4]float64{10 - grow, 20 - grow, 50 + grow, 30 + grow}
	if len(got) != 1 {
		t.Fatalf("want one box, got %+v", got)
	}
	for i := range want {
		if math.Abs(got[0].Box[i]-want[i]) > 1e-6 {
			t.Errorf("want %v, got %v", want, got[0].Box)
		}
	}
}

func TestRefusesOtherShapes(t *testing.T) {
	card := heatCard()
	out := map[string]*tensor.Tensor{"heat": tensor.FromFloat32([]int{1, 2, 4, 4}, make([]float32, 32)),
		"size": tensor.FromFloat32([]int{1, 1, 4, 4}, make([]float32, 16)), "offset": tensor.FromFloat32([]int{1, 2, 4, 4}, make([]float32, 32))}
	if _, err := Run(context.Background(), stored(card, out), picture(64, 64), Options{}); err == nil {
		t.Error("want an error for two classes")
	}
	out["heat"] = tensor.FromFloat32([]int{1, 1, 4, 4}, make([]float32, 16))
	out["size"] = tensor.FromFloat32([]int{1, 1, 2, 4}, make([]float32, 8))
	if _, err := Run(context.Background(), stored(card, out), picture(64, 64), Options{}); err == nil {
		t.Error("want an error for a map of another size")
	}
}
