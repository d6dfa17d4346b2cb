package seg

import (
	"context"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestLiver reads a binary segmentation in three encodings: the figures are those of its header, and
// the counts pydicom's (pixel_array of each frame, summed).
func TestLiver(t *testing.T) {
	for _, name := range []string{"liver.dcm", "liver_rle.dcm", "liver_deflate.dcm"} {
		f, err := dicom.OpenFile(golden.Shared(t, "data/dicom_pydicom/"+name))
		if err != nil {
			t.Fatal(err)
		}
		s, err := Read(context.Background(), f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m := s.Mask
		if m.Size != [3]int{512, 512, 3} || math.Abs(m.Spacing[0]-0.810547) > 1e-9 || m.Spacing[2] != 1 || m.Origin != [3]float64{-235.2, -226.8, -128.69} {
			t.Errorf("%s: want 512 × 512 × 3 of 0.810547 mm from -235.2 -226.8 -128.69, got %v %v %v", name, m.Size, m.Spacing, m.Origin)
		}
		if len(s.Segments) != 1 || s.Segments[0].Label != "Liver" || m.Name(1) != "Liver" || s.Segments[0].Type.Code == "" {
			t.Errorf("%s: want one segment named Liver with a code, got %v", name, s.Segments)
		}
		raw, err := f.RawArray(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range raw.Bytes {
			if m.Labels[i] != uint16(v) {
				t.Fatalf("%s: voxel %d: want %d, got %d", name, i, v, m.Labels[i])
			}
		}
		if n := m.Count(1); n != liverVoxels {
			t.Errorf("%s: want %d voxels, got %d", name, liverVoxels, n)
		}
	}
}

const liverVoxels = 107098
