package ops

import (
	"context"
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Known is what is known of a value before it is computed: nothing where Ranked is not set, else its type and shape, and with
// Value its elements, which are few.
type Known struct {
	DType  tensor.DType
	Ranked bool
	Shape  []int
	Value  *tensor.Tensor
}

// Of is all of a tensor.
func Of(t *tensor.Tensor) Known {
	if t == nil || t.DType() == tensor.None || t.DType() == tensor.Sequence {
		return Known{}
	}
	k := Known{DType: t.DType(), Ranked: true, Shape: t.Shape()}
	if t.NumBytes() <= fewBytes {
		k.Value = t
	}
	return k
}

// fewBytes is the size up to which values are computed while shapes are inferred.
const fewBytes = 4 << 10

// inference is one node whose results' shapes are looked for.
type inference struct {
	*Call // to read small inputs as kernels do; its tensors are the known values
	n     *graph.Node
	known []Known
}

// Infer is what is known of a node's results. Whatever is wrong with the node makes them unknown.
func Infer(n *graph.Node, in []Known) (out []Known) {
	out = make([]Known, len(n.Out))
	defer func() {
		if recover() != nil {
			out = make([]Known, len(n.Out))
		}
	}()
	if n.Domain != "" || len(out) == 0 {
		return out
	}
	i := &inference{n: n, known: in, Call: &Call{Ctx: context.Background(), Threads: 1, In: make([]*tensor.Tensor, len(in)), Out: make([]*tensor.Tensor, len(out))}}
	whole := true
	for k, v := range in {
		i.In[k] = v.Value
		whole = whole && (v.Value != nil || n.In[k] == nil)
	}
	if n.Op == "Shape" || n.Op == "Size" {
		return i.sizes()
	}
	f := inferences[n.Op]
	if f == nil {
		if whole {
			return i.compute(out)
		}
		return out
	}
	f(i, out)
	for k := range out {
		if out[k].Ranked {
			if _, err := tensor.NumElements(out[k].Shape); err != nil {
				return make([]Known, len(n.Out))
			}
		}
	}
	if whole && out[0].Ranked && product(out[0].Shape)*out[0].DType.Size() <= fewBytes {
		return i.compute(out)
	}
	return out
}

// few lends memory for small results only.
type few struct{}

func (few) Alloc(n int) (*tensor.Buffer, error) {
	if n > 4*fewBytes {
		fail("not a small value")
	}
	return &tensor.Buffer{Bytes: tensor.New(tensor.Uint8, n).Bytes()}, nil
}

func (few) Free(*tensor.Buffer) {}

// compute runs the node, all of whose inputs are known and few.
func (i *inference) compute(out []Known) []Known {
	for _, t := range i.In {
		if t != nil && t.DType() == tensor.String {
			return out
		}
	}
	op, err := Find(i.n)
	if err != nil || op.Random || !cheap[i.n.Op] {
		return out
	}
	k, err := Make(op, i.n)
	i.Mem = few{}
	if err != nil || Do(k, i.Call) != nil {
		return out
	}
	for j, t := range i.Out {
		out[j] = Of(t.Detached())
	}
	return out
}

// cheap names operators of which shapes are computed, with work that follows from the size of what goes in and out.
var cheap = map[string]bool{"Add": true, "Sub": true, "Mul": true, "Div": true, "Mod": true, "Neg": true, "Abs": true, "Min": true, "Max": true,
	"Cast": true, "Floor": true, "Ceil": true, "Round": true, "Sqrt": true, "Pow": true, "Concat": true, "Slice": true, "Gather": true, "Split": true,
	"Squeeze": true, "Unsqueeze": true, "Reshape": true, "Flatten": true, "Transpose": true, "Expand": true, "Tile": true, "Identity": true,
	"ReduceProd": true, "ReduceSum": true, "ReduceMax": true, "ReduceMin": true, "Where": true, "Equal": true, "Less": true, "Greater": true,
	"LessOrEqual": true, "GreaterOrEqual": true, "And": true, "Or": true, "Not": true, "Range": true, "ConstantOfShape": true, "Constant": true,
	"ScatterND": true, "Pad": true, "OneHot": true, "CumSum": true, "ArgMax": true, "Trilu": true}

func (i *inference) sizes() []Known {
	x := i.known[0]
	if !x.Ranked {
		return make([]Known, len(i.n.Out))
	}
	if i.n.Op == "Size" {
		return []Known{Of(tensor.FromInt64(nil, []int64{int64(product(x.Shape))}))}
	}
	lo := clampIndex(i.n.Int("start", 0), len(x.Shape))
	hi := clampIndex(i.n.Int("end", len(x.Shape)), len(x.Shape))
	dims := []int64{}
	for _, d := range x.Shape[lo:max(lo, hi)] {
		dims = append(dims, int64(d))
	}
	return []Known{Of(tensor.FromInt64([]int{len(dims)}, dims))}
}

// x is input k, which must be known.
func (i *inference) x(k int) Known {
	if k >= len(i.known) || !i.known[k].Ranked {
		fail("input %d is not known", k)
	}
	return i.known[k]
}

// given tells whether input k is there.
func (i *inference) given(k int) bool { return i.n.HasIn(k) }

// list is input k's integers, nil where it is absent; they must be known where it is not.
func (i *inference) list(k int) []int {
	if !i.given(k) {
		return nil
	}
	if i.In[k] == nil {
		fail("input %d is not known", k)
	}
	return ints(i.In[k])
}

// listFrom is an integer list that is an attribute before the opset since, input k from then on.
func (i *inference) listFrom(since int, name string, k int) []int {
	if i.n.Version < since {
		return i.n.Ints(name)
	}
	return i.list(k)
}

func shaped(dt tensor.DType, shape ...int) Known { return Known{DType: dt, Ranked: true, Shape: shape} }

// resized is where Resize and Upsample say how large their result is.
func (i *inference) resized() []int {
	x := i.x(0).Shape
	n := i.n
	var scales []float64
	var sizes []int
	floats := func(k int) []float64 {
		if i.given(k) && i.In[k] == nil && !(i.known[k].Ranked && product(i.known[k].Shape) == 0) {
			fail("input %d is not known", k)
		}
		i.Mem = few{}
		return i.Call.floats(k)
	}
	switch {
	case n.Op == "Upsample" && n.Version < 9:
		a := n.Attrs["scales"]
		for _, s := range a.Floats {
			scales = append(scales, float64(s))
		}
	case n.Version < 11:
		scales = floats(1)
	default:
		if scales = floats(2); len(scales) == 0 {
			scales, sizes = nil, i.list(3)
		}
	}
	axes := n.Ints("axes")
	if axes == nil {
		for a := range x {
			axes = append(axes, a)
		}
	}
	if n.Str("keep_aspect_ratio_policy", "stretch") != "stretch" || len(scales)+len(sizes) != len(axes) {
		fail("not known")
	}
	shape := append([]int{}, x...)
	for k, a := range axes {
		a = axis(a, len(x))
		if sizes != nil {
			shape[a] = sizes[k]
			continue
		}
		v := math.Floor(float64(float32(x[a]) * float32(scales[k])))
		if !(v >= 0) || v > tensor.MaxElements {
			fail("not valid")
		}
		shape[a] = int(v)
	}
	return shape
}
