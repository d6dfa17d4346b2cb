package grad

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// CAM is the class activation map of a layer by gradients (Selvaraju et al. 2017, Grad-CAM, eq. 1 and 2): the layer's channels,
// each weighted by the mean of its gradient, summed and cut off at zero. The layer is [batch, channel, space…], the map [batch,
// space…] in the layer's grid.
func (r *Run) CAM(seed map[string]*onnx.Tensor, layer string) (*onnx.Tensor, error) {
	d, err := r.Gradients(seed, layer)
	if err != nil {
		return nil, err
	}
	a, g := r.Value(layer), d[layer]
	if a.Rank() < 3 {
		return nil, fmt.Errorf("grad: cam: layer %q: want batch, channels and space, got %v", layer, a)
	}
	batch, channels := a.Shape()[0], a.Shape()[1]
	out := tensor.New(a.DType(), append([]int{batch}, a.Shape()[2:]...)...)
	inner := 1
	for _, n := range a.Shape()[2:] {
		inner *= n
	}
	sums := make([]float64, inner)
	for b := range batch {
		clear(sums)
		for c := range channels {
			start := (b*channels + c) * inner
			weight := 0.0
			for i := range inner {
				weight += get(g, start+i)
			}
			weight /= float64(inner)
			for i := range sums {
				sums[i] += weight * get(a, start+i)
			}
		}
		for i, v := range sums {
			set(out, b*inner+i, max(0, v))
		}
	}
	return out, nil
}

// Integrated are the integrated gradients (Sundararajan et al. 2017, eq. 1 and 3) of an input: its difference from the baseline
// times the mean gradient on the straight way between them, at the middles of steps equal parts. Their sum approaches the
// difference of the outputs, which says whether steps are enough. The seeds come from the run at each point.
func (m *Model) Integrated(ctx context.Context, inputs map[string]*onnx.Tensor, input string, baseline *onnx.Tensor, steps int,
	seed func(r *Run) (map[string]*onnx.Tensor, error)) (*onnx.Tensor, error) {
	x := inputs[input]
	if x == nil || baseline == nil || x.DType() != baseline.DType() || fmt.Sprint(x.Shape()) != fmt.Sprint(baseline.Shape()) {
		return nil, fmt.Errorf("grad: integrated: input %q: want a baseline like %v, got %v", input, x, baseline)
	}
	if x.DType() != tensor.Float32 && x.DType() != tensor.Float64 {
		return nil, fmt.Errorf("grad: integrated: input %q: want float32 or float64, got %v", input, x.DType())
	}
	if steps < 1 {
		return nil, fmt.Errorf("grad: integrated: want 1 step or more, got %d", steps)
	}
	point := make(map[string]*onnx.Tensor, len(inputs))
	for name, t := range inputs {
		point[name] = t
	}
	sums := make([]float64, x.Len())
	for k := range steps {
		at := (float64(k) + 0.5) / float64(steps)
		p := tensor.New(x.DType(), x.Shape()...)
		for i := range p.Len() {
			set(p, i, get(baseline, i)+at*(get(x, i)-get(baseline, i)))
		}
		point[input] = p
		r, err := m.Forward(ctx, point)
		if err != nil {
			return nil, err
		}
		s, err := seed(r)
		if err != nil {
			return nil, err
		}
		d, err := r.Gradients(s, input)
		if err != nil {
			return nil, err
		}
		for i := range sums {
			sums[i] += get(d[input], i)
		}
	}
	out := tensor.New(x.DType(), x.Shape()...)
	for i, v := range sums {
		set(out, i, v/float64(steps)*(get(x, i)-get(baseline, i)))
	}
	return out, nil
}
