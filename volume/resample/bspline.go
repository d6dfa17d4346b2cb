package resample

import (
	"context"
	"math"
)

// coefficients turns samples into cubic B-spline coefficients with mirrored borders
// (Unser, Aldroubi, Eden 1993; the causal start is summed until it no longer counts).
func coefficients(ctx context.Context, src []float32, size [3]int) ([]float32, error) {
	out := append([]float32(nil), src...)
	stride := [3]int{1, size[0], size[0] * size[1]}
	for n := range 3 {
		length := size[n]
		if length == 1 {
			continue
		}
		a, b := (n+1)%3, (n+2)%3
		err := parallel(ctx, size[a]*size[b], func(line int) {
			at := line%size[a]*stride[a] + line/size[a]*stride[b]
			buf := make([]float64, length)
			for x := range buf {
				buf[x] = float64(out[at+x*stride[n]])
			}
			prefilter(buf)
			for x := range buf {
				out[at+x*stride[n]] = float32(buf[x])
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

var pole = math.Sqrt(3) - 2

func prefilter(c []float64) {
	n := len(c)
	const gain = 6 // (1 - pole)(1 - 1/pole)
	for i := range c {
		c[i] *= gain
	}
	horizon := 28 // |pole|^28 < 1e-16
	if n <= horizon {
		// exact for the mirrored, periodic signal
		zn, iz := pole, 1/pole
		z2n := math.Pow(pole, float64(n-1))
		sum := c[0] + z2n*c[n-1]
		z2n *= z2n * iz
		for k := 1; k < n-1; k++ {
			sum += (zn + z2n) * c[k]
			zn *= pole
			z2n *= iz
		}
		c[0] = sum / (1 - zn*zn)
	} else {
		sum, zn := c[0], pole
		for k := 1; k < horizon; k++ {
			sum += zn * c[k]
			zn *= pole
		}
		c[0] = sum
	}
	for k := 1; k < n; k++ {
		c[k] += pole * c[k-1]
	}
	c[n-1] = pole / (pole*pole - 1) * (pole*c[n-2] + c[n-1])
	for k := n - 2; k >= 0; k-- {
		c[k] = pole * (c[k+1] - c[k])
	}
}
