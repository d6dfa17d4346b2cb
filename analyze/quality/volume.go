package quality

import (
	"math"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Volume judges a CT, an MR or another volume: noise, signal to noise, clipping, evenness of spacing
// and coverage. Modality is DICOM's word ("" where not known).
func Volume(v *volume.Volume, modality string) ([]study.Measurement, []study.Issue) {
	var measures []study.Measurement
	var issues []study.Issue
	values := sortedFinite(v.Channel(0))
	if len(values) == 0 || values[0] == values[len(values)-1] {
		return nil, []study.Issue{{Code: "no-contrast", Severity: study.Refused, Where: "quality", Text: "all voxels have one value"}}
	}
	if bad := countNotFinite(v.Channel(0)); bad > 0 {
		issues = append(issues, warn("not-finite", "%d voxels are not numbers", bad))
	}
	lo, hi := v.Spacing[0], v.Spacing[0]
	for n := range 3 {
		if v.Size[n] > 1 {
			lo, hi = min(lo, v.Spacing[n]), max(hi, v.Spacing[n])
		}
	}
	measures = append(measures, figure("anisotropy", hi/lo, "1", "largest over smallest voxel spacing"))
	if hi/lo > MaxAnisotropy {
		issues = append(issues, warn("thick-slices", "spacing of %.3g mm along one axis and %.3g along another (limit %g times): volumes and diameters suffer", hi, lo, MaxAnisotropy))
	}
	slices := v.Size[2]
	measures = append(measures, figure("slices", float64(slices), "1", "count"),
		figure("coverage", float64(slices)*v.Spacing[2], "mm", "slices times their distance"))
	if slices < MinSlices {
		issues = append(issues, warn("few-slices", "%d slices (limit %d): the field of view is short", slices, MinSlices))
	}
	_, high := clipped(values)
	measures = append(measures, figure("clipped_high", 100*high, "%", "voxels at the largest value"))
	if high > MaxClippedPart {
		issues = append(issues, warn("clipped", "%.1f %% of the voxels are at the largest value (limit %.0f %%)", 100*high, 100*MaxClippedPart))
	}
	if modality == "CT" {
		m, i := ctNoise(v)
		return append(measures, m...), append(issues, i...)
	}
	m, i := signalToNoise(v, values)
	return append(measures, m...), append(issues, i...)
}

func countNotFinite(data []float32) int {
	n := 0
	for _, x := range data {
		if x-x != 0 {
			n++
		}
	}
	return n
}

// ctNoise is the noise within soft tissue (−100 to 200 HU) and checks that air is where it should be.
func ctNoise(v *volume.Volume) (measures []study.Measurement, issues []study.Issue) {
	soft := func(at int) bool { x := v.Data[at]; return x > -100 && x < 200 }
	if noise, ok := noiseOf(v, soft); ok {
		measures = append(measures, study.Measurement{
			Key: "noise", Value: noise, Unit: string(volume.HU),
			Method: "from differences of neighbouring voxels of −100 to 200 HU (median absolute deviation); smoothing kernels lower it",
		})
		if noise > MaxNoiseHU {
			issues = append(issues, warn("noisy", "noise of %.0f HU in soft tissue (limit %.0f)", noise, MaxNoiseHU))
		}
	} else {
		issues = append(issues, warn("no-soft-tissue", "no voxels of −100 to 200 HU: the values may not be Hounsfield units"))
	}
	return measures, issues
}

// signalToNoise is the mean of the object over the noise, the object being what lies above Otsu's
// threshold.
func signalToNoise(v *volume.Volume, values []float32) (measures []study.Measurement, issues []study.Issue) {
	cut := otsu(values)
	object := func(at int) bool { return v.Data[at] > cut }
	noise, ok := noiseOf(v, object)
	if !ok || noise <= 0 {
		return nil, nil
	}
	sum, n := 0.0, 0
	for _, x := range values {
		if x > cut {
			sum += float64(x)
			n++
		}
	}
	if n == 0 {
		return nil, nil
	}
	snr := sum / float64(n) / noise
	measures = append(measures, figure("signal_to_noise", snr, "1",
		"mean above Otsu's threshold over noise from differences of neighbouring voxels there"))
	if snr < MinSignalToNoise {
		issues = append(issues, warn("noisy", "signal to noise is %.1f (limit %g)", snr, MinSignalToNoise))
	}
	return measures, issues
}

// otsu is the threshold that parts ascending values into two classes of the largest distance
// (Otsu 1979), over 256 bins between the outermost thousandths.
func otsu(sorted []float32) float32 {
	lo, hi := quantile(sorted, 0.001), quantile(sorted, 0.999)
	if hi <= lo {
		return float32(lo)
	}
	const bins = 256
	var hist [bins]float64
	for _, x := range sorted {
		b := int((float64(x) - lo) / (hi - lo) * bins)
		hist[min(max(b, 0), bins-1)]++
	}
	total, sum := 0.0, 0.0
	for b, n := range hist {
		total += n
		sum += n * float64(b)
	}
	best, at := math.Inf(-1), 0
	below, sumBelow := 0.0, 0.0
	for b, n := range hist {
		below += n
		sumBelow += n * float64(b)
		above := total - below
		if below == 0 || above == 0 {
			continue
		}
		d := sumBelow/below - (sum-sumBelow)/above
		if between := below * above * d * d; between > best {
			best, at = between, b
		}
	}
	return float32(lo + (float64(at)+1)/bins*(hi-lo))
}
