package onnxgo

import (
	"errors"

	"github.com/owulveryck/onnx-go"
	"gorgonia.org/tensor"

	engine "github.com/caliper-imaging/caliper/onnx/tensor"
)

var (
	_ onnx.Namer       = (*Node)(nil)
	_ onnx.Documenter  = (*Node)(nil)
	_ onnx.DataCarrier = (*Node)(nil)
)

// Node is a value of the graph: an input, a weight, or what an operation makes.
type Node struct {
	id        int64
	g         *Graph
	name, doc string
	value     tensor.Tensor
	declared  engine.DType // what the model says that it is, None where it says nothing
	fixed     bool         // a weight: set by the decoder and not since
	made      bool         // an operation makes it
	stale     bool         // a run has not computed it
}

// ID is the node's number in the graph.
func (n *Node) ID() int64 { return n.id }

// SetName gives the value its name in the model.
func (n *Node) SetName(name string) { n.name = name }

// GetName is the value's name in the model.
func (n *Node) GetName() string { return n.name }

// SetDescription keeps a text.
func (n *Node) SetDescription(doc string) { n.doc = doc }

// GetDescription is the text that was kept.
func (n *Node) GetDescription() string { return n.doc }

// SetTensor sets an input or a weight; the engine does not change it. What the decoder sets before the first operation is a
// weight, unless it is set once more.
func (n *Node) SetTensor(t tensor.Tensor) error {
	if t == nil {
		return errors.New("onnxgo: set tensor: want a tensor, got nil")
	}
	decoding := len(n.g.ops) == 0
	if n.fixed && !decoding {
		n.g.plan = nil
	}
	if decoding && n.declared == engine.None {
		n.declared = typeOf(t)
	}
	n.fixed = decoding
	n.value = t
	return nil
}

// GetTensor is the node's value: after a run what was computed, before it what the decoder or SetTensor left there. The value
// in the middle of a graph is computed when it is first asked for; it is nil where that fails.
func (n *Node) GetTensor() tensor.Tensor {
	if n.stale {
		n.g.wanted = append(n.g.wanted, n.id)
		n.g.plan = nil
		if err := n.g.Run(); err != nil {
			return nil
		}
	}
	return n.value
}
