package anatomy

import (
	"testing"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

func TestChestPlace(t *testing.T) {
	m, err := volume.NewMask(volume.Identity([3]int{100, 120, 1}, [3]float64{1, 1, 1}), "background", "right lung", "left lung", "heart")
	if err != nil {
		t.Fatal(err)
	}
	for j := range 120 {
		for i := range 100 {
			switch {
			case i >= 10 && i < 40 && j >= 15 && j < 105:
				m.Labels[m.Offset(i, j, 0)] = 1
			case i >= 60 && i < 90 && j >= 15 && j < 90:
				m.Labels[m.Offset(i, j, 0)] = 2
			case i >= 45 && i < 60 && j >= 60 && j < 90:
				m.Labels[m.Offset(i, j, 0)] = 3
			}
		}
	}
	for _, tc := range []struct {
		at   [2]float64
		site string
		side study.Laterality
	}{
		{[2]float64{20, 30}, "right upper zone", study.Right},
		{[2]float64{20, 60}, "right middle zone", study.Right},
		{[2]float64{20, 100}, "right lower zone", study.Right},
		{[2]float64{80, 39}, "left upper zone", study.Left},
		{[2]float64{80, 41}, "left middle zone", study.Left},
		{[2]float64{55, 80}, "left lower zone", study.Left}, // behind the heart
		{[2]float64{20, 2}, "right upper zone", study.Right},
	} {
		if got := ChestPlace(m, tc.at); got.Site != tc.site || got.Laterality != tc.side || got.Where.Code == "" {
			t.Errorf("%v: want %s, got %+v", tc.at, tc.site, got)
		}
	}
	clear(m.Labels)
	if got := ChestPlace(m, [2]float64{20, 20}); got != (Place{}) {
		t.Errorf("no lung: got %+v", got)
	}
}
