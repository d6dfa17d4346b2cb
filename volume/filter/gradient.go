package filter

import (
	"context"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// GradientMagnitude is the length of the gradient in value per mm, by Sobel's operator scaled to a
// derivative: central differences along one index, smoothed 1 2 1 along the others. A direction of one
// voxel has no gradient.
func GradientMagnitude(ctx context.Context, v *volume.Volume) (*volume.Volume, error) {
	total := make([]float64, len(v.Data))
	for n := range 3 {
		if v.Size[n] == 1 {
			continue
		}
		d := v.Clone()
		for m := range 3 {
			kernel := []float64{0.25, 0.5, 0.25}
			if m == n {
				h := 0.5 / v.Spacing[n]
				kernel = []float64{-h, 0, h}
			} else if v.Size[m] == 1 {
				continue
			}
			if err := convolve(ctx, d, m, kernel); err != nil {
				return nil, err
			}
		}
		for i, x := range d.Data {
			total[i] += float64(x) * float64(x)
		}
	}
	out := *v
	out.Unit = volume.Arbitrary
	out.Data = make([]float32, len(v.Data))
	for i, s := range total {
		out.Data[i] = float32(math.Sqrt(s))
	}
	return &out, nil
}
