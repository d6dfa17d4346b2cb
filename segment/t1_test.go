package segment

import (
	"context"
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// t1Case states the Dice that the model's JSON gives for a structure of FreeSurfer's aseg.
type t1Case struct {
	label uint16
	aseg  []uint16
	dice  float64
}

// The figures are those of ../shared/data/models/*.json, taken with onnxruntime.
func TestBrainAgainstFreeSurfer(t *testing.T) {
	golden.Long(t)
	wm := []uint16{77, 251, 252, 253, 254, 255}
	for model, cases := range map[string][]t1Case{
		"meshnet_t1_tissue3_20ch": {
			{1, append([]uint16{2, 41, 7, 46}, wm...), 0.910},
			{2, []uint16{3, 42, 8, 47, 10, 11, 12, 13, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58}, 0.828},
		},
		"meshnet_t1_subcortical18_21ch": {
			{1, append([]uint16{2, 41}, wm...), 0.8816}, {2, []uint16{3, 42}, 0.7787}, {3, []uint16{4, 43}, 0.7988}, {4, []uint16{5, 44}, 0.3076},
			{5, []uint16{7, 46}, 0.7189}, {6, []uint16{8, 47}, 0.7248}, {7, []uint16{10, 49}, 0.8719}, {8, []uint16{11, 50}, 0.7761},
			{9, []uint16{12, 51}, 0.8106}, {10, []uint16{13, 52}, 0.7012}, {11, []uint16{14}, 0.5503}, {12, []uint16{15}, 0.6882},
			{13, []uint16{16}, 0.8418}, {14, []uint16{17, 53}, 0.7684}, {15, []uint16{18, 54}, 0.748}, {16, []uint16{26, 58}, 0.5838}, {17, []uint16{28, 60}, 0.6717},
		},
	} {
		t.Run(model, func(t *testing.T) {
			dir := golden.Shared(t, "data/models")
			v, err := nifti.Read(golden.Shared(t, "data/brain_t1_aseg_voxelmorph/t1_skullstripped.nii.gz"))
			if err != nil {
				t.Fatal(err)
			}
			aseg, err := nifti.ReadMask(golden.Shared(t, "data/brain_t1_aseg_voxelmorph/aseg.nii.gz"))
			if err != nil {
				t.Fatal(err)
			}
			m, err := Run(context.Background(), load(t, dir, model), v, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cases {
				var is [1 << 16]bool
				for _, l := range c.aseg {
					is[l] = true
				}
				truth := make([]bool, len(aseg.Labels))
				for i, l := range aseg.Labels {
					truth[i] = is[l]
				}
				got := dice(m, c.label, truth)
				t.Logf("%-28s %.4f (JSON %.4f)", m.Name(c.label), got, c.dice)
				if math.Abs(got-c.dice) > 0.01 {
					t.Errorf("%s: Dice %.4f, want %.4f within 0.01", m.Name(c.label), got, c.dice)
				}
			}
		})
	}
}

// mindgrab's JSON: the largest component on the demonstration image of brainchop is 1648.5 ml.
func TestBrainExtraction(t *testing.T) {
	golden.Long(t)
	dir := golden.Shared(t, "data/models")
	v, err := nifti.Read(golden.Shared(t, "data/brain_t1_brainchop/t1_crop.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Run(context.Background(), load(t, dir, "mindgrab_skullstrip"), v, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ml := m.VolumeML(1)
	t.Logf("%.2f ml", ml)
	if math.Abs(ml-1648.5) > 8 {
		t.Errorf("brain: %.1f ml, want 1648.5 within half a percent", ml)
	}
}

func load(t *testing.T, dir, name string) *models.Network {
	t.Helper()
	m, err := models.Registry{Dirs: []string{dir}}.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	net, err := m.Load(0)
	if err != nil {
		t.Fatal(err)
	}
	return net
}
