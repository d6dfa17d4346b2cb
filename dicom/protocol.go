package dicom

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// protocol is Siemens' sequence protocol: the text between "### ASCCONV BEGIN" and "### ASCCONV END"
// of the series header, lines of name = value.
type protocol map[string]string

// maxProtocol caps the text that is searched.
const maxProtocol = 4 << 20

// siemensProtocol reads the protocol of an object, from the CSA series header or, in enhanced MR, from
// the shared private sequence; nil where there is none.
func (f *File) siemensProtocol() protocol {
	var b []byte
	if t, ok := f.Private(csaCreator, 0x0029, 0x20); ok {
		b = f.Bytes(t)
	}
	if b == nil {
		shared := f.siemensShared()
		if t, ok := shared.Private(siemensShared, 0x0021, 0x19); ok {
			b = shared.Bytes(t)
		}
	}
	if b == nil {
		if t, ok := f.Private(siemensShared, 0x0021, 0x19); ok {
			b = f.Bytes(t)
		}
	}
	return parseProtocol(b)
}

// siemensShared is the item of Siemens' private shared functional group.
func (f *File) siemensShared() Elements {
	shared := f.Item(tag.SharedFunctionalGroupsSequence)
	if t, ok := shared.Private(siemensShared, 0x0021, 0xfe); ok {
		return shared.Item(t)
	}
	return nil
}

func parseProtocol(b []byte) protocol {
	if len(b) > maxProtocol {
		b = b[:maxProtocol]
	}
	at := bytes.LastIndex(b, []byte("### ASCCONV BEGIN"))
	if at < 0 {
		return nil
	}
	b = b[at:]
	if end := bytes.Index(b, []byte("### ASCCONV END")); end >= 0 {
		b = b[:end]
	}
	out := protocol{}
	for line := range strings.Lines(string(b)) {
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "###") {
			continue
		}
		value, _, _ = strings.Cut(value, "\t#")
		out[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return out
}

// float gives a number, also a hexadecimal one; 0 and false where there is none.
func (p protocol) float(name string) (float64, bool) {
	s, ok := p[name]
	if !ok {
		return 0, false
	}
	s, _, _ = strings.Cut(s, " ")
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		n, err := strconv.ParseUint(hex, 16, 64)
		return float64(n), err == nil
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

func (p protocol) number(name string) float64 {
	v, _ := p.float(name)
	return v
}

// first gives the number of the first name that is there.
func (p protocol) first(names ...string) float64 {
	for _, name := range names {
		if v, ok := p.float(name); ok {
			return v
		}
	}
	return 0
}
