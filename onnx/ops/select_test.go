package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// TestTopK holds the choice to a stable sort, with many equal values and NaN.
func TestTopK(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, d := range []int{1, 2, 7, 100, 1000} {
		x := tensor.New(tensor.Float32, d)
		for i := range x.Float32() {
			x.Float32()[i] = float32(rng.IntN(20))
			if rng.IntN(30) == 0 {
				x.Float32()[i] = float32(math.NaN())
			}
		}
		for _, k := range []int{1, 2, d / 10, d / 2, d} {
			if k > d {
				continue
			}
			for _, largest := range []int{0, 1} {
				order := make([]int, d)
				for i := range order {
					order[i] = i
				}
				rank := func(i int) float64 {
					v := float64(x.Float32()[i])
					switch {
					case v != v:
						return math.Inf(-1)
					case largest == 1:
						return -v
					}
					return v
				}
				slices.SortStableFunc(order, func(a, b int) int {
					switch {
					case rank(a) < rank(b):
						return -1
					case rank(a) > rank(b):
						return 1
					}
					return 0
				})
				out := compute(t, "TopK", map[string]any{"largest": largest}, 2, 1, x, tensor.FromInt64([]int{1}, []int64{int64(k)}))
				for j := range k {
					if out[1].Int64()[j] != int64(order[j]) {
						t.Fatalf("%d of %d, largest %d: place %d is %d, want %d", k, d, largest, j, out[1].Int64()[j], order[j])
					}
				}
			}
		}
	}
}

// TestScatterElements holds runs of all kinds to the definition, element by element.
func TestScatterElements(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for _, c := range []struct {
		shape, its []int
		axis       int
		constant   bool
	}{
		{[]int{5, 4, 3}, []int{5, 4, 3}, 0, false}, {[]int{5, 4, 3}, []int{2, 4, 3}, 0, true}, {[]int{5, 4, 3}, []int{2, 3, 3}, 0, true},
		{[]int{5, 4, 3}, []int{2, 3, 2}, 1, false}, {[]int{5, 4, 3}, []int{5, 4, 2}, 2, false}, {[]int{9}, []int{4}, 0, false},
	} {
		x, up := randomFloats(rng, c.shape...), randomFloats(rng, c.its...)
		idx := tensor.New(tensor.Int64, c.its...)
		inner := product(c.its[c.axis+1:])
		for i := range idx.Int64() {
			// each index once along the axis, so that the order of writing does not matter
			idx.Int64()[i] = int64(i/inner%c.its[c.axis]+c.shape[c.axis]-c.its[c.axis]) - int64(rng.IntN(2)*c.shape[c.axis])
			if c.constant {
				idx.Int64()[i] = int64(i / inner % c.its[c.axis])
			}
		}
		want := slices.Clone(x.Float32())
		st, its := strides(c.shape), strides(c.its)
		for i, v := range up.Float32() {
			at := 0
			for k := range c.shape {
				p := i / its[k] % c.its[k]
				if k == c.axis {
					p = (int(idx.Int64()[i]) + c.shape[k]) % c.shape[k]
				}
				at += p * st[k]
			}
			want[at] = v
		}
		got := compute(t, "ScatterElements", map[string]any{"axis": c.axis}, 1, 1, x, idx, up)[0]
		sameFloats(t, fmt.Sprint(c), got.Float32(), want, 0)
	}
}

// TestRoiAlignTurned holds the form that sums channels together to the plain one.
func TestRoiAlignTurned(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	x := randomFloats(rng, 2, 19, 13, 17)
	p := &roiPooling{half: true, oh: 3, ow: 4, ratio: 2, scale: 0.5}
	boxes := []float64{1, 2, 20, 25, -4, -4, 50, 60, 3, 3, 3.5, 3.5}
	var batch []int
	for i := range 3 {
		batch = append(batch, i%2)
	}
	each := 19 * 3 * 4
	plain, turned := make([]float32, 3*each), make([]float32, 3*each)
	c := &Call{Threads: 1, Mem: heap{}}
	c.roiAlign(p, turned, x, boxes, batch)
	var g roiGrid
	for r, b := range batch {
		g.place(p, boxes[4*r:][:4])
		g.align(plain[r*each:][:each], x.Float32()[b*19*13*17:], 19, 13, 17)
	}
	if 3*p.oh*p.ow*16 <= 13*17/2 {
		t.Fatal("the planes are not turned")
	}
	sameFloats(t, "turned", turned, plain, 1e-6)
}

func TestSuppress(t *testing.T) {
	rect := [][4]float32{{0, 0, 1, 1}, {0, 0.1, 1, 1.1}, {2, 2, 3, 3}, {0, 0, 1, 1}}
	if got := suppress(rect, []float32{0.5, 0.9, 0.5, 0.5}, 10, 0.5, 0); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("got %v, want boxes 1 and 2", got)
	}
	if got := suppress(rect, []float32{0.5, 0.5, 0.5, 0.5}, 2, 1, 0); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("got %v, want the first two of equal scores", got)
	}
}
