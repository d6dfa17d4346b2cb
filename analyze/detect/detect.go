// Package detect finds boxes in an image by a network under its card.
package detect

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume"
)

// Box is one candidate. Box is x0, y0, x1, y1 in pixels of the image that was given, counted from its
// outer border (x1 and y1 are exclusive edges). BoxMM is the same as distances in mm from the border
// along the rows and the columns.
type Box struct {
	Label string      `json:"label"`
	Score float64     `json:"score"`
	Box   [4]float64  `json:"box"`
	BoxMM *[4]float64 `json:"boxMM,omitempty"`
}

// Options of Run.
type Options struct {
	// Within is the mask that a card's output.within names, on the image's grid. Without it such a card
	// lists candidates everywhere.
	Within *volume.Mask
	// SpacingKnown says that the geometry's spacing is in real mm, so that BoxMM can be given.
	SpacingKnown bool
	// MinScore leaves out lower scores; 0 is the card's floor.
	MinScore float64
	// Max is the most boxes that are listed; 0 is 1000.
	Max int
}

// Run lists candidates by falling score. A card's operating point is not applied: see Count.
func Run(ctx context.Context, net *models.Network, v *volume.Volume, o Options) ([]Box, error) {
	card := &net.Card
	if card.Task != models.Detect {
		return nil, fmt.Errorf("detect: %s: want a model for task detect, got one for %q", card.Name, card.Task)
	}
	if o.Within != nil {
		if err := v.SameGrid(o.Within.Geometry, 0); err != nil {
			return nil, fmt.Errorf("detect: mask: %w", err)
		}
	}
	p, err := card.Prepare(ctx, v)
	if err != nil {
		return nil, err
	}
	found, err := candidates(ctx, net, p, cmp.Or(o.MinScore, card.Output.Floor))
	if err != nil {
		return nil, err
	}
	found = suppress(found, card.Output.NMS)
	limit := cmp.Or(o.Max, 1000)
	boxes := []Box{}
	for _, c := range found {
		b := Box{Label: card.Labels[c.class], Score: c.score, Box: toImage(c.box, p.Image.Geometry, v.Geometry)}
		if o.Within != nil && card.Output.Within != nil && !within(b.Box, o.Within, card.Output.Within, p.Image.Geometry) {
			continue
		}
		if b.Box[2]-b.Box[0] <= 0 || b.Box[3]-b.Box[1] <= 0 {
			continue
		}
		if o.SpacingKnown {
			sx, sy := v.Spacing[0], v.Spacing[1]
			b.BoxMM = &[4]float64{b.Box[0] * sx, b.Box[1] * sy, b.Box[2] * sx, b.Box[3] * sy}
		}
		if boxes = append(boxes, b); len(boxes) == limit {
			break
		}
	}
	return boxes, nil
}

// Best is the highest score of a label ("" is any) among candidates whose box overlaps the given one, in
// pixels of the image on grid g, by an IoU of at least 0.1; of all candidates where box is nil. It is 0
// where there is none.
func Best(ctx context.Context, net *models.Network, p *models.Prepared, g volume.Geometry, label string, box *[4]float64) (float64, error) {
	found, err := candidates(ctx, net, p, math.SmallestNonzeroFloat32)
	if err != nil {
		return 0, err
	}
	best := 0.0
	for _, c := range found {
		if c.score <= best || label != "" && net.Card.Labels[c.class] != label {
			continue
		}
		if box == nil || IoU(toImage(c.box, p.Image.Geometry, g), *box) >= 0.1 {
			best = c.score
		}
	}
	return best, nil
}

