// Package classify gives an image the scores of a network's classes under its card.
package classify

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/volume"
)

// Score is what the network says of one class. Positive is true from the card's operating point on.
type Score struct {
	Label    string  `json:"label"`
	Score    float64 `json:"score"`
	Positive bool    `json:"positive"`
}

// Run gives the scores by falling value; classes of equal score keep the card's order.
func Run(ctx context.Context, net *models.Network, v *volume.Volume) ([]Score, error) {
	card := &net.Card
	if card.Task != models.Classify {
		return nil, fmt.Errorf("classify: %s: want a model for task classify, got one for %q", card.Name, card.Task)
	}
	p, err := card.Prepare(ctx, v)
	if err != nil {
		return nil, err
	}
	raw, err := Raw(ctx, net, p)
	if err != nil {
		return nil, err
	}
	out := make([]Score, len(raw))
	for i, s := range raw {
		out[i] = Score{Label: card.Labels[i], Score: s, Positive: s >= card.Output.OperatingPoint}
	}
	slices.SortStableFunc(out, func(a, b Score) int { return cmp.Compare(b.Score, a.Score) })
	return out, nil
}

// Raw gives the scores after the card's activation, in the order of its labels.
func Raw(ctx context.Context, net *models.Network, p *models.Prepared) ([]float64, error) {
	card := &net.Card
	out, err := net.Run(ctx, p.Tensor(), card.Output.Name)
	if err != nil {
		return nil, err
	}
	if out[0].Len() != len(card.Labels) {
		return nil, fmt.Errorf("classify: %s: output: want %d scores as the card has labels, got shape %v", card.Name, len(card.Labels), out[0].Shape())
	}
	data := append([]float32(nil), out[0].Float32()...)
	card.Output.Activation.Activate(data, len(data))
	scores := make([]float64, len(data))
	for i, x := range data {
		scores[i] = float64(x)
		if x-x != 0 {
			return nil, fmt.Errorf("classify: %s: output: want finite scores, got %v", card.Name, x)
		}
	}
	return scores, nil
}
