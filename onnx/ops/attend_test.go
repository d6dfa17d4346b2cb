package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// TestAttend holds attention by blocks to the definition in float64: sizes that are no multiples of vectors, more keys than a
// chunk, masks of every shape, keys that lie turned, and values that do not lie by rows.
func TestAttend(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for _, c := range []struct {
		queries, keys, size, width int
		mask                       string
	}{
		{1, 1, 1, 1, ""}, {197, 197, 64, 64, ""}, {50, 33, 20, 10, "full"}, {3, 70, 5, 33, "keys"}, {17, 2500, 8, 16, "full"},
		{100, 1025, 16, 48, "keys"}, {64, 2048, 7, 9, ""}, {49, 49, 32, 32, "causal"},
	} {
		for _, turned := range []bool{false, true} {
			q, k, v := randomFloats(rng, c.queries, c.size), randomFloats(rng, c.keys, c.size), randomFloats(rng, c.keys, c.width)
			a := oneHead{queries: c.queries, keys: c.keys, size: c.size, width: c.width, scale: 0.3,
				q: matrixView{q.Float32(), 0, c.size, 1}, k: matrixView{k.Float32(), 0, c.size, 1}, v: matrixView{v.Float32(), 0, c.width, 1}}
			if turned {
				for _, m := range []struct {
					view       *matrixView
					rows, cols int
				}{{&a.q, c.queries, c.size}, {&a.k, c.keys, c.size}, {&a.v, c.keys, c.width}} {
					f := make([]float32, m.rows*m.cols)
					for i := range m.rows {
						for j := range m.cols {
							f[j*m.rows+i] = m.view.f[i*m.cols+j]
						}
					}
					*m.view = matrixView{f, 0, 1, m.rows}
				}
			}
			mask := func(i, j int) float64 { return 0 }
			if c.mask != "" {
				f := randomFloats(rng, c.queries, c.keys).Float32()
				m := matrixView{f, 0, c.keys, 1}
				switch c.mask {
				case "keys":
					m.row = 0
				case "causal":
					for i := range c.queries {
						for j := i + 1; j < c.keys; j++ {
							f[i*c.keys+j] = float32(math.Inf(-1))
						}
					}
				case "full": // the first chunk is forbidden to one query
					for j := range min(c.keys-1, keyChunk) {
						f[2*c.keys+j] = float32(math.Inf(-1))
					}
				}
				a.mask = &m
				mask = func(i, j int) float64 { return float64(m.f[i*m.row+j]) }
			}
			want := make([]float32, c.queries*c.width)
			e := make([]float64, c.keys)
			for i := range c.queries {
				top := math.Inf(-1)
				for j := range c.keys {
					e[j] = 0
					for d := range c.size {
						e[j] += float64(q.Float32()[i*c.size+d]) * float64(k.Float32()[j*c.size+d])
					}
					e[j] = e[j]*0.3 + mask(i, j)
					top = max(top, e[j])
				}
				sum := 0.0
				for j := range e {
					e[j] = math.Exp(e[j] - top)
					sum += e[j]
				}
				for d := range c.width {
					s := 0.0
					for j := range e {
						s += e[j] / sum * float64(v.Float32()[j*c.width+d])
					}
					want[i*c.width+d] = float32(s)
				}
			}
			for threads := range 3 {
				got := make([]float32, len(want))
				a.out = matrixView{got, 0, c.width, 1}
				(&Call{Threads: threads + 1}).attend(1, func(int) oneHead { return a })
				sameFloats(t, fmt.Sprint(c, turned), got, want, 3e-6)
			}
		}
	}
}

// TestFusedAttentionViews holds the reading of packed projections to plain tensors.
func TestFusedAttentionViews(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 4))
	const b, m, h, d = 2, 9, 3, 5
	packed := randomFloats(rng, b, m, 3, h, d)
	part := func(i int) *tensor.Tensor {
		out := tensor.New(tensor.Float32, b, h, m, d)
		for j := range out.Float32() {
			x := j % d
			r, hd, bt := j/d%m, j/d/m%h, j/d/m/h
			out.Float32()[j] = packed.Float32()[(((bt*m+r)*3+i)*h+hd)*d+x]
		}
		return out
	}
	run := func(attrs map[string]*graph.Attr, in ...*tensor.Tensor) *tensor.Tensor {
		k := fusedAttentionOp(&graph.Node{Attrs: attrs})
		c := &Call{Threads: 1, In: in, Out: make([]*tensor.Tensor, 1), Mem: heap{}}
		if err := Do(k, c); err != nil {
			t.Fatal(err)
		}
		return c.Out[0]
	}
	plain := run(nil, part(0), part(1), part(2))
	attrs := map[string]*graph.Attr{"out_swap": {I: 1}}
	for i, name := range []string{"q", "k", "v"} {
		attrs[name+"_perm"], attrs[name+"_index"] = &graph.Attr{Ints: []int64{0, 3, 1, 4}}, &graph.Attr{Ints: []int64{2, int64(i)}}
	}
	got := run(attrs, packed, packed, packed)
	want := make([]float32, got.Len())
	for j := range want {
		x, hd, r, bt := j%d, j/d%h, j/d/h%m, j/d/h/m
		want[j] = plain.Float32()[((bt*h+hd)*m+r)*d+x]
	}
	sameFloats(t, "packed", got.Float32(), want, 1e-6)
}
