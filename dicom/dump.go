package dicom

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// dumpWidth is how many characters of a value WriteText shows.
const dumpWidth = 120

// WriteText writes the data set for a reader: a line for each element with tag, VR, keyword and
// value, items of sequences indented. full shows values at any length.
func (f *File) WriteText(w io.Writer, trailing Elements, full bool) error {
	out := bufio.NewWriter(w)
	d := dumper{file: f, out: out, full: full}
	d.elements(f.Elements, 0)
	d.elements(trailing, 0)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("dicom: dump: %w", err)
	}
	return nil
}

type dumper struct {
	file *File
	out  *bufio.Writer
	full bool
}

func (d *dumper) elements(e Elements, depth int) {
	creators := map[uint32]string{}
	for _, el := range e {
		name := ""
		switch {
		case el.Tag.Group%2 == 0:
			name = Keyword(el.Tag)
		case el.Tag.Element >= 0x10 && el.Tag.Element <= 0xff:
			if s := elementStrings(el); len(s) > 0 {
				creators[uint32(el.Tag.Group)<<8|uint32(el.Tag.Element)] = s[0]
			}
			name = "PrivateCreator"
		default:
			creator := creators[uint32(el.Tag.Group)<<8|uint32(el.Tag.Element>>8)]
			name = "[" + creator + "]"
			if row, ok := findPrivate(creator, el.Tag); ok {
				name += " " + row.name
			}
		}
		fmt.Fprintf(d.out, "%s(%04x,%04x) %-2s %-32s ", strings.Repeat("  ", depth), el.Tag.Group, el.Tag.Element, printable(el.RawValueRepresentation), printable(name))
		d.value(el, depth)
	}
}

func (d *dumper) value(el *sk.Element, depth int) {
	if el.Value == nil {
		d.out.WriteByte('\n')
		return
	}
	switch v := el.Value.GetValue().(type) {
	case []string:
		d.texts(v)
	case []int:
		d.list(len(v), func(b []byte, i int) []byte {
			if el.RawValueRepresentation == "AT" {
				return fmt.Appendf(b, "(%04x,%04x)", v[i]>>16&0xffff, v[i]&0xffff)
			}
			return strconv.AppendInt(b, int64(v[i]), 10)
		})
	case []float64:
		d.list(len(v), func(b []byte, i int) []byte {
			if single(el.RawValueRepresentation) {
				return strconv.AppendFloat(b, float64(float32(v[i])), 'g', -1, 32)
			}
			return strconv.AppendFloat(b, v[i], 'g', -1, 64)
		})
	case []byte:
		d.binary(v)
	case sk.PixelDataInfo:
		switch {
		case v.IntentionallyUnprocessed:
			d.binary(v.UnprocessedValueData)
		case d.file.pixel.length == undefined:
			d.line(fmt.Sprintf("in fragments from byte %d on", d.file.pixel.value))
		default:
			d.line(fmt.Sprintf("%d bytes from byte %d on", d.file.pixel.length, d.file.pixel.value))
		}
	case []*sk.SequenceItemValue:
		d.line(fmt.Sprintf("%d items", len(v)))
		for i, item := range v {
			fmt.Fprintf(d.out, "%sitem %d\n", strings.Repeat("  ", depth+1), i+1)
			inner, _ := item.GetValue().([]*sk.Element)
			d.elements(inner, depth+2)
		}
	default:
		d.out.WriteByte('\n')
	}
}

// list writes numbers in a line.
func (d *dumper) list(n int, one func(b []byte, i int) []byte) {
	if d.full {
		var room [64]byte
		for i := range n {
			if i > 0 {
				d.out.WriteByte('\\')
			}
			d.out.Write(one(room[:0], i))
		}
		d.out.WriteByte('\n')
		return
	}
	var b []byte
	for i := range min(n, 16) {
		if i > 0 {
			b = append(b, '\\')
		}
		b = one(b, i)
	}
	if n > 16 {
		b = fmt.Appendf(b, `\… %d values`, n)
	}
	d.line(string(b))
}

func (d *dumper) binary(b []byte) {
	if !d.full && len(b) > 16 {
		d.line(fmt.Sprintf("% x … %d bytes", b[:16], len(b)))
		return
	}
	const digits = "0123456789abcdef"
	for i, c := range b {
		if i > 0 {
			d.out.WriteByte(' ')
		}
		d.out.WriteByte(digits[c>>4])
		d.out.WriteByte(digits[c&15])
	}
	d.out.WriteByte('\n')
}

func (d *dumper) line(s string) { d.texts([]string{s}) }

// texts ends a line with values whose control characters are made visible.
func (d *dumper) texts(values []string) {
	total, left := max(len(values)-1, 0), math.MaxInt
	for _, s := range values {
		total += utf8.RuneCountInString(s)
	}
	if !d.full && total > dumpWidth {
		left = dumpWidth
	}
	for i, s := range values {
		if i > 0 && left > 0 {
			d.out.WriteByte('\\')
			left--
		}
		for _, r := range s {
			if left == 0 {
				break
			}
			d.out.WriteRune(printableRune(r))
			left--
		}
		if left == 0 {
			fmt.Fprintf(d.out, " … %d characters", total)
			break
		}
	}
	d.out.WriteByte('\n')
}

// printable replaces control characters, so that a value can't steer a terminal.
func printable(s string) string { return strings.Map(printableRune, s) }

func printableRune(r rune) rune {
	switch {
	case r == '\n' || r == '\r':
		return '⏎'
	case unicode.IsControl(r):
		return '·'
	}
	return r
}

// Keyword is the dictionary's keyword of a tag, or "" where it has none.
func Keyword(t tag.Tag) string {
	if g := t.Group & 0xff00; g == 0x5000 || g == 0x6000 {
		t.Group = g
	}
	info, err := tag.Find(t)
	if err != nil {
		return ""
	}
	return info.Keyword
}
