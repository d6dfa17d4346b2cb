package analyze

import (
	"context"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Sizes of rendered views in pixels along the longer side.
const (
	overviewPixels = 900
	detailPixels   = 480
	planePixels    = 420
)

var keyImagesStep = stepRow{
	Name: "key-images",
	Doc:  "renders the views that a report shows, with outlines and calipers",
	run: func(_ context.Context, c *Case, _ map[string]string) error {
		if c.Current.Image.Size[2] == 1 {
			c.planarImages()
			return nil
		}
		return c.volumeImages()
	},
}

// planarImages shows the picture and that of the prior, then each finding beside its place in the prior.
func (c *Case) planarImages() {
	overview := func(e *Exam) {
		lo, hi := window(e)
		g := e.Image.Geometry
		v := planeView(g, 2, 0, 0, 1, false, [2]int{}, [2]int{g.Size[0], g.Size[1]}, overviewPixels)
		id, title := "current", "Current"
		if e.Prior {
			id, title = "prior", "Prior"
		}
		k := v.keyImage(id, title, caption(e), e, lo, hi)
		k.Annotations = append(structureOutlines(v, e), findingMarks(v, e, "")...)
		if !e.Prior {
			k.Annotations = append(k.Annotations, chordMarks(v, e)...)
		}
		c.Result.KeyImages = append(c.Result.KeyImages, k)
	}
	overview(c.Current)
	if c.Prior != nil {
		overview(c.Prior)
	}
	for n := range c.Current.Findings {
		f := &c.Current.Findings[n]
		if f.Region.Box == nil || f.Change != nil && f.Change.Kind == study.Resolved {
			continue
		}
		id := fmt.Sprintf("finding-%d", n+1)
		c.detail(id, "Current: "+f.ID, c.Current, *f.Region.Box, f.ID, f.ID)
		if c.Prior == nil || f.Change == nil {
			continue
		}
		if r := f.Change.PriorRegion; r != nil && r.Box != nil {
			c.detail(id+"-prior", "Prior: "+f.ID, c.Prior, *r.Box, f.ID, f.Change.PriorFinding)
		} else if box, ok := c.boxInPrior(*f.Region.Box); ok {
			c.detail(id+"-prior", "Prior: the same place", c.Prior, box, f.ID, "")
		}
	}
}

// detail renders the surroundings of a box, three times its size and at least 60 mm (or 120 pixels) wide.
func (c *Case) detail(id, title string, e *Exam, box [4]float64, finding, mark string) {
	g := e.Image.Geometry
	least := 120.0
	if e.spacingKnown() {
		least = 60 / g.Spacing[0]
	}
	half := max(1.5*max(box[2]-box[0], box[3]-box[1]), least/2)
	cx, cy := (box[0]+box[2])/2, (box[1]+box[3])/2
	lo := [2]int{max(0, int(cx-half)), max(0, int(cy-half))}
	hi := [2]int{min(g.Size[0], int(math.Ceil(cx+half))), min(g.Size[1], int(math.Ceil(cy+half)))}
	if lo[0] >= hi[0] || lo[1] >= hi[1] {
		return
	}
	v := planeView(g, 2, 0, 0, 1, false, lo, hi, detailPixels)
	wlo, whi := windowOf(e.Image, lo, hi)
	k := v.keyImage(id, title, "", e, wlo, whi)
	k.Finding = finding
	if mark != "" {
		k.Annotations = findingMarks(v, e, mark)
	}
	c.Result.KeyImages = append(c.Result.KeyImages, k)
}

// boxInPrior moves a box of the current image to the prior by its centre.
func (c *Case) boxInPrior(box [4]float64) ([4]float64, bool) {
	if c.ToPrior == nil {
		return box, false
	}
	cx, cy := (box[0]+box[2])/2, (box[1]+box[3])/2
	p := c.ToPrior.Transform.Map(c.Current.Image.PointLPS([3]float64{cx - 0.5, cy - 0.5, 0}))
	q := c.Prior.Image.IndexOf(p)
	w, h := (box[2]-box[0])/2, (box[3]-box[1])/2
	if q[0] < 0 || q[1] < 0 || q[0] >= float64(c.Prior.Image.Size[0]) || q[1] >= float64(c.Prior.Image.Size[1]) {
		return box, false
	}
	return [4]float64{q[0] + 0.5 - w, q[1] + 0.5 - h, q[0] + 0.5 + w, q[1] + 0.5 + h}, true
}

func caption(e *Exam) string {
	text := e.Series.Modality
	if e.Series.View != "" {
		text += " " + e.Series.View
	}
	if !e.Study.When.IsZero() {
		text += ", " + e.Study.When.Format("2006-01-02")
	}
	return text
}

// structureOutlines draws lungs and heart of a radiograph.
func structureOutlines(v view, e *Exam) []study.Annotation {
	var out []study.Annotation
	for _, name := range sortedMasks(e) {
		m := e.Masks[name]
		for _, label := range m.Present() {
			text := m.Name(label)
			out = append(out, v.outlines(m.Mask, func(l uint16) bool { return l == label }, roleOf(text), text)...)
		}
	}
	return out
}

// findingMarks draws outline, box and calipers of the findings; only that with the given ID where one is given.
func findingMarks(v view, e *Exam, only string) []study.Annotation {
	var out []study.Annotation
	role := "finding"
	if e.Prior {
		role = "prior"
	}
	for _, f := range e.Findings {
		if only != "" && f.ID != only || f.Change != nil && f.Change.Kind == study.Resolved {
			continue
		}
		if len(f.Region.Outline) > 2 {
			points := make([][2]float64, len(f.Region.Outline))
			for n, p := range f.Region.Outline {
				points[n] = rounded(v.pixel(p[0], p[1]))
			}
			out = append(out, study.Annotation{Kind: "outline", Points: points, Role: role})
		} else if b := f.Region.Box; b != nil {
			out = append(out, study.Annotation{Kind: "box", Points: [][2]float64{rounded(v.pixel(b[0], b[1])), rounded(v.pixel(b[2], b[3]))}, Role: role})
		}
		for _, m := range f.Measures {
			if m.Key == study.KeyLongestDiameter && len(m.AtPixels) == 2 {
				out = append(out, study.Annotation{Kind: "caliper", Role: "measurement", Text: lengthText(m),
					Points: [][2]float64{rounded(v.pixel(m.AtPixels[0][0], m.AtPixels[0][1])), rounded(v.pixel(m.AtPixels[1][0], m.AtPixels[1][1]))}})
			}
		}
		if b := f.Region.Box; b != nil && only == "" {
			out = append(out, study.Annotation{Kind: "text", Points: [][2]float64{rounded(v.pixel(b[2], b[1]))}, Text: f.ID, Role: role})
		}
	}
	return out
}

// chordMarks draws the widths of heart and thorax that the cardiothoracic ratio was taken from.
func chordMarks(v view, e *Exam) []study.Annotation {
	var out []study.Annotation
	for _, m := range e.Measures {
		if m.Unit != "mm" && m.Unit != "{pixels}" {
			continue
		}
		for n := 0; n+1 < len(m.AtPixels); n += 2 {
			text := ""
			if n+2 >= len(m.AtPixels) {
				text = lengthText(m)
			}
			out = append(out, study.Annotation{Kind: "caliper", Role: "measurement", Text: text,
				Points: [][2]float64{rounded(v.pixel(m.AtPixels[n][0], m.AtPixels[n][1])), rounded(v.pixel(m.AtPixels[n+1][0], m.AtPixels[n+1][1]))}})
		}
	}
	return out
}

func lengthText(m study.Measurement) string {
	switch m.Unit {
	case "mm":
		return fmt.Sprintf("%.1f mm", m.Value)
	case "{pixels}":
		return fmt.Sprintf("%.0f px", m.Value)
	}
	return fmt.Sprintf("%.2f", m.Value)
}

// volumeImages shows three planes through the middle of what was found, radiological convention: the
// patient's right is on the left of the picture.
func (c *Case) volumeImages() error {
	for _, e := range c.Exams() {
		if err := c.planes(e); err != nil {
			return err
		}
	}
	return nil
}

func (c *Case) planes(e *Exam) error {
	turned, err := e.Image.Reorient("LPS")
	if err != nil {
		return err
	}
	masks := map[string]*volume.Mask{}
	for name, m := range e.Masks {
		if masks[name], err = m.Mask.Reorient("LPS"); err != nil {
			return err
		}
	}
	shown := &Exam{Study: e.Study, Series: e.Series, Image: turned, Prior: e.Prior}
	at := middle(turned.Geometry, masks)
	lo, hi := window(e)
	prefix, word := "", ""
	if e.Prior {
		prefix, word = "prior-", "Prior: "
	}
	for _, plane := range []struct {
		name                string
		fixed, across, down int
		flip                bool
		sides               [2]string // the patient's, at the picture's left and right border
	}{{"axial", 2, 0, 1, false, [2]string{"R", "L"}}, {"coronal", 1, 0, 2, true, [2]string{"R", "L"}}, {"sagittal", 0, 1, 2, true, [2]string{"A", "P"}}} {
		g := turned.Geometry
		v := planeView(g, plane.fixed, at[plane.fixed], plane.across, plane.down, plane.flip, [2]int{}, [2]int{g.Size[plane.across], g.Size[plane.down]}, planePixels)
		k := v.keyImage(prefix+plane.name, word+plane.name, caption(e), shown, lo, hi)
		for n, side := range plane.sides {
			k.Annotations = append(k.Annotations, study.Annotation{Kind: "text", Role: "marker", Text: side,
				Points: [][2]float64{{float64(n * k.Width), float64(k.Height) / 2}}})
		}
		for _, name := range sortedMasks(e) {
			m := masks[name]
			for _, label := range m.Present() {
				k.Annotations = append(k.Annotations, v.outlines(m, func(l uint16) bool { return l == label }, roleOf(m.Name(label)), m.Name(label))...)
			}
		}
		c.Result.KeyImages = append(c.Result.KeyImages, k)
		if plane.fixed == 2 && lungs(masks) {
			k := v.keyImage(prefix+"axial-lung", word+"axial, lung window", caption(e), shown, -1350, 150) // centre -600, width 1500
			c.Result.KeyImages = append(c.Result.KeyImages, k)
		}
	}
	return nil
}

// lungs says whether one of the masks names a lung.
func lungs(masks map[string]*volume.Mask) bool {
	for _, m := range masks {
		for _, label := range m.Present() {
			if role := roleOf(m.Name(label)); role == "lung-right" || role == "lung-left" {
				return true
			}
		}
	}
	return false
}

// middle is the voxel in the middle of the smallest mask's largest extent, or of the grid.
func middle(g volume.Geometry, masks map[string]*volume.Mask) [3]int {
	at := [3]int{g.Size[0] / 2, g.Size[1] / 2, g.Size[2] / 2}
	fewest := 0
	for _, name := range sortedNames(masks) {
		m := masks[name]
		var sum [3]int
		n := 0
		for k := range g.Size[2] {
			for j := range g.Size[1] {
				for i := range g.Size[0] {
					if m.Labels[g.Offset(i, j, k)] != 0 {
						sum[0], sum[1], sum[2] = sum[0]+i, sum[1]+j, sum[2]+k
						n++
					}
				}
			}
		}
		if n > 0 && (fewest == 0 || n < fewest) {
			fewest = n
			at = [3]int{sum[0] / n, sum[1] / n, sum[2] / n}
		}
	}
	return at
}
