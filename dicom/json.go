package dicom

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// WriteJSON writes the data set in the DICOM JSON model (PS3.18 annex F), indented, without group
// 0002. Text is UTF-8 whatever the file has, and SpecificCharacterSet says so. Pixel data are named by BulkDataURI: the file's path with offset and length.
func (f *File) WriteJSON(w io.Writer, trailing Elements) error {
	var body Elements
	for _, el := range f.Elements {
		if el.Tag.Group != 2 {
			body = append(body, el)
		}
	}
	body = append(body, trailing...)
	var b bytes.Buffer
	f.object(&b, body)
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "", "  "); err != nil {
		return fmt.Errorf("dicom: json: %w", err)
	}
	out.WriteByte('\n')
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("dicom: json: %w", err)
	}
	return nil
}

func (f *File) object(b *bytes.Buffer, elements Elements) {
	elements = append(Elements(nil), elements...)
	sort.SliceStable(elements, func(i, j int) bool { return elements[i].Tag.Compare(elements[j].Tag) < 0 })
	b.WriteByte('{')
	first := true
	for i, el := range elements {
		if el.Tag.Element == 0 || i > 0 && elements[i-1].Tag == el.Tag { // group lengths; a key can stand once
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		fmt.Fprintf(b, `"%04X%04X":{"vr":%s`, el.Tag.Group, el.Tag.Element, quote(el.RawValueRepresentation))
		f.jsonValue(b, el)
		b.WriteByte('}')
	}
	b.WriteByte('}')
}

func (f *File) jsonValue(b *bytes.Buffer, el *sk.Element) {
	list := func(n int, one func(i int)) {
		b.WriteString(`,"Value":[`)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			one(i)
		}
		b.WriteByte(']')
	}
	if el.Value == nil {
		return
	}
	switch v := el.Value.GetValue().(type) {
	case []string:
		if el.Tag == tag.SpecificCharacterSet && len(v) > 0 {
			v = []string{"ISO_IR 192"}
		}
		if len(v) == 0 || len(v) == 1 && v[0] == "" {
			return
		}
		list(len(v), func(i int) { b.WriteString(jsonText(el.RawValueRepresentation, v[i])) })
	case []int:
		if len(v) == 0 {
			return
		}
		list(len(v), func(i int) {
			switch el.RawValueRepresentation {
			case "AT":
				fmt.Fprintf(b, `"%08X"`, uint32(v[i]))
			case "UV":
				b.WriteString(strconv.FormatUint(uint64(v[i]), 10))
			default:
				b.WriteString(strconv.Itoa(v[i]))
			}
		})
	case []float64:
		if len(v) == 0 {
			return
		}
		list(len(v), func(i int) {
			switch {
			case math.IsNaN(v[i]):
				b.WriteString(`"NaN"`)
			case math.IsInf(v[i], 0):
				b.WriteString(map[bool]string{true: `"inf"`, false: `"-inf"`}[v[i] > 0])
			default:
				if single(el.RawValueRepresentation) {
					b.WriteString(strings.Replace(shortest32(v[i]), "e+", "e", 1))
					return
				}
				b.WriteString(jsonNumber(v[i]))
			}
		})
	case []byte:
		inline(b, v)
	case sk.PixelDataInfo:
		switch {
		case v.IntentionallyUnprocessed:
			inline(b, v.UnprocessedValueData)
		default:
			uri := fmt.Sprintf("file:%s?offset=%d", f.Path, f.pixel.value)
			if f.pixel.length != undefined {
				uri += fmt.Sprintf("&length=%d", f.pixel.length)
			}
			b.WriteString(`,"BulkDataURI":` + quote(uri))
		}
	case []*sk.SequenceItemValue:
		if len(v) == 0 {
			return
		}
		list(len(v), func(i int) {
			inner, _ := v[i].GetValue().([]*sk.Element)
			f.object(b, inner)
		})
	}
}

func inline(b *bytes.Buffer, v []byte) {
	if len(v) > 0 {
		b.WriteString(`,"InlineBinary":"` + base64.StdEncoding.EncodeToString(v) + `"`)
	}
}

// single says whether a VR's numbers have single precision.
func single(vr string) bool { return vr == "FL" || vr == "OF" }

// shortest32 is the shortest text that gives a number of single precision back.
func shortest32(f float64) string { return strconv.FormatFloat(float64(float32(f)), 'g', -1, 32) }

// jsonText writes one value of a text element: PS3.18 F.2.2 and F.2.3.
func jsonText(vr, s string) string {
	switch {
	case s == "":
		return "null"
	case vr == "PN":
		var parts []string
		names := [3]string{"Alphabetic", "Ideographic", "Phonetic"}
		for i, group := range strings.SplitN(s, "=", 3) {
			if group != "" {
				parts = append(parts, quote(names[i])+":"+quote(group))
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	case vr == "IS" || vr == "DS":
		if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return jsonNumber(f)
		}
	}
	return quote(s)
}

func jsonNumber(f float64) string {
	b, err := json.Marshal(f)
	if err != nil {
		return "null"
	}
	return string(b)
}

func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimRight(b.String(), "\n")
}
