// Package rt reads RT Structure Sets (PS3.3 A.19, C.8.8.5 and C.8.8.6) and fills their contours into masks.
package rt

import (
	"fmt"
	"math"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

const (
	where = "dicom: rt structure set"
	// Class is the SOP class of an RT Structure Set.
	Class = "1.2.840.10008.5.1.4.1.1.481.3"
)

// Structure is one region of interest.
type Structure struct {
	Number   int
	Name     string
	Type     string // RTROIInterpretedType: ORGAN, GTV, EXTERNAL …
	Frame    string // Frame of Reference UID
	Contours []Contour
}

// Contour is one closed polygon in the patient frame, LPS mm.
type Contour struct {
	PointsLPS [][3]float64
}

// Read gives the structures in the order of their sequence. Points and open lines are left out.
func Read(f *dicom.File) ([]Structure, error) {
	if class := f.String(tag.SOPClassUID); class != Class {
		return nil, frame.Errorf(where, "SOPClassUID: want %s, got %q", Class, class)
	}
	var out []Structure
	at := map[int]int{}
	for _, item := range f.Items(tag.StructureSetROISequence) {
		n, ok := item.Int(tag.ROINumber)
		if !ok {
			return nil, frame.Errorf(where, "%v ROINumber: want a number, got none", tag.ROINumber)
		}
		at[n] = len(out)
		out = append(out, Structure{Number: n, Name: item.String(tag.ROIName), Frame: item.String(tag.ReferencedFrameOfReferenceUID)})
	}
	for _, item := range f.Items(tag.RTROIObservationsSequence) {
		if n, ok := item.Int(tag.ReferencedROINumber); ok {
			if i, ok := at[n]; ok {
				out[i].Type = item.String(tag.RTROIInterpretedType)
			}
		}
	}
	for _, item := range f.Items(tag.ROIContourSequence) {
		n, _ := item.Int(tag.ReferencedROINumber)
		i, ok := at[n]
		if !ok {
			return nil, frame.Errorf(where, "ROIContourSequence: want a structure of the set, got number %d", n)
		}
		for k, c := range item.Items(tag.ContourSequence) {
			switch c.String(tag.ContourGeometricType) {
			case "CLOSED_PLANAR", "CLOSEDPLANAR_XOR":
			default:
				continue
			}
			v := c.Floats(tag.ContourData)
			if len(v) < 9 || len(v)%3 != 0 {
				return nil, frame.Errorf(where, "structure %d, contour %d: want three points and more of three numbers, got %d numbers", n, k, len(v))
			}
			points := make([][3]float64, len(v)/3)
			for p := range points {
				points[p] = [3]float64(v[3*p:])
			}
			out[i].Contours = append(out[i].Contours, Contour{points})
		}
	}
	return out, nil
}

// Fill sets the voxels of g whose centre lies inside the structure, by the even-odd rule over all
// contours of a slice, so that an inner one cuts a hole. A contour belongs to the slice that its plane
// is nearest to. outside counts contours beyond the grid. A contour that lies across slices is an error.
func (s *Structure) Fill(g volume.Geometry, inside []bool) (outside int, err error) {
	if len(inside) != g.Voxels() {
		return 0, frame.Errorf(where, "structure %d: want room for %d voxels, got %d", s.Number, g.Voxels(), len(inside))
	}
	planes := map[int][]edge{}
	for n, c := range s.Contours {
		index := make([][3]float64, len(c.PointsLPS))
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, p := range c.PointsLPS {
			index[i] = g.IndexOf(p)
			lo, hi = min(lo, index[i][2]), max(hi, index[i][2])
		}
		if !(hi-lo <= 0.5) {
			return 0, frame.Unsupportedf(where, "structure %d, contour %d: want a plane along the slices, got one across %.3g of them", s.Number, n, hi-lo)
		}
		k := int(math.Round((lo + hi) / 2))
		if k < 0 || k >= g.Size[2] {
			outside++
			continue
		}
		for i, p := range index {
			q := index[(i+1)%len(index)]
			if p[1] != q[1] {
				planes[k] = append(planes[k], edge{p[0], p[1], q[0], q[1]})
			}
		}
	}
	for k, edges := range planes {
		plane := inside[k*g.Size[0]*g.Size[1]:][:g.Size[0]*g.Size[1]]
		for j := range g.Size[1] {
			scan(plane[j*g.Size[0]:][:g.Size[0]], float64(j), edges)
		}
	}
	return outside, nil
}

type edge struct{ x0, y0, x1, y1 float64 }

// scan fills one row.
func scan(row []bool, y float64, edges []edge) {
	var at []float64
	for _, e := range edges {
		if (e.y0 <= y) != (e.y1 <= y) {
			at = append(at, e.x0+(y-e.y0)/(e.y1-e.y0)*(e.x1-e.x0))
		}
	}
	slices.Sort(at)
	for n := 0; n+1 < len(at); n += 2 {
		lo, hi := max(0, math.Ceil(at[n])), min(float64(len(row)), math.Ceil(at[n+1]))
		for i := int(lo); i < int(hi); i++ {
			row[i] = true
		}
	}
}

// betweenSlices counts contours that lie off the slices by more than a tenth of their distance.
func betweenSlices(structures []Structure, g volume.Geometry) int {
	n := 0
	for _, s := range structures {
		for _, c := range s.Contours {
			if z := g.IndexOf(c.PointsLPS[0])[2]; math.Abs(z-math.Round(z)) > 0.1 {
				n++
			}
		}
	}
	return n
}

// Mask fills all structures into one mask: label n+1 for structure n. Where structures overlap, the
// later one is kept and an issue says so.
func Mask(structures []Structure, g volume.Geometry) (*volume.Mask, []study.Issue, error) {
	names := []string{"background"}
	for _, s := range structures {
		names = append(names, s.Name)
	}
	m, err := volume.NewMask(g, names...)
	if err != nil {
		return nil, nil, err
	}
	if len(structures) > math.MaxUint16 {
		return nil, nil, frame.Unsupportedf(where, "want at most %d structures, got %d", math.MaxUint16, len(structures))
	}
	overlap, outside := 0, 0
	inside := make([]bool, g.Voxels())
	for n := range structures {
		clear(inside)
		out, err := structures[n].Fill(g, inside)
		if err != nil {
			return nil, nil, err
		}
		outside += out
		for i, in := range inside {
			if !in {
				continue
			}
			if m.Labels[i] != 0 {
				overlap++
			}
			m.Labels[i] = uint16(n + 1)
		}
	}
	var issues []study.Issue
	if overlap > 0 {
		issues = append(issues, study.Issue{Code: "overlapping-structures", Severity: study.Warning, Where: "structure set", Text: "structures overlap; where they do, the later one is kept"})
	}
	if n := betweenSlices(structures, g); n > 0 {
		issues = append(issues, study.Issue{Code: "contours-between-slices", Severity: study.Note, Where: "structure set", Text: fmt.Sprintf("%d contours lie between slices, by more than a tenth of their distance; each is filled into the nearest", n)})
	}
	if outside > 0 {
		issues = append(issues, study.Issue{Code: "contours-outside", Severity: study.Warning, Where: "structure set", Text: "contours lie beyond the image's slices and are left out"})
	}
	return m, issues, nil
}
