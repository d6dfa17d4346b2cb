package anatomy

import (
	"math"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// FreeSurfer's sided labels, joined and parted again at the midplane, give back the volume of each side.
func TestSidesAgainstFreeSurfer(t *testing.T) {
	aseg, err := nifti.ReadMask(golden.Shared(t, "data/brain_t1_aseg_voxelmorph/aseg.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	pairs := []struct {
		name        string
		left, right uint16
		percent     float64
	}{
		{"Cerebral-White-Matter", 2, 41, 2}, {"Cerebral-Cortex", 3, 42, 2}, {"Thalamus", 10, 49, 4}, {"Caudate", 11, 50, 1},
		{"Putamen", 12, 51, 1}, {"Hippocampus", 17, 53, 1}, {"Amygdala", 18, 54, 1}, {"Lateral-Ventricle", 4, 43, 4},
	}
	joined := aseg.Clone()
	clear(joined.Labels)
	joined.Names = []string{"Unknown"}
	joint := map[uint16]uint16{}
	for n, p := range pairs {
		joint[p.left], joint[p.right] = uint16(n+1), uint16(n+1)
		joined.Names = append(joined.Names, p.name)
	}
	joint[16] = uint16(len(pairs) + 1)
	joined.Names = append(joined.Names, "Brain-Stem")
	for i, l := range aseg.Labels {
		joined.Labels[i] = joint[l]
	}
	got := map[string]Structure{}
	for _, s := range Structures(joined) {
		got[s.Name] = s
	}
	for _, p := range pairs {
		s := got[p.name]
		for side, label := range map[*float64]uint16{s.Left: p.left, s.Right: p.right} {
			want := aseg.VolumeML(label)
			if side == nil || math.Abs(*side-want) > p.percent/100*want {
				t.Errorf("%s, label %d: want %.2f ml, got %v", p.name, label, want, s)
			}
		}
		if s.Concept == nil {
			t.Errorf("%s: no code", p.name)
		}
	}
	if s := got["Brain-Stem"]; s.Left != nil || math.Abs(s.TotalML-aseg.VolumeML(16)) > 1e-9 {
		t.Errorf("brain stem: got %+v", s)
	}
}

// A head of two unequal halves, turned against the grid: the plane follows.
func TestMidplaneOfTurnedPhantom(t *testing.T) {
	g := volume.Identity([3]int{90, 100, 80}, [3]float64{2, 2, 2})
	g.Origin = [3]float64{-80, -95, -70}
	m, err := volume.NewMask(g, "Unknown", "Cerebral-White-Matter", "Putamen")
	if err != nil {
		t.Fatal(err)
	}
	turn, shift := 0.15, 6.0
	c, s := math.Cos(turn), math.Sin(turn)
	at, left, right := 0, 0.0, 0.0
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				p := g.PointLPS([3]float64{float64(i), float64(j), float64(k)})
				x, y, z := c*p[0]+s*p[1]-shift, -s*p[0]+c*p[1], p[2]
				switch {
				case math.Hypot(math.Hypot(x-24, y), z) < 9:
					m.Labels[at] = 2
					left++
				case math.Hypot(math.Hypot(x+24, y), z) < 8:
					m.Labels[at] = 2
					right++
				case x*x/3600+y*y/6400+z*z/3600 < 1:
					m.Labels[at] = 1
				}
				at++
			}
		}
	}
	plane, ok := Midplane(m)
	if !ok {
		t.Fatal("no plane")
	}
	if dot := plane.Normal[0]*c + plane.Normal[1]*s; math.Acos(min(dot, 1)) > 0.02 || math.Abs(plane.Offset-shift) > 0.8 {
		t.Errorf("want normal (%.3f %.3f 0) and offset %g, got %+v", c, s, shift, plane)
	}
	var asymmetry *study.Measurement
	for _, x := range BrainMeasures(m) {
		if x.Key == "asymmetry" && x.Label == "Putamen" {
			asymmetry = &x
		}
	}
	want := 200 * (left - right) / (left + right)
	if asymmetry == nil || math.Abs(asymmetry.Value-want) > 1e-9 {
		t.Errorf("asymmetry: want %.1f %%, got %+v", want, asymmetry)
	}
}

func TestSided(t *testing.T) {
	for full, want := range map[string]struct {
		name string
		side study.Laterality
	}{"Left-Putamen": {"Putamen", study.Left}, "ctx-rh-cuneus": {"ctx-cuneus", study.Right}, "Brain-Stem": {"Brain-Stem", ""}} {
		if name, side := sided(full); name != want.name || side != want.side {
			t.Errorf("%s: got %s %s", full, name, side)
		}
	}
}
