package measure

import (
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// fill sets a label on a rectangle, x1 and y1 exclusive.
func fill(m *volume.Mask, label uint16, x0, y0, x1, y1 int) {
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			m.Labels[y*m.Size[0]+x] = label
		}
	}
}

func TestCTRByHand(t *testing.T) {
	m, err := volume.NewMask(volume.Identity([3]int{300, 300, 1}, [3]float64{1, 1, 1}))
	if err != nil {
		t.Fatal(err)
	}
	fill(m, 1, 40, 50, 130, 250)  // right lung, on the left of the picture
	fill(m, 2, 170, 50, 250, 240) // left lung
	fill(m, 2, 170, 200, 260, 240)
	fill(m, 3, 115, 150, 180, 230) // heart: 50 mm more to the left lower down
	fill(m, 3, 150, 190, 215, 235)
	fill(m, 3, 290, 5, 299, 9) // a stray speck is left out
	spacing := [2]float64{0.5, 0.5}
	c, err := CTR(m, ChestLabels{RightLung: 1, LeftLung: 2, Heart: 3}, &spacing, "detector")
	if err != nil {
		t.Fatal(err)
	}
	near(t, "heart", c.HeartPx, 215-115, 1e-12)
	near(t, "thorax", c.ThoraxPx, 260-40, 1e-12)
	near(t, "ratio", c.Ratio, 100.0/220, 1e-12)
	for _, x := range c.Measurements {
		switch x.Key {
		case study.KeyCardiothoracicRatio:
			if len(x.AtPixels) < 4 {
				t.Errorf("want the points of heart and thorax, got %v", x.AtPixels)
			}
		case "heart_width":
			if x.Unit != "mm" || x.Value != 50 || x.Plane != "detector" {
				t.Errorf("heart: want 50 mm on the detector, got %+v", x)
			}
		}
	}
	fill(m, 0, 0, 0, 300, 300)
	fill(m, 1, 40, 50, 130, 250)
	if _, err := CTR(m, ChestLabels{RightLung: 1, LeftLung: 2, Heart: 3}, nil, ""); err == nil || !strings.Contains(err.Error(), "no heart") {
		t.Errorf("want the missing structure named, got %v", err)
	}
}

func TestSuspicionAddsUp(t *testing.T) {
	s := Suspicion(SuspicionInput{DiameterMM: 23, Margin: "irregular", UpperZone: true, Change: &study.Change{Kind: study.Growing}})
	near(t, "score", s.Score, 0.9, 1e-12) // 3 + 2 + 3 + 1 of 10
	if s.Level != "high" || len(s.Criteria) != 4 || s.Source == "" {
		t.Errorf("want high by four criteria with a source, got %+v", s)
	}
	s = Suspicion(SuspicionInput{DiameterMM: 6, Margin: "smooth", Density: "dense", Change: &study.Change{Kind: study.Shrinking}})
	near(t, "score", s.Score, 0, 1e-12)
	if s.Level != "low" {
		t.Errorf("want low, got %s", s.Level)
	}
}

func FuzzNodule2D(f *testing.F) {
	f.Add(10.0, 10.0, 20.0, 20.0, 0.3)
	f.Add(-5.0, 0.0, 64.0, 64.0, 0.0)
	f.Fuzz(func(t *testing.T, x0, y0, x1, y1, spacing float64) {
		v, _ := volume.New(volume.Identity([3]int{40, 40, 1}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
		for n := range v.Data {
			v.Data[n] = float32(n * n % 251)
		}
		if x1-x0 > 500 || y1-y0 > 500 {
			return
		}
		got, err := Nodule2D(t.Context(), v, [4]float64{x0, y0, x1, y1}, NoduleOptions{SpacingMM: &[2]float64{spacing, spacing}})
		if err != nil {
			return
		}
		for _, m := range got.Measures {
			if m.Value-m.Value != 0 {
				t.Errorf("%s: want a number, got %g", m.Key, m.Value)
			}
		}
	})
}
