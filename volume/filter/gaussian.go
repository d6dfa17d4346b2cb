// Package filter holds neighbourhood filters and statistics of images. Borders are reflected about the
// edge of the outermost voxel (scipy.ndimage mode "reflect") unless said otherwise.
package filter

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/caliper-imaging/caliper/volume"
)

// truncate is where the Gaussian ends, in standard deviations, as in scipy.ndimage.
const truncate = 4.0

// Gaussian smooths every channel with standard deviations in mm along i, j and k; 0 leaves a direction alone.
func Gaussian(ctx context.Context, v *volume.Volume, sigmaMM [3]float64) (*volume.Volume, error) {
	out := v.Clone()
	for n := range 3 {
		sigma := sigmaMM[n] / v.Spacing[n]
		if sigma <= 0 || v.Size[n] == 1 {
			continue
		}
		if err := convolve(ctx, out, n, gaussianKernel(sigma)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func gaussianKernel(sigma float64) []float64 {
	radius := int(truncate*sigma + 0.5)
	k := make([]float64, 2*radius+1)
	sum := 0.0
	for i := range k {
		x := float64(i-radius) / sigma
		k[i] = math.Exp(-x * x / 2)
		sum += k[i]
	}
	for i := range k {
		k[i] /= sum
	}
	return k
}

// convolve correlates every line along index n with an odd kernel, in place.
func convolve(ctx context.Context, v *volume.Volume, n int, kernel []float64) error {
	length, radius := v.Size[n], len(kernel)/2
	inner := 1
	for m := range n {
		inner *= v.Size[m]
	}
	block := inner * length
	// Lines that lie side by side in memory go together.
	const width = 32
	strips := (inner + width - 1) / width
	return parallel(ctx, len(v.Data)/block*strips, func(r int) {
		base, lo := r/strips*block, r%strips*width
		w := min(width, inner-lo)
		buf := make([]float64, (length+2*radius)*w)
		for x := -radius; x < length+radius; x++ {
			src := v.Data[base+reflect(x, length)*inner+lo:][:w]
			dst := buf[(x+radius)*w:][:w]
			for i, s := range src {
				dst[i] = float64(s)
			}
		}
		sum := make([]float64, w)
		for x := range length {
			clear(sum)
			for t, k := range kernel {
				for i, s := range buf[(x+t)*w:][:w] {
					sum[i] += k * s
				}
			}
			dst := v.Data[base+x*inner+lo:][:w]
			for i, s := range sum {
				dst[i] = float32(s)
			}
		}
	})
}

// reflect folds an index into the line: d c b a | a b c d | d c b a.
func reflect(x, size int) int {
	period := 2 * size
	x %= period
	if x < 0 {
		x += period
	}
	if x >= size {
		x = period - 1 - x
	}
	return x
}

// parallel calls f for every n below count, in any order, on all processors.
func parallel(ctx context.Context, count int, f func(n int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), count) {
		wg.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= count {
					return
				}
				f(n)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}
