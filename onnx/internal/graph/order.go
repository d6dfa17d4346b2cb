package graph

import (
	"fmt"

	"github.com/caliper-imaging/caliper/onnx/internal/pb"
)

// sortNodes puts nodes into an order in which each comes after those that compute what it uses, the
// file's order wherever that is one already. A cycle is an error.
func sortNodes(nodes []*pb.Node, f *frame) ([]*pb.Node, error) {
	made := make(map[string]int, len(nodes)) // name → index of its node
	for i, n := range nodes {
		for _, o := range n.Outputs {
			if o == "" {
				continue
			}
			if _, twice := made[o]; twice {
				return nil, fmt.Errorf("value %q is computed by two nodes", o)
			}
			made[o] = i
		}
	}
	uses := make([][]int, len(nodes))
	sorted := true
	for i, n := range nodes {
		for name := range needed(n, 0) {
			if j, ok := made[name]; ok && f.vals[name] == nil {
				uses[i] = append(uses[i], j)
				sorted = sorted && j < i
			}
		}
	}
	if sorted {
		return nodes, nil
	}
	return kahn(nodes, uses)
}

func kahn(nodes []*pb.Node, uses [][]int) ([]*pb.Node, error) {
	users := make([][]int, len(nodes))
	open := make([]int, len(nodes))
	for i, list := range uses {
		open[i] = len(list)
		for _, j := range list {
			users[j] = append(users[j], i)
		}
	}
	var queue []int
	for i := range nodes {
		if open[i] == 0 {
			queue = append(queue, i)
		}
	}
	order := make([]*pb.Node, 0, len(nodes))
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		order = append(order, nodes[i])
		for _, u := range users[i] {
			if open[u]--; open[u] == 0 {
				queue = append(queue, u)
			}
		}
	}
	if len(order) < len(nodes) {
		for i := range nodes {
			if open[i] > 0 {
				return nil, fmt.Errorf("node %q (%s) is part of a cycle", nodes[i].Name, nodes[i].OpType)
			}
		}
	}
	return order, nil
}

// needed is the names that a node uses, those that the graphs inside it take from outside among them.
func needed(n *pb.Node, depth int) map[string]bool {
	names := map[string]bool{}
	for _, in := range n.Inputs {
		if in != "" {
			names[in] = true
		}
	}
	if depth > MaxNesting {
		return names
	}
	for _, a := range n.Attrs {
		if a.G == nil {
			continue
		}
		own := map[string]bool{}
		for _, v := range a.G.Inputs {
			own[v.Name] = true
		}
		for _, t := range a.G.Initializers {
			own[t.Name] = true
		}
		inner := map[string]bool{}
		for _, m := range a.G.Nodes {
			for name := range needed(m, depth+1) {
				inner[name] = true
			}
			for _, o := range m.Outputs {
				own[o] = true
			}
		}
		for _, o := range a.G.Outputs {
			inner[o.Name] = true
		}
		for name := range inner {
			if !own[name] {
				names[name] = true
			}
		}
	}
	return names
}
