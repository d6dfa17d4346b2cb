package dicom

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// privateRow is what a vendor's conformance statement, or long use, says of one private element.
type privateRow struct {
	creator string
	group   uint16
	low     byte // of the element
	vr      string
	name    string
}

func (r privateRow) compare(o privateRow) int {
	return cmp.Or(cmp.Compare(r.creator, o.creator), cmp.Compare(r.group, o.group), cmp.Compare(r.low, o.low))
}

// findPrivate looks a private element up.
func findPrivate(creator string, t tag.Tag) (privateRow, bool) {
	at, ok := slices.BinarySearchFunc(privateTable, privateRow{creator: creator, group: t.Group, low: byte(t.Element)}, privateRow.compare)
	if !ok {
		return privateRow{}, false
	}
	return privateTable[at], true
}

// creatorOf is the owner of the block that a private element of a data set lies in: PS3.5 section 7.8.1.
func creatorOf(elements []*sk.Element, t tag.Tag) string {
	for i := len(elements) - 1; i >= 0; i-- {
		el := elements[i]
		if el.Tag.Group == t.Group && el.Tag.Element == t.Element>>8 {
			return creatorName(el)
		}
	}
	return ""
}

func creatorName(el *sk.Element) string {
	if s := elementStrings(el); len(s) > 0 {
		return strings.TrimSpace(s[0])
	}
	if el.Value != nil {
		if b, ok := el.Value.GetValue().([]byte); ok {
			return strings.TrimSpace(trimRight(string(b)))
		}
	}
	return ""
}

// settlePrivate gives a private element whose VR the file does not tell (implicit, or UN) that of the
// private dictionary, where the length agrees with it. elements are those before it.
func (p *parser) settlePrivate(elements []*sk.Element, h *header) {
	if h.tag.Element <= 0xff || p.order != binary.LittleEndian {
		return
	}
	row, ok := findPrivate(creatorOf(elements, h.tag), h.tag)
	if !ok || h.length == undefined {
		return
	}
	info, _ := vrOf(row.vr)
	if info.kind == kindSequence && !p.implicit || info.kind == kindBytes && info.word > 1 || info.word > 1 && h.length%uint32(info.word) != 0 {
		return
	}
	h.vr = row.vr
}

// PrivateName is what a private element of a data set is called, or "".
func (e Elements) PrivateName(t tag.Tag) string {
	if t.Group%2 == 0 || t.Element <= 0xff {
		return ""
	}
	row, _ := findPrivate(creatorOf(e, t), t)
	return row.name
}

// privateTag is the tag of a private element; where no block of the group has its creator (creators
// that were removed), that of the block that the vendor's own software writes it to. ok: it has a value.
func (e Elements) privateTag(creator string, group uint16, low byte, usual byte) (tag.Tag, bool) {
	if t, ok := e.Private(creator, group, low); t != (tag.Tag{}) {
		return t, ok
	}
	block := tag.Tag{Group: group, Element: uint16(usual)}
	if e.Find(block) != nil {
		return tag.Tag{}, false
	}
	t := tag.Tag{Group: group, Element: uint16(usual)<<8 | uint16(low)}
	return t, e.Has(t)
}

// privateFloats gives the numbers of a private element, also where it was read as bytes; nil where it
// is not there.
func (e Elements) privateFloats(creator string, group uint16, low byte) []float64 {
	t, ok := e.privateTag(creator, group, low, usualBlock(creator))
	if !ok {
		return nil
	}
	if v := e.Floats(t); v != nil {
		return v
	}
	b := e.Bytes(t)
	row, known := findPrivate(creator, t)
	if info, ok := vrOf(row.vr); known && ok && b != nil && info.kind != kindBytes && info.kind != kindSequence {
		if v, err := decodeValue(b, info, binary.LittleEndian, newCharset(nil)); err == nil {
			return Elements{{Tag: t, Value: v}}.Floats(t)
		}
	}
	return nil
}

func (e Elements) privateFloat(creator string, group uint16, low byte) (float64, bool) {
	if v := e.privateFloats(creator, group, low); len(v) > 0 {
		return v[0], true
	}
	return 0, false
}

// privateStrings gives the text values of a private element, also where it was read as bytes.
func (e Elements) privateStrings(creator string, group uint16, low byte) []string {
	t, ok := e.privateTag(creator, group, low, usualBlock(creator))
	if !ok {
		return nil
	}
	if v := e.Strings(t); v != nil {
		return v
	}
	if b := e.Bytes(t); b != nil && len(b) < 1<<12 {
		return strings.Split(trimRight(string(b)), `\`)
	}
	return nil
}

func (e Elements) privateString(creator string, group uint16, low byte) string {
	if v := e.privateStrings(creator, group, low); len(v) > 0 {
		return v[0]
	}
	return ""
}

// usualBlock is the block in which a vendor's software puts a creator.
func usualBlock(creator string) byte {
	switch creator {
	case siemensFrame:
		return 0x11
	case philipsMR5:
		return 0x14
	}
	return 0x10
}
