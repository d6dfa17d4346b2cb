package dicom

import (
	"slices"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// maker is the manufacturer of a scanner, as far as its private elements are known.
type maker uint8

const (
	otherMaker maker = iota
	siemens
	ge
	philips
	toshiba
	canon
	uih
	mediso
	hitachi
	bruker
)

// makers are the names of BIDS sidecars, and how Manufacturer (0008,0070) begins.
var makers = []struct {
	maker
	name   string
	starts []string
}{
	{siemens, "Siemens", []string{"SIEMENS"}},
	{ge, "GE", []string{"GE"}},
	{philips, "Philips", []string{"PHILIPS"}},
	{toshiba, "Toshiba", []string{"TOSHIBA"}},
	{canon, "Canon", []string{"CANON"}},
	{uih, "UIH", []string{"UIH", "UNITED"}},
	{mediso, "Mediso", []string{"MEDISO"}},
	{hitachi, "Hitachi", []string{"HITACHI"}},
	{bruker, "Bruker", []string{"BRUKER"}},
}

func makerOf(e Elements) maker {
	name := strings.ToUpper(strings.TrimSpace(e.String(tag.Manufacturer)))
	for _, row := range makers {
		for _, start := range row.starts {
			if strings.HasPrefix(name, start) {
				return row.maker
			}
		}
	}
	return otherMaker
}

// String is the maker's name as BIDS sidecars have it, or "".
func (m maker) String() string {
	for _, row := range makers {
		if row.maker == m {
			return row.name
		}
	}
	return ""
}

// complexComponent is MAGNITUDE, PHASE, REAL or IMAGINARY where the frame says so, else "".
func (h frameHeader) complexComponent() string {
	if s := h.strings(tag.MRImageFrameTypeSequence, tag.ComplexImageComponent); len(s) > 0 && s[0] != "MIXED" {
		return s[0]
	}
	if v, ok := h.data.privateFloat(geParameters, 0x0043, 0x2f); ok && makerOf(h.data) == ge {
		if n := int(v); n >= 0 && n < 4 {
			return []string{"MAGNITUDE", "PHASE", "REAL", "IMAGINARY"}[n]
		}
	}
	types := h.strings(tag.MRImageFrameTypeSequence, tag.FrameType)
	if types == nil {
		types = h.data.Strings(tag.ImageType)
	}
	for i, name := range []string{"M", "P", "R", "I"} {
		if slices.Contains(types, name) {
			return []string{"MAGNITUDE", "PHASE", "REAL", "IMAGINARY"}[i]
		}
	}
	for _, s := range types {
		if strings.Contains(s, "PHASE") {
			return "PHASE"
		}
	}
	for _, name := range []string{"REAL", "IMAGINARY", "MAGNITUDE"} {
		if slices.Contains(types, name) {
			return name
		}
	}
	return ""
}
