package dicom

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	sk "github.com/suyashkumar/dicom"
)

// WriteXML writes the data set in the native DICOM model: PS3.19 annex A.1.
func (f *File) WriteXML(w io.Writer, trailing Elements) error {
	out := bufio.NewWriter(w)
	out.WriteString(xml.Header + "<NativeDicomModel xml:space=\"preserve\">\n")
	x := xmlWriter{file: f, out: out}
	creators := map[uint32]string{}
	for _, list := range []Elements{f.Elements, trailing} {
		for _, el := range list {
			if el.Tag.Group != 2 {
				x.attribute(el, creators)
			}
		}
	}
	out.WriteString("</NativeDicomModel>\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("dicom: xml: %w", err)
	}
	return nil
}

type xmlWriter struct {
	file *File
	out  *bufio.Writer
}

func (x *xmlWriter) text(s string) {
	for piece := range pieces(s) {
		if plainASCII(piece) && !strings.ContainsAny(piece, "<>&'") {
			x.out.WriteString(piece)
			continue
		}
		if xml.EscapeText(x.out, []byte(piece)) != nil {
			return // the buffered writer keeps the error for Flush
		}
	}
}

// attribute writes an element; creators are those of the private blocks so far.
func (x *xmlWriter) attribute(el *sk.Element, creators map[uint32]string) {
	if el.Tag.Element == 0 {
		return
	}
	note(creators, el)
	element, creator := el.Tag.Element, ""
	if el.Tag.Group%2 == 1 && element > 0xff {
		if creator = creators[uint32(el.Tag.Group)<<8|uint32(element>>8)]; creator != "" {
			element &= 0xff // the creator stands for the block
		}
	}
	fmt.Fprintf(x.out, `<DicomAttribute tag="%04X%04X" vr="`, el.Tag.Group, element)
	x.text(el.RawValueRepresentation)
	x.out.WriteByte('"')
	if name := Keyword(el.Tag); name != "" {
		fmt.Fprintf(x.out, ` keyword="%s"`, name)
	}
	if creator != "" {
		x.out.WriteString(` privateCreator="`)
		x.text(creator)
		x.out.WriteByte('"')
	}
	x.out.WriteString(">")
	x.value(el)
	x.out.WriteString("</DicomAttribute>\n")
}

// note remembers the creator of a private block.
func note(creators map[uint32]string, el *sk.Element) {
	if el.Tag.Group%2 == 1 && el.Tag.Element >= 0x10 && el.Tag.Element <= 0xff {
		if s := elementStrings(el); len(s) > 0 {
			creators[uint32(el.Tag.Group)<<8|uint32(el.Tag.Element)] = s[0]
		}
	}
}

func (x *xmlWriter) value(el *sk.Element) {
	if el.Value == nil {
		return
	}
	var room [64]byte
	start := func(n int) {
		x.out.WriteString(`<Value number="`)
		x.out.Write(strconv.AppendInt(room[:0], int64(n+1), 10))
		x.out.WriteString(`">`)
	}
	switch v := el.Value.GetValue().(type) {
	case []string:
		for i, s := range v {
			switch {
			case s == "":
			case el.RawValueRepresentation == "PN":
				x.name(i, s)
			default:
				start(i)
				x.text(s)
				x.out.WriteString("</Value>")
			}
		}
	case []int:
		for i, n := range v {
			start(i)
			if el.RawValueRepresentation == "AT" {
				fmt.Fprintf(x.out, "%08X", uint32(n))
			} else {
				x.out.Write(strconv.AppendInt(room[:0], int64(n), 10))
			}
			x.out.WriteString("</Value>")
		}
	case []float64:
		for i, f := range v {
			start(i)
			if single(el.RawValueRepresentation) {
				x.out.Write(strconv.AppendFloat(room[:0], float64(float32(f)), 'g', -1, 32))
			} else {
				x.out.Write(strconv.AppendFloat(room[:0], f, 'g', -1, 64))
			}
			x.out.WriteString("</Value>")
		}
	case []byte:
		x.inline(v)
	case sk.PixelDataInfo:
		if v.IntentionallyUnprocessed {
			x.inline(v.UnprocessedValueData)
			return
		}
		fmt.Fprintf(x.out, `<BulkData uri="file:`)
		x.text(x.file.Path)
		fmt.Fprintf(x.out, `?offset=%d"/>`, x.file.pixel.value)
	case []*sk.SequenceItemValue:
		for i, item := range v {
			inner, _ := item.GetValue().([]*sk.Element)
			fmt.Fprintf(x.out, "<Item number=\"%d\">\n", i+1)
			creators := map[uint32]string{}
			for _, el := range inner {
				x.attribute(el, creators)
			}
			x.out.WriteString("</Item>")
		}
	}
}

func (x *xmlWriter) inline(b []byte) {
	if len(b) > 0 {
		x.out.WriteString("<InlineBinary>")
		writeBase64(x.out, b)
		x.out.WriteString("</InlineBinary>")
	}
}

// name writes the groups and components of a person's name.
func (x *xmlWriter) name(n int, s string) {
	fmt.Fprintf(x.out, `<PersonName number="%d">`, n+1)
	groups := [3]string{"Alphabetic", "Ideographic", "Phonetic"}
	parts := [5]string{"FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"}
	for i, group := range strings.SplitN(s, "=", 3) {
		if group == "" {
			continue
		}
		fmt.Fprintf(x.out, "<%s>", groups[i])
		for k, part := range strings.SplitN(group, "^", 5) {
			if part != "" {
				fmt.Fprintf(x.out, "<%s>", parts[k])
				x.text(part)
				fmt.Fprintf(x.out, "</%s>", parts[k])
			}
		}
		fmt.Fprintf(x.out, "</%s>", groups[i])
	}
	x.out.WriteString("</PersonName>")
}
