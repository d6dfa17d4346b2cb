package dicom

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Set puts an element in, in the place of an equal tag or in ascending order. vr "" takes the
// dictionary's. The value is a string, []string, int, []int, float64, []float64, []byte, or []Elements
// for a sequence; numbers are written out for DS and IS.
func (e *Elements) Set(t tag.Tag, vr string, value any) error {
	if vr == "" {
		vr = dictionaryVR(t, false)
	}
	info, ok := vrOf(vr)
	if !ok {
		return frame.Errorf(pkg, "%v: VR: want one of PS3.5 table 6.2-1, got %q", t, vr)
	}
	v, err := newValue(t, vr, info, value)
	if err != nil {
		return err
	}
	el := &sk.Element{Tag: t, ValueRepresentation: tag.GetVRKind(t, vr), RawValueRepresentation: vr, Value: v}
	e.place(el)
	return nil
}

func newValue(t tag.Tag, vr string, info vrInfo, value any) (sk.Value, error) {
	wrong := func() (sk.Value, error) {
		return nil, frame.Errorf(pkg, "%v: VR %s: want a value of its kind, got %T", t, vr, value)
	}
	switch v := value.(type) {
	case string:
		value = []string{v}
	case int:
		value = []int{v}
	case float64:
		value = []float64{v}
	case []Elements:
		items := make([][]*sk.Element, len(v))
		for i, item := range v {
			items[i] = item
		}
		value = items
	}
	switch info.kind {
	case kindText, kindTextOne, kindTrimmed:
		switch v := value.(type) {
		case []int:
			text := make([]string, len(v))
			for i := range v {
				text[i] = strconv.Itoa(v[i])
			}
			value = text
		case []float64:
			text := make([]string, len(v))
			for i := range v {
				text[i] = DecimalString(v[i])
				if vr == "IS" {
					text[i] = strconv.FormatFloat(math.Round(v[i]), 'f', -1, 64)
				}
			}
			value = text
		case []string:
		default:
			return wrong()
		}
	case kindFloat32, kindFloat64:
		if _, ok := value.([]float64); !ok {
			return wrong()
		}
	case kindBytes:
		b, ok := value.([]byte)
		if !ok {
			return wrong()
		}
		if t == tag.PixelData {
			return sk.NewValue(sk.PixelDataInfo{IntentionallyUnprocessed: true, UnprocessedValueData: b})
		}
	case kindSequence:
		if _, ok := value.([][]*sk.Element); !ok {
			return wrong()
		}
	default:
		if _, ok := value.([]int); !ok {
			return wrong()
		}
	}
	v, err := sk.NewValue(value)
	if err != nil {
		return nil, fmt.Errorf("dicom: %v: %w", t, err)
	}
	return v, nil
}

// DecimalString writes a number as a DS of at most 16 characters (PS3.5 section 6.2), as exactly as
// that allows.
func DecimalString(f float64) string {
	if s := strconv.FormatFloat(f, 'g', -1, 64); len(s) <= 16 {
		return s
	}
	for digits := 16; digits > 0; digits-- {
		if s := strconv.FormatFloat(f, 'g', digits, 64); len(s) <= 16 {
			return strings.Replace(s, "e+", "e", 1)
		}
	}
	return "0"
}

// place puts an element in by its tag.
func (e *Elements) place(el *sk.Element) {
	at := sort.Search(len(*e), func(i int) bool { return (*e)[i].Tag.Compare(el.Tag) >= 0 })
	if at < len(*e) && (*e)[at].Tag == el.Tag {
		(*e)[at] = el
		return
	}
	*e = append(*e, nil)
	copy((*e)[at+1:], (*e)[at:])
	(*e)[at] = el
}
