package phantom

import "testing"

// A nodule of common size must find room in every zone.
func TestNodulesFitEveryZone(t *testing.T) {
	misses := 0
	for seed := range uint64(6) {
		for side := range 2 {
			for zone := range 3 {
				f, _, err := chest(100+seed, chestOptions{pixels: 96, noduleMM: 23, sized: true, side: side, zone: zone})
				if err != nil {
					t.Logf("seed %d, %s %s: %v", 100+seed, sides[side], zones[zone], err)
					misses++
					continue
				}
				if d := f.nodules[0]; d.side != side || d.zone != zone {
					t.Errorf("seed %d: want %s %s, got %s %s", 100+seed, sides[side], zones[zone], sides[d.side], zones[d.zone])
				}
			}
		}
	}
	if misses > 2 {
		t.Errorf("want room for a nodule of 23 mm nearly everywhere, got %d misses of 36", misses)
	}
}
