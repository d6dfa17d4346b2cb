package dicom

import (
	"math"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// VOI is one way to show modality values: a window or a table. PS3.3 C.11.2 and C.7.6.16.2.10.
type VOI struct {
	Centre, Width float64
	Function      string // LINEAR, LINEAR_EXACT or SIGMOID; "" for a table
	Explanation   string
	table         table
}

// VOIs lists what a frame offers, tables first, since they have precedence. None is an empty list.
func (f *File) VOIs(n int) ([]VOI, error) {
	heads := f.frameHeaders()
	if n < 0 || n >= len(heads) {
		return nil, frame.Errorf(pkg, "frame: want 0 to %d, got %d", len(heads)-1, n)
	}
	e := f.Elements
	if item := heads[n].macro(tag.FrameVOILUTSequence); item != nil {
		e = item
	}
	var out []VOI
	for _, item := range e.Items(tag.VOILUTSequence) {
		t, err := readLUT(item)
		if err != nil {
			return nil, within("VOILUTSequence", err)
		}
		out = append(out, VOI{table: t, Explanation: item.String(tag.LUTExplanation)})
	}
	centres, widths, names := e.Floats(tag.WindowCenter), e.Floats(tag.WindowWidth), e.Strings(tag.WindowCenterWidthExplanation)
	function := strings.ToUpper(e.String(tag.VOILUTFunction))
	if function == "" {
		function = "LINEAR"
	}
	if len(centres) != len(widths) {
		return nil, frame.Errorf(pkg, "%v WindowWidth: want %d values as of WindowCenter, got %d", tag.WindowWidth, len(centres), len(widths))
	}
	for i, c := range centres {
		v := VOI{Centre: c, Width: widths[i], Function: function}
		if i < len(names) {
			v.Explanation = names[i]
		}
		if v.Width <= 0 || function == "LINEAR" && v.Width < 1 {
			return nil, frame.Errorf(pkg, "%v WindowWidth: want a width that %s allows, got %g", tag.WindowWidth, function, v.Width)
		}
		out = append(out, v)
	}
	return out, nil
}

// Map gives the shade of a modality value, 0 to 1.
func (v VOI) Map(x float64) float64 {
	switch v.Function {
	case "SIGMOID":
		return 1 / (1 + math.Exp(-4*(x-v.Centre)/v.Width))
	case "LINEAR_EXACT":
		return max(0, min(1, (x-v.Centre)/v.Width+0.5))
	case "":
		if len(v.table.values) == 0 {
			return 0
		}
		at := int(max(0, min(math.Round(x)-float64(v.table.first), float64(len(v.table.values)-1))))
		return float64(v.table.values[at]) / float64(uint32(1)<<v.table.bits-1)
	}
	switch low, high := v.Centre-0.5-(v.Width-1)/2, v.Centre-0.5+(v.Width-1)/2; {
	case x <= low:
		return 0
	case x > high:
		return 1
	}
	return max(0, min(1, (x-(v.Centre-0.5))/(v.Width-1)+0.5))
}
