package measure

import "github.com/caliper-imaging/caliper/study"

// Table is every measure of a labelled region, sorted by key.
func Table() []Measure {
	return []Measure{
		area,
		centroid(0),
		centroid(1),
		centroid(2),
		boundingBox(1),
		boundingBox(2),
		boundingBox(0),
		longestDiameter,
		longestDiameter3D,
		maximum,
		mean,
		meanDiameter,
		median,
		minimum,
		percentile(5),
		percentile(10),
		percentile(90),
		percentile(95),
		sd,
		shortAxis,
		volumeML,
		voxels,
	}
}

func sct(code, meaning string) *study.Concept {
	return &study.Concept{Scheme: "SCT", Code: code, Meaning: meaning}
}
