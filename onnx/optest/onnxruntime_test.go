package optest

import (
	"context"
	"testing"
)

// TestOnnxruntime holds the operators of ai.onnx.ml and com.microsoft, and those of ai.onnx that were experimental, to onnxruntime
// 1.32's results on small random inputs (CPU provider, graph optimisation off); the cases named np_ are of operators that it has
// on other devices alone, by NumPy from their definitions.
func TestOnnxruntime(t *testing.T) {
	r, err := RunTar(context.Background(), "testdata/onnxruntime.tar.gz", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Outcomes) < 250 {
		t.Fatalf("want 250 cases or more, got %d", len(r.Outcomes))
	}
	for _, o := range r.Outcomes {
		if o.Err != nil {
			t.Errorf("%s: %v", o.Name, o.Err)
		}
	}
}
