package nrrd

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/volume/voxelfile/voxeltest"
)

var bank = voxeltest.Bank{
	Ending: ".nrrd",
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
	for _, name := range []string{"i2.nrrd", "vector.nrrd", "packed.nrrd"} {
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
