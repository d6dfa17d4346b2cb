package segment

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// chest is an analytic chest CT in LPS: body, two lungs, trachea that forks, spine, a table beneath.
// bridge is the half width in mm of the air that joins the lungs in front.
func chest(g volume.Geometry, bridge float64) (v *volume.Volume, truth []uint16, body []bool) {
	v, err := volume.New(g, 1, volume.HU)
	if err != nil {
		panic(err)
	}
	truth, body = make([]uint16, g.Voxels()), make([]bool, g.Voxels())
	oval := func(p [3]float64, cx, cy, cz, rx, ry, rz float64) bool {
		x, y, z := (p[0]-cx)/rx, (p[1]-cy)/ry, (p[2]-cz)/rz
		return x*x+y*y+z*z < 1
	}
	at := 0
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				p := g.PointLPS([3]float64{float64(i), float64(j), float64(k)})
				hu := float32(-1000)
				x, y := p[0]/160, p[1]/105
				if x*x+y*y < 1 {
					body[at] = true
					hu = 40
					switch {
					case oval(p, -75, 0, -10, 58, 75, 115):
						hu, truth[at] = -850, 1
					case oval(p, 75, 0, -10, 58, 75, 115):
						hu, truth[at] = -850, 2
					case math.Abs(p[0]) < 25 && math.Abs(p[1]+30) < bridge && math.Abs(p[2]) < bridge:
						hu, truth[at] = -850, 1
						if p[0] > 0 {
							truth[at] = 2
						}
					case p[2] > 10 && math.Hypot(p[0], p[1]-20) < 9, p[2] <= 10 && p[2] > -5 && math.Abs(p[1]-20) < 7 && math.Abs(p[0]) < 25:
						hu = -1000
					case math.Hypot(p[0], p[1]-70) < 18:
						hu = 700
					}
				} else if p[1] > 112 && p[1] < 120 && math.Abs(p[0]) < 150 {
					hu = 100
				}
				v.Data[at] = hu
				at++
			}
		}
	}
	return v, truth, body
}

func TestLungsOfPhantom(t *testing.T) {
	for _, tc := range []struct {
		name    string
		spacing [3]float64
		bridge  float64
	}{{"apart", [3]float64{3, 3, 3}, 0}, {"joined", [3]float64{3, 3, 3}, 8}} {
		g := volume.Identity([3]int{118, 90, 100}, tc.spacing)
		g.Origin = [3]float64{-175, -133, -150}
		v, truth, body := chest(g, tc.bridge)
		flipped, err := v.Reorient("RAI")
		if err != nil {
			t.Fatal(err)
		}
		m, err := Lungs(context.Background(), flipped)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.SameGrid(flipped.Geometry, 0); err != nil {
			t.Error(err)
		}
		if m, err = m.Reorient("LPS"); err != nil {
			t.Fatal(err)
		}
		for label := uint16(1); label <= 2; label++ {
			want := make([]bool, len(truth))
			for i, l := range truth {
				want[i] = l == label
			}
			if d := dice(m, label, want); d < 0.97 {
				t.Errorf("%s: label %d: Dice %.4f, want 0.97", tc.name, label, d)
			}
		}
		for i, l := range m.Labels { // the trachea stays out
			k := i / (g.Size[0] * g.Size[1])
			z := g.Origin[2] + 3*float64(k)
			if z > 20 && l != 0 && v.Data[i] == -1000 {
				t.Errorf("%s: trachea at voxel %d is lung", tc.name, i)
				break
			}
		}
		b, err := Body(context.Background(), v)
		if err != nil {
			t.Fatal(err)
		}
		if d := dice(b, 1, body); d < 0.98 {
			t.Errorf("%s: body: Dice %.4f, want 0.98", tc.name, d)
		}
	}
}

// The mask of the Chest Imaging Platform on a real CT.
func TestLungsOfRealCT(t *testing.T) {
	v, err := nifti.Read(golden.Shared(t, "data/cip_ct64/ct-64.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := nifti.ReadMask(golden.Shared(t, "data/cip_ct64/wholeLung-64.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	parts, err := nifti.ReadMask(golden.Shared(t, "data/cip_ct64/lm-64.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Lungs(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	// regions 9 to 11 are thirds of the left lung, 12 to 14 of the right (CIP conventions)
	right, left, either := make([]bool, len(m.Labels)), make([]bool, len(m.Labels)), m.Clone()
	all := make([]bool, len(m.Labels))
	for i := range m.Labels {
		region := parts.Labels[i] & 0xff
		left[i], right[i] = region >= 9 && region <= 11, region >= 12 && region <= 14
		all[i] = whole.Labels[i] > 0
		either.Labels[i] = min(m.Labels[i], 1)
	}
	d, r, l := dice(either, 1, all), dice(m, 1, right), dice(m, 2, left)
	t.Logf("Dice: lungs %.4f, right %.4f, left %.4f", d, r, l)
	if d < 0.97 || r < 0.96 || l < 0.96 {
		t.Errorf("Dice: lungs %.4f, right %.4f, left %.4f; want 0.97, 0.96, 0.96", d, r, l)
	}
}

// An abdomen without lung gives an empty mask, an image that is no CT an error.
func TestLungsCutOrAbsent(t *testing.T) {
	v, err := nifti.Read(golden.Shared(t, "data/ct_spleen_msd_crop/sub-spleen2/ct/sub-spleen2_ct.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	// the field of view cuts the base of one lung; scipy's largest part below -400 HU inside it has 207 ml
	m, err := Lungs(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	if ml := m.VolumeML(1) + m.VolumeML(2); ml < 195 || ml > 220 {
		t.Errorf("lung base: want about 207 ml, got %.1f", ml)
	}
	low, high := [3]int{0, 0, 0}, [3]int{v.Size[0], v.Size[1], 12} // below the lung
	abdomen, err := v.Crop(low, high)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = Lungs(context.Background(), abdomen); err != nil || len(m.Present()) != 0 {
		t.Errorf("abdomen: want an empty mask, got %v, %v", m.Present(), err)
	}
	flat, _ := volume.New(volume.Identity([3]int{10, 10, 10}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	if _, err := Lungs(context.Background(), flat); !errors.Is(err, ErrNotCT) {
		t.Errorf("want ErrNotCT, got %v", err)
	}
}
