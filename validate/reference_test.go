package validate

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

func reference(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(golden.Shared(t, "reference/metrics/"+name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// Dice and HD95 of MONAI 1.6.1 and MetricsReloaded (reference/metrics/SOURCE.md).
func TestMasksAgainstPeers(t *testing.T) {
	var cases map[string]map[string]json.RawMessage
	reference(t, "seg/expected.json", &cases)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var peer struct{ Dsc, Hd95 any }
			if err := json.Unmarshal(c["metrics_reloaded"], &peer); err != nil {
				t.Fatal(err)
			}
			read := func(which string) func() (*volume.Mask, error) {
				return func() (*volume.Mask, error) {
					return nifti.ReadMask(golden.Shared(t, "reference/metrics/seg/"+name+"_"+which+".nii.gz"))
				}
			}
			r, err := Masks(context.Background(), []MaskPair{{Name: name, Pred: read("pred"), Truth: read("gt")}})
			if err != nil {
				t.Fatal(err)
			}
			if name == "both_empty" {
				if len(r.Cases) != 0 {
					t.Errorf("want nothing to compare, got %v", r.Cases)
				}
				return
			}
			got := r.Cases[0].Figures
			if want := peer.Dsc.(float64); math.Abs(got["dice"]-want) > 1e-9 {
				t.Errorf("dice: want %.9f, got %.9f", want, got["dice"])
			}
			want, ok := peer.Hd95.(float64)
			if _, has := got["hd95"]; has != ok {
				t.Errorf("hd95: want %v, got %v", peer.Hd95, got)
			}
			if ok && math.Abs(got["hd95"]-want) > 1e-5 {
				t.Errorf("hd95: want %.7f, got %.7f", want, got["hd95"])
			}
		})
	}
}

// AP50 of pycocotools 2.0.11.
func TestBoxesAgainstPycocotools(t *testing.T) {
	var ref struct {
		GT struct {
			Images      []struct{ ID int }
			Annotations []struct {
				ImageID    int        `json:"image_id"`
				CategoryID int        `json:"category_id"`
				BBox       [4]float64 `json:"bbox"`
				IsCrowd    int        `json:"iscrowd"`
			}
		} `json:"gt"`
		Detections []struct {
			ImageID    int        `json:"image_id"`
			CategoryID int        `json:"category_id"`
			BBox       [4]float64 `json:"bbox"`
			Score      float64
		}
		Expected map[string]float64
	}
	reference(t, "detection_coco.json", &ref)
	names := map[int]string{1: "nodule", 2: "mass"}
	corners := func(b [4]float64) [4]float64 { return [4]float64{b[0], b[1], b[0] + b[2], b[1] + b[3]} }
	var cases []BoxCase
	for _, im := range ref.GT.Images {
		c := BoxCase{}
		for _, a := range ref.GT.Annotations {
			if a.ImageID == im.ID {
				c.Truth = append(c.Truth, Box{Label: names[a.CategoryID], Box: corners(a.BBox), Ignore: a.IsCrowd == 1, Crowd: a.IsCrowd == 1})
			}
		}
		for _, d := range ref.Detections {
			if d.ImageID == im.ID {
				c.Pred = append(c.Pred, Box{Label: names[d.CategoryID], Box: corners(d.BBox), Score: d.Score})
			}
		}
		cases = append(cases, c)
	}
	r, err := Boxes(cases)
	if err != nil {
		t.Fatal(err)
	}
	if want := ref.Expected["AP50"]; math.Abs(r.Overall["ap50"]-want) > 1e-9 {
		t.Errorf("AP50: want %.9f, got %.9f", want, r.Overall["ap50"])
	}
}

// Sensitivities and their mean as LUNA16 defines them.
func TestFROC(t *testing.T) {
	var ref struct {
		FP       []float64 `json:"fp_probs"`
		TP       []float64 `json:"tp_probs"`
		Targets  int       `json:"num_targets"`
		Images   int       `json:"num_images"`
		Expected struct {
			At7 []float64 `json:"luna16_sens_at_7"`
			CPM float64   `json:"luna16_cpm"`
		}
	}
	reference(t, "froc.json", &ref)
	var list []scored
	for _, s := range ref.TP {
		if s > 0 {
			list = append(list, scored{s, hit})
		}
	}
	for _, s := range ref.FP {
		list = append(list, scored{s, falsePositive})
	}
	cpm := 0.0
	for n, p := range frocPoints {
		got := sensitivityAt(list, ref.Targets, p.fp*float64(ref.Images))
		if math.Abs(got-ref.Expected.At7[n]) > 1e-9 {
			t.Errorf("%s false positives: want %.6f, got %.6f", p.name, ref.Expected.At7[n], got)
		}
		cpm += got / float64(len(frocPoints))
	}
	if math.Abs(cpm-ref.Expected.CPM) > 1e-9 {
		t.Errorf("cpm: want %.6f, got %.6f", ref.Expected.CPM, cpm)
	}
}

// scikit-learn's AUC and average precision, DeLong's interval by plain scipy.
func TestScoresAgainstPeers(t *testing.T) {
	var cases map[string]struct {
		Y        []int
		Score    []float64
		Group    []string
		Expected struct {
			AUC   float64    `json:"roc_auc"`
			CI    [2]float64 `json:"delong_ci95_clipped"`
			AP    float64    `json:"average_precision_step"`
			Brier *float64
		}
	}
	reference(t, "classification.json", &cases)
	n := 0
	for name, c := range cases {
		if len(c.Y) == 0 || c.Expected.AUC == 0 {
			continue
		}
		n++
		var list []Score
		for i, y := range c.Y {
			list = append(list, Score{Score: c.Score[i], Positive: y == 1})
		}
		r, err := Scores(list)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			key  string
			want float64
		}{{"auc", c.Expected.AUC}, {"auc.lo", c.Expected.CI[0]}, {"auc.hi", c.Expected.CI[1]}, {"ap", c.Expected.AP}} {
			if math.Abs(r.Overall[x.key]-x.want) > 1e-9 {
				t.Errorf("%s: %s: want %.9f, got %.9f", name, x.key, x.want, r.Overall[x.key])
			}
		}
		if c.Expected.Brier != nil && math.Abs(r.Overall["brier"]-*c.Expected.Brier) > 1e-9 {
			t.Errorf("%s: brier: want %.9f, got %.9f", name, *c.Expected.Brier, r.Overall["brier"])
		}
	}
	if n == 0 {
		t.Error("no case was compared")
	}
}
