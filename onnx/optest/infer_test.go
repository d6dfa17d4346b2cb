package optest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/onnx/internal/exec"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// TestInference holds what is inferred of shapes, with the inputs' values known and without, to what the cases compute.
func TestInference(t *testing.T) {
	f, err := os.Open(golden.Shared(t, "onnx-conformance/cases.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]*Case{}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !wanted(h.Name) {
			continue
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		add(cases, h.Name, b)
	}
	known, values, results := 0, 0, 0
	for name, c := range cases {
		m, err := pb.ReadModel(c.Files["model.onnx"])
		if err != nil {
			continue
		}
		model, err := graph.Build(m, nil)
		if err != nil {
			continue
		}
		p, err := exec.Compile(model.Graph)
		if err != nil {
			continue
		}
		var in []*tensor.Tensor
		for i, v := range model.Graph.Inputs {
			x, err := readValue(c.Files[fmt.Sprintf("test_data_set_0/input_%d.pb", i)], declared(m.Graph.Inputs, v.Name))
			if err != nil {
				break
			}
			in = append(in, x)
		}
		if len(in) < len(model.Graph.Inputs) {
			continue
		}
		for _, whole := range []bool{false, true} {
			of := make([]ops.Known, len(in))
			for i, x := range in {
				if of[i] = ops.Of(x); !whole {
					of[i].Value = nil
				}
			}
			said := p.Infer(of)
			r := exec.Runner{Plan: p, Limit: 1 << 31}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			_, _ = r.Run(ctx, in, exec.Options{Decode: DecodePicture, Trace: func(s exec.Traced) {
				for i, o := range s.Out {
					k := p.Known(said, s.Step, i)
					results++
					if !k.Ranked || o == nil {
						continue
					}
					known++
					if k.DType != o.DType() || !slices.Equal(k.Shape, o.Shape()) {
						t.Errorf("%s: %s: output %d: inferred %v%v, computed %v", name, s.Step.Node.Op, i, k.DType, k.Shape, o)
					}
					if k.Value != nil && o.DType() != tensor.String {
						values++
						if !bytes.Equal(k.Value.Bytes(), o.Bytes()) {
							t.Errorf("%s: %s: output %d: inferred values that are not those computed", name, s.Step.Node.Op, i)
						}
					}
				}
			}})
			cancel()
		}
	}
	t.Logf("of %d results %d have an inferred shape, %d values", results, known, values)
	if known < results/3 || values < 100 {
		t.Errorf("of %d results %d have an inferred shape, and %d values", results, known, values)
	}
}
