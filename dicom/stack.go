package dicom

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Stack is one image made of the frames of one or more objects: a volume, a radiograph, or a series of
// them over time. Series is complete: geometry, files in the order of their slices, issues. Nothing
// but headers has been read.
type Stack struct {
	Series     study.Series
	Localiser  bool  // a scout, not for measuring
	Err        error // why its voxels can't be had, or nil; said in Series.Issues too
	projection bool
	times      [][]slice // for each time point the slices in ascending order along the normal
	steps      []int     // grid index of each slice, where slices are missing
	uneven     []float64 // distances of the slices, where they must be resampled
	tilted     bool
}

// Stacks sorts objects into images: by study, series, image type, echo, matrix, direction. Slices are
// ordered by their position along the normal; several at the same place are time points. What is not
// regular is said in Series.Issues; what would need a guess is refused (Err). Objects without pixels
// are left out. The order of the result follows series UID, then first instance number.
// Where a series makes several images, their UIDs get "#1", "#2" and so on.
func Stacks(files []*File) []Stack {
	groups := map[string][]slice{}
	var order []string
	add := func(key string, s ...slice) {
		if _, ok := groups[key]; !ok {
			order = append(order, key)
		}
		groups[key] = append(groups[key], s...)
	}
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, func(a, b *File) int {
		an, _ := a.Int(tag.InstanceNumber)
		bn, _ := b.Int(tag.InstanceNumber)
		return cmp.Or(cmp.Compare(a.String(tag.SeriesInstanceUID), b.String(tag.SeriesInstanceUID)), cmp.Compare(an, bn),
			cmp.Compare(a.String(tag.SOPInstanceUID), b.String(tag.SOPInstanceUID)), cmp.Compare(a.Path, b.Path))
	})
	for n, f := range sorted {
		if !f.HasPixels() {
			continue
		}
		all := slicesOf(f)
		if len(all) == 0 {
			continue
		}
		if !all[0].placed || isProjection(f) {
			// Without a place in the patient every object stands for itself.
			add(fmt.Sprintf("%s|%d", f.String(tag.SeriesInstanceUID), n), all...)
			continue
		}
		for _, s := range all {
			add(s.groupKey(), s)
		}
	}
	var out []Stack
	for _, key := range order {
		for _, part := range byDirection(groups[key]) {
			for _, one := range apartFromTrace(part) {
				out = append(out, newStack(one))
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Series.UID < out[j].Series.UID })
	for i := 0; i < len(out); {
		j := i
		for j < len(out) && out[j].Series.UID == out[i].Series.UID {
			j++
		}
		numberEchoes(out[i:j])
		if j-i > 1 {
			for n := i; n < j; n++ {
				out[n].Series.UID = fmt.Sprintf("%s#%d", out[n].Series.UID, n-i+1)
			}
		}
		i = j
	}
	return out
}

// numberEchoes numbers the echo times of one series by EchoNumbers of classic objects, or as they come.
func numberEchoes(series []Stack) {
	var echoes []float64
	at := make([]int, len(series))
	for n := range series {
		if st := &series[n]; st.Series.Modality == "MR" && len(st.times) > 0 {
			l := lookup{frameHeader: st.times[0][0].head}
			te := l.echoTime()
			if !slices.Contains(echoes, te) {
				echoes = append(echoes, te)
			}
			at[n] = slices.Index(echoes, te) + 1
			if v := int(l.num(tag.EchoNumbers)); v > 0 && !l.data.Has(tag.PerFrameFunctionalGroupsSequence) {
				at[n] = v
			}
		}
	}
	for n := range series {
		if len(echoes) > 1 {
			series[n].Series.Acquisition.EchoNumber = at[n]
		}
	}
}

// byDirection splits slices whose planes are not parallel, or whose rows run otherwise.
func byDirection(all []slice) [][]slice {
	var out [][]slice
next:
	for _, s := range all {
		for i := range out {
			if first := out[i][0]; first.placed == s.placed && dot(first.row, s.row) > 0.99995 && dot(first.col, s.col) > 0.99995 || !s.placed {
				out[i] = append(out[i], s)
				continue next
			}
		}
		out = append(out, []slice{s})
	}
	return out
}

// apartFromTrace takes the isotropic images that Philips computes out of a diffusion series with
// directions; b = 0 with a trace alone stay together.
func apartFromTrace(all []slice) [][]slice {
	if len(all) < 3 || makerOf(all[0].head.data) != philips || all[0].head.data.String(tag.Modality) != "MR" {
		return [][]slice{all}
	}
	var rest, trace []slice
	directed := false
	for _, s := range all {
		g := s.head.gradient(philips)
		if !g.known {
			return [][]slice{all}
		}
		directed = directed || g.Direction != [3]float64{}
		if g.isotropic {
			trace = append(trace, s)
		} else {
			rest = append(rest, s)
		}
	}
	if !directed || len(trace) == 0 || len(rest) == 0 {
		return [][]slice{all}
	}
	return [][]slice{rest, trace}
}

