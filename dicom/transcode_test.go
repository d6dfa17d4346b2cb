package dicom

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestTranscode writes real files in every transfer syntax that there is an encoder for, and reads
// the same values back.
func TestTranscode(t *testing.T) {
	dir := golden.Shared(t, "data/dicom_pydicom_tests/test_files")
	written := 0
	for _, name := range []string{"CT_small.dcm", "MR_small.dcm", "SC_rgb_rle_2frame.dcm", "SC_ybr_full_422_uncompressed.dcm", "SC_rgb_small_odd_big_endian.dcm"} {
		f, err := OpenFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := f.RawArray(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range codec.Table() {
			if c.Encode == nil && c.UID != ExplicitLittle {
				continue
			}
			path := filepath.Join(t.TempDir(), "out.dcm")
			if err := f.Transcode(context.Background(), path, c.UID); err != nil {
				t.Errorf("%s to %s: %v", name, c.Name, err)
				continue
			}
			g, err := OpenFile(path)
			if err != nil {
				t.Errorf("%s to %s: %v", name, c.Name, err)
				continue
			}
			got, err := g.RawArray(context.Background())
			if err != nil || g.TransferSyntax != c.UID || !bytes.Equal(got.Bytes, want.Bytes) {
				t.Errorf("%s to %s: want the same values, got others (%v)", name, c.Name, err)
			}
			if _, err := g.Trailing(context.Background()); err != nil || len(g.Issues) > len(f.Issues) {
				t.Errorf("%s to %s: want a whole file, got %v %v", name, c.Name, err, g.Issues)
			}
			written++
		}
	}
	if written < 25 {
		t.Errorf("want 25 files and more, got %d", written)
	}
}
