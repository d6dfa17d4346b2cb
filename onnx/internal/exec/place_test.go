package exec

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// tangle is a random graph of operators that work in place, joined by Concats, nested ones and ones of parts that are used later.
func tangle(rng *rand.Rand) *graph.Graph {
	g := &graph.Graph{}
	in := &graph.Value{Name: "x", Owner: g}
	g.Inputs = []*graph.Value{in}
	type value struct {
		*graph.Value
		channels int
	}
	vals := []value{{in, 4}}
	node := func(op string, channels int, attrs map[string]*graph.Attr, in ...*graph.Value) {
		v := &graph.Value{Name: fmt.Sprint("v", len(vals)), Owner: g}
		g.Nodes = append(g.Nodes, &graph.Node{Name: v.Name, Op: op, Version: 17, In: in, Out: []*graph.Value{v}, Attrs: attrs})
		vals = append(vals, value{v, channels})
	}
	pick := func() value { return vals[max(0, len(vals)-1-int(rng.ExpFloat64()*2))] }
	for range 6 + rng.IntN(20) {
		switch rng.IntN(6) {
		case 0, 1:
			v := pick()
			node([]string{"Relu", "Sigmoid", "Tanh", "Neg"}[rng.IntN(4)], v.channels, nil, v.Value)
		case 2:
			v := pick()
			node("Add", v.channels, nil, v.Value, v.Value)
		case 3:
			v := pick()
			out := 1 + rng.IntN(6)
			w := tensor.New(tensor.Float32, out, v.channels, 1, 1)
			for i := range w.Float32() {
				w.Float32()[i] = float32(rng.NormFloat64()) / 4
			}
			c := &graph.Value{Name: "w", Const: w, Type: graph.ConstType(w), Owner: g}
			node("Conv", out, nil, v.Value, c)
		default:
			var parts []*graph.Value
			sum := 0
			for range 2 + rng.IntN(3) {
				if v := pick(); sum+v.channels <= 64 {
					parts, sum = append(parts, v.Value), sum+v.channels
				}
			}
			if len(parts) > 1 {
				node("Concat", sum, map[string]*graph.Attr{"axis": {Type: pb.AttrInt, I: 1}}, parts...)
			}
		}
	}
	for range 1 + rng.IntN(3) {
		if v := pick().Value; v != in {
			g.Outputs = append(g.Outputs, v)
		}
	}
	if len(g.Outputs) == 0 {
		g.Outputs = []*graph.Value{vals[len(vals)-1].Value}
	}
	return g
}

// TestPlacementKeepsResults holds runs whose Concats are joined in place to the bits of runs that copy.
func TestPlacementKeepsResults(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	joined, free := 0, 0
	for n := range 400 {
		p, err := Compile(tangle(rng))
		if err != nil {
			t.Fatal(err)
		}
		x := tensor.New(tensor.Float32, 1, 4, 64, 65)
		for i := range x.Float32() {
			x.Float32()[i] = float32(rng.NormFloat64())
		}
		before := bytes.Clone(x.Bytes())
		k := ops.Of(x)
		k.Value = nil
		plain := &Runner{Plan: p, layouts: []*shaped{{in: []ops.Known{k}}}}
		want, err := plain.Run(context.Background(), []*tensor.Tensor{x}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		placing := &Runner{Plan: p}
		for range 2 {
			got, err := placing.Run(context.Background(), []*tensor.Tensor{x}, Options{Trace: func(s Traced) {
				if s.Step.Node.Op == "Concat" && s.Algorithm == "100 % in place" {
					joined++
				} else if s.Step.Node.Op == "Concat" {
					free++
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			// The estimate may count what is computed in place after all, and not scratch.
			est, used := p.Estimate([]ops.Known{k}), idle.list[len(idle.list)-1].peak
			if !est.Complete || float64(used) > 1.75*float64(est.Peak) || float64(est.Peak) > 1.5*float64(used) {
				t.Errorf("graph %d: %d bytes were estimated (%v), %d used", n, est.Peak, est.Complete, used)
			}
			for i := range want {
				if !bytes.Equal(got[i].Bytes(), want[i].Bytes()) {
					t.Fatalf("graph %d: output %d is not what it is without placing", n, i)
				}
			}
		}
		if !bytes.Equal(x.Bytes(), before) {
			t.Fatal("the input changed")
		}
	}
	t.Logf("%d Concats took no copy, %d did", joined, free)
	if joined < 100 {
		t.Errorf("%d Concats took no copy, %d did", joined, free)
	}
}
