package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
)

func TestValidateMasksCommand(t *testing.T) {
	dir := golden.Shared(t, "reference/metrics/seg")
	out, err := invoke(t, newValidateCmd, filepath.Join(dir, "noisy_pred.nii.gz"), filepath.Join(dir, "noisy_gt.nii.gz"), "--task", "masks", "--json", "--gate", "dice.mean>=0.9")
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Overall map[string]float64 }
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if x := got.Overall["dice.mean"]; x < 0.9184 || x > 0.9186 { // MONAI: 0.91848
		t.Errorf("want a Dice of 0.9185, got %g", x)
	}
	junit := filepath.Join(t.TempDir(), "gates.xml")
	_, err = invoke(t, newValidateCmd, filepath.Join(dir, "noisy_pred.nii.gz"), filepath.Join(dir, "noisy_gt.nii.gz"), "--task", "masks", "--gate", "hd95.max<=5", "--junit", junit)
	if code := exitCode(context.Background(), err); code != exitGate || !strings.Contains(err.Error(), "hd95.max<=5 (got 6.7082)") {
		t.Errorf("want exit code 4 with the missed gate, got %d: %v", code, err)
	}
	if data, _ := os.ReadFile(junit); !strings.Contains(string(data), `failures="1"`) {
		t.Errorf("want one failure, got %s", data)
	}
}

func TestValidateScoresCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pred := write("pred.csv", "id,score\na,0.9\nb,0.2\nc,0.8\nd,0.3\n")
	truth := write("truth.csv", "id,label\na,1\nb,0\nc,1\nd,0\n")
	groups := write("groups.csv", "case,sex\na,F\nb,F\nc,M\nd,M\n")
	out, err := invoke(t, newValidateCmd, pred, truth, "--task", "scores", "--groups", groups, "--group-by", "sex", "--gate", "auc>=0.99", "--gate", "gap.sex.auc<=0.05")
	if err != nil || !strings.Contains(out, "gate gap.sex.auc<=0.05  passed") {
		t.Errorf("want both gates passed, got %v in %s", err, out)
	}
	if _, err := invoke(t, newValidateCmd, pred, truth, "--task", "scores", "--gate", "auc"); exitCode(context.Background(), err) != exitUsage {
		t.Errorf("want a usage error, got %v", err)
	}
	if _, err := invoke(t, newValidateCmd, pred, truth, "--task", "faces"); exitCode(context.Background(), err) != exitUsage {
		t.Errorf("want a usage error, got %v", err)
	}
}

func TestValidateBoxesCommand(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"pred/x.json": `{"boxes":[{"label":"nodule","score":0.9,"box":[10,10,30,30]},{"label":"nodule","score":0.4,"box":[60,60,80,80]}]}`,
		"pred/y.json": `{"boxes":[]}`,
		"truth/x.xml": `<annotation><object><name>nodule</name><bndbox><xmin>11</xmin><ymin>11</ymin><xmax>30</xmax><ymax>30</ymax></bndbox></object></annotation>`,
		"truth/y.xml": `<annotation></annotation>`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := invoke(t, newValidateCmd, filepath.Join(dir, "pred"), filepath.Join(dir, "truth"), "--task", "boxes", "--json", "--gate", "ap50>=1", "--gate", "false_positives_per_image<=0.5")
	if err != nil {
		t.Errorf("want both gates passed, got %v in %s", err, out)
	}
	if err := os.Remove(filepath.Join(dir, "pred/y.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := invoke(t, newValidateCmd, filepath.Join(dir, "pred"), filepath.Join(dir, "truth"), "--task", "boxes"); err == nil || !strings.Contains(err.Error(), "none for 1 of 2: y") {
		t.Errorf("want the missing case named, got %v", err)
	}
}
