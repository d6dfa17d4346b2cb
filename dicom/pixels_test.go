package dicom

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
)

// TestPixels compares the stored values of real files with what pydicom decodes (testdata/pixels.tsv
// says which versions): exactly, lossy streams at 64 samples within 1.
func TestPixels(t *testing.T) {
	b, err := os.ReadFile("testdata/pixels.tsv")
	if err != nil {
		t.Fatal(err)
	}
	root := golden.Shared(t, "data")
	checked := map[string]int{}
	for _, line := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) < 6 {
			t.Fatalf("pixels.tsv: want 6 columns, got %q", line)
		}
		name, syntax := row[0], row[1]
		if c, ok := codec.Find(syntax); !ok || c.Decode == nil {
			continue
		}
		f, err := OpenFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info, err := f.FrameInfo(); err == nil && info.Size()*f.NumFrames() > 1<<20 && os.Getenv("CALIPER_LONG") == "" {
			continue // the largest take most of the time
		}
		raw, err := f.RawArray(context.Background())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checked[syntax]++
		shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(raw.Shape), "[]"), " ", "x")
		if shape != row[2] || string(raw.DType) != row[3] {
			t.Errorf("%s: want %s %s, got %s %s", name, row[2], row[3], shape, raw.DType)
			continue
		}
		if row[5] == "" {
			if sum := fmt.Sprintf("%x", sha256.Sum256(raw.Bytes)); sum != row[4] {
				t.Errorf("%s (%s): values differ from pydicom's", name, syntax)
			}
			continue
		}
		values := integers(raw)
		for i, s := range strings.Split(row[5], ",") {
			want, err := strconv.Atoi(s)
			if err != nil {
				t.Fatal(err)
			}
			at := min(i*len(values)/64+i*37%max(1, len(values)/64), len(values)-1)
			if d := values[at] - want; d < -1 || d > 1 {
				t.Errorf("%s (%s): sample %d: want %d within 1, got %d", name, syntax, at, want, values[at])
				break
			}
		}
	}
	for _, uid := range []string{ImplicitLittle, ExplicitLittle, ExplicitBig, Deflated, "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"} {
		if checked[uid] == 0 {
			t.Errorf("transfer syntax %s: want files to check, got none", uid)
		}
	}
}

func integers(raw *volume.Raw) []int {
	out := make([]int, len(raw.Bytes)/raw.DType.Size())
	for i := range out {
		switch raw.DType {
		case volume.Uint8:
			out[i] = int(raw.Bytes[i])
		case volume.Int8:
			out[i] = int(int8(raw.Bytes[i]))
		case volume.Int16:
			out[i] = int(int16(binary.LittleEndian.Uint16(raw.Bytes[2*i:])))
		case volume.Uint16:
			out[i] = int(binary.LittleEndian.Uint16(raw.Bytes[2*i:]))
		}
	}
	return out
}

// TestTwins compares files that hold the same image in different transfer syntaxes.
func TestTwins(t *testing.T) {
	dir := golden.Shared(t, "data/dicom_pydicom")
	for _, pair := range [][2]string{{"liver.dcm", "liver_rle.dcm"}, {"liver.dcm", "liver_deflate.dcm"}, {"emri_small.dcm", "emri_small_RLE.dcm"}, {"color-pl.dcm", "color-px.dcm"}} {
		var got [2][]byte
		for i, name := range pair {
			f, err := OpenFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			raw, err := f.RawArray(context.Background())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got[i] = raw.Bytes
		}
		if string(got[0]) != string(got[1]) {
			t.Errorf("%s and %s: want equal pixels", pair[0], pair[1])
		}
	}
}
