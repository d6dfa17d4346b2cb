package pass

import "github.com/caliper-imaging/caliper/onnx/internal/graph"

// Prune removes nodes whose outputs nobody uses, drops outputs that nobody uses where the operator
// may leave them out, and forgets captures of values that became known.
func Prune(g *graph.Graph) {
	used := map[*graph.Value]bool{}
	for _, v := range g.Outputs {
		used[v] = true
	}
	kept := make([]*graph.Node, 0, len(g.Nodes))
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		live := false
		for _, v := range n.Out {
			live = live || v != nil && used[v]
		}
		if !live {
			continue
		}
		kept = append(kept, n)
		for len(n.Out) > 1 && !used[n.Out[len(n.Out)-1]] && optional[n.Op] {
			n.Out = n.Out[:len(n.Out)-1]
		}
		for _, v := range n.In {
			if v != nil {
				used[v] = true
			}
		}
		n.Bodies(func(_ string, b *graph.Graph) {
			Prune(b)
			for _, v := range b.Captures {
				used[v] = true
			}
		})
	}
	for i, j := 0, len(kept)-1; i < j; i, j = i+1, j-1 {
		kept[i], kept[j] = kept[j], kept[i]
	}
	g.Nodes = kept
	captures := g.Captures[:0]
	for _, v := range g.Captures {
		if v.Const == nil {
			captures = append(captures, v)
		}
	}
	g.Captures = captures
}

// optional names operators whose trailing outputs cost work.
var optional = map[string]bool{"MaxPool": true, "Dropout": true, "LayerNormalization": true, "BatchNormalization": true}
