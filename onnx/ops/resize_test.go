package ops

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// TestResizeBoxes holds the forms by planes to the ones an axis or an element at a time.
func TestResizeBoxes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	for _, s := range [][2][]int{
		{{2, 3, 5, 6, 7}, {2, 3, 10, 12, 14}}, {{1, 2, 9, 8, 7}, {1, 2, 13, 8, 21}}, {{1, 2, 9, 8, 7}, {1, 2, 4, 19, 7}},
		{{3, 17, 33}, {3, 34, 66}}, {{1, 3, 40, 41}, {1, 3, 20, 90}}, {{2, 50}, {2, 75}}, {{1, 1, 1, 9}, {1, 1, 5, 20}}, {{4, 6}, {9, 6}},
		{{1, 1, 20, 30, 40}, {1, 1, 9, 61, 83}},
	} {
		in, out := s[0], s[1]
		x := randomFloats(rng, in...)
		scale := make([]float64, len(in))
		for a := range in {
			scale[a] = float64(out[a]) / float64(in[a])
		}
		stays := func(a int) bool { return in[a] == out[a] }
		for _, threads := range []int{1, 3} {
			c := &Call{Threads: threads, Mem: heap{}}
			for _, r := range []*resizer{{mode: "linear"}, {mode: "cubic", cubic: -0.75}, {mode: "linear", antialias: true}} {
				for _, r.coord = range []string{"half_pixel", "align_corners", "asymmetric"} {
					weights := func(a int) []mix { return r.weights(in[a], out[a], scale[a], 0, 1) }
					got, ok := c.mixBoxes(x, out, stays, weights)
					if !ok {
						t.Fatalf("%v to %v is not done by planes", in, out)
					}
					want := x
					for a := range in {
						if !stays(a) {
							want = c.resizeAxis(want, a, out[a], weights(a))
						}
					}
					sameFloats(t, fmt.Sprint(in, out, *r), got.Float32(), want.Float32(), 1e-6)
				}
			}
			for _, coord := range []string{"half_pixel", "align_corners", "asymmetric"} {
				r := &resizer{coord: coord, nearest: "round_prefer_floor"}
				index := make([][]int, len(in))
				for a := range in {
					index[a] = r.nearestIndex(in[a], out[a], scale[a], 0, 1)
				}
				got, ok := c.repeatBoxes(x, out, index)
				if !ok {
					t.Fatalf("%v to %v is not done by planes", in, out)
				}
				sameFloats(t, fmt.Sprint(in, out, coord), got.Float32(), c.gatherGrid(x, out, index, tensor.New(tensor.Float32, 1)).Float32(), 0)
			}
		}
	}
}
