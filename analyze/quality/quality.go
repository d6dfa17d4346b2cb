// Package quality judges whether an image is fit to be measured: exposure, contrast, noise, clipping,
// rotation and what the field of view covers. Limits are this program's own and stand beside each issue.
package quality

import (
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Limits beyond which an issue is raised. Those of radiographs lie outside what 83 radiographs of a
// public collection show (covid-chestxray-dataset with the lung outlines of V7: contrast 0.12 to 0.44,
// level of the lungs 0.33 to 0.66, difference of the lungs' widths up to 0.18). They are meant to catch
// what hinders measuring, not to grade technique.
const (
	MaxClippedPart    = 0.05 // of the pixels at either end of the range, outside the dark surround
	MinContrast       = 0.10 // between lungs and what lies between them, over the range of values
	MaxRotation       = 0.20 // difference of the lungs' widths over their sum
	MinLungLevel      = 0.15 // mean of the lungs over the range of values
	MaxLungLevel      = 0.75
	MaxBorderPart     = 0.08 // of a lung's outline that lies on the image's border
	MinSignalToNoise  = 8.0
	MaxNoiseHU        = 40.0 // standard deviation of air or tissue on CT
	MaxAnisotropy     = 5.0  // largest over smallest spacing
	MinSlices         = 8
	MinPixelsAcross   = 256 // of a radiograph
	clippedValuesStep = 1e-6
)

// sortedFinite is the finite values of an image in ascending order, at most about a million of them,
// taken at even steps.
func sortedFinite(data []float32) []float32 {
	step := max(1, len(data)/1_000_000)
	out := make([]float32, 0, len(data)/step+1)
	for n := 0; n < len(data); n += step {
		if x := data[n]; x-x == 0 {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return out
}

func quantile(sorted []float32, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	lo := int(at)
	if lo+1 >= len(sorted) {
		return float64(sorted[len(sorted)-1])
	}
	f := at - float64(lo)
	return float64(sorted[lo])*(1-f) + float64(sorted[lo+1])*f
}

// noiseOf estimates the standard deviation of noise from the differences of a pixel and the mean of
// its neighbours along the row (median absolute deviation, so that edges hardly count).
func noiseOf(v *volume.Volume, within func(at int) bool) (float64, bool) {
	w := v.Size[0]
	if w < 3 {
		return 0, false
	}
	var d []float32
	step := max(1, v.Voxels()/2_000_000)
	for at := 1; at < v.Voxels()-1; at += step {
		if i := at % w; i == 0 || i == w-1 || within != nil && !within(at) {
			continue
		}
		x := v.Data[at] - (v.Data[at-1]+v.Data[at+1])/2
		if x-x == 0 {
			d = append(d, float32(math.Abs(float64(x))))
		}
	}
	if len(d) < 100 {
		return 0, false
	}
	slices.Sort(d)
	return quantile(d, 0.5) / 0.6745 / math.Sqrt(1.5), true
}

// clipped is the part of the pixels that lie exactly at the smallest and at the largest value.
func clipped(sorted []float32) (low, high float64) {
	lo, hi := sorted[0], sorted[len(sorted)-1]
	span := float64(hi-lo) * clippedValuesStep
	a, b := 0, 0
	for _, x := range sorted {
		if float64(x-lo) <= span {
			a++
		}
		if float64(hi-x) <= span {
			b++
		}
	}
	n := float64(len(sorted))
	return float64(a) / n, float64(b) / n
}

func figure(key string, value float64, unit, method string) study.Measurement {
	return study.Measurement{Key: key, Value: value, Unit: unit, Method: method}
}

func warn(code, format string, args ...any) study.Issue {
	return study.Issue{Code: code, Severity: study.Warning, Where: "quality", Text: fmt.Sprintf(format, args...)}
}

func note(code, format string, args ...any) study.Issue {
	return study.Issue{Code: code, Severity: study.Note, Where: "quality", Text: fmt.Sprintf(format, args...)}
}
