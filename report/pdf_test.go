package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestPDFLook(t *testing.T) {
	dir := os.Getenv("REPORT_LOOK")
	if dir == "" {
		t.Skip()
	}
	for name, r := range samples() {
		var out bytes.Buffer
		if err := Write(&out, "pdf", r, Options{}); err != nil {
			t.Fatal(name, err)
		}
		os.WriteFile(filepath.Join(dir, name+".pdf"), out.Bytes(), 0o644)
		out.Reset()
		if err := Write(&out, "html", r, Options{}); err != nil {
			t.Fatal(name, err)
		}
		os.WriteFile(filepath.Join(dir, name+".html"), out.Bytes(), 0o644)
	}
	if err := WriteBatch(dir+"/batch", batch(t, dir+"/batch")); err != nil {
		t.Fatal(err)
	}
}
