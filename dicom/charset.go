package dicom

import (
	"strings"
	"unicode/utf8"

	textenc "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// charset decodes text by SpecificCharacterSet (0008,0005): PS3.3 C.12.1.1.2, PS3.5 section 6.1.
// A nil charset is the default repertoire, read as Latin-1 where a byte is not ASCII.
type charset struct {
	whole textenc.Encoding // a set without code extensions: GB18030, GBK
	utf8  bool
	g1    *codeSet // what holds at the start of a value
}

// codeSet is one set of characters that a code element designates: one or two bytes a character.
type codeSet struct {
	double bool
	decode func(hi, lo byte) string // lo is 0 for single bytes
}

func singleByte(m *charmap.Charmap) *codeSet {
	return &codeSet{decode: func(b, _ byte) string { return string(m.DecodeByte(b)) }}
}

// doubleByte decodes pairs by an EUC encoding, behind a prefix where the set needs one.
func doubleByte(e textenc.Encoding, prefix string) *codeSet {
	return &codeSet{double: true, decode: func(hi, lo byte) string {
		s, err := e.NewDecoder().String(prefix + string([]byte{hi | 0x80, lo | 0x80}))
		if err != nil {
			return string(utf8.RuneError)
		}
		return s
	}}
}

func katakana() *codeSet {
	return &codeSet{decode: func(b, _ byte) string {
		if b < 0xa1 || b > 0xdf {
			return string(utf8.RuneError)
		}
		return string(rune(0xff61 + int(b) - 0xa1))
	}}
}

func ascii() *codeSet {
	return &codeSet{decode: func(b, _ byte) string { return string(rune(b)) }}
}

// registered gives the set of an ISO registration number that stands in G1 (bytes from 0x80).
func registered(number string) *codeSet {
	switch number {
	case "100":
		return singleByte(charmap.ISO8859_1)
	case "101":
		return singleByte(charmap.ISO8859_2)
	case "109":
		return singleByte(charmap.ISO8859_3)
	case "110":
		return singleByte(charmap.ISO8859_4)
	case "144":
		return singleByte(charmap.ISO8859_5)
	case "127":
		return singleByte(charmap.ISO8859_6)
	case "126":
		return singleByte(charmap.ISO8859_7)
	case "138":
		return singleByte(charmap.ISO8859_8)
	case "148":
		return singleByte(charmap.ISO8859_9)
	case "203":
		return singleByte(charmap.ISO8859_15)
	case "166":
		return singleByte(charmap.Windows874)
	case "13":
		return katakana()
	case "149":
		return doubleByte(korean.EUCKR, "")
	case "58":
		return doubleByte(simplifiedchinese.GBK, "")
	}
	return nil
}

// escapes lists the sequences behind ESC of PS3.3 tables C.12-3 and C.12-4: the registration number,
// and whether G0 (bytes below 0x80) is meant. The longest come first.
var escapes = []struct {
	code   string
	number string
	g0     bool
}{
	{"$(D", "159", true}, {"$)C", "149", false}, {"$)A", "58", false},
	{"$B", "87", true}, {"(B", "6", true}, {"(J", "14", true}, {")I", "13", false},
	{"-A", "100", false}, {"-B", "101", false}, {"-C", "109", false}, {"-D", "110", false}, {"-F", "126", false}, {"-G", "127", false},
	{"-H", "138", false}, {"-L", "144", false}, {"-M", "148", false}, {"-T", "166", false}, {"-b", "203", false},
}

// newCharset reads the defined terms, in whatever spelling files use.
func newCharset(terms []string) *charset {
	c := &charset{}
	if len(terms) == 0 {
		return c
	}
	switch first := strings.ToUpper(strings.NewReplacer("-", "", "_", "", " ", "").Replace(terms[0])); {
	case first == "GB18030":
		c.whole = simplifiedchinese.GB18030
	case first == "GBK":
		c.whole = simplifiedchinese.GBK
	case first == "ISOIR192" || first == "UTF8" || first == "ISO2022IR192":
		c.utf8 = true
	default:
		number := first[strings.LastIndex(first, "R")+1:]
		switch first {
		case "ISO88591", "LATIN1":
			number = "100"
		}
		c.g1 = registered(number)
	}
	return c
}

// decode turns bytes into UTF-8; what is no character becomes U+FFFD.
func (c *charset) decode(b []byte) string { return c.text(b, false) }

// text decodes; in person names the delimiters ^ and = end a designation as well.
func (c *charset) text(b []byte, name bool) string {
	plain := true
	for _, v := range b {
		if v >= 0x80 || v == 0x1b {
			plain = false
			break
		}
	}
	switch {
	case plain:
		return string(b)
	case c != nil && c.utf8:
		return strings.ToValidUTF8(string(b), string(utf8.RuneError))
	case c != nil && c.whole != nil:
		s, err := c.whole.NewDecoder().Bytes(b)
		if err != nil {
			return strings.ToValidUTF8(string(b), string(utf8.RuneError))
		}
		return string(s)
	}
	initial := singleByte(charmap.ISO8859_1)
	if c != nil && c.g1 != nil {
		initial = c.g1
	}
	var out strings.Builder
	out.Grow(len(b) + len(b)/8)
	base := ascii()
	g0, g1 := base, initial
	for len(b) > 0 {
		v := b[0]
		if v == 0x1b {
			if set, left, n := escape(b[1:]); n > 0 {
				if left {
					g0 = set
				} else {
					g1 = set
				}
				b = b[1+n:]
				continue
			}
		}
		set := g1
		if v < 0x80 {
			set = g0
		}
		if set.double && v > 0x20 && len(b) > 1 {
			out.WriteString(set.decode(v, b[1]))
			b = b[2:]
			continue
		}
		if set.double {
			set = base
		}
		if v < 0x80 {
			switch v {
			case '\\', '\n', '\f', '\r', '\t':
				g0, g1 = base, initial
			case '^', '=':
				if name {
					g0, g1 = base, initial
				}
			}
		}
		out.WriteString(set.decode(v, 0))
		b = b[1:]
	}
	return out.String()
}

// escape reads the sequence behind ESC: the set, whether it goes to G0, and its length; 0 where it is
// none that DICOM knows.
func escape(b []byte) (set *codeSet, g0 bool, n int) {
	for _, e := range escapes {
		if !strings.HasPrefix(string(b[:min(len(b), 3)]), e.code) {
			continue
		}
		switch e.number {
		case "6", "14":
			set = ascii()
		case "87":
			set = doubleByte(japanese.EUCJP, "")
		case "159":
			set = doubleByte(japanese.EUCJP, "\x8f")
		default:
			set = registered(e.number)
		}
		return set, e.g0, len(e.code)
	}
	return nil, false, 0
}

// split decodes the values of a multi-valued text.
func (c *charset) split(b []byte, name bool) []string {
	parts := strings.Split(c.text(b, name), `\`)
	for i := range parts {
		parts[i] = trimRight(parts[i])
	}
	return parts
}
