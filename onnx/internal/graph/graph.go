// Package graph is the ONNX engine's intermediate form: values and nodes with pointers in place of
// names, functions inlined, initializers as tensors (ONNX IR specification, "Graphs").
package graph

import "github.com/caliper-imaging/caliper/onnx/tensor"

// Model is a whole model.
type Model struct {
	IRVersion       int64
	ProducerName    string
	ProducerVersion string
	Domain          string
	Version         int64
	Doc             string
	Opsets          map[string]int
	Metadata        map[string]string
	Graph           *Graph
}

// Graph is a graph or the body of a control-flow operator. Nodes are in an order in which each
// comes after those whose values it uses.
type Graph struct {
	Name    string
	Inputs  []*Value
	Outputs []*Value
	Nodes   []*Node
	// Captures are the values of enclosing graphs that this graph or graphs inside it use.
	Captures []*Value
}

// Value is one named value: a graph's input, a constant, or a node's output.
type Value struct {
	Name  string
	Const *tensor.Tensor // known at load, else nil
	Type  Type           // what is sure to hold
	// Declared is what the file says of it, which may be wrong.
	Declared Type
	Owner    *Graph // the graph that defines it
	// Packed is what the operators that use a constant share of its packed forms; it is theirs alone.
	Packed any
}

// Kind tells tensors, sequences and optionals apart.
type Kind int

// The kinds of types.
const (
	Unknown Kind = iota
	TensorKind
	SparseKind
	SequenceKind
	OptionalKind
	MapKind
)

// Type is what is known of a value before it is computed.
type Type struct {
	Kind   Kind
	DType  tensor.DType // None where not known
	Ranked bool         // Shape is meaningful
	Shape  []Dim
	Elem   *Type // of a sequence or an optional
}

// Dim is a dimension: Size, or -1 with perhaps a symbol's name.
type Dim struct {
	Name string
	Size int
}

// Node is one use of an operator. In and Out have nil where an optional one is left out.
type Node struct {
	Name    string
	Op      string
	Domain  string // "" is ai.onnx
	Version int    // opset of the domain
	In, Out []*Value
	Attrs   map[string]*Attr
}

// Attr is an attribute; Type is one of pb's numbers.
type Attr struct {
	Type    int32
	F       float32
	I       int64
	S       string
	T       *tensor.Tensor
	G       *Graph
	Elem    *Type
	Floats  []float32
	Ints    []int64
	Strings []string
	Tensors []*tensor.Tensor
}

// Bodies calls f for each graph among n's attributes, in the order of the attributes' names.
func (n *Node) Bodies(f func(name string, g *Graph)) {
	for _, name := range []string{"body", "else_branch", "then_branch", "score_mod", "prob_mod"} {
		if a := n.Attrs[name]; a != nil && a.G != nil {
			f(name, a.G)
		}
	}
}

// Int is the integer attribute name, or def where it is absent.
func (n *Node) Int(name string, def int) int {
	if a := n.Attrs[name]; a != nil {
		return int(a.I)
	}
	return def
}

// Float is the float attribute name, or def where it is absent.
func (n *Node) Float(name string, def float32) float32 {
	if a := n.Attrs[name]; a != nil {
		return a.F
	}
	return def
}

// Str is the string attribute name, or def where it is absent.
func (n *Node) Str(name, def string) string {
	if a := n.Attrs[name]; a != nil {
		return a.S
	}
	return def
}

// Ints is the integer list name, nil where it is absent.
func (n *Node) Ints(name string) []int {
	a := n.Attrs[name]
	if a == nil {
		return nil
	}
	out := make([]int, len(a.Ints))
	for i, v := range a.Ints {
		out[i] = int(v)
	}
	return out
}

// Has reports whether the attribute name is given.
func (n *Node) Has(name string) bool { return n.Attrs[name] != nil }

// Const is input i where it is known at load, else nil.
func (n *Node) Const(i int) *tensor.Tensor {
	if i < len(n.In) && n.In[i] != nil {
		return n.In[i].Const
	}
	return nil
}

// HasIn reports whether input i is given.
func (n *Node) HasIn(i int) bool { return i < len(n.In) && n.In[i] != nil }
