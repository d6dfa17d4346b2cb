package measure_test

import (
	"context"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/measure"
	"github.com/caliper-imaging/caliper/phantom"
	"github.com/caliper-imaging/caliper/volume"
)

// The worked example: 23 mm in the right upper zone, 18 mm in the prior, each projected with blur,
// noise, ribs and vessels. Boxes are off by some pixels, as a detector's are.
func TestNodulesOfAProjectedChest(t *testing.T) {
	golden.Long(t)
	p, err := phantom.Make("chest-xray", 1, map[string]string{"nodule-mm": "23", "prior-mm": "18", "prior-days": "182", "zone": "right upper"})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name  string
		image *volume.Volume
		truth *phantom.Truth
	}{{"current", p.Volume, &p.Truth}, {"prior", p.Prior, p.Truth.Prior}} {
		lesion := x.truth.Lesions[0]
		spacing := [2]float64{x.truth.SpacingMM[0], x.truth.SpacingMM[1]}
		for _, scale := range []float64{0.85, 1, 1.2} {
			b := *lesion.Box
			w, h := b[2]-b[0], b[3]-b[1]
			cx, cy := (b[0]+b[2])/2+0.1*w, (b[1]+b[3])/2-0.08*h
			box := [4]float64{cx - scale*w/2, cy - scale*h/2, cx + scale*w/2, cy + scale*h/2}
			got, err := measure.Nodule2D(context.Background(), x.image, box, measure.NoduleOptions{SpacingMM: &spacing, Plane: "patient"})
			if err != nil {
				t.Fatal(err)
			}
			long := got.Measures[0]
			t.Logf("%s, box scaled by %g: %.2f mm of %.2f, clear edge on %.2f", x.name, scale, long.Value, lesion.DiameterMM, got.EdgePart)
			if math.Abs(long.Value-lesion.DiameterMM) > 1.5 || long.Unit != "mm" || long.Plane != "patient" {
				t.Errorf("%s, box scaled by %g: want %.1f mm within 1.5 in the patient's plane, got %.2f %s (%s)", x.name, scale, lesion.DiameterMM, long.Value, long.Unit, long.Plane)
			}
		}
	}
}
