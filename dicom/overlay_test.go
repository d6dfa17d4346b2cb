package dicom

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestOverlays compares an overlay with pydicom's overlay_array.
func TestOverlays(t *testing.T) {
	for _, c := range overlayWant {
		f, err := OpenFile(golden.Shared(t, "data/"+c.file))
		if err != nil {
			t.Fatal(err)
		}
		o, err := f.Overlays(context.Background())
		if err != nil || len(o) == 0 {
			t.Errorf("%s: want an overlay, got %d and %v", c.file, len(o), err)
			continue
		}
		if o[0].Rows != c.rows || o[0].Columns != c.columns || fmt.Sprintf("%x", sha256.Sum256(o[0].Bits)) != c.sum {
			t.Errorf("%s: want %d × %d as pydicom has it, got %d × %d or other bits", c.file, c.rows, c.columns, o[0].Rows, o[0].Columns)
		}
	}
}

var overlayWant = []struct {
	file          string
	rows, columns int
	sum           string
}{
	{"dicom_pydicom_tests/test_files/examples_overlay.dcm", 300, 484, "e71eac1bb818cffd38a434bbb97d8435a8aa2cf27a92c7008010ed04d466c211"},
}
