package ops

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// heap lends fresh memory filled with NaN, so that what a kernel leaves unwritten shows.
type heap struct{}

func (heap) Free(*tensor.Buffer) {}

func (heap) Alloc(n int) (*tensor.Buffer, error) {
	t := tensor.New(tensor.Uint8, n)
	for i := range t.Bytes() {
		t.Bytes()[i] = 0xff
	}
	return &tensor.Buffer{Bytes: t.Bytes()}, nil
}

// compute runs one operator of the newest version on in; attributes are int, float32, string or []int.
func compute(t testing.TB, op string, attrs map[string]any, outs, threads int, in ...*tensor.Tensor) []*tensor.Tensor {
	t.Helper()
	n := &graph.Node{Op: op, Version: Newest, Attrs: map[string]*graph.Attr{}}
	for name, v := range attrs {
		a := &graph.Attr{}
		switch v := v.(type) {
		case int:
			a.I = int64(v)
		case float32:
			a.F = v
		case string:
			a.S = v
		case []int:
			for _, i := range v {
				a.Ints = append(a.Ints, int64(i))
			}
		}
		n.Attrs[name] = a
	}
	for range in {
		n.In = append(n.In, &graph.Value{})
	}
	for range outs {
		n.Out = append(n.Out, &graph.Value{})
	}
	row, err := Find(n)
	if err != nil {
		t.Fatal(err)
	}
	k, err := Make(row, n)
	if err != nil {
		t.Fatal(err)
	}
	c := &Call{Ctx: context.Background(), Threads: threads, In: in, Out: make([]*tensor.Tensor, outs), Mem: heap{}}
	if err := Do(k, c); err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	return c.Out
}

func randomFloats(rng *rand.Rand, shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	for i := range t.Float32() {
		t.Float32()[i] = float32(rng.NormFloat64())
	}
	return t
}

// sameFloats holds got to want, each within tol of the largest of want.
func sameFloats(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	top := 0.0
	for _, v := range want {
		top = max(top, math.Abs(float64(v)))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tol*top) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}
