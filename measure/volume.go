package measure

import "github.com/caliper-imaging/caliper/study"

var volumeML = Measure{
	Key: "volume", Title: "Volume", Unit: "ml", Concept: sct("118565006", "Volume"),
	Doc: "Number of voxels times the volume of one (IBSI YEKZ, voxel counting).",
	Compute: func(r *Region) (study.Measurement, bool) {
		if r.noSpacing || r.single() {
			return study.Measurement{}, false
		}
		return study.Measurement{Value: float64(r.Count) * r.Mask.VoxelMM3() / 1000, Method: "voxels counted at full weight"}, true
	},
}

var voxels = Measure{
	Key: "voxels", Title: "Voxels", Unit: "1", Detail: true,
	Doc: "Number of voxels that carry the label.",
	Compute: func(r *Region) (study.Measurement, bool) {
		return study.Measurement{Value: float64(r.Count), Method: "count"}, true
	},
}

var area = Measure{
	Key: "area", Title: "Area", Unit: "mm2", Concept: sct("131184002", "Area of defined region"),
	Doc: "Area of the label on an image of one slice: pixels times the area of one.",
	Compute: func(r *Region) (study.Measurement, bool) {
		if !r.single() {
			return study.Measurement{}, false
		}
		got := study.Measurement{Value: float64(r.Count), Unit: "{pixels}", Method: "pixels counted at full weight"}
		if !r.noSpacing {
			got.Unit = "mm2"
			a, b := inPlane(r.sliceAxis)
			got.Value *= r.Mask.Spacing[a] * r.Mask.Spacing[b]
		}
		return got, true
	},
}

// single says whether the grid is one slice: a projection or a picture has no volume.
func (r *Region) single() bool { return r.Mask.Size[r.sliceAxis] == 1 }

// inPlane is the two index axes that are not the slice axis, ascending.
func inPlane(sliceAxis int) (a, b int) {
	switch sliceAxis {
	case 0:
		return 1, 2
	case 1:
		return 0, 2
	}
	return 0, 1
}
