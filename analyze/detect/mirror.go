package detect

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// run computes the named outputs. Where the card says mirror, the image is run a second time with left
// and right exchanged, and the outputs, turned back, are averaged before any activation.
func run(ctx context.Context, net *models.Network, p *models.Prepared, names []string) ([]*tensor.Tensor, error) {
	x := p.Tensor()
	out, err := net.Run(ctx, x, names...)
	if err != nil || !net.Card.Output.Mirror {
		return out, err
	}
	turned := tensor.FromFloat32(x.Shape(), mirrored(x.Float32(), p.Image.Size[0]))
	again, err := net.Run(ctx, turned, names...)
	if err != nil {
		return nil, err
	}
	for n, t := range out {
		shape := t.Shape()
		if len(shape) != 4 || t.DType() != tensor.Float32 || len(again[n].Float32()) != len(t.Float32()) {
			return nil, fmt.Errorf("detect: %s: output %s: want a float32 map to mirror, got shape %v", net.Card.Name, names[n], shape)
		}
		back := mirrored(again[n].Float32(), shape[3])
		mean := make([]float32, len(back))
		for i, a := range t.Float32() {
			mean[i] = (a + back[i]) / 2
		}
		out[n] = tensor.FromFloat32(shape, mean)
	}
	return out, nil
}

// mirrored reverses every row of the given width.
func mirrored(data []float32, width int) []float32 {
	out := make([]float32, len(data))
	for row := 0; row < len(data); row += width {
		for i := range width {
			out[row+i] = data[row+width-1-i]
		}
	}
	return out
}
