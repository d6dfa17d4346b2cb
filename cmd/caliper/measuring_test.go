package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/register"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// invoke runs one command by itself and returns what it prints.
func invoke(t *testing.T, make func(term.Streams) *cobra.Command, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := make(term.Streams{In: strings.NewReader(""), Out: &out, Err: &out})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(context.Background())
	return out.String(), err
}

// writeBall writes an image of a bright ball of 20 mm with its mask, shifted by some mm.
func writeBall(t *testing.T, dir string, shiftMM float64) (image, mask string) {
	t.Helper()
	g := volume.Identity([3]int{48, 48, 48}, [3]float64{1, 1, 1})
	v, _ := volume.New(g, 1, volume.HU)
	m, _ := volume.NewMask(g)
	for k := range 48 {
		for j := range 48 {
			for i := range 48 {
				x, y, z := float64(i)-23.5-shiftMM, float64(j)-23.5, float64(k)-23.5
				d := math.Sqrt(x*x + y*y + z*z/0.64)
				at := g.Offset(i, j, k)
				v.Data[at] = float32(-800 + 840/(1+math.Exp(d-10)))
				if x*x+y*y+z*z <= 100 {
					m.Labels[at] = 1
				}
			}
		}
	}
	image, mask = filepath.Join(dir, "image.nii.gz"), filepath.Join(dir, "mask.nii.gz")
	if err := nifti.Write(image, v); err != nil {
		t.Fatal(err)
	}
	if err := nifti.Write(mask, m); err != nil {
		t.Fatal(err)
	}
	return image, mask
}

func TestMeasureCommand(t *testing.T) {
	image, mask := writeBall(t, t.TempDir(), 0)
	out, err := invoke(t, newMeasureCmd, image, mask, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Measures []struct {
			Key, Label, Unit string
			Value            float64
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	found := map[string]float64{}
	for _, m := range got.Measures {
		found[m.Key] = m.Value
	}
	if math.Abs(found["volume"]-4.19) > 0.05 || math.Abs(found["longest_diameter"]-20) > 0.7 {
		t.Errorf("want 4.19 ml and 20 mm, got %v", found)
	}
	other, otherMask := writeBall(t, t.TempDir(), 0)
	big := volume.Identity([3]int{40, 48, 48}, [3]float64{1, 1, 1})
	m, _ := volume.NewMask(big)
	if err := nifti.Write(otherMask, m); err != nil {
		t.Fatal(err)
	}
	if _, err := invoke(t, newMeasureCmd, other, otherMask); err == nil || !strings.Contains(err.Error(), "want size [48 48 48], got [40 48 48]") {
		t.Errorf("want an error that says how the grids differ, got %v", err)
	}
	if _, err := invoke(t, newMeasureCmd, image, mask, "--key", "girth"); exitCode(context.Background(), err) != exitUsage {
		t.Errorf("want a usage error for an unknown measure, got %v", err)
	}
}

func TestRegisterCommand(t *testing.T) {
	dir := t.TempDir()
	fixed, _ := writeBall(t, filepath.Join(dir, "a"), 0)
	moving, _ := writeBall(t, filepath.Join(dir, "b"), 3)
	transform := filepath.Join(dir, "t.json")
	out, err := invoke(t, newRegisterCmd, fixed, moving, "-o", filepath.Join(dir, "out.nii.gz"), "--transform", transform, "--json")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got struct{ Transform register.Linear }
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	centre := got.Transform.Map([3]float64{23.5, 23.5, 23.5})
	if math.Abs(centre[0]-26.5) > 0.1 || math.Abs(centre[1]-23.5) > 0.1 {
		t.Errorf("want the centre to move by 3 mm, got %v", centre)
	}
	aligned, err := nifti.Read(filepath.Join(dir, "out.nii.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if x := aligned.At(24, 24, 24); x < 0 {
		t.Errorf("want the ball at the centre of the output, got %g HU", x)
	}
	if _, err := invoke(t, newRegisterCmd, fixed, moving, "-o", filepath.Join(dir, "out.nii.gz"), "--transform", transform, "--initial", transform); err != nil {
		t.Errorf("a written transform can be started from: %v", err)
	}
}

func TestQualityCommand(t *testing.T) {
	image, _ := writeBall(t, t.TempDir(), 0)
	out, err := invoke(t, newQualityCmd, image, "--json", "--modality", "CT")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, `"noise"`) || !strings.Contains(out, `"issues"`) {
		t.Errorf("want noise and issues, got %s", out)
	}
}
