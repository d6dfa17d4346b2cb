package segment

import (
	"context"
	"testing"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/phantom"
)

// The embedded network on a phantom whose seed it has not seen, against the projected truth.
func TestLungsAndHeartOfRadiograph(t *testing.T) {
	m, err := models.Registry{}.Find("cxr-lungs")
	if err != nil {
		t.Fatal(err)
	}
	net, err := m.Load(0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := phantom.Make("chest-xray", 17, map[string]string{"nodule-mm": "0"})
	if err != nil {
		t.Fatal(err)
	}
	mask, err := Run(context.Background(), net, p.Volume, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for label, least := range map[uint16]float64{1: 0.93, 2: 0.93, 3: 0.85} {
		truth := make([]bool, len(p.Labels.Labels))
		for i, l := range p.Labels.Labels {
			truth[i] = l == label
		}
		d := dice(mask, label, truth)
		t.Logf("%s: %.4f", mask.Name(label), d)
		if d < least {
			t.Errorf("%s: Dice %.4f, want %g", mask.Name(label), d, least)
		}
	}
}
