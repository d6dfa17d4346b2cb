package dicom

import (
	"cmp"
	"math"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// place lays out slices that have a place in the patient: it orders them along their normal, sorts
// time points apart, and finds the grid.
func (st *Stack) place(all []slice) {
	normal := cross(all[0].row, all[0].col)
	for i := range all {
		all[i].dist = dot(all[i].pos, normal)
	}
	slices.SortStableFunc(all, bySlice)
	all = st.dropCopies(all)
	tol := 1e-3
	var levels [][]slice
	for i := range all {
		if i == 0 || all[i].dist-all[i-1].dist > tol {
			levels = append(levels, nil)
		}
		levels[len(levels)-1] = append(levels[len(levels)-1], all[i])
	}
	for i := range levels {
		slices.SortStableFunc(levels[i], byTime)
	}
	st.timePoints(levels)
	if len(st.times) == 0 {
		st.times = [][]slice{all[:1]}
	}
	st.grid(st.times[0], normal)
}

func bySlice(a, b slice) int {
	return cmp.Or(cmp.Compare(a.dist, b.dist), byTime(a, b))
}

// byTime orders the frames of one place: by temporal position where it is given, then as they are
// numbered. Of the dimensions of a multi-frame object the last runs slowest.
func byTime(a, b slice) int {
	return cmp.Or(cmp.Compare(a.temporal, b.temporal), cmp.Compare(a.instance, b.instance), byDimension(a.dims, b.dims), cmp.Compare(a.acquisition, b.acquisition),
		cmp.Compare(a.trigger, b.trigger), cmp.Compare(a.clock, b.clock), cmp.Compare(a.bvalue, b.bvalue), cmp.Compare(a.frame, b.frame), cmp.Compare(a.uid, b.uid))
}

func byDimension(a, b []int) int {
	if len(a) != len(b) {
		return 0
	}
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return cmp.Compare(a[i], b[i])
		}
	}
	return 0
}

// dropCopies leaves out objects that are there twice under the same SOPInstanceUID.
func (st *Stack) dropCopies(all []slice) []slice {
	type key struct {
		uid         string
		frame, part int
	}
	seen := map[key]bool{}
	out := all[:0:0]
	for _, s := range all {
		k := key{s.uid, s.frame, s.part}
		if s.uid != "" && seen[k] {
			continue
		}
		seen[k] = true
		out = append(out, s)
	}
	if n := len(all) - len(out); n > 0 {
		st.issue("duplicate-instances", study.Note, "%d images repeat the SOPInstanceUID of another file; each is used once", n)
	}
	return out
}

// timePoints shares the frames at each level out among time points.
func (st *Stack) timePoints(levels [][]slice) {
	most, fewest := 0, math.MaxInt
	for _, l := range levels {
		most, fewest = max(most, len(l)), min(fewest, len(l))
	}
	if most != fewest {
		whole := 0
		for _, l := range levels {
			if len(l) == fewest {
				whole++
			}
		}
		switch {
		case st.Series.Modality == "SEG": // a frame for each segment that is there
		case fewest == 1 && whole*2 >= len(levels):
			st.refuse("duplicate-slices", "%d of %d slice positions hold more than one image; which belong together can't be told", len(levels)-whole, len(levels))
		case fewest > 1 || whole < len(levels):
			st.issue("incomplete-time-point", study.Warning, "slice positions hold %d to %d images; only the first %d time points are whole, the rest is left out", fewest, most, fewest)
		}
	}
	for t := range fewest {
		point := make([]slice, len(levels))
		for i, l := range levels {
			point[i] = l[t]
		}
		st.times = append(st.times, point)
	}
}

// grid finds the geometry of one time point and what is irregular in it.
func (st *Stack) grid(s []slice, normal [3]float64) {
	first, last := s[0], s[len(s)-1]
	a := &st.Series.Acquisition
	g := volume.Geometry{Size: [3]int{first.columns, first.rows, len(s)}, Origin: first.pos, Axes: [3][3]float64{first.row, first.col, normal}, Frame: first.head.data.String(tag.FrameOfReferenceUID)}
	spacing := first.spacingMM
	a.SpacingSource = "PixelSpacing"
	if spacing[0] == 0 {
		spacing = st.planeSpacing(first)
		if a.SpacingSource == "none" {
			st.issue("no-spacing", study.Warning, "no pixel spacing is given; lengths are in pixels")
		}
	}
	g.Spacing = [3]float64{spacing[1], spacing[0], 1}
	if len(s) == 1 {
		switch {
		case first.between > 0:
			g.Spacing[2] = first.between
		case first.thickness > 0:
			g.Spacing[2] = first.thickness
		}
		st.Series.Geometry = g
		return
	}
	steps := make([]float64, len(s)-1)
	for i := range steps {
		steps[i] = s[i+1].dist - s[i].dist
	}
	mean := (last.dist - first.dist) / float64(len(steps))
	g.Spacing[2] = mean
	if !even(steps, mean) {
		st.irregular(s, steps, &g)
	}
	st.Series.Geometry = g
	st.tilt(s, normal)
	if a.SliceThicknessMM > 0 && g.Spacing[2] > 1.05*a.SliceThicknessMM+0.01 {
		st.issue("slice-gaps", study.Note, "slices of %.4g mm lie %.4g mm apart", a.SliceThicknessMM, g.Spacing[2])
	}
}

