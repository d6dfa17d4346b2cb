package quality

import (
	"math"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Chest says which label of a mask is which lung.
type Chest struct{ RightLung, LeftLung uint16 }

// Radiograph judges a frontal chest radiograph whose dense parts are bright. The mask of the lungs
// lies on its grid and may be nil: figures that need it are then absent.
//
// Rotation is judged by the widths of the two lungs, since the clavicles aren't found: the difference
// over the sum is 0 in a straight view; disease of one lung raises it as well, and the issue says so.
func Radiograph(v *volume.Volume, lungs *volume.Mask, c Chest) ([]study.Measurement, []study.Issue) {
	var measures []study.Measurement
	var issues []study.Issue
	values := sortedFinite(v.Channel(0))
	if len(values) == 0 || values[0] == values[len(values)-1] {
		return nil, []study.Issue{{Code: "no-contrast", Severity: study.Refused, Where: "quality", Text: "all pixels have one value"}}
	}
	if across := min(v.Size[0], v.Size[1]); across < MinPixelsAcross {
		issues = append(issues, warn("few-pixels", "the image is %d×%d pixels; below %d small nodules are lost", v.Size[0], v.Size[1], MinPixelsAcross))
	}
	low, high := clipped(values)
	measures = append(measures,
		figure("clipped_low", 100*low, "%", "pixels at the smallest value"),
		figure("clipped_high", 100*high, "%", "pixels at the largest value"))
	if high > MaxClippedPart {
		issues = append(issues, warn("clipped", "%.0f %% of the pixels are at the largest value (limit %.0f %%): dense parts are cut off", 100*high, 100*MaxClippedPart))
	}
	lo, hi := quantile(values, 0.005), quantile(values, 0.995)
	if hi <= lo {
		hi = lo + 1e-9
	}
	exposure := (quantile(values, 0.5) - lo) / (hi - lo)
	measures = append(measures, figure("exposure", exposure, "1", "median of the pixels between the 0.5th and the 99.5th percentile"))
	if noise, ok := noiseOf(v, nil); ok && noise > 0 {
		snr := (hi - lo) / noise
		measures = append(measures, figure("range_to_noise", snr, "1", "range of values (0.5th to 99.5th percentile) over noise between neighbouring pixels"))
		if snr < MinSignalToNoise {
			issues = append(issues, warn("noisy", "range over noise is %.1f (limit %g)", snr, MinSignalToNoise))
		}
	}
	if lungs == nil || lungs.Size != v.Size {
		return measures, append(issues, note("no-lung-mask", "contrast, rotation and field of view were not judged for want of the lungs' outlines"))
	}
	m, i := chestFigures(v, lungs, c, lo, hi)
	return append(measures, m...), append(issues, i...)
}

// chestFigures needs the outlines of both lungs.
func chestFigures(v *volume.Volume, m *volume.Mask, c Chest, lo, hi float64) (measures []study.Measurement, issues []study.Issue) {
	right, left := lungOf(m, c.RightLung), lungOf(m, c.LeftLung)
	if right.count == 0 || left.count == 0 {
		return nil, []study.Issue{warn("lung-missing", "want both lungs in the field of view, found %d", b2i(right.count > 0)+b2i(left.count > 0))}
	}
	inside, between := lungContrast(v, m, c)
	if len(inside) > 0 && len(between) > 0 {
		contrast := (mean(between) - mean(inside)) / (hi - lo)
		measures = append(measures, figure("contrast", contrast, "1", "mean between the lungs less mean of the lungs, over the range of values"))
		switch {
		case contrast < -MinContrast:
			issues = append(issues, warn("inverted", "the lungs are brighter than what lies between them: the image seems to be a negative"))
		case contrast < MinContrast:
			issues = append(issues, warn("low-contrast", "contrast between lungs and mediastinum is %.2f (limit %.2f)", contrast, MinContrast))
		}
		level := (mean(inside) - lo) / (hi - lo)
		measures = append(measures, figure("lung_level", level, "1", "mean of the lungs between the 0.5th and the 99.5th percentile of the image"))
		switch {
		case contrast < -MinContrast:
		case level > MaxLungLevel:
			issues = append(issues, warn("under-exposed", "the lungs lie at %.2f of the range (limit %.2f): vessels and nodules are hard to tell", level, MaxLungLevel))
		case level < MinLungLevel:
			issues = append(issues, warn("over-exposed", "the lungs lie at %.2f of the range (limit %.2f): fine structure may be lost", level, MinLungLevel))
		}
	}
	asymmetry := math.Abs(right.width-left.width) / (right.width + left.width)
	measures = append(measures, figure("rotation_proxy", asymmetry, "1", "difference of the lungs' mean widths over their sum; stands for rotation, the clavicles are not found"))
	if asymmetry > MaxRotation {
		issues = append(issues, warn("rotated", "the lungs differ in width by %.2f of their sum (limit %.2f): the patient is turned, or one lung is smaller", asymmetry, MaxRotation))
	}
	for _, side := range []struct {
		name string
		lung lung
	}{{"right", right}, {"left", left}} {
		part := float64(side.lung.atBorder) / float64(max(side.lung.outline, 1))
		measures = append(measures, study.Measurement{
			Key: "lung_at_border", Value: 100 * part, Unit: "%", Label: side.name + " lung",
			Method: "part of the lung's outline on the border of the image",
		})
		if part > MaxBorderPart {
			issues = append(issues, warn("lung-cut-off", "%.0f %% of the %s lung's outline lies on the image's border (limit %.0f %%): the field of view cuts it off", 100*part, side.name, 100*MaxBorderPart))
		}
	}
	return measures, issues
}

// lung is what is needed of one lung's mask.
type lung struct {
	count, outline, atBorder int
	width                    float64 // mean over its rows, in pixels
}

func lungOf(m *volume.Mask, label uint16) lung {
	w, h := m.Size[0], m.Size[1]
	var l lung
	rows := 0
	for y := range h {
		n := 0
		for x := range w {
			if m.Labels[y*w+x] != label {
				continue
			}
			n++
			border := x == 0 || y == 0 || x == w-1 || y == h-1
			edge := border || m.Labels[y*w+x-1] != label || m.Labels[y*w+x+1] != label || m.Labels[(y-1)*w+x] != label || m.Labels[(y+1)*w+x] != label
			if edge {
				l.outline++
			}
			if border {
				l.atBorder++
			}
		}
		if n > 0 {
			rows++
			l.count += n
		}
	}
	l.width = float64(l.count) / float64(max(rows, 1))
	return l
}

// lungContrast samples the lungs and, on the same rows, what lies between them.
func lungContrast(v *volume.Volume, m *volume.Mask, c Chest) (inside, between []float32) {
	w, h := m.Size[0], m.Size[1]
	for y := range h {
		rightIn, leftIn := [2]int{-1, -1}, [2]int{-1, -1}
		for x := range w {
			switch m.Labels[y*w+x] {
			case c.RightLung:
				if rightIn[0] < 0 {
					rightIn[0] = x
				}
				rightIn[1] = x
			case c.LeftLung:
				if leftIn[0] < 0 {
					leftIn[0] = x
				}
				leftIn[1] = x
			default:
				continue
			}
			inside = append(inside, v.Data[y*w+x])
		}
		if rightIn[0] < 0 || leftIn[0] < 0 {
			continue
		}
		from, to := rightIn[1]+1, leftIn[0]
		if leftIn[1] < rightIn[0] { // the picture is mirrored
			from, to = leftIn[1]+1, rightIn[0]
		}
		for x := from; x < to; x++ {
			between = append(between, v.Data[y*w+x])
		}
	}
	return inside, between
}

func mean(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x)
	}
	return sum / float64(len(v))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
