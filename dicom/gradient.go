package dicom

import (
	"math"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// Gradient is the diffusion weighting of one volume. B is in s/mm². Direction is along the patient's
// axes (LPS), or along frequency, phase and slice for GE and classic Canon images (InPlane); it is zero
// where none was applied, or none is told.
type Gradient struct {
	B         float64
	Direction [3]float64
	InPlane   bool
	known     bool // the frame tells a b-value
	isotropic bool // a trace or mean diffusivity, which has no direction
}

// gradient reads the weighting of a frame: PS3.3 C.8.13.5.9, else the maker's private elements.
func (h frameHeader) gradient(m maker) Gradient {
	if item := h.macro(tag.MRDiffusionSequence); item != nil {
		return h.standardGradient(item)
	}
	e := h.data
	if (m == toshiba || m == canon) && h.own == nil {
		return h.canonGradient()
	}
	if _, ok := e.Float(tag.DiffusionBValue); ok {
		return h.standardGradient(e)
	}
	var g Gradient
	vector := func(v []float64) {
		if len(v) >= 3 {
			g.Direction = [3]float64(v[:3])
		}
	}
	switch m {
	case siemens:
		if g.B, g.known = e.privateFloat(siemensMR, 0x0019, 0x0c); g.known {
			vector(e.privateFloats(siemensMR, 0x0019, 0x0e))
			return g.checked()
		}
		if t, ok := e.Private(csaCreator, 0x0029, 0x10); ok {
			fields := parseCSA(e.Bytes(t))
			if b := fields.floats("B_value"); len(b) == 1 {
				g.B, g.known = math.Max(0, b[0]), true
				vector(fields.floats("DiffusionGradientDirection"))
			}
		}
	case ge:
		if g.B, g.known = e.privateFloat(geParameters, 0x0043, 0x39); g.known {
			g.B = math.Mod(g.B, 1e9) // a bias that marks several b-values
			for i, low := range []byte{0xbb, 0xbc, 0xbd} {
				g.Direction[i], _ = e.privateFloat(geAcquisition, 0x0019, low)
			}
			g.InPlane = true
		}
	case philips:
		if g.B, g.known = e.privateFloat(philipsImaging, 0x2001, 0x03); g.known {
			for i, low := range []byte{0xb0, 0xb1, 0xb2} {
				g.Direction[i], _ = e.privateFloat(philipsCreator, 0x2005, low)
			}
			g.isotropic = g.B > 0 && g.Direction == [3]float64{}
		}
	case uih:
		if g.B, g.known = e.privateFloat(uihCreator, 0x0065, 0x09); g.known {
			vector(e.privateFloats(uihCreator, 0x0065, 0x37))
			g.InPlane = true
		}
	}
	return g.checked()
}

// canonGradient reads classic images of Canon and Toshiba, whose direction stands in ImageComments:
// "b=1000(0.445,0.000,0.895)", columns first.
func (h frameHeader) canonGradient() Gradient {
	e := h.data
	g := h.standardGradient(e)
	_, text, ok := strings.Cut(e.String(tag.ImageComments), "(")
	text, _, _ = strings.Cut(text, ")")
	if v := (csaFields{"v": strings.Split(text, ",")}).floats("v"); ok && g.known && len(v) == 3 {
		g.Direction, g.InPlane = [3]float64{v[1], v[0], v[2]}, true
	}
	return g.checked()
}

// standardGradient reads the attributes of the MR Diffusion macro, which some put into the data set.
func (h frameHeader) standardGradient(e Elements) Gradient {
	var g Gradient
	g.B, g.known = e.Float(tag.DiffusionBValue)
	v := e.Item(tag.DiffusionGradientDirectionSequence).Floats(tag.DiffusionGradientOrientation)
	if v == nil {
		v = e.Floats(tag.DiffusionGradientOrientation)
	}
	if len(v) == 3 {
		g.Direction = [3]float64(v)
	}
	kind := e.String(tag.DiffusionDirectionality)
	g.isotropic = kind == "ISOTROPIC"
	if kind == "NONE" && !g.known {
		g.known = true
	}
	return g.checked()
}

// checked leaves out what is no direction: old Siemens software writes impossible numbers at b = 0.
func (g Gradient) checked() Gradient {
	for _, x := range g.Direction {
		if math.Abs(x) > 1.01 {
			g.Direction = [3]float64{}
			if x < -1 {
				g.B = 0
			}
			break
		}
	}
	if g.B < 0 {
		g.B = 0
	}
	return g
}