func even(steps []float64, step float64) bool {
	for _, d := range steps {
		if math.Abs(d-step) > 0.01*step+2e-3 {
			return false
		}
	}
	return true
}

// irregular handles steps that are not equal: whole multiples of one step are missing slices, which
// are filled between their neighbours; anything else is resampled onto even steps.
func (st *Stack) irregular(s []slice, steps []float64, g *volume.Geometry) {
	sorted := slices.Sorted(slices.Values(steps))
	step := sorted[len(sorted)/2]
	index := make([]int, len(s))
	whole, missing := true, 0
	for i, d := range steps {
		n := math.Round(d / step)
		if n < 1 || math.Abs(d-n*step) > 0.02*step+2e-3 {
			whole = false
			break
		}
		index[i+1] = index[i] + int(n)
		missing += int(n) - 1
	}
	span := s[len(s)-1].dist - s[0].dist
	if whole && missing > 0 {
		if missing > len(s) {
			st.refuse("missing-slices", "%d of %d slices are missing", missing, index[len(s)-1]+1)
			return
		}
		g.Size[2] = index[len(s)-1] + 1
		g.Spacing[2] = span / float64(g.Size[2]-1)
		st.steps = index
		st.issue("missing-slices", study.Warning, "%d slices are missing at steps of %.4g mm (%s); they are filled in between their neighbours", missing, g.Spacing[2], gaps(index))
		return
	}
	lo, hi := sorted[0], sorted[len(sorted)-1]
	if hi > 10*lo || span/step > 1<<14 {
		st.refuse("uneven-spacing", "the distance between slices runs from %.4g to %.4g mm", lo, hi)
		return
	}
	st.issue("uneven-spacing", study.Warning, "the distance between slices runs from %.4g to %.4g mm; resampled to even steps of about %.4g mm", lo, hi, step)
	g.Size[2] = int(math.Round(span/step)) + 1
	g.Spacing[2] = span / float64(g.Size[2]-1)
	for i := range s {
		st.uneven = append(st.uneven, s[i].dist-s[0].dist)
	}
}

// gaps lists the grid indices that no slice fills, the first few of them.
func gaps(index []int) string {
	out := ""
	n := 0
	for i := 1; i < len(index); i++ {
		for k := index[i-1] + 1; k < index[i]; k++ {
			if n++; n > 8 {
				return out + " …"
			}
			if out != "" {
				out += ", "
			}
			out += DecimalString(float64(k))
		}
	}
	return out
}

// tilt finds slices that are displaced within their plane, as a tilted gantry does. They are moved
// back when the voxels are read.
func (st *Stack) tilt(s []slice, normal [3]float64) {
	g := st.Series.Geometry
	worst := 0.0
	for i := range s {
		d := displacement(s[0], s[i])
		worst = max(worst, math.Abs(d[0])/g.Spacing[0], math.Abs(d[1])/g.Spacing[1])
	}
	if worst < 0.1 {
		return
	}
	last := displacement(s[0], s[len(s)-1])
	angle := math.Atan2(math.Hypot(last[0], last[1]), s[len(s)-1].dist-s[0].dist) * 180 / math.Pi
	if angle > 60 {
		st.refuse("gantry-tilt", "slices are displaced by %.3g° against their normal", angle)
		return
	}
	st.tilted = true
	st.issue("gantry-tilt", study.Warning, "slices are displaced by %.3g° against their normal; sheared onto a straight grid", angle)
}

// displacement is how far slice s lies off the normal through the first, along columns and rows in mm.
func displacement(first, s slice) [2]float64 {
	d := [3]float64{s.pos[0] - first.pos[0], s.pos[1] - first.pos[1], s.pos[2] - first.pos[2]}
	return [2]float64{dot(d, first.row), dot(d, first.col)}
}
