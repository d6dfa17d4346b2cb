package dicom

import (
	"github.com/suyashkumar/dicom/pkg/tag"
)

// kind is how the bytes of a value are read.
type kind uint8

const (
	kindText kind = iota // several values, padded with spaces
	kindTextOne
	kindTrimmed // several values of the default repertoire, trimmed on both sides
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindUint64
	kindInt64
	kindFloat32
	kindFloat64
	kindTag
	kindBytes
	kindSequence
)

// vrInfo is one row of PS3.5 table 6.2-1. long: the explicit form has a 4-byte length (7.1-1);
// charset: the text follows SpecificCharacterSet; word: size of the words that byte order swaps.
type vrInfo struct {
	kind    kind
	long    bool
	charset bool
	name    bool // a person name
	word    int
}

// vrOf looks a VR up; ok is false for what the standard does not know.
func vrOf(vr string) (info vrInfo, ok bool) {
	switch vr {
	case "AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI":
		return vrInfo{kind: kindTrimmed}, true
	case "LO", "SH":
		return vrInfo{kind: kindText, charset: true}, true
	case "PN":
		return vrInfo{kind: kindText, charset: true, name: true}, true
	case "UC":
		return vrInfo{kind: kindText, charset: true, long: true}, true
	case "LT", "ST":
		return vrInfo{kind: kindTextOne, charset: true}, true
	case "UT":
		return vrInfo{kind: kindTextOne, charset: true, long: true}, true
	case "UR":
		return vrInfo{kind: kindTextOne, long: true}, true
	case "US":
		return vrInfo{kind: kindUint16, word: 2}, true
	case "SS":
		return vrInfo{kind: kindInt16, word: 2}, true
	case "UL":
		return vrInfo{kind: kindUint32, word: 4}, true
	case "SL":
		return vrInfo{kind: kindInt32, word: 4}, true
	case "UV":
		return vrInfo{kind: kindUint64, long: true, word: 8}, true
	case "SV":
		return vrInfo{kind: kindInt64, long: true, word: 8}, true
	case "FL":
		return vrInfo{kind: kindFloat32, word: 4}, true
	case "FD":
		return vrInfo{kind: kindFloat64, word: 8}, true
	case "AT":
		return vrInfo{kind: kindTag, word: 2}, true
	case "OB", "UN":
		return vrInfo{kind: kindBytes, long: true, word: 1}, true
	case "OW":
		return vrInfo{kind: kindBytes, long: true, word: 2}, true
	case "OF", "OL":
		return vrInfo{kind: kindBytes, long: true, word: 4}, true
	case "OD", "OV":
		return vrInfo{kind: kindBytes, long: true, word: 8}, true
	case "SQ":
		return vrInfo{kind: kindSequence, long: true}, true
	}
	return vrInfo{}, false
}

// dictionaryVR is the VR of a tag where the file does not say: PS3.6, and PS3.5 annex A.1 for the
// tags with a choice. signed is the PixelRepresentation of the data set.
func dictionaryVR(t tag.Tag, signed bool) string {
	if t.Element == 0 {
		return "UL"
	}
	if t.Group%2 == 1 {
		if t.Element >= 0x10 && t.Element <= 0xff {
			return "LO"
		}
		return "UN"
	}
	if g := t.Group & 0xff00; g == 0x5000 || g == 0x6000 {
		t.Group = g
	}
	info, err := tag.Find(t)
	if err != nil || len(info.VRs) == 0 {
		return "UN"
	}
	vr := info.VRs[0]
	if len(info.VRs) == 1 {
		return vr
	}
	short := false
	for _, v := range info.VRs {
		switch v {
		case "OW":
			return "OW"
		case "SS":
			short = true
		}
	}
	if short && vr == "US" && signed {
		return "SS"
	}
	return vr
}

func isPixelData(t tag.Tag) bool {
	return t == tag.PixelData || t == tag.FloatPixelData || t == tag.DoubleFloatPixelData
}
