package metaimage

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/volume/voxelfile/voxeltest"
)

var bank = voxeltest.Bank{
	Ending: ".mha",
	Read:   Read,
	Size: func(path string) (size [3]int, err error) {
		h, err := ReadHeader(path)
		if err == nil {
			size = h.Size
		}
		return size, err
	},
}

func TestReadsWhatSimpleITKReads(t *testing.T) { bank.Cases(t) }

func TestCutFilesAreRefused(t *testing.T) { bank.Cut(t) }

func FuzzParse(f *testing.F) {
	for _, name := range []string{"i2.mha", "vector.mha", "packed.mha"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parse(bufio.NewReader(bytes.NewReader(b)))
		if err == nil && h.Geometry.Validate() != nil {
			t.Errorf("parsed a grid that is not valid: %v", h.Geometry.Validate())
		}
	})
}

func TestAHeaderMustNameItsVoxels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.mhd")
	text := "ObjectType = Image\nNDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\nElementDataFile =\n\x00"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("want an error for an empty ElementDataFile")
	}
}
