package pass

import (
	"github.com/caliper-imaging/caliper/onnx/internal/conv"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/ops"
)

// narrowed names the operators whose products may be computed below float32.
var narrowed = map[string]bool{"Conv": true, "MatMul": true, "Gemm": true}

// Precise marks the nodes of a graph, and of the graphs in it, with the arithmetic of their products, and with whether
// convolutions stay clear of Winograd's algorithm.
func Precise(g *graph.Graph, precision conv.Precision, direct bool) {
	for _, n := range g.Nodes {
		n.Bodies(func(_ string, b *graph.Graph) { Precise(b, precision, direct) })
		if n.Domain != "" || !narrowed[n.Op] {
			continue
		}
		if n.Attrs == nil {
			n.Attrs = map[string]*graph.Attr{}
		}
		if precision != conv.Float32 {
			n.Attrs[ops.NodePrecision] = &graph.Attr{Type: pb.AttrInt, I: int64(precision)}
		}
		if direct {
			n.Attrs[ops.NodeDirect] = &graph.Attr{Type: pb.AttrInt, I: 1}
		}
	}
}
