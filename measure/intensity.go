package measure

import (
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/study"
)

var mean = Measure{
	Key: "mean", Title: "Mean", Concept: sct("373098007", "Mean"),
	Doc: "Arithmetic mean of the image's finite values under the label.",
	Compute: func(r *Region) (study.Measurement, bool) {
		return r.intensity(meanOf, "mean of voxel values")
	},
}

var sd = Measure{
	Key: "sd", Title: "Standard deviation", Concept: sct("386136009", "Standard Deviation"),
	Doc: "Standard deviation of the image's finite values under the label, divided by their number.",
	Compute: func(r *Region) (study.Measurement, bool) {
		return r.intensity(sdOf, "standard deviation of voxel values (divided by n)")
	},
}

var minimum = Measure{
	Key: "min", Title: "Minimum", Concept: sct("255605001", "Minimum"),
	Doc: "Smallest finite value of the image under the label.",
	Compute: func(r *Region) (study.Measurement, bool) {
		return r.intensity(func(v []float32) float64 { return float64(v[0]) }, "smallest voxel value")
	},
}

var maximum = Measure{
	Key: "max", Title: "Maximum", Concept: sct("56851009", "Maximum"),
	Doc: "Largest finite value of the image under the label.",
	Compute: func(r *Region) (study.Measurement, bool) {
		return r.intensity(func(v []float32) float64 { return float64(v[len(v)-1]) }, "largest voxel value")
	},
}

var median = Measure{
	Key: "median", Title: "Median", Concept: sct("373099004", "Median"),
	Doc: "Median of the image's finite values under the label.",
	Compute: func(r *Region) (study.Measurement, bool) {
		return r.intensity(func(v []float32) float64 { return quantile(v, 0.5) }, "median of voxel values")
	},
}

var percentileConcept = map[int]*study.Concept{
	5:  sct("371888009", "Fifth percentile"),
	10: sct("371890005", "Tenth percentile"),
	90: sct("371887004", "Ninetieth percentile"),
	95: sct("371889001", "Ninety-fifth percentile"),
}

func percentile(p int) Measure {
	return Measure{
		Key: fmt.Sprintf("p%02d", p), Title: fmt.Sprintf("%dth percentile", p), Concept: percentileConcept[p], Detail: true,
		Doc: "Percentile of the image's finite values under the label, interpolated linearly between ranks.",
		Compute: func(r *Region) (study.Measurement, bool) {
			return r.intensity(func(v []float32) float64 { return quantile(v, float64(p)/100) }, "percentile, linear between ranks")
		},
	}
}

func meanOf(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x)
	}
	return sum / float64(len(v))
}

func sdOf(v []float32) float64 {
	m, sum := meanOf(v), 0.0
	for _, x := range v {
		d := float64(x) - m
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(v)))
}

// quantile of ascending values, linear between ranks (numpy's default).
func quantile(sorted []float32, q float64) float64 {
	at := q * float64(len(sorted)-1)
	lo := int(at)
	if lo+1 >= len(sorted) {
		return float64(sorted[len(sorted)-1])
	}
	f := at - float64(lo)
	return float64(sorted[lo])*(1-f) + float64(sorted[lo+1])*f
}
