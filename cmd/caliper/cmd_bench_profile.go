package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/caliper-imaging/caliper/onnx"
)

// profileRuns are the runs whose shortest time is told of each node.
const profileRuns = 3

// nodeTime is a node's line of bench onnx --profile.
type nodeTime struct {
	Node      string  `json:"node"`
	Op        string  `json:"op"`
	Algorithm string  `json:"algorithm,omitempty"`
	Ms        float64 `json:"ms"`
	Percent   float64 `json:"percent"`
	Gflops    float64 `json:"gflops,omitempty"` // a second
	OutMb     float64 `json:"outMb"`
}

// gflop is the arithmetic of one run, in 10⁹ operations.
func gflop(nodes []onnx.NodeTime) float64 {
	sum := 0.0
	for _, n := range nodes {
		sum += float64(n.FLOPs)
	}
	return sum / 1e9
}

// profile times each node; the costliest come first.
func profile(ctx context.Context, session *onnx.Session, inputs map[string]*onnx.Tensor) ([]nodeTime, error) {
	var best []onnx.NodeTime
	for range profileRuns {
		_, nodes, err := session.Profile(ctx, inputs)
		if err != nil {
			return nil, err
		}
		if best == nil {
			best = nodes
			continue
		}
		for i := range best {
			best[i].Duration = min(best[i].Duration, nodes[i].Duration)
		}
	}
	var total time.Duration
	for _, n := range best {
		total += n.Duration
	}
	slices.SortStableFunc(best, func(a, b onnx.NodeTime) int { return cmp.Compare(b.Duration, a.Duration) })
	out := make([]nodeTime, len(best))
	for i, n := range best {
		t := nodeTime{Node: n.Name, Op: n.Op, Algorithm: n.Algorithm, Ms: n.Duration.Seconds() * 1e3, OutMb: float64(n.OutBytes) / (1 << 20)}
		if n.Duration > 0 {
			t.Percent = 100 * n.Duration.Seconds() / total.Seconds()
			t.Gflops = float64(n.FLOPs) / n.Duration.Seconds() / 1e9
		}
		out[i] = t
	}
	return out, nil
}

func printProfile(w io.Writer, nodes []nodeTime) error {
	if _, err := fmt.Fprintf(w, "\n%9s %6s %9s %9s  %-24s %-24s %s\n", "ms", "%", "GFLOP/s", "out MB", "algorithm", "operator", "node"); err != nil {
		return err
	}
	for _, n := range nodes {
		if _, err := fmt.Fprintf(w, "%9.3f %6.2f %9.1f %9.2f  %-24s %-24s %s\n", n.Ms, n.Percent, n.Gflops, n.OutMb, cmp.Or(n.Algorithm, "-"), n.Op, n.Node); err != nil {
			return err
		}
	}
	return nil
}
