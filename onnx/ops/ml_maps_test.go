package ops

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// runML runs an operator of ai.onnx.ml on one input.
func runML(t *testing.T, op string, attrs map[string]*graph.Attr, x *tensor.Tensor) (*tensor.Tensor, error) {
	t.Helper()
	n := &graph.Node{Op: op, Domain: "ai.onnx.ml", Version: 1, Attrs: attrs, In: []*graph.Value{{Name: "x"}}, Out: []*graph.Value{{Name: "y"}}}
	row, err := Find(n)
	if err != nil {
		t.Fatal(err)
	}
	k, err := Make(row, n)
	if err != nil {
		return nil, err
	}
	c := &Call{Threads: 1, Mem: plainMemory{}, In: []*tensor.Tensor{x}, Out: make([]*tensor.Tensor, 1)}
	err = Do(k, c)
	return c.Out[0], err
}

// TestMaps takes scores to maps and back. The text of numbers and the order of a vocabulary are those of the specification of
// ai.onnx.ml (ZipMap-1, DictVectorizer-1, CastMap-1).
func TestMaps(t *testing.T) {
	words := &graph.Attr{Strings: []string{"benign", "malign"}}
	maps, err := runML(t, "ZipMap", map[string]*graph.Attr{"classlabels_strings": words}, tensor.FromFloat32([]int{2, 2}, []float32{0.25, 0.75, 0.5, 0.125}))
	if err != nil {
		t.Fatal(err)
	}
	if len(maps.Elems()) != 2 {
		t.Fatalf("want 2 maps, got %v", maps)
	}
	second := maps.Elems()[1]
	if got := fmt.Sprint(second.Elems()[0].Strings(), second.Elems()[1].Float32()); got != "[benign malign] [0.5 0.125]" {
		t.Errorf("second map: got %s", got)
	}
	row, err := runML(t, "DictVectorizer", map[string]*graph.Attr{"string_vocabulary": {Strings: []string{"malign", "unknown", "benign"}}}, second)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(row.Shape(), row.Float32()); got != "[1 3] [0.125 0 0.5]" {
		t.Errorf("vocabulary: got %s", got)
	}
	numbered := mapOf(tensor.FromInt64([]int{2}, []int64{3, 1}), tensor.FromStrings([]int{2}, []string{"1.5", "-2"}))
	for _, x := range []struct {
		attrs map[string]*graph.Attr
		want  string
	}{
		{map[string]*graph.Attr{}, "[1 2] [1.5 -2]"},
		{map[string]*graph.Attr{"map_form": {S: "SPARSE"}, "max_map": {I: 5}}, "[1 5] [0 -2 0 1.5 0]"},
	} {
		row, err := runML(t, "CastMap", x.attrs, numbered)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(row.Shape(), row.Float32()); got != x.want {
			t.Errorf("want %s, got %s", x.want, got)
		}
	}
	if _, err := runML(t, "CastMap", map[string]*graph.Attr{"map_form": {S: "SPARSE"}, "max_map": {I: 2}}, numbered); err == nil || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("a key beyond max_map: %v", err)
	}
	if _, err := runML(t, "DictVectorizer", map[string]*graph.Attr{"string_vocabulary": words}, numbered); err == nil {
		t.Error("keys of another type are taken")
	}
}
