package measure

import (
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Bounds of the words for margin and density; both are this program's own and say so in the method.
const (
	lobulatedFrom = 0.045 // roughness
	irregularFrom = 0.095
	ghostBelow    = 0.35 // part of the outline with a clear edge
	faintBelow    = 1.0  // contrast in standard deviations
	denseFrom     = 4.0
)

// describe adds contrast, margin and density.
func (n *Nodule) describe(image *volume.Volume, b *boundary, o NoduleOptions) {
	inside, around := sampleAround(image, b, o)
	if len(inside) > 0 && len(around) > 4 {
		slices.Sort(around)
		low, spread := quantile(around, 0.5), sdOf(around)
		n.Contrast = (meanOf(inside) - low) / max(spread, 1e-6*math.Abs(low), 1e-9)
		n.Measures = append(n.Measures, study.Measurement{
			Key: "contrast", Value: n.Contrast, Unit: "1",
			Method: "mean of the inner half less the median of a ring of 1.25 to 1.9 radii, in standard deviations of the ring",
		})
		n.Features = append(n.Features, study.Feature{Name: "density", Value: n.density(), Method: fmt.Sprintf(
			"contrast %.1f standard deviations of the surroundings: faint below %g, dense from %g", n.Contrast, faintBelow, denseFrom)})
	}
	n.Features = append(n.Features, study.Feature{Name: "margin", Value: n.margin(), Method: fmt.Sprintf(
		"radial roughness %.3f of the mean radius: smooth below %g, irregular from %g; clear edge on %.0f %% of the outline",
		n.Roughness, lobulatedFrom, irregularFrom, 100*n.EdgePart)})
}

func (n *Nodule) margin() string {
	switch {
	case n.EdgePart < ghostBelow:
		return "ill-defined"
	case n.Roughness >= irregularFrom:
		return "irregular"
	case n.Roughness >= lobulatedFrom:
		return "lobulated"
	}
	return "smooth"
}

func (n *Nodule) density() string {
	switch {
	case n.Contrast < faintBelow:
		return "faint"
	case n.Contrast >= denseFrom:
		return "dense"
	}
	return "soft tissue"
}

// sampleAround collects the values of the inner half of the outline and of a ring around it, the
// ring within the lungs where a mask is given.
func sampleAround(image *volume.Volume, b *boundary, o NoduleOptions) (inside, around []float32) {
	reach := 0.0
	for _, r := range b.radius {
		reach = max(reach, r)
	}
	span := int(math.Ceil(2 * reach))
	cx, cy := b.centre[0], b.centre[1]
	lung := o.LungMask
	if lung != nil && lung.Size != image.Size {
		lung = nil
	}
	for j := max(0, int(cy)-span); j <= min(image.Size[1]-1, int(cy)+span); j++ {
		for i := max(0, int(cx)-span); i <= min(image.Size[0]-1, int(cx)+span); i++ {
			dx, dy := float64(i)+0.5-cx, float64(j)+0.5-cy
			angle := math.Atan2(dy, dx)
			if angle < 0 {
				angle += 2 * math.Pi
			}
			edge := b.radius[int(angle/(2*math.Pi)*float64(len(b.radius)))%len(b.radius)]
			part := math.Hypot(dx, dy) / edge
			x := image.Data[j*image.Size[0]+i]
			if x-x != 0 {
				continue
			}
			if o.DenseIsDark {
				x = -x
			}
			switch {
			case part <= 0.5:
				inside = append(inside, x)
			case part >= 1.25 && part <= 1.9 && (lung == nil || lung.Labels[j*image.Size[0]+i] != 0):
				around = append(around, x)
			}
		}
	}
	return inside, around
}
