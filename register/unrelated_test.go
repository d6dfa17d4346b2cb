package register

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

// Two images that share nothing are refused, however well chance fits them.
func TestUnrelatedImagesAreRefused(t *testing.T) {
	image := func(seed uint64) *volume.Volume {
		r := rand.New(rand.NewPCG(seed, 1))
		v, err := volume.New(volume.Identity([3]int{24, 24, 24}, [3]float64{4, 4, 4}), 1, volume.Arbitrary)
		if err != nil {
			t.Fatal(err)
		}
		for range 250 {
			centre := [3]float64{24 * r.Float64(), 24 * r.Float64(), 24 * r.Float64()}
			level := 200 * r.Float64()
			for n := range v.Data {
				i, j, k := float64(n%24), float64(n/24%24), float64(n/576)
				d := math.Hypot(math.Hypot(i-centre[0], j-centre[1]), k-centre[2])
				v.Data[n] += float32(level * math.Exp(-d*d/3))
			}
		}
		return v
	}
	got, err := Register(t.Context(), image(1), image(2), Options{Preset: "rigid"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Verdict != Refused || !strings.Contains(got.Reason, "too little in common") {
		t.Errorf("want refused for want of anything in common, got %s: %s", got.Verdict, got.Reason)
	}
	same, err := Register(t.Context(), image(1), image(1), Options{Preset: "rigid"})
	if err != nil {
		t.Fatal(err)
	}
	if same.Verdict != Accepted {
		t.Errorf("an image with itself: want accepted, got %s: %s", same.Verdict, same.Reason)
	}
}
