package models

import (
	"context"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Network is a loaded model. It may be used from several goroutines at once.
type Network struct {
	Card    Card
	Inputs  []string // names of tensors, in the order of the file
	Outputs []string
	run     RunFunc
}

// RunFunc computes the outputs that are asked for, all where none is named.
type RunFunc func(ctx context.Context, inputs map[string]*tensor.Tensor, outputs ...string) (map[string]*tensor.Tensor, error)

// NewNetwork makes a network of a function, for engines other than this module's.
func NewNetwork(card Card, inputs, outputs []string, run RunFunc) *Network {
	return &Network{Card: card, Inputs: inputs, Outputs: outputs, run: run}
}

// Run computes the named outputs (the first where none is named) for the image tensor, in that order.
func (n *Network) Run(ctx context.Context, x *tensor.Tensor, outputs ...string) ([]*tensor.Tensor, error) {
	name := n.Card.Input.Name
	if name == "" {
		if len(n.Inputs) != 1 {
			return nil, n.bad("card", "input.name for a network of %d inputs %v, got none", len(n.Inputs), n.Inputs)
		}
		name = n.Inputs[0]
	}
	if len(outputs) == 0 || len(outputs) == 1 && outputs[0] == "" {
		if len(n.Outputs) == 0 {
			return nil, n.bad("outputs", "at least one, got none")
		}
		outputs = n.Outputs[:1]
	}
	got, err := n.run(ctx, map[string]*tensor.Tensor{name: x}, outputs...)
	if err != nil {
		return nil, fmt.Errorf("models: %s: %w", n.Card.Name, err)
	}
	list := make([]*tensor.Tensor, len(outputs))
	for i, name := range outputs {
		t := got[name]
		if t == nil {
			return nil, n.bad("output "+name, "one of %v", n.Outputs)
		}
		if t.DType() != tensor.Float32 {
			return nil, n.bad("output "+name, "float32, got %v", t.DType())
		}
		list[i] = t
	}
	return list, nil
}

func (n *Network) bad(where, want string, args ...any) error {
	return &FormatError{Text: fmt.Sprintf("%s: %s: want "+want, append([]any{n.Card.Name, where}, args...)...)}
}

// Activate applies the activation in place to scores laid out as groups of channels × rest values;
// softmax is over the channels.
func (a Activation) Activate(data []float32, channels int) {
	switch a {
	case Sigmoid:
		for i, x := range data {
			data[i] = float32(1 / (1 + math.Exp(-float64(x))))
		}
	case Softmax:
		if channels < 1 {
			return
		}
		rest := len(data) / channels
		for i := range rest {
			top := math.Inf(-1)
			for c := range channels {
				top = max(top, float64(data[c*rest+i]))
			}
			sum := 0.0
			for c := range channels {
				sum += math.Exp(float64(data[c*rest+i]) - top)
			}
			for c := range channels {
				data[c*rest+i] = float32(math.Exp(float64(data[c*rest+i])-top) / sum)
			}
		}
	}
}
