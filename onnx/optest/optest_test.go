package optest

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestConformance holds the engine to the cases of the onnx package: every case that is not on the
// skip list passes, and none that is does.
func TestConformance(t *testing.T) {
	r, err := RunTar(context.Background(), golden.Shared(t, "onnx-conformance/cases.tar.gz"), DecodePicture)
	if err != nil {
		t.Fatal(err)
	}
	only := os.Getenv("OPTEST_CASE")
	for _, o := range r.Outcomes {
		switch {
		case only != "" && !strings.Contains(o.Name, only):
		case o.Err != nil && o.Reason == "":
			t.Errorf("%s: %v", o.Name, o.Err)
		case o.Err == nil && o.Reason != "" && !strings.HasPrefix(o.Reason, "random:"):
			t.Errorf("%s passes, but is on the skip list: %s", o.Name, o.Reason)
		}
	}
	var b strings.Builder
	if err := r.Table(&b); err != nil {
		t.Fatal(err)
	}
	t.Log(b.String()[strings.LastIndex(strings.TrimSpace(b.String()), "\n")+1:])
}