// isProjection says whether an object is a projection: a distance in its plane holds for one depth.
func isProjection(f *File) bool {
	if strings.HasPrefix(f.String(tag.SOPClassUID), "1.2.840.10008.5.1.4.1.1.13.1.") {
		return false // three-dimensional X-ray, and tomosynthesis of the breast
	}
	switch f.String(tag.Modality) {
	case "DX", "CR", "RG", "MG", "PX", "IO", "RF", "XA":
		return true
	}
	return false
}

func newStack(all []slice) Stack {
	first := all[0].file
	d := Describe(first)
	st := Stack{Series: d.Series, Localiser: all[0].isLocaliser(), projection: isProjection(first)}
	st.Series.Files, st.Series.Issues = nil, nil
	if st.Localiser {
		st.issue("localiser", study.Note, "a scout image; not for measuring")
	}
	switch {
	case isMosaic(first) && all[0].part == 0:
		st.refuse("siemens-mosaic", "slices are tiled in one picture, and the private header that says how is not there")
		st.plane(all)
	case !all[0].placed || st.projection:
		st.plane(all)
	default:
		st.place(all)
	}
	seen := map[*File]bool{}
	for _, slices := range st.times {
		for _, s := range slices {
			if !seen[s.file] {
				seen[s.file] = true
				if held := s.file.heldFrames(); held < s.file.NumFrames() {
					st.issue("missing-frames", study.Warning, "NumberOfFrames is %d, but the pixel data hold at most %d", s.file.NumFrames(), held)
				}
				if s.file.Path != "" {
					st.Series.Files = append(st.Series.Files, s.file.Path)
				}
				st.inherit(s.file.Issues)
			}
		}
	}
	st.Series.Frames = len(st.times)
	st.values(all[0])
	if all[0].head.philipsScale() > 0 {
		st.issue("philips-scale", study.Note, "values are in Philips' own scale (2005,xx0E), which is the same throughout an examination")
	}
	if err := st.check(first); err != nil && st.Err == nil {
		st.Err = err
		st.Series.Issues = append(st.Series.Issues, study.Issue{Code: "not-readable", Severity: study.Refused, Where: "series", Text: err.Error()})
	}
	return st
}

// values says what the numbers of the image mean beside the modality's transformation.
func (st *Stack) values(s slice) {
	h := s.head
	if item := h.realWorld(); item != nil && h.philipsScale() == 0 {
		unit := item.Item(tag.MeasurementUnitsCodeSequence).String(tag.CodeValue)
		if h.data.String(tag.SOPClassUID) != classParametricMap && (h.data.Has(tag.RescaleSlope) || h.macro(tag.PixelValueTransformationSequence) != nil) {
			st.issue("real-world-mapping", study.Note, "a mapping to real-world values in %q is given; the values are those of the modality's rescale", unit)
		} else {
			st.issue("real-world-values", study.Note, "values are mapped to %q", unit)
		}
	}
	if st.Series.Modality == "PT" {
		_, issues, ok := s.file.SUVbw()
		if !ok || len(issues) > 0 {
			st.inherit(issues)
		}
	}
	if len(h.data.Ints(tag.RedPaletteColorLookupTableDescriptor)) == 3 && h.data.String(tag.PhotometricInterpretation) != "PALETTE COLOR" {
		st.issue("supplemental-palette", study.Note, "a supplemental palette is given for display; values are the stored grey ones")
	}
	if h.macro(tag.PlanePositionVolumeSequence) != nil {
		st.issue("volume-frame-of-reference", study.Note, "the axes are those of the ultrasound volume, not the patient's")
	}
	if regions := h.data.Items(tag.SequenceOfUltrasoundRegions); len(regions) > 1 && st.Series.Acquisition.SpacingSource == "none" {
		st.issue("ultrasound-regions", study.Note, "%d calibrated regions differ in scale; no spacing holds for the whole picture", len(regions))
	}
}

// check sees that the first object's pixels can be described at all.
func (st *Stack) check(f *File) error {
	if _, err := f.FrameInfo(); err != nil {
		return err
	}
	g := st.Series.Geometry
	if err := g.Validate(); err != nil {
		return err
	}
	if st.Series.Channels*g.Voxels() > volume.MaxVoxels {
		return fmt.Errorf("dicom: series: want at most %d values, got %d × %d", volume.MaxVoxels, st.Series.Channels, g.Voxels())
	}
	return nil
}

// inherit takes over the issues of a file, each code once.
func (st *Stack) inherit(issues []study.Issue) {
	for _, is := range issues {
		if !slices.ContainsFunc(st.Series.Issues, func(have study.Issue) bool { return have.Code == is.Code }) {
			st.Series.Issues = append(st.Series.Issues, is)
		}
	}
}

func (st *Stack) issue(code string, severity study.Severity, format string, args ...any) {
	st.Series.Issues = append(st.Series.Issues, study.Issue{Code: code, Severity: severity, Where: "series", Text: fmt.Sprintf(format, args...)})
}

func (st *Stack) refuse(code, format string, args ...any) {
	st.issue(code, study.Refused, format, args...)
	if st.Err == nil {
		st.Err = fmt.Errorf("dicom: series: %s: %s", code, fmt.Sprintf(format, args...))
	}
}