func candidates(ctx context.Context, net *models.Network, p *models.Prepared, floor float64) ([]candidate, error) {
	card := &net.Card
	names := []string{card.Output.Scores}
	for _, name := range []string{card.Output.Boxes, card.Output.Extent, card.Output.Offset} {
		if name != "" {
			names = append(names, name)
		}
	}
	out, err := run(ctx, net, p, names)
	if err != nil {
		return nil, err
	}
	byName := map[string]*tensor.Tensor{}
	for i, name := range names {
		byName[name] = out[i]
	}
	d := decoder{card: card, size: p.Image.Size, floor: floor}
	var found []candidate
	switch card.Output.Decode {
	case models.Boxes:
		found, err = d.boxes(byName)
	case models.Heatmap:
		found, err = d.heatmap(byName)
	case models.Components:
		found, err = d.components(byName)
	default:
		err = fmt.Errorf("want decode boxes, heatmap or components, got %q", card.Output.Decode)
	}
	if err != nil {
		return nil, fmt.Errorf("detect: %s: output: %w", card.Name, err)
	}
	return found, nil
}

// Count is how many of the boxes, sorted by falling score, reach the card's operating point.
func Count(boxes []Box, card *models.Card) int {
	n := 0
	for n < len(boxes) && boxes[n].Score >= card.Output.OperatingPoint {
		n++
	}
	return n
}

// candidate has its box in pixels of the tensor.
type candidate struct {
	class int
	score float64
	box   [4]float64
	order int
}

// suppress sorts by falling score and drops, within a class, what overlaps a better one by more than iou.
func suppress(found []candidate, iou float64) []candidate {
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.class, b.class), cmp.Compare(a.order, b.order))
	})
	if iou <= 0 {
		return found
	}
	const most = 5000 // by score: bounds the work on a map that is bright all over
	if len(found) > most {
		found = found[:most]
	}
	var kept []candidate
	for _, c := range found {
		if !slices.ContainsFunc(kept, func(k candidate) bool { return k.class == c.class && IoU(k.box, c.box) > iou }) {
			kept = append(kept, c)
		}
	}
	return kept
}

// IoU is the intersection of two boxes over their union.
func IoU(a, b [4]float64) float64 {
	w := min(a[2], b[2]) - max(a[0], b[0])
	h := min(a[3], b[3]) - max(a[1], b[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	inter := w * h
	return inter / ((a[2]-a[0])*(a[3]-a[1]) + (b[2]-b[0])*(b[3]-b[1]) - inter)
}

// toImage maps a box from pixels of the tensor to pixels of the image, cut to the image.
func toImage(box [4]float64, from, to volume.Geometry) [4]float64 {
	a := to.IndexOf(from.PointLPS([3]float64{box[0] - 0.5, box[1] - 0.5, 0}))
	b := to.IndexOf(from.PointLPS([3]float64{box[2] - 0.5, box[3] - 0.5, 0}))
	w, h := float64(to.Size[0]), float64(to.Size[1])
	cut := func(x, hi float64) float64 { return min(max(round6(x+0.5), 0), hi) }
	return [4]float64{cut(a[0], w), cut(a[1], h), cut(b[0], w), cut(b[1], h)}
}

// round6 drops the noise of the matrices, so that equal boxes print equally.
func round6(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// within reports whether the centre of a box lies in one of the labels or at most the margin, in pixels
// of the tensor, beside it.
func within(box [4]float64, m *volume.Mask, w *models.Within, g volume.Geometry) bool {
	margin := w.MarginPx * g.Spacing[0] / m.Spacing[0]
	cx, cy := (box[0]+box[2])/2, (box[1]+box[3])/2
	r := int(math.Ceil(margin))
	for y := int(cy) - r; y <= int(cy)+r; y++ {
		for x := int(cx) - r; x <= int(cx)+r; x++ {
			if x < 0 || y < 0 || x >= m.Size[0] || y >= m.Size[1] {
				continue
			}
			if math.Hypot(float64(x-int(cx)), float64(y-int(cy))) <= margin && slices.Contains(w.Labels, m.Labels[m.Offset(x, y, 0)]) {
				return true
			}
		}
	}
	return false
}
