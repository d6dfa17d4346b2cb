package explain

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/models"
)

// within watches the mean probability of a label (of all but the background where label is "") over the
// voxels where the network first finds it.
func within(ctx context.Context, net *models.Network, p *models.Prepared, label string) (scoreFunc, error) {
	card := &net.Card
	class := slices.Index(card.Labels, label)
	binary := card.Output.Decode == models.Threshold
	if binary && class == 0 || class == 0 && label != "" {
		return nil, fmt.Errorf("want a structure, got the background %q", label)
	}
	probability := func(ctx context.Context, p *models.Prepared) ([]float32, error) {
		out, err := net.Run(ctx, p.Tensor(), card.Output.Name)
		if err != nil {
			return nil, err
		}
		shape := out[0].Shape()
		if len(shape) < 3 || shape[0] != 1 || shape[1] < 1 {
			return nil, fmt.Errorf("output: want [1, classes, sizes], got %v", shape)
		}
		data, channels := append([]float32(nil), out[0].Float32()...), shape[1]
		n := len(data) / channels
		if binary {
			card.Output.Activation.Activate(data, channels)
			if card.Output.Channel >= channels {
				return nil, fmt.Errorf("output: want channel %d, got %d channels", card.Output.Channel, channels)
			}
			data = data[card.Output.Channel*n:][:n]
			if card.Output.Invert {
				for i, x := range data {
					data[i] = 1 - x
				}
			}
			return data, nil
		}
		if channels != len(card.Labels) {
			return nil, fmt.Errorf("output: want %d classes, got %d", len(card.Labels), channels)
		}
		models.Softmax.Activate(data, channels)
		if class >= 0 {
			return data[class*n:][:n], nil
		}
		for i, x := range data[:n] { // all but the background
			data[i] = 1 - x
		}
		return data[:n], nil
	}
	first, err := probability(ctx, p)
	if err != nil {
		return nil, err
	}
	level := float32(0.5)
	if binary {
		level = float32(card.Output.OperatingPoint)
		if card.Output.Invert {
			level = 1 - level
		}
	}
	var at []int
	for i, x := range first {
		if x > level {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return nil, fmt.Errorf("want an image in which the network finds %q, got none of it", label)
	}
	return func(ctx context.Context, p *models.Prepared) (float64, error) {
		now, err := probability(ctx, p)
		if err != nil {
			return 0, err
		}
		if len(now) != len(first) {
			return math.NaN(), fmt.Errorf("output: want the size of before, got another")
		}
		sum := 0.0
		for _, i := range at {
			sum += float64(now[i])
		}
		return sum / float64(len(at)), nil
	}, nil
}
