package dicom

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
	j := jsonWriter{file: f, out: bufio.NewWriter(w)}
	j.object(body)
	j.out.WriteByte('\n')
	if err := j.out.Flush(); err != nil {
		return fmt.Errorf("dicom: json: %w", err)
	}
	return nil
}

// jsonWriter writes as it goes; the buffered writer keeps the first error for Flush.
type jsonWriter struct {
	file  *File
	out   *bufio.Writer
	depth int
}

// open starts an object or array.
func (j *jsonWriter) open(c byte) {
	j.out.WriteByte(c)
	j.depth++
}

// next starts a line with a member.
func (j *jsonWriter) next(first bool) {
	if !first {
		j.out.WriteByte(',')
	}
	j.out.WriteByte('\n')
	for range j.depth {
		j.out.WriteString("  ")
	}
}

// end ends an object or array.
func (j *jsonWriter) end(c byte, empty bool) {
	j.depth--
	if !empty {
		j.next(true)
	}
	j.out.WriteByte(c)
}

func (j *jsonWriter) object(elements Elements) {
	byTag := func(a, b *sk.Element) int { return a.Tag.Compare(b.Tag) }
	if !slices.IsSortedFunc(elements, byTag) {
		elements = slices.Clone(elements)
		slices.SortStableFunc(elements, byTag)
	}
	j.open('{')
	first := true
	for i, el := range elements {
		if el.Tag.Element == 0 || i > 0 && elements[i-1].Tag == el.Tag { // group lengths; a key can stand once
			continue
		}
		j.next(first)
		first = false
		fmt.Fprintf(j.out, `"%04X%04X": `, el.Tag.Group, el.Tag.Element)
		j.open('{')
		j.next(true)
		j.out.WriteString(`"vr": `)
		j.quote(el.RawValueRepresentation)
		j.value(el)
		j.end('}', false)
	}
	j.end('}', first)
}

// list writes the values of an element.
func (j *jsonWriter) list(n int, one func(i int)) {
	if n == 0 {
		return
	}
	j.next(false)
	j.out.WriteString(`"Value": `)
	j.open('[')
	for i := range n {
		j.next(i == 0)
		one(i)
	}
	j.end(']', false)
}

func (j *jsonWriter) value(el *sk.Element) {
	if el.Value == nil {
		return
	}
	var room [32]byte
	switch v := el.Value.GetValue().(type) {
	case []string:
		if el.Tag == tag.SpecificCharacterSet && len(v) > 0 {
			v = []string{"ISO_IR 192"}
		}
		if len(v) == 1 && v[0] == "" {
			return
		}
		j.list(len(v), func(i int) { j.text(el.RawValueRepresentation, v[i]) })
	case []int:
		j.list(len(v), func(i int) {
			switch el.RawValueRepresentation {
			case "AT":
				fmt.Fprintf(j.out, `"%08X"`, uint32(v[i]))
			case "UV":
				j.out.Write(strconv.AppendUint(room[:0], uint64(v[i]), 10))
			default:
				j.out.Write(strconv.AppendInt(room[:0], int64(v[i]), 10))
			}
		})
	case []float64:
		j.list(len(v), func(i int) {
			switch {
			case math.IsNaN(v[i]):
				j.out.WriteString(`"NaN"`)
			case math.IsInf(v[i], 0):
				j.out.WriteString(map[bool]string{true: `"inf"`, false: `"-inf"`}[v[i] > 0])
			case single(el.RawValueRepresentation):
				j.out.WriteString(strings.Replace(shortest32(v[i]), "e+", "e", 1))
			default:
				j.out.WriteString(jsonNumber(v[i]))
			}
		})
	case []byte:
		j.inline(v)
	case sk.PixelDataInfo:
		if v.IntentionallyUnprocessed {
			j.inline(v.UnprocessedValueData)
			return
		}
		uri := fmt.Sprintf("file:%s?offset=%d", j.file.Path, j.file.pixel.value)
		if j.file.pixel.length != undefined {
			uri += fmt.Sprintf("&length=%d", j.file.pixel.length)
		}
		j.next(false)
		j.out.WriteString(`"BulkDataURI": `)
		j.quote(uri)
	case []*sk.SequenceItemValue:
		j.list(len(v), func(i int) {
			inner, _ := v[i].GetValue().([]*sk.Element)
			j.object(inner)
		})
	}
}

func (j *jsonWriter) inline(v []byte) {
	if len(v) > 0 {
		j.next(false)
		j.out.WriteString(`"InlineBinary": "`)
		writeBase64(j.out, v)
		j.out.WriteByte('"')
	}
}

// writeBase64 writes to a buffered writer, which keeps the error for Flush.
func writeBase64(out *bufio.Writer, v []byte) {
	enc := base64.NewEncoder(base64.StdEncoding, out)
	enc.Write(v)
	enc.Close()
}

// single says whether a VR's numbers have single precision.
func single(vr string) bool { return vr == "FL" || vr == "OF" }

// shortest32 is the shortest text that gives a number of single precision back.
func shortest32(f float64) string { return strconv.FormatFloat(float64(float32(f)), 'g', -1, 32) }

// text writes one value of a text element: PS3.18 F.2.2 and F.2.3.
func (j *jsonWriter) text(vr, s string) {
	switch {
	case s == "":
		j.out.WriteString("null")
		return
	case vr == "PN":
		first := true
		names := [3]string{"Alphabetic", "Ideographic", "Phonetic"}
		j.open('{')
		for i, group := range strings.SplitN(s, "=", 3) {
			if group != "" {
				j.next(first)
				first = false
				j.quote(names[i])
				j.out.WriteString(": ")
				j.quote(group)
			}
		}
		j.end('}', first)
		return
	case vr == "IS" || vr == "DS":
		if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			j.out.WriteString(jsonNumber(f))
			return
		}
	}
	j.quote(s)
}

func jsonNumber(f float64) string {
	b, err := json.Marshal(f)
	if err != nil {
		return "null"
	}
	return string(b)
}

// quote writes a string of any length in small pieces.
func (j *jsonWriter) quote(s string) {
	j.out.WriteByte('"')
	for piece := range pieces(s) {
		if plainASCII(piece) {
			j.out.WriteString(piece)
			continue
		}
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if enc.Encode(piece) == nil {
			q := b.Bytes()
			j.out.Write(q[1 : len(q)-2]) // without its quotes and newline
		}
	}
	j.out.WriteByte('"')
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// pieces cuts a string between characters.
func pieces(s string) iter.Seq[string] {
	const most = 4096
	return func(yield func(string) bool) {
		for len(s) > most {
			n := most
			for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
				n--
			}
			if !yield(s[:n]) {
				return
			}
			s = s[n:]
		}
		if s != "" {
			yield(s)
		}
	}
}
