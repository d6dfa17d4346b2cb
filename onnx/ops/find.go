package ops

import (
	"fmt"
	"sort"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
)

// Newest is the newest opset of ai.onnx that the table knows.
const Newest = 28

// Find is the table's row for a node, or an error that says what is not there.
func Find(n *graph.Node) (*Op, error) {
	rows := Table()
	i := sort.Search(len(rows), func(i int) bool {
		return rows[i].Domain > n.Domain || rows[i].Domain == n.Domain && rows[i].Name >= n.Op
	})
	if i == len(rows) || rows[i].Domain != n.Domain || rows[i].Name != n.Op {
		return nil, fmt.Errorf("no operator %s in domain %q", n.Op, n.Domain)
	}
	op := &rows[i]
	if n.Version < op.Since[0] {
		return nil, fmt.Errorf("operator %s is defined from opset %d on, got %d", n.Op, op.Since[0], n.Version)
	}
	if n.Domain == "" && n.Version > Newest {
		return nil, fmt.Errorf("opset %d is newer than %d", n.Version, Newest)
	}
	return op, nil
}
