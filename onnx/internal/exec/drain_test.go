package exec

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// TestDrain holds a large result that is computed by parts to sums of its own.
func TestDrain(t *testing.T) {
	const channels, voxels = 3, 1<<20 + 77
	g := &graph.Graph{}
	x, y, z := &graph.Value{Name: "x", Owner: g}, &graph.Value{Name: "y", Owner: g}, &graph.Value{Name: "z", Owner: g}
	w := tensor.FromFloat32([]int{2, channels, 1}, []float32{1, 2, 3, -1, 0.5, 0.25})
	c := &graph.Value{Name: "w", Const: w, Type: graph.ConstType(w), Owner: g}
	g.Inputs, g.Outputs = []*graph.Value{x}, []*graph.Value{z}
	g.Nodes = []*graph.Node{{Name: "n", Op: "Neg", Version: 17, In: []*graph.Value{x}, Out: []*graph.Value{y}},
		{Name: "c", Op: "Conv", Version: 17, In: []*graph.Value{y, c}, Out: []*graph.Value{z}}}
	p, err := Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	in := tensor.New(tensor.Float32, 1, channels, voxels)
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range in.Float32() {
		in.Float32()[i] = float32(rng.IntN(64)) // sums are exact
	}
	parts := false
	r := &Runner{Plan: p, drain: 4 << 20}
	out, err := r.Run(context.Background(), []*tensor.Tensor{in}, Options{Threads: 2, Trace: func(s Traced) { parts = parts || s.Algorithm == "1×1 by parts" }})
	if err != nil {
		t.Fatal(err)
	}
	if !parts {
		t.Error("not computed by parts")
	}
	f, o, weight := in.Float32(), out[0].Float32(), w.Float32()
	for v := range voxels {
		for k := range 2 {
			want := float32(0)
			for ch := range channels {
				want -= weight[k*channels+ch] * f[ch*voxels+v]
			}
			if o[k*voxels+v] != want {
				t.Fatalf("channel %d, voxel %d: want %v, got %v", k, v, want, o[k*voxels+v])
			}
		}
	}
}
