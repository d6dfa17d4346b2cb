package register

import (
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// shrink averages blocks of voxels; the outer border of the grid stays where it is.
func shrink(g volume.Geometry, data []float32, factor [3]int) (volume.Geometry, []float32) {
	if factor == [3]int{1, 1, 1} {
		return g, data
	}
	out := g
	var shift [3]float64
	for n := range 3 {
		out.Size[n] = max(1, g.Size[n]/factor[n])
		out.Spacing[n] = g.Spacing[n] * float64(factor[n])
		shift[n] = float64(factor[n]-1) / 2
	}
	out.Origin = g.PointLPS(shift)
	small := make([]float32, out.Voxels())
	weight := 1 / float64(factor[0]*factor[1]*factor[2])
	for k := range out.Size[2] {
		for j := range out.Size[1] {
			for i := range out.Size[0] {
				sum := 0.0
				for c := range factor[2] {
					for b := range factor[1] {
						at := g.Offset(i*factor[0], min(j*factor[1]+b, g.Size[1]-1), min(k*factor[2]+c, g.Size[2]-1))
						for _, x := range data[at : at+factor[0]] {
							sum += float64(x)
						}
					}
				}
				small[out.Offset(i, j, k)] = float32(sum * weight)
			}
		}
	}
	return out, small
}

// factors is the whole number of voxels along each index that comes nearest to the wanted spacing.
func factors(g volume.Geometry, spacingMM float64) [3]int {
	var f [3]int
	for n := range 3 {
		f[n] = 1
		if g.Size[n] > 1 {
			f[n] = min(max(1, int(math.Round(spacingMM/g.Spacing[n]))), max(1, g.Size[n]/4))
		}
	}
	return f
}

// smooth is a separable Gaussian with sigma in voxels along each index; borders are repeated.
func smooth(g volume.Geometry, data []float32, sigma [3]float64) []float32 {
	out := append([]float32(nil), data...)
	strides := [3]int{1, g.Size[0], g.Size[0] * g.Size[1]}
	for n := range 3 {
		if sigma[n] <= 0 || g.Size[n] == 1 {
			continue
		}
		kernel := gaussianKernel(sigma[n])
		half := len(kernel) / 2
		length, stride := g.Size[n], strides[n]
		line := make([]float32, length+2*half)
		for start := range out {
			if start/stride%length != 0 {
				continue
			}
			for x := range line {
				line[x] = out[start+min(max(x-half, 0), length-1)*stride]
			}
			for x := range length {
				acc := float32(0)
				for w, k := range kernel {
					acc += k * line[x+w]
				}
				out[start+x*stride] = acc
			}
		}
	}
	return out
}

func gaussianKernel(sigma float64) []float32 {
	half := int(math.Ceil(3 * sigma))
	k := make([]float64, 2*half+1)
	sum := 0.0
	for n := range k {
		d := float64(n-half) / sigma
		k[n] = math.Exp(-d * d / 2)
		sum += k[n]
	}
	out := make([]float32, len(k))
	for n := range k {
		out[n] = float32(k[n] / sum)
	}
	return out
}

// finite copies values with what is not a number replaced by the smallest finite value.
func finite(v *volume.Volume) []float32 {
	lo, _, _ := v.Range()
	out := append([]float32(nil), v.Channel(0)...)
	for n, x := range out {
		if x-x != 0 {
			out[n] = lo
		}
	}
	return out
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }
