package segment

import (
	"context"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume/nifti"
	"github.com/caliper-imaging/caliper/volume/raster"
)

// lwnet_bigwnet_hrf_av.json: vessel Dice 0.804 on HRF 01_h; of predicted arteries on labelled vessels 95.2
// to 98.7 % are red in the manual map, of predicted veins 98.0 to 99.6 % blue.
func TestVesselsOfFundus(t *testing.T) {
	golden.Long(t)
	v, err := raster.Read(golden.Shared(t, "data/fundus_hrf_av/01_h.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	manual, err := raster.Read(golden.Shared(t, "data/fundus_hrf_av/01_h_AVmanual.png"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Run(context.Background(), load(t, golden.Shared(t, "data/models"), "lwnet_bigwnet_hrf_av"), v, Options{})
	if err != nil {
		t.Fatal(err)
	}
	vessel := make([]bool, len(m.Labels))
	any := m.Clone()
	var artery, vein [2]int // on red, on blue
	for at, l := range m.Labels {
		x := (at%v.Size[0]*2 + 1) * manual.Size[0] / (2 * v.Size[0])
		y := (at/v.Size[0]*2 + 1) * manual.Size[1] / (2 * v.Size[1])
		p := manual.Offset(x, y, 0)
		r, g, b := manual.Channel(0)[p], manual.Channel(1)[p], manual.Channel(2)[p]
		vessel[at] = max(r, g, b) > 64
		any.Labels[at] = min(l, 1)
		for n, on := range [2]bool{r > 128 && b < 128, b > 128 && r < 128} {
			if on && l == 2 {
				artery[n]++
			}
			if on && l == 3 {
				vein[n]++
			}
		}
	}
	d := dice(any, 1, vessel)
	red, blue := float64(artery[0])/float64(artery[0]+artery[1]), float64(vein[1])/float64(vein[0]+vein[1])
	t.Logf("Dice %.4f, arteries red %.3f, veins blue %.3f", d, red, blue)
	if math.Abs(d-0.804) > 0.01 || red < 0.95 || blue < 0.98 {
		t.Errorf("Dice %.4f, want 0.804 within 0.01; arteries red %.3f, want 0.95; veins blue %.3f, want 0.98", d, red, blue)
	}
}

// SOURCE.txt of models_more/deepbrain: 1585 ml (v1) and 1519 ml (v2) on the demonstration image of brainchop.
func TestDeepBrain(t *testing.T) {
	golden.Long(t)
	v, err := nifti.Read(golden.Shared(t, "data/brain_t1_brainchop/t1_crop.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	dir := golden.Shared(t, "data/models_more")
	for name, want := range map[string]float64{"deepbrain_v1": 1585, "deepbrain_v2": 1519} {
		m, err := Run(context.Background(), load(t, dir, name), v, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if ml := m.VolumeML(1); math.Abs(ml-want) > 0.005*want {
			t.Errorf("%s: %.1f ml, want %.0f within half a percent", name, ml, want)
		}
	}
}
