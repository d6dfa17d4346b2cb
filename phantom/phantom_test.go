package phantom

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

func TestKindsAreSorted(t *testing.T) {
	kinds := Kinds()
	if !sort.SliceIsSorted(kinds, func(i, j int) bool { return kinds[i].Name < kinds[j].Name }) {
		t.Error("want kinds in order of their names")
	}
	for _, k := range kinds {
		if k.Doc == "" || len(k.Keys) == 0 {
			t.Errorf("%s: want a doc and keys", k.Name)
		}
		if !slices.IsSortedFunc(k.Keys, func(a, b KeyInfo) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("%s: want keys in order", k.Name)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	for _, c := range []struct {
		kind, key, value, want string
	}{
		{"ct", "", "", "want one of brain-mri"},
		{"chest-xray", "size", "3", "want a key among nodule-mm"},
		{"chest-xray", "nodule-mm", "x", "want a number"},
		{"chest-xray", "nodule-mm", "NaN", "want a number"},
		{"chest-xray", "nodule-mm", "1", "want 0 or a number"},
		{"chest-xray", "zone", "top", "want right or left"},
		{"chest-xray", "prior-days", "-1", "want a number"},
		{"spheres", "diameters-mm", "10+1000", "want up to 8 numbers"},
		{"brain-mri", "atrophy-percent", "90", "want a number"},
	} {
		set := map[string]string{}
		if c.key != "" {
			set[c.key] = c.value
		}
		if _, err := Make(c.kind, 1, set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s=%s: want an error with %q, got %v", c.kind, c.key, c.value, c.want, err)
		}
	}
}

// A ball of 20 mm holds 4.19 ml (4/3·π·r³).
func TestSpheresHoldTheirVolume(t *testing.T) {
	p, err := Make("spheres", 9, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range p.Truth.Lesions {
		want := math.Pi / 6 * l.DiameterMM * l.DiameterMM * l.DiameterMM / 1000
		if got := p.Labels.VolumeML(uint16(i + 1)); math.Abs(got/want-1) > 0.06 {
			t.Errorf("ball of %g mm: want %.3f ml, got %.3f", l.DiameterMM, want, got)
		}
		at := p.Volume.IndexOf(l.CentreLPS)
		if got := p.Labels.Labels[p.Labels.Offset(int(at[0]+0.5), int(at[1]+0.5), int(at[2]+0.5))]; int(got) != i+1 {
			t.Errorf("ball %d: want its label at its centre, got %d", i+1, got)
		}
	}
	other, err := Make("spheres", 9, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Volume.Data, other.Volume.Data) {
		t.Error("want the same image for the same seed")
	}
}

func TestWrittenRadiographReadsBack(t *testing.T) {
	set := map[string]string{"nodule-mm": "23", "zone": "right upper zone", "prior-mm": "18", "prior-days": "182"}
	p, err := Make("chest-xray", 11, set)
	if err != nil {
		t.Fatal(err)
	}
	if l := p.Truth.Lesions; len(l) != 1 || l[0].DiameterMM != 23 || l[0].Zone != "upper" || l[0].Side != "right" {
		t.Fatalf("truth: want one nodule of 23 mm in the right upper zone, got %+v", l)
	}
	if l := p.Truth.Prior.Lesions; len(l) != 1 || l[0].DiameterMM != 18 {
		t.Fatalf("truth of the prior: want one nodule of 18 mm, got %+v", l)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := p.Write(dir); err == nil {
		t.Error("want a folder that is not empty refused")
	}
	mask, err := nifti.ReadMask(filepath.Join(dir, "truth_labels.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]any
	text, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"kind", "seed", "spacingMM", "lesions", "prior"} {
		if _, ok := truth[key]; !ok {
			t.Errorf("truth.json: want the key %s", key)
		}
	}
	for day, image := range map[string]*volume.Volume{"20260302": p.Volume, "20250901": p.Prior} {
		f, err := dicom.OpenFile(filepath.Join(dir, "study", day, "im0001.dcm"))
		if err != nil {
			t.Fatal(err)
		}
		stacks := dicom.Stacks([]*dicom.File{f})
		if len(stacks) != 1 {
			t.Fatalf("want one image, got %d", len(stacks))
		}
		v, err := stacks[0].Volume(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.SameGrid(image.Geometry, 0.01); err != nil {
			t.Errorf("%s: image and its truth: %v", day, err)
		}
		if !slices.Equal(v.Data, image.Data) {
			t.Errorf("%s: want the pixels back as they were written", day)
		}
		if day == "20260302" {
			if err := v.SameGrid(mask.Geometry, 0.01); err != nil {
				t.Errorf("labels: %v", err)
			}
		}
	}
}

func TestBrainLosesTissue(t *testing.T) {
	r := stream(4, aspectHabit)
	young := newBrain(r, 0)
	old := newBrain(stream(4, aspectHabit), 3)
	count := func(b *brain) (tissue, ventricle int) {
		for z := -80.0; z < 90; z += 4 {
			for y := -90.0; y < 95; y += 4 {
				for x := -75.0; x < 76; x += 4 {
					switch _, l := b.at(vec{x, y, z}); l {
					case 1, 2:
						tissue++
					case 3:
						ventricle++
					}
				}
			}
		}
		return tissue, ventricle
	}
	a, va := count(young)
	b, vb := count(old)
	if !(b < a && vb > va) {
		t.Errorf("want less tissue and larger ventricles, got %d → %d and %d → %d", a, b, va, vb)
	}
}
