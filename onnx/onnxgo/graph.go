// Package onnxgo runs programs that are written for github.com/owulveryck/onnx-go (v0.5.0) on this engine: its Graph is an
// onnx.Backend and a backend.ComputationBackend of that package.
//
// Replace the backend, and leave the rest of the program as it is:
//
//	backend := onnxgo.NewGraph()            // was gorgonnx.NewGraph()
//	model := onnx.NewModel(backend)
//	err := model.UnmarshalBinary(b)
//	model.SetInput(0, input)
//	err = backend.Run()
//	outputs, err := model.GetOutputTensors()
//
// What that package's decoder does not hand on can't be had here either: opsets and domains (see Graph.Opset), float16,
// bfloat16 and strings, If, Loop and Scan, functions, external data, and symbolic dimensions.
package onnxgo

import (
	"github.com/owulveryck/onnx-go"
	"github.com/owulveryck/onnx-go/backend"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/iterator"

	engine "github.com/caliper-imaging/caliper/onnx"
)

var _ backend.ComputationBackend = (*Graph)(nil)

// DefaultOpset is what a Graph takes for the model's opset where Opset is 0: that of the time of onnx-go 0.5.0. A node whose
// inputs only a later opset allows is taken as of that one.
const DefaultOpset = 10

// Graph receives a model from onnx-go's decoder and runs it. Nodes are numbered from 0 in the order in which they are made.
// It is not safe for concurrent use.
type Graph struct {
	// Opset is the model's version of ai.onnx, which the decoder does not hand on; 0 is DefaultOpset.
	Opset int
	// Options of the engine's session.
	Options engine.Options

	nodes   []*Node
	free    int64 // id of a node that is made but not yet added
	pending []edge
	ops     []operation
	edges   []edge
	at      map[[2]int64]int // index into edges by ends
	into    map[int64][]int64
	from    map[int64][]int64
	plan    *plan
	wanted  []int64 // nodes beside the last ones whose values were asked for
}

// NewGraph is an empty graph.
func NewGraph() *Graph {
	return &Graph{at: map[[2]int64]int{}, into: map[int64][]int64{}, from: map[int64][]int64{}}
}

// edge leads from a value to an input of the operation that makes it; its weight is the number of the input.
type edge struct {
	from, to graph.Node
	weight   float64
}

func (e edge) From() graph.Node         { return e.from }
func (e edge) To() graph.Node           { return e.to }
func (e edge) ReversedEdge() graph.Edge { return edge{e.to, e.from, e.weight} }
func (e edge) Weight() float64          { return e.weight }

// operation is one operator with its inputs in order, nil where one is left out, and its outputs.
type operation struct {
	onnx.Operation
	in, out []*Node
}

// NewNode makes a node that is not yet in the graph.
func (g *Graph) NewNode() graph.Node {
	n := &Node{id: g.free, g: g}
	g.free++
	return n
}

// AddNode adds a node of NewNode. It panics on another graph's node and on one that is there already, as gonum's graphs do.
func (g *Graph) AddNode(n graph.Node) {
	own, ok := n.(*Node)
	if !ok || own.g != g {
		panic("onnxgo: add node: the node is of another graph")
	}
	for int64(len(g.nodes)) <= own.id {
		g.nodes = append(g.nodes, nil)
	}
	if g.nodes[own.id] != nil {
		panic("onnxgo: add node: the node is there already")
	}
	g.nodes[own.id] = own
}

// NewWeightedEdge makes an edge that is not yet in the graph.
func (g *Graph) NewWeightedEdge(from, to graph.Node, weight float64) graph.WeightedEdge {
	return edge{from, to, weight}
}

// SetWeightedEdge adds an edge. Of several between two nodes, all are inputs of the operation, and the last one is what the
// graph's queries show.
func (g *Graph) SetWeightedEdge(e graph.WeightedEdge) {
	own := edge{e.From(), e.To(), e.Weight()}
	g.pending = append(g.pending, own)
	key := [2]int64{own.from.ID(), own.to.ID()}
	if i, ok := g.at[key]; ok {
		g.edges[i] = own
		return
	}
	g.at[key] = len(g.edges)
	g.edges = append(g.edges, own)
	g.from[key[0]] = append(g.from[key[0]], key[1])
	g.into[key[1]] = append(g.into[key[1]], key[0])
}

// Node is the node with the given number, nil where there is none.
func (g *Graph) Node(id int64) graph.Node {
	if n := g.node(id); n != nil {
		return n
	}
	return nil
}

func (g *Graph) node(id int64) *Node {
	if id < 0 || id >= int64(len(g.nodes)) {
		return nil
	}
	return g.nodes[id]
}

// Nodes are all nodes in their order.
func (g *Graph) Nodes() graph.Nodes {
	var list []graph.Node
	for _, n := range g.nodes {
		if n != nil {
			list = append(list, n)
		}
	}
	return iterator.NewOrderedNodes(list)
}

// From are the nodes to which edges lead from id: the inputs of what makes it.
func (g *Graph) From(id int64) graph.Nodes { return g.list(g.from[id]) }

// To are the nodes from which edges lead to id: what is made of it.
func (g *Graph) To(id int64) graph.Nodes { return g.list(g.into[id]) }

func (g *Graph) list(ids []int64) graph.Nodes {
	list := make([]graph.Node, len(ids))
	for i, id := range ids {
		list[i] = g.Node(id)
	}
	return iterator.NewOrderedNodes(list)
}

// HasEdgeFromTo reports whether an edge leads from u to v.
func (g *Graph) HasEdgeFromTo(u, v int64) bool {
	_, ok := g.at[[2]int64{u, v}]
	return ok
}

// HasEdgeBetween reports whether an edge lies between x and y, in either direction.
func (g *Graph) HasEdgeBetween(x, y int64) bool {
	return g.HasEdgeFromTo(x, y) || g.HasEdgeFromTo(y, x)
}

// Edge is the edge from u to v, nil where there is none.
func (g *Graph) Edge(u, v int64) graph.Edge {
	if e := g.WeightedEdge(u, v); e != nil {
		return e
	}
	return nil
}

// WeightedEdge is the edge from u to v, nil where there is none.
func (g *Graph) WeightedEdge(u, v int64) graph.WeightedEdge {
	if i, ok := g.at[[2]int64{u, v}]; ok {
		return g.edges[i]
	}
	return nil
}

// Weight is the weight of the edge from x to y, and whether there is one.
func (g *Graph) Weight(x, y int64) (float64, bool) {
	if e := g.WeightedEdge(x, y); e != nil {
		return e.Weight(), true
	}
	return 0, false
}

// ApplyOperation takes an operator whose outputs are ns; the edges set since the last one name its inputs.
func (g *Graph) ApplyOperation(o onnx.Operation, ns ...graph.Node) error {
	op, err := g.take(o, ns)
	if err != nil {
		return err
	}
	g.ops = append(g.ops, op)
	g.plan = nil
	return nil
}
