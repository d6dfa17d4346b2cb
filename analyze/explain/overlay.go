package explain

import (
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/filter"
)

// Overlay is slice k of an image in grey (its 0.5 to 99.5 percentiles) with the map laid over it, as RGB
// from 0 to 255: red where the score fell, blue where it rose, stronger toward the map's largest value.
func Overlay(v, drop *volume.Volume, k int) (*volume.Volume, error) {
	if err := v.SameGrid(drop.Geometry, 0); err != nil {
		return nil, fmt.Errorf("explain: overlay: %w", err)
	}
	if k < 0 || k >= v.Size[2] {
		return nil, fmt.Errorf("explain: overlay: want a slice from 0 to %d, got %d", v.Size[2]-1, k)
	}
	g := v.Cropped([3]int{0, 0, k}, [3]int{v.Size[0], v.Size[1], k + 1})
	out, err := volume.New(g, 3, volume.Arbitrary)
	if err != nil {
		return nil, err
	}
	q, err := filter.Quantiles(v.Data, 0.005, 0.995)
	if err != nil {
		return nil, fmt.Errorf("explain: overlay: %w", err)
	}
	most := 0.0
	for _, x := range drop.Data {
		most = max(most, math.Abs(float64(x)))
	}
	n := v.Size[0] * v.Size[1]
	for i := range n {
		heat := 0.0
		if most > 0 {
			heat = float64(drop.Data[k*n+i]) / most
		}
		alpha := 0.6 * math.Abs(heat)
		for c := range 3 {
			grey := 0.0
			if q[1] > q[0] {
				grey = min(max((float64(v.Channel(c % v.Channels)[k*n+i])-q[0])/(q[1]-q[0]), 0), 1)
			}
			colour := 0.0
			if c == 0 && heat > 0 || c == 2 && heat < 0 {
				colour = 1
			}
			out.Channel(c)[i] = float32(math.Round(255 * (grey*(1-alpha) + colour*alpha)))
		}
	}
	return out, nil
}

// Peak is the slice that holds the map's largest value.
func Peak(drop *volume.Volume) int {
	best := 0
	for i, x := range drop.Data {
		if x > drop.Data[best] {
			best = i
		}
	}
	return best / (drop.Size[0] * drop.Size[1])
}
