package dicom

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// Private gives an element of a private block: its creator, odd group, and the low byte of the element.
func (e Elements) Private(creator string, group uint16, low byte) (tag.Tag, bool) {
	for _, el := range e {
		if el.Tag.Group == group && el.Tag.Element >= 0x10 && el.Tag.Element <= 0xff {
			name := ""
			if s := elementStrings(el); len(s) > 0 {
				name = s[0]
			} else if b, ok := el.Value.GetValue().([]byte); ok {
				name = trimRight(string(b))
			}
			if strings.TrimSpace(name) == creator {
				t := tag.Tag{Group: group, Element: el.Tag.Element<<8 | uint16(low)}
				return t, e.Find(t) != nil
			}
		}
	}
	return tag.Tag{}, false
}

// csa reads the fields of Siemens' image header, each as its text values; nil where there is none.
func (f *File) csa() csaFields {
	t, ok := f.Private(csaCreator, 0x0029, 0x10)
	if !ok {
		return nil
	}
	return parseCSA(f.Bytes(t))
}

// parseCSA reads the form "SV10" and the older one without a signature. Siemens has not published it;
// this follows what nibabel's documentation says of it.
func parseCSA(b []byte) csaFields {
	u := func(at int) int { return int(int32(binary.LittleEndian.Uint32(b[at:]))) }
	at, second := 0, false
	if len(b) >= 16 && string(b[:4]) == "SV10" {
		at, second = 8, true
	}
	if len(b) < at+8 {
		return nil
	}
	n := u(at)
	at += 8
	if n < 1 || n > 128 {
		return nil
	}
	out := csaFields{}
	offset := 0
	for k := range n {
		if len(b) < at+84 {
			return out
		}
		name := cString(b[at : at+64])
		items := u(at + 76)
		if items < 0 || items > 1<<16 {
			return out
		}
		if k == 0 {
			offset = items
		}
		at += 84
		var values []string
		for range items {
			if len(b) < at+16 {
				return out
			}
			size := u(at + 4)
			if !second {
				size = u(at) - offset
			}
			at += 16
			if size < 0 || size > len(b)-at {
				return out
			}
			if size > 0 {
				if v := strings.TrimSpace(cString(b[at : at+size])); v != "" {
					values = append(values, v)
				}
			}
			at = min(len(b), at+(size+3)&^3)
		}
		out[name] = values
	}
	return out
}

func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// csaFields are the fields of a header, each as its text values.
type csaFields map[string][]string

// floats gives a field as numbers; nil where one is none.
func (fields csaFields) floats(name string) []float64 {
	var out []float64
	for _, s := range fields[name] {
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		out = append(out, v)
	}
	return out
}
