package dicom

import (
	"encoding/binary"
	"errors"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

const (
	undefined = 0xffffffff
	maxDepth  = 64 // nested sequences
)

var (
	itemTag      = tag.Tag{Group: 0xfffe, Element: 0xe000}
	itemEndTag   = tag.Tag{Group: 0xfffe, Element: 0xe00d}
	sequenceEnd  = tag.Tag{Group: 0xfffe, Element: 0xe0dd}
	errStopPixel = errors.New("pixel data")
)

// header is what stands before a value.
type header struct {
	tag    tag.Tag
	vr     string
	length uint32
	start  int64 // of the element
	value  int64 // of its value
}

// parser reads a data set: PS3.5 section 7.
type parser struct {
	src      *source
	implicit bool
	order    binary.ByteOrder
	charset  *charset
	signed   bool
	pixel    header // of the top-level pixel data, where stop is set
	stop     bool   // stop at pixel data
	slab     []sk.Element
}

// dataset reads elements from pos up to end, or up to an item delimiter where delimited is set. It
// gives what could be read even with an error. next is the position after what was read.
func (p *parser) dataset(pos, end int64, delimited bool, depth int) (elements []*sk.Element, next int64, err error) {
	if depth > maxDepth {
		return nil, pos, frame.Errorf(pkg, "byte %d: sequences: want at most %d levels, got more", pos, maxDepth)
	}
	saved := p.charset
	defer func() { p.charset = saved }()
	for pos < end {
		if end-pos < 8 {
			return elements, pos, frame.Truncatedf(pkg, "byte %d: element header: want 8 bytes, got %d", pos, end-pos)
		}
		h, err := p.header(pos, end)
		if err != nil {
			if depth == 0 && !p.src.known && p.src.atEnd(pos) {
				return elements, pos, nil // between elements
			}
			if h.vr == "SQ" && h.value < end && isTruncated(err) { // the items that are still there
				cut := h
				cut.length = uint32(min(end-h.value, undefined-1))
				if v, _, _ := p.sequence(cut, end, depth); v != nil {
					elements = append(elements, p.element(h, v))
				}
			}
			return elements, pos, err
		}
		if h.tag.Group&1 == 1 && h.vr == "UN" {
			p.settlePrivate(elements, &h)
		}
		switch {
		case h.tag == itemEndTag:
			if delimited {
				return elements, h.value, nil
			}
			pos = h.value
			continue
		case h.tag == sequenceEnd || h.tag == itemTag:
			return elements, pos, frame.Errorf(pkg, "byte %d: want an element, got the item tag %v", pos, h.tag)
		case h.tag.Group == 0 && depth == 0 && h.tag.Element == 0 && h.length == 0 && len(elements) > 0:
			return elements, end, nil // zeros behind the data set
		}
		if depth == 0 && p.stop && isPixelData(h.tag) {
			p.pixel = h
			return elements, pos, errStopPixel
		}
		value, after, err := p.value(&h, end, depth)
		if value != nil {
			e := p.element(h, value)
			elements = append(elements, e)
			switch h.tag {
			case tag.SpecificCharacterSet:
				p.charset = newCharset(elementStrings(e))
			case tag.PixelRepresentation:
				if v, ok := value.GetValue().([]int); ok && len(v) > 0 && depth == 0 {
					p.signed = v[0] == 1
				}
			}
		}
		if err != nil {
			return elements, pos, err
		}
		pos = after
	}
	if delimited {
		return elements, pos, frame.Truncatedf(pkg, "byte %d: want an item delimiter, got the end", pos)
	}
	return elements, pos, nil
}

func (p *parser) element(h header, value sk.Value) *sk.Element {
	if len(p.slab) == 0 {
		p.slab = make([]sk.Element, 32)
	}
	e := &p.slab[0]
	p.slab = p.slab[1:]
	*e = sk.Element{Tag: h.tag, ValueRepresentation: tag.GetVRKind(h.tag, h.vr), RawValueRepresentation: h.vr, ValueLength: h.length, Value: value}
	return e
}

// header reads tag, VR and length.
func (p *parser) header(pos, end int64) (header, error) {
	b, err := p.src.view(pos, 8)
	if err != nil {
		return header{}, err
	}
	h := header{tag: tag.Tag{Group: p.order.Uint16(b), Element: p.order.Uint16(b[2:])}, start: pos, value: pos + 8}
	if h.tag.Group == 0xfffe {
		h.length = p.order.Uint32(b[4:])
		return h, p.fits(h, end)
	}
	if p.implicit {
		h.vr = dictionaryVR(h.tag, p.signed)
		h.length = p.order.Uint32(b[4:])
		if h.length == undefined && h.vr == "UN" {
			h.vr = "SQ"
		}
		return h, p.fits(h, end)
	}
	h.vr = vrName(b[4], b[5])
	info, known := vrOf(h.vr)
	switch {
	case !known && !(isUpper(b[4]) && isUpper(b[5])):
		// An implicit element in an explicit data set: some writers do this.
		h.vr = dictionaryVR(h.tag, p.signed)
		h.length = p.order.Uint32(b[4:])
		return h, p.fits(h, end)
	case !known && (b[6] != 0 || b[7] != 0):
		h.length = uint32(p.order.Uint16(b[6:]))
	case info.long || !known:
		if b, err = p.src.view(pos, 12); err != nil {
			return header{}, err
		}
		h.length = p.order.Uint32(b[8:])
		h.value = pos + 12
	default:
		h.length = uint32(p.order.Uint16(b[6:]))
	}
	return h, p.fits(h, end)
}

// fits holds a defined length to what the enclosing item or the file has left.
func (p *parser) fits(h header, end int64) error {
	if h.length == undefined || int64(h.length) <= end-h.value || p.stop && isPixelData(h.tag) {
		return nil
	}
	return frame.Truncatedf(pkg, "%v: value: want %d bytes, got %d", h.tag, h.length, max(0, end-h.value))
}

// value reads the value behind h, whose VR it may settle; next is the position after it.
func (p *parser) value(h *header, end int64, depth int) (v sk.Value, next int64, err error) {
	info, known := vrOf(h.vr)
	if !known {
		info = vrInfo{kind: kindBytes, word: 1}
	}
	if h.length == undefined {
		switch {
		case h.vr == "UN" && !p.implicit: // CP-246: its items are implicit little endian
			sub := parser{src: p.src, implicit: true, order: binary.LittleEndian, charset: p.charset, signed: p.signed}
			h.vr = "SQ"
			return sub.sequence(*h, end, depth)
		case info.kind == kindSequence:
			return p.sequence(*h, end, depth)
		case info.kind == kindBytes:
			return p.fragments(*h, end)
		}
		return nil, h.value, frame.Errorf(pkg, "%v: VR %s: want a defined length, got an undefined one", h.tag, h.vr)
	}
	if info.kind == kindSequence {
		return p.sequence(*h, end, depth)
	}
	next = h.value + int64(h.length)
	if err := p.src.has(h.value, int64(h.length)); err != nil {
		return nil, h.value, within(h.tag.String(), err)
	}
	if h.vr == "UN" {
		vr := dictionaryVR(h.tag, p.signed)
		if vr == "SQ" && !p.implicit && h.length >= 8 { // its items are implicit little endian
			sub := parser{src: p.src, implicit: true, order: binary.LittleEndian, charset: p.charset, signed: p.signed}
			if v, next, err := sub.sequence(*h, end, depth); err == nil {
				h.vr = vr
				return v, next, nil
			}
		}
		if vr != "SQ" && vr != "UN" {
			if info, _ = vrOf(vr); info.kind != kindBytes && !p.implicit {
				// UN carries a known element in little endian (PS3.5 section 6.2.2 note 2).
				b, err := p.src.read(h.value, int(h.length))
				if err != nil {
					return nil, h.value, err
				}
				h.vr = vr
				v, err = decodeValue(b, info, binary.LittleEndian, p.charset)
				return v, next, err
			}
			info = vrInfo{kind: kindBytes, word: 1}
		}
	}
	if isPixelData(h.tag) { // an icon's, or with stop unset
		b, err := p.src.read(h.value, int(h.length))
		if err != nil {
			return nil, h.value, err
		}
		if h.tag == tag.PixelData {
			v, err = sk.NewValue(sk.PixelDataInfo{IntentionallyUnprocessed: true, UnprocessedValueData: b})
		} else {
			v, err = sk.NewValue(b)
		}
		return v, next, err
	}
	var b []byte
	if info.kind == kindBytes || h.length > window {
		b, err = p.src.read(h.value, int(h.length))
	} else {
		b, err = p.src.view(h.value, int(h.length))
	}
	if err != nil {
		return nil, h.value, err
	}
	v, err = decodeValue(b, info, p.order, p.charset)
	return v, next, err
}

// sequence reads items. With an error it gives the items that could be read.
func (p *parser) sequence(h header, end int64, depth int) (sk.Value, int64, error) {
	delimited := h.length == undefined
	if !delimited {
		end = h.value + int64(h.length)
	}
	var items [][]*sk.Element
	pos := h.value
	fail := func(err error) (sk.Value, int64, error) {
		v, _ := sk.NewValue(items)
		return v, pos, err
	}
	for pos < end {
		b, err := p.src.view(pos, 8)
		if err != nil {
			return fail(within(h.tag.String()+": item", err))
		}
		it := header{tag: tag.Tag{Group: p.order.Uint16(b), Element: p.order.Uint16(b[2:])}, length: p.order.Uint32(b[4:]), start: pos, value: pos + 8}
		if delimited && it.tag == sequenceEnd {
			pos = it.value
			delimited = false
			break
		}
		if it.tag != itemTag {
			return fail(frame.Errorf(pkg, "%v: byte %d: want an item, got %v", h.tag, pos, it.tag))
		}
		if err := p.fits(it, end); err != nil {
			// Read what the item still has.
			elements, _, _ := p.dataset(it.value, end, false, depth+1)
			items = append(items, elements)
			return fail(within(h.tag.String()+": item", err))
		}
		itemEnd := end
		if it.length != undefined {
			itemEnd = it.value + int64(it.length)
		}
		elements, next, err := p.dataset(it.value, itemEnd, it.length == undefined, depth+1)
		items = append(items, elements)
		if err != nil {
			return fail(err)
		}
		pos = next
	}
	if delimited {
		return fail(frame.Truncatedf(pkg, "%v: want a sequence delimiter, got the end", h.tag))
	}
	v, err := sk.NewValue(items)
	return v, pos, err
}

// fragments reads encapsulated pixel data that is not the data set's own (an icon's) as bytes, with
// its items as they are.
func (p *parser) fragments(h header, end int64) (sk.Value, int64, error) {
	pos := h.value
	for pos < end {
		b, err := p.src.view(pos, 8)
		if err != nil {
			return nil, pos, err
		}
		t, length := tag.Tag{Group: p.order.Uint16(b), Element: p.order.Uint16(b[2:])}, p.order.Uint32(b[4:])
		if t == sequenceEnd {
			raw, err := p.src.read(h.value, int(pos-h.value))
			if err != nil {
				return nil, pos, err
			}
			var v sk.Value
			if h.tag == tag.PixelData {
				v, err = sk.NewValue(sk.PixelDataInfo{IntentionallyUnprocessed: true, IsEncapsulated: true, UnprocessedValueData: raw})
			} else {
				v, err = sk.NewValue(raw)
			}
			return v, pos + 8, err
		}
		if t != itemTag || length == undefined || int64(length) > end-pos-8 {
			return nil, pos, frame.Truncatedf(pkg, "%v: byte %d: want a fragment within the file, got %v of %d bytes", h.tag, pos, t, length)
		}
		pos += 8 + int64(length)
	}
	return nil, pos, frame.Truncatedf(pkg, "%v: want a sequence delimiter, got the end", h.tag)
}

func isTruncated(err error) bool {
	var f *FormatError
	return errors.As(err, &f) && f.Truncated
}

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

// vrName is the two letters as a string without an allocation for the known ones.
func vrName(a, b byte) string {
	const names = "AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV"
	for i := 0; i < len(names); i += 2 {
		if names[i] == a && names[i+1] == b {
			return names[i : i+2]
		}
	}
	return string([]byte{a, b})
}
