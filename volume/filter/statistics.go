package filter

import (
	"fmt"
	"math"
	"slices"
)

// Quantiles gives the values below which the fractions q (0 to 1) of the finite values lie, with
// linear interpolation between order statistics (numpy's default). It is an error where there is no
// finite value or a fraction is out of range.
func Quantiles(values []float32, q ...float64) ([]float64, error) {
	sorted := finite(values)
	if len(sorted) == 0 {
		return nil, fmt.Errorf("filter: quantiles: want at least one finite value, got none of %d", len(values))
	}
	slices.Sort(sorted)
	out := make([]float64, len(q))
	for n, f := range q {
		if !(f >= 0 && f <= 1) {
			return nil, fmt.Errorf("filter: quantiles: want a fraction from 0 to 1, got %g", f)
		}
		at := f * float64(len(sorted)-1)
		lo := int(at)
		out[n] = float64(sorted[lo])
		if part := at - float64(lo); part > 0 {
			out[n] += part * (float64(sorted[lo+1]) - float64(sorted[lo]))
		}
	}
	return out, nil
}

// Histogram counts finite values in bins of equal width from lo to hi; hi belongs to the last bin, and
// values outside are not counted.
func Histogram(values []float32, bins int, lo, hi float64) ([]int, error) {
	if bins < 1 || !(hi > lo) {
		return nil, fmt.Errorf("filter: histogram: want 1 bin or more over a rising range, got %d bins from %g to %g", bins, lo, hi)
	}
	counts := make([]int, bins)
	scale := float64(bins) / (hi - lo)
	for _, x := range values {
		f := float64(x)
		if !(f >= lo && f <= hi) {
			continue
		}
		counts[min(int((f-lo)*scale), bins-1)]++
	}
	return counts, nil
}

// Otsu is the threshold that best parts the finite values into two classes (Otsu 1979), the centre of
// one of 256 bins between the smallest and largest value: the upper class is above it. ok is false
// where all values are equal or none is finite.
func Otsu(values []float32) (threshold float32, ok bool) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, x := range values {
		if f := float64(x); f-f == 0 {
			lo, hi = min(lo, f), max(hi, f)
		}
	}
	if !(hi > lo) {
		return 0, false
	}
	const bins = 256
	counts, err := Histogram(values, bins, lo, hi)
	if err != nil {
		return 0, false
	}
	width := (hi - lo) / bins
	centre := func(b int) float64 { return lo + (float64(b)+0.5)*width }
	total, sum := 0.0, 0.0
	for b, c := range counts {
		total += float64(c)
		sum += float64(c) * centre(b)
	}
	best, at := -1.0, 0
	weight, part := 0.0, 0.0
	for b := range bins - 1 {
		weight += float64(counts[b])
		part += float64(counts[b]) * centre(b)
		rest := total - weight
		if weight == 0 || rest == 0 {
			continue
		}
		d := part/weight - (sum-part)/rest
		if between := weight * rest * d * d; between > best {
			best, at = between, b
		}
	}
	return float32(centre(at)), true
}

// Moments are the mean and the standard deviation (of the population) of the finite values; n is how many there are.
func Moments(values []float32) (mean, sd float64, n int) {
	sum := 0.0
	for _, x := range values {
		if x-x == 0 {
			sum += float64(x)
			n++
		}
	}
	if n == 0 {
		return 0, 0, 0
	}
	mean = sum / float64(n)
	sq := 0.0
	for _, x := range values {
		if x-x == 0 {
			d := float64(x) - mean
			sq += d * d
		}
	}
	return mean, math.Sqrt(sq / float64(n)), n
}

func finite(values []float32) []float32 {
	out := make([]float32, 0, len(values))
	for _, x := range values {
		if x-x == 0 {
			out = append(out, x)
		}
	}
	return out
}
