package dicom

import (
	"math"
	"strconv"
	"strings"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// Elements is a data set or an item of a sequence. Its methods never fail: what is missing or of
// another type is said by the second result, or by an empty first one.
type Elements []*sk.Element

// Find gives the element of a tag, or nil.
func (e Elements) Find(t tag.Tag) *sk.Element {
	for _, el := range e {
		if el.Tag == t {
			return el
		}
	}
	return nil
}

// Has says whether the tag is there with a value.
func (e Elements) Has(t tag.Tag) bool {
	el := e.Find(t)
	if el == nil || el.Value == nil {
		return false
	}
	switch v := el.Value.GetValue().(type) {
	case []string:
		return len(v) > 1 || len(v) == 1 && v[0] != ""
	case []int:
		return len(v) > 0
	case []float64:
		return len(v) > 0
	case []byte:
		return len(v) > 0
	}
	return true
}

// Strings gives the values of a text element, trimmed; nil where there are none.
func (e Elements) Strings(t tag.Tag) []string {
	el := e.Find(t)
	if el == nil {
		return nil
	}
	return elementStrings(el)
}

// String gives the first value of a text element, or "".
func (e Elements) String(t tag.Tag) string {
	if s := e.Strings(t); len(s) > 0 {
		return s[0]
	}
	return ""
}

// Floats gives the values of a DS, IS, FL, FD or whole-number element; nil where one of them is no
// finite number.
func (e Elements) Floats(t tag.Tag) []float64 {
	el := e.Find(t)
	if el == nil || el.Value == nil {
		return nil
	}
	var out []float64
	switch v := el.Value.GetValue().(type) {
	case []string:
		for _, s := range v {
			f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if err != nil {
				return nil
			}
			out = append(out, f)
		}
	case []float64:
		out = append(out, v...)
	case []int:
		for _, i := range v {
			out = append(out, float64(i))
		}
	}
	for _, f := range out {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil
		}
	}
	return out
}

// Float gives the first number.
func (e Elements) Float(t tag.Tag) (float64, bool) {
	if f := e.Floats(t); len(f) > 0 {
		return f[0], true
	}
	return 0, false
}

// Ints gives the values of a whole-number or IS element; nil where one is no whole number.
func (e Elements) Ints(t tag.Tag) []int {
	el := e.Find(t)
	if el == nil || el.Value == nil {
		return nil
	}
	switch v := el.Value.GetValue().(type) {
	case []int:
		return v
	case []string:
		var out []int
		for _, s := range v {
			f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
				return nil
			}
			out = append(out, int(f))
		}
		return out
	}
	return nil
}

// Int gives the first whole number.
func (e Elements) Int(t tag.Tag) (int, bool) {
	if v := e.Ints(t); len(v) > 0 {
		return v[0], true
	}
	return 0, false
}

// Bytes gives the value of an OB, OW, UN or like element, in little endian.
func (e Elements) Bytes(t tag.Tag) []byte {
	el := e.Find(t)
	if el == nil || el.Value == nil {
		return nil
	}
	b, _ := el.Value.GetValue().([]byte)
	return b
}

// Items gives the items of a sequence.
func (e Elements) Items(t tag.Tag) []Elements {
	el := e.Find(t)
	if el == nil || el.Value == nil {
		return nil
	}
	items, ok := el.Value.GetValue().([]*sk.SequenceItemValue)
	if !ok {
		return nil
	}
	out := make([]Elements, len(items))
	for i, item := range items {
		out[i], _ = item.GetValue().([]*sk.Element)
	}
	return out
}

// Item gives the first item of a sequence, or nil.
func (e Elements) Item(t tag.Tag) Elements {
	if items := e.Items(t); len(items) > 0 {
		return items[0]
	}
	return nil
}

func elementStrings(e *sk.Element) []string {
	if e.Value == nil {
		return nil
	}
	s, _ := e.Value.GetValue().([]string)
	if len(s) == 1 && s[0] == "" {
		return nil
	}
	return s
}
