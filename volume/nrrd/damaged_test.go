package nrrd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// A stream whose checksum is wrong is refused, also where bytes follow the voxels.
func TestDamagedGzip(t *testing.T) {
	head := "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 4 4 2\nspacings: 1 1 1\nencoding: gzip\n\n"
	for _, more := range []int{0, 9} {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write(make([]byte, 32+more))
		w.Close()
		path := filepath.Join(t.TempDir(), "x.nrrd")
		for _, damaged := range []bool{false, true} {
			b := append([]byte(head), z.Bytes()...)
			if damaged {
				b[len(b)-6] ^= 0xff
			}
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path)
			if !damaged && err != nil {
				t.Errorf("%d bytes more: want no error, got %v", more, err)
			}
			if damaged && (err == nil || !strings.Contains(err.Error(), "checksum")) {
				t.Errorf("%d bytes more, damaged: want a checksum error, got %v", more, err)
			}
		}
	}
}
